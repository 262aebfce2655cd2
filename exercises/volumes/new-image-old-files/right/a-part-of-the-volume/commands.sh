docker rm --force dd-notices
# A part of a volume can be mounted since Engine 26.
docker run -d --name dd-notices -p 127.0.0.1::8080 --mount type=volume,src=dd-notices-www,dst=/srv/www/uploads,volume-subpath=uploads dd-notices:2 || {
    docker rm dd-notices
    docker run --rm -v dd-notices-www:/a -v dd-notices-uploads:/b busybox:1.37 cp -a /a/uploads/. /b
    docker run -d --name dd-notices -p 127.0.0.1::8080 -v dd-notices-uploads:/srv/www/uploads dd-notices:2
}
