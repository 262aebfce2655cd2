FROM busybox:1.37 AS words
COPY stamp.txt /
COPY src /src
RUN grep -v '^#' /src/words.txt | sort > /sorted.txt

FROM busybox:1.37
COPY --from=words /sorted.txt /
RUN wc -l /sorted.txt > /count.txt
