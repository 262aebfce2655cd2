"""The hall, on port 8080: /mary brings the ticket that Mary gets at a counter.

COUNTERS names the host of the counters. Of the addresses that the name has, the hall takes the first that it is told,
and keeps it for KEEP seconds. With 0 it asks for the name anew for each passenger.
"""

import contextlib
import http.client
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COUNTERS, KEEP = os.environ.get("COUNTERS", "localhost"), float(os.environ.get("KEEP", "600"))
os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"


class Hall(BaseHTTPRequestHandler):
    """Sends each passenger to a counter."""

    said, address, until = "", "", 0.0
    asking = threading.Lock()
    """Passengers come at the same time, and what is kept is asked for once."""

    def do_GET(self) -> None:
        """Send a passenger to a counter, or say why that cannot be."""
        try:
            counter = http.client.HTTPConnection(self.place(), 8000, timeout=2)
            counter.request("GET", self.path)
            ticket = counter.getresponse().read().decode()
        except socket.gaierror:
            self.fail("nobody here knows this name")
        except (OSError, http.client.HTTPException):
            self.fail("no counter answers")
        else:
            self.say(200, ticket)

    def place(self) -> str:
        """The address of a counter."""
        if not KEEP:
            return self.asked()
        with Hall.asking:
            now = time.monotonic()
            if now >= Hall.until or not Hall.address:
                Hall.address, Hall.until = self.asked(), now + KEEP
            return Hall.address

    def asked(self) -> str:
        """The first of the addresses that the name has now."""
        return socket.gethostbyname_ex(COUNTERS)[2][0]

    def fail(self, why: str) -> None:
        """Say why there is no ticket, and log it where that is news."""
        if Hall.said != why:
            Hall.said = why
            print(f"{COUNTERS}: {why}", flush=True)
        self.say(502, f"{COUNTERS}: {why}\n")

    def say(self, status: int, text: str) -> None:
        """Send a line, if somebody still waits for it."""
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
ThreadingHTTPServer(("", 8080), Hall).serve_forever()
