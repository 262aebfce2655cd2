FROM busybox:1.37
WORKDIR /app
COPY greet.sh .
# Missing: the version (a build argument, a label, version.txt) and the greeting.
CMD ["sh", "greet.sh"]
