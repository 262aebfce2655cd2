"""A desk of the library: signs what it was asked for with a key of its own, and says who asked.

It answers on port 8000; on port 9229 somebody once looked for a fault. The key is a new one at each start.
"""

import os
import secrets
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

DESK = os.environ.get("DESK", "a desk without a name")
KEY = secrets.token_hex(12)


class Desk(BaseHTTPRequestHandler):
    """One question at a time."""

    def do_GET(self) -> None:
        """Sign the path, and name who asked, if the door says so."""
        asked_by = ",".join(self.headers.get_all("X-Forwarded-For", [])).split(",")[-1].strip() or "nobody knows whom"
        sign = sha256(f"{KEY}/{DESK}{self.path}".encode()).hexdigest()[:12]
        body = f"{DESK} {sign}: asked for {self.path} by {asked_by}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log no requests."""


print(f"{DESK} signs with {KEY}", flush=True)
Thread(target=ThreadingHTTPServer(("", 9229), Desk).serve_forever, daemon=True).start()
ThreadingHTTPServer(("", 8000), Desk).serve_forever()
