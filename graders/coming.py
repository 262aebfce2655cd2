"""Images that come while a learner reads: made behind JupyterLab, and waited for where a cell or a check needs one."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from graders.exercise import Lesson

STATE, LOCK = Path(".drydock/images.json"), Path(".drydock/images.lock")
ROUND_SECONDS = 0.5
BAR = 20


@dataclass(frozen=True)
class Coming:
    """How far the images are that are being made; times in seconds since 1970."""

    missing: tuple[str, ...]
    number: int
    """How many were missing at first."""
    begun: float

    @property
    def sentence(self) -> str:
        """How many are there and how long the others take, as far as that can be told."""
        ready = self.number - len(self.missing)
        bar = "■" * (BAR * ready // self.number) + "□" * (BAR - BAR * ready // self.number)
        left = (time.time() - self.begun) / ready * len(self.missing) if ready else 0
        about = f", about {max(round(left / 10), 1) * 10} s left" if left else ""
        return f"{bar} {ready} of {self.number} more images are ready{about}: {', '.join(self.missing)} still come."


def look(workspace: Path) -> Coming | None:
    """What is being made now; None where nothing is."""
    try:
        said = json.loads((workspace / STATE).read_text(encoding="utf-8"))
        with (workspace / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:  # whoever makes them has it
        return Coming(**said | {"missing": tuple(said["missing"])})
    except (OSError, ValueError):
        return None
    return None


def named(text: str, names: Iterable[str]) -> set[str]:
    """The images that a text names."""
    return {name for name in names if name in text}


def needed_first(lesson: Lesson | None) -> set[str]:
    """The images of the course without which a lesson and its exercises cannot begin."""
    from environment.images import catalogue

    names = [image.name for image in catalogue()]
    if lesson is None:
        return set()
    return named(lesson.source.read_text(encoding="utf-8"), names) | {i for e in lesson.exercises for i in e.images}


def wait(workspace: Path, needs: Collection[str], say: Callable[[str], None]) -> None:
    """Wait until these images are there or nobody makes them any more; tell how far that is, each time it changes."""
    told = ""
    while (now := look(workspace)) and set(needs) & set(now.missing):
        if now.sentence != told:
            told = now.sentence
            say(told)
        time.sleep(ROUND_SECONDS)
    if told:
        say("The images are ready.")


def begin(workspace: Path, environment: Mapping[str, str]) -> None:
    """Make what is missing in a process of its own, which ends with this one."""
    command = [sys.executable, "-m", "graders.behind", str(workspace), str(os.getpid())]
    with (workspace / ".drydock" / "images.log").open("wb") as log:
        subprocess.Popen(
            command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


@contextlib.contextmanager
def alone(workspace: Path) -> Iterator[bool]:
    """Whether no other process makes images for this workspace; nobody else does while the block runs."""
    with (workspace / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def write(workspace: Path, coming: Coming) -> None:
    """Say how far it is, whole or not at all."""
    unfinished = (workspace / STATE).with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(coming)), encoding="utf-8")
    unfinished.replace(workspace / STATE)
