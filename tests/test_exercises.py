"""Every exercise proves its grader: the start fails, right answers pass, each wrong answer fails exactly its own check.

Here as `%check` grades them; tests/test_same_verdict.py grades them once more, as a class does.
"""

from __future__ import annotations

import pytest
from answers import ALL_ANSWERS, EXERCISES
from conftest import ENGINE_IMAGE, start_engine

from environment.engines.container import IMAGE
from graders.proving import answers, faults, misjudged, prove
from graders.sharing import SharedEngine


@pytest.fixture(scope="session")
def shared(host):
    """An Engine for one answer after another, and a new one where an answer left something."""
    with SharedEngine(lambda: start_engine(host)) as shared:
        yield shared


@pytest.mark.engine
@pytest.mark.parametrize(
    "answer", [pytest.param(v, id=v.id) for e in EXERCISES.values() for v in answers(e, every=ALL_ANSWERS)]
)
def test_an_answer_is_judged_as_it_must_be_and_reads_its_text(answer, shared):
    proof = prove(answer, shared)
    # Another version says some things in other words.
    problem = proof.problem if ENGINE_IMAGE == IMAGE else misjudged(answer, proof.verdict)
    assert not problem, problem


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_is_complete(exercise):
    assert faults(exercise) == []
