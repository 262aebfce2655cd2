"""Services of a swarm: what is wanted, which tasks there are for it, and the containers that do them here."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import docker.errors

from graders.engine import containers
from graders.errors import Failed

if TYPE_CHECKING:
    from graders.engine.containers import Container
    from graders.engine.run import Run
    from graders.engine.words import Attributes

ACTIVE = "active"
RUNNING = "running"
WANTED = {"ready", RUNNING}
"""What is desired of a task that Swarm wants: it is `ready` until the time has come to start it."""
SHOWN_TASKS = 6
SHOWN = "{{.Name}} {{.DesiredState}} {{.CurrentState}} {{.Error}}"
STATE = "{{.Swarm.LocalNodeState}}"
WAITING = {"new", "pending"}
"""What a task does before it has a node."""
CALM, SOON = 1, 3
"""Seconds after which a program that ends at once has ended, and until the first task has an error to tell."""


class Task(NamedTuple):
    """One of the runs that a service wants: Swarm starts a container for it, once, and another task after its end."""

    id: str
    slot: int
    """Which of the replicas it is for, from 1; 0 where each node has one."""
    state: str
    """What it does: `pending`, `preparing`, `running`, `failed`, …"""
    wanted: bool
    """Whether it runs or shall run, as far as Swarm is concerned."""
    container: str
    """The id of its container, on whichever node that is; empty where it has none yet."""
    error: str


class Service:
    """A service of the swarm that the Engine manages; every look is a fresh one."""

    def __init__(self, run: Run, service_id: str, name: str) -> None:
        self._run = run
        self.id = service_id
        """The full id: another service of this name has another."""
        self.name = name

    @property
    def attributes(self) -> Attributes:
        """What `docker service inspect` prints, now."""
        found: Attributes = self._run.client.api.inspect_service(self.id)
        return found

    @property
    def image(self) -> str:
        """The image of its tasks, as it was asked for: without the digest that a registry has for it."""
        return str(self.attributes["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]).partition("@")[0]

    @property
    def replicas(self) -> int | None:
        """How many tasks are wanted; None where each node is to have one."""
        mode = self.attributes["Spec"]["Mode"].get("Replicated")
        return int(mode["Replicas"]) if mode else None

    def tasks(self) -> list[Task]:
        """The tasks that run or shall run, by the replica that they are for; not those that have ended or shall end."""
        return [one for one in self._all_tasks() if one.wanted]

    def containers(self) -> list[Container]:
        """The containers of the tasks that run, on this node alone, by replica."""
        here = {one.id: one for one in containers.matching(self._run, label=f"com.docker.swarm.service.id={self.id}")}
        return [here[one.container] for one in self.tasks() if one.state == RUNNING and one.container in here]

    def runs(self, number: int, timeout: float, *, without: frozenset[str] = frozenset()) -> bool:
        """Whether so many tasks run within `timeout` seconds, none of them in the containers of these ids.

        Waits no longer where tasks have ended and Swarm wants no others in their place.
        """

        def running() -> bool:
            found = [one.container for one in self.tasks() if one.state == RUNNING]
            return len(found) == number and not without & {*found}

        def settled() -> bool:
            tasks = self._all_tasks()
            wanted = [one for one in tasks if one.wanted]
            return len({one.slot for one in tasks}) >= number > len(wanted) and {one.state for one in wanted} <= {
                RUNNING
            }

        return self._run.wait_until(lambda: running() or settled(), timeout) and running()

    def _all_tasks(self) -> list[Task]:
        found = self._run.client.api.tasks(filters={"service": self.id})
        return sorted((_task(record) for record in found), key=lambda one: one.slot)

    def evidence(self) -> list[str]:
        """`docker service ps` and its first lines, for a verdict."""
        listed = self._run.docker("service", "ps", "--no-trunc", "--format", SHOWN, self.id)
        return replace(listed, command=f"docker service ps --no-trunc {self.name}").evidence[: 1 + SHOWN_TASKS]

    def placed(self, timeout: float) -> bool:
        """Whether each task that is wanted has been given to a node within `timeout` seconds."""
        return self._run.wait_until(lambda: not {one.state for one in self.tasks()} & WAITING, timeout)

    def lasting(self, number: int, timeout: float) -> list[Container]:
        """The containers of so many tasks, once these run and go on; fails, saying what became of one, where not."""
        limit = self._run.pace.limit(timeout)
        while self.runs(number, timeout):
            before = self.tasks()
            if not self._run.wait_until(partial(self._differ, before), CALM):
                return self.containers()
            if not limit.left():
                break
        who = "No task" if number == 1 else f"Not all {number} tasks"
        raise Failed(f"{who} of `{self.name}` {'runs' if number == 1 else 'run'} on.", evidence=self.why())

    def _differ(self, tasks: list[Task]) -> bool:
        return self.tasks() != tasks

    def why(self) -> list[str]:
        """What became of the newest task that ended or waits for a node, and its logs, for a verdict."""
        self._run.wait_until(lambda: bool(self._troubled()), SOON)
        if not (troubled := self._troubled()):
            return self.evidence()
        last = troubled[0]
        error = f' "{last.error}"' if last.error else ""
        # Which of several it is, is chance.
        name = f"{self.name}.{last.slot}" if self.replicas == 1 else self.name
        told = [f"$ docker service ps --no-trunc {self.name}", f"{name} {last.state.title()}{error}"]
        if last.container and (said := self._run.docker("logs", "--tail", str(SHOWN_TASKS), last.container).output):
            told += [f"$ docker service logs {self.name}", *said.splitlines()]
        return told

    def _troubled(self) -> list[Task]:
        found = sorted(self._run.client.api.tasks(filters={"service": self.id}), key=lambda one: str(one["CreatedAt"]))
        return [one for one in map(_task, reversed(found)) if one.error or one.state == "complete"]


def find(run: Run, name: str) -> Service:
    """The service of this name; fails, listing what there is, where there is none or the Engine manages no swarm."""
    if not manages(run):
        said = run.docker("info", "--format", STATE)
        raise Failed(
            "The Engine is no manager of a swarm, so it has no services.",
            hint="`docker swarm init` makes a swarm of one Engine.",
            evidence=said.evidence,
        )
    try:
        found: Attributes = run.client.api.inspect_service(name)
    except docker.errors.NotFound:
        raise Failed(
            f"There is no service `{name}`.",
            evidence=run.listed("service", "ls", "--format", "{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}}"),
        ) from None
    return Service(run, found["ID"], found["Spec"]["Name"])


def manages(run: Run) -> bool:
    """Whether the Engine is a manager of a swarm."""
    swarm: Attributes = run.client.info()["Swarm"]
    return swarm["LocalNodeState"] == ACTIVE and bool(swarm["ControlAvailable"])


def _task(record: Attributes) -> Task:
    status = record["Status"]
    return Task(
        id=record["ID"],
        slot=int(record.get("Slot") or 0),
        state=status["State"],
        wanted=record["DesiredState"] in WANTED,
        container=(status.get("ContainerStatus") or {}).get("ContainerID", ""),
        error=status.get("Err", ""),
    )
