docker run --name dd-web -p 127.0.0.1::80 nginx:1.26
