"""The same answer gets the same verdict in a class as in a check: one of each exercise of a topic, all with --all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import zip_longest

import pytest
from answers import EXERCISES

from graders.check import Verdict
from graders.classroom.demo import hand_in
from graders.classroom.history import Record
from graders.classroom.room import Classroom
from graders.connect import SEVERAL_PLATFORMS
from graders.variants import Variant, variants

# All are graded in the first test, as a class is: by workers, side by side.
pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("class"), pytest.mark.timeout(3600)]


STANDARD = "dockerfiles"
"""The topic of which the first answer to each exercise belongs to the standard proof; the demo class has another's."""


def shipped(exercise) -> list[Variant]:
    """The answers to an exercise; first a right one or a wrong one, in turn."""
    first = (
        variants(exercise, "wrong")[0] if list(EXERCISES).index(exercise.id) % 2 else variants(exercise, "right")[-1]
    )
    return [first, *(one for one in variants(exercise, "start", "solution", "right", "wrong") if one != first)]


def learner(number: int) -> str:
    return f"learner-{number:03}"


@pytest.fixture(scope="module")
def room(request, tmp_path_factory) -> Classroom:
    """A class in which the first learner handed in the first answer to each exercise, the second the second, …"""
    room = Classroom.make(tmp_path_factory.mktemp("class"))
    every = request.config.getoption("--all")
    for topic in sorted({exercise.topic for exercise in EXERCISES.values()}) if every else [STANDARD]:
        room.release(topic, lambda _: None)
        own = [exercise for exercise in EXERCISES.values() if exercise.topic == topic]
        for number, answers in enumerate(zip_longest(*(shipped(exercise)[: None if every else 1] for exercise in own))):
            given = {e.id: answer or Variant(e, "solution") for e, answer in zip(own, answers, strict=True)}
            hand_in(room, learner(number), topic, given, seed=f"seed{number % 3}")
    subprocess.run(
        [sys.executable, "-m", "graders", "class", "grade", "--course", str(room.root)], check=True, env=os.environ
    )
    return room


@pytest.mark.parametrize(
    ("exercise", "number", "answer"),
    [
        pytest.param(
            exercise,
            number,
            answer,
            id=answer.id,
            marks=[] if (exercise.topic, number) == (STANDARD, 0) else [pytest.mark.all],
        )
        for exercise in EXERCISES.values()
        for number, answer in enumerate(shipped(exercise))
    ],
)
def test_a_class_reaches_the_verdict_of_a_check(room, exercise, number, answer):
    record: Record | None = room.history.last(learner(number), exercise.id)
    assert record is not None
    verdict = Verdict.from_json(record.verdict)
    if SEVERAL_PLATFORMS in exercise.requires:  # no Engine in a namespace has it, whatever was handed in
        assert (verdict.outcome, verdict.checks) == ("ungradable", ())
        return
    failed = [result.name for result in verdict.checks if result.outcome == "failed"]
    if answer.kind == "wrong":
        assert failed == [answer.check], json.dumps(record.verdict, indent=1)
    passes = answer.kind in {"solution", "right"}
    assert verdict.outcome == ("passed" if passes else "failed"), json.dumps(record.verdict, indent=1)
