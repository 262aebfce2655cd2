FROM busybox:1.37
WORKDIR /app
COPY greet.sh .
ENV GREETING=Hello
RUN echo "$VERSION" > version.txt
ARG VERSION=dev
LABEL org.opencontainers.image.version=$VERSION
CMD ["sh", "greet.sh"]
