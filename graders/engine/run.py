"""One run of a grader on an Engine: the ground on which its words for images, containers and the rest stand."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors

from environment.engines import EXERCISE_LABEL, SESSION_LABEL
from environment.engines.scratch import scratch_folder
from graders.engine import events
from graders.engine.capabilities import About, Capabilities
from graders.engine.cleaning import RUN_LABEL, remove_labelled
from graders.engine.owned import PROJECT_LABEL
from graders.engine.pace import Limit, Pace
from graders.engine.words import Finished
from graders.errors import DrydockError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from environment.engines import Connection, Response

OWN = "drydock-"
"""How the names begin of what runs make."""
IDLE_IMAGE = "busybox:1.37"
SLOW = 4
"""An emulated processor takes about so many times as long, beside other work."""
SETTINGS = ("DOCKER_", "BUILDX_", "BUILDKIT_", "COMPOSE_")
"""How the variables of this process begin that change what the docker command and its plugins do."""
PASSWORDS = ("auths", "credsStore", "credHelpers", "HttpHeaders")
"""What config.json of docker says of registries that want to know who asks."""


@dataclass
class Run:
    """What all words for Docker's objects share. All that is made here is labelled, and gone when it is closed."""

    connection: Connection
    exercise: str
    session: str
    originals: dict[str, str] = field(default_factory=dict)
    """Images that names stood for before an answer's commands ran: what a grader runs is made from these."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    """What makes names of this run unique."""
    nameless: set[str] = field(default_factory=set)
    """Volumes that the Engine made for containers of this run, which carry no label: they go with it, too."""
    projects: set[str] = field(default_factory=set)
    """Compose projects that a learner's script made for this run, without its label: they go with it, too."""
    _children: list[subprocess.Popen[str]] = field(default_factory=list, repr=False)
    _closed: bool = False
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)
    _folder: tempfile.TemporaryDirectory[str] = field(default_factory=scratch_folder, repr=False)

    @property
    def client(self) -> docker.DockerClient:
        """The docker-py client of the Engine."""
        return self.connection.client

    @property
    def labels(self) -> dict[str, str]:
        """Labels on everything this run makes; without a session it outlives the run and belongs to the exercise."""
        session = {SESSION_LABEL: self.session, RUN_LABEL: self.id} if self.session else {}
        return session | {EXERCISE_LABEL: self.exercise}

    def unique(self, name: str) -> str:
        """A name for something of this run that no other run has."""
        return f"{OWN}{name}-{self.id}-{next(self._numbers)}"

    def scratch(self) -> Path:
        """A new folder of this run's, gone with it."""
        return Path(tempfile.mkdtemp(dir=self._folder.name)).resolve()

    @cached_property
    def about(self) -> About:
        """What the Engine says of itself."""
        return About(self.client)

    @cached_property
    def capabilities(self) -> Capabilities:
        """By capability: empty where the Engine has it, else one sentence that says why not."""
        return Capabilities(self.about)

    @cached_property
    def pace(self) -> Pace:
        """How fast the Engine is."""
        return Pace(self._do_nothing, SLOW if self.capabilities["real-time"] else 1)

    @property
    def patience(self) -> float:
        """How many times longer than usual to wait now, so that slowness of the Engine is no mistake of the learner.

        Raises DrydockError where the Engine is too slow for a verdict.
        """
        return self.pace.now()

    def _do_nothing(self) -> float:
        image, began = self.originals.get(IDLE_IMAGE, IDLE_IMAGE), time.monotonic()
        try:
            container = self.client.containers.create(image, ["true"], labels=self.labels, network_mode="none")
        except docker.errors.ImageNotFound:  # no container of the course can be slow here
            return 0.0
        try:
            container.start()
            container.wait()
        finally:
            container.remove(force=True)
        return time.monotonic() - began

    def require(self, capabilities: Sequence[str]) -> None:
        """Raise NotSupportedError, saying why, for the first capability the Engine lacks."""
        for capability in capabilities:
            if problem := self.capabilities[capability]:
                raise NotSupportedError(
                    f"This exercise is not supported on this Engine ({self.about.name}). {problem}",
                    "`drydock doctor` says what can be mended.",
                )

    def request(self, url: str, *, wait: float = 0, timeout: float = 5, method: str = "GET") -> Response:
        """An HTTP request from the Engine's machine, trying for `wait` seconds while nobody answers."""
        patience = self.pace.known
        while True:
            began, least = time.monotonic(), min(timeout, wait or timeout) * patience
            response = self.connection.request(url, method=method, timeout=timeout * patience, wait=wait * patience)
            if response.status or time.monotonic() - began < least:
                return response
            before, patience = patience, self.pace.now()
            if patience <= before:
                return response

    def wait_until(self, holds: Callable[[], bool], timeout: float, **filters: str) -> bool:
        """Whether the test holds within `timeout` seconds; looks again at each event that the filters match."""
        return events.wait_until(self.client, holds, self.pace.limit(timeout).left, filters)

    def docker(
        self, *arguments: str, cwd: Path | None = None, timeout: float = 120, env: Mapping[str, str] | None = None
    ) -> Finished:
        """Run the docker CLI against this Engine, for at most `timeout` seconds."""
        started = time.monotonic()
        command = shlex.join(["docker", *arguments])
        limit = self.pace.limit(timeout)
        with self._popen(["docker", *arguments], cwd, env) as process:
            try:
                out, err = _communicate(process, limit)
            except BaseException as error:
                _end(process)
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                out, err = process.communicate()
                err += f"\n(stopped after {limit.given:.0f} seconds)"
        return Finished(command, process.returncode, out, err, time.monotonic() - started)

    def listed(self, *arguments: str) -> list[str]:
        """A list of the docker CLI for a verdict, without what runs of graders made, which is gone when it is read."""
        done = self.docker(*arguments)
        theirs = [line for line in done.stdout.splitlines() if not line.startswith(OWN)]
        return replace(done, stdout="\n".join(theirs)).evidence

    def close(self) -> None:
        """Remove all that this run made. Never anything else."""
        if self._closed:
            return
        self._closed = True
        for child in self._children:
            if child.poll() is None:
                _end(child)
        self._folder.cleanup()
        if self.session:
            remove_labelled(self.client, f"{RUN_LABEL}={self.id}")
        for project in self.projects:
            remove_labelled(self.client, f"{PROJECT_LABEL}={project}")
        for volume in self.nameless:
            with contextlib.suppress(docker.errors.APIError):  # most went with their containers
                self.client.api.remove_volume(volume, force=True)

    @cached_property
    def _settings(self) -> dict[str, str]:
        """A folder of settings of its own: none of the learner's that changes what docker does, and no proxies.

        Passwords of registries are taken over on the learner's Engine alone, for answers must not read them.
        """
        own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
        settings: dict[str, object] = {"cliPluginsExtraDirs": [str(own / "cli-plugins")]}
        if self.connection.kind == "found":
            with contextlib.suppress(OSError, ValueError):  # doctor names a file that cannot be read
                theirs = json.loads((own / "config.json").read_text(encoding="utf-8"))
                settings |= {key: theirs[key] for key in PASSWORDS if key in theirs}
        folder = Path(self._folder.name)
        (folder / "config.json").write_text(json.dumps(settings))
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
            # Its plugins are processes of their own, and hold the pipes: they are ended together.
            start_new_session=True,
        )
        self._children.append(process)
        return process


def _communicate(process: subprocess.Popen[str], limit: Limit) -> tuple[str, str]:
    """Give what a process prints; raises TimeoutExpired when its time is up."""
    while True:
        try:
            return process.communicate(timeout=limit.left())
        except subprocess.TimeoutExpired:
            if not limit.left():
                raise


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _without_docker(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environ.items() if not key.startswith(SETTINGS)}
