"""The same answer gets the same verdict in a class as in a check: one of each exercise, all with --all."""

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
from graders.variants import Variant, variants

# All are graded in the first test, as a class is: by workers, side by side.
pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("class"), pytest.mark.timeout(3600)]


STANDARD = 1
"""So many of an exercise's answers belong to the standard proof: the first of those that follow."""


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
    most = None if request.config.getoption("--all") else STANDARD
    for topic in sorted({exercise.topic for exercise in EXERCISES.values()}):
        room.release(topic, lambda _: None)
        own = [exercise for exercise in EXERCISES.values() if exercise.topic == topic]
        for number, answers in enumerate(zip_longest(*(shipped(exercise)[:most] for exercise in own))):
            given = {e.id: answer or Variant(e, "solution") for e, answer in zip(own, answers, strict=True)}
            hand_in(room, learner(number), topic, given, seed=f"seed{number % 3}")
    subprocess.run(
        [sys.executable, "-m", "graders", "class", "grade", "--course", str(room.root)], check=True, env=os.environ
    )
    return room


@pytest.mark.parametrize(
    ("exercise", "number", "answer"),
    [
        pytest.param(exercise, number, answer, id=answer.id, marks=[pytest.mark.all] if number >= STANDARD else [])
        for exercise in EXERCISES.values()
        for number, answer in enumerate(shipped(exercise))
    ],
)
def test_a_class_reaches_the_verdict_of_a_check(room, exercise, number, answer):
    record: Record | None = room.history.last(learner(number), exercise.id)
    assert record is not None
    verdict = Verdict.from_json(record.verdict)
    failed = [result.name for result in verdict.checks if result.outcome == "failed"]
    if answer.kind == "wrong":
        assert failed == [answer.check], json.dumps(record.verdict, indent=1)
    passes = answer.kind in {"solution", "right"}
    assert verdict.outcome == ("passed" if passes else "failed"), json.dumps(record.verdict, indent=1)
