"""A shelf of notes on port 8080: GET / shows them, POST /WORDS adds one to /data/notes.txt."""

import http.server
import os
import pathlib
import sys
import urllib.parse

import frame

NOTES = pathlib.Path("/data/notes.txt")
OWNER = os.environ.get("SHELF_OWNER", "Ada")
ADDRESS = os.environ.get("SHELF_ADDRESS", "0.0.0.0")


class Shelf(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        notes = NOTES.read_text() if NOTES.exists() else "(empty)\n"
        self.answer(200, frame.around(f"The shelf of {OWNER}", notes))

    def do_POST(self):
        note = urllib.parse.unquote(self.path.lstrip("/"))
        try:
            with NOTES.open("a") as file:
                file.write(f"{note}\n")
        except OSError as error:
            print(f"shelf.py: {error}", file=sys.stderr, flush=True)
            self.answer(500, f"{error}\n")
        else:
            self.answer(201, "noted\n")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


print(f"shelf.py: listening on {ADDRESS}:8080 as user {os.getuid()}", flush=True)
http.server.ThreadingHTTPServer((ADDRESS, 8080), Shelf).serve_forever()
