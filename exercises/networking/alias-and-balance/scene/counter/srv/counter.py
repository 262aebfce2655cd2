"""A ticket counter, on port 8000: /mary is a ticket for Mary. It tells its price, and at which address it was met."""

import hashlib
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRICE, KEY = os.environ["PRICE"], os.environ["KEY"]


class Counter(BaseHTTPRequestHandler):
    """One passenger at a time."""

    def do_GET(self) -> None:
        """Sell a ticket."""
        mark = hashlib.sha256(f"{KEY}{self.path.partition('?')[0]}".encode()).hexdigest()[:12]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{PRICE} crowns from {self.connection.getsockname()[0]}, mark {mark}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
server = ThreadingHTTPServer(("", 8000), Counter)
print("The counter is open.", flush=True)
server.serve_forever()
