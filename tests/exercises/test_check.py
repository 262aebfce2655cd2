"""What a set of checks promises, shown without an Engine."""

from __future__ import annotations

import threading

import pytest

from graders.check import Check, Outcome, Verdict, check, run_checks
from graders.engine.run import Run
from graders.errors import DrydockError, Failed


@check(points=2)
def first() -> str:
    """The first holds."""
    return "seen"


@check(needs=first)
def second(first: str) -> None:
    """The second holds."""
    if first != "seen":
        raise Failed("It was not handed over.")


@check()
def failing() -> None:
    """This fails."""
    raise Failed("`web` is red.", hint="Look at its colour.", evidence=["$ docker inspect web", "red"])


@check(needs=failing)
def after_failing() -> None:
    """This needs the failing one."""


@check(needs=after_failing)
def after_that() -> None:
    """And this needs that."""


@check()
def broken() -> None:
    """This breaks."""
    raise ZeroDivisionError("by zero")


def outcomes(*checks: Check) -> list[Outcome]:
    return [result.outcome for result in run_checks(checks, {})]


def verdict(*checks: Check) -> Verdict:
    return Verdict("a/b", tuple(run_checks(checks, {})), None, 0.1, max_points=sum(c.points for c in checks))


def test_a_check_is_given_what_the_check_it_needs_has_seen():
    assert outcomes(first, second) == [Outcome.PASSED, Outcome.PASSED]


def test_a_check_whose_need_failed_is_skipped_and_so_is_what_needs_that():
    assert outcomes(failing, after_failing, after_that) == [Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED]


def test_a_skipped_check_names_what_it_waits_for():
    assert "This fails." in run_checks([failing, after_failing], {})[1].message


def test_a_failed_check_says_what_was_seen_and_how_to_see_it():
    result = run_checks([failing], {})[0]
    assert (result.message, result.hint, result.evidence[0]) == (
        "`web` is red.",
        "Look at its colour.",
        "$ docker inspect web",
    )


def test_points_are_those_of_the_checks_that_passed():
    assert (verdict(first, second, failing).points, verdict(first, second, failing).max_points) == (3, 4)


def test_a_grader_that_breaks_makes_the_verdict_ungradable_and_says_it_is_not_the_learners_fault():
    found = verdict(first, broken)
    assert found.outcome is Outcome.UNGRADABLE
    assert found.exit_code == 3
    assert "not your answer's" in found.checks[1].message


def test_an_engine_that_goes_away_is_told_as_such():
    result = run_checks([broken], {}, explain=lambda _: DrydockError("It went away.", "Start it."))[0]
    assert (result.outcome, result.message) == (Outcome.ERROR, "It went away. Start it.")


def test_exit_codes_are_0_for_passed_and_1_for_failed():
    assert (verdict(first).exit_code, verdict(failing).exit_code) == (0, 1)


def test_checks_that_do_not_need_each_other_run_side_by_side():
    meeting = threading.Barrier(2, timeout=10)

    def meets() -> None:
        """They meet."""
        meeting.wait()

    assert outcomes(check()(meets), check()(meets)) == [Outcome.PASSED, Outcome.PASSED]


def test_a_check_that_disturbs_runs_alone_between_those_above_and_those_below():
    order: list[str] = []

    def record(name: str) -> Check:
        def run() -> None:
            """It ran."""
            order.append(name)

        return check(alone=name == "alone")(run)

    run_checks([record("above"), record("alone"), record("below")], {})
    assert order == ["above", "alone", "below"]


def test_results_are_told_as_each_check_ends_and_returned_in_order():
    release = threading.Event()

    def slow() -> None:
        """It waits for the quick one."""
        release.wait(10)

    told: list[str] = []

    def tell(result) -> None:
        told.append(result.name)
        release.set()

    results = run_checks([check()(slow), first], {}, tell)
    assert told == ["first", "slow"]
    assert [result.name for result in results] == ["slow", "first"]


def test_the_json_of_a_verdict_has_exactly_the_promised_keys():
    said = verdict(first, failing).as_json()
    assert set(said) == {"exercise", "outcome", "points", "max_points", "checks", "engine", "seconds"}
    assert set(said["checks"][0]) == {
        "name",
        "description",
        "outcome",
        "points",
        "max_points",
        "message",
        "hint",
        "evidence",
        "seconds",
    }


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_ends_a_run_of_checks(stop):
    def tell(_) -> None:
        raise stop

    with pytest.raises(stop):
        run_checks([first, second], {}, tell)


def test_names_of_a_run_are_never_the_same():
    run = Run(None, "images/limits", session="")
    assert len({run.unique("run") for _ in range(1000)}) == 1000
    run.close()
