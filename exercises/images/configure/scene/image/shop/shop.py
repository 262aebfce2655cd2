"""A web shop that tells how it is configured."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SETTINGS = ("GREETING", "CURRENCY", "OPENS", "CLOSES", "CLOSED_ON")


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        stock = Path("stock.txt")
        told = {name: os.environ.get(name, "(not set)") for name in SETTINGS}
        told["stock"] = stock.read_text().strip() if stock.is_file() else f"there is no stock.txt in {os.getcwd()}"
        told["user"] = os.getuid()
        text = "".join(f"{name}: {value}\n" for name, value in told.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


ThreadingHTTPServer(("0.0.0.0", 8000), Shop).serve_forever()
