import re
from hashlib import sha256
from ipaddress import ip_address
from typing import NamedTuple

from graders.author import Answer, Container, Door, Engine, Failed, Plan, check, hinted

IMAGE, DOOR = "dd-lib-desk:1.0", "dd-lib-door"
DESKS = {name: f"dd-lib-{name}" for name in ("catalogue", "loans", "rooms")}
PORT = 80
SIGNS = "signs with "
NOT_FOUND = 404
LOOPBACK = "127.0.0.1"
PLAN = Plan(
    together=tuple((DOOR, desk) for desk in DESKS.values()), published=(DOOR,), unpublished=tuple(DESKS.values())
)
PUBLISHED = "{{slice .Name 1}}: {{.HostConfig.NetworkMode}} {{json .NetworkSettings.Ports}}"


class _Desk(NamedTuple):
    container: Container
    key: str
    """What it signs with since it was started; nobody else can."""

    def sign(self, desk: str, path: str) -> str:
        return sha256(f"{self.key}/{desk}{path}".encode()).hexdigest()[:12]


def prepare(engine: Engine, answer: Answer) -> None:
    changes = ["EXPOSE 8000 9229", 'CMD ["python", "/srv/desk.py"]']
    engine.make_image("python:3.13-slim", content=answer.scene / "desk", name=IMAGE, changes=changes)


@check(points=1)
def desks(engine: Engine) -> dict[str, _Desk]:
    """`dd-lib-catalogue`, `dd-lib-loans` and `dd-lib-rooms` run from `dd-lib-desk:1.0`."""
    found = {desk: engine.container(name).from_image(IMAGE).running() for desk, name in DESKS.items()}
    for container in found.values():
        container.wait_log(SIGNS)
    return {desk: _Desk(container, container.logs().rpartition(SIGNS)[2].strip()) for desk, container in found.items()}


@check(points=1)
def door(engine: Engine) -> Container:
    """`dd-lib-door` runs in a network of its own, and its port 80 is published."""
    found = engine.container(DOOR).running()
    if found.host_config["NetworkMode"] == "host" or not found.published(PORT):
        raise Failed(
            f"Port {PORT} of `{DOOR}` is not published from a network of its own.",
            hint="What is in the machine's own network has all its ports there, and publishes none.",
            evidence=engine.evidence(PUBLISHED, DOOR),
        )
    return found


@check(needs=[desks, door], points=3)
def routes(desks: dict[str, _Desk], door: Container, answer: Answer) -> None:
    """Through the door, each prefix leads to its desk, which is asked for the path behind the prefix."""
    for desk, name in DESKS.items():
        path = f"/{answer.nonce(desk, 6)}/{answer.number(desk, 10, 99)}?shelf={answer.number('shelf', 1, 9)}"
        with hinted("Who is asked for which path? The end of `proxy_pass` decides, and a name that must be known."):
            body = door.page(f"/{desk}{path}", port=PORT)
        if f"{desk} {desks[desk].sign(desk, path)}:" not in body:
            said = body.strip().splitlines()[:1] or ["nothing"]
            # The words are right, and the signature is nobody's.
            forged = ", not signed by it" if re.match(f"{desk} .*: asked for {re.escape(path)} ", said[0]) else ""
            raise Failed(
                f"The door was asked for `/{desk}{path}`, and should ask `{name}` for `{path}`. "
                f"It answered: {said[0]}{forged}",
                hint="What stands behind the host and port in `proxy_pass`, and what does nginx do where nothing does?",
                evidence=[f'$ curl "http://{_place(door)}/{desk}{path}"', *said],
            )


@check(needs=[routes, door], points=1)
def elsewhere(door: Container, answer: Answer) -> None:
    """The door itself answers 404 to every other path."""
    for path in ("/", f"/{answer.nonce('elsewhere', 6)}", f"/{answer.nonce('elsewhere', 6)}/loans/7"):
        said = door.request(path, port=PORT)
        if said.status != NOT_FOUND:
            raise Failed(
                f"The door was asked for `{path}`, which no desk is for: {said.seen}.",
                hint="Which location takes what no other one matches, and what does it answer?",
                evidence=[f'$ curl --include "http://{_place(door)}{path}"', *said.body.strip().splitlines()[:3]],
            )


@check(needs=[routes, door], points=2)
def asker(door: Container, engine: Engine, answer: Answer) -> None:
    """Each desk is told from which address the door was asked, whatever the asker writes."""
    joined = next(address for address in door.addresses.values() if address.ip)
    visitor = engine.run("busybox:1.37", "sleep", "600", network=joined.network)
    mine, forged = visitor.addresses[joined.network].ip, f"203.0.113.{answer.number('forged', 1, 254)}"
    for desk, name in DESKS.items():
        header = f"X-Forwarded-For: {forged}"
        said = visitor.exec("wget", "-q", "-O", "-", "--header", header, f"http://{joined.ip}/{desk}/1")
        if f" by {mine}\n" not in said.stdout:
            told = said.stdout.rpartition(" by ")[2].strip() or said.output.strip()
            seen = f"{told}, as the asker wrote it" if told == forged else told
            raise Failed(
                f"A container asked the door for `/{desk}/1` from {mine} and wrote {forged} into `X-Forwarded-For`. "
                f"By the last address there, `{name}` was asked by {seen}.",
                hint="The door alone knows from where it was asked. Which of nginx's variables holds that?",
                evidence=[f"$ curl --header '{header}' \"http://{_place(door)}/{desk}/1\""],
            )


@check(needs=[desks, door], points=3)
def only(desks: dict[str, _Desk], door: Container, engine: Engine, answer: Answer) -> None:
    """One port of the machine leads to a desk, and it is the door's."""
    app, path = [*(desk.container for desk in desks.values()), door], f"/catalogue/{answer.nonce('scan', 6)}"
    ways, behind = _ways(engine, app), path.removeprefix("/catalogue")
    signs = [one.sign(desk, asked) for desk, one in desks.items() for asked in (path, behind)]
    tried = engine.reach(*(Door(None, *way, is_open=False, protocol="http", says=path) for way in ways))
    leads = [way for way, seen in zip(ways, tried.seen.values(), strict=True) if any(one in seen.text for one in signs)]
    own = {port for _, port in door.published(PORT)}
    if others := [(address, port) for address, port in leads if port not in own]:
        raise Failed(
            f"Port {others[0][1]} of the machine leads to a desk too, through `{'` or `'.join(ways[others[0]])}`.",
            hint="For a look at a desk there is `docker exec`, and a container in its network. Neither opens a port.",
            evidence=[*engine.evidence(PUBLISHED, *ways[others[0]]), f"$ curl http://{_written(*others[0])}/1"],
        )
    if len({port for _, port in leads}) > 1:
        raise Failed("More than one port of the machine leads to the door.", evidence=door.port_evidence())


def _ways(engine: Engine, app: list[Container]) -> dict[tuple[str, int], list[str]]:
    """Where the machine leads into the app's networks, or into its own, and by which containers that can be."""
    networks = {network for container in app for network in container.addresses}
    near = [*app, *(one for name in sorted(networks) for one in engine.network(name).members)]
    ways = {
        (_asked(address), port): [container.name]
        for container in near
        for key in container.published_ports
        if key.endswith("/tcp")
        for address, port in container.published(key)
    }
    # What is in the machine's own network reaches every container of it.
    if outside := engine.network("host").members:
        names = [container.name for container in outside]
        ways = {(_asked(ip), port): names for ip, port in engine.listening_at(outside[0])} | ways
    return ways


def _asked(address: str) -> str:
    """The address itself, or loopback in place of all."""
    every = ip_address(address)
    return ("::1" if every.version == 6 else LOOPBACK) if every.is_unspecified else address


def _written(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _place(door: Container) -> str:
    return f"$(docker port {door.name} {PORT} | head -n 1)"
