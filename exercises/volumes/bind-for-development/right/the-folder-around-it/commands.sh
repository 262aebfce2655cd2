docker run -d --name dd-board -p 127.0.0.1::80 -v "$(pwd)":/harbour:ro busybox:1.37 httpd -f -h /harbour/dd-notices
