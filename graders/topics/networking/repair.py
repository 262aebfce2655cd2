from ipaddress import ip_address

from graders.author import Answer, Container, Door, Engine, Failed, Plan, check, hinted

WEB, API, DB, OLD = "dd-post-web", "dd-post-api", "dd-post-db", "dd-post-old"
FRONT, BACK = "dd-post-front", "dd-post-back"
WEB_IMAGE, API_IMAGE, DB_IMAGE = "dd-post-web:1.0", "dd-post-api:1.0", "redis:8.0"
PAGE, ASKED, DATA = 80, 8000, 6379
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"
HOSTS = "/etc/hosts"
PLAN = Plan(
    together=((WEB, API), (API, DB)), apart=((WEB, DB), (WEB, OLD)), published=(WEB,), unpublished=(API, DB, OLD)
)
BACK_AGAIN = "`%reset` brings everything back."


def prepare(engine: Engine, answer: Answer) -> None:
    serve, proxy = ['CMD ["python", "/srv/api.py"]'], ['CMD ["nginx", "-g", "daemon off;"]']
    engine.side_by_side(
        lambda: engine.make_network(FRONT),
        lambda: engine.make_network(BACK),
        lambda: engine.make_image("python:3.13-slim", content=answer.scene / "api", name=API_IMAGE, changes=serve),
        lambda: engine.make_image("nginx:1.26", content=answer.scene / "web", name=WEB_IMAGE, changes=proxy),
    )
    db, old = (engine.run(DB_IMAGE, name=name, network=BACK) for name in (DB, OLD))
    wrong, local = {"db": old.addresses[BACK].ip}, {"LISTEN": "127.0.0.1", "DB": "db"}
    engine.side_by_side(
        lambda: engine.run(API_IMAGE, name=API, network=BACK, environment=local, extra_hosts=wrong),
        lambda: engine.run(WEB_IMAGE, name=WEB, network=FRONT, environment={"API": API}, publish=[8080]),
        lambda: engine.redis(db, "SET", "4711", f"on its way, van {answer.number('van', 10, 99)}"),
        lambda: engine.redis(old, "SET", "4711", "delivered last year"),
    )


@check(points=1)
def kept(engine: Engine) -> list[Container]:
    """`dd-post-db` and `dd-post-old` are the ones that were found, and were never stopped."""
    found = [engine.scene(name).running() for name in (DB, OLD)]
    for database in found:
        if database.finished:
            raise Failed(
                f"`{database.name}` was stopped and started again; what it had in memory is lost.",
                hint=f"Neither of the two is broken. {BACK_AGAIN}",
                evidence=database.evidence("stopped {{.State.FinishedAt}}, started {{.State.StartedAt}}"),
            )
    return found


@check(points=1)
def running(engine: Engine) -> tuple[Container, Container]:
    """`dd-post-web` and `dd-post-api` run, each from its image."""
    web, api = (
        engine.container(name).running().of(engine.image(engine.made(image)))
        for name, image in ((WEB, WEB_IMAGE), (API, API_IMAGE))
    )
    return web, api


@check(needs=running, points=2)
def reached(running: tuple[Container, Container], engine: Engine) -> None:
    """The web server reaches the API at port 8000, by its name."""
    web, api = running
    reach = engine.reach(door := Door(web, API, ASKED))
    if reach.wrong:
        how, shares = reach.seen[door].how, set(web.addresses) & set(api.addresses)
        why = f"they share a network, and what came back is “{how}”" if shares else "they have no network in common"
        raise Failed(
            f"`{WEB}` does not reach port {ASKED} of `{API}`: {why}.",
            hint="At which address does the API listen, and who can ask there?" if shares else "",
            evidence=[*reach.evidence, *engine.evidence(JOINED, WEB, API), *api.log_evidence()],
        )


@check(needs=[kept, running], points=2)
def right(running: tuple[Container, Container], kept: list[Container], engine: Engine, answer: Answer) -> str:
    """The API tells what `dd-post-db` has now."""
    parcel, (_, api) = answer.nonce("parcel", 8), running
    told = {one.name: f"{one.name.rpartition('-')[2]} {answer.nonce(one.name, 6)}" for one in kept}
    for database in kept:
        engine.redis(database, "SET", parcel, told[database.name], "EX", "600")
    seen = api.request_inside(f"/{parcel}", port=ASKED, seconds=3)
    if seen.stdout.strip() != told[DB]:
        whose = f"tells what `{OLD}` has" if told[OLD] in seen.stdout else f"does not tell what `{DB}` has"
        raise Failed(
            f"For this check each database got a parcel `{parcel}`, and the API {whose}.",
            hint="Under which name does it ask, and who answers to that in its place?",
            evidence=[*seen.evidence, *api.log_evidence(), *engine.evidence(JOINED, API, DB, OLD)],
        )
    return parcel


@check(needs=[right, kept, running], points=1)
def named(running: tuple[Container, Container], kept: list[Container]) -> None:
    """The API knows the database by a name of the Engine's."""
    host, hosts = running[1].env.get("DB", DB), running[1].text(HOSTS) or ""
    written = [line for line in hosts.splitlines() if host in line.split("#")[0].split()[1:]]
    if written or _is_address(host):
        place = f"`{HOSTS}` of `{API}`" if written else f"`DB` of `{API}`"
        look = f"grep -w {host} {HOSTS}" if written else "printenv DB"
        raise Failed(
            f"In {place} an address of the database is written down. When `{kept[0].name}` gets another one, it is "
            "somebody else's, as it was last night.",
            hint="Whom could the API ask for the address, each time?",
            evidence=[f"$ docker exec {API} {look}", *(written or [host])],
        )


@check(needs=[reached, right, running], points=2)
def page(running: tuple[Container, Container], right: str) -> None:
    """The page comes through a port of the machine, and tells the same."""
    web, api = running
    with hinted(
        "To which port of the container does the machine's lead, where does nginx listen, and whom does it ask?"
    ):
        body = web.page(f"/{right}", port=PAGE)
    if f"{DB.rpartition('-')[2]} " not in body:
        raise Failed(f"The page of `{WEB}` does not tell what the API tells.", evidence=api.log_evidence())


@check(needs=[kept, running], points=2)
def apart(running: tuple[Container, Container], kept: list[Container], engine: Engine) -> None:
    """The web server reaches none of the databases, and nothing but the web server is published."""
    web, api = running
    places = {place for one in kept for place in (one.name, *(joined.ip for joined in one.addresses.values()))}
    reach = engine.reach(*(Door(web, place, DATA, is_open=False) for place in (API, *sorted(places))))
    if reach.wrong:
        raise Failed(
            f"`{WEB}` reaches `{reach.wrong[0].target}`.",
            hint="Who has to share a network with the API, and who with the databases?",
            evidence=[*reach.evidence, *engine.evidence(JOINED, WEB, API, DB, OLD)],
        )
    if "host" in api.addresses or api.published_ports:
        raise Failed(f"`{API}` can be asked from outside.", evidence=[*api.evidence(JOINED), *api.port_evidence()])


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
