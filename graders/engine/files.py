"""Files in images and containers, read from the archives that the Engine gives, with limits."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
import tempfile
from typing import IO, TYPE_CHECKING, Any

import docker.errors

from environment.engines.files import Chunks
from graders.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from docker.models.containers import Container as DockerContainer

LOG_LIMIT = 16 << 20
FILE_LIMIT = 256 << 20
ARCHIVE_LIMIT = 2 << 30
SPOOLED = 16 << 20
"""Bytes of what a container prints, of a file, and of all files that are looked at; and of those kept in memory."""
LOOKS = 5
"""How often what changes while it is read is read again."""
Member = tuple[str, tarfile.TarInfo, bytes]
"""An absolute path, its record, and its contents, which are empty for all but plain files."""


def content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Contents of a file in an archive; fails where it is too big to be looked at."""
    if member.size > FILE_LIMIT:
        raise Failed(f"The file `{member.name}` is too big to be looked at: {member.size >> 20:,} MB.")
    stream = archive.extractfile(member)
    return stream.read() if stream else b""


def save(chunks: Iterable[bytes], file: IO[bytes], subject: str) -> None:
    """Write what comes from an Engine into a file, and go back to its start; fails where it is too big."""
    left = ARCHIVE_LIMIT
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise Failed(f"{subject} is too big to be looked at: more than {ARCHIVE_LIMIT >> 20:,} MB.")
        file.write(chunk)
    file.seek(0)


def first(chunks: Iterable[bytes], limit: int) -> bytes:
    """What comes first, up to a number of bytes."""
    found: list[bytes] = []
    for chunk in chunks:
        found.append(chunk)
        limit -= len(chunk)
        if limit <= 0:
            break
    return b"".join(found)


def packed(folder: Path) -> bytes:
    """The archive of what is in a folder, as `docker cp` takes it: all of it root's, for everyone to read."""
    # What Python compiled beside its source is no part of a scene.
    paths = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return pack(
        (path.relative_to(folder).as_posix(), None if path.is_dir() else path.read_bytes(), int(path.stat().st_mtime))
        for path in paths
    )


def pack(members: Iterable[tuple[str, bytes | None, int]]) -> bytes:
    """The archive of these: a path, contents (None for a folder), and seconds since 1970."""
    with io.BytesIO() as raw:
        with tarfile.open(fileobj=raw, mode="w") as archive:
            for path, contents, time in members:
                member = tarfile.TarInfo(path)
                member.type, member.mode = (tarfile.DIRTYPE, 0o755) if contents is None else (tarfile.REGTYPE, 0o644)
                member.mtime, member.size = time, len(contents or b"")
                archive.addfile(member, io.BytesIO(contents or b""))
        return raw.getvalue()


def archived(container: DockerContainer, path: str) -> Iterator[Member]:
    """Members of `docker cp`'s archive; none where the path is absent; fails where it changes with each look."""
    parent = os.path.dirname(path.rstrip("/")) or "/"  # noqa: PTH120 - a path in the container
    with tempfile.SpooledTemporaryFile(SPOOLED) as saved:
        for _ in range(LOOKS):
            try:
                chunks, _ = container.get_archive(path)
            except docker.errors.NotFound:
                return
            saved.truncate(saved.seek(0))
            save(chunks, saved, f"`{path}`")
            if _is_whole(saved):
                break
        else:
            raise Failed(f"`{path}` changed each time while it was looked at, so that it cannot be read.")
        with tarfile.open(fileobj=saved) as archive:
            for member in archive:
                name = os.path.normpath(os.path.join(parent, member.name))  # noqa: PTH118 - a path in the container
                yield name, member, content(archive, member) if member.isfile() else b""


def _is_whole(saved: IO[bytes]) -> bool:
    """Whether an archive has all of what it names: it ends early where a file got shorter while it was read."""
    try:
        with tarfile.open(fileobj=saved) as archive:
            archive.getmembers()
    except tarfile.ReadError:
        return False
    saved.seek(0)
    return True


def entry(container: DockerContainer, path: str) -> tarfile.TarInfo | None:
    """The record of one file or folder, whatever lies in it; None where the path is absent."""
    chunks: Any  # a generator, though its types do not say so
    try:
        chunks, _ = container.get_archive(path)
    except docker.errors.NotFound:
        return None
    with contextlib.closing(chunks), tarfile.open(fileobj=io.BufferedReader(Chunks(chunks)), mode="r|") as archive:
        return archive.next()


def exported(chunks: Iterable[Any], path: str) -> Iterator[Member]:
    """The same from the archive of `docker export`, which holds everything but mounts."""
    root = path.rstrip("/")
    with tempfile.TemporaryFile() as saved:
        save(chunks, saved, f"`{path}`")
        with tarfile.open(fileobj=saved) as archive:
            for member in archive:
                name = os.path.normpath(f"/{member.name}")
                if name == (root or "/") or name.startswith(f"{root}/"):
                    yield name, member, content(archive, member) if member.isfile() else b""
