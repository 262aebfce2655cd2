from graders.author import Answer, Container, DrydockError, Engine, Failed, check, hinted

PROJECT, PAGE, QUEUE = "dd-crossing", "page", "queue"
MINE, SERVICE = f"com.docker.compose.project={PROJECT}", "com.docker.compose.service"
PORT, SEASON, WINTER = 8080, "SEASON", "winter"
WAITING = "/dev/shm/waiting.txt"  # noqa: S108 - in memory, and of the container
SHELL = "What was said in the shell is gone with the shell."
SHARED = "What do both services share in the file?"
SINCE = "{{slice .Name 1}} {{.State.Status}}, started {{.State.StartedAt}}"


def prepare(engine: Engine, answer: Answer) -> None:
    up = engine.docker("compose", f"--project-name={PROJECT}", "up", "--detach", "--build", cwd=answer.scene / "office")
    if up.exit_code:
        raise DrydockError(f"`{PROJECT}` could not be brought up: {up.evidence[-1]}", "Reset the exercise again.")
    queue = of(engine, QUEUE)
    queue.exec("sh", "-c", f"echo {cars(answer, queue)} >{WAITING}")


@check(points=3)
def untouched(engine: Engine, answer: Answer) -> Container:
    """`queue` runs on, and knows which cars wait."""
    with hinted("Who else was built, or started again, than the one that you meant? `%reset` brings the cars back."):
        queue = of(engine, QUEUE).running()
    if queue.exec("cat", WAITING).stdout.strip() != cars(answer, queue):
        raise Failed(
            f"`{QUEUE}` was started again, or made anew: the cars that waited are gone.",
            hint="Which commands speak of all services, and which of one? `%reset` brings the cars back.",
            evidence=engine.evidence(SINCE, *sorted(one.name for one in engine.containers(label=MINE))),
        )
    return queue


@check(points=2)
def shows(engine: Engine, answer: Answer) -> Container:
    """`page` shows the timetable of the winter."""
    answer.unchanged()
    page = of(engine, PAGE).running()
    if timetable(answer) not in (seen := page.request_inside("/", port=PORT)).stdout:
        raise Failed(
            f"`{PAGE}` does not show `page/timetable.txt`.",
            hint="Was an image built of it, and was the container made from that image?",
            evidence=seen.evidence,
        )
    return page


@check(needs=shows, points=2)
def season(shows: Container) -> Container:
    """It runs with `SEASON=winter`."""
    if (runs := shows.env.get(SEASON)) != WINTER:
        raise Failed(
            f"`{PAGE}` runs with `{SEASON}={runs}`.",
            hint="Does the file say so? And which command reads the file, `up` or `restart`?",
            evidence=shows.evidence("{{range .Config.Env}}{{println .}}{{end}}"),
        )
    return shows


@check(needs=season, points=2)
def stays(season: Container, answer: Answer) -> None:
    """A container that is made anew of its image shows the same."""
    seen = season.made_anew().request_inside("/", port=PORT)
    if timetable(answer) not in seen.stdout:
        raise Failed(
            "The check made another container of the same image: it shows an older timetable.",
            hint="What is copied into a container goes with it. Where would it come from the next time?",
            evidence=seen.evidence,
        )


@check(needs=[season, untouched], points=2)
def says(season: Container, untouched: Container, engine: Engine, answer: Answer) -> None:
    """The file says what runs: at the next `up`, `page` stays in winter, and `queue` as it is."""
    services = engine.project(answer.path).config["services"]
    for name, container, hint in ((PAGE, season, SHELL), (QUEUE, untouched, SHARED)):
        said = (services.get(name, {}).get("environment") or {}).get(SEASON) or "nothing"
        if said != (runs := container.env.get(SEASON)):
            raise Failed(
                f"`{name}` runs with `{SEASON}={runs}`, and the file says {said}: the next `up` makes it anew.",
                hint=f"{hint} `docker compose up --dry-run` tells what `up` would do.",
                evidence=[f"$ docker compose config {name}", f"{SEASON}: {said}"],
            )


def of(engine: Engine, service: str) -> Container:
    """The container of a service of the learner's project."""
    if found := engine.containers(label=[MINE, f"{SERVICE}={service}"]):
        return found[0]
    listed = engine.docker("ps", "--all", f"--filter=label={MINE}", "--format={{.Names}}")
    raise Failed(f"`{PROJECT}` has no container of the service `{service}`.", evidence=listed.evidence)


def cars(answer: Answer, queue: Container) -> str:
    """What the queue was told in its memory; copied into another life of it, it is wrong."""
    return f"{answer.number('cars', 3, 30)} cars wait in the queue that was started {queue.state['StartedAt']}"


def timetable(answer: Answer) -> str:
    return answer.file("page/timetable.txt").read_text().strip()
