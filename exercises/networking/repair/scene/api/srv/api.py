"""Tells on port 8000 where a parcel is: /4711 is what the database has under `4711`.

LISTEN is the address at which it listens, DB the database's host.
"""

import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LISTEN = os.environ.get("LISTEN", "0.0.0.0")  # noqa: S104
DB = os.environ.get("DB", "dd-post-db")
os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"


def parcel(number: str) -> tuple[int, str]:
    """The status and the text of an answer."""
    try:
        with socket.create_connection((DB, 6379), timeout=2) as db, db.makefile("rwb") as talk:
            talk.write(f"GET {number}\r\n".encode())
            talk.flush()
            size = int(talk.readline()[1:])
            return (200, talk.read(size).decode()) if size >= 0 else (404, f"parcel {number} is not known")
    except socket.gaierror:
        return 502, f"{DB}: nobody here knows this name"
    except (OSError, ValueError):
        return 502, f"{DB}: no database answers"


class Api(BaseHTTPRequestHandler):
    """One parcel at a time."""

    said = ""

    def do_GET(self) -> None:
        """Answer for one parcel."""
        status, text = parcel(self.path.strip("/"))
        if status == 502 and Api.said != text:
            Api.said = text
            print(text, flush=True)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


print(f"listening on {LISTEN}:8000, database {DB}", flush=True)
ThreadingHTTPServer((LISTEN, 8000), Api).serve_forever()
