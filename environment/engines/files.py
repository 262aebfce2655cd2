"""Carry a folder of files to a throwaway Engine and back, without following what leads out of it."""

from __future__ import annotations

import filecmp
import io
import math
import os
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from environment.engines import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIZE_LIMIT = 256 << 20
"""Bytes that a folder may hold."""
COUNT_LIMIT = 20_000
"""Files and folders that a folder may hold."""
DEPTH_LIMIT = 100
"""Folders that may lie in each other."""


def pack(folder: Path) -> bytes:
    """Return a tar archive of the folder with the whole of its path; links stay links, sockets and devices stay behind.

    Raises EngineUnavailableError where the folder is too big or a file cannot be read.
    """
    size = count = 0
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        try:
            for path in _paths(folder):
                member = tar.gettarinfo(path, arcname=str(path).lstrip("/"))
                if member.islnk():  # the second name of a file: a file of its own there
                    member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
                size, count = size + member.size, count + 1
                if size > SIZE_LIMIT or count > COUNT_LIMIT:
                    raise EngineUnavailableError(
                        f"The folder {folder} holds more than {SIZE_LIMIT >> 20} MiB or {COUNT_LIMIT} files.",
                        "Move what does not belong to the exercise out of it.",
                    )
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                if member.isreg():
                    with path.open("rb") as content:
                        tar.addfile(member, content)
                else:
                    tar.addfile(member)
        except OSError as error:
            raise EngineUnavailableError(
                f"A file of the exercise cannot be read: {error}.", "Give yourself the right to read it."
            ) from error
    return archive.getvalue()


def _paths(folder: Path) -> Iterator[Path]:
    """Yield the folder and all folders, files and links in it."""

    def refuse(error: OSError) -> None:
        raise error

    yield folder
    for parent, folders, files in os.walk(folder, onerror=refuse):
        for name in sorted([*folders, *files]):
            path = Path(parent, name)
            if path.is_symlink() or path.is_file() or path.is_dir():
                yield path


class Chunks(io.RawIOBase):
    """The chunks of an answer of the Engine as a file, up to a limit if there is one."""

    def __init__(self, chunks: Iterable[bytes], limit: float = math.inf) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")
        self._left = limit

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Put what comes next into a buffer, and return how many bytes that are; 0 at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
            self._left -= len(chunk)
            if self._left < 0:
                message = f"more than {SIZE_LIMIT >> 20} MiB"
                raise OSError(message)
        part = self._rest[: len(buffer)]
        buffer[: len(part)] = part
        self._rest = self._rest[len(part) :]
        return len(part)


def unpack(chunks: Iterable[bytes], folder: Path) -> list[str]:
    """Write into the folder what an archive of it holds and the folder does not; return a sentence for each refusal.

    Refused are links that lead out of the folder, names that do, devices, and what is over the limits.
    What the archive lacks stays in the folder.
    """
    top = folder.resolve()
    refused: list[str] = []
    count = size = 0
    most = SIZE_LIMIT + COUNT_LIMIT * 1024
    try:
        with tarfile.open(fileobj=io.BufferedReader(Chunks(chunks, most)), mode="r|") as tar:
            for member in tar:
                count, size = count + 1, size + member.size  # of a sparse file, with its holes
                if count > COUNT_LIMIT or size > SIZE_LIMIT:
                    refused.append(f"No more than {COUNT_LIMIT} files and {SIZE_LIMIT >> 20} MiB were copied back.")
                    break
                parts = PurePosixPath(member.name).parts[1:]  # the first is the folder's own name
                if len(parts) > DEPTH_LIMIT:
                    refused.append(f"{'/'.join(parts[:3])}/… was not copied back: it lies too deep.")
                elif parts and (reason := _write(tar, member, top, top.joinpath(*parts))):
                    refused.append(f"{'/'.join(parts)} was not copied back: {reason}.")
    except (OSError, tarfile.TarError) as error:
        refused.append(f"Not all files were copied back: {error}.")
    return refused


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, top: Path, target: Path) -> str:
    """Write one member where it belongs; return why not, or nothing."""
    parent = target.parent.resolve()
    is_folder = target.is_dir() and not target.is_symlink()
    content = tar.extractfile(member) if member.isreg() else None
    refusal = ""
    if ".." in target.parts or not parent.is_relative_to(top):
        refusal = "it lies out of the folder"
    elif member.isdir():
        if is_folder or not (target.exists() or target.is_symlink()):
            target.mkdir(exist_ok=True)
        else:
            refusal = "a file of that name is there"
    elif is_folder:
        refusal = "a folder of that name is there"
    elif content:
        _replace(target, content, member.mode & 0o777)
    elif not member.issym():
        refusal = "it is a device, or a second name of another file"
    elif not _stays_inside(parent, member.linkname, top):
        refusal = "it is a link that leads out of the folder"
    elif not (target.is_symlink() and str(target.readlink()) == member.linkname):
        target.unlink(missing_ok=True)
        target.symlink_to(member.linkname)
    return refusal


def _stays_inside(parent: Path, link: str, top: Path) -> bool:
    """Tell whether a link in `parent` leads to a place in `top`, now and whatever links are made later."""
    parts = list(PurePosixPath(link).parts)
    while parts and parts[0] == "..":
        parts.pop(0)
    # `a/..` is not here if `a` becomes a link.
    return ".." not in parts and (parent / link).resolve().is_relative_to(top)


def _replace(target: Path, content: IO[bytes], mode: int) -> None:
    """Write a file if it differs, in place of what has its name, never through a link, and never whole in memory."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".drydock-")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file)
        new.chmod(mode)
        if target.is_file() and not target.is_symlink() and filecmp.cmp(target, new, shallow=False):
            if target.stat().st_mode & 0o777 != mode:
                target.chmod(mode)
        else:
            new.replace(target)
    finally:
        new.unlink(missing_ok=True)
