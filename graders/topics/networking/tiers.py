from graders.author import Answer, Container, Door, Engine, Failed, Plan, check, hinted

WEB, API, DB = "dd-toll-web", "dd-toll-api", "dd-toll-db"
WEB_IMAGE, API_IMAGE, DB_IMAGE = "dd-toll-web:1.0", "dd-toll-api:1.0", "redis:8.0"
PAGE, ASKED, DATA = 80, 8000, 6379
OK = 200
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"
PLAN = Plan(together=((WEB, API), (API, DB)), apart=((WEB, DB),), published=(WEB,), unpublished=(API, DB))
Tiers = tuple[Container, Container, Container]


def prepare(engine: Engine, answer: Answer) -> None:
    serve, proxy = ['CMD ["python", "/srv/api.py"]'], ['CMD ["nginx", "-g", "daemon off;"]']
    engine.side_by_side(
        lambda: engine.make_image("python:3.13-slim", content=answer.scene / "api", name=API_IMAGE, changes=serve),
        lambda: engine.make_image("nginx:1.26", content=answer.scene / "web", name=WEB_IMAGE, changes=proxy),
    )


@check(points=1)
def running(engine: Engine) -> Tiers:
    """`dd-toll-web`, `dd-toll-api` and `dd-toll-db` run, each from its image."""
    db = engine.container(DB).from_image(DB_IMAGE).running()
    web, api = (
        engine.container(name).running().of(engine.image(engine.made(image)))
        for name, image in ((WEB, WEB_IMAGE), (API, API_IMAGE))
    )
    return web, api, db


@check(needs=running, points=2)
def shows(running: Tiers, engine: Engine, answer: Answer) -> None:
    """The web server shows through a published port what the database has now."""
    web, api, db = running
    ship, toll = answer.nonce("ship", 8), f"{answer.number('toll', 100, 999)} crowns"
    engine.redis(db, "SET", ship, toll, "EX", "600")
    for tier, port in ((api, ASKED), (web, PAGE)):
        seen = tier.request_inside(f"/{ship}", port=port, seconds=3)
        if seen.stdout.strip() != toll:
            raise Failed(
                f"For this check the database got the toll of a ship, `{ship}`, and `{tier.name}` does not show it.",
                hint="Which host does its variable name, and is that one in any of its networks?",
                evidence=[*seen.evidence, *api.log_evidence(), *engine.evidence(JOINED, WEB, API, DB)],
            )
    with hinted("Was it asked for? And in an internal network nothing is published, whatever is asked for."):
        web.page(f"/{ship}", port=PAGE)


@check(needs=[shows, running], points=3)
def separate(running: Tiers, engine: Engine) -> None:
    """The web server reaches the API, the API the database, and the web server not the database."""
    web, api, db = running
    there = [joined.ip for joined in db.addresses.values() if joined.ip]
    reach = engine.reach(
        Door(web, API, ASKED),
        *(Door(web, host, DATA, is_open=False) for host in (API, DB, *there)),
        Door(api, DB, DATA),
    )
    if reach.wrong:
        way = reach.wrong[0]
        seen = "does not reach" if way.is_open else "reaches"
        raise Failed(
            f"`{way.start}` {seen} `{way.target}`.",
            hint="Who shares a network with whom? Each network counts that one of them is in.",
            evidence=[*reach.evidence, *engine.evidence(JOINED, WEB, API, DB)],
        )


@check(needs=[separate, running], points=1)
def nothing_shared(running: Tiers, engine: Engine) -> None:
    """The web server and the database have no network in common."""
    web, _, db = running
    if shared := sorted(set(web.addresses) & set(db.addresses)):
        raise Failed(
            f"The web server and the database are both in `{shared[0]}`. Something inside of a container keeps them "
            "apart, and goes when that is made anew.",
            hint="What could be left out, rather than locked?",
            evidence=engine.evidence(JOINED, WEB, DB),
        )


@check(needs=running, points=2)
def unpublished(running: Tiers) -> None:
    """Neither the API nor the database is published."""
    for tier in (tier for tier in running if tier.name in PLAN.unpublished):
        if "host" in tier.addresses:
            raise Failed(
                f"`{tier.name}` is in the network of the machine itself, where all its ports are the machine's.",
                evidence=tier.evidence(JOINED),
            )
        if tier.published_ports:
            raise Failed(
                f"`{tier.name}` is published: a way past the networks, for all who reach that port of the machine.",
                hint="Who outside has business with it? A neighbour in the same network needs no published port.",
                evidence=tier.port_evidence(),
            )
