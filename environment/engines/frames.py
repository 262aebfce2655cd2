"""What comes from a process in a container, read so that nothing of it is lost."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    import docker

STDERR = 2
_HEADER = 8
_MOST = 1 << 14
"""Bytes of the head of a frame, and those that one read takes at most."""


def frames(api: docker.APIClient, connection: Any) -> Generator[tuple[int, bytes], None, None]:
    """Yield what comes from a container as pairs of a stream's number and bytes, and close the connection at the end.

    `connection` is what docker-py gives for `socket=True`. The format: Docker's API, "Attach to a container". docker-py
    itself reads from the socket alone and loses what came together with the head of the answer, which happens to quick
    commands on a busy machine (docker-py issue 3332).
    """
    answer = connection._response  # noqa: SLF001 - docker-py keeps it there
    reader = answer.raw._fp.fp  # noqa: SLF001 - the buffer behind the head
    api._disable_socket_timeout(connection)  # type: ignore[attr-defined] # noqa: SLF001 - a command may be silent for long
    with contextlib.closing(answer):
        while len(head := reader.read(_HEADER)) == _HEADER:
            left = int.from_bytes(head[4:], "big")
            while left and (data := reader.read1(min(left, _MOST))):
                left -= len(data)
                yield head[0], data
