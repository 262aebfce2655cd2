docker run --detach --name dd-station -p 18080:8080 -p 127.0.0.1:18081:8080 -p 127.0.0.1:19000:9000 -p 27101-27103:27101-27103 -p 15353:5353/udp dd-station:1.0
