"""Requests that are sent while something is done: what is counted, and that the sender does not fail for the service."""

from __future__ import annotations

import multiprocessing

import pytest

from graders.engine import Engine
from graders.errors import DrydockError, Failed

pytestmark = pytest.mark.engine

PAGE = "mkdir /www; echo {} > /www/index.html; httpd -f -p 8080 -h /www"


@pytest.fixture
def engine(throwaway):
    with Engine(throwaway, "swarm/none", session="") as engine:
        yield engine


@pytest.fixture
def harbour(engine):
    """A network of this name."""
    return engine.make_network("harbour").name


def start(engine, harbour: str, says: str = "one"):
    return engine.run(
        "busybox:1.37", "sh", "-c", PAGE.format(says), network=harbour, aliases=["page"], init=True, name=f"page-{says}"
    )


def test_none_fails_where_the_name_comes_to_stand_for_another_too(engine, harbour):
    start(engine, harbour)
    second = engine.run("busybox:1.37", "sh", "-c", PAGE.format("two"), init=True, name="page-two")
    second.request_inside("/", port=8080)
    with engine.load("http://page:8080/", source=harbour) as load:
        engine.network(harbour).connect(second, "page")
        second.request_inside("/", port=8080)
    assert (load.failed, load.failures) == (0, [])
    assert set(load.answers) == {"one", "two"}
    assert load.answered == load.sent == sum(load.answers.values())
    assert load.sent > 4 * load.seconds
    assert f"Of {load.sent} requests" in load.told
    assert "none failed" in load.told


def test_what_failed_is_told_with_how_and_when(engine, harbour):
    page = start(engine, harbour)
    with engine.load(f"http://{page.address}:8080/", source=harbour) as load:
        page.kill()
        engine.wait_until(lambda: not page.state["Running"], 10, container=page.id)
        page.start()
        page.request_inside("/", port=8080)
    assert load.failed
    assert load.failed + load.answered == load.sent
    assert load.failures[0].how in {"refused", "hangs up", "no way there"}
    assert 0 <= load.failures[0].at <= load.seconds
    assert f"{load.failed} failed, the first of them after" in load.told


def test_a_bad_status_is_a_failure_and_a_name_that_is_gone_is_one(engine, harbour):
    page = start(engine, harbour)
    with engine.load("http://page:8080/", source=harbour) as load:
        page.exec("mv", "/www/index.html", "/www/away.html")
        page.request_inside("/away.html", port=8080)
        engine.network(harbour).disconnect(page)
        page.exec("true")
    assert load.failures[0].how == "status 404"
    assert {one.how for one in load.failures} >= {"status 404", "no such name"}


def test_who_is_never_answered_fails_before_the_block_begins(engine, harbour, monkeypatch):
    monkeypatch.setattr("graders.engine.load.FIRST_SECONDS", 1)
    with pytest.raises(Failed) as failure, engine.load("http://page:8080/", source=harbour):
        pytest.fail("the block was begun")
    assert "no such name" in failure.value.message
    assert not engine.containers(ancestor="python:3.13-slim")


def test_it_asks_from_the_network_of_a_container_and_from_the_machine(engine, harbour):
    page = start(engine, harbour)
    with (
        engine.load("http://127.0.0.1:8080/", source=page) as inside,
        engine.load(f"http://{page.address}:8080") as out,
    ):
        page.request_inside("/", port=8080)
    assert (inside.failed, out.failed) == (0, 0)
    assert inside.limit > 40
    assert inside.answers.keys() == out.answers.keys() == {"one"}


def test_answers_that_take_long_are_counted_as_slow(engine, harbour):
    page = start(engine, harbour)
    with engine.load("http://page:8080/", source=harbour) as load:
        with page.paused():
            engine.once("busybox:1.37", "sh", "-c", "sleep 2; echo")
        page.request_inside("/", port=8080)
    assert load.slow
    assert load.slowest > 1
    assert not load.failed


def test_a_sender_that_is_itself_held_up_gives_no_verdict(engine, harbour):
    start(engine, harbour)
    with pytest.raises(DrydockError, match="too busy"):
        held_up(engine, harbour)


def held_up(engine, harbour) -> None:
    with engine.load("http://page:8080/", source=harbour):
        sender, *_ = engine.containers(ancestor="python:3.13-slim")
        with sender.paused():
            engine.once("busybox:1.37", "sh", "-c", "sleep 3; echo")


def spin() -> None:
    while True:
        pass


def test_beside_busy_processors_its_failures_are_not_the_services(engine, harbour):
    page = start(engine, harbour)
    loops = [multiprocessing.Process(target=spin, daemon=True) for _ in range(8)]
    for loop in loops:
        loop.start()
    try:
        with engine.load("http://page:8080/", source=harbour) as load:
            engine.once("busybox:1.37", "sh", "-c", "sleep 5; echo")
            page.request_inside("/", port=8080)
    finally:
        for loop in loops:
            loop.kill()
    assert load.failed == 0
    assert load.sent > 4 * load.seconds
