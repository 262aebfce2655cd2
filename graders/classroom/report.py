"""How a class did: points, which checks fail most and with which message, how long grading took."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

from graders.classroom.room import exercises_of
from graders.exercise import topic as find_topic
from graders.feedback import templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2

    from graders.classroom.history import Record

WIDTH = 80
BARS = 10
MESSAGES = 3


@dataclass(frozen=True)
class Check:
    """How often a check was tried and failed, and the messages that were given most often."""

    name: str
    description: str
    tried: int
    failed: int
    messages: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ExerciseReport:
    """One exercise over the class."""

    id: str
    title: str
    max_points: int
    passed: int
    graded: int
    mean: float | None
    ungradable: tuple[tuple[str, str], ...]
    """Learners whose answer could not be graded, and why."""
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class ClassReport:
    """A topic over the class. `spread` counts learners by tenths of the points; times are in seconds."""

    topic: str
    title: str
    learners: int
    max_points: int
    mean: float
    median: float
    """Mean and median of the percentage of points reached, of those that could be graded."""
    spread: tuple[int, ...]
    answers: int
    reused: int
    seconds: float
    slowest: tuple[tuple[str, float], ...]
    exercises: tuple[ExerciseReport, ...]


def of(records: Sequence[Record], topic: str) -> ClassReport:
    """Sum up the grades that count."""
    exercises = exercises_of(topic)
    most = sum(e.points for e in exercises)
    shares = []
    for learner in {record.learner for record in records}:
        graded = [r for r in records if r.learner == learner and not r.is_ungradable]
        possible = sum(int(r.verdict["max_points"]) for r in graded)
        if possible:
            shares.append(100 * sum(r.points for r in graded) / possible)
    own = [record for record in records if not record.reused_from]
    by_time = sorted(own, key=lambda r: -float(r.verdict["seconds"]))
    spread = Counter(min(BARS - 1, int(share * BARS // 100)) for share in shares)
    return ClassReport(
        topic=topic,
        title=find_topic(topic).title,
        learners=len({record.learner for record in records}),
        max_points=most,
        mean=round(statistics.mean(shares), 1) if shares else 0.0,
        median=round(statistics.median(shares), 1) if shares else 0.0,
        spread=tuple(spread[tenth] for tenth in range(BARS)),
        answers=len(records),
        reused=len(records) - len(own),
        seconds=round(sum(float(r.verdict["seconds"]) for r in own), 1),
        slowest=tuple((f"{r.key.exercise} of {r.learner}", float(r.verdict["seconds"])) for r in by_time[:3]),
        exercises=tuple(
            _exercise(e.id, e.title, e.points, [r for r in records if r.key.exercise == e.id]) for e in exercises
        ),
    )


def _exercise(exercise_id: str, title: str, points: int, records: Sequence[Record]) -> ExerciseReport:
    graded = [record for record in records if not record.is_ungradable]
    tried: Counter[str] = Counter()
    failed: dict[str, Counter[str]] = {}
    descriptions: dict[str, str] = {}
    for record in graded:
        for check in record.verdict["checks"]:
            descriptions.setdefault(check["name"], check["description"])
            tried[check["name"]] += check["outcome"] in {"passed", "failed"}
            if check["outcome"] == "failed":
                failed.setdefault(check["name"], Counter())[check["message"]] += 1
    checks = [
        Check(name, text, tried[name], sum(failed[name].values()), tuple(failed[name].most_common(MESSAGES)))
        for name, text in descriptions.items()
        if name in failed
    ]
    return ExerciseReport(
        id=exercise_id,
        title=title,
        max_points=points,
        passed=sum(record.verdict["outcome"] == "passed" for record in graded),
        graded=len(graded),
        mean=round(statistics.mean(r.points for r in graded), 1) if graded else None,
        ungradable=tuple((r.learner, r.verdict.get("message", "A check broke.")) for r in records if r.is_ungradable),
        checks=tuple(sorted(checks, key=lambda c: -c.failed)),
    )


def as_json(report: ClassReport) -> dict[str, object]:
    """The report as an object for JSON."""
    return asdict(report)


def text(report: ClassReport) -> str:
    """The report for a terminal."""
    reused = f"{report.reused} of {report.answers} verdicts were those of an identical answer."
    lines = [
        f"{report.title} ({report.topic}): {report.learners} learners, {report.max_points} points",
        f"Mean {report.mean} %, median {report.median} %.",
        f"Grading took {report.seconds:.0f} s of Engines' time; {reused}",
        "",
        "Points reached   Learners",
    ]
    widest = max(1, *report.spread)
    for tenth, number in enumerate(report.spread):
        bar = "█" * round(number * 40 / widest)
        lines.append(f"{tenth * 10:>4} to {tenth * 10 + 10:>3} %   {bar}{' ' if bar else ''}{number}")
    for exercise in report.exercises:
        mean = "" if exercise.mean is None else f", mean {exercise.mean} of {exercise.max_points}"
        lines += ["", f"{exercise.id}: {exercise.passed} of {exercise.graded} passed{mean}"]
        for check in exercise.checks:
            lines.append(f"  ✗ {check.failed} of {check.tried}: {check.description}")
            lines += [f"      {times} × {message.splitlines()[0]}" for message, times in check.messages if message]
        lines += [f"  ! {learner}: {why}" for learner, why in exercise.ungradable]
    return "\n".join(lines)


def html(reports: Sequence[ClassReport]) -> str:
    """The report as a page of its own."""
    return _template().render(reports=reports, bars=BARS)


@cache
def _template() -> jinja2.Template:
    return templates("graders.classroom").get_template("class_report.html")
