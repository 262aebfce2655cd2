"""Tells on port 8000 the watchword of a ship and a watch: /orca?watch=2. What was asked for stands in the answer."""

import re
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = Path("/srv/key").read_text(encoding="utf-8").strip()
SHIP = re.compile(r"/[^/?]+(\?.*)?")


class Words(BaseHTTPRequestHandler):
    """One word at a time."""

    def do_GET(self) -> None:
        """Answer for a ship, whose name is the whole path."""
        asked, known = self.path, SHIP.fullmatch(self.path)
        word = sha256(f"{KEY} {asked}".encode()).hexdigest()[:10]
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(f"The word of {asked} is {word}.\n".encode() if known else f"{asked} is no ship.\n".encode())

    def log_message(self, *_: object) -> None:
        """Log what was asked for."""
        print(getattr(self, "requestline", ""), flush=True)


print("The words are ready.", flush=True)
ThreadingHTTPServer(("", 8000), Words).serve_forever()
