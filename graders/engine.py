"""The only module that talks to Docker: docker-py inspects, the docker CLI builds, testcontainers runs and waits."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import docker
import docker.errors
import requests.exceptions

from environment.engines import EXERCISE_LABEL, MACHINE_LABEL, SESSION_LABEL, Connection, Response, ScriptResult
from environment.engines.container import ENGINE_LABEL
from environment.engines.frames import STDERR, frames
from environment.engines.scratch import scratch_folder
from environment.engines.script import TIMED_OUT
from environment.engines.session import session_is_alive
from graders.check import EngineInfo
from graders.errors import DrydockError, Failed, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import IO

    from docker.models.containers import Container as _DockerContainer

Attributes = dict[str, Any]
RUN_LABEL = "org.drydock.run"
SLOW = 4
"""An emulated processor takes about so many times as long, beside other work."""
PROBE_IMAGE = "busybox:1.37"
"""The course image that looks into other containers' networks."""
SHOWN_LINES = 12
LOG_LIMIT = 16 << 20
FILE_LIMIT = 256 << 20
ARCHIVE_LIMIT = 2 << 30
SPOOLED = 16 << 20
"""Bytes of what a container prints, of a file, and of all files that are looked at; and of those kept in memory."""
SHOWN_IMAGE = "my-image"
"""How evidence calls an image that the grader built from the learner's files."""
SHOWN_CONTAINER = "my-container"
"""How evidence calls a container that the grader made."""


@dataclass(frozen=True)
class Finished:
    """A command that ended: what was run, its exit code, its output, and the seconds it took."""

    command: str
    exit_code: int
    stdout: str
    stderr: str
    seconds: float = 0.0

    @property
    def output(self) -> str:
        """Standard output, then standard error."""
        return self.stdout + self.stderr

    @property
    def evidence(self) -> list[str]:
        """The command and the end of its output, as a learner would see it in a terminal, or its exit code."""
        seen = self.output.strip().splitlines()[-SHOWN_LINES:]
        return [f"$ {self.command}", *(seen or [f"(no output, exit code {self.exit_code})"])]


@dataclass(frozen=True)
class Step:
    """One step of a build, from the builder's own records; `seconds` is 0 for a cached step.

    The classic builder tells no times: they are nan then, and what compares them requires "buildkit".
    """

    name: str
    cached: bool
    seconds: float
    started: float
    completed: float
    error: str
    log: str

    @property
    def instruction(self) -> str:
        """The instruction without BuildKit's `[stage 2/5]` in front."""
        return re.sub(r"^\[[^\]]*\] ", "", self.name)


@dataclass(frozen=True)
class Build:
    """A finished build: the image it made and the steps it took."""

    image: Image
    steps: tuple[Step, ...]
    command: str
    warnings: tuple[str, ...] = ()

    def step(self, text: str) -> Step:
        """The first step whose instruction contains the text; fails where there is none."""
        for step in self.steps:
            if text in step.instruction:
                return step
        raise Failed(f"No build step contains `{text}`.", evidence=[f"$ {self.command}", *(s.name for s in self.steps)])


class Image:
    """An image on the Engine."""

    def __init__(self, engine: Engine, attributes: Attributes, reference: str) -> None:
        self.engine = engine
        self.attributes = attributes
        self.reference = reference

    @property
    def id(self) -> str:
        """`sha256:…`; differs between image stores for the same content, so compare `layers` across Engines."""
        return str(self.attributes["Id"])

    @property
    def config(self) -> Attributes:
        """Config of `docker image inspect`: Cmd, Entrypoint, Env, WorkingDir, User, ExposedPorts and so on."""
        return dict(self.attributes.get("Config") or {})

    @property
    def labels(self) -> dict[str, str]:
        """Labels without Drydock's own."""
        return {k: v for k, v in (self.config.get("Labels") or {}).items() if not k.startswith("org.drydock.")}

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that the image sets."""
        return dict(item.partition("=")[::2] for item in self.config.get("Env") or [])

    @property
    def layers(self) -> list[str]:
        """Digests of the layers, first one lowest."""
        return list(self.attributes.get("RootFS", {}).get("Layers") or [])

    @property
    def tags(self) -> list[str]:
        """All names of this image."""
        return [_familiar(name) for name in self.attributes.get("RepoTags") or []]

    @property
    def size(self) -> int:
        """Bytes of all layers together."""
        return int(self.attributes.get("Size") or 0)

    def history(self) -> list[Attributes]:
        """Records of `docker history`, newest first."""
        return list(self.engine.client.api.history(self.id))

    def archive(self, path: str) -> dict[str, tarfile.TarInfo]:
        """Everything at and below an absolute path in the image, by absolute path; empty where there is nothing."""
        return {name: member for name, member, _ in self._members(path)}

    def read(self, path: str) -> bytes | None:
        """Contents of one file in the image (links are followed by one step), or None where it is absent."""
        for name, member, content in self._members(path):
            if name != path.rstrip("/"):  # below a directory
                return None
            if member.isfile():
                return content
            if member.issym():
                return self.read(os.path.normpath(os.path.join(os.path.dirname(path), member.linkname)))  # noqa: PTH118, PTH120 - a path in the image
        return None

    def holds(self, secret: str, *, above: Image | None = None) -> list[str]:
        """Names of files, in any layer and in the configuration, that contain the text, deleted ones included."""
        needle = secret.encode()
        found = [path for path, content in self.layer_files(above=above) if needle in content]
        if secret in json.dumps([self.attributes, self.history()], ensure_ascii=False):
            found.append("the image's configuration or history")
        return list(dict.fromkeys(found))

    def layer_files(self, *, above: Image | None = None) -> Iterator[tuple[str, bytes]]:
        """Path and contents of each plain file in each layer, deleted ones included; `above` leaves out its layers."""
        skipped = len(above.layers) if above and self.layers[: len(above.layers)] == above.layers else 0
        with tempfile.TemporaryFile() as saved:
            _save(self.engine.client.api.get_image(self.id), saved, f"The image `{self.reference}`")
            with tarfile.open(fileobj=saved) as outer:
                manifest = json.loads(_content(outer, outer.getmember("manifest.json")))
                for name in manifest[0]["Layers"][skipped:]:
                    with tarfile.open(fileobj=outer.extractfile(name)) as layer:
                        yield from ((f"/{m.name}", _content(layer, m)) for m in layer if m.isfile())

    def evidence(self, template: str) -> list[str]:
        """`docker image inspect --format TEMPLATE` and what it prints, for a verdict."""
        return self._evidence("image", "inspect", "--format", template)

    def history_evidence(self) -> list[str]:
        """`docker history` with the newest steps, for a verdict."""
        return self._evidence("history", "--no-trunc", "--format", "{{.CreatedBy}}")

    def _evidence(self, *words: str) -> list[str]:
        output = self.engine.docker(*words, self.id).output.strip().splitlines()
        return [f"$ {shlex.join(['docker', *words, self.reference])}", *output[:SHOWN_LINES]]

    def _members(self, path: str) -> Iterator[tuple[str, tarfile.TarInfo, bytes]]:
        container = self.engine.client.containers.create(self.id, ["-"], labels=self.engine.labels, entrypoint=["-"])
        try:
            # Podman's archive of a path makes root the owner of all.
            podman = self.engine.is_podman
            yield from _exported(container.export(), path) if podman else _archived(container, path)
        finally:
            container.remove(v=True)


class Container:
    """A container on the Engine; every look is a fresh one."""

    def __init__(self, engine: Engine, container: _DockerContainer, shown: str = "") -> None:
        self.engine = engine
        self.docker = container
        self.shown = shown
        """The `docker run` that makes another like it, where it is the grader's own and its name says nothing."""

    @property
    def id(self) -> str:
        """The full id."""
        return str(self.docker.id)

    @property
    def name(self) -> str:
        """Its name without the slash."""
        return str(self.docker.name)

    @property
    def called(self) -> str:
        """How evidence calls it: by its name, or as a learner might call one that the grader made."""
        return SHOWN_CONTAINER if self.shown else self.name

    @property
    def subject(self) -> str:
        """The beginning of a sentence about it."""
        return "A container of the image" if self.shown else f"`{self.name}`"

    @property
    def attributes(self) -> Attributes:
        """What `docker inspect` prints, now, with the image's name as Docker writes it."""
        self.docker.reload()
        attributes = dict(self.docker.attrs)
        attributes["Config"]["Image"] = _familiar(attributes["Config"]["Image"])
        return attributes

    @property
    def state(self) -> Attributes:
        """State of `docker inspect`: Status, Running, ExitCode, OOMKilled, Error, StartedAt, Pid, Health …."""
        return dict(self.attributes["State"])

    @property
    def started(self) -> float:
        """When it last started, in seconds since 1970; 0 where it never did."""
        return max(0.0, _when(self.state["StartedAt"]))

    @property
    def finished(self) -> float:
        """When it last ended, in seconds since 1970, kept after a new start; 0 where it never ended."""
        return max(0.0, _when(self.state["FinishedAt"]))

    @property
    def config(self) -> Attributes:
        """Config of `docker inspect`."""
        return dict(self.attributes["Config"])

    @property
    def host_config(self) -> Attributes:
        """HostConfig of `docker inspect`: limits, restart policy, published ports as asked for."""
        return dict(self.attributes["HostConfig"])

    @property
    def env(self) -> dict[str, str]:
        """Environment variables it was made with, the image's included."""
        return dict(item.partition("=")[::2] for item in self.config.get("Env") or [])

    @property
    def image(self) -> Image:
        """The image it was made from."""
        return self.engine.image(str(self.attributes["Image"]))

    def made_from(self, reference: str) -> bool:
        """Whether it was made from what a name stood for before the answer's commands.

        On the learner's own Engine the name may have moved since; there the name that it was made from counts too.
        """
        if self.attributes["Image"] == self.engine.original(reference).id:
            return True
        return reference not in self.engine.originals and bool(self.config["Image"] == reference)

    def running(self) -> Self:
        """This container; fails, saying how it ended, where it does not run."""
        state = self.state
        if state["Running"] and not state.get("Paused") and not state.get("Restarting"):
            return self
        ended = f"exited with code {state['ExitCode']}" if state["Status"] == "exited" else f"is {state['Status']}"
        why = f" ({state['Error']})" if state.get("Error") else ""
        inspected = [] if self.shown else self.evidence("{{.State.Status}} {{.State.ExitCode}}")
        raise Failed(f"{self.subject} is not running: it {ended}{why}.", evidence=[*inspected, *self.log_evidence()])

    def evidence(self, template: str) -> list[str]:
        """`docker inspect --format TEMPLATE` and what it prints, for a verdict."""
        command = ["docker", "inspect", "--format", template]
        return replace(self.engine.docker(*command[1:], self.id), command=shlex.join([*command, self.called])).evidence

    def log_evidence(self) -> list[str]:
        """`docker logs` and its last lines, for a verdict."""
        command = self.shown or f"docker logs {self.name}"
        return [f"$ {command}", *self.logs().strip().splitlines()[-SHOWN_LINES:]]

    def logs(self, *, stdout: bool = True, stderr: bool = True, timestamps: bool = False) -> str:
        """What its main process printed."""
        said = self.docker.logs(stdout=stdout, stderr=stderr, timestamps=timestamps, stream=True, follow=False)
        with _closed_after(said):
            return _first(said, LOG_LIMIT).decode(errors="replace")

    def exec(self, *command: str, user: str = "", workdir: str | None = None) -> Finished:
        """Run a command in the running container."""
        started = time.monotonic()
        shown = shlex.join(["docker", "exec", *(["-u", user] if user else []), self.called, *command])
        api = self.engine.client.api
        made = api.exec_create(self.id, list(command), user=user, workdir=workdir)
        out: list[bytes] = []
        err: list[bytes] = []
        size = 0
        with contextlib.closing(frames(api, api.exec_start(made["Id"], socket=True))) as said:
            for stream, data in said:
                (err if stream == STDERR else out).append(data)
                size += len(data)
                if size > LOG_LIMIT:
                    raise Failed(
                        f"`{shown}` prints without end.", evidence=[f"$ {shown} | head -c {LOG_LIMIT} | wc -c"]
                    )
        code = api.exec_inspect(made["Id"])["ExitCode"]
        return Finished(shown, code, _text(b"".join(out)), _text(b"".join(err)), time.monotonic() - started)

    def diff(self) -> list[str]:
        """Lines of `docker diff`: `A /new`, `C /changed`, `D /deleted`."""
        changes: Any = self.docker.diff() or []
        return [f"{'CAD'[change['Kind']]} {change['Path']}" for change in changes]

    def read(self, path: str) -> bytes | None:
        """Contents of one file in the container, running or not; None where it is absent."""
        found = _archived(self.docker, path)
        return next((content for name, member, content in found if member.isfile() and name == path), None)

    def published(self, port: int | str = 80) -> list[tuple[str, int]]:
        """Addresses and ports of the host that reach this port, as (address, port)."""
        key = port if isinstance(port, str) else f"{port}/tcp"
        bound = self.attributes["NetworkSettings"]["Ports"].get(key) or []
        return [(b["HostIp"] or "0.0.0.0", int(b["HostPort"])) for b in bound]  # noqa: S104 - what Docker means by none

    def request(self, path: str = "/", *, port: int = 80, wait: float = 10, method: str = "GET") -> Response:
        """Ask through the published port, from the Engine's machine, trying for `wait` seconds while nobody answers.

        Fails where the container does not run, or ends before it answers.
        """
        bound = self.running().published(port)
        if not bound:
            raise Failed(
                f"{self.subject} does not publish port {port}.",
                evidence=self.engine.docker("port", self.name).evidence,
            )
        address, number = next((b for b in bound if ":" not in b[0]), bound[0])
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, address)  # noqa: S104 - what Docker prints
        deadline = time.monotonic() + wait * self.engine.patience
        while True:
            left = deadline - time.monotonic()
            # Asked in short turns, for a container that has ended will not answer any more.
            response = self.engine.request(f"http://{host}:{number}{path}", wait=max(0, min(1, left)), method=method)
            if response.status:
                return response
            self.running()
            if left <= 0:
                return response

    def request_inside(self, path: str = "/", *, port: int = 80, seconds: int = 10) -> Finished:
        """Ask on 127.0.0.1 in the container's own network, published or not; stdout is the body."""
        script = (
            f"i=0; until timeout 5 wget -q -O - http://127.0.0.1:{port}{shlex.quote(path)}; "
            f"do i=$((i+1)); [ $i -ge {seconds * 5 * self.engine.patience} ] && exit 1; usleep 200000; done"
        )
        done = self.engine.once(PROBE_IMAGE, "sh", "-c", script, network_mode=f"container:{self.id}")
        return replace(
            done, command=f"docker run --rm --network container:{self.name} busybox wget -qO- localhost:{port}{path}"
        )

    def stop(self, timeout: int = 10) -> float:
        """`docker stop`; returns the seconds it took."""
        started = time.monotonic()
        self.docker.stop(timeout=timeout * self.engine.patience)
        return time.monotonic() - started

    def start(self) -> None:
        """`docker start`."""
        self.docker.start()

    def kill(self, signal: str = "KILL") -> None:
        """`docker kill --signal`."""
        self.docker.kill(signal=signal)

    def wait_until(self, holds: Callable[[Attributes], bool], timeout: float = 30) -> bool:
        """Whether the test holds for its attributes within `timeout` seconds; looks again at each event."""
        return self.engine.wait_until(lambda: holds(self.attributes), timeout, container=self.id)

    def wait_log(self, text: str, timeout: float = 10) -> bool:
        """Whether it prints a line with the text within `timeout` seconds; looks at each line as it comes."""
        lines = self.docker.logs(stream=True, follow=True)
        timer = threading.Timer(timeout * self.engine.patience, _end, (lines,))
        timer.start()
        seen = b""
        with _closed_after(lines):
            try:
                for piece in lines:
                    seen += piece
                    if text.encode() in seen:
                        return True
            except (OSError, requests.exceptions.RequestException):
                # How the stream ends when the timer closes it, by its transport.
                pass
            finally:
                timer.cancel()
                timer.join()
        return text in self.logs()

    def wait_exit(self, timeout: float = 30) -> Attributes:
        """Its state once it has ended; fails where it still runs after `timeout` seconds."""
        if not self.wait_until(lambda a: a["State"]["Status"] in {"exited", "dead"}, timeout):
            raise Failed(f"{self.subject} still runs after {timeout:.0f} seconds.", evidence=self.log_evidence())
        return self.state

    def wait_healthy(self, timeout: float = 60, *, status: str = "healthy") -> None:
        """Wait for its health check to say `status`; fails, showing the last probe, where it does not in time."""
        if not self.wait_until(lambda a: (a["State"].get("Health") or {}).get("Status") == status, timeout):
            health = self.state.get("Health") or {}
            last = (health.get("Log") or [{}])[-1]
            raise Failed(
                f"{self.subject} is {health.get('Status', 'without a health check')}, not {status}, "
                f"after {timeout:.0f} seconds.",
                evidence=[
                    "$ docker inspect --format '{{json .State.Health}}' " + self.called,
                    f"exit code {last.get('ExitCode')}: {str(last.get('Output', '')).strip()[:300]}",
                ],
            )

    def remove(self) -> None:
        """`docker rm --force --volumes`."""
        with contextlib.suppress(docker.errors.NotFound):
            self.docker.remove(force=True, v=True)


@dataclass
class Engine:
    """A Docker Engine as graders see it. All that it makes is labelled, and gone when it is closed."""

    connection: Connection
    exercise: str
    session: str
    originals: dict[str, str] = field(default_factory=dict)
    """Images that names stood for before an answer's commands ran: what a grader runs is made from these."""
    _children: list[subprocess.Popen[str]] = field(default_factory=list, repr=False)
    _closed: bool = False
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)
    _folder: tempfile.TemporaryDirectory[str] = field(default_factory=scratch_folder, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        try:
            self.close()
        except Exception:
            if error is None:  # else what went wrong first says more
                raise

    @property
    def client(self) -> docker.DockerClient:
        """The docker-py client, for what this module has no word for."""
        return self.connection.client

    @cached_property
    def run_id(self) -> str:
        """What makes names of this run unique."""
        return uuid.uuid4().hex[:8]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Labels on everything this run makes; without a session it outlives the run and belongs to the exercise."""
        session = {SESSION_LABEL: self.session, RUN_LABEL: self.run_id} if self.session else {}
        return session | {EXERCISE_LABEL: self.exercise}

    def unique(self, name: str) -> str:
        """A name for something of this run that no other run has."""
        return f"drydock-{name}-{self.run_id}-{next(self._numbers)}"

    # What kind of Engine it is

    @cached_property
    def about(self) -> Attributes:
        """What `docker info` says."""
        return dict(self.client.info())

    @cached_property
    def version(self) -> Attributes:
        """What `docker version` says of the server."""
        return dict(self.client.version())

    @cached_property
    def info(self) -> EngineInfo:
        """The Engine in a verdict."""
        component = (self.version.get("Components") or [{"Name": "Engine"}])[0]["Name"]
        name = "Docker Engine" if component == "Engine" else component
        number = str(self.version["Version"]).split("+")[0]
        return EngineInfo(self.connection.kind, f"{name} {number}", str(self.version["ApiVersion"]))

    @property
    def is_podman(self) -> bool:
        """Whether Podman answers as Docker's API."""
        return "Podman" in self.info.name

    @cached_property
    def capabilities(self) -> dict[str, str]:
        """By capability: empty where the Engine has it, else one sentence that says why not."""
        podman = self.is_podman
        api = tuple(int(n) for n in self.info.api.split("."))
        local = self.about.get("OperatingSystem") != "Docker Desktop"
        release = tuple(int(n) for n in re.findall(r"\d+", self.version["Version"])[:2])
        plain = (self.about.get("RegistryConfig") or {}).get("InsecureRegistryCIDRs") or []

        def unless(problem: str, *, has: bool) -> str:
            return "" if has else problem

        plugins = {
            name: subprocess.run(["docker", name, "version"], capture_output=True, check=False).returncode == 0
            for name in ("buildx", "compose")
            if shutil.which("docker")
        }
        no_buildkit = unless("Podman's Docker API has no BuildKit.", has=not podman) or unless(
            "The docker CLI has no buildx plugin.", has=plugins.get("buildx", False)
        )
        return {
            "buildkit": no_buildkit,
            "heredoc": no_buildkit
            or unless("Its BuildKit is older than Engine 23 and knows no heredocs.", has=api >= (1, 42)),
            "compose": unless("The docker CLI has no Compose plugin.", has=plugins.get("compose", False)),
            "memory-limit": unless("It cannot limit memory.", has=bool(self.about.get("MemoryLimit"))),
            "swap-limit": unless("It cannot limit swap.", has=bool(self.about.get("SwapLimit"))),
            "cpu-limit": unless("It cannot limit CPU time.", has=bool(self.about.get("CpuCfsQuota"))),
            "pids-limit": unless("It cannot limit the number of processes.", has=bool(self.about.get("PidsLimit"))),
            "same-kernel": unless("Docker Desktop runs its Engine in a virtual machine.", has=local),
            "oom-killed": unless(
                "Podman before 5.0 does not tell that a container was ended for its memory.",
                has=not podman or release >= (5, 0),
            ),
            "stop-grace": unless(
                "Podman before 4.7 leaves a container no time to end at `docker stop`.",
                has=not podman or release >= (4, 7),
            ),
            "chosen-port": unless("Podman does not tell a port that was asked for from a chosen one.", has=not podman),
            "health-checks": unless(
                "Podman leaves health checks to systemd, and its Docker API does not show those of an image.",
                has=not podman,
            ),
            "local-registry": unless(
                "It wants HTTPS of a registry on its own machine, which has none.", has="127.0.0.0/8" in plain
            ),
            "swarm": unless("Podman has no Swarm.", has=not podman),
            "real-time": unless(
                "Its processor is emulated, so that everything takes longer.",
                has=f"{MACHINE_LABEL}=tcg" not in (self.about.get("Labels") or []),
            ),
        }

    @cached_property
    def patience(self) -> int:
        """How many times longer than usual to wait, so that slowness of the Engine is no mistake of the learner."""
        return SLOW if self.capabilities["real-time"] else 1

    def require(self, capabilities: Sequence[str]) -> None:
        """Raise NotSupportedError, saying why, for the first capability the Engine lacks."""
        for capability in capabilities:
            if problem := self.capabilities[capability]:
                raise NotSupportedError(
                    f"This exercise is not supported on this Engine ({self.info.name}). {problem}",
                    "`drydock doctor` says what can be mended.",
                )

    # Looking

    def container(self, name: str) -> Container:
        """The container of this name or id; fails, listing what is there, where there is none."""
        try:
            return Container(self, self.client.containers.get(name))
        except docker.errors.NotFound:
            listed = self.docker("ps", "--all", "--format", "{{.Names}}\t{{.Image}}\t{{.Status}}")
            raise Failed(f"There is no container called `{name}`.", evidence=listed.evidence) from None

    def containers(self, **filters: str | list[str]) -> list[Container]:
        """All containers that match the filters of `docker ps --all --filter`."""
        found = self.client.containers.list(all=True, filters=dict(filters), ignore_removed=True)
        return [Container(self, container) for container in found]

    def has_container(self, name: str) -> bool:
        """Whether there is a container of this name."""
        try:
            self.client.api.inspect_container(name)
        except docker.errors.NotFound:
            return False
        return True

    def image(self, reference: str) -> Image:
        """The image of this name, digest or id; fails, listing what is there, where there is none."""
        try:
            return Image(self, dict(self.client.api.inspect_image(reference)), reference)
        except docker.errors.ImageNotFound:
            listed = self.docker("images", "--format", "{{.Repository}}:{{.Tag}}")
            raise Failed(f"There is no image called `{reference}`.", evidence=listed.evidence) from None

    def original(self, reference: str) -> Image:
        """The image that a name stood for before the answer's commands ran, if they ran here."""
        return self.image(self.originals.get(reference, reference))

    def has_image(self, reference: str) -> bool:
        """Whether there is an image of this name."""
        try:
            self.client.api.inspect_image(reference)
        except docker.errors.ImageNotFound:
            return False
        return True

    def request(self, url: str, *, wait: float = 0, timeout: float = 5, method: str = "GET") -> Response:
        """An HTTP request from the Engine's machine, trying for `wait` seconds while nobody answers."""
        return self.connection.request(url, method=method, timeout=timeout * self.patience, wait=wait * self.patience)

    def wait_until(self, holds: Callable[[], bool], timeout: float, **filters: str) -> bool:
        """Whether the test holds within `timeout` seconds; looks again at each event that the filters match."""
        if holds():
            return True
        deadline = time.monotonic() + timeout * self.patience
        events = self.client.events(filters=filters or None, decode=True)
        # The stream has no time-out of its own; a test that no event announces is looked at once a second.
        stop = threading.Event()
        happened = threading.Event()

        def listen() -> None:
            with contextlib.suppress(Exception), _closed_after(events):
                for _ in events:
                    happened.set()
                    if stop.is_set():
                        return

        threading.Thread(target=listen, daemon=True, name="events").start()
        try:
            while not holds():
                left = deadline - time.monotonic()
                if left <= 0:
                    return holds()
                happened.wait(min(1.0, left))
                happened.clear()
            return True
        finally:
            stop.set()
            _end(events)

    # Doing

    def docker(
        self, *arguments: str, cwd: Path | None = None, timeout: float = 120, env: Mapping[str, str] | None = None
    ) -> Finished:
        """Run the docker CLI against this Engine."""
        started = time.monotonic()
        command = shlex.join(["docker", *arguments])
        with self._popen(["docker", *arguments], cwd, env) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                err += f"\n(stopped after {timeout:.0f} seconds)"
        return Finished(command, process.returncode, out, err, time.monotonic() - started)

    def run_script(
        self,
        folder: Path,
        script: str = "commands.sh",
        *,
        timeout: float = 180,
        environment: Mapping[str, str] | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> ScriptResult:
        """Run a script of the answer on the Engine's machine; see `Connection.run_script`."""
        return self.connection.run_script(folder, script, timeout=timeout, environment=environment, on_output=on_output)

    def build(  # noqa: PLR0913 - the options of docker build
        self,
        context: Path,
        *,
        dockerfile: str | None = None,
        target: str | None = None,
        args: Mapping[str, str] | None = None,
        secrets: Mapping[str, Path] | None = None,
        no_cache: bool = False,
        tags: Sequence[str] = (),
        timeout: float = 300,
    ) -> Build:
        """`docker build` of a folder; fails with the step, its log and its error where it does not build.

        The image has a name of this run's, and `tags` too, and goes when the Engine is closed.
        Steps come from `--progress=rawjson` of BuildKit (buildx 0.13 or newer); where there is no BuildKit, the
        classic builder builds what it can.
        """
        name = dockerfile or "Dockerfile"
        if not (context / name).is_file():
            there = ", ".join(sorted(f"`{p.name}`" for p in context.iterdir())) or "nothing"
            raise Failed(f"There is no file `{name}` to build from.", evidence=[f"The folder holds {there}."])
        options = [
            *(["--file", dockerfile] if dockerfile else []),
            *(["--target", target] if target else []),
            *(word for k, v in (args or {}).items() for word in ("--build-arg", f"{k}={v}")),
            *(word for k, v in (secrets or {}).items() for word in ("--secret", f"id={k},src={v}")),
            *(["--no-cache"] if no_cache else []),
        ]
        tag = f"{self.unique('build')}:latest"
        labels = [word for k, v in self.labels.items() for word in ("--label", f"{k}={v}")]
        names = [word for t in (tag, *tags) for word in ("--tag", t)]
        command = shlex.join(["docker", "build", "--tag", SHOWN_IMAGE, *options, "."])
        given = [*labels, *names, *options, "."]
        if self.capabilities["buildkit"] and secrets:
            self.require(["buildkit"])

        def build() -> tuple[Finished, tuple[Step, ...], tuple[str, ...]]:
            if self.capabilities["buildkit"]:
                classic = {"DOCKER_BUILDKIT": "0"}
                done = self.docker("build", "--force-rm", *given, cwd=context, timeout=timeout, env=classic)
                steps, errors = _classic_records(done)
                return replace(done, stderr=errors), steps, ()
            # Attestations would make the image an index of several, and differ from build to build.
            fixed = ["--builder", self._builder, "--load", "--provenance=false", "--progress=rawjson"]
            done = self.docker("buildx", "build", *fixed, *given, cwd=context, timeout=timeout)
            return done, *_build_records(done.stderr + done.stdout)

        done, steps, warnings = build()
        if done.exit_code and _not_started(steps):
            done, steps, warnings = build()
        if done.exit_code and (words := _not_started(steps)):
            raise DrydockError(
                f"The Engine could not start a step of the build, whatever the step is: {words}.",
                "Check again; if it stays, restart the Engine.",
            )
        if done.exit_code:
            raise _build_failure(steps, done.stderr, command)
        image = self.image(tag)
        # What the learner would call it; the name it has is gone when the verdict is read.
        image.reference = SHOWN_IMAGE
        return Build(image, steps, command, warnings)

    @cached_property
    def _builder(self) -> str:
        # The builder that belongs to the Engine itself is called like the context, "default" where DOCKER_HOST is set.
        return self.connection.environment.get("DOCKER_CONTEXT") or "default"

    def run(self, image: str | Image, *command: str, wait_healthy: bool = False, **options: Any) -> Container:
        """Start a container that ends with this run. `options` are docker-py's (ports={"80/tcp": ("127.0.0.1", 0)}).

        Fails with the Engine's own words where it cannot start (a command that is not in the image, say).
        """
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.wait_strategies import HealthcheckWaitStrategy

        # Its reaper needs an image of its own and misses builds; our labels serve instead.
        testcontainers_config.ryuk_disabled = True
        reference = image.id if isinstance(image, Image) else self.originals.get(image, image)
        labels = self.labels | dict(options.pop("labels", {}))
        named = options.pop("name", "")
        name = named or self.unique("run")
        ports = options.pop("ports", {})
        shown = _shown_run(image, command, options, ports)
        environment = dict(options.pop("environment", {}))
        # Its own client would heed REQUESTS_CA_BUNDLE. With a version given it asks nothing before ours replaces it.
        container = DockerContainer(reference, docker_client_kw={"environment": {}, "version": self.info.api})
        container.get_docker_client().client = self.client
        container.with_name(name).with_kwargs(labels=labels, **options)
        container.ports = ports
        container.env = environment
        if command:
            container.with_command(list(command))
        if wait_healthy:
            container.waiting_for(HealthcheckWaitStrategy().with_poll_interval(0.1))
        try:
            container.start()
        except (docker.errors.APIError, docker.errors.ContainerError) as error:
            if broke := _RUNTIME_BROKE.search(str(error)):
                raise DrydockError(
                    f"The Engine could not start a container, whatever it runs: {broke[0]}.",
                    "Check again; if it stays, restart the Engine.",
                ) from None
            raise Failed(
                f"A container of the image cannot start: {_start_words(error)}",
                evidence=[f"$ {shown}", _engine_words(error)],
            ) from None
        made = self.container(name)
        made.shown = "" if named else shown
        return made

    def once(self, image: str | Image, *command: str, timeout: float = 60, **options: Any) -> Finished:
        """`docker run --rm`: run to the end and give its output and exit code (124 when its time ran out).

        On a busy machine, what a short command prints can get lost: when it ends before the Engine has opened the pipe
        of its output, the Engine gives that up (task.Delete in moby's daemon/monitor.go cancels it, and dockerd's log
        says "reading from a closed fifo"). What printed nothing is therefore run a second time.
        """
        done = self._once(image, *command, timeout=timeout, **options)
        if not done.output and done.exit_code != TIMED_OUT:
            done = self._once(image, *command, timeout=timeout, **options)
        return done

    def _once(self, image: str | Image, *command: str, timeout: float, **options: Any) -> Finished:
        started = time.monotonic()
        container = self.run(image, *command, **options)
        try:
            over = container.wait_until(lambda a: a["State"]["Status"] in {"exited", "dead"}, timeout)
            code = int(container.state["ExitCode"]) if over else TIMED_OUT
            shown = container.shown or _shown_run(image, command, options, {})
            return Finished(
                shown, code, container.logs(stderr=False), container.logs(stdout=False), time.monotonic() - started
            )
        finally:
            container.remove()

    def side_by_side(self, *actions: Callable[[], object]) -> None:
        """Do several things at the same time and return when all have ended; raises what the first of them raised."""
        with ThreadPoolExecutor(len(actions), thread_name_prefix="side-by-side") as pool:
            for future in [pool.submit(action) for action in actions]:
                future.result()

    def make_image(self, base: str, script: str, *, name: str = "", changes: Sequence[str] = ()) -> Image:
        """An image for an exercise to start from: what a shell script leaves in a container of `base`, committed.

        `changes` are Dockerfile instructions, as `docker commit --change` takes them: name a CMD, or the script is it.
        Without a name the image is dangling.
        """
        original = self.originals.get(base, base)
        container = self.client.containers.create(original, ["sh", "-c", script], labels=self.labels)
        try:
            if script:
                container.start()
            code = container.wait()["StatusCode"] if script else 0
            if code:
                words = container.logs().decode(errors="replace").strip()
                raise DrydockError(
                    f"An image of this exercise could not be made from `{base}` (exit code {code}: {words}).",
                    "See that the Engine has space left, and reset the exercise.",
                )
            repository, _, tag = name.partition(":")
            made = container.commit(repository or None, tag or None, changes=list(changes))
        finally:
            container.remove(force=True, v=True)
        return self.image(name or str(made.id))

    def close(self) -> None:
        """Remove all that this run made. Never anything else."""
        if self._closed:
            return
        self._closed = True
        for child in self._children:
            if child.poll() is None:
                child.kill()
        self._folder.cleanup()
        if self.session:
            remove_labelled(self.client, f"{RUN_LABEL}={self.run_id}")

    @cached_property
    def _settings(self) -> dict[str, str]:
        """On a throwaway Engine, settings without proxies and passwords, which answers must not read."""
        if self.connection.kind == "found":
            return {}
        own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
        folder = Path(self._folder.name)
        (folder / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(own / "cli-plugins")]}))
        return {"DOCKER_CONFIG": str(folder)}

    def _popen(self, command: Sequence[str], cwd: Path | None, env: Mapping[str, str] | None) -> subprocess.Popen[str]:
        if not shutil.which("docker"):
            raise DrydockError(
                "There is no `docker` command on this machine.", "Run `drydock doctor`; it says how to get it."
            )
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=_without_docker(os.environ) | dict(self.connection.environment) | self._settings | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._children.append(process)
        return process


def remove_labelled(client: docker.DockerClient, label: str, *, of_sessions: bool = True) -> None:
    """Remove containers, networks, volumes and images that carry a label (`key` or `key=value`).

    Throwaway Engines are left to those who made them. Without `of_sessions`, what running checks made stays.
    """
    api, filters = client.api, {"label": label}

    def chosen(records: Iterable[Attributes]) -> list[Attributes]:
        spared = {ENGINE_LABEL} if of_sessions else {ENGINE_LABEL, SESSION_LABEL}
        return [record for record in records if not spared & set(record.get("Labels") or {})]

    for container in chosen(api.containers(all=True, filters=filters)):
        with contextlib.suppress(docker.errors.NotFound):
            api.remove_container(container["Id"], force=True, v=True)
    for network in chosen(api.networks(filters=filters)):
        with contextlib.suppress(docker.errors.NotFound):
            api.remove_network(network["Id"])
    for volume in chosen(api.volumes(filters=filters)["Volumes"] or []):
        with contextlib.suppress(docker.errors.NotFound):
            api.remove_volume(volume["Name"], force=True)
    for image in chosen(api.images(filters=filters)):
        for name in image.get("RepoTags") or [image["Id"]]:
            # One that a container of the learner's uses stays.
            with contextlib.suppress(docker.errors.APIError):
                api.remove_image(image["Id"] if name == "<none>:<none>" else name)


def sweep(client: docker.DockerClient) -> None:
    """Remove what runs left behind whose process is gone. Ryuk would miss builds and needs an image of its own."""
    filters = {"label": SESSION_LABEL}
    records = [
        *client.api.containers(all=True, filters=filters),
        *client.api.networks(filters=filters),
        *(client.api.volumes(filters=filters)["Volumes"] or []),
        *client.api.images(filters=filters),
    ]
    found = {(record.get("Labels") or {}).get(SESSION_LABEL, "") for record in records}
    for session in found - {""}:
        if not session_is_alive(session):
            remove_labelled(client, f"{SESSION_LABEL}={session}")


def explain(error: BaseException) -> DrydockError | None:
    """Sentences for what the Engine's client raises when the Engine goes away or refuses; None for anything else."""
    if isinstance(error, requests.exceptions.Timeout):
        return DrydockError("The Engine did not answer in time.", "See that it is not overloaded and check again.")
    if isinstance(
        error, requests.exceptions.ConnectionError | ConnectionError | docker.errors.DockerException
    ) and not (isinstance(error, docker.errors.APIError)):
        return DrydockError(
            "The Engine stopped answering during the check.", "Start it again (`drydock doctor` helps) and check again."
        )
    if isinstance(error, docker.errors.ImageNotFound):
        return DrydockError(
            f"An image that the course uses is missing: {_engine_words(error)}",
            "Run `drydock images build` and check again.",
        )
    if isinstance(error, docker.errors.APIError):
        return DrydockError(
            f"The Engine refused what the grader asked: {_engine_words(error)}",
            "Check again; if it stays, run `drydock doctor`.",
        )
    return None


def _shown_run(
    image: str | Image, command: Sequence[str], options: Mapping[str, Any], ports: Mapping[str, object]
) -> str:
    """The `docker run` that a learner types for what a grader runs."""
    entrypoint = options.get("entrypoint") or ""
    first, *rest = [entrypoint] if isinstance(entrypoint, str) else entrypoint
    environment: Mapping[str, str] = options.get("environment") or {}
    words = ["docker", "run", "--rm"]
    words += ["--entrypoint", first] if first else []
    words += [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
    words += ["--user", str(options["user"])] if options.get("user") else []
    words += [word for port in ports for word in ("--publish", f"127.0.0.1::{port.removesuffix('/tcp')}")]
    return shlex.join([*words, image.reference if isinstance(image, Image) else image, *rest, *command])


def _engine_words(error: Exception) -> str:
    words = str(getattr(error, "explanation", None) or error)
    return words.strip().rstrip(".") + "."


def _start_words(error: Exception) -> str:
    """What was wrong with the command, without the names of the programs that passed the message on."""
    words = re.sub(r"^.*(start container process: |starting container process caused: )", "", _engine_words(error))
    return words.replace(": unknown.", ".")


def _without_docker(environ: Mapping[str, str]) -> dict[str, str]:
    own = (
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_TLS_VERIFY",
        "DOCKER_CERT_PATH",
        "BUILDX_BUILDER",
        "BUILDKIT_PROGRESS",
    )
    return {k: v for k, v in environ.items() if k not in own and not k.startswith("COMPOSE_")}


def _familiar(name: str) -> str:
    """The name of an image without what Podman, or a thorough learner, writes before it."""
    return name.removeprefix("docker.io/").removeprefix("library/").removeprefix("localhost/")


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > FILE_LIMIT:
        raise Failed(f"The file `{member.name}` is too big to be looked at: {member.size >> 20:,} MB.")
    stream = archive.extractfile(member)
    return stream.read() if stream else b""


def _save(chunks: Iterable[bytes], file: IO[bytes], subject: str) -> None:
    """Write what comes from an Engine into a file, and go back to its start."""
    left = ARCHIVE_LIMIT
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise Failed(f"{subject} is too big to be looked at: more than {ARCHIVE_LIMIT >> 20:,} MB.")
        file.write(chunk)
    file.seek(0)


@contextlib.contextmanager
def _closed_after(stream: Any) -> Iterator[None]:
    """Close the connection of a stream of docker-py with the block; the stream itself ends, and keeps it open."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # over ssh, what is ended cannot be told so
            stream._response.close()  # noqa: SLF001 - docker-py keeps it there


def _end(stream: Any) -> None:
    """End a stream of docker-py that another thread reads; its own `close` fails on ssh, and where it just ends."""
    connection = stream._response.raw._connection  # noqa: SLF001
    ending = connection and connection.sock
    with contextlib.suppress(OSError):  # it has ended by itself
        if ending and hasattr(ending, "proc"):
            ending.proc.kill()
        elif ending:
            ending.shutdown(socket.SHUT_RDWR)


def _first(chunks: Iterable[bytes], limit: int) -> bytes:
    """What comes first, up to a number of bytes."""
    found: list[bytes] = []
    for chunk in chunks:
        found.append(chunk)
        limit -= len(chunk)
        if limit <= 0:
            break
    return b"".join(found)


def _archived(container: _DockerContainer, path: str) -> Iterator[tuple[str, tarfile.TarInfo, bytes]]:
    """Members of `docker cp`'s archive: absolute path, record, contents (empty for all but plain files)."""
    try:
        chunks, _ = container.get_archive(path)
    except docker.errors.NotFound:
        return
    parent = os.path.dirname(path.rstrip("/")) or "/"  # noqa: PTH120 - a path in the container
    with tempfile.SpooledTemporaryFile(SPOOLED) as saved:
        _save(chunks, saved, f"`{path}`")
        with tarfile.open(fileobj=saved) as archive:
            for member in archive:
                name = os.path.normpath(os.path.join(parent, member.name))  # noqa: PTH118 - a path in the container
                yield name, member, _content(archive, member) if member.isfile() else b""


def _exported(chunks: Iterable[Any], path: str) -> Iterator[tuple[str, tarfile.TarInfo, bytes]]:
    """The same from the archive of `docker export`, which holds everything but mounts."""
    root = path.rstrip("/")
    with tempfile.TemporaryFile() as saved:
        _save(chunks, saved, f"`{path}`")
        with tarfile.open(fileobj=saved) as archive:
            for member in archive:
                name = os.path.normpath(f"/{member.name}")
                if name == (root or "/") or name.startswith(f"{root}/"):
                    yield name, member, _content(archive, member) if member.isfile() else b""


def _when(stamp: str | None) -> float:
    return datetime.fromisoformat(re.sub(r"\.(\d{6})\d*", r".\1", stamp)).timestamp() if stamp else 0.0


def _build_records(output: str) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Steps and warnings from BuildKit's raw JSON records (moby/buildkit, client.SolveStatus)."""
    decoder = json.JSONDecoder()
    records: dict[str, Attributes] = {}
    logs: dict[str, str] = {}
    warnings: list[str] = []
    position = output.find("{")
    while position >= 0:
        try:
            status, end = decoder.raw_decode(output, position)
        except json.JSONDecodeError:
            position = output.find("{", position + 1)
            continue
        for vertex in status.get("vertexes") or []:
            records.setdefault(vertex["digest"], {}).update(vertex)
        for log in status.get("logs") or []:
            text = base64.b64decode(log.get("data", "")).decode(errors="replace")
            logs[log["vertex"]] = logs.get(log["vertex"], "") + text
        warnings += [base64.b64decode(w["short"]).decode(errors="replace") for w in status.get("warnings") or []]
        position = output.find("{", end)
    steps = []
    for digest, vertex in records.items():
        started, completed = _when(vertex.get("started")), _when(vertex.get("completed"))
        cached = bool(vertex.get("cached"))
        steps.append(
            Step(
                name=vertex.get("name", ""),
                cached=cached,
                seconds=0.0 if cached or not completed else max(0.0, completed - started),
                started=started,
                completed=completed,
                error=vertex.get("error", ""),
                log=logs.get(digest, ""),
            )
        )
    return tuple(steps), tuple(dict.fromkeys(warnings))


_CLASSIC_STEP = re.compile(r"^(?:\[\d+/\d+\] )?step \d+/\d+ ?: (.*)\n", re.IGNORECASE | re.MULTILINE)
"""How Docker's and Podman's classic builder begin a step."""


def _classic_records(done: Finished) -> tuple[tuple[Step, ...], str]:
    """Steps from what the classic builder prints, and its error as BuildKit would print it."""
    _, *parts = _CLASSIC_STEP.split(done.stdout)
    reason = done.stderr.strip().rpartition("\n")[2].removeprefix("Error response from daemon: ")
    # Podman repeats the step and names a folder of its own.
    reason = reason.removeprefix(f'building at STEP "{" ".join(parts[-2].split())}": ' if parts else "")
    reason = re.sub(r'^checking on sources under "[^"]*": copier: ', "", reason)
    code = re.search(r"(?:exit status|non-zero code:) (\d+)$", reason)
    error = (f"exit code: {code[1]}" if code else reason) if done.exit_code else ""
    unknown = float("nan")
    steps = []
    for number, (name, log) in enumerate(zip(parts[::2], parts[1::2], strict=True), 1):
        cached = "> Using cache" in log
        printed = re.sub(r"^ *--+> .*\n|\x1b\[\d+m", "", log, flags=re.MULTILINE)
        seconds = 0.0 if cached else unknown
        last = number == len(parts) // 2
        steps.append(Step(name, cached, seconds, unknown, unknown, error if last else "", printed))
    return tuple(steps), f"ERROR: {reason}" if error else ""


_CACHE_KEY = re.compile(r"failed to (compute cache key|calculate checksum of ref \S+): ")
"""What BuildKit says before it names the file that is missing."""


_RUNTIME_BROKE = re.compile(
    r"unable to start container process: "
    r"(?:waiting for init preliminary setup|can't copy bootstrap data|can't get final child's PID)[^\n]*"
)
"""What runc says where its own first process ended early (runc, libcontainer/process_linux.go)."""


def _not_started(steps: Iterable[Step]) -> str:
    """What the runtime said if it broke before it came to what a step runs, else nothing."""
    found = [words for step in steps if step.error and (words := _RUNTIME_BROKE.search(step.log))]
    return found[0][0] if found else ""


def _build_failure(steps: Sequence[Step], stderr: str, command: str) -> Failed:
    broken = next((s for s in steps if s.error and "context canceled" not in s.error), None)
    last = next((line for line in reversed(stderr.strip().splitlines()) if line.startswith("ERROR")), "")
    reason = last.removeprefix("ERROR: ").removeprefix("failed to solve: ")
    if broken and not broken.name.startswith("[internal]"):
        log = broken.log.strip().splitlines()[-SHOWN_LINES:]
        code = re.search(r"exit code: (\d+)$", broken.error)
        why = f"ends with exit code {code[1]}" if code else f"fails: {_CACHE_KEY.sub('', broken.error)}"
        return Failed(
            f"The image does not build: step `{broken.instruction}` {why}.",
            evidence=[f"$ {command}", *log, _CACHE_KEY.sub("", last)],
        )
    return Failed(
        f"The image does not build: {reason or (broken.error if broken else 'no reason was given')}.",
        evidence=[f"$ {command}", last],
    )
