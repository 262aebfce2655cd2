"""Slowness of an Engine is no mistake of the learner: time limits ask how fast it is when they run out."""

from __future__ import annotations

import threading

import pytest

from graders.engine import pace as module
from graders.engine.pace import IDLE_SECONDS, MOST, Pace
from graders.errors import DrydockError


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def begun(clock: Clock, seconds: float, *, times: float, least: float = 1):
    asked = []

    def measure() -> float:
        asked.append(clock.now)
        return IDLE_SECONDS * times

    limit = Pace(measure, least).limit(seconds)
    limit._began = clock.now
    return limit, asked


def test_nothing_is_measured_while_time_is_left(clock):
    limit, asked = begun(clock, 10, times=5)
    clock.now += 9
    assert limit.left() == 1
    assert not asked


def test_an_engine_that_kept_pace_gets_no_more_time(clock):
    limit, asked = begun(clock, 10, times=0.8)
    clock.now += 10
    assert limit.left() == 0
    assert len(asked) == 1


@pytest.mark.parametrize(("times", "slower"), [(1.04, 0), (1.2, 0), (1.3, 1.3), (4, 4)])
def test_an_engine_is_slower_only_if_it_clearly_is(clock, times, slower):
    pace = Pace(lambda: IDLE_SECONDS * times, 1)
    assert pace.slower_than(pace.known) == pytest.approx(slower)


def test_an_engine_that_is_slow_gets_as_many_times_as_long(clock):
    limit, _ = begun(clock, 10, times=4)
    clock.now += 10
    assert limit.left() == pytest.approx(30)
    clock.now += 30
    assert limit.left() == 0


def test_an_emulated_processor_gets_more_from_the_beginning(clock):
    limit, asked = begun(clock, 10, times=1, least=4)
    clock.now += 39
    assert limit.left() == 1
    assert not asked


def test_what_was_measured_just_now_is_not_measured_again(clock):
    limit, asked = begun(clock, 10, times=1)
    clock.now += 10
    limit.left()
    limit.left()
    assert len(asked) == 1


def test_no_verdict_is_given_on_an_engine_that_is_too_slow(clock):
    limit, _ = begun(clock, 10, times=MOST + 1)
    clock.now += 10
    with pytest.raises(DrydockError, match=rf"too busy .* {MOST + 1} times as long"):
        limit.left()


def alarmed(times: float) -> list[str]:
    """What happens while something takes half a second, of which an idle Engine needs a tenth."""
    happened: list[str] = []
    with Pace(lambda: IDLE_SECONDS * times, 1).limit(0.1).alarm(lambda: happened.append("up")):
        threading.Event().wait(0.5)
    return happened


def test_an_alarm_goes_off_when_time_is_up_and_not_where_the_engine_is_slow():
    assert alarmed(1) == ["up"]
    assert alarmed(8) == []


def test_an_alarm_on_an_engine_that_is_too_slow_is_no_verdict():
    with pytest.raises(DrydockError, match="too busy"):
        alarmed(MOST + 1)
