"""The tide desk: a page that shows what the gauge measures."""

import http.server
import os
import signal
import sys
import urllib.request

LISTEN = os.environ.get("LISTEN", "127.0.0.1")
GAUGE = os.environ.get("GAUGE", "http://localhost:9000/level")


class Desk(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        try:
            with urllib.request.urlopen(GAUGE, timeout=3) as gauge:
                status, text = 200, "The water stands at " + gauge.read().decode().strip()
        except OSError as error:
            status, text = 502, f"Nobody answers at {GAUGE}: {getattr(error, 'reason', error)}"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_: object) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print(f"The desk listens on {LISTEN}:8080, and asks {GAUGE}", flush=True)
http.server.ThreadingHTTPServer((LISTEN, 8080), Desk).serve_forever()
