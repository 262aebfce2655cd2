"""Which process made something on an Engine, and whether that process still runs."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

ABANDONED_AFTER = 24 * 3600
"""Seconds after which what another machine made counts as abandoned."""


def started(pid: int) -> str | None:
    """Return when a process started, in the system's own unit, or None where there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The command's name is in brackets and may hold some itself; the start is the 20th field after it.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return "".join(c for c in shown.stdout if c.isalnum()) or None


def _machine() -> str:
    # Where numbers of processes mean the same: a PID namespace may share the host's name, and has its own.
    namespace = Path("/proc/self/ns/pid")
    return socket.gethostname() + (f".{namespace.stat().st_ino}" if namespace.exists() else "")


def current_session() -> str:
    """Name this process: `<machine>-<pid>-<process start time>`, which no other process shares.

    The machine is the hostname and, on Linux, the number of the PID namespace.
    """
    return session_of(os.getpid())


def session_of(process: int) -> str:
    """Name a process as `current_session` does."""
    return f"{_machine()}-{process}-{started(process)}"


def _read(session: str) -> tuple[str, str, str]:
    machine, _, start = session.rpartition("-")
    machine, _, pid = machine.rpartition("-")
    return machine, pid, start


def process_of(session: str) -> int | None:
    """Return the process that a session names, or None unless it runs in this PID namespace."""
    machine, pid, start = _read(session)
    here = machine == _machine() and pid.isdecimal()
    return int(pid) if here and started(int(pid)) == start else None


def session_is_alive(session: str, created: float | None = None) -> bool:
    """Tell whether the process of a session still runs.

    What a session of another machine or PID namespace made counts as alive until it is 24 hours old; `created` is
    when it was made, in seconds since 1970. A label that is no session's counts the same way.
    """
    machine, pid, _ = _read(session)
    if machine == _machine() and pid.isdecimal():
        return process_of(session) is not None
    return created is None or time.time() - created < ABANDONED_AFTER
