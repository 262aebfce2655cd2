"""Services of a swarm: what is wanted, which tasks there are for it, and the containers that do them here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
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
SECRETS, ROOT = PurePosixPath("/run/secrets"), PurePosixPath("/")
"""Where secrets and configs go whose target is no absolute path."""
STATE = "{{.Swarm.LocalNodeState}}"


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
    given: dict[str, str]
    """By path in its container, the names of the secrets and configs that Swarm puts there."""


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

    def former(self, state: str = "") -> list[Task]:
        """The tasks that have ended or shall end, by replica, or those in one state, such as `complete` or `failed`."""
        return [one for one in self._all_tasks() if not one.wanted and (not state or one.state == state)]

    def current(self, timeout: float) -> bool:
        """Whether all tasks that are wanted run within `timeout` seconds, each as the service says it now."""

        def run_so() -> bool:
            said = self.attributes["Spec"]["TaskTemplate"]["ContainerSpec"]
            records = self._run.client.api.tasks(filters={"service": self.id})
            wanted = [one for one in records if one["DesiredState"] in WANTED]
            return all(one["Status"]["State"] == RUNNING and one["Spec"]["ContainerSpec"] == said for one in wanted)

        return self._run.wait_until(run_so, timeout)

    def repeats(self) -> bool:
        """Whether a task that did what the service says now has ended well, and another one is wanted all the same."""
        said = self.attributes["Spec"]["TaskTemplate"]
        records = self._run.client.api.tasks(filters={"service": self.id})
        well = any(
            one["Status"]["State"] == "complete"
            and one["DesiredState"] not in WANTED
            and all(one["Spec"].get(part) == said.get(part) for part in ("ContainerSpec", "RestartPolicy", "Networks"))
            for one in records
        )
        return well and any(one["DesiredState"] in WANTED for one in records)


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
        given=_given(record["Spec"].get("ContainerSpec") or {}),
    )


def _given(spec: Attributes) -> dict[str, str]:
    secrets, configs = spec.get("Secrets") or (), spec.get("Configs") or ()
    return {
        **{str(SECRETS / one["File"]["Name"]): one["SecretName"] for one in secrets},
        **{str(ROOT / one["File"]["Name"]): one["ConfigName"] for one in configs if one.get("File")},
    }
