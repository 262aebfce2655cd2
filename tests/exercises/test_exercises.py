"""Every exercise proves its grader: the start fails, right answers pass, each wrong answer fails exactly its own check.

Here as `%check` grades them; tests/classroom/test_same_verdict.py grades them once more, as a class does.
"""

from __future__ import annotations

import pytest
from answers import EXERCISES, answers, checked, failed, shown

from graders.check import Outcome
from graders.variants import variants


@pytest.mark.engine
@pytest.mark.parametrize("answer", answers("start"))
def test_what_the_learner_starts_from_does_not_pass(answer, throwaway):
    assert checked(answer, throwaway).outcome is Outcome.FAILED


@pytest.mark.engine
@pytest.mark.parametrize("answer", answers("solution"))
def test_the_solution_passes_every_check(answer, throwaway):
    assert checked(answer, throwaway).outcome is Outcome.PASSED


@pytest.mark.engine
@pytest.mark.parametrize("answer", answers("right"))
def test_a_right_answer_of_another_kind_passes_too(answer, throwaway):
    assert checked(answer, throwaway).outcome is Outcome.PASSED


@pytest.mark.engine
@pytest.mark.parametrize("answer", answers("wrong"))
def test_a_wrong_answer_fails_exactly_its_own_check(answer, throwaway):
    verdict = checked(answer, throwaway)
    assert failed(verdict) == [answer.check], shown(verdict)
    assert verdict.outcome is Outcome.FAILED, shown(verdict)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_is_complete(exercise):
    assert len(exercise.hints) >= 3
    assert all(hint.strip() for hint in exercise.hints)
    assert exercise.points > 0
    assert len(variants(exercise, "right")) >= 2
    assert len(variants(exercise, "wrong")) >= 3
    assert (exercise.folder / "solution" / "why.md").read_text().strip()
    assert (exercise.folder / "task.md").read_text().strip()
    assert set(exercise.kind) <= {"commands", "files", "questions"}


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_check_says_what_it_proves_and_asks_only_for_what_it_needs(exercise):
    earlier = set()
    for check in exercise.checks:
        assert check.description.endswith("."), check.name
        assert set(check.needs) <= earlier, check.name
        known = {"engine", "answer"} | {need.name for need in check.needed()}
        assert set(check.parameters) <= known, check.name
        earlier.add(check)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_every_wrong_answer_names_a_check(exercise):
    names = {check.name for check in exercise.checks}
    assert {answer.check for answer in variants(exercise, "wrong")} <= names
