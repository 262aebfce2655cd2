"""What isolation, workers, reuse and a warm build cache do to the time of a class: `pytest tests/benchmarks/classroom.py`.

Not collected with the tests: a timing says something about a machine, not about the product being right.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from environment.engines.container import ContainerEngine
from environment.engines.namespace import NamespaceEngine
from environment.engines.session import current_session
from environment.images import catalogue
from graders.classroom.demo import hand_in
from graders.classroom.room import Classroom, exercises_of
from graders.connect import build_solutions
from graders.exercise import load
from graders.variants import Variant

TOPIC = "images"
IMAGES = [image.name for image in catalogue() if not image.several_platforms]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]


@pytest.mark.benchmark(group="an Engine started and removed")
@pytest.mark.parametrize("kind", [ContainerEngine, NamespaceEngine], ids=["container", "namespace"])
def test_start_and_end(benchmark, host, kind):
    def cycle() -> None:
        kind.start(host, session=current_session(), course_images=IMAGES).close()

    benchmark.pedantic(cycle, rounds=10, warmup_rounds=1)


@pytest.mark.benchmark(group="a usual answer's build")
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_build(benchmark, host, warm):
    """The solution with one more line in the application, on a new Engine each time."""
    solution = load("dockerfiles/first-image").folder / "solution"
    options = {"warm": build_solutions, "warm_key": "benchmark"} if warm else {}
    engines = []

    def start():
        engines.append(NamespaceEngine.start(host, session=current_session(), course_images=IMAGES, **options))
        return (), {"environment": os.environ | dict(engines[-1].environment)}

    def build(environment) -> None:
        subprocess.run(["docker", "build", "--quiet", str(solution)], env=environment, check=True, capture_output=True)

    benchmark.pedantic(build, setup=start, rounds=5)
    for engine in engines:
        engine.close()


@pytest.mark.benchmark(group="a class of four, each with all the solutions")
@pytest.mark.parametrize(
    "options",
    [("--workers", "1", "--no-reuse"), ("--workers", "2", "--no-reuse"), ("--workers", "2")],
    ids=["1 worker", "2 workers", "2 workers, identical answers once"],
)
def test_class(benchmark, tmp_path, options):
    room = Classroom.make(tmp_path / "class")
    room.release(TOPIC, lambda _: None)
    for number in range(4):
        hand_in(room, f"learner-{number}", TOPIC, {e.id: Variant(e, "solution") for e in exercises_of(TOPIC)})
    command = [sys.executable, "-m", "graders", "class", "grade", TOPIC, "--course", str(room.root), *options]
    benchmark.pedantic(subprocess.run, (command,), {"check": True, "capture_output": True}, rounds=1)
