from graders.author import Answer, Container, DrydockError, Engine, Failed, Mount, Project, check, hinted

CLERK, PAGE, BOOK, PORT = "clerk", "page", "/book", 8080
OWN, TRIAL, VOLUME = "dd-guestbook", "dd-guestbook-trial", "dd-guestbook_book"
BACK = "`%reset` brings the entries back."
MOUNTS = "{{range .Mounts}}{{.Type}} {{.Name}} at {{.Destination}}{{println}}{{end}}"
LABEL = "com.docker.compose.project"


def summer_entries(answer: Answer) -> dict[str, str]:
    """What was written in the summer, by path."""
    return {f"/{name}.txt": f"We saw the {name}, {answer.nonce(name)}\n" for name in ("pier", "storm")}


def prepare(engine: Engine, answer: Answer) -> None:
    entries = {path: text.encode() for path, text in summer_entries(answer).items()}
    engine.make_volume(VOLUME, entries, labels={LABEL: OWN, "com.docker.compose.volume": "book"})
    up = engine.docker("compose", f"--project-name={TRIAL}", "up", "--detach", cwd=answer.scene / "trial")
    if up.exit_code:
        raise DrydockError(f"`{TRIAL}` could not be brought up: {up.evidence[-1]}", "Reset the exercise again.")


@check(points=1)
def reads(engine: Engine, answer: Answer) -> Project:
    """Compose finds `clerk` and `page`, and no volume is one from outside of the project."""
    project = engine.project(answer.path)
    if missing := sorted({CLERK, PAGE} - {*project.services}):
        raise Failed(
            f"There is no service `{missing[0]}`.", evidence=["$ docker compose config --services", *project.services]
        )
    # One from outside is the learner's own, and no check writes into that.
    volumes = project.config.get("volumes") or {}
    if foreign := [key for key, said in volumes.items() if said.get("external")]:
        raise Failed(
            f"The volume `{foreign[0]}` is external: the project uses it, and never removes it.",
            hint="How is a volume called that Compose makes for the key `book` of the project `dd-guestbook`?",
            evidence=["$ docker compose config --volumes", *foreign],
        )
    return project


@check(needs=reads, points=2)
def shared(reads: Project, answer: Answer) -> tuple[str, str]:
    """What `clerk` writes into `/book` is on the page at once."""
    path, text = f"/{answer.nonce('entry', 6)}.txt", answer.nonce("entry")
    reads.up()
    with hinted(f"Both services need what lies at `{BOOK}`."):
        clerk, page = reads.container(CLERK).running(), reads.container(PAGE).running()
    clerk.exec("sh", "-c", f"echo {text} >{BOOK}{path}")
    if not shown(page, path, text):
        raise Failed(
            f"`{CLERK}` wrote `{BOOK}{path}`, and `{PAGE}` does not show `{path}`.",
            hint=f"What does each of the two have at `{BOOK}`?",
            evidence=[*clerk.mount_evidence(), *page.mount_evidence()],
        )
    return path, text


@check(needs=shared, points=2)
def survives(reads: Project, shared: tuple[str, str]) -> Mount | None:
    """The entries are there after `docker compose down` and `up`."""
    before = reads.container(CLERK)
    mount, told = before.mount(BOOK), before.mount_evidence()
    reads.down()
    reads.up(PAGE)
    page = reads.container(PAGE).running()
    if not shown(page, *shared):
        raise Failed(
            f"`{CLERK}` wrote `{BOOK}{shared[0]}`. After `docker compose down` and `up` it is not there.",
            hint="What was mounted there, and could the next `up` find it again?",
            evidence=["Before:", *told, "After:", *page.mount_evidence()],
        )
    return mount


@check(needs=survives, points=2)
def asked(reads: Project, survives: Mount | None, shared: tuple[str, str], engine: Engine) -> None:
    """`docker compose down --volumes` removes the entries."""
    page = reads.container(PAGE)
    told, is_volume = page.evidence(MOUNTS), survives is not None and survives.kind == "volume"
    if not is_volume:  # a folder may be the learner's
        page.exec("rm", f"{BOOK}{shared[0]}")
    reads.down(volumes=True)
    if survives is None or not is_volume or engine.has_volume(survives.source):
        raise Failed(
            f"After `docker compose down --volumes`, what was at `{BOOK}` is still there.",
            hint="What does `--volumes` remove, and is the book one of these?",
            evidence=told,
        )


@check(needs=asked, points=2)
def summer(engine: Engine, answer: Answer) -> None:
    """On your Engine `dd-guestbook` is up, and its page shows the entries of the summer."""
    wanted = [f"{LABEL}={OWN}", f"com.docker.compose.service={PAGE}"]
    if not (found := engine.containers(label=wanted)):
        raise Failed(
            f"`{OWN}` has no container of the service `{PAGE}`.",
            hint="`up` in the exercise's folder makes them from your file.",
            evidence=engine.docker("ps", "--all", f"--filter=label={wanted[0]}", "--format={{.Names}}").evidence,
        )
    page = found[0].running()
    for path, text in summer_entries(answer).items():
        if not shown(page, path, text):
            kept = engine.has_volume(VOLUME) and engine.volume(VOLUME).text(path) == text
            where = f"it lies in `{VOLUME}`, which the page does not have" if kept else "it is lost"
            raise Failed(
                f"The page of `{OWN}` does not show `{path}`: {where}.",
                hint="Which name has the volume of a key?" if kept else f"Whose volume did you remove? {BACK}",
                evidence=page.mount_evidence(),
            )


@check(needs=summer, points=2)
def trial(engine: Engine) -> None:
    """Of `dd-guestbook-trial` nothing is left: no container, no network, no volume."""
    mine = f"{LABEL}={TRIAL}"
    left = {
        "ps --all": [one.name for one in engine.containers(label=mine)],
        "network ls": [one.name for one in engine.networks(label=mine)],
        "volume ls": [one.name for one in engine.volumes(label=mine)],
    }
    for words, names in left.items():
        if names:
            raise Failed(
                f"Of `{TRIAL}` there is still `{names[0]}`.",
                hint="What does `down` remove, and what only when it is asked for?",
                evidence=[f"$ docker {words} --filter label={mine}", *names],
            )


def shown(page: Container, path: str, text: str) -> bool:
    return text.strip() in page.request_inside(path, port=PORT).stdout
