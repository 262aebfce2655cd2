"""Compose projects: an answer's files, read by Compose alone, under a name that no other project has."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from environment.engines.script import TIMED_OUT
from graders.engine import containers, developing, events, networks, restarts, volumes
from graders.engine.owned import PROJECT_LABEL, SERVICE_LABEL
from graders.engine.words import Finished
from graders.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from graders.engine.containers import Container
    from graders.engine.developing import Watching
    from graders.engine.networks import Network
    from graders.engine.restarts import AfterRestart
    from graders.engine.run import Run
    from graders.engine.volumes import Volume
    from graders.engine.words import Attributes

HERE, RESOLVED = "project", "resolved.json"
EXITS = "die"
HEALTH = "health_status: "
ALONE = """\
for name in $(compgen -e); do
  case $name in PATH | HOME | TMPDIR | DOCKER_* | SSH_* | *_proxy | *_PROXY) ;; *) unset "$name" ;; esac
done 2>/dev/null
"""
"""What the graders' surroundings set, of Compose's own variables or an answer's, is nothing that an answer said."""


class Happened(NamedTuple):
    """What happened to a container of a project, as the Engine tells it."""

    at: float
    """Seconds since 1970, on the Engine's clock."""
    service: str
    what: str
    """`create`, `start`, `die`, `destroy`, `healthy`, `unhealthy`, …"""
    exit_code: int | None
    """Of what `die`s."""


class Project:
    """A Compose project of this run's, from files of a folder; its name is unique, and it is gone with the run.

    It never meets the learner's own copy of it: names of containers, networks, volumes and images that are built, and
    ports of the machine are left to Compose and the Engine, unless `as_written`. What is `external` is shared.
    """

    def __init__(
        self,
        run: Run,
        folder: Path,
        *,
        files: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        as_written: bool = False,
    ) -> None:
        self._run = run
        self._place = run.scratch()
        self.folder = self._place / HERE
        """The copy that it is brought up from, to change as an editor does."""
        shutil.copytree(folder, self.folder, symlinks=True)
        self.name = run.unique("project")
        """Its name, with which the names of its containers begin."""
        self._variables = dict(variables or {})
        self._chosen = [f"--file={name}" for name in files]
        read = self._compose(*self._chosen, "config", "--format", "json", shown=[*self._chosen, "config"])
        if read.exit_code:
            raise Failed("Compose cannot read the project.", evidence=read.evidence)
        self.warnings = [line for line in read.stderr.splitlines() if "level=warning" in line]
        """What Compose said when it read the files."""
        self.config: Attributes = json.loads(read.stdout)
        """What Compose makes of the files: all of them together, with all variables in place."""
        (self.folder / RESOLVED).write_text(json.dumps(self._labelled(as_written=as_written)))

    @property
    def services(self) -> list[str]:
        """The names of its services."""
        return sorted(self.config["services"])

    def up(self, *services: str, build: bool = False, wait: bool = False, timeout: float = 120) -> Finished:
        """`docker compose up --detach`; fails, in its words, where that does; `wait` waits until all is healthy."""
        options = [*["--build"] * build, *["--wait"] * wait]
        return self.compose("up", "--detach", *options, *services, timeout=timeout)

    def down(self, *, volumes: bool = False) -> Finished:
        """`docker compose down`, which keeps volumes if not told otherwise."""
        return self.compose("down", *["--volumes"] * volumes)

    def write(self, name: str, text: str) -> None:
        """Write a file of the copy, as an editor does: another file of that name, which who mounts its folder sees."""
        file = self.folder / name
        written = file.with_name(f"{file.name}.written")
        written.write_text(text)
        written.replace(file)
        # Whatever runs there brings the folder to the Engine's machine, and what was mounted of it.
        self.compose("ps", "--quiet")

    def compose(self, *words: str, timeout: float = 120, may_fail: bool = False) -> Finished:
        """A command of Compose's on this project; fails where that does, unless it `may_fail`."""
        # Compose leaves them behind when it removes a container. What the files name is not among them.
        named = {volume["name"] for volume in self.config.get("volumes", {}).values()}
        mounted = {mount.source for one in self.containers() for mount in one.mounts if mount.is_anonymous}
        self._run.nameless.update(mounted - named)
        done = self._compose(f"--file={RESOLVED}", *words, shown=[*self._chosen, *words], timeout=timeout)
        if done.exit_code and not may_fail:
            late = f" did not end in {timeout:.0f} seconds" if done.exit_code == TIMED_OUT else " failed"
            raise Failed(f"`docker compose {words[0]}`{late}.", evidence=done.evidence)
        return done

    def script(self, name: str, *, timeout: float = 60) -> Finished:
        """Run a bash script of the folder there, as CI does it: COMPOSE_PROJECT_NAME is the project's name."""
        self._run.projects.add(self.name)  # what it makes bears no label of this run's
        done = _script(self._run, self._place, f"export COMPOSE_PROJECT_NAME={self.name}; bash {name}", timeout=timeout)
        return replace(done, command=f"bash {name}")

    def left(self) -> list[str]:
        """Its containers, networks and volumes that are there now, such as `volume NAME`."""
        mine = f"{PROJECT_LABEL}={self.name}"
        made: dict[str, Sequence[Container | Network | Volume]] = {
            "container": self.containers(),
            "network": networks.matching(self._run, label=mine),
            "volume": volumes.matching(self._run, label=mine),
        }
        return [f"{kind} {name}" for kind, ones in made.items() for name in sorted(one.name for one in ones)]

    def containers(self, service: str = "") -> list[Container]:
        """Its containers, running or not, or those of a service, by name."""
        wanted = [f"{PROJECT_LABEL}={self.name}", *([f"{SERVICE_LABEL}={service}"] if service else [])]
        return containers.matching(self._run, label=wanted)

    def container(self, service: str) -> Container:
        """The first container of a service; fails, listing what there is, where it has none."""
        if found := self.containers(service):
            return found[0]
        listed = self.compose("ps", "--all", "--format", "{{.Service}}\t{{.State}}")
        raise Failed(f"The service `{service}` has no container.", evidence=listed.evidence)

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[Happened]]:
        """What happens to its containers within the block, in the Engine's order; whole when the block has ended."""
        told: list[Happened] = []
        stream = self._run.client.events(filters={"label": f"{PROJECT_LABEL}={self.name}"}, decode=True)
        ended = threading.Event()

        def listen() -> None:
            with contextlib.suppress(Exception), events.closed_after(stream):
                for record in stream:
                    if record.get("Type") != "container":
                        continue
                    about = record["Actor"]["Attributes"]
                    if SERVICE_LABEL not in about:
                        break  # the end, which is told below
                    told.append(_happened(record, about))
            ended.set()

        threading.Thread(target=listen, daemon=True, name="project").start()
        try:
            yield told
        finally:
            # What the Engine tells of this one, it tells after all that was before.
            last = containers.create(
                self._run,
                containers.PROBE_IMAGE,
                "true",
                name=self._run.unique("last"),
                labels={PROJECT_LABEL: self.name},
            )
            last.remove()
            ended.wait(10 * self._run.pace.known)
            events.end(stream)

    def watching(self) -> AbstractContextManager[Watching]:
        """See that `docker compose watch` runs within the block, in which no other command of Compose's may run.

        Services are brought up before. It fails where there is nothing to watch.
        """
        command = shlex.join(["docker", "compose", f"--project-name={self.name}", f"--file={RESOLVED}"])
        script = f"{_alone(self._variables)}cd {HERE} && exec {command} --ansi=never watch --no-up 2>&1\n"
        return developing.watching(self._run, self._place, self.folder, script)

    def engine_restarted(self, left: Sequence[str], stopped: Sequence[str]) -> AfterRestart | None:
        """What becomes of its services at a restart of the Engine: of those left running, and of those stopped before.

        It is done on a second Engine beside a throwaway one. The learner's own is never restarted: nothing then.
        """
        images = {str(one.config["Image"]) for one in self.containers()}
        return restarts.perform(self._run, self._place, HERE, self.name, RESOLVED, images, left, stopped)

    def _labelled(self, *, as_written: bool) -> Attributes:
        """What Compose made of the files, with this run's labels, and apart from other copies of it."""
        resolved: Attributes = json.loads(json.dumps(self.config))
        built = {
            one["image"]: f"{self.name}-{n}"
            for n, one in enumerate(resolved["services"].values())
            if "build" in one and "image" in one
        }
        for service in resolved["services"].values():
            service["labels"] = {**(service.get("labels") or {}), **self._run.labels}
            if build := service.get("build"):
                build["labels"] = {**(build.get("labels") or {}), **self._run.labels}
            if not as_written:
                _called(service, service.pop("container_name", ""))
                if service.get("image") in built:  # its own, or one that another service builds
                    service["image"] = built[service["image"]]
                for port in service.get("ports") or []:
                    port.pop("published", None)
        for kind in ("networks", "volumes"):
            for key, made in (resolved.get(kind) or {}).items():
                if not made.get("external"):
                    made["labels"] = {**(made.get("labels") or {}), **self._run.labels}
                    if not as_written:
                        made["name"] = f"{self.name}_{key}"
        return resolved

    def _compose(self, *words: str, shown: Sequence[str], timeout: float = 60) -> Finished:
        done = _compose(self._run, self._place, self.name, words, self._variables, timeout)
        return replace(done, command=shlex.join(["docker", "compose", *shown]))


def start(run: Run, name: str, folder: Path) -> list[Container]:
    """Bring a copy of a folder up under this name with nothing added, so that Compose later finds its own work."""
    place = run.scratch()
    shutil.copytree(folder, place / HERE, symlinks=True)
    done = _compose(run, place, name, ["up", "--detach", "--build", "--wait"])
    if done.exit_code:
        raise Failed(f"The project `{name}` could not be brought up.", evidence=done.evidence)
    return containers.matching(run, label=f"{PROJECT_LABEL}={name}")


def _compose(  # noqa: PLR0913, PLR0917 - what a command of Compose's needs
    run: Run,
    place: Path,
    name: str,
    words: Sequence[str],
    variables: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> Finished:
    """Run Compose on the Engine's machine, as an answer's commands run there: what it reads is what they could."""
    command = shlex.join(["docker", "compose", f"--project-name={name}", *words])
    return replace(_script(run, place, command, variables, timeout), command=command)


def _script(
    run: Run, place: Path, line: str, variables: Mapping[str, str] | None = None, timeout: float = 60
) -> Finished:
    """Run a line of bash in the project's folder on the Engine's machine."""
    # In a shell of its own: one that ends the shell ends no more than that.
    (place / "compose.sh").write_text(f"{_alone(variables or {})}cd {HERE} && ({line}) >../out 2>../err\n")
    done = run.connection.run_script(place, "compose.sh", timeout=run.pace.limit(timeout).given)
    out, err = (
        (place / file).read_text(errors="replace") if (place / file).exists() else "" for file in ("out", "err")
    )
    # Where this copy lies is nothing to the learner.
    out, err = (text.replace(f"{place / HERE}/", "") for text in (out, err))
    return Finished(line, done.exit_code, out, err + done.output, done.seconds)


def _alone(variables: Mapping[str, str]) -> str:
    """What begins a script that has these variables, and none of the graders' surroundings."""
    return ALONE + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def _called(service: Attributes, name: str) -> None:
    """Let a service be known to its neighbours under what would have been its container's name."""
    for network in (service.get("networks") or {}) if name else ():
        joined = service["networks"][network] = service["networks"][network] or {}
        joined["aliases"] = [*(joined.get("aliases") or []), name]


def _happened(record: Attributes, about: Mapping[str, Any]) -> Happened:
    action = str(record["Action"])
    code = about.get("exitCode") if action == EXITS else None
    return Happened(
        record["timeNano"] / 1e9,
        about[SERVICE_LABEL],
        action.removeprefix(HEALTH),
        None if code is None else int(code),
    )
