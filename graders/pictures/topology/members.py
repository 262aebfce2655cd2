"""What the picture shows, as data: containers, and the networks that they are in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Net:
    """A network."""

    name: str
    driver: str
    """`bridge`, `host`, `null`, `overlay` …"""
    subnets: tuple[str, ...] = ()
    internal: bool = False

    @property
    def about(self) -> str:
        """What it is, beside its name."""
        if self.driver == "host":
            return "the Engine's machine itself"
        if self.driver == "null":
            return "no network at all"
        names = "names are not known in it" if self.name == "bridge" else ""
        way_out = "no way out" if self.internal else ""
        return ", ".join(filter(None, [self.driver, *self.subnets, way_out, names]))


@dataclass(frozen=True)
class Place:
    """Where a container is in a network."""

    net: Net
    address: str = ""
    """Nothing where it does not run, or where a network gives none."""
    aliases: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The address and the names beside its own, as a sentence's part."""
        called = f"also called {', '.join(self.aliases)}" if self.aliases else ""
        return ", ".join(filter(None, [self.address or "no address", called]))


@dataclass(frozen=True)
class Member:
    """A container."""

    name: str
    image: str
    state: str
    """Such as `runs, healthy`."""
    places: tuple[Place, ...] = ()
    ports: tuple[tuple[str, str], ...] = ()
    """Where it is published on the Engine's machine, and the port that this leads to."""
    mounts: tuple[str, ...] = ()
    within: str = ""
    """The container in whose network it is, if it has none of its own."""

    @property
    def about(self) -> str:
        """What it is, beside its name."""
        return f"{self.state}, image {self.image}"

    @property
    def doors(self) -> tuple[str, ...]:
        """Its published ports, each as a sentence's part."""
        return tuple(f"{outside} leads to {inside}" for outside, inside in self.ports)


@dataclass(frozen=True)
class Picture:
    """Containers and their networks."""

    members: tuple[Member, ...]
    others: tuple[Place, ...] = ()
    """Where containers are that are not shown."""

    @property
    def nets(self) -> tuple[Net, ...]:
        """The networks that somebody is in, by name."""
        return tuple(sorted({place.net for member in self.members for place in member.places}, key=lambda n: n.name))

    def more(self, net: Net) -> int:
        """How many containers in a network are not shown."""
        return sum(place.net == net for place in self.others)

    def of(self, net: Net) -> tuple[tuple[Member, Place], ...]:
        """Who is in a network, and where."""
        return tuple((member, place) for member in self.members for place in member.places if place.net == net)
