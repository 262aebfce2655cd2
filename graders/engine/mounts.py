"""What lies under a path of a container: its own layer, a volume, a folder of the host, or memory."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graders.engine.words import Attributes

ANONYMOUS = re.compile(r"[0-9a-f]{64}")
"""The name that the Engine gives to a volume for which nobody has one."""
MOUNTS = (
    "{{range .Mounts}}{{.Type}} {{.Name}}{{if not .Name}}{{.Source}}{{end}} at {{.Destination}}, writable: {{.RW}}"
    "{{println}}{{end}}"
)


class Mount(NamedTuple):
    """What is mounted at a path of a container."""

    kind: str
    """`volume`, `bind` or `tmpfs`."""
    source: str
    """The name of the volume, the path on the Engine's machine, or nothing."""
    target: str
    """The path in the container."""
    writable: bool

    @property
    def path(self) -> PurePosixPath:
        """The path in the container, as a path."""
        return PurePosixPath(self.target)

    @property
    def is_anonymous(self) -> bool:
        """Whether it is a volume that nobody gave a name."""
        return self.kind == "volume" and bool(ANONYMOUS.fullmatch(self.source))

    @property
    def told(self) -> str:
        """What it is, as the end of a sentence without its full stop."""
        if self.is_anonymous:
            return f"an anonymous volume (`{self.source[:12]}…`)"
        named = {"volume": f"the volume `{self.source}`", "bind": f"the host's `{self.source}`"}
        return named.get(self.kind, "memory (a tmpfs)")


def mounts(of: Attributes) -> list[Mount]:
    """What is mounted in the container that was inspected, by path."""
    found = [
        Mount(m["Type"], m.get("Name") or m.get("Source") or "", _plain(m["Destination"]), bool(m["RW"]))
        for m in of.get("Mounts") or []
    ]
    listed = {mount.target for mount in found}
    memory: Attributes = of["HostConfig"].get("Tmpfs") or {}
    found += [
        Mount("tmpfs", "", _plain(target), "ro" not in options.split(","))
        for target, options in memory.items()
        if _plain(target) not in listed
    ]
    return sorted(found, key=lambda mount: mount.target)


def covering(found: Iterable[Mount], path: str) -> Mount | None:
    """The mount under a path, the innermost one; None for a container's own layer."""
    above = {path, *map(str, PurePosixPath(path).parents)}
    return max((m for m in found if m.target in above), key=lambda mount: len(mount.target), default=None)


def _plain(path: str) -> str:
    return str(PurePosixPath(path))
