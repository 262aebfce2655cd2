"""What the graders cost beside the Engine, as ratios: `pytest tests/benchmarks/overhead.py`.

Not collected with the tests: a timing says something about a machine, not about the product being right.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest
from conftest import start_engine

from graders.check import Outcome
from graders.engine.cleaning import remove_exercise
from graders.exercise import exercises, load
from graders.grading import grade

EXERCISE = load("images/first-container")


@pytest.mark.benchmark(group="start of the command")
@pytest.mark.parametrize(
    "words", [("-c", "pass"), ("-m", "graders", "--help")], ids=["python -c pass", "drydock --help"]
)
def test_help_against_starting_python(benchmark, words):
    benchmark(subprocess.run, [sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def running(found):
    """The solution of the exercise, running on the machine's own Engine."""
    remove_exercise(found.client, EXERCISE.id, EXERCISE.owns)
    container = found.client.containers.run(
        "nginx:1.26", name="dd-web", detach=True, ports={"80/tcp": ("127.0.0.1", None)}
    )
    yield container
    container.remove(force=True, v=True)


@pytest.mark.engine
@pytest.mark.benchmark(group="a check and its Engine calls")
def test_the_engine_calls_of_a_check_made_directly(benchmark, found, running):
    """What the five checks ask, and the look at what is left that ends a check."""
    api = found.client.api
    mine = {"label": "org.drydock.run=none"}

    def calls() -> None:
        api.version()
        api.info()
        api.inspect_image("nginx:1.26")
        api.inspect_container("dd-web")
        for _ in range(5):
            attributes = api.inspect_container(running.id)
        api.inspect_image(attributes["Image"])
        api.inspect_image("nginx:1.26")
        port = attributes["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"]
        assert found.request(f"http://127.0.0.1:{port}/", wait=10).status == 200
        api.containers(all=True, filters={"label": mine["label"]})
        api.networks(filters=mine)
        api.volumes(filters=mine)
        api.images(filters=mine)

    benchmark(calls)


@pytest.mark.engine
@pytest.mark.benchmark(group="a check and its Engine calls")
def test_the_check(benchmark, found, running):
    verdict = benchmark(grade, EXERCISE, found, EXERCISE.folder / "start")
    assert verdict.outcome is Outcome.PASSED


@pytest.mark.engine
def test_the_graders_own_share_of_each_exercise(host, capsys):
    """The share of the wall time in which this process computes; the rest of it waits for the Engine."""
    shares = {}
    for exercise in exercises():
        engine = start_engine(host)
        try:
            started, computed = time.perf_counter(), time.process_time()
            verdict = grade(exercise, engine, exercise.folder / "solution", fresh=True)
            shares[exercise.id] = (time.process_time() - computed) / (time.perf_counter() - started)
            assert verdict.outcome is Outcome.PASSED
        finally:
            engine.close()
    with capsys.disabled():
        for name, share in sorted(shares.items(), key=lambda item: item[1]):
            print(f"\n{name:<32} {share:.1%}", end="")
        print(f"\nmedian: {statistics.median(shares.values()):.1%}")
