"""What the Engine, the docker command and a learner call things, as text."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import docker.errors
import requests.exceptions

from graders.errors import DrydockError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Attributes = dict[str, Any]
"""What the Engine tells of one of its objects, as `docker inspect` prints it."""
SHOWN_LINES = 12
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


def familiar(name: str) -> str:
    """The name of an image without what Podman, or a thorough learner, writes before it."""
    return name.removeprefix("docker.io/").removeprefix("library/").removeprefix("localhost/")


def decoded(raw: bytes | None) -> str:
    """What a program printed, whatever bytes that was."""
    return (raw or b"").decode(errors="replace")


class Settings(Attributes):
    """What the Engine says of a configuration; from version 1.52 on, its API leaves out what is empty."""

    def __missing__(self, key: str) -> None:
        return None


def when(stamp: str | None) -> float:
    """A time of the Engine's in seconds since 1970; 0 for none."""
    return datetime.fromisoformat(re.sub(r"\.(\d{6})\d*", r".\1", stamp)).timestamp() if stamp else 0.0


def loopback(port: int | str) -> tuple[str, tuple[str, int]]:
    """How docker-py writes that a port is published on 127.0.0.1, on a number that the Engine chooses."""
    return (port if isinstance(port, str) else f"{port}/tcp"), ("127.0.0.1", 0)


def engine_words(error: Exception) -> str:
    """What the Engine said when it refused, as a sentence."""
    words = str(getattr(error, "explanation", None) or error)
    return words.strip().rstrip(".") + "."


def start_words(error: Exception) -> str:
    """What was wrong with the command, without the names of the programs that passed the message on."""
    words = re.sub(r"^.*(start container process: |starting container process caused: )", "", engine_words(error))
    return words.replace(": unknown.", ".")


def environment(config: Attributes) -> dict[str, str]:
    """The environment variables of an image's or a container's configuration."""
    return dict(item.partition("=")[::2] for item in config.get("Env") or [])


def shown_run(image: str, command: Sequence[str], options: Mapping[str, Any], ports: Mapping[str, object]) -> str:
    """The `docker run` that a learner types for what a grader runs."""
    entrypoint = options.get("entrypoint") or ""
    first, *rest = [entrypoint] if isinstance(entrypoint, str) else entrypoint
    variables: Mapping[str, str] = options.get("environment") or {}
    words = ["docker", "run", "--rm"]
    words += ["--entrypoint", first] if first else []
    words += [word for key, value in variables.items() for word in ("--env", f"{key}={value}")]
    words += ["--user", str(options["user"])] if options.get("user") else []
    words += ["--read-only"] if options.get("read_only") else []
    for source, mount in (options.get("volumes") or {}).items():
        words += ["--volume", ":".join([source, mount["bind"], *([mount["mode"]] if mount.get("mode") else [])])]
    words += [word for target in options.get("tmpfs") or {} for word in ("--tmpfs", target)]
    words += ["--network", str(options["network_mode"])] if options.get("network_mode") else []
    words += [word for port in ports for word in ("--publish", f"127.0.0.1::{port.removesuffix('/tcp')}")]
    return shlex.join([*words, image, *rest, *command])


_RUNTIME_BROKE = re.compile(
    r"unable to start container process: "
    r"(?:waiting for init preliminary setup|can't copy bootstrap data|can't get final child's PID)[^\n]*"
)
"""What runc says where its own first process ended early (runc, libcontainer/process_linux.go)."""


def runtime_broke(said: str) -> str:
    """What the runtime said if it broke before it came to the program that it was to start, else nothing."""
    found = _RUNTIME_BROKE.search(said)
    return found[0] if found else ""


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
            f"An image that the course uses is missing: {engine_words(error)}",
            "Run `drydock images build` and check again.",
        )
    if isinstance(error, docker.errors.APIError):
        return DrydockError(
            f"The Engine refused what the grader asked: {engine_words(error)}",
            "Check again; if it stays, run `drydock doctor`.",
        )
    return None
