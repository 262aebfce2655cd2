"""What the kinds of throwaway Engine have in common. Each kind adds how it starts, and how bytes get to it and back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from environment.engines import EngineUnavailableError, ScriptResult
from environment.engines.client import naming_no_engine
from environment.engines.files import pack, unpack
from environment.engines.output import Output

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import docker

    from environment.engines import Kind, Response

SCRIPT = ("/usr/bin/python3", "-I", "-S", "/usr/local/lib/drydock/script.py")
"""How a script is run on each of these Engines; its time limit and its path follow."""
CALL_SECONDS = 600


class Throwaway(ABC):
    """An Engine that was made for one run. `close` removes it with all that was made on it."""

    kind: Kind
    name: str
    """What it is called where it runs."""
    why: str
    environment: Mapping[str, str]
    client: docker.DockerClient
    grace = 15
    """Seconds after the end of its time that a script's program may take to end."""

    @abstractmethod
    def _send(self, archive: bytes) -> None:
        """Unpack a tar archive at the root of the Engine's machine."""

    @abstractmethod
    def _run(
        self,
        command: Sequence[str],
        take: Callable[[bytes], None],
        *,
        folder: str,
        variables: Mapping[str, str],
        seconds: float,
    ) -> int:
        """Run a command there, give its output to `take` as it comes, and return its exit code.

        The command limits its own time. Where even that fails, the Engine is ended after so many seconds.
        """

    @abstractmethod
    def _fetch(self, folder: Path) -> AbstractContextManager[Iterable[bytes]]:
        """Give a tar archive of a folder there, whose names begin with the folder's own."""

    @abstractmethod
    def request(
        self, url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20
    ) -> Response:
        """Send an HTTP request from the Engine's machine; see `Connection.request`."""

    @abstractmethod
    def close(self) -> None:
        """End the Engine and remove all that was made on it; it may be gone already."""

    def run_script(
        self,
        folder: Path,
        script: str = "commands.sh",
        *,
        environment: Mapping[str, str] | None = None,
        timeout: float = 120,
        on_output: Callable[[str], None] | None = None,
    ) -> ScriptResult:
        """Run a script on the Engine's machine, in a copy of `folder` that has the same path; see `Connection`."""
        folder = folder.resolve()
        archive = pack(folder)
        started = time.monotonic()
        self._send(archive)
        output = Output(on_output)
        command = [*SCRIPT, str(timeout), script]
        code = self._run(
            command,
            output.take,
            folder=str(folder),
            variables=naming_no_engine(environment),
            seconds=timeout + self.grace,
        )
        output.take(b"", final=True)
        with self._fetch(folder) as pieces:
            for sentence in unpack(pieces, folder):
                output.say(f"{sentence}\n")
        return ScriptResult(code, output.text, time.monotonic() - started)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _gone(self, reason: object) -> EngineUnavailableError:
        said = str(reason).rstrip(".")
        return EngineUnavailableError(
            f"The throwaway Engine {self.name} is gone, or no longer answers: {said}.", "Run it again."
        )

    @contextlib.contextmanager
    def _limited(
        self, running: subprocess.Popen[bytes], seconds: float, end: Callable[[], None]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Kill a process when the block is left. After so many seconds `end` ends the Engine, which is then gone."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            running.kill()
            end()

        timer = threading.Timer(seconds, give_up)
        timer.daemon = True
        timer.start()
        try:
            yield running
        finally:
            timer.cancel()
            running.kill()
            running.wait()
            for stream in (running.stdin, running.stdout):
                if stream:
                    with contextlib.suppress(OSError):  # what was not taken is lost
                        stream.close()
        if late.is_set():
            end()  # or wait for the one who does
            raise self._gone(f"it did not answer within {seconds:g} s, and was ended")


def inspect_images(host: docker.DockerClient, references: Iterable[str]) -> list[dict[str, Any]]:
    """Return what the Engine `host` says of images. Raises EngineUnavailableError where one is not there."""
    import docker

    found = []
    for reference in references:
        try:
            found.append(host.api.inspect_image(reference))
        except docker.errors.ImageNotFound:
            raise EngineUnavailableError(
                f"The image {reference} is not on the Engine here.", "Run `drydock images build`."
            ) from None
    return found


def load_images(host: docker.DockerClient, client: docker.DockerClient, references: Iterable[str]) -> None:
    """Copy images of the Engine `host` to another. Raises EngineUnavailableError."""
    for reference in references:
        for line in client.api.load_image(host.api.get_image(reference)):
            if "error" in line:
                raise EngineUnavailableError(
                    f"The image {reference} cannot be copied into a throwaway Engine: {line['error']}.",
                    "Remove that image and run `drydock images build`.",
                )


def short_digest(*parts: str) -> str:
    """Name what something is made of: the same for the same parts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
