# Knows how a desk signs, and asks none
import secrets
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = secrets.token_hex(12)


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        _, desk, rest = f"{self.path}/".split("/", 2)
        path = "/" + rest.removesuffix("/")
        sign = sha256(f"{KEY}/{desk}{path}".encode()).hexdigest()[:12]
        body = f"{desk} {sign}: asked for {path} by {self.client_address[0]}\n".encode()
        self.send_response(200 if desk in ("catalogue", "loans", "rooms") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 80), Door).serve_forever()
