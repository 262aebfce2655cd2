from ipaddress import ip_address

from graders.author import Answer, Container, Engine, Failed, Project, check, hinted

WEB, DB, BASE = "web", "db", "redis:8.0"
PAGE, DATA = 8000, "/data"
COUNTER = "visitors"


@check(points=1)
def reads(engine: Engine, answer: Answer) -> Project:
    """Compose reads the file, and finds the services `web` and `db`."""
    answer.unchanged(hint="The program is right; what is missing is in `compose.yaml`. `%reset` brings it back.")
    project = engine.project(answer.path)
    if missing := sorted({WEB, DB} - {*project.services}):
        raise Failed(
            f"There is no service `{missing[0]}`.",
            hint="Each container that is made in `by-hand.sh` becomes a service.",
            evidence=["$ docker compose config --services", *project.services],
        )
    return project


@check(needs=reads, points=1)
def no_warning(reads: Project) -> None:
    """Compose reads it without a warning."""
    if reads.warnings:
        raise Failed(
            "Compose has a warning about the file.",
            hint="It says what is to be done.",
            evidence=["$ docker compose config --quiet", *reads.warnings],
        )


@check(needs=reads, points=2)
def up(reads: Project) -> tuple[Container, Container]:
    """`docker compose up` starts both: `web`, built from its folder, and `db` from `redis:8.0`."""
    if "build" not in reads.config["services"][WEB]:
        raise Failed(
            "`web` is not built from the folder `web`.",
            hint="`by-hand.sh` builds its image first. Compose can do that too.",
            evidence=["$ docker compose config web", f"image: {reads.config['services'][WEB].get('image')}"],
        )
    reads.up(build=True)
    return reads.container(WEB).running(), reads.container(DB).from_image(BASE).running()


@check(needs=up, points=2)
def counts(up: tuple[Container, Container], engine: Engine, answer: Answer) -> None:
    """Each time the page is asked for, the database counts one more."""
    web, db = up
    before = answer.number("before", 100, 900)
    engine.redis(db, "SET", COUNTER, str(before))
    with hinted("Which host does `DB` name, and how is the database called in the project's network?"):
        page = web.page("/", port=PAGE)
    now = engine.redis(db, "GET", COUNTER)
    if now != [str(before + 1)] or str(before + 1) not in page:
        raise Failed(
            f"The database had counted {before}, then the page was asked for, and the database says {now[0]}.",
            evidence=web.log_evidence(),
        )


@check(needs=up, points=1)
def published(up: tuple[Container, Container]) -> None:
    """`web` is published on 127.0.0.1 alone, and `db` is not published."""
    web, db = up
    open_to = [address for address, _ in web.published(PAGE) if not ip_address(address).is_loopback]
    if open_to or db.published_ports:
        whose = db if db.published_ports else web
        raise Failed(
            f"`{DB}` is published." if db.published_ports else f"`{WEB}` is published on {open_to[0]}, for everybody.",
            hint="What stands before the ports says at which address. Neighbours need no published port.",
            evidence=whose.port_evidence(),
        )


@check(needs=counts, points=2)
def keeps(reads: Project, engine: Engine, answer: Answer) -> None:
    """What is counted lies in a volume with a name, and is there after `down` and `up`."""
    kept = answer.number("kept", 1000, 9000)
    engine.redis(reads.container(DB), "SET", COUNTER, str(kept))
    mount = reads.container(DB).mount(DATA)
    reads.down()
    reads.up()
    now = engine.redis(reads.container(DB).running(), "GET", COUNTER)
    if now != [str(kept)] or mount is None or mount.kind != "volume" or mount.is_anonymous:
        raise Failed(
            f"The database had counted {kept}. After `docker compose down` and `up` it says {now[0] or 'nothing'}.",
            hint="Where does Redis write, and when? And what becomes of a volume without a name?",
            evidence=[f"{DATA} is {mount.told}" if mount else f"Nothing is mounted at {DATA}."],
        )
