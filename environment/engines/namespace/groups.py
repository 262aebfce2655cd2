"""The control groups of an Engine in a namespace: one that root owns and limits, and in it one that the Engine divides.

Version 1 of control groups has a hierarchy for each resource, version 2 one for all. All that runs on the Engine is in
the inner group, which is the root of what the Engine sees; the limits are those of the outer one.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INNER = "in"
KEEPER = "keeper"
"""Of version 2: where the process that holds the namespaces is, since the inner group may hold none itself."""
LEAF = "drydock"
"""Of version 2: where the Engine's own processes are, in the inner group."""
NULL_AND_TERMINALS = ("c 1:3", "c 1:5", "c 1:7", "c 1:8", "c 1:9", "c 5:0", "c 5:2", "c 136:*")
PERIOD = 100_000
SHARES = 256
"""A quarter of the usual: what else runs on the machine comes first."""
DESCENDANTS = 2000
ROUND_MILLISECONDS = 50
REMOVE_SECONDS = 20


@dataclass(frozen=True)
class Limits:
    """What an Engine and all on it may use together: memory and disk in bytes, processes, and processors."""

    memory: int = 2 << 30
    processes: int = 600
    cpus: float = 1.5
    disk: int = 4 << 30


@dataclass(frozen=True)
class Hierarchy:
    """One file system of control groups. `options` are those to mount it again; without any it is version 2."""

    mount: Path
    options: str

    @property
    def is_version_2(self) -> bool:
        """Whether it is the one hierarchy of version 2."""
        return not self.options

    def has(self, controller: str) -> bool:
        """Tell whether this hierarchy of version 1 is that of a controller."""
        return controller in self.options.split(",")


def hierarchies() -> list[Hierarchy]:
    """List the hierarchies that are mounted here (/proc/self/mountinfo); beside version 1 there may be version 2."""
    known = {line.split()[0] for line in Path("/proc/cgroups").read_text().splitlines() if not line.startswith("#")}
    found: dict[str, Hierarchy] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _source, *options = after.split()
        if kind in {"cgroup", "cgroup2"}:
            words = options[0].split(",") if kind == "cgroup" else []
            names = ",".join(word for word in words if word in known or word.startswith("name="))
            found.setdefault(names, Hierarchy(Path(before.split()[4]), names))
    return list(found.values())


def unavailable() -> str:
    """Return a sentence where this machine cannot limit an Engine, else nothing."""
    all_of_them = hierarchies()
    first = [hierarchy for hierarchy in all_of_them if not hierarchy.is_version_2]
    if not all_of_them:
        return "No control groups are mounted at /sys/fs/cgroup."
    if first:
        missing = [
            name for name in ("memory", "pids", "cpu", "devices", "freezer") if not any(h.has(name) for h in first)
        ]
    else:
        offered = (all_of_them[0].mount / "cgroup.controllers").read_text().split()
        missing = [name for name in ("memory", "pids", "cpu") if name not in offered]
    return f"The control groups here cannot limit: {', '.join(missing)}." if missing else ""


class Groups:
    """The groups of one Engine, by its name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._all = hierarchies()
        self._version_2_alone = all(hierarchy.is_version_2 for hierarchy in self._all)

    @property
    def mounts(self) -> list[Hierarchy]:
        """The hierarchies that the Engine gets to see."""
        return [hierarchy for hierarchy in self._all if self._version_2_alone or not hierarchy.is_version_2]

    def make(self, limits: Limits, owner: int) -> None:
        """Make the groups with their limits, and give the inner ones to a user."""
        for hierarchy in self._all:
            group = hierarchy.mount / self._name
            if not hierarchy.is_version_2:
                _make_version_1(hierarchy, group, limits, owner)
            elif self._version_2_alone:
                _make_version_2(hierarchy.mount, group, limits, owner)
            else:
                # Beside version 1 it limits nothing; the Engine is put in so that it does not see the machine's root.
                (group / INNER).mkdir(parents=True)

    def join(self) -> None:
        """Put this process into the Engine's groups."""
        for hierarchy in self._all:
            inner = hierarchy.mount / self._name / INNER
            leaf = inner / LEAF
            # In version 2 the inner group holds processes only until the Engine has divided it.
            _write((leaf if self._version_2_alone and leaf.exists() else inner) / "cgroup.procs", os.getpid())

    def set_apart(self, keeper: int) -> None:
        """Take the process that holds the namespaces out of what the Engine divides, where that must be empty."""
        if self._version_2_alone:
            _write(self._all[0].mount / self._name / KEEPER / "cgroup.procs", keeper)

    def processes(self) -> set[int]:
        """List all processes in the Engine's groups, by their numbers on this machine."""
        found = set()
        hierarchy = self._all[0] if self._version_2_alone else next(h for h in self._all if h.has("pids"))
        for outer, name in _inside_out(hierarchy.mount / self._name):
            found |= {int(number) for number in _read(outer, f"{name}/cgroup.procs").split()}
        return found

    def thaw(self) -> None:
        """Wake what is paused: in version 1 it could not die otherwise."""
        for hierarchy in self._all:
            if hierarchy.has("freezer"):
                for outer, name in _inside_out(hierarchy.mount / self._name):
                    with contextlib.suppress(OSError), open(f"{name}/freezer.state", "w", opener=_at(outer)) as state:
                        state.write("THAWED")

    def kill(self, but: frozenset[int] = frozenset()) -> None:
        """Kill all processes in the groups, and return when none is left."""
        while found := self.processes() - but:
            ends = select.poll()
            opened = []
            for number in found:
                with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                    end = os.pidfd_open(number)
                    opened.append(end)
                    # Where many forks come and fail, the number is soon that of a process of somebody else.
                    if f"/{self._name}/" in Path(f"/proc/{number}/cgroup").read_text():
                        ends.register(end, select.POLLIN)
                        signal.pidfd_send_signal(end, signal.SIGKILL)
            self.thaw()
            # The end of one of them, or a moment: what is being frozen just now must be thawed again.
            ends.poll(ROUND_MILLISECONDS)
            for end in opened:
                os.close(end)

    def remove(self) -> None:
        """Remove the groups. Raises OSError after some seconds where something stays in them."""
        deadline = time.monotonic() + REMOVE_SECONDS
        for hierarchy in self._all:
            while (hierarchy.mount / self._name).exists():
                try:
                    for outer, name in _inside_out(hierarchy.mount / self._name):
                        os.rmdir(name, dir_fd=outer)
                except FileNotFoundError:
                    continue
                except OSError:
                    # A process was on its way in (`join`) when all others were killed.
                    if time.monotonic() > deadline:
                        raise
                    self.kill()
                    time.sleep(ROUND_MILLISECONDS / 1000)


def _make_version_1(hierarchy: Hierarchy, group: Path, limits: Limits, owner: int) -> None:
    inner = group / INNER
    group.mkdir()
    if hierarchy.has("cpuset"):
        _copy_sets(hierarchy.mount, group)
    if hierarchy.has("memory"):
        _write(group / "memory.limit_in_bytes", limits.memory)
        with_swap = group / "memory.memsw.limit_in_bytes"
        if with_swap.exists():
            _write(with_swap, limits.memory)
        else:
            _write(group / "memory.swappiness", 0)
    if hierarchy.has("pids"):
        _write(group / "pids.max", limits.processes)
    if hierarchy.has("cpu"):
        _write(group / "cpu.shares", SHARES)
        _write(group / "cpu.cfs_period_us", PERIOD)
        _write(group / "cpu.cfs_quota_us", int(limits.cpus * PERIOD))
    if hierarchy.has("devices"):
        # Before there is an inner group: then all can no longer be denied.
        _write(group / "devices.deny", "a")
        for device in NULL_AND_TERMINALS:
            _write(group / "devices.allow", f"{device} rwm")
    inner.mkdir()
    if hierarchy.has("cpuset"):
        _copy_sets(hierarchy.mount, inner)
    for path in (inner, *inner.iterdir()):
        os.chown(path, owner, owner)


def _make_version_2(top: Path, group: Path, limits: Limits, owner: int) -> None:
    # Version 2 has no list of devices. None is needed: the kernel refuses to make one in a user namespace, and file
    # systems that hold some cannot be mounted there, or are mounted so that devices do not count.
    _hand_on(top)
    group.mkdir()
    _write(group / "memory.max", limits.memory)
    if (group / "memory.swap.max").exists():
        _write(group / "memory.swap.max", 0)
    _write(group / "pids.max", limits.processes)
    _write(group / "cpu.max", f"{int(limits.cpus * PERIOD)} {PERIOD}")
    _write(group / "cgroup.max.descendants", DESCENDANTS)
    _hand_on(group)
    (group / KEEPER).mkdir()
    inner = group / INNER
    inner.mkdir()
    os.chown(inner, owner, owner)
    for name in ("cgroup.procs", "cgroup.threads", "cgroup.subtree_control"):
        os.chown(inner / name, owner, owner)


def _hand_on(group: Path) -> None:
    """Let the groups in this one limit what this one can limit."""
    enabled = (group / "cgroup.subtree_control").read_text().split()
    for name in (group / "cgroup.controllers").read_text().split():
        if name in {"cpu", "cpuset", "io", "memory", "pids"} and name not in enabled:
            _write(group / "cgroup.subtree_control", f"+{name}")


def _copy_sets(source: Path, group: Path) -> None:
    for name in ("cpuset.cpus", "cpuset.mems"):
        _write(group / name, (source / name).read_text().strip())


def _inside_out(top: Path) -> Iterator[tuple[int, str]]:
    """Yield a group and all in it, the inner ones first: the folder that holds it, and its name in there.

    The Engine decides how deep they lie: no path and no list of open folders may grow with it. There are no links.
    """
    here = os.open(top.parent, os.O_DIRECTORY)
    left = [[top.name]]
    try:
        while True:
            if left[-1]:
                try:
                    inner = os.open(left[-1][-1], os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                except FileNotFoundError:  # the Engine removed it meanwhile
                    left[-1].pop()
                    continue
                os.close(here)
                here = inner
                left.append([entry.name for entry in os.scandir(here) if entry.is_dir(follow_symlinks=False)])
                continue
            left.pop()
            if not left:
                return
            outer = os.open("..", os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = outer
            yield here, left[-1].pop()
    finally:
        os.close(here)


def _at(folder: int) -> Callable[[str, int], int]:
    return lambda name, flags: os.open(name, flags, dir_fd=folder)


def _read(folder: int, name: str) -> str:
    """Read a file of a group; it is empty if the Engine removed the group meanwhile."""
    try:
        with open(name, opener=_at(folder)) as file:
            return file.read()
    except OSError:
        return ""


def _write(path: Path, value: object) -> None:
    """Write into a file of a group; say which where it fails."""
    try:
        path.write_text(str(value))
    except OSError as error:
        raise OSError(error.errno, f"{value} cannot be written to {path}: {error.strerror}") from error
