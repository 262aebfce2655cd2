"""Ways to a Docker Engine. Each gives the same small interface, `Connection`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from environment import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import docker

Kind = Literal["found", "container", "namespace", "machine"]
KINDS: tuple[Kind, ...] = ("found", "container", "namespace", "machine")

SESSION_LABEL = "org.drydock.session"
EXERCISE_LABEL = "org.drydock.exercise"
MACHINE_LABEL = "org.drydock.machine"
"""A label of the Engine in a virtual machine: `tcg` where its processor is emulated, `kvm` where it is not."""


class EngineUnavailableError(UnavailableError):
    """No Engine can be had."""


@dataclass(frozen=True)
class ScriptResult:
    """How a script ended: exit code (124 when its time ran out), stdout and stderr as they came, seconds it took."""

    exit_code: int
    output: str
    seconds: float


@dataclass(frozen=True)
class Response:
    """An HTTP answer. `status` is 0 when no answer came; then `error` says why, as curl would."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def seen(self) -> str:
        """What came back, as the end of a sentence without its full stop."""
        return f"answers with status {self.status}" if self.status else f"does not answer: {self.error.rstrip('.')}"


class Connection(Protocol):
    """One Engine, reached one way."""

    kind: Kind
    why: str
    """One sentence: where this Engine comes from."""
    environment: Mapping[str, str]
    """What the docker CLI needs to talk to this Engine: DOCKER_HOST and, with TLS, its companions."""

    @property
    def client(self) -> docker.DockerClient:
        """The docker-py client, made on first use."""
        ...

    def run_script(
        self,
        folder: Path,
        script: str = "commands.sh",
        *,
        environment: Mapping[str, str] | None = None,
        timeout: float = 120,
        on_output: Callable[[str], None] | None = None,
    ) -> ScriptResult:
        """Run `bash <script>` in `folder` on the machine of this Engine, with `docker` set to this Engine.

        There is nothing on its standard input, and output over 4 MiB is cut. Time is in seconds.

        When the script ends, what it left in the background is killed: all processes of its session. What made itself
        a session of its own (`setsid`, a daemon) goes on, and so does a container, whatever becomes of the `docker run`
        that started it. When time is up, which is exit code 124, and on Ctrl-C, all that came from the script gets
        SIGTERM, daemons included; `docker run` passes that on to its container. What is left 3 s later is killed. (A
        system without /proc, macOS, can name the script's process group alone. Ctrl-C in a throwaway Engine's owner
        ends the script with the Engine, when that is closed.)

        Files that the script writes in the folder are in the folder afterwards. On a throwaway Engine that is a copy:
        what the script deletes there is not deleted here, and what leads out of the folder or is too big is not copied
        back, as the output says at its end. Raises EngineUnavailableError there: the Engine is gone, or the folder is
        too big or cannot be read.
        """
        ...

    def request(
        self, url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20
    ) -> Response:
        """Send an HTTP request from the machine of this Engine, where `-p 127.0.0.1:…` publishes.

        `timeout` is for one answer, `wait` for how long to try again while nobody answers, both in seconds;
        `limit` is in bytes of body. Redirects are not followed.
        """
        ...

    def close(self) -> None:
        """Give back what was made for this connection; a throwaway Engine ends here."""
        ...
