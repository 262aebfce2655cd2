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


def current_session() -> str:
    """Name this process: `<hostname>-<pid>-<process start time>`, which no other process shares."""
    return session_of(os.getpid())


def session_of(process: int) -> str:
    """Name a process as `current_session` does."""
    return f"{socket.gethostname()}-{process}-{started(process)}"


def session_is_alive(session: str, created: float | None = None) -> bool:
    """Tell whether the process of a session still runs.

    What another machine's session made counts as alive until it is 24 hours old; `created` is when it was made,
    in seconds since 1970. A label that is no session's counts the same way.
    """
    host, _, rest = session.rpartition("-")
    host, _, pid = host.rpartition("-")
    if host == socket.gethostname() and pid.isdecimal():
        return started(int(pid)) == rest
    return created is None or time.time() - created < ABANDONED_AFTER
