"""Saying at intervals how far a long step is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from environment.images.catalogue import Progress

INTERVAL = 2.0
MEGABYTE = 1_000_000


class Interval:
    """Passes on a sentence when the last one is `INTERVAL` seconds old, and drops it otherwise."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = time.monotonic()

    def say(self, sentence: str) -> None:
        """Report `sentence` if it is time."""
        if time.monotonic() - self._last >= INTERVAL:
            self.say_now(sentence)

    def say_now(self, sentence: str) -> None:
        """Report `sentence`."""
        self._last = time.monotonic()
        self._progress(sentence)
