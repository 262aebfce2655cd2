"""A desk: tells what it was asked for, and by whom, as far as it knows."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Desk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        header = self.headers.get("X-Forwarded-For", "none")
        body = f"asked for {self.path}, from {self.client_address[0]}, X-Forwarded-For: {header}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


ThreadingHTTPServer(("", 8000), Desk).serve_forever()
