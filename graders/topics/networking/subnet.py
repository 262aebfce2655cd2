import json
from ipaddress import IPv4Network, ip_network

from graders.author import Answer, Container, Engine, Failed, Network, check, hinted

FOG, HORN, VPN, NETWORK, BRIDGE = "dd-fog", "dd-horn", "dd-fog-vpn", "dd-fog-net", "dd-fog0"
IMAGES = {FOG: "dd-fog:1.0", HORN: "dd-horn:1.0"}
SIGHT, TOLD = "/dev/shm/sight", 8080  # noqa: S108 - a place that can be written wherever the rest is read-only
SENSE = f"echo 300 m >{SIGHT}; exec httpd -f -p 8000 -h /dev/shm"
OPEN = "ip link add vpn0 type bridge; ip link set vpn0 up; {}echo open; exec sleep 1000000"
RANGE = "{{range .IPAM.Config}}{{.Subnet}}{{end}}"
GATEWAY = (
    '{{slice .Name 1}} has {{with index .NetworkSettings.Networks "dd-fog-net"}}{{.IPAddress}}, '
    "and the bridge {{.Gateway}}{{end}}"
)
ASKED = (
    '{{with index .NetworkSettings.Networks "dd-fog-net"}}has {{.IPAddress}}, '
    "{{with .IPAMConfig}}{{if .IPv4Address}}asked for{{else}}not asked for{{end}}{{else}}not asked for{{end}}{{end}}"
)
Fog = tuple[Container, Container, Network]


def prepare(engine: Engine, answer: Answer) -> None:
    routes = "".join(f"ip route add {taken} dev vpn0; " for taken in ranges(answer))
    serve = ["EXPOSE 8000", f"CMD {json.dumps(['sh', '-c', SENSE])}"]
    ask, note = ['CMD ["python", "/horn/horn.py"]'], f"echo {address(answer)} >/horn/address"
    engine.side_by_side(
        lambda: engine.make_image("busybox:1.37", name=IMAGES[FOG], changes=serve),
        lambda: engine.make_image(
            "python:3.13-slim", note, content=answer.scene / "horn", name=IMAGES[HORN], changes=ask
        ),
        lambda: engine.run("busybox:1.37", "sh", "-c", OPEN.format(routes), name=VPN, cap_add=["NET_ADMIN"]).wait_log(
            "open"
        ),
    )


def address(answer: Answer) -> str:
    """What the horn asks: the first address of a machine behind the first range of the VPN."""
    return str(ranges(answer)[0].broadcast_address + 2)


def ranges(answer: Answer) -> list[IPv4Network]:
    """What the VPN has: sixteen of the third numbers, and four of the next sixteen."""
    second, third = answer.number("second", 60, 250), 16 * answer.number("third", 0, 14)
    return [IPv4Network(f"10.{second}.{third}.0/20"), IPv4Network(f"10.{second}.{third + 24}.0/22")]


@check(points=1)
def running(engine: Engine, answer: Answer) -> Fog:
    """`dd-fog` and `dd-horn` run, each from its image, in `dd-fog-net`."""
    with hinted(_taken(engine, answer)):
        network = engine.network(NETWORK)
    fog, horn = (engine.container(name).running().of(engine.image(engine.made(IMAGES[name]))) for name in (FOG, HORN))
    for container in (fog, horn):
        if container.id not in {member.id for member in network.members}:
            members = network.evidence("{{range .Containers}}{{println .Name}}{{end}}")
            raise Failed(f"`{container.name}` is not in `{NETWORK}`.", evidence=members)
    return fog, horn, network


@check(needs=running, points=2)
def apart(running: Fog, engine: Engine, answer: Answer) -> None:
    """No address of `dd-fog-net` belongs to a range of the VPN."""
    network, vpn = running[2], engine.scene(VPN).running()
    for mine in map(ip_network, network.subnets):
        for theirs in ranges(answer):
            if mine.version == theirs.version and mine.overlaps(theirs):
                least, most = max(mine[0], theirs[0]), min(mine[-1], theirs[-1])
                raise Failed(
                    f"`{NETWORK}` has {mine}, and the VPN {theirs}: {least} to {most} are in both.",
                    hint="Who wants one of these at the VPN comes to this network instead. Is a smaller range enough?",
                    evidence=[*network.evidence(RANGE), *vpn.look("ip", "route", "show", "dev", "vpn0").evidence],
                )


@check(needs=running, points=2)
def hears(running: Fog, engine: Engine, answer: Answer) -> None:
    """The horn says how far one sees, as the sensor tells it at that moment."""
    fog, horn, _ = running
    sight = f"{answer.number('sight', 301, 999)} m"
    before = fog.exec("cat", SIGHT).stdout.strip()
    fog.exec("sh", "-c", f"echo {sight} >{SIGHT}")
    try:
        seen = horn.request_inside(port=TOLD, seconds=3)
    finally:
        fog.exec("sh", "-c", f"echo {before} >{SIGHT}")
    if f"sees {sight}." not in seen.stdout:
        raise Failed(
            f"For this check one saw {sight}. The horn does not say so: it asks {address(answer)}, and `{FOG}` has "
            f"{fog.addresses[NETWORK].ip}.",
            hint="In the range of a network, which address has the bridge itself, if nobody says otherwise?",
            evidence=[*seen.evidence, *engine.evidence(GATEWAY, FOG, HORN)],
        )


@check(needs=[hears, running], points=2)
def on_purpose(running: Fog) -> None:
    """`dd-fog` was given its address on purpose."""
    fog, place = running[0], running[0].addresses[NETWORK]
    if place.asked_for != place.ip:
        raise Failed(
            f"`{FOG}` has {place.ip} by chance: nobody asked for it, and it was the lowest one that was free. "
            "Whoever is started before it gets it the next time.",
            hint="`docker run --help` has an option for the address.",
            evidence=fog.evidence(ASKED),
        )


@check(needs=running, points=1)
def named(running: Fog, engine: Engine) -> None:
    """On the machine, the bridge of `dd-fog-net` is called `dd-fog0`."""
    network = running[2]
    there = engine.once("busybox:1.37", "ls", "/sys/class/net", network_mode="host").stdout.split()
    if network.interface != BRIDGE or BRIDGE not in there:
        raise Failed(
            f"On the machine, the bridge of `{NETWORK}` is called `{network.interface}`.",
            hint="The driver of a network has options of its own; one of them is for this name.",
            evidence=network.evidence("{{slice .Id 0 12}} {{.Options}}"),
        )


def _taken(engine: Engine, answer: Answer) -> str:
    """Who has the address that the horn asks, where there is no network of the learner's."""
    others = [] if engine.has_network(NETWORK) else engine.overlapping(address(answer))
    return f"{address(answer)} is taken: {others[0]} has it." if others else ""
