"""A visitors' book: each page that is asked for is one more visitor, whom the database counts.

DB is the host of the database, Redis.
"""

import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DB = os.environ.get("DB", "db")
os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"


def visitors() -> tuple[int, str]:
    """Count one more: the status and the text of the page."""
    try:
        with socket.create_connection((DB, 6379), timeout=2) as db, db.makefile("rwb") as talk:
            talk.write(b"INCR visitors\r\n")
            talk.flush()
            return 200, f"You are visitor number {int(talk.readline()[1:])}."
    except (OSError, ValueError) as error:
        return 502, f"{DB}: no database answers ({error})"


class Page(BaseHTTPRequestHandler):
    """One page for everybody."""

    said = ""

    def do_GET(self) -> None:
        """Count, and tell."""
        status, text = visitors() if self.path == "/" else (404, "There is one page, /.")
        if status == 502 and Page.said != text:
            Page.said = text
            print(text, flush=True)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
ThreadingHTTPServer(("", 8000), Page).serve_forever()
