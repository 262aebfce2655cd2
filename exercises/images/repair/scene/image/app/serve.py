"""Answer every request on a port with one text."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(port, text):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    ThreadingHTTPServer(("0.0.0.0", port), Answer).serve_forever()
