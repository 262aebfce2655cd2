"""Every exercise proves its grader: the start fails, right answers pass, each wrong answer fails exactly its own check.

Here as `%check` grades them; tests/classroom/test_same_verdict.py grades them once more, as a class does.
"""

from __future__ import annotations

import pytest
from answers import EXERCISES
from conftest import ENGINE_IMAGE, start_engine

from environment.engines.container import IMAGE
from graders.proving import answers, faults, misjudged, prove
from graders.engine.sharing import SharedEngine
from graders.variants import Variant


LEFT_TO_ALL = {
    "images/repair/right/feed-asked-until-it-answers",
    *(
        f"dockerfiles/production-app/wrong/{name}"
        for name in (
            "follows_lock--versions-in-the-dockerfile",
            "healthy--no-curl",
            "no_developers_tools",
            "not_root",
            "notices--always-well",
            "pinned_base--copied",
            "stops--pipe",
        )
    ),
    *(
        f"images/repair/wrong/{name}"
        for name in (
            "blog--mended-but-not-started",
            "cache--kept-busy",
            "desk_signs--any-value",
            "feed--no-health-check",
            "stats_limited--no-limit",
        )
    ),
}
"""The dearest answers of the two dearest exercises, which the standard proof leaves out."""


def standard(exercise) -> list[Variant]:
    """The answers of an exercise in the standard proof: of the wrong ones the first for each check."""
    return [answer for answer in answers(exercise, every=False) if answer.id not in LEFT_TO_ALL]


@pytest.fixture(scope="session")
def shared(host):
    """An Engine for one answer after another, and a new one where an answer left something."""
    with SharedEngine(lambda: start_engine(host)) as shared:
        yield shared


@pytest.mark.engine
@pytest.mark.parametrize(
    "answer",
    [
        # One worker grades all answers of an exercise, on an Engine that they share.
        pytest.param(
            answer,
            id=answer.id,
            marks=[pytest.mark.xdist_group(exercise.id), *([] if answer in standard(exercise) else [pytest.mark.all])],
        )
        for exercise in EXERCISES.values()
        for answer in answers(exercise, every=True)
    ],
)
def test_an_answer_is_judged_as_it_must_be_and_reads_its_text(answer, shared):
    proof = prove(answer, shared)
    # Another version says some things in other words.
    problem = proof.problem if ENGINE_IMAGE == IMAGE else misjudged(answer, proof.verdict)
    assert not problem, problem


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_is_complete(exercise):
    assert faults(exercise) == []
