"""How a learner's own answer is checked: on the own Engine, with what was run there before and what was saved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from graders import progress
from graders.answer import NOT_COPIED, SEED_FILE
from graders.check import Outcome, Verdict
from graders.exercise import COMMANDS
from graders.grading import grade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from environment.engines import Connection, ScriptResult
    from graders.check import CheckResult
    from graders.exercise import Exercise

SHOWN_FILES = 3


@dataclass
class LastRun:
    """How the commands of an answer ended when they were last run."""

    done: ScriptResult
    ended: float = field(default_factory=time.time)

    @property
    def note(self) -> str:
        """What somebody should know whose check looks at what an earlier run left; empty where they ended well."""
        if self.done.exit_code == 0:
            return ""
        last = (self.done.output.strip().splitlines() or ["They printed nothing."])[-1]
        return (
            f"Your last answer, at {_clock(self.ended)}, ended with exit code {self.done.exit_code}: “{last}” "
            "What is checked may have been made by an earlier one. Remove that, or reset, and run the answer again."
        )


def check(  # noqa: PLR0913 - what a notebook and a terminal know
    exercise: Exercise,
    connection: Connection,
    workspace: Path,
    folder: Path,
    *,
    fresh: bool = False,
    last: LastRun | None = None,
    on_result: Callable[[CheckResult], None],
) -> Verdict:
    """Grade a learner's own answer and remember the verdict."""
    verdict = grade(exercise, connection, folder, fresh=fresh, on_result=on_result)
    notes = [last.note] if last and last.note and verdict.outcome is not Outcome.PASSED else []
    notes += verdict.notes
    if verdict.outcome is Outcome.FAILED:
        notes += _saved(exercise, folder)
    try:
        progress.record_verdict(workspace, verdict)
    except OSError as error:
        notes.append(f"Your progress could not be kept: {workspace / progress.FILE}: {error.strerror}.")
    return replace(verdict, notes=tuple(notes))


def _saved(exercise: Exercise, folder: Path) -> list[str]:
    """When the files were saved that a learner changed: an editor may hold newer ones."""
    start = exercise.folder / "start"
    mine = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        given = start / name
        if not path.is_file() or NOT_COPIED & set(name.parts) or (exercise.has_commands and path.name == COMMANDS):
            continue
        if path.name != SEED_FILE and not (given.is_file() and given.read_bytes() == path.read_bytes()):
            mine.append((path.stat().st_mtime, name))
    told = ", ".join(f"`{name}` at {_clock(at)}" for at, name in sorted(mine, reverse=True)[:SHOWN_FILES])
    return [f"Looked at as saved: {told}."] if told else []


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")
