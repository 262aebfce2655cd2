"""A Docker Engine of one's own in namespaces of the Linux kernel: ready in about half a second, and nothing gets out.

For answers that one does not trust, on a Linux machine where one is root. What runs there, the Engine's root included,
is a user without rights on the machine, under limits that it cannot raise, in a network that leads nowhere.
It sees no file, process, device or network of the machine. A mistake in the kernel would still be a way out.

How it is reached: by a socket that this process makes in a folder for root alone, and hands over. A socket in a folder
that the Engine can write might be replaced by a link to the machine's own.

How it has the images at once: as in a container, from a template that holds them unpacked, once, and that each Engine
sees read-only. Its data are a copy of a prepared disk image, which limits what it can store.

`supervise.py` says how it is made and removed: a process for each Engine, which ends with its owner.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import secrets
import select
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from environment.engines import SESSION_LABEL, EngineUnavailableError, Response
from environment.engines.client import new_client, variables_for
from environment.engines.container.image import IMAGE, ensure_image
from environment.engines.files import SIZE_LIMIT
from environment.engines.namespace import groups
from environment.engines.namespace.groups import Limits
from environment.engines.namespace.state import Shared, Slot, shared_names, state_folder, sweep, take_slot
from environment.engines.namespace.watch import Watch
from environment.engines.output import LIMIT as OUTPUT_LIMIT
from environment.engines.output import pieces
from environment.engines.throwaway import (
    CALL_SECONDS,
    Throwaway,
    inspect_images,
    load_images,
    short_digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import IO, Self

    import docker

    from environment.engines import Kind

__all__ = ["IMAGE", "Limits", "NamespaceEngine", "remove_all", "sweep", "unavailable"]

PREFIX = "drydock-namespace-"
FORMAT = "3"
"""Changes when the templates and file systems of before can no longer be used."""
OLDEST_KERNEL = (5, 19)
"""The first where an overlay may lie over folders whose owners are mapped."""
READY_SECONDS = 180
CLOSE_SECONDS = 60
COPY_SECONDS = 120
LISTED_SECONDS, CALM_SECONDS, LOOK_SECONDS = 2, 10, 0.2
LONGEST_SOCKET = 107
SCRIPTS = Path(__file__).parent
NETWORK_RULES = (
    "/bin/sh",
    "-c",
    (
        "for kind in nft legacy; do /usr/sbin/xtables-$kind-multi iptables-save -t nat; done; "
        "/usr/bin/ip route show table local"
    ),
)
ADDED_BY_DOCKER = re.compile(
    r"-A (?:(?:PREROUTING|OUTPUT)(?: ! -d 127\.0\.0\.0/8)? -m addrtype --dst-type LOCAL -j DOCKER(?:-INGRESS)?"
    r"|POSTROUTING .*-j MASQUERADE|DOCKER(?:-INGRESS)? (?:-i \S+ )?-j RETURN)$"
)
"""Rules of address translation that leave packets for containers alone."""
INSIDE = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "HOSTNAME": "engine"}


def unavailable() -> str:
    """Return a sentence why no such Engine can run here, or nothing."""
    reason = ""
    if sys.platform != "linux":
        reason = "An Engine in a namespace needs Linux."
    elif platform.machine() != "x86_64":
        reason = f"An Engine in a namespace knows the system calls of x86-64 alone; this is {platform.machine()}."
    elif _kernel() < OLDEST_KERNEL:
        reason = (
            f"An Engine in a namespace needs Linux {OLDEST_KERNEL[0]}.{OLDEST_KERNEL[1]}; this is {platform.release()}."
        )
    elif os.geteuid() != 0 or Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        reason = "An Engine in a namespace is started by root of the machine, and this is not root."
    elif _setting("user/max_user_namespaces") == "0" or _setting("kernel/unprivileged_userns_clone") == "0":
        reason = "User namespaces are switched off on this machine."
    elif _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        reason = "AppArmor restricts user namespaces on this machine."
    elif missing := [name for name in ("mkfs.ext4", "tar", "cp") if not shutil.which(name)]:
        reason = f"An Engine in a namespace needs the programs {', '.join(missing)}, which are not here."
    elif not Path("/dev/loop-control").exists():
        reason = "An Engine in a namespace needs loop devices, and /dev/loop-control is not here."
    else:
        reason = groups.unavailable()
    return reason


REMEDIES = {
    "needs Linux": "Use `--engine machine`, or `--engine container` for answers that you trust.",
    "this is not root": "Run it as root: `sudo`, with the same command.",
    "switched off": "Allow them: `sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1`.",
    "AppArmor restricts": "Allow them: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`.",
    "needs the programs": "Install the packages e2fsprogs, tar and coreutils.",
}


def _unavailable_error(reason: str) -> EngineUnavailableError:
    otherwise = "Use `--engine machine`, or `--engine container` for answers that you trust."
    return EngineUnavailableError(
        reason, next((remedy for words, remedy in REMEDIES.items() if words in reason), otherwise)
    )


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])


def _setting(name: str) -> str:
    file = Path("/proc/sys", name)
    return file.read_text().strip() if file.exists() else ""


class NamespaceEngine(Throwaway):
    """A throwaway Engine. `start` makes it, `close` removes it with all that was made on it.

    It has no way to the outside: that would take a bridge and address translation on the machine.
    """

    kind: Kind = "namespace"

    def __init__(self, supervised: _Supervised, image: str, ready: Mapping[str, str | int]) -> None:
        self.name = supervised.name
        """The name of its control groups."""
        self.why = f"A throwaway Engine, made for this run from {image} in namespaces of its own, {self.name}."
        self.environment = supervised.environment
        self.client = supervised.connect(str(ready["api"]))
        self._supervised = supervised
        self._watch = Watch(self.name, int(ready["process"]), int(ready["socket"]), supervised.process.pid)

    @classmethod
    def start(  # noqa: PLR0913 - each is a choice of the caller, by name
        cls,
        host: docker.DockerClient,
        *,
        image: str = IMAGE,
        session: str,
        course_images: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _: None,
        internet: bool = False,
        limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
        slot: int | None = None,
        warm: Callable[[docker.DockerClient, Mapping[str, str]], None] | None = None,
        warm_key: str = "",
    ) -> Self:
        """Start an Engine with those images of the Engine `host` that `course_images` names.

        The first start prepares what later starts share, and tells so through `progress`. There, `warm` may use the new
        Engine (its client, and the variables for the docker CLI). The steps that it builds are in the build cache of
        all later Engines that name the same `warm_key`, where root can read them; its images are not. `slot` asks for
        a certain range of users. Raises EngineUnavailableError.
        """
        if reason := unavailable():
            raise _unavailable_error(reason)
        if internet:
            raise EngineUnavailableError(
                "An Engine in a namespace has no way to the internet.",
                "Use `--engine container` or `--engine machine`.",
            )
        _new_folder()
        sweep()
        image_id = ensure_image(host, image, progress)
        system = Shared(f"system-{short_digest(image)}-{short_digest(FORMAT, image_id)}")
        template = _describe_template(host, image, image_id, course_images, warm_key)

        def wait() -> None:
            progress("Another process prepares throwaway Engines; waiting for it.")

        def make_template(folder: Path) -> None:
            progress(f"Preparing throwaway Engines with {len(set(course_images))} images; this takes about a minute.")
            with _Supervised.boot(system, None, limits, making=folder) as maker:
                ready = maker.listen()
                with contextlib.closing(maker.connect(str(ready["api"]))) as client:
                    load_images(host, client, sorted(set(course_images)))
                    if warm:
                        warm(client, maker.environment)
                        _keep_only(client, course_images)
                        # What a build may change is not for all: only steps stay in the cache.
                        for kind in ("source.local", "exec.cachemount"):
                            client.api.prune_builds(filters={"type": [kind]}, all=True)  # type: ignore[arg-type] # its stubs know fewer
                maker.stop()

        with contextlib.ExitStack() as kept:
            kept.enter_context(system.kept(lambda folder: _export(host, image_id, session, folder), wait))
            _remove_other_versions(system)
            if template:
                kept.enter_context(template.kept(make_template, wait))
                _remove_other_versions(template)
            supervised = _Supervised.boot(system, template, limits, slot=slot)
            try:
                return cls(supervised, image, supervised.listen())
            except BaseException:
                supervised.close()
                raise

    def _send(self, archive: bytes) -> None:
        with self._entered("/", ["/usr/bin/tar", "-x"], COPY_SECONDS, given=archive) as unpacking:
            said = b"".join(pieces(unpacking))
            if unpacking.wait():
                raise self._gone(said.decode(errors="replace").strip() or "the folder could not be copied to it")

    def _run(
        self,
        command: Sequence[str],
        take: Callable[[bytes], None],
        *,
        folder: str,
        variables: Mapping[str, str],
        seconds: float,
    ) -> int:
        with self._entered(folder, command, seconds, variables) as running:
            for data in pieces(running):
                take(data)
            return running.wait()

    @contextlib.contextmanager
    def _fetch(self, folder: Path) -> Iterator[Iterable[bytes]]:
        command = ["/usr/bin/tar", "-c", "-C", str(folder.parent), "--", folder.name]
        with self._entered("/", command, COPY_SECONDS) as packing:
            yield pieces(packing, 2 * SIZE_LIMIT)

    def request(
        self, url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20
    ) -> Response:
        """Send an HTTP request from this Engine's network, with this machine's programs; see `request.request`."""
        asked = {"url": url, "method": method, "timeout": timeout, "wait": wait, "limit": limit}
        plan = {"process": self._supervised.first, "request": asked}
        with self._running("ask.py", plan, timeout + wait + self.grace) as asking:
            said = b"".join(pieces(asking, 16 * (limit + OUTPUT_LIMIT)))
        try:
            return Response(**json.loads(said))
        except json.JSONDecodeError:
            raise self._gone("no request can be sent from its network") from None

    def intact(self) -> str:
        """Return a sentence that names what was tampered with, or nothing.

        Compared with the start are, as the machine's root sees them from outside: the processes of the Engine and what
        they run, who holds the API's socket, whether somebody traces them, the programs on its disk, and what is
        mounted over them. What is not seen: a change in the memory of a process, which the Engine's root can make
        through /proc; and whatever was changed and changed back between two looks.
        """
        return self._watch.look() or self._network_changed_for_good()

    def _network_changed_for_good(self) -> str:
        """The same, but for what Docker is just about: a container has its rules before it is listed, and after."""
        changed, began = self._network_changed(), time.monotonic()
        since = began
        while changed and time.monotonic() < min(since + LISTED_SECONDS, began + CALM_SECONDS):
            time.sleep(LOOK_SECONDS)
            if (now := self._network_changed()) != changed:
                changed, since = now, time.monotonic()
        return changed

    def _network_changed(self) -> str:
        """Return a sentence if packets for a container, or for a port that it publishes, go elsewhere."""
        import requests

        with self._entered("/", NETWORK_RULES, COPY_SECONDS) as asking:
            said = b"".join(pieces(asking)).decode(errors="replace").splitlines()
        try:
            containers = self.client.api.containers()
        except requests.exceptions.ConnectionError:  # it was ending when its processes were looked at
            return "The Engine has ended."
        networks = [c["NetworkSettings"]["Networks"] or {} for c in containers]
        theirs = {network["IPAddress"] for named in networks for network in named.values() if network["IPAddress"]}
        for line in said:
            words = line.split()
            if words[:1] == ["local"] and words[1].partition("/")[0] in theirs:
                return f"A container's address, {words[1]}, was given to the Engine itself."
            if words[:1] == ["-A"] and not _is_dockers(line, words, theirs):
                return f"A rule that Docker has not made leads packets elsewhere on the Engine: {line[:200]}."
        return ""

    def close(self) -> None:
        """End the Engine and remove all that was made on it; it may be gone already."""
        self.client.close()
        self._supervised.close()

    @contextlib.contextmanager
    def _entered(
        self,
        folder: str,
        command: Sequence[str],
        seconds: float,
        variables: Mapping[str, str] | None = None,
        *,
        given: bytes = b"",
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command as root of the Engine; its input is `given`."""
        plan = {
            "process": self._supervised.first,
            "groups": self.name,
            "folder": folder,
            "command": command,
            "environment": {**INSIDE, **(variables or {})},
        }
        with self._running("enter.py", plan, seconds) as running:
            assert running.stdin  # noqa: S101 - asked for
            feeding = threading.Thread(target=_feed, args=(running.stdin, given), daemon=True)
            feeding.start()
            yield running
        feeding.join()

    @contextlib.contextmanager
    def _running(self, script: str, plan: Mapping[str, object], seconds: float) -> Iterator[subprocess.Popen[bytes]]:
        """Run one of the scripts, and kill it when the block is left. After so many seconds the Engine is ended."""
        if not self._supervised.is_alive():
            raise self._gone("it ended")
        command = [sys.executable, "-I", "-B", str(SCRIPTS / script), json.dumps(plan)]
        running = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[self._supervised.first],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )
        with self._limited(running, seconds, self._supervised.close):
            yield running


def _is_dockers(rule: str, words: Sequence[str], containers: set[str]) -> bool:
    """Tell whether a rule of address translation is one by which Docker publishes a container's port."""
    if ADDED_BY_DOCKER.match(rule):
        return True
    target = words[-1].partition(":")[0] if "--to-destination" in words else ""
    return words[1] in {"DOCKER", "DOCKER-INGRESS"} and target in containers


class _Supervised:
    """An Engine as its owner has it: the process that keeps it, and the socket where it answers."""

    def __init__(self, name: str, slot: Slot, plan: Mapping[str, object], held: Sequence[int]) -> None:
        self.name = name
        self.slot = slot.number
        self.socket = state_folder() / "engines" / name / "sock"
        self.environment = variables_for(f"unix://{self.socket}")
        self.first = -1
        """A pidfd of the Engine's first process."""
        self._closing = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(SCRIPTS / "supervise.py"), json.dumps(plan)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=held,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )

    @classmethod
    def boot(
        cls,
        system: Shared,
        template: Shared | None,
        limits: Limits,
        *,
        making: Path | None = None,
        slot: int | None = None,
    ) -> Self:
        """Begin to start an Engine. With `making` it fills that folder as a template."""
        folder = _new_folder()
        name = folder.name
        image = template.image(limits.disk, template.tree / "skeleton") if template else system.image(limits.disk, None)
        place = take_slot(folder, slot)
        try:
            held = [place.lock, system.lock, *([template.lock] if template else [])]
            plan = {
                "owner": os.getpid(),
                "name": name,
                "folder": str(folder),
                "user": place.user,
                "image": str(image),
                "tree": str(system.tree),
                "template": str(making or (template.tree if template else "")),
                "making": making is not None,
                "limits": asdict(limits),
                "slot": place.lock,
                "held": held,
            }
            return cls(name, place, plan, held)
        finally:
            os.close(place.lock)

    def listen(self) -> dict[str, str | int]:
        """Return what is said next: that the Engine is ready, or that the template is made."""
        assert self.process.stdout  # noqa: S101 - asked for
        ready = _readable(self.process.stdout.fileno(), READY_SECONDS)
        line = self.process.stdout.readline() if ready else b""
        if line.startswith(b"{"):
            said: dict[str, str | int] = json.loads(line)
        else:
            # No sentence but a traceback, whose last line says most.
            rest = line + (self.process.stdout.read() if line else b"")
            said = {"error": (rest.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]}
        if "error" in said:
            raise EngineUnavailableError(
                f"An Engine in a namespace did not start: {str(said['error']).rstrip('.')}.",
                "Use `--engine machine`, or `--engine container` for answers that you trust.",
            )
        if "process" in said:
            self.first = os.pidfd_open(int(said["process"]))
        return said

    def connect(self, version: str) -> docker.DockerClient:
        """Return a new client of its API."""
        return new_client(f"unix://{self.socket}", version, seconds=CALL_SECONDS)

    def stop(self) -> None:
        """Stop the Engine in order, and wait until its template is made."""
        assert self.process.stdin  # noqa: S101 - asked for
        self.process.stdin.write(b"stop\n")
        self.process.stdin.flush()
        self.listen()

    def is_alive(self) -> bool:
        """Tell whether its first process runs, and nobody ended it."""
        return self.first >= 0 and not _readable(self.first)

    def close(self) -> None:
        """End it, and wait until nothing is left of it."""
        with self._closing:
            if self.process.stdin and not self.process.stdin.closed:
                # Said in words: a child of this process may still hold the pipe.
                with contextlib.suppress(BrokenPipeError), self.process.stdin:
                    self.process.stdin.write(b"end\n")
            if self.process.stdout:
                self.process.stdout.close()
            try:
                self.process.wait(CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                sweep()
            if self.first >= 0:
                os.close(self.first)
                self.first = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def remove_all() -> None:
    """Remove what dead owners left, and all templates and file systems that no Engine uses."""
    sweep()
    for name in shared_names():
        Shared(name).remove()


def _new_folder() -> Path:
    """Return the path of a folder for a new Engine, whose name is the Engine's."""
    folder = state_folder() / "engines" / (PREFIX + secrets.token_hex(4))
    if len(str(folder / "sock")) > LONGEST_SOCKET:
        raise EngineUnavailableError(
            f"The path {folder}/sock is longer than a socket's may be.", "Set DRYDOCK_STATE to a shorter path."
        )
    return folder


def _readable(file: int, seconds: float = 0) -> bool:
    """Tell whether something can be read within so many seconds. `select` knows no descriptor above 1023."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _feed(pipe: IO[bytes], data: bytes) -> None:
    """Write all into a pipe, as far as somebody reads it."""
    with contextlib.suppress(OSError, ValueError), pipe:
        pipe.write(data)


def _describe_template(
    host: docker.DockerClient, image: str, image_id: str, course_images: Sequence[str], warm_key: str
) -> Shared | None:
    """Name the template: its first half is the same for the same images in other versions."""
    if not course_images:
        return None
    references = sorted(set(course_images))
    ids = [found["Id"] for found in inspect_images(host, references)]
    purpose = short_digest(image, *references, str(bool(warm_key)))
    return Shared(f"template-{purpose}-{short_digest(FORMAT, image_id, *references, *ids, warm_key)}")


def _remove_other_versions(shared: Shared) -> None:
    purpose = shared.folder.name.rpartition("-")[0]
    for name in shared_names():
        if name.startswith(f"{purpose}-") and name != shared.folder.name:
            Shared(name).remove()


def _export(host: docker.DockerClient, image: str, session: str, folder: Path) -> None:
    """Unpack the file system of an image into a folder."""
    import docker

    container = host.api.create_container(image, name=PREFIX + secrets.token_hex(4), labels={SESSION_LABEL: session})
    try:
        command = ["tar", "-x", "-p", "--numeric-owner", "--same-owner", "-C", str(folder)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as unpacking:
            assert unpacking.stdin  # noqa: S101 - asked for
            assert unpacking.stderr  # noqa: S101 - asked for
            with contextlib.suppress(BrokenPipeError), unpacking.stdin:
                for chunk in host.api.export(container["Id"]):
                    unpacking.stdin.write(chunk)
            reason = unpacking.stderr.read().decode(errors="replace").strip()
        if unpacking.returncode:
            raise EngineUnavailableError(
                f"The file system of a throwaway Engine could not be unpacked: {reason}.",
                "See that there is room on the disk, or set DRYDOCK_STATE to a folder on another one.",
            )
    finally:
        with contextlib.suppress(docker.errors.NotFound):
            host.api.remove_container(container["Id"], v=True, force=True)


def _keep_only(client: docker.DockerClient, references: Sequence[str]) -> None:
    """Remove all images but these."""
    import docker

    for image in client.images.list():
        if not set(image.tags) & set(references):
            with contextlib.suppress(docker.errors.ImageNotFound):  # it went with another
                client.api.remove_image(str(image.id), force=True)
