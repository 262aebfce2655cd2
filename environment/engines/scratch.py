"""Temporary folders that go with the process that made them, also where that was killed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

from environment.engines.session import started


def _prefix() -> str:
    # Another machine, or a container, may share the folder, and has numbers of its own for processes.
    return f"drydock-{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]}-"


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder; if this process is killed, `sweep_scratch` removes it."""
    process = os.getpid()
    return tempfile.TemporaryDirectory(prefix=f"{_prefix()}{process}-{started(process)}-")


def sweep_scratch() -> None:
    """Remove the temporary folders that processes left which run no more."""
    ours = re.compile(re.escape(_prefix()) + r"(\d+)-(\w+)-\w+")
    for folder in Path(tempfile.gettempdir()).iterdir():
        if (named := ours.fullmatch(folder.name)) and started(int(named[1])) != named[2]:
            shutil.rmtree(folder, ignore_errors=True)  # another user's stays
