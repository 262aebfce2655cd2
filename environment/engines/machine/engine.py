"""A Docker Engine that needs nothing: in a virtual machine of its own, restored with its Engine already up.

QEMU runs it without any privilege, in software where the processor's help is not to be had. `MachineEngine` is a
throwaway Engine; the learner's own machine is kept in the background by `up` and found by its socket.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from environment.engines import EngineUnavailableError, Response
from environment.engines.client import new_client, variables_for
from environment.engines.files import SIZE_LIMIT
from environment.engines.machine import snapshot as snapshots
from environment.engines.machine.folder import OWN, new_running_folder, running_folder
from environment.engines.machine.keeper import CONTROL, STATUS, Plan
from environment.engines.machine.process import Machine, MachineEndedError
from environment.engines.output import pieces
from environment.engines.request import request
from environment.engines.session import current_session, process_of, session_is_alive, session_of
from environment.engines.throwaway import CALL_SECONDS, Throwaway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Self

    import docker

    from environment.engines import Kind
    from environment.engines.machine.process import Accelerator

KEEPER = Path(__file__).with_name("keeper.py")
END_SECONDS = 60
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def own_socket() -> Path:
    """Return where the Engine of the learner's own machine listens while it is up."""
    return running_folder() / OWN / "docker.sock"


def sweep() -> None:
    """Remove the folders of machines whose keepers no longer run; their processes ended with them."""
    for folder in new_running_folder().iterdir():
        session = folder / "session"
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # its keeper removes it
            begun = session.stat().st_mtime
            if not session_is_alive(session.read_text(), begun) and time.time() - begun > 1:
                shutil.rmtree(folder, ignore_errors=True)


def remove_all() -> None:
    """Remove what machines start from, unless the learner's own machine runs or DRYDOCK_MACHINE names where it is."""
    sweep()
    if _keeper() is None and not os.environ.get("DRYDOCK_MACHINE"):
        shutil.rmtree(snapshots.state_folder(), ignore_errors=True)


def ensure_snapshot(
    host: docker.DockerClient | None,
    names: Sequence[str],
    progress: Callable[[str], None] = lambda _: None,
    archive: Path | None = None,
) -> snapshots.Snapshot:
    """Return a snapshot with these images of the Engine `host`, or those in `archive`; without both, with any.

    Where none is there it is made, which takes about two minutes; without a host and an archive the course's images
    are pulled into it, or made in it. Raises EngineUnavailableError.
    """
    from environment import images

    wanted = snapshots.layers(host, list(names)) if host and names else None
    if archive is None and (found := snapshots.find(wanted)):
        return found

    def fill(client: docker.DockerClient, at: Path) -> Mapping[str, str]:
        if archive:
            images.load(client, archive, progress)
        elif host and names:
            chosen = [image for image in images.catalogue() if image.name in names]
            with tempfile.TemporaryDirectory(dir=snapshots.state_folder(), prefix="images-") as place:
                images.save(host, Path(place, "images.tar"), progress, chosen)
                images.load(client, Path(place, "images.tar"), progress, chosen)
            return wanted or {}
        else:
            images.ensure(client, {"DOCKER_HOST": f"unix://{at}"}, progress=progress)
        there = [image.name for image in images.catalogue() if images.state(client, image) != "missing"]
        return snapshots.layers(client, there)

    return snapshots.prepare(fill, progress, wanted if archive is None else None)


class _Kept:
    """The process that keeps a machine, for as long as this one wants."""

    def __init__(self, name: str, snapshot: snapshots.Snapshot, *, boot: bool = False, **choices: Any) -> None:
        folder = new_running_folder() / name
        folder.mkdir(mode=0o700)
        (folder / "session").write_text(current_session())
        disks = snapshot.disks
        self.plan = Plan(
            folder=str(folder),
            guest=str(disks.guest),
            data=str(disks.data),
            memory=str(snapshot.memory),
            state="" if boot else str(snapshot.state),
            # Without the internet it does not reach them either.
            proxies={n: os.environ[n] for n in PROXIES if os.environ.get(n)} if choices.get("internet", True) else {},
            **choices,
        )
        command = [sys.executable, "-B", str(KEEPER), json.dumps(asdict(self.plan))]
        log_file = os.open(folder / "keeper.log", os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(log_file, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        # Whoever looks at the folder must find the one who keeps it.
        (folder / "session").write_text(session_of(self.process.pid))
        assert self.process.stdout  # noqa: S101 - asked for
        try:
            line = self.process.stdout.readline()
        except BaseException:
            self.end()
            raise
        said: dict[str, str] = json.loads(line) if line else {}
        if "api" not in said:
            words = []
            with contextlib.suppress(FileNotFoundError):  # its keeper has removed the folder
                words = (folder / "keeper.log").read_text().strip().splitlines()
            self.end()
            raise EngineUnavailableError(
                f"The machine did not start: {said.get('error') or (words or ['its keeper ended'])[-1]}.",
                f"Remove the folder {snapshots.state_folder()} and run `drydock engine prepare`, which makes it anew.",
            )
        self.api = said["api"]

    def end(self) -> None:
        """End the machine and return when all of it is gone."""
        self.process.terminate()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self.plan.folder, ignore_errors=True)


class MachineEngine(Throwaway):
    """A throwaway Engine in a virtual machine. `start` makes it, `close` removes it with all that was made on it."""

    kind: Kind = "machine"
    grace = 60

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept
        self._machine = Machine(Path(kept.plan.folder))
        self.name = self._machine.folder.name
        """The name of its folder among those of this user's machines."""
        self.why = "A throwaway Engine, made for this run in a virtual machine of its own."
        self.environment = variables_for(f"unix://{self._machine.socket}")
        self.client = new_client(f"unix://{self._machine.socket}", kept.api, seconds=CALL_SECONDS)

    @classmethod
    def start(
        cls,
        host: docker.DockerClient | None,
        *,
        course_images: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _: None,
        internet: bool = True,
    ) -> Self:
        """Start an Engine with those images of the Engine `host` that `course_images` names.

        The first start prepares what later starts share, and tells so through `progress`. Raises
        EngineUnavailableError.
        """
        sweep()
        snapshot = ensure_snapshot(host, course_images, progress)
        kept = _Kept(f"m-{secrets.token_hex(4)}", snapshot, internet=internet)
        try:
            return cls(kept)
        except BaseException:
            kept.end()
            raise

    def _send(self, archive: bytes) -> None:
        try:
            self._machine.run("tar", "-x", "-C", "/", given=archive, seconds=self.grace)
        except MachineEndedError as ended:
            raise self._gone(ended) from None

    def _run(
        self,
        command: Sequence[str],
        take: Callable[[bytes], None],
        *,
        folder: str,
        variables: Mapping[str, str],
        seconds: float,
    ) -> int:
        words = ["sh", "-c", 'cd "$0" && exec "$@"', folder, *command]
        with self._running(words, seconds, variables) as running:
            for data in pieces(running):
                take(data)
            return running.wait()

    @contextlib.contextmanager
    def _fetch(self, folder: Path) -> Iterator[Iterable[bytes]]:
        with self._running(["tar", "-c", "-C", str(folder.parent), "--", folder.name], self.grace) as packing:
            yield pieces(packing, 2 * SIZE_LIMIT)

    def request(
        self, url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20
    ) -> Response:
        """Send an HTTP request from the machine's network, with this machine's programs; see `request.request`."""
        return request_through(self._machine, url, method=method, timeout=timeout, wait=wait, limit=limit)

    def intact(self) -> str:
        """Return a sentence that names what was tampered with, or nothing: who is root in it has all of the guest."""
        return "" if self._kept.process.poll() is None else "The machine has ended."

    def close(self) -> None:
        """End the machine with all that was made on it; it may be gone already."""
        self.client.close()
        self._kept.end()

    @contextlib.contextmanager
    def _running(
        self, words: Sequence[str], seconds: float, variables: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command in the guest, and end it when the block is left. After so many seconds the machine is ended."""
        if self._kept.process.poll() is not None:
            raise self._gone("it ended")
        running = subprocess.Popen(
            self._machine.command(words, variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with self._limited(running, seconds, self._kept.process.terminate):
            yield running


def request_through(machine: Machine, url: str, **asked: Any) -> Response:
    """Send an HTTP request from a machine's network: over the line, to the address that the URL names."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if not parts.hostname or not port:
        return request(url, **asked)
    here = machine.folder / f"r-{secrets.token_hex(4)}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    there = f"{host}:{port}"
    if problem := machine.forward(str(here), there):
        return Response(0, error=f"The machine does not answer: {problem}.")
    try:
        return request(url, **asked, through=str(here))
    finally:
        machine.stop_forward(str(here), there)
        here.unlink(missing_ok=True)


# The learner's own machine


def up(
    shared: Path,
    progress: Callable[[str], None],
    *,
    owner: int = 0,
    accelerator: Accelerator = "tcg",
    images: Callable[[], tuple[docker.DockerClient | None, list[str]]] = lambda: (None, []),
) -> None:
    """Start the learner's own machine, unless it runs; containers can mount what is in `shared`.

    `images` says, where it must be prepared first, from which Engine it gets which images. With `owner`, the id of a
    process, it ends when that does. Raises EngineUnavailableError.
    """
    sweep()
    with (new_running_folder() / "own.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another may be starting it
        if status()["state"] != "down":
            return
        snapshot = snapshots.find() or ensure_snapshot(*images(), progress)
        shared.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(running_folder() / OWN, ignore_errors=True)
        boot = accelerator == "kvm"  # what was frozen in software goes on only there
        choices = {"shared": str(shared), "owner": owner, "detached": True, "ports": True, "accelerator": accelerator}
        _Kept(OWN, snapshot, boot=boot, **choices)


def down() -> bool:
    """End the learner's own machine with all that is on its Engine; False where it does not run."""
    keeper = _keeper()
    if keeper is None:
        return False
    # One number may be used again, so the process is held before it is looked at once more.
    held = os.pidfd_open(keeper)
    try:
        if _keeper() == keeper:
            signal.pidfd_send_signal(held, signal.SIGTERM)
            _wait(held)
    finally:
        os.close(held)
    shutil.rmtree(running_folder() / OWN, ignore_errors=True)
    return True


def reset() -> None:
    """Put a pristine Engine in place of the learner's own. Raises EngineUnavailableError."""
    if _keeper() is None:
        raise EngineUnavailableError("The machine does not run.", "Start it: `drydock engine up`.")
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(str(running_folder() / OWN / CONTROL))
            asking.sendall(b"reset\n")
            said = asking.recv(100)
        except OSError as error:
            said = str(error).encode()
    if said.strip() != b"done":
        raise EngineUnavailableError(
            "The machine could not be started anew.", "Run `drydock engine down`, then `drydock engine up`."
        )


def status() -> dict[str, Any]:
    """Say how the learner's own machine is: `state` is down, starting, ready or ended."""
    if _keeper() is None:
        return {"state": "down"}
    try:
        said: dict[str, Any] = json.loads((running_folder() / OWN / STATUS).read_text())
    except FileNotFoundError:
        return {"state": "starting"}
    return said


def describe(said: Mapping[str, Any]) -> str:
    """Say in sentences what `status` says."""
    if said["state"] == "down":
        return "The machine does not run. Start it: drydock engine up"
    if said["state"] == "starting":
        return "The machine starts."
    if said["state"] == "ended":
        return (
            f"The machine ended again and again: {said['why']}. Start it anew: drydock engine down; drydock engine up"
        )
    lines = [f"The machine runs. Its Engine: DOCKER_HOST=unix://{own_socket()}"]
    for one in said.get("replaced", []):
        when = time.strftime("%H:%M:%S", time.localtime(one["when"]))
        lines.append(
            f"At {when} a new one took its place, because {one['why']}. Lost were its containers, "
            "images that you built, networks and volumes; your files were not."
        )
    if led := said.get("led"):
        lines.append(f"Ports of containers that answer on 127.0.0.1: {', '.join(map(str, led))}")
    for port, why in said.get("refused", {}).items():
        lines.append(f"The port {port} of a container does not answer on 127.0.0.1: {why}.")
    return "\n".join(lines)


def _keeper() -> int | None:
    """Return the process that keeps the learner's own machine."""
    try:
        return process_of((running_folder() / OWN / "session").read_text())
    except FileNotFoundError:
        return None


def _wait(process: int) -> None:
    import select

    waiting = select.poll()
    waiting.register(process, select.POLLIN)
    waiting.poll(END_SECONDS * 1000)


def own_machine(socket_path: str) -> Machine | None:
    """Return the learner's own machine if its Engine listens at this path."""
    if not socket_path or Path(socket_path) != own_socket():
        return None
    return Machine(own_socket().parent)
