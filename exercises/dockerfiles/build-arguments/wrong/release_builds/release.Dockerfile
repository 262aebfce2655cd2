FROM busybox:1.37
WORKDIR /app
COPY greeter.sh .
CMD ["sh", "greet.sh"]
