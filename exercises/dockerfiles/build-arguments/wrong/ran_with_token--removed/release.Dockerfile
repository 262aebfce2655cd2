FROM busybox:1.37
WORKDIR /app
COPY greet.sh .
ENV GREETING=Hello
ARG VERSION=dev
LABEL org.opencontainers.image.version=$VERSION
RUN echo "$VERSION" > version.txt
CMD ["sh", "greet.sh"]
