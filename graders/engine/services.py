"""Services of a swarm: what is wanted, which tasks there are for it, and the containers that do them here."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import docker.errors

from graders.engine import containers
from graders.engine.cleaning import manages
from graders.engine.words import when
from graders.errors import Failed

if TYPE_CHECKING:
    from graders.engine.containers import Container
    from graders.engine.run import Run
    from graders.engine.words import Attributes

RUNNING = "running"
WANTED = {"ready", RUNNING}
"""What is desired of a task that Swarm wants: it is `ready` until the time has come to start it."""
ENDED = {"completed", "paused", "rollback_completed", "rollback_paused"}
"""What has become of an update that is over."""
SHOWN_TASKS = 6
SHOWN = "{{.Name}} {{.DesiredState}} {{.CurrentState}} {{.Error}}"
SECRETS, ROOT = PurePosixPath("/run/secrets"), PurePosixPath("/")
"""Where secrets and configs go whose target is no absolute path."""
STATE = "{{.Swarm.LocalNodeState}}"
WAITING = {"new", "pending"}
"""What a task does before it has a node."""
CALM, SOON, SETTLED = 1, 3, 1
"""Seconds after which a program that ends at once has ended, until the first task has an error to tell, and after which
Swarm wants no other one in the place of one that has ended."""


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
    made: float
    """When it was made, in seconds since 1970."""
    since: float
    """When it came to do what it does."""
    iteration: int
    """Of a job: for which of its runs it is, from 0."""


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
        """How many tasks are wanted; None where each node is to have one, and for a job."""
        mode = self.attributes["Spec"]["Mode"].get("Replicated")
        return int(mode["Replicas"]) if mode else None

    @property
    def is_global(self) -> bool:
        """Whether each node is to have one task."""
        return "Global" in self.attributes["Spec"]["Mode"]

    @property
    def wants(self) -> str:
        """How many tasks are wanted, as words for a sentence."""
        if self.is_global:
            return "one task on each node"
        number = self.replicas
        return "a job" if number is None else f"{number} replica{'' if number == 1 else 's'}"

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

        def missed() -> bool:
            tasks = self._all_tasks()
            wanted = [one.state for one in tasks if one.wanted]
            return len({one.slot for one in tasks}) >= number > len(wanted) and {*wanted} <= {RUNNING}

        looks: list[float] = []

        def settled() -> bool:
            # Between the end of a task and the next one there is none, for a moment.
            if not missed():
                looks.clear()
                return False
            looks.append(time.monotonic())
            return looks[-1] - looks[0] >= SETTLED

        return self._run.wait_until(lambda: running() or settled(), timeout) and running()

    def _records(self) -> list[Attributes]:
        found: list[Attributes] = self._run.client.api.tasks(filters={"service": self.id})
        return found

    def _all_tasks(self) -> list[Task]:
        return sorted(map(_task, self._records()), key=lambda one: one.slot)

    def evidence(self) -> list[str]:
        """`docker service ps` and its first lines, for a verdict."""
        listed = self._run.docker("service", "ps", "--no-trunc", "--format", SHOWN, self.id)
        return replace(listed, command=f"docker service ps --no-trunc {self.name}").evidence[: 1 + SHOWN_TASKS]

    def updated(self, image: str, timeout: float) -> str:
        """`docker service update --image`, nothing else; what the update has come to, at most `timeout` seconds later.

        `completed`, `paused`, `rollback_completed`, `rollback_paused`; else what it is about, such as `updating`.
        """
        self._change("update", "--detach", "--no-resolve-image", "--image", image, self.id)
        self._run.wait_until(lambda: self._update in ENDED, timeout, type="service", service=self.id)
        return self._update

    @property
    def _update(self) -> str:
        return str((self.attributes.get("UpdateStatus") or {}).get("State") or "not begun")

    def update_evidence(self) -> list[str]:
        """What has become of the last update, and which image is wanted, for a verdict."""
        shown = "{{.UpdateStatus.State}} {{.Spec.TaskTemplate.ContainerSpec.Image}}"
        return self._run.docker("service", "inspect", "--format", shown, self.name).evidence

    def scale(self, number: int) -> None:
        """`docker service scale`."""
        self._change("scale", "--detach", f"{self.name}={number}")

    @property
    def completions(self) -> int | None:
        """How many tasks a job has to complete in each of its runs; None where it is no job with a number."""
        mode = self.attributes["Spec"]["Mode"].get("ReplicatedJob")
        return int(mode["TotalCompletions"]) if mode else None

    def completed(self, timeout: float) -> list[Task]:
        """The tasks of a job's newest run that are completed, the first one first; waits until they are all."""

        def done() -> list[Task]:
            run = int((self.attributes.get("JobStatus") or {}).get("JobIteration", {}).get("Index") or 0)
            return [one for one in self._all_tasks() if one.state == "complete" and one.iteration == run]

        self._run.wait_until(lambda: len(done()) >= (self.completions or 1), timeout)
        return sorted(done(), key=lambda one: one.made)

    def run_again(self) -> None:
        """`docker service update --force`, with which a job runs once more."""
        self._change("update", "--detach", "--no-resolve-image", "--force", self.id)

    def _change(self, *words: str) -> None:
        done = self._run.docker("service", *words)
        if done.exit_code:
            raise Failed(f"The service `{self.name}` cannot be changed.", evidence=done.evidence)

    def former(self, state: str = "") -> list[Task]:
        """The tasks that have ended or shall end, by replica, or those in one state, such as `complete` or `failed`."""
        return [one for one in self._all_tasks() if not one.wanted and (not state or one.state == state)]

    def current(self, timeout: float) -> bool:
        """Whether all tasks that are wanted run within `timeout` seconds, each as the service says it now."""

        def run_so() -> bool:
            said = self.attributes["Spec"]["TaskTemplate"]["ContainerSpec"]
            wanted = [one for one in self._records() if one["DesiredState"] in WANTED]
            return all(one["Status"]["State"] == RUNNING and one["Spec"]["ContainerSpec"] == said for one in wanted)

        return self._run.wait_until(run_so, timeout)

    def repeats(self) -> bool:
        """Whether a task that did what the service says now has ended well, and another one is wanted all the same."""
        said = self.attributes["Spec"]["TaskTemplate"]
        records = self._records()
        well = any(
            one["Status"]["State"] == "complete"
            and one["DesiredState"] not in WANTED
            and all(one["Spec"].get(part) == said.get(part) for part in ("ContainerSpec", "RestartPolicy", "Networks"))
            for one in records
        )
        return well and any(one["DesiredState"] in WANTED for one in records)

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
        newest_first = sorted(self._all_tasks(), key=lambda one: one.made, reverse=True)
        return [one for one in newest_first if one.error or one.state == "complete"]


def find(run: Run, name: str) -> Service:
    """The service of this name; fails, listing what there is, where there is none or the Engine manages no swarm."""
    if not manages(run.client):
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


def _task(record: Attributes) -> Task:
    status = record["Status"]
    return Task(
        id=record["ID"],
        slot=int(record.get("Slot") or 0),
        state=status["State"],
        wanted=record["DesiredState"] in WANTED,
        container=(status.get("ContainerStatus") or {}).get("ContainerID", ""),
        error=status.get("Err", ""),
        made=when(record["CreatedAt"]),
        since=when(status["Timestamp"]),
        iteration=int((record.get("JobIteration") or {}).get("Index") or 0),
        given=_given(record["Spec"].get("ContainerSpec") or {}),
    )


def _given(spec: Attributes) -> dict[str, str]:
    secrets, configs = spec.get("Secrets") or (), spec.get("Configs") or ()
    return {
        **{str(SECRETS / one["File"]["Name"]): one["SecretName"] for one in secrets},
        **{str(ROOT / one["File"]["Name"]): one["ConfigName"] for one in configs if one.get("File")},
    }
