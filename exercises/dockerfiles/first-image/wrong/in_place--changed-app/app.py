"""Serves page.html, from the directory it is started in, on port 8000."""

import http.server
import pathlib
import sys

PAGE = pathlib.Path("page.html")


class Menu(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGE.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if not PAGE.exists():
    sys.exit(f"app.py: there is no page.html in {pathlib.Path.cwd()}")
print("app.py: serving my menu on port 8000", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Menu).serve_forever()
