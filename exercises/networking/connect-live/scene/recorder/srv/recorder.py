"""Records the weather, on port 8000: / tells the first reading since it was started, and the one of now.

SENSOR names the host that has the reading, on port 9000. All that was read is in memory, and nowhere else.
"""

import os
import signal
import socket
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SENSOR = os.environ.get("SENSOR", "localhost")
os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"
readings: list[str] = []


def read() -> str:
    """Read the sensor, and remember what it said."""
    try:
        with urllib.request.urlopen(f"http://{SENSOR}:9000/reading", timeout=2) as said:
            readings.append(said.read().decode().strip())
    except OSError as error:
        unknown = isinstance(getattr(error, "reason", error), socket.gaierror)
        return f"no reading, {SENSOR}: {'nobody here knows this name' if unknown else 'no answer'}"
    return readings[-1]


class Recorder(BaseHTTPRequestHandler):
    """One question at a time."""

    def do_GET(self) -> None:
        """Tell the first reading and the one of now."""
        now = read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"first: {(readings or ['none'])[0]}\nnow: {now}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
server = ThreadingHTTPServer(("", 8000), Recorder)
print(f"First reading: {read()}", flush=True)
server.serve_forever()
