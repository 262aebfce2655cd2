"""Where the machines of this user run: a folder that nobody else can write or read, with a short path."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from environment.engines import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 70
"""Bytes of a path that leave room for those of sockets in it, which may have 107."""
OWN = "own"
"""The name of the learner's own machine among those of this user."""


def running_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return this user's folder of running machines, which may not be there."""
    name = f"drydock-{os.geteuid()}"
    named = Path(environ.get("XDG_RUNTIME_DIR") or "/nonexistent", name)
    if os.access(named.parent, os.W_OK) and len(os.fsencode(named)) <= LONGEST:
        return named
    return Path(tempfile.gettempdir()) / name


def new_running_folder() -> Path:
    """Return the folder, made where it is missing. Raises EngineUnavailableError where others could use it."""
    folder = running_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o077:
        raise EngineUnavailableError(
            f"{folder} is not this user's alone, so no machine can be kept there.",
            "Remove it, or name another folder with XDG_RUNTIME_DIR.",
        )
    return folder
