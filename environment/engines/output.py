"""What a process prints, taken as it comes and no more than a limit."""

from __future__ import annotations

import codecs
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

LIMIT = 8 << 20
"""Bytes of a script's output; script.py passes on less than that, unless somebody replaced it on its Engine."""


class Output:
    """What a script prints: decoded, handed on at once, and kept."""

    def __init__(self, on_output: Callable[[str], None] | None) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._on_output = on_output
        self._parts: list[str] = []
        self._room = LIMIT

    @property
    def text(self) -> str:
        """All that came."""
        return "".join(self._parts)

    def take(self, data: bytes, *, final: bool = False) -> None:
        """Take bytes as they come; what is over the limit is dropped."""
        self.say(self._decoder.decode(data[: self._room], final))
        self._room -= len(data[: self._room])

    def say(self, text: str) -> None:
        """Add a text of one's own."""
        if text:
            self._parts.append(text)
            if self._on_output:
                self._on_output(text)


def pieces(process: subprocess.Popen[bytes], limit: int = LIMIT) -> Iterator[bytes]:
    """Yield what a process prints, as it comes, up to so many bytes; the rest is not read."""
    assert process.stdout  # noqa: S101 - asked for
    while limit > 0 and (data := os.read(process.stdout.fileno(), min(limit, 1 << 16))):
        limit -= len(data)
        yield data
