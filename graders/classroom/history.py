"""Every grade that was ever given: when, by which grader, on which Engine, and why. Lines are only ever added."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Key:
    """What a verdict depends on. Two answers with the same key get the same verdict."""

    exercise: str
    answer: str
    """Digest of the answer's files."""
    seed: str
    grader: str
    """Digest of the grader."""
    engine: str
    """Kind of the Engine, and a digest of what it consists of."""


@dataclass(frozen=True)
class Record:
    """One grade. `verdict` is the object of `drydock check --json`."""

    at: str
    run: str
    reason: str
    learner: str
    key: Key
    verdict: dict[str, Any]
    reused_from: str = ""
    """The learner whose identical answer was graded; empty if this one was."""
    notes: tuple[str, ...] = field(default=())

    @property
    def is_ungradable(self) -> bool:
        """Whether nothing could be said about the answer."""
        return bool(self.verdict["outcome"] == "ungradable")

    @property
    def points(self) -> int:
        """Points, none where the answer could not be graded."""
        return 0 if self.is_ungradable else int(self.verdict["points"])


class History:
    """The file of all grades of a class."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = 0
        self._records: list[Record] = []
        self._last: dict[tuple[str, str], Record] = {}
        self._graded: dict[Key, Record] = {}

    def add(self, records: Iterable[Record]) -> None:
        """Write records to disk before anything else is done with them."""
        lines = "".join(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records).encode()
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            # A line that was cut off, when the power went or the disk was full, stays alone.
            if end and os.pread(handle, 1, end - 1) != b"\n":
                lines = b"\n" + lines
            view = memoryview(lines)
            while view:
                view = view[file.write(view) :]
            os.fsync(handle)

    def _refresh(self) -> None:
        """Read what was added since the last time, by whoever."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._read_to)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read_to += len(line)
                try:
                    said = json.loads(line)
                    record = Record(**said | {"key": Key(**said["key"]), "notes": tuple(said["notes"])})
                except (ValueError, TypeError, KeyError):  # a line that was cut off
                    continue
                self._records.append(record)
                self._last[record.learner, record.key.exercise] = record
                if not record.is_ungradable:
                    self._graded[record.key] = record

    def of(self, learner: str, exercise: str) -> list[Record]:
        """All grades of one learner for one exercise, oldest first."""
        self._refresh()
        return [r for r in self._records if r.learner == learner and r.key.exercise == exercise]

    def last(self, learner: str, exercise: str) -> Record | None:
        """The grade that counts."""
        self._refresh()
        return self._last.get((learner, exercise))

    def graded(self, key: Key) -> Record | None:
        """A grade of the same answer by the same grader; never one that could not be graded."""
        self._refresh()
        return self._graded.get(key)

    def latest(self, topic: str) -> list[Record]:
        """The grades that count, of all learners for a topic."""
        self._refresh()
        return [record for (_, exercise), record in self._last.items() if exercise.partition("/")[0] == topic]
