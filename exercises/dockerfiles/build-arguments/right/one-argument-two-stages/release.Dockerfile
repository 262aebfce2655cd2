ARG VERSION=dev
FROM busybox:1.37 AS version
ARG VERSION
RUN echo "$VERSION" > /version.txt

FROM busybox:1.37
ARG VERSION
LABEL org.opencontainers.image.version="$VERSION"
ENV GREETING=Hello
COPY --from=version /version.txt /app/version.txt
COPY greet.sh /app/
CMD sh /app/greet.sh
