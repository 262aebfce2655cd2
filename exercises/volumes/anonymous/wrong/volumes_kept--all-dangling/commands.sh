docker rm --volumes dd-weigh-old
docker volume rm $(docker volume ls --quiet --filter dangling=true)
