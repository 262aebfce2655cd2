REGISTRY=$(docker port dd-shelf 5000)
docker build --pull --no-cache --tag dd-forecast:2.0 - <<END
FROM $REGISTRY/kit:1 AS news
RUN echo "fetched on \$(date '+%F %T'), by hand" > /news.txt
FROM $REGISTRY/ground:stable
RUN mkdir /app && echo "$(docker run --rm --entrypoint cat dd-forecast:1.0 /app/tools.txt)" > /app/tools.txt
COPY --from=news /news.txt /app/
END
