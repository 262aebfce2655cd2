"""The proof of an exercise: its start fails, right answers pass, a wrong one fails its own check and reads its text."""

from __future__ import annotations

import difflib
import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from environment.engines.script import TIMED_OUT
from graders import texts
from graders.answer import Answer
from graders.check import Outcome
from graders.engine import Engine
from graders.exercise import COMMANDS, CONTENT, PACKAGE, topics
from graders.grading import grade
from graders.variants import ABSENT, SAYS, WHY, laid_out, one_for_each_check, variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from environment.engines import Connection
    from graders.check import Verdict
    from graders.engine.sharing import SharedEngine
    from graders.exercise import Exercise
    from graders.variants import Kind, Variant

PARTS = {"exercise.toml", "task.md", "start", "scene", "solution", "right", "wrong"}
FEWEST_HINTS = 3
FEWEST: Mapping[Kind, int] = {"right": 2, "wrong": 3}
STANDARD_RIGHT = 2
"""How many right answers beside the solution are in the standard proof, the first by name."""
INTERRUPTED = "The commands did not end and were interrupted."
INTERRUPTED_AFTER = 10
"""Seconds that commands get whose says.txt says that they do not end; a learner has a minute, or stops them."""
HEED_SECONDS = 10
"""What an interrupted container has to end."""


@dataclass(frozen=True)
class Proof:
    """What became of one answer: empty where it was as it must be, else what was not; and what it cost in seconds."""

    variant: Variant
    verdict: Verdict
    problem: str
    seconds: float
    processor: float


def answers(exercise: Exercise, *, every: bool) -> list[Variant]:
    """The answers that prove an exercise: every one, or two right ones beside the solution and a wrong one a check."""
    right = variants(exercise, "right")
    wrong = variants(exercise, "wrong") if every else one_for_each_check(exercise)
    return [*variants(exercise, "start", "solution"), *(right if every else right[:STANDARD_RIGHT]), *wrong]


def prove(
    variant: Variant,
    shared: SharedEngine,
    *,
    write: bool = False,
    spent: Callable[[Connection], float] = lambda _: 0.0,
) -> Proof:
    """Grade an answer and compare what came of it. With `write`, its says.txt is renewed instead.

    `spent` tells the processor-seconds that an Engine has used.
    """
    started, own = time.monotonic(), _own_processor_seconds()
    # Where an answer is words in answers.toml, commands may find them.
    scripts = any((folder / COMMANDS).is_file() for folder in (variant.folder, variant.exercise.folder / "solution"))
    with shared.lend(scripts=scripts) as connection:
        before = spent(connection)
        verdict = checked(variant, connection)
        processor = spent(connection) - before
    problem = misjudged(variant, verdict) or text_differs(variant, verdict, write=write)
    processor += _own_processor_seconds() - own
    return Proof(variant, verdict, problem, time.monotonic() - started, processor)


def _own_processor_seconds() -> float:
    """What this process and the commands that it ran have used."""
    return sum(os.times()[:4])


def checked(variant: Variant, connection: Connection) -> Verdict:
    """The verdict of `%check` after `%reset` and `%%answer`: on what the answer's own commands left on the Engine."""
    exercise = variant.exercise
    with laid_out(variant) as own:
        with (
            Answer(own, exercise_folder=exercise.folder) as answer,
            Engine(connection, exercise.id, session="") as outside,
        ):
            if exercise.prepare:
                exercise.prepare(outside, answer)
            values = exercise.variables(answer)
            patience = outside.pace.known
        notes: tuple[str, ...] = ()
        if (own / COMMANDS).is_file():
            limit = INTERRUPTED_AFTER * patience if never_ends(variant) else exercise.seconds
            done = connection.run_script(own, environment=values, timeout=limit)
            if done.exit_code == TIMED_OUT:
                _interrupt(exercise, connection)
                notes = (INTERRUPTED,)
        verdict = grade(exercise, connection, own)
    return replace(verdict, notes=(*notes, *verdict.notes))


def never_ends(variant: Variant) -> bool:
    """Whether it is known of a wrong answer that its commands go on until they are interrupted."""
    said = variant.folder / SAYS
    return said.is_file() and INTERRUPTED in said.read_text()


def _interrupt(exercise: Exercise, connection: Connection) -> None:
    """What a learner does with a cell that never ends; `docker run` hands the signal on, `docker logs` does not."""
    with Engine(connection, exercise.id, session="") as engine:
        for name in exercise.owns.containers:
            if not engine.has_container(name):
                continue
            container = engine.container(name)
            if container.state["Running"] and container.was_attached():
                container.kill("INT")
                # One that does not heed the signal goes on.
                container.wait_until(lambda attributes: not attributes["State"]["Running"], HEED_SECONDS)


def failed(verdict: Verdict) -> list[str]:
    """The names of the checks that failed."""
    return [result.name for result in verdict.checks if result.outcome is Outcome.FAILED]


def misjudged(variant: Variant, verdict: Verdict) -> str:
    """What is wrong about the verdict on an answer; empty where it is as it must be."""
    expected = Outcome.PASSED if variant.kind in {"solution", "right"} else Outcome.FAILED
    if verdict.outcome is not expected:
        return f"It must be {expected} and is {verdict.outcome}:\n{texts.read_by_learner(verdict)}"
    if variant.check and failed(verdict) != [variant.check]:
        names = ", ".join(f"`{name}`" for name in failed(verdict))
        return f"It must fail `{variant.check}` alone and fails {names}:\n{texts.read_by_learner(verdict)}"
    return ""


def text_differs(variant: Variant, verdict: Verdict, *, write: bool) -> str:
    """How what the learner of a wrong answer reads differs from its says.txt; empty where it does not."""
    if variant.kind != "wrong":
        return ""
    file, reads = variant.folder / SAYS, texts.read_by_learner(verdict)
    if write:
        file.write_text(reads)
        return ""
    if not file.is_file():
        return f"It has no {SAYS}: read what it would say, and let `drydock prove --write` write it.\n{reads}"
    if texts.same(file.read_text(), reads):
        return ""
    lines = file.read_text().splitlines(), reads.splitlines()
    return "\n".join(difflib.unified_diff(*lines, SAYS, "what its learner reads", lineterm=""))


# Before anything is graded


def faults(exercise: Exercise) -> list[str]:
    """What an exercise lacks, or has that nobody reads: one sentence each."""
    found = [*_folder_faults(exercise), *_hint_faults(exercise), *_course_faults(exercise), *_grader_faults(exercise)]
    for kind, fewest in FEWEST.items():
        if (count := len(variants(exercise, kind))) < fewest:
            found.append(f"It has {count} answers in {kind}/ and needs {fewest}.")
    for variant in variants(exercise, "right", "wrong"):
        found += _variant_faults(variant)
    return found


def _folder_faults(exercise: Exercise) -> Iterator[str]:
    folder = exercise.folder
    for path in sorted(folder.iterdir()):
        if path.name not in PARTS:
            yield f"`{path.name}` is no part of an exercise; there are {', '.join(sorted(PARTS))}."
    for kind in ("right", "wrong"):
        for path in sorted((folder / kind).glob("*")):
            if not path.is_dir():
                yield f"`{kind}/{path.name}` is no answer: an answer is a folder."
    for name in ("task.md", f"solution/{WHY}"):
        if not _says_something(folder / name):
            yield f"`{name}` says nothing."
    for kind in ("start", "solution"):
        if not any(path.name != WHY for path in (folder / kind).glob("*")):
            yield f"`{kind}/` holds no file."


def _says_something(file: Path) -> bool:
    return file.is_file() and bool(file.read_text().strip())


def _hint_faults(exercise: Exercise) -> Iterator[str]:
    if len(exercise.hints) < FEWEST_HINTS:
        yield f"It has {len(exercise.hints)} hints and needs {FEWEST_HINTS}."
    for number, hint in enumerate(exercise.hints, 1):
        if not hint.strip():
            yield f"Hint {number} is empty."


def _course_faults(exercise: Exercise) -> Iterator[str]:
    topic = next((topic for topic in topics() if topic.id == exercise.topic), None)
    if topic is None:
        yield f"`notebooks/course.toml` has no topic `{exercise.topic}`."
    elif exercise.name not in {e.name for e in topic.exercises}:
        yield f"`notebooks/course.toml` does not name `{exercise.name}` among the exercises of `{exercise.topic}`."
    texts_of_topic = [path.read_text() for path in (CONTENT / "notebooks").rglob("*.md")]
    if not any(f"```{{exercise}} {exercise.id}\n" in text for text in texts_of_topic):
        yield f"No lesson has the block ```` ```{{exercise}} {exercise.id} ````."


def _grader_faults(exercise: Exercise) -> Iterator[str]:
    file = PACKAGE / "topics" / exercise.topic / f"{exercise.name.replace('-', '_')}.py"
    if not file.is_file():
        yield f"There is no grader `graders/topics/{exercise.topic}/{file.name}`."
        return
    if not exercise.points:
        yield "Its grader has no check that gives points."
    proven = {variant.check for variant in variants(exercise, "wrong")}
    for check in exercise.checks:
        if not check.description.endswith("."):
            yield f"The check `{check.name}` has no sentence as its docstring."
        if check.name not in proven:
            yield f"No wrong answer fails the check `{check.name}`: add `wrong/{check.name}--…/`."
    names = {check.name for check in exercise.checks}
    for variant in variants(exercise, "wrong"):
        if variant.check not in names:
            yield f"`{variant.id}` begins with the name of no check."


def _variant_faults(variant: Variant) -> Iterator[str]:
    solution = variant.exercise.folder / "solution"
    for path in variant.own:
        own, other = variant.folder / path, solution / path
        if path.name == WHY:
            yield f"`{variant.id}/{path}` belongs into solution/ alone."
        elif own.is_file() and other.is_file() and _content(own) == _content(other):
            yield f"`{variant.id}/{path}` is the solution's own: remove it."
    for name in variant.absent:
        if not name or not (solution / name).exists():
            yield f"`{variant.id}/{ABSENT}` names `{name}`, which the solution does not have."
    if not variant.own and not variant.absent:
        yield f"`{variant.id}` does not differ from the solution."
    if variant.kind == "right" and (variant.folder / SAYS).exists():
        yield f"`{variant.id}/{SAYS}` is compared with nothing: a right answer has none."


def _content(file: Path) -> tuple[int, bytes]:
    return file.stat().st_mode, file.read_bytes()
