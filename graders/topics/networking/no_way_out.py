from dataclasses import replace
from hashlib import sha256

from graders.author import Answer, Container, Door, DrydockError, Engine, Failed, check, hinted

DESK, SCORE = "dd-clinic-desk", "dd-clinic-score"
DESK_IMAGE, SCORE_IMAGE = "dd-clinic-desk:1.0", "dd-clinic-score:1.0"
PAGE, ASKED = 80, 8000
READY = "start worker process"
SERVE = f'httpd -p "$0" -h /var && echo {READY}; exec sleep 600'
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"
Pair = tuple[Container, Container]


def prepare(engine: Engine, answer: Answer) -> None:
    serve, proxy = ['CMD ["python", "/srv/score.py"]'], ['CMD ["nginx", "-g", "daemon off;"]']
    key, scene = f"echo {answer.nonce('scorer', 24)} >/srv/key", answer.scene
    engine.side_by_side(
        lambda: engine.make_image("python:3.13-slim", key, content=scene / "score", name=SCORE_IMAGE, changes=serve),
        lambda: engine.make_image("nginx:1.26", content=scene / "desk", name=DESK_IMAGE, changes=proxy),
    )


@check(points=1)
def running(engine: Engine) -> Pair:
    """`dd-clinic-desk` and `dd-clinic-score` run, each from its image."""
    desk = engine.container(DESK).running().of(engine.image(engine.made(DESK_IMAGE)))
    return desk, engine.container(SCORE).running().of(engine.image(engine.made(SCORE_IMAGE)))


@check(needs=running, points=2)
def shows(running: Pair, engine: Engine, answer: Answer) -> None:
    """The desk shows through a published port what the scorer works out."""
    patient = f"{answer.number('age', 30, 89)}-{answer.number('pressure', 110, 189)}"
    sign = sha256(f"{answer.nonce('scorer', 24)}/{patient}".encode()).hexdigest()[:12]
    for place, port in zip(running, (PAGE, ASKED), strict=True):
        seen = place.request_inside(f"/{patient}", port=port, seconds=3)
        if sign not in seen.stdout:
            raise Failed(
                f"`{place.name}` does not show what the scorer works out.",
                hint="Which host does `SCORE` name, and do the two have a network in common?",
                evidence=[*seen.evidence, *engine.evidence(JOINED, DESK, SCORE)],
            )
    with hinted("Was it asked for? And in an internal network nothing is published, whatever is asked for."):
        running[0].page(f"/{patient}", port=PAGE)


@check(needs=[shows, running], points=3)
def closed(running: Pair, engine: Engine, answer: Answer) -> None:
    """The scorer does not reach a server at an address of the machine, which an ordinary container reaches."""
    ordinary, port = _outside(engine, answer)
    outside = next(iter(ordinary.addresses.values())).gateway
    known, way = Door(ordinary, outside, port), Door(running[1], outside, port, is_open=False)
    reach = engine.reach(known, way)
    if not reach.seen[known].is_open:
        firewall = "Look whether a firewall on the machine forbids it."
        raise DrydockError("An ordinary container reaches no published port of the machine.", firewall)
    if reach.seen[way].is_open:
        routes = engine.once("busybox:1.37", "ip", "route", network_mode=f"container:{running[1].id}")
        shown = replace(routes, command=f"docker run --rm --network container:{SCORE} busybox:1.37 ip route")
        raise Failed(
            "The check started a server, and it was reached from the scorer. So the scorer can send away what it sees.",
            hint="A way out is a route. Which of its networks gave it to the scorer? One is enough.",
            evidence=[*shown.evidence, *engine.evidence(JOINED, DESK, SCORE)],
        )


@check(needs=[closed, running], points=1)
def internal(running: Pair, engine: Engine) -> None:
    """All networks that the scorer is in are internal."""
    mode = running[1].host_config["NetworkMode"]
    place = engine.container(mode.partition(":")[2]) if mode.startswith("container:") else running[1]
    for network in map(engine.network, place.addresses):
        if not network.is_internal:
            raise Failed(
                f"The scorer is in `{network.name}`, which leads out for all who are in it. What held the scorer back "
                "is something else: one that is made anew need not have it, or another server is reached all the same.",
                hint="What could lead nowhere from the start?",
                evidence=network.evidence("{{.Name}} is internal: {{.Internal}}"),
            )


def _outside(engine: Engine, answer: Answer) -> tuple[Container, int]:
    """An ordinary container, and the port of the machine at which a server of the check's answers such ones."""
    if engine.capabilities["own-ports"]:  # a published port is not on the machine that containers see
        port = answer.number("outside", 27200, 27899)
        engine.run("busybox:1.37", "sh", "-c", SERVE, str(port), network_mode="host").wait_log(READY)
        return engine.run("busybox:1.37", "sleep", "600"), port
    server = engine.run("nginx:1.26", publish_all_ports=True)
    server.wait_log(READY)
    return server, server.published(PAGE)[0][1]
