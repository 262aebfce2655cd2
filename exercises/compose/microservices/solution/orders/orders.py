"""What was ordered. Its store is the Redis server `store`; it asks `payments` for the money, and waits one second."""

import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

PATIENCE = 1
asking = ThreadPoolExecutor(32)


def redis(command: str) -> list[str]:
    """Lines of what the store answers, its lengths left out."""
    with socket.create_connection(("store", 6379), timeout=5) as talk, talk.makefile("rw", newline="") as lines:
        lines.write(f"{command}\r\nQUIT\r\n")
        lines.flush()
        return [line.strip().lstrip(":") for line in lines if line[0] not in "*$"][:-1]


def paid(order: str) -> str:
    """Ask payments, which may be slow, wrong or dead; looking up its name may take long, too."""
    request = Request(f"http://payments:8000/payments?{order}", method="POST")
    try:
        said = asking.submit(lambda: urlopen(request, timeout=PATIENCE).read().decode()).result(PATIENCE)
    except Exception:  # noqa: BLE001 - whatever it is, the order is taken
        return "unpaid"
    return "paid" if said.startswith("payment ") else "unpaid"


class Orders(BaseHTTPRequestHandler):
    """One page: all orders, and a new one with POST."""

    def do_GET(self) -> None:
        """Tell all orders."""
        self.say("".join(f"{line}\n" for line in redis("LRANGE orders 0 -1")))

    def do_POST(self) -> None:
        """Take an order for what stands behind the `?`."""
        number = redis("INCR last")[0]
        order = f"order {number} of {self.path.partition('?')[2]} is {paid(number)}"
        redis(f'RPUSH orders "{order}"')
        self.say(f"{order}\n")

    def say(self, text: str) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
server = ThreadingHTTPServer(("", 8000), Orders)
print("orders listens on port 8000", flush=True)
server.serve_forever()
