docker run -d --name dd-web -p 127.0.0.1::80 busybox:1.37 sh -c "mkdir /w; echo nginx > /w/index.html; exec httpd -f -p 80 -h /w"
