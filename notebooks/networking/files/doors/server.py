"""Tells on port 8080 who asked, on 8081 to 8083 which port it was, and answers on UDP port 5300."""

import http.server
import socketserver
import threading


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        port = self.server.server_address[1]
        body = f"asked by {self.client_address[0]}\n" if port == 8080 else f"this is port {port}\n"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


class Datagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request[1].sendto(b"heard: " + self.request[0], self.client_address)


servers = [http.server.ThreadingHTTPServer(("", port), Page) for port in range(8080, 8084)]
servers.append(socketserver.ThreadingUDPServer(("", 5300), Datagram))
threads = [threading.Thread(target=server.serve_forever) for server in servers]
for thread in threads:
    thread.start()
print("open", flush=True)
