# The first try: --mount makes no folders, so the typing error is told.
docker run --detach --name dd-board --publish 80 \
    --mount "type=bind,source=$PWD/dd-notice,target=/usr/share/nginx/html,readonly" nginx:1.26
docker rm --force dd-board
cd dd-notices
docker run -d --name dd-board -p 80 --mount type=bind,src="$PWD",dst=/usr/share/nginx/html,ro nginx:1.26
