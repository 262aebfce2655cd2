"""What the layers of an image hold, and what they hide of those below: from its archive, read as it comes."""

from __future__ import annotations

import contextlib
import io
import json
import posixpath
import tarfile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from environment.engines.files import Chunks
from graders.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graders.engine.words import Attributes

SMALL = 4 << 20
"""Bytes of a part of an archive that are looked at in memory: an image's records are no longer."""
ENTRY_LIMIT = 500_000
"""Files and folders that the layers of an image may hold, for their names are kept in memory."""
READ_AT_ONCE = 1 << 18
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
"""How the name of an entry begins that deletes what lies below; and the name that empties a folder."""


class Entry(NamedTuple):
    """A file or folder in a layer: its path without the first slash. A second name has a `target` and no size."""

    path: str
    size: int = 0
    is_folder: bool = False
    target: str = ""


class Hidden(NamedTuple):
    """A file that a later layer hides, and the number of the layer in which its contents still lie."""

    path: str
    size: int
    below: int
    deleted: bool
    """Else something else is in its place."""


class Saved(NamedTuple):
    """An image as its archive has it: the records of its history, lowest first, and what each layer holds."""

    history: list[Attributes]
    layers: list[list[Entry]]


def read(chunks: Iterable[bytes], digests: Sequence[str]) -> Saved:
    """Read the archive of the image whose layers have these digests. Contents of files are passed over, never kept.

    The archive is that of `docker save`, whether its layers are packed or not. It holds a layer once that an image has
    twice, or a link in its place, and names them in their order at its end.
    """
    records: dict[str, Any] = {}
    found: dict[str, list[Entry]] = {}
    links: dict[str, str] = {}
    left = ENTRY_LIMIT
    try:
        with tarfile.open(fileobj=io.BufferedReader(Chunks(chunks)), mode="r|", bufsize=READ_AT_ONCE) as archive:
            for member in _members(archive):
                name = posixpath.normpath(member.name)
                if member.issym():
                    links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
                elif stream := archive.extractfile(member):
                    part = io.BytesIO(stream.read()) if member.size <= SMALL else stream
                    if isinstance(part, io.BytesIO) and (record := _record(part)) is not None:
                        records[name] = record
                        continue
                    with contextlib.suppress(tarfile.ReadError):  # no layer, or packed in a way that is not known here
                        found[name] = list(_entries(part, left))
                        left -= len(found[name])
    except (tarfile.TarError, EOFError) as error:
        raise Failed(f"The Engine's archive of the image cannot be read: {error}.") from None
    manifest, config = _described(records, digests)
    names = [links.get(name, name) for name in manifest["Layers"]]
    if unknown := [name for name in names if name not in found]:
        raise Failed(f"A layer of the image is packed in a way that is not known here: `{unknown[0]}`.")
    return Saved(config.get("history") or [], [found[name] for name in names])


def _described(records: dict[str, Any], digests: Sequence[str]) -> tuple[Attributes, Attributes]:
    """What the archive says of the image with these layers; it may hold those of other processors too."""
    for manifest in records.get("manifest.json", []):
        config = records.get(manifest["Config"], {})
        if config.get("rootfs", {}).get("diff_ids", []) == list(digests):
            return manifest, config
    raise Failed("The Engine's archive of the image does not hold the layers that the Engine names.")


def _record(part: IO[bytes]) -> Any:
    try:
        return json.loads(part.read())
    except ValueError:
        part.seek(0)
        return None


def _entries(stream: IO[bytes], limit: int) -> Iterator[Entry]:
    with tarfile.open(fileobj=stream, mode="r|*", bufsize=READ_AT_ONCE) as layer:
        for number, member in enumerate(_members(layer)):
            if number >= limit:
                raise Failed(f"The image is too big to be looked at: more than {ENTRY_LIMIT:,} files.")
            target = _inside(member.linkname) if member.islnk() else ""
            yield Entry(_inside(member.name), member.size if member.isreg() else 0, member.isdir(), target)


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while member := archive.next():
        yield member
        archive.members.clear()  # type: ignore[attr-defined] # it would keep all that it has read


def _inside(name: str) -> str:
    return posixpath.normpath(f"/{name}").lstrip("/")


class _Content:
    """Contents of a file, which may have several names, in the layer of this number."""

    __slots__ = ("layer", "names", "size")

    def __init__(self, layer: int, size: int) -> None:
        self.layer, self.size, self.names = layer, size, 0


class _Place:
    """What is seen at a path: a file's contents, or what lies in a folder."""

    __slots__ = ("content", "inside")

    def __init__(self) -> None:
        self.content: _Content | None = None
        self.inside: dict[str, _Place] = {}

    def at(self, path: str, *, make: bool = False) -> _Place | None:
        place: _Place | None = self
        for name in path.split("/") if path else ():
            if place is None or (name not in place.inside and not make):
                return None
            place = place.inside.setdefault(name, _Place()) if make else place.inside[name]
        return place

    def all(self, path: str) -> Iterator[tuple[str, _Content]]:
        """Every file here and in it."""
        waiting = [(path, self)]
        while waiting:
            path, place = waiting.pop()
            if place.content:
                yield path, place.content
            waiting += [(posixpath.join(path, name), one) for name, one in place.inside.items()]


def hidden(layers: Iterable[Sequence[Entry]]) -> list[list[Hidden]]:
    """For each layer, lowest first, the files in layers below that cannot be seen any more from it on.

    A file with several names is hidden with its last one.
    """
    root = _Place()
    return [_hidden_by(root, number, layer) for number, layer in enumerate(layers, start=1)]


def _hidden_by(root: _Place, number: int, layer: Sequence[Entry]) -> list[Hidden]:
    gone = [one for entry in layer for one in _whited_out(root, entry.path)]
    for entry in layer:
        if posixpath.basename(entry.path).startswith(WHITEOUT):
            continue
        place = root.at(entry.path, make=True)
        assert place  # noqa: S101 - it was made
        if entry.is_folder:
            gone += [(entry.path, place.content)] if place.content else []
            place.content = None
            continue
        first = root.at(entry.target) if entry.target else None
        content = (first and first.content) or _Content(number, entry.size)
        content.names += 1
        gone += place.all(entry.path)
        place.content, place.inside = content, {}
    for _, content in gone:
        content.names -= 1
    last = {content: path for path, content in gone if not content.names and content.layer < number}
    return [Hidden(path, content.size, content.layer, deleted=root.at(path) is None) for content, path in last.items()]


def _whited_out(root: _Place, path: str) -> list[tuple[str, _Content]]:
    """Take away what a whiteout at a path hides, if there is one, and return it."""
    folder, _, name = path.rpartition("/")
    place = root.at(folder)
    if not name.startswith(WHITEOUT) or place is None:
        return []
    if name == OPAQUE:
        gone = [one for inside, there in place.inside.items() for one in there.all(posixpath.join(folder, inside))]
        place.inside = {}
        return gone
    deleted = name.removeprefix(WHITEOUT)
    there = place.inside.pop(deleted, None)
    return list(there.all(posixpath.join(folder, deleted))) if there else []
