"""The signal station: a page on each of six ports, and answers to buoys on one more, each with a mark of its own."""

import hashlib
import http.server
import signal
import socketserver
import sys
import threading
from pathlib import Path

KEY = Path("/station/key").read_text().strip()
PAGES = {8080: "timetable", 9000: "office", 27101: "berth 1", 27102: "berth 2", 27103: "berth 3", 9999: "workshop"}
BUOYS = 5353


def answer(name: str, asked: str) -> bytes:
    return f"{name} {hashlib.sha256(f'{KEY}/{asked}'.encode()).hexdigest()[:12]}\n".encode()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = answer(PAGES[self.server.server_address[1]], self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Buoy(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        said, door = self.request
        door.sendto(answer("buoys", said.decode(errors="replace").strip()), self.client_address)


servers = [http.server.ThreadingHTTPServer(("", port), Page) for port in PAGES]
servers.append(socketserver.ThreadingUDPServer(("", BUOYS), Buoy))
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print("The station is open.", flush=True)
signal.pause()
