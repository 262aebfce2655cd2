"""What the tests share: Engines to grade on."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import docker
import pytest

from environment.engines.found import FoundEngine
from environment.engines.frames import frames

if TYPE_CHECKING:
    from docker.models.containers import Container

    from environment.engines.container import ContainerEngine

pytest_plugins = ["proof"]
ENGINE_IMAGE = os.environ.get("DRYDOCK_TEST_ENGINE_IMAGE", "drydock/engine:26")


def pytest_configure() -> None:
    # In the background of a script Ctrl-C is ignored, and so it would be by the commands that tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse to run side by side what must not be: pytest-xdist marks the tests of a group by their ids."""
    for item in items if getattr(config.option, "loadgroup", False) else ():
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError(
                "This pytest-xdist keeps no groups together with this pytest. Use pytest before 9.2."
            )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured, which is judged by nobody."""
    measured = [one for report in terminalreporter.getreports("passed") for one in report.user_properties]
    if measured:
        terminalreporter.section("measured")
        for what, value in measured:
            terminalreporter.line(f"{what}: {value}")


@pytest.fixture(scope="session")
def found() -> Iterator[FoundEngine]:
    """The machine's own Engine, which throwaway Engines run on."""
    engine = FoundEngine.find()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def host(found: FoundEngine) -> docker.DockerClient:
    """The client of the machine's own Engine."""
    return found.client


def start_engine(host: docker.DockerClient, image: str = ENGINE_IMAGE) -> ContainerEngine:
    """A throwaway Engine with the course's images."""
    from graders.connect import throwaway

    return throwaway(host, {}, image)


@pytest.fixture
def throwaway(host: docker.DockerClient) -> Iterator[ContainerEngine]:
    """An Engine of its own for one test, with the course's images."""
    engine = start_engine(host)
    yield engine
    engine.close()


def execute(container: Container, *command: str, user: str = "", workdir: str | None = None) -> tuple[int, str]:
    """Run a command in a container; its exit code and all it printed, of which docker-py's `exec_run` loses some."""
    api = container.client.api
    made = api.exec_create(container.id, list(command), user=user, workdir=workdir)
    said = b"".join(data for _stream, data in frames(api, api.exec_start(made["Id"], socket=True)))
    return int(api.exec_inspect(made["Id"])["ExitCode"]), said.decode()


def reports_out_of_memory(client: docker.DockerClient) -> bool:
    """Whether the Engine says of a container that it outgrew its memory."""
    begun = int(time.time())
    hungry = client.containers.run(
        "busybox:1.37", ["sh", "-c", "tail /dev/zero; sleep 600"], mem_limit="16m", detach=True
    )
    # A container that ends at once can be gone before the Engine has heard why.
    with contextlib.closing(client.events(since=begun, filters={"container": hungry.id, "event": "oom"})) as said:
        next(said)
    hungry.kill()
    hungry.wait()
    hungry.reload()
    reported = hungry.attrs["State"]["OOMKilled"] is True
    hungry.remove(force=True)
    return reported
