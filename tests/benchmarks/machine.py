"""How long usual steps take in a virtual machine beside an Engine in a container: `pytest tests/benchmarks/machine.py`.

Not collected with the tests. `taskset --cpu-list 0` before it gives both one processor.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from environment.engines.container import ContainerEngine
from environment.engines.machine import MachineEngine, own_socket
from environment.engines.session import current_session
from environment.images import catalogue

IMAGES = [image.name for image in catalogue() if not image.several_platforms]
BUSYBOX = "busybox:1.37"
RECIPE = f"FROM {BUSYBOX}\nWORKDIR /app\nRUN echo one >one\nRUN echo two >two\nCMD cat one two\n"
COMPOSE = f"""
services:
  web: {{image: {BUSYBOX}, command: httpd -f}}
  other: {{image: {BUSYBOX}, command: sleep 1000, depends_on: [web]}}
"""
pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]


def start(kind: str, host):
    if kind == "machine":
        return MachineEngine.start(host, course_images=IMAGES)
    return ContainerEngine.start(host, session=current_session(), course_images=IMAGES)


@pytest.fixture(scope="module", params=["container", "machine"])
def engine(request, host):
    with start(request.param, host) as engine:
        yield engine


def docker(engine, *words: str, given: str = "", folder=None) -> None:
    environment = os.environ | dict(engine.environment)
    subprocess.run(
        ["docker", *words], input=given, env=environment, cwd=folder, check=True, capture_output=True, text=True
    )


@pytest.mark.benchmark(group="an Engine started and removed")
@pytest.mark.parametrize("kind", ["container", "machine"])
def test_start_and_end(benchmark, host, kind):
    benchmark.pedantic(lambda: start(kind, host).close(), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="the first run on an Engine")
@pytest.mark.parametrize("kind", ["container", "machine"])
def test_first_run(benchmark, host, kind):
    engines = []

    def begin():
        engines.append(start(kind, host))
        return (engines[-1], "run", "--rm", BUSYBOX, "true"), {}

    benchmark.pedantic(docker, setup=begin, rounds=3)
    for engine in engines:
        engine.close()


@pytest.mark.benchmark(group="a run")
def test_run(benchmark, engine):
    benchmark.pedantic(docker, args=(engine, "run", "--rm", BUSYBOX, "true"), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="docker ps")
def test_a_call(benchmark, engine):
    benchmark.pedantic(docker, args=(engine, "ps"), rounds=10, warmup_rounds=1)


@pytest.mark.benchmark(group="a build of five steps without cache")
def test_build(benchmark, engine):
    words = (engine, "build", "--no-cache", "--quiet", "-")
    benchmark.pedantic(docker, args=words, kwargs={"given": RECIPE}, rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="a cached build")
def test_cached_build(benchmark, engine):
    words = (engine, "build", "--quiet", "-")
    benchmark.pedantic(docker, args=words, kwargs={"given": RECIPE}, rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="a Compose project of two services, up and down")
def test_compose(benchmark, engine, tmp_path):
    (tmp_path / "compose.yaml").write_text(COMPOSE)

    def up_and_down() -> None:
        docker(engine, "compose", "up", "--detach", folder=tmp_path)
        docker(engine, "compose", "down", "--timeout", "0", folder=tmp_path)

    benchmark.pedantic(up_and_down, rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="a new PostgreSQL database, until it takes connections, removed again")
def test_new_database(benchmark, engine):
    def start_and_remove() -> None:
        docker(engine, "run", "--detach", "--name", "db", "--env", "POSTGRES_PASSWORD=x", "postgres:17")
        command = ["docker", "logs", "--follow", "db"]
        environment = os.environ | dict(engine.environment)
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as log:
            assert log.stderr
            assert any(b"listening on IPv4" in line for line in log.stderr)
            log.kill()
        docker(engine, "rm", "--force", "--volumes", "db")

    benchmark.pedantic(start_and_remove, rounds=3, warmup_rounds=1)


@pytest.fixture(scope="module")
def own():
    """The learner's own machine, whose keeper follows its Engine: how docker reaches it, and its workspace."""
    drydock = [sys.executable, "-m", "graders", "engine"]
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="dd-") as runtime,  # the path of a socket is short
        tempfile.TemporaryDirectory() as workspace,
    ):
        patch.setenv("XDG_RUNTIME_DIR", runtime)
        patch.setenv("DRYDOCK_WORKSPACE", workspace)
        subprocess.run([*drydock, "up"], check=True, capture_output=True)
        try:
            yield SimpleNamespace(
                environment={"DOCKER_HOST": f"unix://{own_socket()}"}, workspace=Path(workspace).resolve()
            )
        finally:
            subprocess.run([*drydock, "down"], check=True, capture_output=True)


@pytest.mark.benchmark(group="a run")
def test_run_on_the_learners_own(benchmark, own):
    benchmark.pedantic(docker, args=(own, "run", "--rm", BUSYBOX, "true"), rounds=10, warmup_rounds=1)


@pytest.mark.benchmark(group="an edit in the workspace, seen by a container, and its answer, seen here")
def test_an_edit_and_its_answer(benchmark, own):
    script = "while :; do [ ! -e /w/asked ] || mv /w/asked /w/answered; usleep 1000; done"
    docker(own, "run", "--detach", "--volume", f"{own.workspace}:/w", BUSYBOX, "sh", "-c", script)

    def ask() -> None:
        (own.workspace / "asked").write_text("changed")
        while not (own.workspace / "answered").exists():
            time.sleep(0.001)
        (own.workspace / "answered").unlink()

    benchmark.pedantic(ask, rounds=50, warmup_rounds=5)
