"""Waiting for what the Engine tells: streams of events and logs, closed and ended from outside."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import docker


@contextlib.contextmanager
def closed_after(stream: Any) -> Iterator[None]:
    """Close the connection of a stream of docker-py with the block; the stream itself ends, and keeps it open."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # over ssh, what is ended cannot be told so
            stream._response.close()  # noqa: SLF001 - docker-py keeps it there


def end(stream: Any) -> None:
    """End a stream of docker-py that another thread reads; its own `close` fails on ssh, and where it just ends."""
    connection = stream._response.raw._connection  # noqa: SLF001
    ending = connection and connection.sock
    with contextlib.suppress(OSError):  # it has ended by itself
        if ending and hasattr(ending, "proc"):
            ending.proc.kill()
        elif ending:
            ending.shutdown(socket.SHUT_RDWR)


def wait_until(
    client: docker.DockerClient, holds: Callable[[], bool], left: Callable[[], float], filters: Mapping[str, str]
) -> bool:
    """Whether the test holds while seconds are left; looks again at each event that the filters match."""
    if holds():
        return True
    events = client.events(filters=dict(filters) or None, decode=True)
    # The stream has no time-out of its own; a test that no event announces is looked at once a second.
    stop = threading.Event()
    happened = threading.Event()

    def listen() -> None:
        with contextlib.suppress(Exception), closed_after(events):
            for _ in events:
                happened.set()
                if stop.is_set():
                    return

    threading.Thread(target=listen, daemon=True, name="events").start()
    try:
        while not holds():
            seconds = left()
            if seconds <= 0:
                return holds()
            happened.wait(min(1.0, seconds))
            happened.clear()
        return True
    finally:
        stop.set()
        end(events)
