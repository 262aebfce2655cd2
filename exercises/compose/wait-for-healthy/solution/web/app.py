"""The almanac: tells on port 8000 the last moon in the database `db`. Without its table it ends with exit code 1."""

import signal
import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LAST = "SELECT told FROM moons ORDER BY id DESC LIMIT 1"


def message(kind: bytes, body: bytes) -> bytes:
    """A message of PostgreSQL's protocol (its manual, "Message Formats")."""
    return kind + struct.pack("!i", len(body) + 4) + body


def ask(statement: str) -> str:
    """The first value that the database answers; raises OSError where it does not."""
    with socket.create_connection(("db", 5432), timeout=5) as talk, talk.makefile("rb") as answers:
        talk.sendall(message(b"", struct.pack("!i", 196608) + b"user\0postgres\0\0"))
        talk.sendall(message(b"Q", statement.encode() + b"\0"))
        ready = 0
        while ready < 2:
            kind, size = struct.unpack("!ci", answers.read(5))
            body = answers.read(size - 4)
            if kind == b"D":
                return body[6:].decode()
            if kind == b"E":
                raise OSError(body.replace(b"\0", b" ").decode())
            ready += kind == b"Z"
    raise OSError("there is no moon")


class Page(BaseHTTPRequestHandler):
    """One page."""

    def do_GET(self) -> None:
        """Tell the last moon."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{ask(LAST)}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
try:
    ask(LAST)
except (OSError, struct.error) as error:
    sys.exit(f"The almanac cannot start: {error}")
ThreadingHTTPServer(("", 8000), Page).serve_forever()
