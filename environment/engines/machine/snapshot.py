"""The snapshot that machines start from: a guest in which the Engine is up, with the course's images in it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from environment.engines import EngineUnavailableError
from environment.engines.client import new_client
from environment.engines.machine import guest
from environment.engines.machine.process import MEMORY, READY_SECONDS, Disks, Machine, MachineEndedError, qemu_version
from environment.engines.throwaway import CALL_SECONDS, SCRIPT, inspect_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import docker

FORMAT = "3"
"""Changes when snapshots of before can no longer be used."""
DISK = "8G"
# No event tells when the Engine answers for the first time.
WAIT = "until docker version --format '{{.Server.APIVersion}}' 2>/dev/null; do sleep 0.2; done"
FILL = """
sync; echo 3 >/proc/sys/vm/drop_caches
size=$(awk '/MemFree/ {print int($2 / 1024) - 32}' /proc/meminfo)
mount -t tmpfs -o size=${size}m zeros /mnt
head -c $((size - 8))M /dev/zero >/mnt/zeros 2>/dev/null
umount /mnt
rm -f /var/lib/docker/tmp/*; sync; fstrim /var/lib
"""
"""Leaves zeros in what is free, which compress well and need no room on a disk."""


def state_folder() -> Path:
    """Return the folder that guests and snapshots are kept in; DRYDOCK_MACHINE names another."""
    named = os.environ.get("DRYDOCK_MACHINE")
    if named:
        return Path(named).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/drydock/machine")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "drydock" / "machine"


@dataclass(frozen=True)
class Snapshot:
    """A folder with the memory, the devices' state and the disk of a machine that was stopped."""

    folder: Path

    @property
    def memory(self) -> Path:
        """The file that is mapped as the guest's memory."""
        return self.folder / "memory"

    @property
    def state(self) -> Path:
        """What QEMU wrote of its devices."""
        return self.folder / "state"

    @property
    def about(self) -> dict[str, object]:
        """What it was made of."""
        about: dict[str, object] = json.loads((self.folder / "about.json").read_text())
        return about

    @property
    def disks(self) -> Disks:
        """The disks of it, which no machine that starts from it changes."""
        return Disks(self.folder.parent / f"guest-{self.about['guest']}", self.folder / "data.qcow2", throwaway=True)


def find(images: Mapping[str, str] | None = None) -> Snapshot | None:
    """Return the snapshot that this QEMU can start: with just these images (by name, what they consist of), or any."""
    for about in sorted(state_folder().glob("snapshot-*/about.json"), key=lambda path: path.stat().st_mtime):
        snapshot = Snapshot(about.parent)
        wanted = _about(images) if images is not None else _about({}) | {"images": snapshot.about.get("images")}
        if snapshot.about == wanted and all((snapshot.disks.guest / part).is_file() for part in guest.PARTS):
            return snapshot
    return None


def _about(images: Mapping[str, str]) -> dict[str, object]:
    version = ".".join(map(str, qemu_version()))
    return {"format": FORMAT, "guest": guest.digest(), "qemu": version, "memory": MEMORY, "images": dict(images)}


def layers(host: docker.DockerClient, names: list[str]) -> dict[str, str]:
    """Say what images consist of, by name, the same on every Engine that has them."""
    found = {}
    for name, image in zip(names, inspect_images(host, names), strict=True):
        parts = json.dumps([image["RootFS"]["Layers"], image["Config"].get("Env"), image["Config"].get("Cmd")])
        found[name] = hashlib.sha256(parts.encode()).hexdigest()[:16]
    return found


def prepare(
    fill: Callable[[docker.DockerClient, Path], Mapping[str, str]],
    progress: Callable[[str], None],
    images: Mapping[str, str] | None = None,
) -> Snapshot:
    """Make the guest and a snapshot, each where it is missing, and return that.

    `fill` puts images on the new Engine, given its client and its socket, and returns what they consist of; `images`
    is what they will, where that is known before. Raises EngineUnavailableError.
    """
    folder = state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineUnavailableError(
            f"The machine cannot be kept in {folder}: {error.strerror}.", "Name another folder in DRYDOCK_MACHINE."
        ) from None
    with _alone(folder, progress):
        if found := find(images):
            return found
        parts = folder / f"guest-{guest.digest()}"
        if not all((parts / part).is_file() for part in guest.PARTS):
            with _new_folder(parts) as new:
                for sentence in guest.build(new, progress):
                    progress(sentence)
        with tempfile.TemporaryDirectory(prefix="drydock-machine-") as running:
            machine = Machine(Path(running))
            unfinished = folder / "new"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            try:
                made = _make(machine, parts, unfinished, fill, progress)
            except (MachineEndedError, subprocess.SubprocessError) as error:
                raise EngineUnavailableError(
                    f"The machine could not be prepared: {error}.", "Try again; `drydock doctor` says what is missing."
                ) from error
            finally:
                machine.end()
            about = _about(made)
            (unfinished / "about.json").write_text(json.dumps(about, indent=1))
            name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
            target = folder / f"snapshot-{name}"
            shutil.rmtree(target, ignore_errors=True)
            unfinished.rename(target)
            _remove_other_versions(folder)
            return Snapshot(target)


def _remove_other_versions(folder: Path) -> None:
    """Remove guests of other versions and the snapshots that were made of them."""
    current = guest.digest()
    for about in folder.glob("snapshot-*/about.json"):
        if json.loads(about.read_text())["guest"] != current:
            shutil.rmtree(about.parent, ignore_errors=True)
    for other in folder.glob("guest-*"):
        if other.name != f"guest-{current}":
            shutil.rmtree(other, ignore_errors=True)


def _make(
    machine: Machine,
    parts: Path,
    into: Path,
    fill: Callable[[docker.DockerClient, Path], Mapping[str, str]],
    progress: Callable[[str], None],
) -> Mapping[str, str]:
    progress("Starting the machine for the first time (about 15 s) …")
    data, memory = into / "data.qcow2", into / "memory.new"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", data, DISK], check=True, capture_output=True)
    machine.start(Disks(parts, data, throwaway=False), memory=memory)
    machine.open_line()
    version = machine.run("sh", "-c", WAIT, seconds=READY_SECONDS).strip()
    client = new_client(f"unix://{machine.socket}", version, seconds=CALL_SECONDS)
    with contextlib.closing(client):
        progress("Putting the course's images into it …")
        made = fill(client, machine.socket)
        progress("Warming it up …")
        _warm_up(client, machine)
    machine.run("sh", "-c", FILL, seconds=300)
    machine.close_line()
    machine.freeze(into / "state")
    # What was removed and what is zero needs no room.
    packed = into / "data.new"
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", data, packed], check=True, capture_output=True)
    packed.replace(data)
    subprocess.run(["cp", "--sparse=always", memory, into / "memory"], check=True)
    memory.unlink()
    return made


def _warm_up(client: docker.DockerClient, machine: Machine) -> None:
    """Do what learners do first, so that it is in memory: run a script, a container, a build; make a network."""
    machine.run(*SCRIPT, "60", "/dev/null")  # Python keeps what it has compiled
    names = [tag for image in client.images.list() for tag in image.tags]
    small = next((name for name in names if name.startswith("busybox:")), next(iter(names), ""))
    if not small:
        return
    network = client.networks.create("warm")
    for _ in range(2):
        client.containers.run(small, ["true"], remove=True, network="warm", ports={"80/tcp": 8000})
    network.remove()
    recipe = f"FROM {small}\nRUN true\n"
    machine.run("sh", "-c", f"printf '{recipe}' | docker build --quiet --tag warm - && docker rmi warm", seconds=300)


@contextlib.contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    new = target.with_name(f"{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    yield new
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)


@contextlib.contextmanager
def _alone(folder: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time prepare."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Another process prepares the machine; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
