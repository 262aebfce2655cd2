"""Requests in a steady stream while something is done: how many were sent, answered, slow, and failed, and how."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graders.engine import containers, sender
from graders.engine.containers import Container
from graders.engine.sender import DONE, NEVER, READY
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.engine.run import Run
    from graders.engine.words import Attributes

SENDER = "python:3.13-slim"
"""The course image that asks: its errors say which of refused, silent and unknown it was."""
A_SECOND = 20
"""Requests sent in a second, if the check says nothing; fewer where the sender could not do twice as many."""
LEAST_A_SECOND = 4
"""With fewer than that, what is away for half a second could go unseen."""
ANSWER_SECONDS = 10
"""How long an answer may take before the request counts as failed."""
FIRST_SECONDS = 15
"""For how long the first answer is waited for."""
SLOW_SECONDS = 1.0
MOST_HELD_UP = 1.0
"""For how long the sender may be kept from sending, by whatever else its machine does."""


class Failure(NamedTuple):
    """A request that was not answered as it should be."""

    at: float
    """Seconds after the first request."""
    how: str
    """`refused`, `no answer`, `no such name`, `no way there`, `hangs up`, or `status 503`."""


@dataclass
class Load:
    """Requests that were sent in a steady stream while the block of `with` ran; all is known at its end.

    None is sent a second time, and each asks anew what the name stands for.
    """

    url: str
    sent: int = 0
    """How many requests."""
    seconds: float = 0.0
    """From the first to the last."""
    answers: Counter[str] = field(default_factory=Counter)
    """How many were answered, with a status below 400, by what was said."""
    failures: list[Failure] = field(default_factory=list)
    """Those that failed, the first one first."""
    slow: int = 0
    """How many answers took longer than a second, and than three times as long as the sender's own."""
    slowest: float = 0.0
    """How many seconds the slowest answer took."""
    limit: float = 0.0
    """How many requests in a second the sender could have sent, one after the other: measured before."""

    @property
    def answered(self) -> int:
        """How many were answered."""
        return self.answers.total()

    @property
    def failed(self) -> int:
        """How many failed."""
        return len(self.failures)

    @property
    def told(self) -> str:
        """What came of them, as a sentence."""
        counted = f"Of {self.sent} requests in {self.seconds:.1f} seconds, {self.failed or 'none'} failed"
        if not self.failures:
            return f"{counted}."
        first = self.failures[0]
        return f"{counted}, the first of them after {first.at:.1f} seconds: {first.how}."


@contextlib.contextmanager
def send(run: Run, url: str, source: str | Container | None, a_second: float) -> Iterator[Load]:
    """Send requests while the block runs, from a network, from that of a container, or from the Engine's machine.

    Fails where nobody answers before it begins. Raises DrydockError where the sender itself could not keep pace, so
    that its failures are not the service's.
    """
    patience = run.pace.known
    seconds = [ANSWER_SECONDS * patience, FIRST_SECONDS * patience, SLOW_SECONDS * patience]
    asked = json.dumps([url, a_second, *seconds])
    place: dict[str, Any] = {"network_mode": f"container:{source.id}" if isinstance(source, Container) else "host"}
    if isinstance(source, str):
        place = {"network": source}
    program = Path(sender.__file__).read_text(encoding="utf-8")
    sending = containers.start(run, SENDER, "python", "-I", "-c", program, asked, **place)
    try:
        _see_that_it_sends(sending, url)
        load = Load(url)
        yield load
        sending.kill("TERM")
        sending.wait_log(DONE, timeout=3 * ANSWER_SECONDS)
        _fill(load, _said(sending, DONE), run.pace.known)
    finally:
        sending.remove()


def _see_that_it_sends(sending: Container, url: str) -> None:
    # Whichever of the two it says; both end like a line.
    sending.wait_log("drydock: ", timeout=2 * FIRST_SECONDS + ANSWER_SECONDS)
    said = sending.logs()
    if READY not in said:
        how = said.partition(NEVER)[2].strip()
        if not how:
            raise _cannot_keep_pace(said.strip()[-200:])
        raise Failed(f"`{url}` was asked for {FIRST_SECONDS} seconds before anything else was done: {how}.")


def _said(sending: Container, mark: str) -> Attributes:
    _, _, said = sending.logs().partition(mark)
    if not said:
        raise _cannot_keep_pace(sending.logs().strip()[-200:] or "it did not end")
    found: Attributes = json.loads(said.splitlines()[0])
    return found


def _fill(load: Load, said: Attributes, patience: float) -> None:
    rate = said["sent"] / said["seconds"]
    if said["own_failures"] or said["open"]:
        raise _cannot_keep_pace(f"{said['own_failures']} of its own requests failed, {said['open']} did not end")
    if rate < LEAST_A_SECOND or said["held_up"] > MOST_HELD_UP * patience:
        raise _cannot_keep_pace(f"{rate:.1f} a second, and none for {said['held_up']:.1f} seconds")
    load.sent, load.seconds = said["sent"], said["seconds"]
    load.answers = Counter(said["answers"])
    load.failures = [Failure(*one) for one in said["failures"]]
    load.slow, load.slowest, load.limit = said["slow"], said["slowest"], said["limit"]


def _cannot_keep_pace(why: str) -> DrydockError:
    return DrydockError(
        f"The Engine's machine is too busy to send requests in a steady stream ({why}).",
        "See what else runs there (`docker stats`, `top`), and check again when it is done.",
    )
