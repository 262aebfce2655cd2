"""Who has paid. Its store is an SQLite file in the folder /data. FAULT=slow, wrong or dead makes it fail so."""

import os
import signal
import sqlite3
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULT = os.environ.get("FAULT", "")


def sql(statement: str, *values: str) -> list[tuple[int, str]]:
    """What the store answers."""
    with sqlite3.connect("/data/payments.db") as store:
        return store.execute(statement, values).fetchall()


class Payments(BaseHTTPRequestHandler):
    """One page: all payments, and a new one with POST."""

    def do_GET(self) -> None:
        """Tell all payments."""
        self.say(sql("SELECT number, said FROM payments ORDER BY number"))

    def do_POST(self) -> None:
        """Take the payment for the order that stands behind the `?`."""
        insert = "INSERT INTO payments (said) VALUES (?) RETURNING number, said"
        self.say(sql(insert, self.path.partition("?")[2]))

    def say(self, payments: list[tuple[int, str]]) -> None:
        """Answer, or fail as it was told."""
        if FAULT == "dead":
            os._exit(1)
        if FAULT == "slow":
            time.sleep(30)
        text = "".join(f"payment {number} is for order {order}\n" for number, order in payments)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"teapot\n" if FAULT == "wrong" else text.encode())

    def log_message(self, *_: object) -> None:
        """Log no requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
sql("CREATE TABLE IF NOT EXISTS payments (number INTEGER PRIMARY KEY, said TEXT)")
server = ThreadingHTTPServer(("", 8000), Payments)
print("payments listens on port 8000", flush=True)
server.serve_forever()
