"""Shows depths on port 8080: /north is what the store has under `north`. The variable STORE names the store's host."""

import os
import random
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORE, PORT = os.environ.get("STORE", "localhost"), 6379
os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"


def depth(place: str) -> str | None:
    """What the store has of a place, or nothing. The name is asked for anew each time, as it may move."""
    address = random.choice(socket.gethostbyname_ex(STORE)[2])
    with socket.create_connection((address, PORT), timeout=2) as store, store.makefile("rwb") as talk:
        talk.write(f"GET {place}\r\n".encode())
        talk.flush()
        size = int(talk.readline()[1:])
        return talk.read(size).decode() if size >= 0 else None


class Chart(BaseHTTPRequestHandler):
    """A chart that is asked for one place at a time."""

    said = ""

    def do_GET(self) -> None:
        """Answer with the depth, or say why there is none."""
        try:
            found = depth(self.path.partition("?")[0].strip("/"))
        except socket.gaierror:
            self.fail("nobody here knows this name")
        except (OSError, ValueError) as error:
            self.fail({ConnectionRefusedError: "refused", TimeoutError: "no answer"}.get(type(error), str(error)))
        else:
            self.say(200, found) if found is not None else self.say(404, "The store has no such place.")

    def fail(self, why: str) -> None:
        """Say why there is none, and log it where that is news."""
        text = f"store {STORE}:{PORT}: {why}"
        if Chart.said != text:
            Chart.said = text
            print(text, flush=True)
        self.say(502, text)

    def say(self, status: int, text: str) -> None:
        """Send a line."""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


ThreadingHTTPServer(("", 8080), Chart).serve_forever()
