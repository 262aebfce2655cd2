"""Temporary folders that go with the process that made them, also where that was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import weakref
from pathlib import Path

PREFIX = "drydock-scratch-"


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder; if this process is killed, `sweep_scratch` removes it.

    The folder is locked, since a process in another PID namespace, which may share the place for temporary folders,
    cannot be found by its number.
    """
    while True:
        folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder.name, os.O_RDONLY)
            weakref.finalize(folder, os.close, lock)
            with contextlib.suppress(OSError):  # a file system without locks: nothing is swept there
                fcntl.flock(lock, fcntl.LOCK_SH)
            if Path(folder.name).exists():
                return folder
        folder.cleanup()  # another process swept it before it was locked


def sweep_scratch() -> None:
    """Remove the temporary folders that processes left which run no more."""
    for folder in Path(tempfile.gettempdir()).iterdir():
        if not re.fullmatch(re.escape(PREFIX) + r"[a-z0-9_]{8}", folder.name):
            continue
        with contextlib.suppress(OSError):  # in use, another user's, or gone already
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
