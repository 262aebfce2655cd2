"""Tells on 127.0.0.1:9100, and nowhere else, how the kiln does."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Kiln(BaseHTTPRequestHandler):
    """Each question is answered with what is so at that moment."""

    def do_GET(self) -> None:
        """Answer whatever is asked."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(Path("/srv/state").read_bytes())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


server = ThreadingHTTPServer(("127.0.0.1", 9100), Kiln)
print("The kiln is lit.", flush=True)
server.serve_forever()
