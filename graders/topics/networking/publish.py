from hashlib import sha256
from typing import NamedTuple

from graders.author import Answer, Container, Door, Engine, Failed, Reach, check

IMAGE, NAME = "dd-station:1.0", "dd-station"
LOOPBACK = "127.0.0.1"
TIMETABLE, OFFICE, BUOYS = "8080/tcp", "9000/tcp", "5353/udp"
BERTHS = {f"{number}/tcp": f"berth {number - 27100}" for number in (27101, 27102, 27103)}
NAMES = {TIMETABLE: "timetable", OFFICE: "office", BUOYS: "buoys"} | BERTHS
WORKSHOP = "9999/tcp"
OPEN = "The station is open."
MOST = 4
"""How many addresses of the machine are tried beside loopback."""


class _Station(NamedTuple):
    container: Container
    places: list[str]
    """Addresses of the machine, loopback first."""
    heard: dict[tuple[str, str, int], bool]
    """Whether the right answer came, by what was asked for, and the address and port of the machine."""
    tried: Reach

    def ports(self, key: str) -> list[int]:
        return sorted({port for address, port in self.container.published(key) if ":" not in address})

    def silent(self, key: str, port: int) -> list[str]:
        return [place for place in self.places if not self.heard[key, place, port]]


def prepare(engine: Engine, answer: Answer) -> None:
    noted = [f"EXPOSE {key}" for key in (*NAMES, WORKSHOP)]
    changes = [*noted, 'CMD ["python", "/station/station.py"]']
    content, script = answer.scene / "image", f"echo {answer.nonce('station', 24)} >/station/key"
    engine.make_image("python:3.13-slim", script, content=content, name=IMAGE, changes=changes)


@check(points=1)
def station(engine: Engine, answer: Answer) -> _Station:
    """`dd-station` runs from `dd-station:1.0`, in a network of its own."""
    container = engine.container(NAME).from_image(IMAGE).running()
    if container.host_config["NetworkMode"] == "host":
        raise Failed(
            f"`{NAME}` has no network of its own: all its ports are open at every address of the machine.",
            hint="With a network of its own, a port is open to the outside where `--publish` names it.",
            evidence=container.evidence("{{.HostConfig.NetworkMode}}"),
        )
    container.wait_log(OPEN)
    return _measured(engine, answer, container)


@check(needs=station, points=1)
def timetable(station: _Station) -> list[int]:
    """The timetable, port 8080 of the container, answers everybody."""
    return _for_everybody(station, TIMETABLE)


@check(needs=[timetable, station], points=1)
def twice(timetable: list[int], station: _Station) -> None:
    """It answers everybody at two ports of the machine."""
    if len(timetable) < 2:
        raise Failed(
            f"The timetable answers everybody at one port of the machine, {timetable[0]}.",
            hint="Each `--publish` opens one door. Who says that a port of the container may have only one?",
            evidence=station.container.port_evidence(),
        )


@check(needs=station, points=1)
def office(station: _Station) -> list[int]:
    """The office, port 9000 of the container, answers on this machine, at 127.0.0.1."""
    _published(station, OFFICE)
    found = [port for port in station.ports(OFFICE) if station.heard[OFFICE, LOOPBACK, port]]
    if not found:
        raise _silent(station, OFFICE, LOOPBACK)
    return found


@check(needs=[office, station], points=2)
def only_here(station: _Station) -> None:
    """The office answers at no other address of the machine."""
    bound = station.container.published(OFFICE)
    outside = sorted({address for address, _ in bound if not address.startswith("127.") and address != "::1"})
    loud = [door for door, seen in station.tried.seen.items() if seen.is_open and not door.is_open]
    if outside or loud:
        raise Failed(
            "The office answers at other addresses of the machine too, so its whole network can ask.",
            hint="A door without an address, or with 0.0.0.0, is at all addresses.",
            evidence=[*station.container.port_evidence(), *(f"$ {door.shown}" for door in loud[-1:])],
        )


@check(needs=station, points=2)
def berths(station: _Station) -> None:
    """Berths 1, 2 and 3 answer everybody, at ports 27101, 27102 and 27103 of the machine."""
    for key, name in BERTHS.items():
        number = int(key.removesuffix("/tcp"))
        if number not in _for_everybody(station, key):
            raise Failed(
                f"Port {number} of the machine does not lead to {name}, on {number} in the container.",
                hint="What stands on both sides of the colon is matched in order, the first with the first.",
                evidence=station.container.port_evidence(),
            )


@check(needs=station, points=2)
def buoys(station: _Station) -> None:
    """The buoys, UDP port 5353 of the container, get an answer from everywhere."""
    _for_everybody(station, BUOYS)


@check(needs=station, points=1)
def workshop(station: _Station) -> None:
    """The workshop, port 9999 of the container, is not published."""
    if station.container.published(WORKSHOP):
        raise Failed(
            f"`{NAME}` publishes {WORKSHOP}. The workshop is for nobody outside.",
            hint="EXPOSE in an image is a note for people, and for one option of `docker run`.",
            evidence=station.container.port_evidence(),
        )


def _measured(engine: Engine, answer: Answer, container: Container) -> _Station:
    asked, places = answer.nonce("question", 10), [LOOPBACK, *engine.own_addresses[:MOST]]
    doors, mark = {}, sha256(f"{answer.nonce('station', 24)}/{asked}".encode()).hexdigest()[:12]
    found = _Station(container, places, {}, Reach({}))
    for key, place in [(key, place) for key in NAMES for place in places]:
        for port in found.ports(key):
            wanted = place == LOOPBACK or key != OFFICE
            kind, says = ("udp", asked) if key == BUOYS else ("http", f"/{asked}")
            doors[key, place, port] = Door(None, place, port, wanted, kind, says)
    if not doors:
        return found
    tried = engine.reach(*dict.fromkeys(doors.values()))
    heard = {where: f"{NAMES[where[0]]} {mark}" in tried.seen[door].text for where, door in doors.items()}
    return _Station(container, places, heard, tried)


def _published(station: _Station, key: str) -> None:
    if not station.ports(key):
        protocol = "A door is for one protocol, and for TCP where none is named."
        raise Failed(
            f"`{NAME}` does not publish {key}.",
            hint=protocol if key == BUOYS else "In `--publish`, the port of the container stands last.",
            evidence=station.container.port_evidence(),
        )


def _for_everybody(station: _Station, key: str) -> list[int]:
    """The ports of the machine at which this answers at all addresses; fails where there is none."""
    _published(station, key)
    found = [port for port in station.ports(key) if not station.silent(key, port)]
    if not found:
        raise _silent(station, key, station.silent(key, station.ports(key)[0])[0])
    return found


def _silent(station: _Station, key: str, place: str) -> Failed:
    port, few = station.ports(key)[0], place != LOOPBACK
    tried = [door for door in station.tried.wrong if (door.host, door.port) == (place, port) and key != BUOYS]
    only = f"is open at 127.0.0.1 alone, so no other machine reaches {key} of the container"
    return Failed(
        f"Port {port} of the machine {only if few else f'does not bring the answer of {key}'}.",
        hint="What stands before the ports says at which address of the machine the door is." if few else "",
        evidence=[*station.container.port_evidence(), *(f"$ {door.shown}" for door in tried)],
    )
