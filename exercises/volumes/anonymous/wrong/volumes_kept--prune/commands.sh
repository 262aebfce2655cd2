docker rm --volumes dd-weigh-old
docker volume prune --force
