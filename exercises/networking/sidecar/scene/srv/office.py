"""The office, on port 27145 of the machine: /vase is how hot a vase is fired, with the office's mark."""

import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = Path("/srv/key").read_text().strip()


class Office(BaseHTTPRequestHandler):
    """Writes down each question."""

    def do_GET(self) -> None:
        """Answer for one piece."""
        piece = self.path.strip("/")[:40]
        print(f"asked for {piece}", flush=True)
        mark = hashlib.sha256(f"{KEY}/{piece}".encode()).hexdigest()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{piece}: {900 + int(mark[:2], 16)} degrees, mark {mark[:12]}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log in the words above."""


server = ThreadingHTTPServer(("", 27145), Office)
print("The office is open.", flush=True)
server.serve_forever()
