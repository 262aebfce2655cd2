"""The exercise's folder on the Engine's machine: changed from outside, as an editor does it, and put back."""

from __future__ import annotations

import contextlib
import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors
from docker.types import Mount

from graders.engine import containers
from graders.engine.containers import PROBE_IMAGE
from graders.engine.twins import SHARED
from graders.engine.words import engine_words
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.engine.containers import Container
    from graders.engine.run import Run

PLACE, KEPT = "/folder", "/kept"
"""Where the folder is mounted to be changed, and where what was in a file is kept meanwhile."""
KEPT_BESIDE = ".drydock-kept-"
"""How a file is called while another has its name."""
ADD = 'set -C; printf %s "$2" >"$1"'
EDIT = 'mkdir -p "${2%/*}" && cp -p "$1" "$2" && printf %s "$3" >"$1"'
EDIT_BACK = 'cat "$2" >"$1" && touch -r "$2" "$1"'
REPLACE = """
ln "$1" "$2" 2>/dev/null || cp -p "$1" "$2" || exit
cp -p "$1" "$1.new" && printf %s "$3" >"$1.new" && mv -f "$1.new" "$1"
"""
REPLACE_BACK = 'rm -f "$1.new"; [ ! -e "$2" ] || mv -f "$2" "$1" && rm -f "$2"'
"""A rename does nothing where both are names of one file, as after a replacement that was refused."""
DEPTH = 8
WRITE = """
find "$@" -xdev -maxdepth DEPTH -name NAME -exec sh -c 'echo "${1%/*}" >"$1.written"' sh {} ';' 2>/dev/null
true
"""
"""Writes beside a file, wherever it is found below these paths, where that was."""
SHARE = (
    "With Docker Desktop, share it under *Settings, Resources, File sharing*; with Colima, name it with "
    "`colima start --mount`"
)
UNSEEN = f"{SHARE}; an Engine on another machine cannot do this exercise. Then check again."


class Folder:
    """The exercise's folder, as the Engine's machine has it, changed as an editor does it. All is put back at the end.

    Names of files are as in the answer: `notices/tides.txt`.
    """

    def __init__(self, run: Run, container: Container, path: Path) -> None:
        self.path = path
        """Where it is on the Engine's machine, as the answer's commands saw it."""
        self._run = run
        self._container = container
        self._undo: list[tuple[str, ...]] = []

    def has(self, name: str) -> bool:
        """Whether there is a file or folder of this name."""
        return not self._container.exec("test", "-e", _at(name)).exit_code

    def add(self, name: str, text: str) -> None:
        """Write a new file; a file that is there is never touched."""
        self._do(name, ADD, text)
        self._undo.append(('rm -f "$1"', _at(name)))

    def edit(self, name: str, text: str) -> None:
        """Write into a file, as `echo … >FILE` and some editors do: it stays the same file with other contents."""
        kept = f"{KEPT}/{len(self._undo)}"
        self._undo.append((f'[ ! -e "$2" ] || {{ {EDIT_BACK}; }}', self._known(name), kept))
        self._do(name, EDIT, kept, text)

    def replace(self, name: str, text: str) -> None:
        """Write another file and give it this one's name, as most editors and `sed -i` do; mode and owner stay."""
        place = self._known(name)
        kept = posixpath.join(posixpath.dirname(place), f"{KEPT_BESIDE}{len(self._undo)}")
        self._undo.append((REPLACE_BACK, place, kept))
        self._do(name, REPLACE, kept, text)

    def written_through(self, other: Container, name: str) -> str:
        """Where in a container root can write into this folder of the exercise's; empty where nowhere.

        Tried in a container of its own that has the same mounts, and looked at from here.
        """
        place = self._known(name)
        marker = f"{KEPT_BESIDE}{self._run.unique('marker')}"
        self.add(f"{name}/{marker}", "")
        written = f"{place}/{marker}.written"
        self._undo.append(('rm -f "$1"', written))
        targets = [mount.target for mount in other.mounts if mount.kind in SHARED]
        script = WRITE.replace("DEPTH", str(DEPTH)).replace("NAME", marker)
        if targets:
            options: dict[str, Any] = {"volumes_from": [other.id], "network_mode": "none", "again": False}
            containers.once(self._run, PROBE_IMAGE, "sh", "-c", script, "sh", *targets, user="0", **options)
        return self._container.exec("cat", written).stdout.strip()

    def put_back(self) -> None:
        """Undo all changes, the last one first."""
        said = []
        while self._undo:
            done = self._container.exec("sh", "-c", self._undo[-1][0], "sh", *self._undo[-1][1:])
            if done.exit_code:
                said.append(done.output.strip())
            self._undo.pop()
        if said:
            raise DrydockError(
                f"A file in `{self.path}` could not be put back as it was: {'; '.join(said)}",
                "Compare the folder with what you had; `%reset` keeps a copy of it and brings the start back.",
            )

    def _known(self, name: str) -> str:
        if not self.has(name):
            raise Failed(
                f"There is no `{name}` in the exercise's folder.", hint="It belongs there. `%reset` brings it back."
            )
        return _at(name)

    def _do(self, name: str, script: str, *arguments: str) -> None:
        done = self._container.exec("sh", "-c", script, "sh", _at(name), *arguments)
        if done.exit_code:
            raise DrydockError(
                f"`{name}` in the exercise's folder could not be changed from outside: {done.output.strip()}",
                "See that you may write there yourself, and check again.",
            )


def _at(name: str) -> str:
    return posixpath.join(PLACE, name)


@contextlib.contextmanager
def opened(run: Run, path: Path, sign: str) -> Iterator[Folder]:
    """The folder of this path on the Engine's machine, with all put back at the end.

    Raises DrydockError where the Engine has no such folder, or another one: `sign` is a file that must be in it.
    """
    # An Engine that labels files for SELinux, or maps users, would shut out even its own root.
    options: dict[str, Any] = {"security_opt": ["label=disable"], "userns_mode": "host", "network_mode": "none"}
    mount = Mount(PLACE, str(path), type="bind")
    try:
        container = containers.start(run, PROBE_IMAGE, "sleep", "1d", mounts=[mount], **options)
    except Failed as failed:  # mounts that are refused are told so
        raise _unseen(path, failed.evidence[-1]) from None
    except docker.errors.APIError as error:
        raise _unseen(path, engine_words(error)) from None
    folder = Folder(run, container, path)
    try:
        if not folder.has(sign):
            raise _unseen(path, "there, the folder is empty or another one")
        yield folder
    finally:
        try:
            folder.put_back()
        finally:
            container.remove()


def unseen(run: Run, path: Path) -> str:
    """Why the Engine cannot mount a folder of this machine, as a sentence; empty where it can."""
    with tempfile.NamedTemporaryFile(dir=path, prefix=KEPT_BESIDE) as sign:
        try:
            with opened(run, path, Path(sign.name).name):
                return ""
        except DrydockError as error:
            return error.what


def _unseen(path: Path, why: str) -> DrydockError:
    return DrydockError(f"The Engine cannot see the folder `{path}`: {why.strip().rstrip('.')}.", UNSEEN)
