"""Look at containers on the Engine: what is mounted in them, whose it is, and what lies in their own layer."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from graders.errors import UsageError, hinted
from graders.pictures.mounts.places import Inside, Path, Picture, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.engine import Container, Engine, Mount


def look(engine: Engine, names: Sequence[str]) -> Picture:
    """What lies under the paths of these containers. Fails where one is not there."""
    if not names:
        raise UsageError("Which container?", "Write its name behind it, or several names.")
    with hinted("`docker ps --all` lists those that are there."):
        containers = [engine.container(name) for name in dict.fromkeys(names)]
    return Picture(tuple(_inside(container) for container in containers))


def _inside(container: Container) -> Inside:
    mounts = container.mounts
    own = Path("/", Place("layer", container.name), not container.host_config["ReadonlyRootfs"])
    # Where something is mounted, the folder above it and the place itself are made in the layer.
    above = {str(parent) for mount in mounts for parent in mount.path.parents} | {mount.target for mount in mounts}
    changed = [line for line in container.diff() if line[2:] not in above]
    return Inside(
        container.name,
        container.config["Image"],
        container.config["User"] or "root",
        bool(container.state["Running"]),
        (own, *(_path(container, mount) for mount in mounts)),
        # A folder is changed by what is in it, which says more.
        tuple(one for one in changed if not any(other[2:].startswith(f"{one[2:]}/") for other in changed)),
    )


def _path(container: Container, mount: Mount) -> Path:
    kind = "anonymous" if mount.is_anonymous else mount.kind
    source = mount.source if mount.kind != "tmpfs" else f"{container.name} {mount.target}"
    # Memory is there only for the processes of the container; from outside one sees what it hides.
    root = container.entry(mount.target) if mount.kind != "tmpfs" else None
    owner = f"{root.uid}:{root.gid} {stat.filemode(_type(root.isdir()) | root.mode)}" if root else ""
    return Path(mount.target, Place(kind, source), mount.writable, owner)


def _type(folder: bool) -> int:  # noqa: FBT001 - what it is of
    return stat.S_IFDIR if folder else stat.S_IFREG
