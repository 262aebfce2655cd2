"""What the picture shows, as data: containers, the paths at which something else is mounted, and what that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where files lie: a container's own layer, a volume, a folder of the host, or memory."""

    kind: str
    """`layer`, `volume`, `anonymous`, `bind` or `tmpfs`."""
    source: str
    """The container, the volume, the host's path. Memory is a container's and a path's alone."""

    @property
    def name(self) -> str:
        """What it is called."""
        return {
            "layer": f"{self.source}'s own layer",
            "volume": f"volume {self.source}",
            "anonymous": f"anonymous volume {self.source[:12]}…",
            "bind": f"the host's {self.source}",
            "tmpfs": "memory (tmpfs)",
        }[self.kind]

    @property
    def survives(self) -> str:
        """What becomes of it when its containers stop and are removed."""
        return {
            "layer": "goes with the container",
            "volume": "stays until docker volume rm",
            "anonymous": "stays after docker rm, goes with docker rm --volumes",
            "bind": "stays: it is the host's",
            "tmpfs": "goes when the container stops",
        }[self.kind]


@dataclass(frozen=True)
class Path:
    """A path of a container, and the place under it."""

    path: str
    place: Place
    writable: bool
    owner: str = ""
    """Numbers of the user and the group, and the mode, as `ls -ln` writes them; nothing where nobody can tell."""

    @property
    def told(self) -> str:
        """Who may write there, as a sentence's part."""
        return ", ".join(filter(None, ["writable" if self.writable else "read-only", self.owner]))


@dataclass(frozen=True)
class Inside:
    """A container: its paths, outermost first. The first is `/`, its own layer above its image."""

    name: str
    image: str
    user: str
    """As whom it runs."""
    running: bool
    paths: tuple[Path, ...]
    written: tuple[str, ...] = ()
    """What was made, changed or deleted in its layer."""

    @property
    def about(self) -> str:
        """What it is, beside its name."""
        return f"{'runs' if self.running else 'does not run'}, image {self.image}, user {self.user}"

    @property
    def heading(self) -> str:
        """What it is, in one line."""
        return f"{self.name}: {self.about}"


@dataclass(frozen=True)
class Picture:
    """Containers beside each other."""

    containers: tuple[Inside, ...]

    def sharing(self, place: Place, but: str) -> tuple[str, ...]:
        """The other containers of the picture that have this place too."""
        return tuple(c.name for c in self.containers if c.name != but and any(p.place == place for p in c.paths))
