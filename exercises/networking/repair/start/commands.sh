# What is there? A look changes nothing.
docker ps --filter name=dd-post- --format '{{.Names}} {{.Networks}} {{.Ports}}'
docker logs dd-post-api
curl --silent --show-error --max-time 3 "http://$(docker port dd-post-web | head -n 1 | sed 's/.* //')/4711"

# Mend the four.
