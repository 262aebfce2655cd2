docker run -d --name dd-web nginx:1.26
