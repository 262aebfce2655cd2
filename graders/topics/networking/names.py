from graders.author import Answer, Container, Door, DrydockError, Engine, Failed, Plan, check, hinted

STORE, CHART, NETWORK = "dd-soundings", "dd-chart", "dd-fairway"
BASE, IMAGE = "redis:8.0", "dd-chart:1.0"
ASKED, SHOWN = 6379, 8080
PLAN = Plan(together=((CHART, STORE),))
TIMES = 24
"""How often the chart is asked where it may go to either of two stores."""
ANOTHER = (
    'redis-server --protected-mode no --save "" >/dev/null & '
    'until redis-cli SET "$0" "$1" 2>/dev/null; do sleep 0.1; done; wait'
)


def prepare(engine: Engine, answer: Answer) -> None:
    start = 'CMD ["python", "/srv/chart.py"]'
    engine.make_image("python:3.13-slim", content=answer.scene, name=IMAGE, changes=[start])


@check(points=1)
def running(engine: Engine) -> tuple[Container, Container]:
    """`dd-soundings` runs from `redis:8.0`, and `dd-chart` from `dd-chart:1.0`."""
    store = engine.container(STORE).from_image(BASE).running()
    return store, engine.container(CHART).running().of(engine.image(engine.made(IMAGE)))


@check(needs=running, points=2)
def shows(running: tuple[Container, Container], engine: Engine, answer: Answer) -> str:
    """The chart shows what the store has now."""
    store, chart = running
    place, depth = answer.nonce("place", 8), f"{answer.number('depth', 10, 99)} m"
    engine.redis(store, "SET", place, depth, "EX", "600")
    seen = chart.request_inside(f"/{place}", port=SHOWN, seconds=3)
    if seen.stdout.strip() != depth:
        raise Failed(
            f"For this check the store got a depth under `{place}`, and the chart does not show it.",
            hint="Which host does `STORE` name, and what is that name to the chart?",
            evidence=[*seen.evidence, *chart.log_evidence()],
        )
    return place


@check(needs=[shows, running], points=2)
def names(running: tuple[Container, Container], engine: Engine) -> None:
    """From inside of each, the other one is found by its name."""
    store, chart = running
    reach = engine.reach(Door(chart, STORE, ASKED), Door(store, CHART, SHOWN))
    if reach.wrong:
        way = reach.wrong[0]
        raise Failed(
            f"In `{way.start}`, `{way.target}` is not reached by that name: {reach.seen[way].how}.",
            hint="In which networks does the Engine know containers by their names, and both ways?",
            evidence=reach.evidence,
        )


@check(needs=[names, running], points=1)
def together(running: tuple[Container, Container], engine: Engine) -> None:
    """Both are in the network `dd-fairway`."""
    with hinted("How do they find each other without it, and who has to keep that up?"):
        network = engine.network(NETWORK)
        for container in running:
            if container.id not in {member.id for member in network.members}:
                joined = network.evidence("{{range .Containers}}{{println .Name}}{{end}}")
                raise Failed(f"`{container.name}` is not in the network `{NETWORK}`.", evidence=joined)


@check(needs=[together, shows, running], points=3)
def anew(running: tuple[Container, Container], engine: Engine, answer: Answer, shows: str) -> None:
    """When `dd-soundings` has another address, the chart goes there."""
    store, chart = running
    depth, known = answer.nonce("depth", 8), [STORE, *store.addresses[NETWORK].aliases]
    other = engine.run(BASE, "sh", "-c", ANOTHER, shows, depth, network=NETWORK, aliases=known)
    if not other.wait_log("OK", timeout=30):
        raise DrydockError("The check's own store did not start.", "Check again; if it stays, run `drydock doctor`.")
    asked = [Door(chart, "127.0.0.1", SHOWN, protocol="http", says=f"/{shows}?{n}") for n in range(TIMES)]
    if not any(depth in seen.text for seen in engine.reach(*asked).seen.values()):
        name = chart.env.get("STORE", "localhost")
        raise Failed(
            f"For this check a second `{STORE}` stood in `{NETWORK}`, as when it is made anew at another address. "
            f"The chart was asked {TIMES} times, and never went there.",
            hint="Does the chart ask the Engine for a name each time, or has somebody written down an address for it?",
            evidence=[*chart.look("printenv", "STORE").evidence, *chart.look("getent", "hosts", name).evidence],
        )
