"""What can go wrong, as sentences for people."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class DrydockError(Exception):
    """Drydock cannot go on: `what` happened and the `remedy`, one sentence each."""

    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy


class UsageError(DrydockError):
    """The command was not understood; exit code 2."""

    exit_code: ClassVar[int] = 2


class NotSupportedError(DrydockError):
    """The Engine at hand cannot do what the exercise needs."""


class Failed(Exception):  # noqa: N818 - a verdict on an answer, not an error of the program
    """A check did not hold. The message names what was seen; the evidence holds commands that show it."""

    def __init__(self, message: str, *, hint: str = "", evidence: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.evidence = tuple(evidence)


@contextmanager
def hinted(hint: str = "", evidence: Callable[[], Iterable[str]] = tuple) -> Iterator[None]:
    """Add to what fails in the block: a hint where it has none, and evidence behind its own, looked for only then."""
    try:
        yield
    except Failed as failed:
        raise Failed(failed.message, hint=failed.hint or hint, evidence=[*failed.evidence, *evidence()]) from None
