"""Shows on port 8080 what the office says: it asks on port 27145 of the host that the variable OFFICE names."""

import http.client
import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OFFICE, PORT = os.environ.get("OFFICE", "localhost"), 27145
os.environ["RES_OPTIONS"] = "timeout:2 attempts:1"


def said(path: str) -> tuple[int, str]:
    """The status and the text of an answer."""
    try:
        office = http.client.HTTPConnection(OFFICE, PORT, timeout=2)
        office.request("GET", path)
        return 200, office.getresponse().read(400).decode()
    except socket.gaierror:
        why = "nobody here knows this name"
    except ConnectionRefusedError:
        why = "refused, nobody listens there"
    except (OSError, http.client.HTTPException):
        why = "no answer"
    return 502, f"office at {OFFICE}:{PORT}: {why}\n"


class Report(BaseHTTPRequestHandler):
    """One question at a time."""

    told = ""

    def do_GET(self) -> None:
        """Pass the question on."""
        status, text = said(self.path)
        if status != 200 and Report.told != text:
            Report.told = text
            print(text, end="", flush=True)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Log what failed alone."""


ThreadingHTTPServer(("", 8080), Report).serve_forever()
