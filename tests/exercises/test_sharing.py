"""Answers share a throwaway Engine as long as each leaves it as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import start_engine

from environment.engines.scratch import scratch_folder
from graders.engine import Engine
from graders.engine.sharing import SharedEngine

pytestmark = pytest.mark.engine
BUSYBOX = "busybox:1.37"


@pytest.fixture
def folder():
    """A folder for an answer, as a proof makes one."""
    with scratch_folder() as name:
        yield Path(name)


@pytest.fixture
def shared(host):
    with SharedEngine(lambda: start_engine(host)) as shared:
        yield shared


def run(connection, folder, script: str) -> str:
    (folder / "commands.sh").write_text(script)
    done = connection.run_script(folder)
    assert done.exit_code == 0, done.output
    return done.output


def test_what_an_answer_leaves_on_an_engine_is_gone_for_the_next_one(shared, folder):
    with shared.lend(scripts=True) as first:
        (folder / "Dockerfile").write_text(f"FROM {BUSYBOX}\nRUN echo one >/one\n")
        everything = f"""
            docker network create left
            docker run --detach --name left --network left --volume left:/data --publish 80 {BUSYBOX} sleep 1d
            docker tag {BUSYBOX} left:1
            docker commit left left:2
            docker commit left
            docker build --quiet --tag left:3 .
            """
        run(first, folder, everything)
    with shared.lend(scripts=True) as second:
        assert second is first
        client = second.client
        assert not client.containers.list(all=True)
        assert not [name for image in client.images.list() for name in image.tags if "left" in name]
        assert not client.images.list(filters={"dangling": True})
        assert "left" not in {found.name for found in [*client.networks.list(), *client.volumes.list()]}
        with Engine(second, "", "test") as engine:
            assert not engine.build(folder).step("RUN").cached
    assert shared.started == 1


def test_a_swarm_that_an_answer_began_is_left_and_its_services_and_networks_are_gone(shared, folder):
    with shared.lend(scripts=True) as first:
        before = {found.name for found in first.client.networks.list()}
        run(
            first, folder,
            f"""
            docker swarm init --advertise-addr 127.0.0.1
            docker network create --driver overlay left
            docker service create --quiet --name left --network left {BUSYBOX} sleep 1d
            """,
        )  # fmt: skip
    with shared.lend(scripts=True) as second:
        assert second is first
        assert second.client.info()["Swarm"]["LocalNodeState"] == "inactive"
        assert not second.client.containers.list(all=True)
        assert {found.name for found in second.client.networks.list()} == before


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(f"docker tag nginx:1.26 {BUSYBOX}", id="a name of the course's images moved"),
        pytest.param(f"docker rmi --force {BUSYBOX}", id="an image of the course's removed"),
        pytest.param("setsid sleep 1d >/dev/null 2>&1 & sleep 1", id="a command goes on in a session of its own"),
        pytest.param("echo '{}' >~/.netrc", id="a file in the home folder"),
        pytest.param("echo 127.0.0.1 web >/usr/local/bin/docker", id="a program replaced"),
    ],
)
def test_after_an_answer_that_changed_what_cannot_be_restored_a_new_engine_is_taken(shared, folder, script):
    with shared.lend(scripts=True) as first:
        run(first, folder, script)
    with shared.lend(scripts=True) as second:
        assert second is not first
        assert second.client.images.get(BUSYBOX).id != second.client.images.get("nginx:1.26").id
    assert shared.started == 2


def test_after_an_error_a_new_engine_is_taken(shared):
    with pytest.raises(ZeroDivisionError), shared.lend(scripts=False) as first:
        _ = 1 / 0
    with shared.lend(scripts=False) as second:
        assert second is not first
