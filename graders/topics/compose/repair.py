from ipaddress import ip_address

from graders.author import Answer, Container, Engine, Failed, Project, check

WEB, DB, BASE = "web", "db", "redis:8.0"
COUNTER = "readers"
PAGES = "web/pages"
Board = tuple[Container, int]


@check(points=1)
def reads(engine: Engine, answer: Answer) -> Project:
    """Compose reads the file without a warning, and finds `web` and `db`."""
    answer.unchanged(hint="The board is right; the faults are in `compose.yaml`. `%reset` brings it back.")
    project = engine.project(answer.path)
    if missing := sorted({WEB, DB} - {*project.services}):
        raise Failed(
            f"There is no service `{missing[0]}`.", evidence=["$ docker compose config --services", *project.services]
        )
    if project.warnings:
        raise Failed(
            "Compose has a warning about the file.",
            hint="It says what is to be done.",
            evidence=["$ docker compose config --quiet", *project.warnings],
        )
    return project


@check(needs=reads, points=2)
def answers(reads: Project) -> Board:
    """The board is there at one port of 127.0.0.1, and `db` at none."""
    reads.up(build=True)
    web, db = reads.container(WEB).running(), reads.container(DB).from_image(BASE).running()
    ports = [int(port.partition("/")[0]) for port in web.published_ports]
    open_to = [at for port in ports for at, _ in web.published(port) if not ip_address(at).is_loopback]
    if db.published_ports or open_to or len(ports) != 1:
        told = f"on {open_to[0]}, for all who reach this machine" if open_to else f"at {len(ports) or 'no'} ports"
        raise Failed(
            f"`{DB}` is published." if db.published_ports else f"`{WEB}` is published {told}.",
            hint="What stands before the ports says at which address. Neighbours need no published port.",
            evidence=(db if db.published_ports else web).port_evidence(),
        )
    if not web.request("/", port=ports[0], wait=5).status:
        raise Failed(
            f"Port {ports[0]} of `{WEB}` is published, and nothing answers there.",
            hint="At which port does the board listen?",
            evidence=[*web.port_evidence(), *web.log_evidence()],
        )
    return web, ports[0]


@check(needs=answers, points=2)
def counts(answers: Board, reads: Project, engine: Engine, answer: Answer) -> None:
    """The board counts its readers in the database."""
    (web, port), db, before = answers, reads.container(DB), answer.number("readers", 100, 900)
    engine.redis(db, "SET", COUNTER, str(before))
    shown = web.page("/", port=port)
    now = engine.redis(db, "GET", COUNTER)[0]
    if now != str(before + 1) or f"Readers: {now}\n" not in shown:
        command, *listed = reads.compose("ps", "--format", "{{.Service}} is in {{.Networks}}").evidence
        raise Failed(
            f"The database had counted {before} readers. The board was read once more, and the database says {now}.",
            hint="Which database does `DB` name, and who finds it under that name?",
            evidence=[
                *shown.splitlines()[-1:],
                command,
                *(line.replace(f"{reads.name}_", "") for line in sorted(listed)),
            ],
        )


@check(needs=answers, points=2)
def edits(answers: Board, reads: Project, answer: Answer) -> None:
    """What is written in `web/pages` is on the board at the next reading, a new page too."""
    web, port = answers
    for page in ("board", answer.nonce("page")):
        words = answer.nonce(page)
        reads.write(f"{PAGES}/{page}.txt", f"{words}\n")
        shown = web.request(f"/{page}", port=port).body
        if words not in shown:
            mounted = [line.replace(str(reads.folder), ".") for line in web.mount_evidence()]
            raise Failed(
                f"The check wrote `{words}` into `{PAGES}/{page}.txt`, and the board does not show it.",
                hint="In which folder does the board look, and what is mounted there?",
                evidence=[*mounted, f"$ curl {web.url(f'/{page}', port=port)}", *shown.splitlines()],
            )


@check(needs=[counts, edits], points=2)
def keeps(reads: Project, engine: Engine, answer: Answer) -> None:
    """The number of readers is kept over `docker compose down` and `up`."""
    db, kept = reads.container(DB), answer.number("kept", 1000, 9000)
    engine.redis(db, "SET", COUNTER, str(kept))
    mounted = db.mount_evidence()
    reads.down()
    reads.up(DB)
    now = engine.redis(reads.container(DB).running(), "GET", COUNTER)[0]
    if now != str(kept):
        raise Failed(
            f"The database had counted {kept} readers. After `down` and `up` it says {now or 'nothing'}.",
            hint="Where does Redis write, and what is mounted there?",
            evidence=mounted,
        )
