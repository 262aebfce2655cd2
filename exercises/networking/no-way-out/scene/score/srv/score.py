"""Works out on port 8000 what an age and a blood pressure mean: /63-142 is a risk, signed with the scorer's key."""

import hashlib
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = Path("/srv/key").read_text().strip()


def risk(asked: str) -> tuple[int, str]:
    """The status and the text of an answer."""
    values = re.fullmatch(r"(\d{1,3})-(\d{1,3})", asked)
    if not values:
        return 404, "ask for AGE-PRESSURE, such as /63-142"
    age, pressure = map(int, values.groups())
    points = min(99, max(1, (age - 20) // 2 + (pressure - 100) // 3))
    sign = hashlib.sha256(f"{KEY}/{asked}".encode()).hexdigest()[:12]
    return 200, f"risk {points} of 100, signed {sign}"


class Scorer(BaseHTTPRequestHandler):
    """One patient at a time."""

    def do_GET(self) -> None:
        """Answer for one patient."""
        status, text = risk(self.path.strip("/"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


print("The scorer listens on port 8000.", flush=True)
ThreadingHTTPServer(("", 8000), Scorer).serve_forever()
