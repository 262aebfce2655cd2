"""How a learner's own answer is checked: on the own Engine, with what was run there before and what was saved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from graders import home, progress
from graders.answer import NOT_COPIED, SEED_FILE
from graders.check import Outcome, Verdict
from graders.engine import Engine
from graders.exercise import COMMANDS
from graders.grading import grade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from environment.engines import Connection, ScriptResult
    from graders.check import CheckResult
    from graders.exercise import Exercise

SHOWN_FILES = 3
SLACK_SECONDS = 1


@dataclass
class LastRun:
    """How the commands of an answer ended when they were last run."""

    done: ScriptResult
    ended: float = field(default_factory=time.time)

    @property
    def foot(self) -> str:
        """When it ran and how it ended."""
        return f"Your last answer ran at {_clock(self.ended)}, exit code {self.done.exit_code}."

    def note(self, age: float | None) -> str:
        """What somebody should know whose check looks at what an earlier run left; empty where it does not.

        `age` is how many seconds ago the newest of what is checked was made; None where there is nothing.
        """
        if self.done.exit_code == 0:
            if age is None or age <= time.time() - self.ended + self.done.seconds + SLACK_SECONDS:
                return ""
            return (
                f"What is checked was made at {_clock(time.time() - age)}, before your last answer ran "
                f"({_clock(self.ended)}). Reset the exercise and run the answer again to see what it does."
            )
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
    notes = list(verdict.notes)
    if last and verdict.outcome is Outcome.FAILED:
        with Engine(connection, exercise.id, session="") as engine:
            notes[:0] = filter(None, [last.note(engine.youngest(exercise.owns))])
    try:
        progress.record_verdict(workspace, verdict)
        home.renew(workspace)
    except OSError as error:
        notes.append(f"Your progress could not be kept: {workspace / progress.FILE}: {error.strerror}.")
    return replace(verdict, notes=tuple(notes))


def saved(exercise: Exercise, folder: Path) -> list[str]:
    """When the files were saved that a learner changed, in a sentence: an editor may hold newer ones."""
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
