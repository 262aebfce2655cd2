"""Where a container stands in each of its networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from graders.engine.words import Attributes


class Address(NamedTuple):
    """What a container has in one network."""

    network: str
    """The name of the network."""
    ip: str
    """Its IPv4 address; empty where it does not run."""
    ipv6: str
    aliases: tuple[str, ...]
    """The names that were asked for beside its own, without its short id."""
    mac: str
    gateway: str
    asked_for: str
    """The IPv4 address that was asked for, as with `--ip`; empty where the Engine chose."""


def addresses(of: Attributes) -> dict[str, Address]:
    """What the container that was inspected has in its networks, by their names.

    The names are those of `docker inspect`: host, none and the default bridge are among them.
    """
    own = {of["Id"][:12], of["Name"].removeprefix("/")}
    found: dict[str, Attributes] = of["NetworkSettings"].get("Networks") or {}
    return {
        name: Address(
            name,
            joined.get("IPAddress") or "",
            joined.get("GlobalIPv6Address") or "",
            tuple(alias for alias in joined.get("Aliases") or () if alias not in own),
            joined.get("MacAddress") or "",
            joined.get("Gateway") or "",
            (joined.get("IPAMConfig") or {}).get("IPv4Address") or "",
        )
        for name, joined in sorted(found.items())
    }
