"""The answers that the exercises ship with, and how tests grade them."""

from __future__ import annotations

import os

import pytest

from environment.engines import Connection
from graders.answer import Answer
from graders.check import Outcome, Verdict
from graders.engine import Engine
from graders.exercise import COMMANDS, CONTENT, Exercise, load
from graders.feedback import line, summary
from graders.grading import grade
from graders.variants import Kind, Variant, laid_out, variants

FOLDERS = [file.parent for file in sorted(CONTENT.glob("exercises/*/*/exercise.toml"))]
ALL_ANSWERS = os.environ.get("DRYDOCK_TEST_ALL_ANSWERS") == "1"
EXERCISES = {e.id: e for e in (load(f"{folder.parent.name}/{folder.name}") for folder in FOLDERS)}


def answers(kind: Kind) -> list[object]:
    """The answers of one kind of all exercises, as parameters of a test."""
    return [pytest.param(v, id=v.id) for exercise in EXERCISES.values() for v in variants(exercise, kind)]


def shown(verdict: Verdict) -> str:
    return "\n".join(["", *(line(result) for result in verdict.checks), summary(verdict)])


def graded(variant: Variant, engine: Connection) -> Verdict:
    with laid_out(variant) as folder:
        verdict = grade(variant.exercise, engine, folder, fresh=True)
    print(shown(verdict))
    return verdict


def checked(variant: Variant, engine: Connection) -> Verdict:
    """The verdict of `%check` after `%reset` and `%%answer`: on what the answer's own commands left on the Engine."""
    exercise = variant.exercise
    with laid_out(variant) as own:
        with (
            Answer(own, exercise_folder=exercise.folder) as answer,
            Engine(engine, exercise.id, session="") as outside,
        ):
            if exercise.prepare:
                exercise.prepare(outside, answer)
            values = exercise.variables(answer)
        if (own / COMMANDS).is_file():
            done = engine.run_script(own, environment=values, timeout=exercise.seconds)
            if done.exit_code == 124:
                interrupt(exercise, engine)
        verdict = grade(exercise, engine, own)
    print(shown(verdict))
    return verdict


def interrupt(exercise: Exercise, engine: Connection) -> None:
    """What a learner does with a cell that never ends; `docker run` hands the signal on to its container."""
    for container in engine.client.containers.list():
        if container.name in exercise.owns.containers:
            container.kill("SIGINT")
            container.wait()


def failed(verdict: Verdict) -> list[str]:
    """The names of the checks that failed."""
    return [result.name for result in verdict.checks if result.outcome is Outcome.FAILED]
