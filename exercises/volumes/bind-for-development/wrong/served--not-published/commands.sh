docker run --detach --name dd-board --volume "$PWD/dd-notices:/usr/share/nginx/html:ro" nginx:1.26
