import re

from graders.author import Answer, Container, Engine, Failed, check

PROJECT, DOOR, STORE, TILL = "dd-boxoffice", "door", "store", "till"
KEY, WANTED = "seats", 3
ASKED = 80
"""How often the door is asked at most: that one of three is never met happens once in ten thousand million times."""
REFUSED = 10
RAN = "{{slice .Name 1}} was created at {{.Created}} and started at {{.State.StartedAt}}"
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"


def prepare(engine: Engine, answer: Answer) -> None:
    engine.start_project(PROJECT, answer.given)
    engine.redis(engine.scene(f"{PROJECT}-{STORE}-1"), "SET", KEY, str(answer.number("sold", 1000, 9000)))


@check(points=3)
def others(engine: Engine, answer: Answer) -> dict[str, Container]:
    """`door` and `store` are the containers of the start, one each, and have run ever since."""
    answer.unchanged()
    found = {service: engine.container(f"{PROJECT}-{service}-1").running() for service in (DOOR, STORE)}
    for service, one in found.items():
        anew, more = one.id != engine.made(one.name), len(_of(engine, service)) > 1
        if anew or more or one.finished:
            what = "was made anew" if anew else "has more than one container" if more else "was stopped and started"
            raise Failed(
                f"`{service}` {what}, and people were buying.",
                hint="Which commands are for all services, and which lines in the file are not the tills'? "
                "`%reset` opens the box office once more.",
                evidence=[*_listed(engine), *one.evidence(RAN)],
            )
    return found


@check(points=2)
def three(engine: Engine) -> list[Container]:
    """Three containers of the service `till` run."""
    tills = [one for one in _of(engine, TILL) if one.state["Running"]]
    if len(tills) != WANTED:
        raise Failed(
            f"Containers of the service `{TILL}` that run: {len(tills)}. Wanted: {WANTED}.",
            hint="One service can have several containers, which `docker compose up` makes. What did it say?",
            evidence=_listed(engine),
        )
    return tills


@check(needs=[others, three], points=3)
def each_sells(others: dict[str, Container], three: list[Container], engine: Engine) -> None:
    """Through the door, each of the three sells seats, and `store` counts all of them."""
    idle = {one.id[:12]: one.name for one in three}
    seats: list[int] = []
    refused: list[str] = []
    before = int(engine.redis(others[STORE], "GET", KEY)[0])
    while idle and len(seats) < ASKED and len(refused) < REFUSED:
        said = others[DOOR].request("/seat").body.strip()
        if sold := re.fullmatch(r"seat (\d+), sold at till (\S+)", said):
            seats.append(int(sold[1]))
            idle.pop(sold[2], None)
        else:
            refused.append(said)
    if idle or seats != [*range(before + 1, before + 1 + len(seats))]:
        who = ", ".join(f"`{name}`" for name in sorted(idle.values()))
        raise Failed(
            f"The door was asked again and again, and {who} sold no seat." if idle else f"Not all went to `{STORE}`.",
            hint="How is a till found by the door, and the store by a till? Compare what you changed with the start.",
            evidence=[f"$ curl {others[DOOR].url('/seat')}", *refused[-1:], *engine.evidence(JOINED, *_names(engine))],
        )


def _of(engine: Engine, service: str) -> list[Container]:
    labels = [f"com.docker.compose.project={PROJECT}", f"com.docker.compose.service={service}"]
    return engine.containers(label=[*labels, "com.docker.compose.oneoff=False"])


def _names(engine: Engine) -> list[str]:
    return [name for service in (DOOR, TILL, STORE) for name in sorted(one.name for one in _of(engine, service))]


def _listed(engine: Engine) -> list[str]:
    mine = f"label=com.docker.compose.project={PROJECT}"
    command, *told = engine.docker("ps", "--all", "--filter", mine, "--format", "{{.Names}} {{.State}}").evidence
    return [command, *sorted(told)]
