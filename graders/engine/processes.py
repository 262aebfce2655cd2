"""Processes in a container: process 1 is often not the one that a check is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from graders.engine import containers
from graders.errors import Failed

if TYPE_CHECKING:
    from graders.engine.containers import Container
    from graders.engine.run import Run

_LOOK = r"""
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
for p in /proc/[0-9]*; do
    n=${p#/proc/} u= g=
    [ "$n" = $$ ] && continue
    while read -r key real effective rest; do
        case $key in Uid:) u=$effective ;; Gid:) g=$effective ;; esac
    done 2>/dev/null < "$p/status"
    echo "process $n ${u:-0} ${g:-0} $(tr '\0\n' '  ' 2>/dev/null < "$p/cmdline")"
    ls -l "$p/fd" 2>/dev/null | while read -r line; do
        case $line in *socket:*) echo "holds $n ${line##*socket:}" ;; esac
    done
done
"""
"""What the kernel tells in the container: sockets with their user, processes with theirs, and who holds which socket.

Of another user's process, root without the right to trace sees not what it holds.
"""
_DNS = "127.0.0.11"
"""Where the Engine's own name server listens in a container, on ports of its own."""
_OPEN = re.compile(r"^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A ", re.MULTILINE)
_SOCKET = re.compile(r"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A \S+ \S+ \S+ +(\d+) +\d+ +(\d+)", re.MULTILINE)
_PROCESS = re.compile(r"^process (\d+) (\d+) (\d+) (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Process:
    """A process in a container: its number there, the user and group as whom it acts, and its command line."""

    number: int
    user: int
    group: int
    command: str

    @property
    def called(self) -> str:
        """How a sentence calls it."""
        return f"process {self.number}, `{self.command}`"


def listening(container: Container, port: int) -> Process:
    """The process that listens on this port in the container; fails where none does."""
    said = container.exec("sh", "-c", _LOOK, user="0").stdout
    sockets = [(int(user), inode) for number, user, inode in _SOCKET.findall(said) if int(number, 16) == port]
    processes = [Process(int(n), int(u), int(g), c.strip()) for n, u, g, c in _PROCESS.findall(said) if c.strip()]
    for process in processes:
        if any(re.search(rf"^holds {process.number} \[{inode}\]", said, re.MULTILINE) for _, inode in sockets):
            return process
    # A socket belongs to whoever opened it; root's own processes show theirs, so one of root's that nobody shows
    # was handed on.
    users = {user for user, _ in sockets}
    theirs = [p for p in processes if p.user in users - {0}] or [p for p in processes if sockets and p.user != 0]
    if not theirs:
        container.running()
        raise Failed(f"{container.subject} has nothing that listens on port {port}.", evidence=container.log_evidence())
    return theirs[-1]


def listening_at(run: Run, container: Container) -> list[tuple[str, int]]:
    """The addresses and TCP ports on which anything listens in a container, the Engine's name server left out.

    The kernel tells them from the container's network, whoever listens there and whatever tools the image has.
    """
    container.running()
    look = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
    told = containers.once(run, containers.PROBE_IMAGE, *look, network_mode=f"container:{container.id}").stdout
    found = [(_address(number), int(port, 16)) for number, port in _OPEN.findall(told)]
    return sorted({(ip, port) for ip, port in found if ip != _DNS})


def _address(number: str) -> str:
    """An address, of which the kernel prints each four bytes in the order of its machine's processor: little-endian."""
    words = [bytes.fromhex(number[start : start + 8])[::-1] for start in range(0, len(number), 8)]
    if len(words) == 1:
        return str(IPv4Address(words[0]))
    long = IPv6Address(b"".join(words))
    return str(long.ipv4_mapped or long)
