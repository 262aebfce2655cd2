FROM busybox:1.37
WORKDIR /app
COPY greet.sh .
ENV GREETING=Hello
ARG NUMBER=dev
LABEL org.opencontainers.image.version=1.0
RUN echo "1.0" > version.txt
CMD ["sh", "greet.sh"]
