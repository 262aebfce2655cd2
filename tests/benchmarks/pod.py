"""How long a learner's first minutes take in a pod, with one processor and with half: `pytest tests/benchmarks/pod.py`.

Not collected with the tests.
"""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from machine import COMPOSE, RECIPE
from test_binder import (  # noqa: F401 - two are fixtures
    BUSYBOX,
    Pod,
    answer_wrongly,
    browser,
    image,
    open_course,
    pod,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]


def ready(started: Pod) -> Pod:
    """Wait for JupyterLab and the Engine."""
    started.wait_for_jupyterlab()
    started.wait_for_engine()
    return started


@pytest.fixture(scope="module", params=[1, 0.5], ids=["one", "half"])
def processors(request):
    return request.param


@pytest.fixture
def pods(host, image, processors):  # noqa: F811 - a fixture of that name
    """Pods one after another: `new` starts one, `end` removes it."""
    with ExitStack() as running:
        yield SimpleNamespace(
            new=lambda: running.enter_context(pod(host, image, processors)), end=lambda *_: running.close()
        )


@pytest.fixture(scope="module")
def started(host, image, processors):  # noqa: F811 - a fixture of that name
    """A pod whose Engine is ready and has run a container."""
    with pod(host, image, processors) as started:
        ready(started).run("docker", "run", "--rm", BUSYBOX, "true")
        yield started


@pytest.mark.benchmark(group="from the pod's start until JupyterLab answers")
def test_jupyterlab(benchmark, pods):
    benchmark.pedantic(lambda: pods.new().wait_for_jupyterlab(), teardown=pods.end, rounds=3)


@pytest.mark.benchmark(group="from the pod's start until the Engine is ready")
def test_engine(benchmark, pods):
    benchmark.pedantic(lambda: ready(pods.new()), teardown=pods.end, rounds=3)


@pytest.mark.benchmark(group="from the pod's start until the first verdict stands on the page")
def test_verdict(benchmark, pods, browser):  # noqa: F811 - a fixture of that name
    def learn() -> None:
        page = open_course(ready(pods.new()), browser)
        answer_wrongly(page)
        page.close()

    benchmark.pedantic(learn, teardown=pods.end, rounds=2)


@pytest.mark.benchmark(group="the first run")
def test_first_run(benchmark, pods):
    def begin():
        return (ready(pods.new()),), {}

    def run(pod: Pod) -> None:
        pod.run("docker", "run", "--rm", BUSYBOX, "true")

    benchmark.pedantic(run, setup=begin, teardown=pods.end, rounds=2)


@pytest.mark.benchmark(group="a run")
def test_run(benchmark, started):
    benchmark.pedantic(started.run, args=("docker", "run", "--rm", BUSYBOX, "true"), rounds=5)


@pytest.mark.benchmark(group="a build of five steps without cache")
def test_build(benchmark, started):
    script = f"printf %s {shlex.quote(RECIPE)} | docker build --no-cache --quiet -"
    benchmark.pedantic(started.run, args=("sh", "-c", script), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="a Compose project of two services, up and down")
def test_compose(benchmark, started):
    make = f"printf %s {shlex.quote(COMPOSE)} >/tmp/compose.yaml; cd /tmp"
    script = f"{make}; docker compose up --detach && docker compose down --timeout 0"
    benchmark.pedantic(started.run, args=("sh", "-c", script), rounds=3, warmup_rounds=1)
