"""Containers on the Engine: looking at them, asking them, starting and ending them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import threading
import time
from dataclasses import replace
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self

import docker.errors
import requests.exceptions
from docker.types import EndpointConfig

from environment.engines.frames import STDERR, frames
from environment.engines.script import TIMED_OUT
from graders.engine import addresses, disguises, events, files, images, mounts, twins
from graders.engine.cleaning import REMOVAL_SECONDS
from graders.engine.images import Image
from graders.engine.owned import PROJECT_LABEL, SERVICE_LABEL
from graders.engine.run import OWN
from graders.engine.words import (
    SHOWN_CONTAINER,
    SHOWN_LINES,
    Attributes,
    Finished,
    Settings,
    decoded,
    engine_words,
    environment,
    familiar,
    loopback,
    runtime_broke,
    shown_run,
    start_words,
    when,
)
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from docker.models.containers import Container as DockerContainer

    from environment.engines import Response
    from graders.engine.addresses import Address
    from graders.engine.mounts import Mount
    from graders.engine.run import Run

NO_SETTINGS = {"DOCKER_HOST": ""}
"""Variables for docker-py, which takes this process's where there are none."""
PROBE_IMAGE = "busybox:1.37"
"""The course image that looks into other containers' networks."""
HEALTH = (
    "status {{.State.Health.Status}}{{range .State.Health.Log}}{{println}}exit code {{.ExitCode}}: {{.Output}}{{end}}"
)
EXEC_SECONDS = 20
"""For how long what a check runs in a container may run, if the check says nothing."""
TRIES = 3
"""How often a container is run that prints nothing: with forty processes for two cores, one of 150 loses its words."""
MOST_LINKS = 8
ATTEMPT_SECONDS = 5
REQUEST_INSIDE = """
until timeout {attempt} wget -q -O /tmp/body {url} 2>/tmp/said; do
    if [ $(date +%s) -ge $end ]; then
        [ -s /tmp/said ] || echo 'wget: no answer within {attempt} seconds' >/tmp/said
        cat /tmp/said >&2
        exit 1
    fi
    usleep 200000
done
cat /tmp/body
"""
"""Asks until `$end`, and says of the attempts that failed what the last one said."""


class Container:
    """A container on the Engine; every look is a fresh one."""

    def __init__(self, run: Run, container: DockerContainer, shown: str = "") -> None:
        self._run = run
        self._docker = container
        self.shown = shown
        """The `docker run` that makes another like it, where it is the grader's own and its name says nothing."""

    @property
    def id(self) -> str:
        """The full id."""
        return str(self._docker.id)

    @property
    def name(self) -> str:
        """Its name without the slash."""
        return str(self._docker.name)

    @property
    def known(self) -> str:
        """The name by which a learner knows it: its own, or that of the service of Compose that a check brought up."""
        if self.shown:
            return SHOWN_CONTAINER
        labels = self._docker.labels
        is_ours = str(labels.get(PROJECT_LABEL, "")).startswith(OWN)
        return str(labels[SERVICE_LABEL]) if is_ours and SERVICE_LABEL in labels else self.name

    @property
    def called(self) -> str:
        """How evidence calls it: by its name, or as a learner might call one that the grader made."""
        of_service = f"$(docker compose ps --all --quiet {shlex.quote(self.known)})"
        return self.known if self.shown or self.known == self.name else of_service

    @property
    def subject(self) -> str:
        """The beginning of a sentence about it."""
        return "A container of the image" if self.shown else f"`{self.known}`"

    def typed(self, *words: str) -> str:
        """A command for a learner's shell, in which one word may be what this container is called."""
        return " ".join(word if word == self.called else shlex.quote(word) for word in words)

    @property
    def attributes(self) -> Attributes:
        """What `docker inspect` prints, now, with the image's name as Docker writes it."""
        with self._there():
            self._docker.reload()
        attributes = dict(self._docker.attrs)
        attributes["Config"]["Image"] = familiar(attributes["Config"]["Image"])
        return attributes

    @contextlib.contextmanager
    def _there(self) -> Iterator[None]:
        """See that what is gone meanwhile, as with `--rm`, fails with a sentence."""
        try:
            yield
        except docker.errors.NotFound:
            raise Failed(
                f"{self.subject} was removed while it was looked at.",
                hint="With `--rm` a container is removed as soon as it ends.",
            ) from None

    @property
    def state(self) -> Attributes:
        """State of `docker inspect`: Status, Running, ExitCode, OOMKilled, Error, StartedAt, Pid, Health …."""
        return dict(self.attributes["State"])

    @property
    def started(self) -> float:
        """When it last started, in seconds since 1970; 0 where it never did."""
        return max(0.0, when(self.state["StartedAt"]))

    @property
    def finished(self) -> float:
        """When it last ended, in seconds since 1970, kept after a new start; 0 where it never ended."""
        return max(0.0, when(self.state["FinishedAt"]))

    @property
    def config(self) -> Attributes:
        """Config of `docker inspect`; None for what it leaves out."""
        return Settings(self.attributes["Config"])

    @property
    def host_config(self) -> Attributes:
        """HostConfig of `docker inspect`: limits, restart policy, published ports as asked for; None for the rest."""
        return Settings(self.attributes["HostConfig"])

    @property
    def env(self) -> dict[str, str]:
        """Environment variables it was made with, the image's included."""
        return environment(self.config)

    @property
    def address(self) -> str:
        """Its address on the network that it joined first; empty where it does not run."""
        networks = self.attributes["NetworkSettings"]["Networks"].values()
        return str(next((network["IPAddress"] for network in networks), ""))

    @property
    def addresses(self) -> dict[str, Address]:
        """What it has in each of its networks, by their names."""
        return addresses.addresses(self.attributes)

    @property
    def mounts(self) -> list[Mount]:
        """What is mounted in it, by path: volumes, folders and files of the host, memory."""
        return mounts.mounts(self.attributes)

    def mount(self, path: str) -> Mount | None:
        """What is mounted at a path or, the nearest, above it; None where the path is in the container's own layer."""
        return mounts.covering(self.mounts, path)

    def mount_evidence(self) -> list[str]:
        """`docker inspect` with what is mounted where, for a verdict; the Engine tells it in any order."""
        command, *told = self.evidence(mounts.MOUNTS)
        return [command, *sorted(told, key=lambda line: line.rpartition(" at ")[2])]

    @property
    def image(self) -> Image:
        """The image it was made from."""
        return images.find(self._run, str(self.attributes["Image"]))

    def made_from(self, reference: str) -> bool:
        """Whether it was made from what a name stood for before the answer's commands.

        On the learner's own Engine the name may have moved since; there the name that it was made from counts too.
        """
        if self.attributes["Image"] == images.original(self._run, reference).id:
            return True
        return reference not in self._run.originals and bool(self.config["Image"] == reference)

    def from_image(self, reference: str) -> Self:
        """This container; fails, naming its image, where that is not what a name stood for before the commands."""
        if not self.made_from(reference):
            raise Failed(
                f"`{self.known}` was made from `{self.config['Image']}`, not from `{reference}`.",
                evidence=self.evidence("{{.Config.Image}}"),
            )
        return self

    def of(self, image: Image) -> Self:
        """This container; fails, showing both ids, where it was made from any other image than this."""
        if not self.image.same_as(image):
            made_from = self.config["Image"]
            raise Failed(
                f"`{self.known}` was made from `{made_from}`, which is not the image `{image.reference}` of now.",
                hint="A container keeps the image it was made from. After a new build, make a new container.",
                evidence=[*self.evidence("{{.Image}}"), *image.evidence("{{.Id}}")],
            )
        return self

    @property
    def health(self) -> str:
        """What its health check says: `starting`, `healthy`, `unhealthy`, or `none` where it has no check."""
        return str((self.state.get("Health") or {}).get("Status") or "none")

    @property
    def probes(self) -> list[Attributes]:
        """The last runs of its health check, the newest one last: ExitCode, Output, Start, End."""
        return list((self.state.get("Health") or {}).get("Log") or [])

    @property
    def first_process(self) -> str:
        """The command line of its process 1, which gets the signal of `docker stop`."""
        return self.exec("cat", "/proc/1/cmdline", user="0").stdout.replace("\0", " ").strip()

    @property
    def first_user(self) -> int:
        """The number of the user as whom its process 1 acts (its effective user)."""
        status = self.exec("cat", "/proc/1/status", user="0").stdout
        found = re.search(r"^Uid:\s+\d+\s+(\d+)", status, re.MULTILINE)
        if not found:
            raise Failed(f"{self.subject} has ended before it could be looked at.", evidence=self.log_evidence())
        return int(found[1])

    def was_attached(self) -> bool:
        """Whether a terminal held on to it just now, as `docker run` without `--detach` does; the Engine forgets."""
        filters = {"container": self.id, "event": "attach"}
        seen = self._run.client.events(since=0, until=int(time.time()) + 1, filters=filters)
        with contextlib.closing(seen):
            return any(True for _ in seen)

    def running(self) -> Self:
        """This container; fails, saying how it ended, where it does not run."""
        state = self.state
        if state["Running"] and not state.get("Paused") and not state.get("Restarting"):
            return self
        ended = {"exited": f"exited with code {state['ExitCode']}", "created": "was created, but never started"}.get(
            state["Status"], f"is {state['Status']}"
        )
        why = f" ({state['Error']})" if state.get("Error") else ""
        inspected = [] if self.shown else self.evidence("{{.State.Status}} {{.State.ExitCode}}")
        raise Failed(f"{self.subject} is not running: it {ended}{why}.", evidence=[*inspected, *self.log_evidence()])

    def evidence(self, template: str) -> list[str]:
        """`docker inspect --format TEMPLATE` and what it prints, for a verdict."""
        command = ["docker", "inspect", "--format", template]
        return replace(self._run.docker(*command[1:], self.id), command=self.typed(*command, self.called)).evidence

    def health_evidence(self) -> list[str]:
        """The state of its health check, with the end of what the last two probes said, for a verdict."""
        shown = [f"$ docker inspect --format '{HEALTH}' {self.called}", f"status {self.health}"]
        for probe in self.probes[-2:]:
            said = str(probe["Output"]).strip().splitlines() or [""]
            cut = "… " if len(said) > 1 else ""
            shown.append(f"exit code {probe['ExitCode']}: {cut}{said[-1][:200]}".rstrip())
        return shown

    def port_evidence(self) -> list[str]:
        """`docker port` and what it prints, for a verdict."""
        return replace(self._run.docker("port", self.id), command=f"docker port {self.called}").evidence

    def log_evidence(self) -> list[str]:
        """`docker logs` and its last lines, for a verdict."""
        command = self.shown or f"docker logs {self.called}"
        # What a program printed before it answered, the Engine writes down a moment later.
        if self.state["Running"]:
            self.wait_log("\n", timeout=1)
        return [f"$ {command}", *self.logs().strip().splitlines()[-SHOWN_LINES:]]

    def logs(self, *, stdout: bool = True, stderr: bool = True, timestamps: bool = False) -> str:
        """What its main process printed."""
        with self._there():
            said = self._docker.logs(stdout=stdout, stderr=stderr, timestamps=timestamps, stream=True, follow=False)
        with events.closed_after(said):
            return files.first(said, files.LOG_LIMIT).decode(errors="replace")

    def exec(self, *command: str, user: str = "", workdir: str | None = None, timeout: float | None = None) -> Finished:
        """Run a command in the running container; fails after 20 seconds. After `timeout`, its exit code is 124."""
        started = time.monotonic()
        shown = self.typed("docker", "exec", *(["-u", user] if user else []), self.called, *command)
        api = self._run.client.api
        try:
            with self._there():
                made = api.exec_create(self.id, list(command), user=user, workdir=workdir)["Id"]
                connection = api.exec_start(made, socket=True)
        except docker.errors.APIError as error:
            if error.status_code == HTTPStatus.CONFLICT:
                self.running()  # says why it is not
            raise
        late = threading.Event()
        limit = self._run.pace.limit(EXEC_SECONDS if timeout is None else timeout)

        def give_up() -> None:
            late.set()
            events.end(connection)

        out: list[bytes] = []
        err: list[bytes] = []
        size = 0
        with contextlib.closing(frames(api, connection)) as said, limit.alarm(give_up):
            for stream, data in said:
                (err if stream == STDERR else out).append(data)
                size += len(data)
                if size > files.LOG_LIMIT:
                    self._end_exec(made)
                    raise Failed(
                        f"`{shown}` prints without end.", evidence=[f"$ {shown} | head -c {files.LOG_LIMIT} | wc -c"]
                    )
        if late.is_set():
            self._end_exec(made)
            if timeout is None:
                raise Failed(f"`{shown}` had not ended after {limit.given:.0f} seconds.")
            err.append(f"(stopped after {limit.given:.0f} seconds)\n".encode())
        code = TIMED_OUT if late.is_set() else api.exec_inspect(made)["ExitCode"]
        return Finished(shown, code, decoded(b"".join(out)), decoded(b"".join(err)), time.monotonic() - started)

    def look(self, *command: str) -> Finished:
        """What a command says to its own user, or else to root, who without capabilities may see less than the user."""
        done = self.exec(*command)
        return self.exec(*command, user="0") if done.exit_code else done

    def _end_exec(self, made: str) -> None:
        """End what was run in the container, which stays there when nobody listens to it any more."""
        with contextlib.suppress(docker.errors.NotFound):
            found = self._run.client.api.exec_inspect(made)
            if found["Running"] and found["Pid"]:
                self._signal("KILL", [str(found["Pid"])])

    def _signal(self, signal: str, processes: list[str]) -> None:
        """Signal processes by the numbers that the Engine's machine gives them, whatever programs the container has."""
        once(self._run, PROBE_IMAGE, "kill", f"-{signal}", *processes, again=False, pid_mode="host")

    def diff(self) -> list[str]:
        """Lines of `docker diff`, by path: `A /new`, `C /changed`, `D /deleted`."""
        with self._there():
            changes: Any = self._docker.diff() or []
        return [f"{'CAD'[change['Kind']]} {change['Path']}" for change in sorted(changes, key=lambda c: c["Path"])]

    def read(self, path: str) -> bytes | None:
        """Contents of one file in the container, running or not, behind links too; None where it is absent."""
        for _ in range(MOST_LINKS):
            found = next(
                ((m, content) for name, m, content in files.archived(self._docker, path) if name == path), None
            )
            if not found or not found[0].issym():
                return found[1] if found and found[0].isfile() else None
            path = os.path.normpath(os.path.join(os.path.dirname(path), found[0].linkname))  # noqa: PTH118, PTH120 - a path in the container
        return None

    def entry(self, path: str) -> tarfile.TarInfo | None:
        """Mode, owner and kind of one file or folder in the container, running or not; None where it is absent."""
        return files.entry(self._docker, path)

    def text(self, path: str) -> str | None:
        """The same as text."""
        found = self.read(path)
        return None if found is None else decoded(found)

    def put(self, contents: Mapping[str, bytes]) -> None:
        """Write files, by absolute path, into the container; folders above them are made."""
        paths = [path.lstrip("/") for path in contents]
        folders = sorted({str(folder) for path in paths for folder in PurePosixPath(path).parents} - {"."})
        now = int(time.time())
        members: list[tuple[str, bytes | None, int]] = [(folder, None, now) for folder in folders]
        members += [(path, content, now) for path, content in zip(paths, contents.values(), strict=True)]
        with self._there():
            self._docker.put_archive("/", files.pack(members))

    def published(self, port: int | str = 80) -> list[tuple[str, int]]:
        """Addresses and ports of the host that reach this port, as (address, port)."""
        key = port if isinstance(port, str) else f"{port}/tcp"
        bound = self._ports.get(key) or []
        return [(b["HostIp"] or "0.0.0.0", int(b["HostPort"])) for b in bound]  # noqa: S104 - what Docker means by none

    @property
    def published_ports(self) -> list[str]:
        """Its ports that are published, such as `80/tcp`."""
        return [port for port, bound in self._ports.items() if bound]

    @property
    def _ports(self) -> Attributes:
        return dict(self.attributes["NetworkSettings"].get("Ports") or {})

    def url(self, path: str = "/", *, port: int = 80) -> str:
        """Where its published port is reached on the Engine's machine; fails where it does not run or publish it."""
        bound = self.running().published(port)
        if not bound:
            self.running()  # one that has ended meanwhile publishes nothing either
            raise Failed(f"{self.subject} does not publish port {port}.", evidence=self.port_evidence())
        address, number = next((b for b in bound if ":" not in b[0]), bound[0])
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - what Docker prints
        return f"http://{f'[{host}]' if ':' in host else host}:{number}{path}"

    def request(self, path: str = "/", *, port: int = 80, wait: float = 10, method: str = "GET") -> Response:
        """Ask through the published port, from the Engine's machine, trying for `wait` seconds while nobody answers.

        Fails where the container does not run, or ends before it answers.
        """
        url = self.url(path, port=port)
        limit = self._run.pace.limit(wait)
        while True:
            # Asked in short turns, for a container that has ended will not answer any more.
            response = self._run.request(url, wait=min(1, limit.left()), method=method)
            if response.status:
                return response
            self.running()
            if not limit.left():
                return response

    def page(self, path: str = "/", *, port: int = 80, wait: float = 10) -> str:
        """The body of the answer through the published port; fails where none comes, or its status is not 200."""
        response = self.request(path, port=port, wait=wait)
        if response.status != HTTPStatus.OK:
            of = "a container of the image" if self.shown else f"`{self.known}`"
            raise Failed(f"Port {port} of {of} {response.seen}.", evidence=self.log_evidence())
        return response.body

    def request_inside(self, path: str = "/", *, port: int = 80, seconds: int = 10) -> Finished:
        """Ask on 127.0.0.1 in the container's own network, published or not; stdout is the body."""
        seconds = round(seconds * self._run.pace.known)
        attempt = max(1, min(ATTEMPT_SECONDS, seconds))
        url = shlex.quote(f"http://127.0.0.1:{port}{path}")
        script = f"end=$(($(date +%s) + {seconds}))" + REQUEST_INSIDE.format(attempt=attempt, url=url)
        limit = seconds + 2 * attempt
        network = f"container:{self.id}"
        done = once(self._run, PROBE_IMAGE, "sh", "-c", script, timeout=limit, network_mode=network)
        return replace(
            done, command=f"docker run --rm --network container:{self.called} busybox wget -qO- localhost:{port}{path}"
        )

    def stop(self, timeout: int = 10) -> float:
        """`docker stop`; returns the seconds it took."""
        started = time.monotonic()
        with self._there():
            self._docker.stop(timeout=round(timeout * self._run.patience))
        return time.monotonic() - started

    def start(self) -> None:
        """`docker start`."""
        with self._there():
            self._docker.start()

    def kill(self, signal: str = "KILL") -> None:
        """`docker kill --signal`."""
        with self._there():
            self._docker.kill(signal=signal)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """See that nothing runs in it within the block, as with `docker pause`; one that does not run stays so."""
        state = self.state
        if not state["Running"] or state["Paused"]:
            yield
            return
        self._docker.pause()
        try:
            yield
        finally:
            self._docker.unpause()

    def freeze(self) -> None:
        """Stop all its processes with SIGSTOP, from outside: they stay, hold their ports, and answer nothing."""
        with self._there():
            top: Any = self._docker.top()
        column = top["Titles"].index("PID")
        self._signal("STOP", [process[column] for process in top["Processes"]])

    def wait_until(self, holds: Callable[[Attributes], bool], timeout: float = 30) -> bool:
        """Whether the test holds for its attributes within `timeout` seconds; looks again at each event."""
        return self._run.wait_until(lambda: holds(self.attributes), timeout, container=self.id)

    def wait_log(self, text: str, timeout: float = 10) -> bool:
        """Whether it prints a line with the text within `timeout` seconds; looks at each line as it comes."""
        with self._there():
            lines = self._docker.logs(stream=True, follow=True)
        wanted, end, left = text.encode(), b"", files.LOG_LIMIT
        limit = self._run.pace.limit(timeout)
        # How the stream ends when the alarm closes it, by its transport.
        ended = contextlib.suppress(OSError, requests.exceptions.RequestException)
        with events.closed_after(lines), limit.alarm(lambda: events.end(lines)), ended:
            for piece in lines:
                end += piece
                if wanted in end:
                    return True
                end = end[-len(wanted) :]  # it may come in two pieces
                left -= len(piece)
                if left < 0:  # what prints without end is not listened to for longer
                    break
        return text in self.logs()

    def ends_within(self, timeout: float) -> bool:
        """Whether it has ended, or does within `timeout` seconds."""
        return self.wait_until(lambda a: a["State"]["Status"] in {"exited", "dead"}, timeout)

    def wait_exit(self, timeout: float = 30) -> Attributes:
        """Its state once it has ended; fails where it still runs after `timeout` seconds."""
        if not self.ends_within(timeout):
            raise Failed(f"{self.subject} still runs after {timeout:.0f} seconds.", evidence=self.log_evidence())
        return self.state

    def becomes(self, status: str, timeout: float, *, or_else: Callable[[Attributes], bool] = lambda _: False) -> bool:
        """Whether its health check says `status` within `timeout` seconds, or the test holds for its attributes."""
        return self.wait_until(
            lambda a: (a["State"].get("Health") or {}).get("Status") == status or or_else(a), timeout
        )

    def wait_healthy(self, timeout: float = 60, *, status: str = "healthy") -> None:
        """Wait for its health check to say `status`; fails, showing the last probe, where it does not in time."""
        if not self.becomes(status, timeout):
            seen = self.health if self.health != "none" else "without a health check"
            raise Failed(
                f"{self.subject} is {seen}, not {status}, after {timeout:.0f} seconds.", evidence=self.health_evidence()
            )

    def twin(self, *command: str, **host: Any) -> Container:
        """Start another like it in all that can be copied: what was written into it, its mounts, its configuration.

        It has no names or ports of the first, and is neither restarted nor removed when it ends. A `command` is run in
        place of its own; `host` are keys of HostConfig that differ. What is mounted it shares with the first.
        """
        made, shown = self.attributes, shown_run(self.config["Image"], command or self.config["Cmd"] or [], {}, {})
        image = made["Image"]
        if self.diff():
            image = self._committed()
        return self._start(made, twins.body(made, image, command, host, self._run.labels), shown)

    def twin_prints(self, text: str, **host: Any) -> bool:
        """Whether a `twin` prints a line with the text; one that prints nothing is started again, as `once` does it."""
        for _ in range(TRIES):
            twin = self.twin(**host)
            if twin.wait_log(text) or twin.logs():
                return text in twin.logs()
        return False

    def _committed(self) -> str:
        label = [f"LABEL {key}={value}" for key, value in self._run.labels.items()]
        # A pause would be seen by whoever looks at it meanwhile.
        return str(self._run.client.api.commit(self.id, changes=label, pause=False)["Id"])

    def holds(self, secret: str) -> list[str]:
        """Where the text is kept on disk with it: files of its own layer, its configuration, what it printed.

        In any form that `Image.holds` knows. What is mounted is not its own.
        """
        committed = images.find(self._run, self._committed())
        found = [name for name in committed.holds(secret, above=self.image) if name.startswith("/")]
        forms = disguises.forms(secret)
        for name, said in (("the configuration", json.dumps(self.attributes)), ("the log", self.logs())):
            found += [name] if disguises.shows(said.encode(), forms) else []
        images.untag(self._run, committed.id)
        return found

    def made_anew(
        self, *command: str, image: Image | None = None, instead: Mapping[str, str] | None = None, **host: Any
    ) -> Container:
        """Start another of the same image and options, as after `docker rm` and the same `docker run` once more.

        With an `image` it is made from that one, as an upgrade is.

        What lies in the container's layer, in its anonymous volumes or in memory it does not have; named volumes and
        the host's folders it shares with the first, but for those that have another volume `instead`, by name; no name
        means a new one. For names, ports, `command` and `host` see `twin`.
        """
        made, shown = self.attributes, shown_run(self.config["Image"], command or self.config["Cmd"] or [], {}, {})
        fresh = [m.target for m in self.mounts if m.is_anonymous]
        named = instead or {}
        made["Mounts"] = [
            m | {"Name": named.get(m.get("Name"), m.get("Name"))}
            for m in made.get("Mounts") or []
            if m["Destination"] not in fresh
        ]
        from_image = image.id if image else made["Image"]
        body = twins.body(made, from_image, command, host, self._run.labels, copy=True)
        body["Volumes"] = dict(body.get("Volumes") or {}) | {target: {} for target in fresh}
        anew = self._start(made, body, shown)
        anew.shown = f"docker logs {SHOWN_CONTAINER}"  # its `docker run` once more would meet it at what they share
        return anew

    def _start(self, made: Attributes, body: Attributes, shown: str) -> Container:
        api, name = self._run.client.api, self._run.unique("run")
        try:
            api.create_container_from_config(body, name)
            for network in twins.more_networks(made):
                api.connect_container_to_network(name, network, links=twins.links(made, network) or None)
            api.start(name)
        except docker.errors.APIError as error:
            raise _cannot_start(error, shown) from None
        twin = find(self._run, name)
        twin.shown = shown
        return twin

    def remove(self) -> None:
        """`docker rm --force --volumes`."""
        with contextlib.suppress(docker.errors.NotFound):
            self._docker.remove(force=True, v=True)


def find(run: Run, name: str) -> Container:
    """The container of this name or id; fails, listing what is there, where there is none.

    One that is being removed, as by `docker run --rm`, is waited for and counts as gone.
    """
    with contextlib.suppress(docker.errors.NotFound):
        found = run.client.containers.get(name)
        removing = found.attrs["State"]["Status"] == "removing"
        if not (removing and run.wait_until(lambda: not exists(run, str(found.id)), REMOVAL_SECONDS, container=name)):
            return Container(run, found)
    listed = run.listed("ps", "--all", "--format", "{{.Names}}\t{{.Image}}\t{{.Status}}")
    raise Failed(f"There is no container called `{name}`.", evidence=listed)


def matching(run: Run, **filters: str | list[str]) -> list[Container]:
    """All containers that match the filters of `docker ps --all --filter`."""
    found = run.client.containers.list(all=True, filters=dict(filters), ignore_removed=True)
    return [Container(run, container) for container in found]


def exists(run: Run, name: str) -> bool:
    """Whether there is a container of this name."""
    try:
        run.client.api.inspect_container(name)
    except docker.errors.NotFound:
        return False
    return True


def start(
    run: Run,
    image: str | Image,
    *command: str,
    publish: Iterable[int] = (),
    wait_healthy: bool = False,
    **options: Any,
) -> Container:
    """Start a container that ends with this run, its ports `publish` on 127.0.0.1. `options` are docker-py's.

    Beside its `network`, `aliases` are more names that it has there.
    Fails with the Engine's own words where it cannot start (a command that is not in the image, say).
    """
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import HealthcheckWaitStrategy

    # Its reaper needs an image of its own and misses builds; our labels serve instead.
    testcontainers_config.ryuk_disabled = True
    reference = image.id if isinstance(image, Image) else run.originals.get(image, image)
    labels = run.labels | dict(options.pop("labels", {}))
    named = options.pop("name", "")
    name = named or run.unique("run")
    ports = dict(loopback(port) for port in publish)
    shown = shown_run(_called(image), command, options, ports)
    variables = dict(options.pop("environment", {}))
    if aliases := options.pop("aliases", ()):
        options["networking_config"] = {options["network"]: EndpointConfig(run.about.api, aliases=list(aliases))}
    # Its own client would heed REQUESTS_CA_BUNDLE. With a version given it asks nothing before ours replaces it.
    container = DockerContainer(reference, docker_client_kw={"environment": NO_SETTINGS, "version": run.about.api})
    container.get_docker_client().client = run.client
    container.ports, container.env = ports, variables
    for source, mount in dict(options.pop("volumes", {})).items():
        container.with_volume_mapping(source, mount["bind"], mount.get("mode", "rw"))
    container.tmpfs = dict(options.pop("tmpfs", {}))
    container.with_name(name).with_kwargs(labels=labels, **options)
    if command:
        container.with_command(list(command))
    if wait_healthy:
        container.waiting_for(HealthcheckWaitStrategy().with_poll_interval(0.1))
    try:
        container.start()
    except (docker.errors.APIError, docker.errors.ContainerError) as error:
        raise _cannot_start(error, shown) from None
    made = find(run, name)
    made.shown = "" if named else shown
    return made


def _cannot_start(error: Exception, shown: str) -> Exception:
    if broke := runtime_broke(str(error)):
        return DrydockError(
            f"The Engine could not start a container, whatever it runs: {broke}.",
            "Check again; if it stays, restart the Engine.",
        )
    return Failed(
        f"A container of the image cannot start: {start_words(error)}", evidence=[f"$ {shown}", engine_words(error)]
    )


def create(run: Run, image: str, *command: str, name: str, labels: Mapping[str, str], **options: Any) -> Container:
    """A container that is made and not started, as `docker create` does it. `options` are docker-py's."""
    made = run.client.containers.create(
        run.originals.get(image, image), list(command), name=name, labels=run.labels | dict(labels), **options
    )
    return Container(run, made)


def once(
    run: Run, image: str | Image, *command: str, timeout: float = 60, again: bool = True, **options: Any
) -> Finished:
    """`docker run --rm`: run to the end and give its output and exit code (124 when its time ran out).

    On a busy machine, what a short command prints can get lost: when it ends before the Engine has opened the pipe
    of its output, the Engine gives that up (task.Delete in moby's daemon/monitor.go cancels it, and dockerd's log
    says "reading from a closed fifo"). What printed nothing is therefore run again, up to three times in all, unless
    not `again`: a command that changes something must be run once, and have its effect looked at in place of its
    output.
    """
    for _ in range(TRIES if again else 1):
        done = _once(run, image, *command, timeout=timeout, **options)
        if done.output or done.exit_code == TIMED_OUT:
            break
    return done


def _once(run: Run, image: str | Image, *command: str, timeout: float, **options: Any) -> Finished:
    started = time.monotonic()
    container = start(run, image, *command, **options)
    try:
        over = container.ends_within(timeout)
        code = int(container.state["ExitCode"]) if over else TIMED_OUT
        shown = container.shown or shown_run(_called(image), command, options, {})
        return Finished(
            shown, code, container.logs(stderr=False), container.logs(stdout=False), time.monotonic() - started
        )
    finally:
        container.remove()


def _called(image: str | Image) -> str:
    return image if isinstance(image, str) else image.reference
