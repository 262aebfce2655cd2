"""What a learner has done: a file of events in the workspace, only ever added to."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from graders.exercise import Exercise, exercises, lesson_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.check import Verdict

FILE = Path(".drydock") / "progress.jsonl"


@dataclass(frozen=True)
class Standing:
    """How far a learner is with one exercise. A pass stays a pass, whatever is checked later."""

    exercise: Exercise
    tries: int
    points: int
    passed: bool
    hints: int


def record_verdict(workspace: Path, verdict: Verdict) -> None:
    """Remember a verdict."""
    _add(workspace, verdict.exercise, outcome=verdict.outcome, points=verdict.points, max_points=verdict.max_points)


def record_guess(workspace: Path, lesson: str, number: int, *, right: bool) -> None:
    """Remember a guess."""
    _add(workspace, lesson, guess=number, right=right)


def next_hint(workspace: Path, exercise: Exercise) -> tuple[int, str, bool]:
    """Number and text of the hint that comes next, and whether it came before: after the last one, the last again."""
    taken = sum(1 for event in _events(workspace) if event["exercise"] == exercise.id and "hint" in event)
    number = min(taken + 1, len(exercise.hints))
    with contextlib.suppress(OSError):  # one that cannot be noted down is shown all the same
        _add(workspace, exercise.id, hint=number)
    return number, exercise.hints[number - 1], taken >= len(exercise.hints)


def standings(workspace: Path) -> list[Standing]:
    """The standing of every exercise, in the order of the course."""
    events = list(_events(workspace))
    found = []
    for exercise in exercises():
        own = [event for event in events if event["exercise"] == exercise.id]
        verdicts = [event for event in own if "outcome" in event]
        found.append(
            Standing(
                exercise=exercise,
                tries=len(verdicts),
                points=max((int(str(v["points"])) for v in verdicts), default=0),
                passed=any(v["outcome"] == "passed" for v in verdicts),
                hints=sum(1 for event in own if "hint" in event),
            )
        )
    return found


def next_exercise(workspace: Path, after: Exercise | None = None) -> Exercise | None:
    """The first exercise that is not passed behind `after`, in the order of the course, then the first of all."""
    open_ones = [standing.exercise for standing in standings(workspace) if not standing.passed]
    order = {exercise.id: place for place, exercise in enumerate(exercises())}
    behind = [exercise for exercise in open_ones if after and order[exercise.id] > order[after.id]]
    return next(iter([*behind, *open_ones]), None)


def after_pass(workspace: Path, exercise: Exercise, command: str) -> list[str]:
    """What a learner may do after a pass, in sentences: in a notebook by a link, else by a command.

    `command` is what begins the commands of one's own place: `%` or `drydock `.
    """
    compare = f"Compare yours with the model answer: `{command}solution {exercise.id}`"
    follows = next_exercise(workspace, after=exercise)
    if not follows:
        return [compare, f"That was the last one: you have passed all {len(exercises())} exercises."]
    if command == "%":
        lesson = lesson_of(follows)
        return [compare, f"Next: [{lesson.title}](../{lesson.topic}/{lesson.file})"]
    return [compare, f"Next: `{command}show {follows.id}` ({follows.title})"]


def guessed(workspace: Path) -> tuple[int, int]:
    """How many guesses were right, and how many were made; of each question the first counts."""
    first: dict[tuple[object, object], bool] = {}
    for event in _events(workspace):
        if "guess" in event:
            first.setdefault((event["exercise"], event["guess"]), bool(event["right"]))
    return sum(first.values()), len(first)


def _events(workspace: Path) -> Iterator[dict[str, object]]:
    path = workspace / FILE
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue  # a line that a full disk or a crash cut short


def _add(workspace: Path, exercise: str, **event: object) -> None:
    path = workspace / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    with path.open("a") as file:
        file.write(json.dumps({"when": when, "exercise": exercise, **event}) + "\n")
