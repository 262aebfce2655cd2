docker run -d --name dd-web -p 127.0.0.1::8080 nginx:1.26
