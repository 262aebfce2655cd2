ARG BASE=busybox:1.37
FROM $BASE
ARG VERSION=dev
ENV GREETING "Hello"
LABEL "org.opencontainers.image.version"="${VERSION}" maintainer="me"
COPY greet.sh /app/greet.sh
RUN mkdir -p /app && printf %s $VERSION > /app/version.txt
WORKDIR /app
ENTRYPOINT ["sh", "/app/greet.sh"]
