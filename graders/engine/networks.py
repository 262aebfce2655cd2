"""Networks on the Engine, and who reaches whom through them: measured from where each container stands."""

from __future__ import annotations

import contextlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import TYPE_CHECKING, NamedTuple

import docker.errors
from docker.types import IPAMConfig, IPAMPool

from graders.engine import containers
from graders.engine.words import Attributes, engine_words
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from graders.engine.addresses import Address
    from graders.engine.containers import Container
    from graders.engine.run import Run

PROBE = "python:3.13-slim"
"""The course image that measures: its errors say which of refused, silent and unknown it was, and it speaks UDP."""
OPEN_SECONDS = 10
"""For how long a door that should be open is tried."""
ATTEMPT_SECONDS = 2
"""How long one attempt may take: a packet that is dropped on its way is never answered."""
INTERFACE = "com.docker.network.bridge.name"
POOLS = ["172.16.0.0/12", "192.168.0.0/16"]
"""From where the Engine chooses ranges if its configuration says nothing (moby's daemon/libnetwork/ipamutils)."""
DEFAULT_ROUTE = 3
"""Routes to so many bits or fewer lead to everywhere: VPNs part the default route so, to come before it."""
MOST_NAMED = 3
_ROUTE = re.compile(r"^(\d[\d./]*) (?:.* )?dev (\S+)", re.MULTILINE)
ANSWERS = "answers"
ATTEMPTS = """
import concurrent.futures, http.client, json, socket, sys, time

def ask(host, port, protocol, said, attempt):
    if protocol == "name":
        return " ".join(sorted({place[4][0] for place in socket.getaddrinfo(host, None, socket.AF_INET)}))
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    place = socket.getaddrinfo(host, port, type=kind)[0]
    if protocol == "http":
        connection = http.client.HTTPConnection(place[4][0], port, timeout=attempt)
        connection.request("GET", said, headers={"Host": host, "Connection": "close"})
        response = connection.getresponse()
        return f"{response.status} " + response.read(4000).decode(errors="replace")
    with socket.socket(*place[:3]) as door:
        door.settimeout(attempt)
        door.connect(place[4])
        if protocol == "udp":
            door.send(said.encode())
            return door.recv(4000).decode(errors="replace")
        # A proxy of the Engine's takes every connection, and ends it at once where nobody listens behind.
        door.settimeout(0.2)
        try:
            if not door.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError
        except TimeoutError:
            pass
        return ""

def seen(host, port, protocol, said, wait, attempt):
    end = time.monotonic() + wait
    while True:
        try:
            return "answers", ask(host, port, protocol, said, attempt)
        except socket.gaierror:
            how = "no such name"
        except TimeoutError:
            how = "no answer"
        except ConnectionRefusedError:
            how = "refused"
        except (ConnectionError, http.client.HTTPException):
            how = "hangs up"
        except OSError:
            how = "no way there"
        if time.monotonic() >= end:
            return how, ""
        time.sleep(0.1)

doors = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(len(doors)) as pool:
    print(json.dumps(list(pool.map(lambda door: seen(*door), doors))))
"""


class Door(NamedTuple):
    """A way from one place to a port, and whether it should be open."""

    source: Container | None
    """The container from whose network it is tried; None for the Engine's machine."""
    host: str
    """A name, as it is known there, or an address."""
    port: int
    is_open: bool = True
    protocol: str = "tcp"
    """`tcp`, `udp`, `http`, or `name`: no port is tried, the name alone is asked for."""
    says: str = "/"
    """What is sent with `udp`, the path with `http`."""

    @property
    def start(self) -> str:
        """Where it begins, for a table."""
        return self.source.known if self.source else "the machine"

    @property
    def target(self) -> str:
        """Where it leads to, for a table."""
        return self.host if self.protocol == "name" else f"{self.host}:{self.port}" + "/udp" * (self.protocol == "udp")

    @property
    def shown(self) -> str:
        """The command with which a learner tries it; no image of the course has a client for UDP, so none for that."""
        if self.protocol == "udp":
            return ""
        network = f"container:{self.source.called}" if self.source else "host"
        address = f"{self.host}:{self.port}"
        ask = {
            "http": f"wget -q -O - -T 2 http://{address}{self.says}",
            "name": f"nslookup -type=a {self.host}",
        }.get(self.protocol, f"nc -w 2 {self.host} {self.port}")
        return f"docker run --rm -i --network {network} {containers.PROBE_IMAGE} {ask}"


class Plan(NamedTuple):
    """Who should meet whom, by the names of containers: what an exercise's checks hold, and `%topology` shows.

    It is the value `PLAN` of a grader.
    """

    together: tuple[tuple[str, str], ...] = ()
    """Pairs that have a network in common."""
    apart: tuple[tuple[str, str], ...] = ()
    """Pairs that have none."""
    published: tuple[str, ...] = ()
    """Who has a published port."""
    unpublished: tuple[str, ...] = ()
    """Who has none."""


class Seen(NamedTuple):
    """What came of a try."""

    how: str
    """`answers`, `refused`, `no answer`, `no such name`, `no way there`, or `hangs up`."""
    text: str
    """What was answered; with `http` its status and the body, with `name` its IPv4 addresses, a space between two."""

    @property
    def is_open(self) -> bool:
        """Whether somebody answered."""
        return self.how == ANSWERS


class Reach:
    """Who reaches whom: expected beside seen."""

    def __init__(self, seen: Mapping[Door, Seen]) -> None:
        self.seen = dict(seen)
        """What was seen, by what was tried."""

    @property
    def wrong(self) -> list[Door]:
        """Where it is not as it should be, in the order of the question."""
        return [door for door, seen in self.seen.items() if door.is_open != seen.is_open]

    @property
    def table(self) -> list[str]:
        """A line for each start, a column for each target; what should be otherwise says so."""
        starts = list(dict.fromkeys(door.start for door in self.seen))
        targets = list(dict.fromkeys(door.target for door in self.seen))
        cells = {(door.start, door.target): self._told(door) for door in self.seen}
        rows = [["from", *targets], *([one, *(cells.get((one, to), "") for to in targets)] for one in starts)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]

    @property
    def evidence(self) -> list[str]:
        """The table, for a verdict, and how a learner tries what is first not as it should be."""
        return [*self.table, *(f"$ {door.shown}" for door in self.wrong[:1] if door.shown)]

    def _told(self, door: Door) -> str:
        seen = self.seen[door]
        if seen.is_open == door.is_open:
            return seen.how
        return f"{seen.how}, must answer" if door.is_open else f"{seen.how}, must not"


class Network:
    """A network on the Engine."""

    def __init__(self, run: Run, attributes: Attributes) -> None:
        self._run = run
        self.attributes = attributes
        """What `docker network inspect` prints."""

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.attributes["Id"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.attributes["Name"])

    @property
    def driver(self) -> str:
        """`bridge`, `host`, `none` as `null`, `overlay`, `macvlan` or `ipvlan`."""
        return str(self.attributes["Driver"])

    @property
    def is_internal(self) -> bool:
        """Whether nothing leads out of it."""
        return bool(self.attributes.get("Internal"))

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return dict(self.attributes.get("Labels") or {})

    @property
    def subnets(self) -> list[str]:
        """Its ranges of addresses, such as `172.18.0.0/16`."""
        pools: list[Attributes] = (self.attributes.get("IPAM") or {}).get("Config") or []
        return [str(pool["Subnet"]) for pool in pools if pool.get("Subnet")]

    @property
    def interface(self) -> str:
        """How the interface of a bridge is called on the Engine's machine."""
        options: Mapping[str, str] = self.attributes.get("Options") or {}
        return options.get(INTERFACE) or f"br-{self.id[:12]}"

    @property
    def members(self) -> list[Container]:
        """The running containers in it, by name."""
        ids = self.attributes.get("Containers") or {}
        return sorted((containers.find(self._run, one) for one in ids), key=lambda container: container.name)

    def evidence(self, template: str) -> list[str]:
        """What `docker network inspect --format` prints, for a verdict."""
        return self._run.docker("network", "inspect", "--format", template, self.name).evidence

    def connect(self, container: Container, *aliases: str, address: str = "") -> None:
        """`docker network connect`."""
        try:
            self._run.client.api.connect_container_to_network(
                container.id, self.id, aliases=list(aliases) or None, ipv4_address=address or None
            )
        except docker.errors.APIError as error:
            raise Failed(f"{container.subject} cannot join the network `{self.name}`: {engine_words(error)}") from None

    def disconnect(self, container: Container) -> None:
        """`docker network disconnect`, whether it runs or not."""
        self._run.client.api.disconnect_container_from_network(container.id, self.id, force=True)

    @contextlib.contextmanager
    def without(self, container: Container) -> Iterator[Address]:
        """See that a container is not in it within the block, which gets what it had there; it goes on running.

        It comes back under the names that it had, and to its address where that was asked for.
        """
        was = container.addresses[self.name]
        self.disconnect(container)
        try:
            yield was
        finally:
            self.connect(container, *was.aliases, address=was.asked_for)


def find(run: Run, name: str) -> Network:
    """The network of this name or id; fails, listing what is there, where there is none."""
    try:
        return Network(run, run.client.api.inspect_network(name))
    except docker.errors.NotFound:
        listed = run.listed("network", "ls", "--format", "{{.Name}}\t{{.Driver}}")
        raise Failed(f"There is no network called `{name}`.", evidence=listed) from None


def exists(run: Run, name: str) -> bool:
    """Whether there is a network of this name."""
    return bool(matching(run, name=f"^{name}$"))


def matching(run: Run, **filters: str | list[str]) -> list[Network]:
    """All networks that match the filters of `docker network ls --filter`, by name."""
    found = (Network(run, one) for one in run.client.api.networks(filters=filters))
    return sorted(found, key=lambda network: network.name)


def make(run: Run, name: str, labels: Mapping[str, str], *, subnet: str = "", internal: bool = False) -> Network:
    """A bridge of its own, with this range of addresses or one that the Engine chooses.

    The Engine takes a range to which a route of its machine leads, as a VPN's, where it is asked for by number: then
    nothing there is reached any more. So it is not asked for.
    """
    if subnet and (others := overlapping(run, subnet)):
        raise _no_room(f"The network `{name}` cannot have {subnet}", others, "that")
    pools = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)]) if subnet else None
    api = run.client.api
    try:
        made = api.create_network(name, "bridge", ipam=pools, internal=internal, labels={**run.labels, **labels})
    except docker.errors.APIError as error:
        refused = f"The network `{name}` cannot be made: {engine_words(error).rstrip('.')}"
        ranges = [str(pool["Base"]) for pool in run.about.engine.get("DefaultAddressPools") or []] or POOLS
        raise _no_room(
            refused,
            list(dict.fromkeys(other for one in ranges for other in overlapping(run, one, least=0))),
            f"{' and '.join(ranges)}, from which the Engine chooses",
        ) from None
    return Network(run, api.inspect_network(made["Id"]))


def overlapping(run: Run, subnet: str, *, least: int = DEFAULT_ROUTE + 1) -> list[str]:
    """Who has addresses of a range, as words for a sentence: networks of the Engine, then routes of its machine.

    Of routes, those to ranges of fewer than `least` bits are left out: they lead to everywhere.
    """
    wanted, known = ip_network(subnet, strict=False), matching(run)
    theirs = [(network.name, one) for network in known for one in network.subnets]
    found = [f"the network `{name}` ({one})" for name, one in theirs if _meet(wanted, one)]
    told = containers.once(run, containers.PROBE_IMAGE, "ip", "-4", "route", network_mode="host").stdout
    own = {network.interface for network in known}
    for target, device in _ROUTE.findall(told):
        if device not in own and _meet(wanted, target) and ip_network(target, strict=False).prefixlen >= least:
            found.append(f"the route `{target} dev {device}` of the Engine's machine")
    return found


def _meet(wanted: IPv4Network | IPv6Network, one: str) -> bool:
    other = ip_network(one, strict=False)
    return wanted.version == other.version and wanted.overlaps(other)


def _no_room(what: str, others: Sequence[str], wanted: str) -> DrydockError:
    named = [*others[:MOST_NAMED], *([f"{len(others) - MOST_NAMED} more"] if len(others) > MOST_NAMED else [])]
    who = f"{', '.join(named[:-1])} and {named[-1]} have" if len(named) > 1 else f"{named[0]} has" if named else ""
    return DrydockError(
        f"{what}: {who} addresses of {wanted}." if who else f"{what}.",
        "Take away what you do not need, such as networks that nobody uses (`docker network ls`) or a VPN, and try "
        "again.",
    )


def reach(run: Run, doors: Iterable[Door]) -> Reach:
    """Try all doors side by side, from the network of each container that they begin in.

    One that should be open is tried until it is, for 10 seconds at most; another is tried once.
    """
    asked = list(doors)
    starts = {door.source.id if door.source else "": door.source for door in asked}
    for source in starts.values():
        if source:
            source.running()
    patience = run.pace.now()

    def measure(start: str) -> list[tuple[Door, Seen]]:
        mine = [door for door in asked if (door.source.id if door.source else "") == start]
        return list(zip(mine, _measured(run, starts[start], mine, patience), strict=True))

    with ThreadPoolExecutor(len(starts), thread_name_prefix="reach") as pool:
        found = [pair for pairs in pool.map(measure, starts) for pair in pairs]
    by_door = dict(found)
    return Reach({door: by_door[door] for door in asked})


def own_addresses(run: Run) -> list[str]:
    """The IPv4 addresses that the Engine's machine has beside loopback, those of its bridges among them."""
    asked = ("ip", "-o", "-4", "address", "show", "scope", "global")
    told = containers.once(run, containers.PROBE_IMAGE, *asked, network_mode="host").stdout
    return [line.split()[3].partition("/")[0] for line in told.splitlines()]


def _measured(run: Run, source: Container | None, doors: Sequence[Door], patience: float) -> list[Seen]:
    attempt, wait = ATTEMPT_SECONDS * patience, OPEN_SECONDS * patience
    asked = [(door.host, door.port, door.protocol, door.says, wait if door.is_open else 0, attempt) for door in doors]
    done = containers.once(
        run,
        PROBE,
        "python",
        "-I",
        "-c",
        ATTEMPTS,
        json.dumps(asked),
        network_mode=f"container:{source.id}" if source else "host",
        # The Engine's own name server asks others for what it does not know, however long that takes.
        environment={"RES_OPTIONS": f"timeout:{max(1, round(attempt / 2))} attempts:1"},
        timeout=2 * OPEN_SECONDS,
    )
    if done.exit_code:
        if source:
            source.running()  # one that ended meanwhile says why itself
        raise DrydockError(
            f"What is reached from {source.subject if source else 'the machine'} could not be measured: "
            f"{done.output.strip().splitlines()[-1:]}",
            "Check again; if it stays, run `drydock doctor`.",
        )
    return [Seen(*one) for one in json.loads(done.stdout)]
