"""Look from outside whether an Engine in a namespace is still what was started.

Root on the Engine may replace what runs there. What is read here belongs to the kernel or is only named, never opened:
a folder of the Engine's is entered without following links.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from environment.engines.namespace.groups import Groups

PROGRAMS = ("tini", "python3", "containerd", "dockerd")
"""What an Engine consists of, by the beginning of the file's name."""
FOLDERS_OF_PROGRAMS = ("/usr", "/etc", "/bin", "/sbin", "/lib", "/proc")
DATA = "/var/lib/docker"
PAUSES = (0, 0.05, 0.25)
"""Seconds before each look for who has the socket."""
LINKS = 4096
"""Bytes of a file that names the layers below a layer."""
FILES = (
    *(
        f"usr/bin/{name}"
        for name in ("tini", "dockerd", "docker-proxy", "docker-init", "containerd", "runc", "sh", "dash")
    ),
    *("usr/bin/containerd-shim-runc-v2", "usr/sbin/runc", "usr/sbin/docker-proxy", "usr/local/lib/drydock"),
    *("usr/sbin/xtables-nft-multi", "usr/sbin/xtables-legacy-multi", "usr/bin/ip", "usr/lib", "usr/lib64"),
    *("etc/docker", "etc/containerd", "etc/ld.so.preload", "etc/ld.so.cache"),
)
"""What an Engine runs or reads later on; a copy of it on the Engine's own disk is a change."""


@dataclass(frozen=True)
class _Process:
    """A process as it was at the start: by when it began, and by the file that it runs."""

    name: str
    began: str
    file: tuple[str, int, int]


class Watch:
    """What an Engine was at its start, and how it differs now."""

    def __init__(self, name: str, first: int, api: int, supervisor: int) -> None:
        self._groups = Groups(name)
        self._first = first
        self._api = f"socket:[{api}]"
        self._changes = f"/proc/{supervisor}/cwd/data/root/up"
        self._layers_at = f"/proc/{supervisor}/cwd/data/docker/overlay2"
        self._layers = _layers(self._layers_at)
        self._processes = {}
        for number in self._groups.processes():
            if (found := _look_at(number)) and found.name.startswith(PROGRAMS) and _is_inside(number, first):
                self._processes[number] = found
        self._mounts = _mounts(first)

    def look(self) -> str:
        """Return a sentence about the first change that is found, or nothing."""
        return self._processes_changed() or self._socket_passed_on() or self._files_changed() or self._layers_changed()

    def _layers_changed(self) -> str:
        now = _layers(self._layers_at)
        for layer, before in self._layers.items():
            if layer in now and now[layer] != before:
                return f"The layer {layer[:12]} of an image was replaced on the Engine's disk."
        return ""

    def _processes_changed(self) -> str:
        for number, before in self._processes.items():
            now = _look_at(number)
            if now is None or now.began != before.began:
                return f"The process {before.name} of the Engine has ended."
            if now.file != before.file:
                return f"The program of the Engine's process {before.name} was replaced."
            if _tracer(number):
                return f"Another process traces the Engine's process {before.name}."
        return ""

    def _socket_passed_on(self) -> str:
        # Between fork and exec, what dockerd starts has all that dockerd has: a moment later it has not.
        for pause in PAUSES:
            time.sleep(pause)
            if not any(self._has_socket(number) for number in self._groups.processes()):
                return ""
        return "A process that is not the Engine's holds the socket of its API."

    def _has_socket(self, number: int) -> bool:
        # The first process got the socket from this machine; it passed it on to dockerd.
        known = self._processes.get(number)
        return (known is None or not known.name.startswith(("tini", "dockerd"))) and self._api in _open_files(number)

    def _files_changed(self) -> str:
        try:
            changes = os.open(self._changes, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return "The Engine has ended."
        try:
            for name in FILES:
                if _is_in(changes, name):
                    return f"The file /{name} of the Engine was replaced."
        finally:
            os.close(changes)
        now = _mounts(self._first)
        for place in sorted(now.keys() | self._mounts.keys()):
            if now[place] != self._mounts[place] and _matters(place):
                return f"What is mounted on {place} of the Engine was changed."
        return ""


def _matters(place: str) -> bool:
    """Tell whether what is mounted there can change what the Engine runs, or what is in its images."""
    if place.startswith(f"{DATA}/overlay2/"):
        return not place.endswith("/merged")  # a container's
    folders = (*FOLDERS_OF_PROGRAMS, "/template", f"{DATA}/overlay2")
    return place == DATA or any(place == folder or place.startswith(f"{folder}/") for folder in folders)


def _layers(folder: str) -> dict[str, tuple[str, ...]]:
    """Return where each layer lies, if it is a link, and what is below it; and what the short names stand for."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return found
    try:
        for name in os.listdir(top):  # noqa: PTH208 - an open folder
            try:
                here = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            except OSError:  # no folder, or removed meanwhile
                continue
            try:
                if name == "l":
                    found |= {f"{name}/{entry}": (_link(entry, here),) for entry in os.listdir(here)}  # noqa: PTH208
                else:
                    found[name] = (_link("diff", here), _start_of("lower", here), _start_of("link", here))
            finally:
                os.close(here)
    finally:
        os.close(top)
    return found


def _link(name: str, folder: int) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(name, dir_fd=folder)
    return ""


def _start_of(name: str, folder: int) -> str:
    with contextlib.suppress(OSError):
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        try:
            return os.read(file, LINKS).decode(errors="replace")
        finally:
            os.close(file)
    return ""


def _look_at(number: int) -> _Process | None:
    """Return a process, or None where it has ended, or is about to: the kernel kills it, and has not come to that."""
    folder = Path(f"/proc/{number}")
    try:
        state, *fields = (folder / "stat").read_text().rpartition(")")[2].split()
        link = (folder / "exe").readlink()
        status = (folder / "exe").stat()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Fields 22 and 31 of proc_pid_stat(5): when it began, and the signals that wait for it.
    is_killed = int(fields[27]) & (1 << (signal.SIGKILL - 1))
    if state in "ZX" or is_killed:
        return None
    return _Process(link.name, fields[18], (str(link), status.st_dev, status.st_ino))


def _is_inside(number: int, first: int) -> bool:
    """Tell whether a process is in the process namespace of the first."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{number}/ns/pid").readlink() == Path(f"/proc/{first}/ns/pid").readlink()
    return False


def _tracer(number: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{number}/status").read_text().splitlines():
            if line.startswith("TracerPid:"):
                return int(line.split()[1])
    return 0


def _open_files(number: int) -> set[str]:
    found = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for file in Path(f"/proc/{number}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found.add(str(file.readlink()))
    return found


def _mounts(number: int) -> Counter[str]:
    """Return where something is mounted, and how often."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Counter(line.split()[4] for line in Path(f"/proc/{number}/mountinfo").read_text().splitlines())
    return Counter()


def _is_in(folder: int, name: str) -> bool:
    """Tell whether there is a file of this name, without following a link on the way."""
    first, _, rest = name.partition("/")
    try:
        here = os.open(first, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        return not rest or _is_in(here, rest)
    finally:
        os.close(here)
