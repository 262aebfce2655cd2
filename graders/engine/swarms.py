"""Nodes of a swarm: Engines in containers beside each other on one network, entered by `docker exec`."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import docker.errors
from docker.types import Mount

from environment.engines.container.engine import with_rights
from environment.engines.container.image import IMAGE, ensure_image
from graders.engine import containers, networks, volumes
from graders.engine.words import engine_words
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graders.engine.containers import Container
    from graders.engine.run import Run
    from graders.engine.words import Attributes, Finished

BASE = "debian:trixie-slim"
OF_THE_ENGINE = ("/usr", "/etc/alternatives", "/etc/ssl")
"""What a throwaway Engine's own machine has of an Engine: a node there needs no image of its own."""
ENTRY = ["/usr/bin/tini", "--", "/usr/bin/python3", "-I", "/usr/local/lib/drydock/entrypoint.py"]
"""How a throwaway Engine is started (environment/engines/container/Dockerfile)."""
READY = '"api"'
"""What it prints when it can be asked."""
SHOWN = "{{.Name}} {{.Node}} {{.DesiredState}} {{.CurrentState}} {{.Error}}"
SECONDS = 30
PORT = 2377
MadeOf = tuple[str, list[str], list[Mount]]


class Node:
    """An Engine in a container that is, was or shall be a node of a swarm. Every look is a fresh one."""

    def __init__(self, run: Run, container: Container) -> None:
        self._run = run
        self.container = container
        """The container that the Engine runs in."""

    @property
    def name(self) -> str:
        """The container's name, which is the node's too."""
        return self.container.name

    def docker(self, *words: str, timeout: float | None = None) -> Finished:
        """Run the docker command in the node; the evidence shows how a learner does it.

        Fails after 20 seconds; after `timeout`, its exit code is 124: a manager without a leader waits long for one.
        """
        return self.container.exec("docker", *words, timeout=timeout)

    def said(self, *words: str) -> str:
        """What the docker command says in the node; fails, showing it, where it refuses."""
        done = self.docker(*words)
        if done.exit_code:
            raise Failed(f"The Engine in `{self.name}` refuses a command.", evidence=done.evidence)
        return done.stdout.strip()

    def records(self, *words: str) -> list[Attributes]:
        """What a list of the docker command holds, such as `node ls`: a record for each line."""
        return [json.loads(line) for line in self.said(*words, "--format", "{{json .}}").splitlines()]

    def inspect(self, *words: str) -> Attributes:
        """What `service inspect NAME` and the like say of one object; fails where there is none."""
        found: list[Attributes] = json.loads(self.said(*words))
        return found[0]

    def running_on(self, service: str) -> list[str]:
        """The names of the nodes on which tasks of a service run, one for each task; asked of a manager."""
        tasks = self.records("service", "ps", service, "--filter", "desired-state=running")
        return sorted(one["Node"] for one in tasks if one["CurrentState"].startswith("Running"))

    def tasks(self, service: str) -> list[str]:
        """The tasks of a service with their nodes and errors, for a verdict; asked of a manager."""
        return self.docker("service", "ps", "--format", SHOWN, service).evidence

    def containers_of(self, service: str) -> list[str]:
        """The ids of the containers in this node that run tasks of a service."""
        found = self.records("ps", "--filter", f"label=com.docker.swarm.service.name={service}")
        return [one["ID"] for one in found]

    def wait_until(self, holds: Callable[[], bool], timeout: float) -> bool:
        """Whether the test holds within `timeout` seconds, looked at once a second: a node's events stay in it."""
        return self._run.wait_until(holds, timeout, type="daemon")

    @property
    def swarm(self) -> Attributes:
        """What `docker info` says of the swarm: LocalNodeState, ControlAvailable, Managers, Nodes, Error."""
        found: Attributes = json.loads(self.said("info", "--format", "{{json .Swarm}}"))
        return found


def make(run: Run, names: Sequence[str], *, network: str, managers: int, images: Sequence[str]) -> list[Container]:
    """Make Engines under these names, with these images, and a swarm of them, which the first one leads.

    Raises DrydockError where one does not start or does not join.
    """
    networks.make(run, network, {})
    made_of = _made_of(run)
    archives = [b"".join(run.client.api.get_image(run.originals.get(one, one))) for one in images]

    def start(name: str) -> Container:
        made = _started(run, name, network, made_of)
        if not made.wait_log(READY, SECONDS):
            said = made.logs().strip().splitlines()[-1:] or ["it says nothing"]
            raise DrydockError(f"The Engine in `{name}` did not start: {said[0]}", "Try it again.")
        for archive in archives:
            made.put({"/root/image.tar": archive})
            _must(made, "load", "--quiet", "--input", "/root/image.tar")
        return made

    with ThreadPoolExecutor(len(names)) as pool:
        made = list(pool.map(start, names))
        leader, *others = made
        _must(leader, "swarm", "init")
        tokens = [_must(leader, "swarm", "join-token", "--quiet", role) for role in ("manager", "worker")]
        wanted = [tokens[number >= managers] for number in range(1, len(made))]
        address = f"{leader.name}:{PORT}"
        list(pool.map(lambda one, token: _must(one, "swarm", "join", "--token", token, address), others, wanted))
    return made


def _started(run: Run, name: str, network: str, made_of: MadeOf) -> Container:
    image, command, mounts = made_of
    api = run.client.api
    options = {"mounts": [volumes.nameless(run, "/var/lib/docker"), *mounts], "tmpfs": {"/run": ""}}
    for privileged in (True, False):
        rights = with_rights(api, privileged=privileged, network_mode=network, **options)
        api.create_container(image, command, name=name, hostname=name, labels=run.labels, host_config=rights)
        try:
            api.start(name)
        except docker.errors.APIError as error:
            api.remove_container(name, force=True, v=True)
            reason = engine_words(error)
        else:
            return containers.find(run, name)
    raise DrydockError(
        f"The Engine here starts no container for another Engine: {reason}",
        "Use an Engine that allows `docker run --privileged`.",
    )


def _must(container: Container, *words: str) -> str:
    done = container.exec("docker", *words)
    if done.exit_code:
        raise DrydockError(f"`{container.name}` is no node yet: {done.evidence[-1]}", "Try it again.")
    return done.stdout.strip()


def _made_of(run: Run) -> MadeOf:
    """The image, the command and the mounts of a node's container."""
    if run.connection.kind == "found":
        ensure_image(run.client, IMAGE, lambda said: print(said, file=sys.stderr))
        return IMAGE, [], []
    return (
        run.originals.get(BASE, BASE),
        ENTRY,
        [Mount(place, place, type="bind", read_only=True) for place in OF_THE_ENGINE],
    )
