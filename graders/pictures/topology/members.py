"""What the picture shows, as data: containers, the networks that they are in, and what should be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.engine import Plan

ABSENT = "is not there"


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
class Should:
    """What an exercise asks of a container, and what is so."""

    wanted: str
    """Such as `should meet dd-toll-api`."""
    seen: str
    """Such as `both are in dd-toll`."""
    holds: bool

    @property
    def told(self) -> str:
        """Both, told apart by a sign and a word."""
        return f"✓ {self.wanted}: {self.seen}" if self.holds else f"✗ {self.wanted}, but {self.seen}"


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
    should: tuple[Should, ...] = ()
    """What should be, where an exercise was asked for."""

    @property
    def about(self) -> str:
        """What it is, beside its name."""
        return f"{self.state}, image {self.image}" if self.image else self.state

    @property
    def nets(self) -> set[str]:
        """The names of its networks."""
        return {place.net.name for place in self.places}

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


def beside(picture: Picture, plan: Plan) -> Picture:
    """The picture with what should be; a container that the plan names and nobody has made is in it too."""
    wanted = {name for pair in (*plan.together, *plan.apart) for name in pair} | {*plan.published, *plan.unpublished}
    there = {member.name: member for member in picture.members}
    there |= {name: Member(name, "", ABSENT) for name in wanted - set(there)}
    members = (replace(there[name], should=tuple(_should(there, plan, name))) for name in sorted(there))
    return replace(picture, members=tuple(members))


def _should(there: dict[str, Member], plan: Plan, name: str) -> Iterator[Should]:
    for pairs, word in ((plan.together, "should meet"), (plan.apart, "should not meet")):
        for pair in pairs:
            if name in pair:
                meet, seen = _meeting(there, name, pair[pair[0] == name])
                yield Should(f"{word} {pair[pair[0] == name]}", seen, meet is (pairs is plan.together))
    for names, word in ((plan.published, "a published port"), (plan.unpublished, "no published port")):
        if name in names and there[name].state != ABSENT:
            doors = bool(there[name].ports)
            yield Should(f"should have {word}", "has one" if doors else "has none", doors is (names is plan.published))


def _meeting(there: dict[str, Member], one: str, other: str) -> tuple[bool | None, str]:
    """Whether two have a network in common, and where; None where one of them is not there."""
    if absent := [name for name in (one, other) if there[name].state == ABSENT]:
        return None, f"{absent[0]} {ABSENT}"
    for guest, owner in ((one, other), (other, one)):
        if there[guest].within == owner:
            return True, f"{guest} is in the network of {owner} itself"
    nets = [there.get(there[name].within, there[name]).nets for name in (one, other)]
    common = sorted(nets[0] & nets[1])
    return bool(common), f"both are in {', '.join(common)}" if common else "they have no network in common"
