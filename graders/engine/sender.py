"""Send requests in a steady stream, in a container, until TERM; `load.py` reads what is printed.

Usage: python -c TEXT OF THIS FILE, [URL, REQUESTS A SECOND, SECONDS FOR AN ANSWER, FOR THE FIRST ONE, UNTIL IT IS SLOW]
"""

from __future__ import annotations

import collections
import http.client
import http.server
import json
import os
import random
import signal
import socket
import sys
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit

READY, NEVER, DONE = "drydock: ready", "drydock: never ", "drydock: done "
MEASURED_SECONDS, MEASURED = 0.1, 5
"""How long, and with how many requests at least, the own limit is measured."""


class Tried(NamedTuple):
    """A request: when it was sent, how long it took, how it failed, if it did, and what was answered."""

    at: float
    took: float
    how: str
    text: str


class Own(http.server.BaseHTTPRequestHandler):
    """The sender's own answerer: what fails there is the sender's failure, and its limit is the sender's."""

    def do_GET(self) -> None:
        """Answer at once."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"own")

    def log_message(self, *_: object) -> None:
        """Log no requests."""


class Answerer(http.server.ThreadingHTTPServer):
    """As many may wait as are sent while it is busy."""

    request_queue_size = 128


def ask(url: str, seconds: float) -> tuple[int, str]:
    """The status and the text of an answer; the name is resolved anew, for what Swarm's names stand for changes."""
    parts = urlsplit(url)
    found = socket.getaddrinfo(parts.hostname, parts.port or 80, socket.AF_INET, socket.SOCK_STREAM)
    host, port = random.choice(found)[4][:2]  # noqa: S311 - nobody guesses it
    connection = http.client.HTTPConnection(str(host), int(port), timeout=seconds)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"Host": parts.netloc, "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read(4000).decode(errors="replace").strip()
    finally:
        connection.close()


def tried(url: str, seconds: float) -> Tried:
    """Send a request and see what comes of it."""
    began, text = time.monotonic(), ""
    try:
        status, text = ask(url, seconds)
        how = "" if status < http.HTTPStatus.BAD_REQUEST else f"status {status}"
    except socket.gaierror:
        how = "no such name"
    except TimeoutError:
        how = "no answer"
    except ConnectionRefusedError:
        how = "refused"
    except (ConnectionError, http.client.HTTPException):
        how = "hangs up"
    except OSError:
        how = "no way there"
    return Tried(began, time.monotonic() - began, how, text)


def answer_oneself() -> str:
    """Start the own answerer, a process of its own, and return where it is."""
    answerer = Answerer(("127.0.0.1", 0), Own)
    if not os.fork():
        answerer.serve_forever()
    answerer.socket.close()
    return f"http://127.0.0.1:{answerer.server_port}/"


def say_and_wait(said: str) -> None:
    """Print a line, and stay: what is printed just before the end can get lost."""
    print(said, flush=True)
    while True:
        signal.pause()


def main(url: str, rate: float, answer_seconds: float, first_seconds: float, slow_seconds: float) -> None:
    """Measure the sender's own limit, wait for a first answer, and send until TERM."""
    own, ended = answer_oneself(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    mine: list[Tried] = []
    began = time.monotonic()
    while time.monotonic() - began < MEASURED_SECONDS or len(mine) < MEASURED:
        mine.append(tried(own, answer_seconds))
    limit = len(mine) / (time.monotonic() - began)
    pause = 1 / min(rate, limit / 2)

    began = time.monotonic()
    while (first := tried(url, answer_seconds)).how and time.monotonic() - began < first_seconds and not ended.is_set():
        time.sleep(0.1)
    if first.how:
        say_and_wait(NEVER + first.how)
    print(READY, flush=True)

    seen: list[Tried] = []
    asking: list[threading.Thread] = []
    started = due = last = time.monotonic()
    held_up, number = 0.0, 0
    while not ended.is_set():
        # Each tenth goes to its own answerer as well, to see whether the sender can still do it.
        number += 1
        for to, into in ((url, seen), (own, mine))[: 2 if number % 10 == 0 else 1]:
            thread = threading.Thread(
                target=lambda to=to, into=into: into.append(tried(to, answer_seconds)), daemon=True
            )
            thread.start()
            asking.append(thread)
        due = max(due + pause, time.monotonic() - pause)
        ended.wait(max(0, due - time.monotonic()))
        held_up, last = max(held_up, time.monotonic() - last), time.monotonic()
    seconds = time.monotonic() - started
    for thread in asking:
        thread.join(max(0.0, started + seconds + 2 * answer_seconds - time.monotonic()))
    answered = [one for one in seen if not one.how]
    slow = max(slow_seconds, 3 * max(one.took for one in mine))
    found = {
        "sent": number,
        "seconds": seconds,
        "answers": collections.Counter(one.text for one in answered),
        "failures": sorted((one.at - started, one.how) for one in seen if one.how),
        "open": number - len(seen),
        "slow": sum(one.took > slow for one in answered),
        "slowest": max((one.took for one in answered), default=0),
        "limit": limit,
        "held_up": held_up,
        "own_failures": sum(bool(one.how) for one in mine),
    }
    say_and_wait(DONE + json.dumps(found))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
