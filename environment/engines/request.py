"""Send one HTTP request with limits on its time and size; a module, and a script that a throwaway Engine runs.

It imports nothing but the standard library, because the image of that Engine holds a copy of this file alone.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from environment.engines import Response

CHUNK = 1 << 16
RETRY_SECONDS = 0.05


class Answer(TypedDict):
    """What came back: the fields of `Response`, names of headers in small letters."""

    status: int
    body: str
    headers: dict[str, str]
    error: str


class _Exchange:
    """One request and what has come of it so far."""

    def __init__(self, url: str, method: str, timeout: float, limit: int, through: str) -> None:
        self.url, self.method, self.timeout, self.limit, self.through = url, method, timeout, limit, through
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.error = ""
        self.nobody_answered = False
        self.sock: socket.socket | None = None

    def run(self) -> None:
        """Do it, and keep as a sentence what goes wrong."""
        try:
            self._send()
        except ConnectionRefusedError:
            self.nobody_answered = True
            self.error = f"Connection refused: nothing listens at {urlsplit(self.url).netloc}."
        except socket.gaierror:
            self.error = f"The name {urlsplit(self.url).hostname} is not known."
        except TimeoutError:
            self.status, self.error = 0, self._late()
        except http.client.RemoteDisconnected:
            # A port that Docker publishes accepts before the program in the container listens.
            self.nobody_answered = True
            self.error = "The connection was closed before an answer came."
        except http.client.IncompleteRead as cut:
            self.body += cut.partial
            self.error = "The connection was closed in the middle of the answer."
        except ConnectionError:
            self.nobody_answered = not self.status
            self.error = "The connection was reset before the answer was complete."
        except http.client.BadStatusLine:
            self.error = "What answered does not speak HTTP."
        except (http.client.HTTPException, UnicodeError, ValueError) as error:
            self.error = f"The request could not be made: {error}."
        except OSError as error:
            self.error = f"No connection to {urlsplit(self.url).netloc}: {error.strerror or error}."

    def stop(self) -> None:
        """End the connection, whatever it waits for."""
        if self.sock:
            with suppress(OSError):  # the other side was quicker
                self.sock.shutdown(socket.SHUT_RDWR)

    def answer(self, *, complete: bool) -> Answer:
        """Say what came back."""
        body = self.body[: self.limit].decode(errors="replace")
        if not complete:
            return Answer(status=0, body=body, headers=dict(self.headers), error=self._late())
        return Answer(status=self.status, body=body, headers=self.headers, error=self.error)

    def _late(self) -> str:
        return f"No complete answer within {self.timeout:g} s."

    def _send(self) -> None:
        parts = urlsplit(self.url)
        host, port = parts.hostname, parts.port
        if parts.scheme not in {"http", "https"} or not host:
            self.error = f"{self.url} is not an address that starts with http:// or https://."
            return
        # As `curl -k`: an exercise's server has a certificate that nobody signed.
        context = ssl._create_unverified_context() if parts.scheme == "https" else None  # noqa: S323, SLF001
        if context:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=self.timeout, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self.timeout)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            if self.through:
                there = socket.socket(socket.AF_UNIX)
                there.settimeout(self.timeout)
                connection.sock = there
                there.connect(self.through)
                if context:
                    connection.sock = context.wrap_socket(there, server_hostname=host)
            else:
                connection.connect()
            self.sock = connection.sock  # http.client lets go of it once the answer begins
            connection.request(self.method, target, headers={"Connection": "close", "User-Agent": "curl/8.0"})
            response = connection.getresponse()
            headers: dict[str, str] = {}
            for name, value in response.getheaders():
                headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
            self.headers, self.status = headers, response.status
            while len(self.body) <= self.limit and (chunk := response.read1(CHUNK)):
                self.body += chunk
            if len(self.body) > self.limit:
                self.error = f"The body was cut after {self.limit} bytes."
            elif response.length:
                self.error = "The connection was closed in the middle of the answer."
        finally:
            connection.close()


def answer(  # noqa: PLR0913 - see request
    url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20, through: str = ""
) -> Answer:
    """Do what `request` does, and return plain data."""
    give_up = time.monotonic() + wait
    while True:
        exchange = _Exchange(url, method, timeout, limit, through)
        # The time limit holds for the whole: a name that does not resolve, and a server that sends a byte now and then.
        thread = threading.Thread(target=exchange.run, daemon=True)
        thread.start()
        thread.join(timeout)
        complete = not thread.is_alive()
        came = exchange.answer(complete=complete)
        if not complete:
            exchange.stop()
        if not exchange.nobody_answered or time.monotonic() + RETRY_SECONDS > give_up:
            return came
        time.sleep(RETRY_SECONDS)  # no event tells that somebody listens


def request(  # noqa: PLR0913 - each is a choice of the caller, by name
    url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20, through: str = ""
) -> Response:
    """Send a request and return what came back within `timeout` seconds, at most `limit` bytes of body.

    While nobody answers, it is sent again for `wait` seconds. Redirects are not followed, proxies not used,
    certificates not verified. `through` is the path of a socket that leads to the URL's host. Nothing is raised: where
    no complete answer came in time the status is 0 and `error` says why; an answer that was cut has its status and an
    `error`. Names of headers come in small letters.
    """
    from environment.engines import Response

    return Response(**answer(url, method=method, timeout=timeout, wait=wait, limit=limit, through=through))


if __name__ == "__main__":
    json.dump(answer(**json.loads(sys.argv[1])), sys.stdout)
