"""An image for several platforms: which there are, and for which machine each program in them was made."""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graders.engine.archives import OPAQUE, WHITEOUT
from graders.engine.words import Settings
from graders.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graders.engine.words import Attributes

    Blob = Callable[[str], bytes]
    """What there is under a digest."""

ELF = b"\x7fELF"
MACHINES = {3: "386", 8: "mips", 21: "ppc64le", 22: "s390x", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64"}
"""How Docker calls the machine whose number stands at byte 18 of a program."""
RECORD_LIMIT = 4 << 20
UNPACKED_LIMIT = 2 << 30
KEPT = 8 << 20
"""Bytes of an index or configuration, of a layer, and of a program whose contents are kept."""


@dataclass(frozen=True)
class Program:
    """A program in an image, the machine that it was made for, and its bytes."""

    path: str
    machine: str
    content: bytes = field(repr=False)

    @property
    def number(self) -> str:
        """The number of its machine as `od -An -tx1 -j18 -N2` prints it: `3e 00` is amd64, `b7 00` is arm64."""
        return self.content[18:20].hex(" ")

    def holds(self, text: str) -> bool:
        """Whether the text is in it."""
        return text.encode() in self.content


@dataclass(frozen=True)
class PlatformImage:
    """The image for one platform among several under one name."""

    platform: str
    """Such as `linux/arm64`."""
    config: Attributes
    """Its configuration: Cmd, Entrypoint, Env, WorkingDir and so on."""
    programs: tuple[Program, ...]
    """The programs that a container of it has, the kernel's kind alone: no scripts."""

    @property
    def machine(self) -> str:
        """The part of the platform behind the slash, such as `arm64`."""
        return self.platform.partition("/")[2]

    @property
    def command(self) -> str:
        """What its containers run, as one line."""
        return " ".join([*(self.config["Entrypoint"] or ()), *(self.config["Cmd"] or ())])


def read(blob: Blob, digest: str) -> dict[str, PlatformImage]:
    """What an index, or one image, holds for each platform, by its name; what a builder attests of them is none."""
    return {platform: _image(blob, platform, manifest) for platform, manifest in _manifests(blob, digest)}


def _manifests(blob: Blob, digest: str) -> Iterator[tuple[str, Attributes]]:
    found = _record(blob, digest)
    if "manifests" not in found:
        yield _named(_record(blob, found["config"]["digest"])), found
        return
    for entry in found["manifests"]:
        said = entry.get("platform") or {}
        attested = said.get("os") == "unknown" or "vnd.docker.reference.type" in (entry.get("annotations") or {})
        if not attested:
            for platform, manifest in _manifests(blob, entry["digest"]):
                yield _named(said) if said else platform, manifest


def _named(said: Attributes) -> str:
    # What stands behind the machine, such as v8, tells no two images of this course apart.
    return f"{said.get('os', 'linux')}/{said.get('architecture', 'unknown')}"


def _image(blob: Blob, platform: str, manifest: Attributes) -> PlatformImage:
    programs: dict[str, Program] = {}
    for layer in manifest["layers"]:
        for member, content in _members(_content(blob, layer["digest"])):
            path = posixpath.normpath(f"/{member.name}")
            folder, name = posixpath.split(path)
            programs.pop(path, None)
            if name.startswith(WHITEOUT):
                gone = folder if name == OPAQUE else posixpath.join(folder, name.removeprefix(WHITEOUT))
                programs = {p: one for p, one in programs.items() if p != gone and not p.startswith(f"{gone}/")}
            if content.startswith(ELF):
                programs[path] = Program(path, _machine(content), content if len(content) <= KEPT else content[:20])
    config = Settings(_record(blob, manifest["config"]["digest"]).get("config") or {})
    return PlatformImage(platform, config, tuple(programs[path] for path in sorted(programs)))


def _machine(content: bytes) -> str:
    number = int.from_bytes(content[18:20], "little" if content[5] == 1 else "big")
    return MACHINES.get(number, f"machine {number}")


def _members(packed: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """What a layer holds, and of a file the beginning, long enough to see that it is longer than what is kept."""
    left = UNPACKED_LIMIT
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r|*") as layer:
            for member in layer:
                left -= member.size
                if left < 0:
                    raise Failed(f"A layer of the image is too big to be looked at: over {UNPACKED_LIMIT >> 30} GB.")
                stream = layer.extractfile(member) if member.isfile() else None
                yield member, stream.read(KEPT + 1) if stream else b""
    except (tarfile.TarError, EOFError, OSError):
        raise Failed("A layer of the image is packed in a way that is not known here.") from None


def _content(blob: Blob, digest: str) -> bytes:
    """What is kept under a digest, if it is that."""
    content = blob(digest)
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise Failed(f"What is kept as `{digest}` is something else: somebody has changed it.")
    return content


def _record(blob: Blob, digest: str) -> dict[str, Any]:
    content = _content(blob, digest)
    if len(content) > RECORD_LIMIT:
        raise Failed(f"What is kept as `{digest}` is too big to be looked at.")
    return dict(json.loads(content))
