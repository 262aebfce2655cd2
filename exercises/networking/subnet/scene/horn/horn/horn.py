"""An old fog horn. It asks the one address that it was made for how far one sees, and says it at port 8080."""

import http.server
import urllib.request
from pathlib import Path

ADDRESS = Path("/horn/address").read_text(encoding="utf-8").strip()
SENSOR = f"http://{ADDRESS}:8000/sight"


class Horn(http.server.BaseHTTPRequestHandler):
    """How the horn sounds now."""

    def do_GET(self) -> None:
        """Ask the sensor, and tell."""
        try:
            with urllib.request.urlopen(SENSOR, timeout=2) as sensor:
                status, text = 200, f"One sees {sensor.read().decode().strip()}."
        except OSError as error:
            status, text = 502, f"Nobody answers at {SENSOR}: {getattr(error, 'reason', error)}"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


print(f"The horn asks {SENSOR}, and nobody else.", flush=True)
http.server.ThreadingHTTPServer(("", 8080), Horn).serve_forever()
