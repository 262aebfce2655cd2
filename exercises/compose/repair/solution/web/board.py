"""The harbour's board: `/` shows pages/board.txt, the time of high water, and how often the board was read.

`/NAME` shows pages/NAME.txt. DB is the host of the database, Redis, which counts; PORT is where the board listens.
"""

import json
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DB = os.environ.get("DB", "localhost")
PORT = int(os.environ.get("PORT", "5000"))
HERE = Path(__file__).parent
TABLE = HERE / "table.json"
os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"


def readers() -> str:
    """Count one more reader."""
    try:
        with socket.create_connection((DB, 6379), timeout=2) as db, db.makefile("rwb") as talk:
            talk.write(b"INCR readers\r\n")
            talk.flush()
            return f"Readers: {int(talk.readline()[1:])}"
    except (OSError, ValueError) as error:
        return f"Readers: not known ({DB}: {error})"


class Board(BaseHTTPRequestHandler):
    """What is written on the board."""

    def do_GET(self) -> None:
        """Show a page."""
        name = Path(self.path).name or "board"
        page = HERE / "pages" / f"{name}.txt"
        text = page.read_text() if page.is_file() else f"There is no page {name}.\n"
        if name == "board":
            text += f"High water on the 1st: {WATER['1']}\n{readers()}\n"
        self.send_response(200 if page.is_file() else 404)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


if not TABLE.is_file():
    sys.exit(f"There is no {TABLE}, which the build makes.")
WATER = json.loads(TABLE.read_text())
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print(f"The board listens on port {PORT}.", flush=True)
ThreadingHTTPServer(("", PORT), Board).serve_forever()
