"""Shows departures.csv on port 8080; answers with status 503 when it cannot read it."""

import http.server
import pathlib
import signal
import sys

DEPARTURES = pathlib.Path("departures.csv")


class Kiosk(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.path = "/"
        try:
            status, text = 200, DEPARTURES.read_text()
        except OSError as error:
            status, text = 503, f"no departures: {error}\n"
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


signal.signal(signal.SIGTERM, lambda *_: sys.exit("kiosk.py: SIGTERM, closing"))
print("kiosk.py: open on port 8080", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Kiosk).serve_forever()
