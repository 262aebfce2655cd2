docker run -d --name dd-web -p 80 nginx:1.26
