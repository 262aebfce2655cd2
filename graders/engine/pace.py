"""How fast an Engine is now, so that its slowness is no mistake of the learner."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graders.errors import DrydockError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IDLE_SECONDS = 0.6
"""What a container that does nothing takes at most on an idle Engine, from its creation until it is removed."""
MOST = 20
"""So many times as long is waited at most; an Engine that is slower than that is not graded on."""
CLEARLY = 1.25
"""No two measurements are equal: what is less than so many times another is as good as the same."""
FRESH_SECONDS = 5
"""For which a measurement holds."""


@dataclass
class Pace:
    """How many times longer than on an idle Engine things take on this one: measured when somebody needs to know.

    `measure` does what takes IDLE_SECONDS there and returns the seconds that it took; `least` is what is known before.
    """

    measure: Callable[[], float]
    least: float
    _seen: float = 0.0
    _at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def known(self) -> float:
        """The slowest that was seen so far, without another look."""
        return max(self.least, self._seen)

    def now(self) -> float:
        """The same after another look. Raises DrydockError where the Engine is too slow for a verdict."""
        with self._lock:  # who asks at the same time gets the same answer
            if time.monotonic() - self._at > FRESH_SECONDS:
                took = self.measure()
                self._seen = max(self._seen, took / IDLE_SECONDS)
                self._at = time.monotonic()
        if self._seen > MOST * self.least:
            raise DrydockError(
                f"The Engine is too busy for a verdict: a container that does nothing takes {self._seen:.0f} times as "
                "long as usual.",
                "See what else runs there (`docker stats`, `top`), and check again when it is done.",
            )
        return self.known

    def slower_than(self, before: float) -> float:
        """What `now` says, if the Engine is clearly slower than it was, else 0. Raises DrydockError as `now` does."""
        now = self.now()
        return now if now > CLEARLY * before else 0

    def limit(self, seconds: float) -> Limit:
        """Begin to wait for what takes so many seconds at most on an idle Engine."""
        return Limit(self, seconds)


@dataclass
class Limit:
    """A time limit that asks, once it is up, whether the Engine kept pace, and gives more where it did not."""

    pace: Pace
    seconds: float
    _began: float = field(default_factory=time.monotonic)

    @property
    def given(self) -> float:
        """Seconds that are given as far as is known."""
        return self.seconds * self.pace.known

    def left(self) -> float:
        """Seconds that are left, 0 where there are none. Raises DrydockError as `Pace.now` does."""
        if self._left() <= 0:
            self.pace.now()
        return max(0.0, self._left())

    @contextmanager
    def alarm(self, up: Callable[[], object]) -> Iterator[None]:
        """Call `up` when no seconds are left and the block still runs. Raises DrydockError as `left` does."""
        done, problems = threading.Event(), list[DrydockError]()

        def watch() -> None:
            try:
                while not done.wait(max(0.0, self._left())):
                    if not self.left():
                        up()
                        return
            except DrydockError as error:
                problems.append(error)
                up()

        watching = threading.Thread(target=watch, daemon=True, name="limit")
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()
        if problems:
            raise problems[0]

    def _left(self) -> float:
        return self._began + self.given - time.monotonic()
