import json

from graders.author import Answer, Engine, Failed, Project, check, hinted

DESK, SAFE, PAGE, DOOR = "desk", "safe", 8000, 9000
OWN, SETTINGS, PASSWORD = ".env", "desk.env", "password.txt"
FARE, CURRENCY, USUAL = "FARE", "CURRENCY", "crowns"


@check(points=1)
def reads(engine: Engine, answer: Answer) -> Project:
    """In your folder Compose needs nothing more to read the project, with the services `desk` and `safe`."""
    answer.unchanged(hint="The check writes other values into a copy. `%reset` brings yours back.")
    with hinted("Where does Compose look for the value of a variable?"):
        project = engine.project(answer.path)
    if missing := sorted({DESK, SAFE} - {*project.services}):
        raise Failed(
            f"There is no service `{missing[0]}`.", evidence=["$ docker compose config --services", *project.services]
        )
    return project


@check(needs=reads, points=2)
def asks(engine: Engine, answer: Answer) -> None:
    """Where `FARE` is missing or empty, Compose stops."""
    for how, shown, said in (("missing", "", {}), ("empty", "FARE= ", {FARE: ""})):
        try:
            seen = as_read(elsewhere(engine, answer, said)).get(FARE)
        except Failed:
            continue  # where that is for another reason, the next check shows it
        raise Failed(
            f"`{FARE}` is {how}, and Compose goes on without a word.",
            hint="What stands behind the name of a variable makes Compose stop, and does it where the value is empty?",
            evidence=[f"$ {shown}docker compose --env-file /dev/null config", f"{FARE}: {json.dumps(seen)}"],
        )


@check(needs=reads, points=2)
def up(engine: Engine, answer: Answer) -> Project:
    """Told a fare and a currency, `docker compose up` starts both services, and the desk asks for that much."""
    fare, coins = str(answer.number("fare", 20, 90)), f"shells{answer.number('coins', 10, 99)}"
    with hinted(
        "Compose fills in what stands behind a `$`. The check has no `.env`, and says both values in the shell."
    ):
        project = elsewhere(engine, answer, {FARE: fare, CURRENCY: coins})
        project.up()
        project.container(SAFE).running()
        expect(project, f"fare: {fare} {coins}", f"`{FARE}` is {fare} and `{CURRENCY}` is {coins}")
    return project


@check(needs=up, points=1)
def usual(engine: Engine, answer: Answer) -> None:
    """Told no currency, Compose takes crowns."""
    seen = as_read(elsewhere(engine, answer, {FARE: "12"})).get(CURRENCY)
    if seen != USUAL:
        raise Failed(
            f"Nobody says `{CURRENCY}`, and for the desk it is {f'`{seen}`' if seen else 'nothing'}.",
            hint="What stands behind the name of a variable can be what is usual.",
            evidence=["$ FARE=12 docker compose --env-file /dev/null config", f"{CURRENCY}: {json.dumps(seen)}"],
        )


@check(needs=up, points=2)
def settings(up: Project, answer: Answer) -> None:
    """What `desk.env` says is handed to the desk, all of it."""
    for name, value in told(answer).items():
        if (seen := up.container(DESK).env.get(name)) != value:
            raise Failed(
                f"`{SETTINGS}` says `{name}={value}`, and the desk's `{name}` is {f'`{seen}`' if seen else 'not set'}.",
                hint="What is written down twice drifts apart. What hands over a whole file, and what goes before it?",
                evidence=[f"$ docker compose exec {DESK} printenv {name}", *([seen] if seen else [])],
            )


@check(needs=up, points=2)
def opens(up: Project, answer: Answer) -> None:
    """With another password in `password.txt`, the safe opens for the desk."""
    with hinted("From where do both have their password, and does each find the file that `PASSWORD_FILE` names?"):
        asked = up.container(SAFE).request_inside(f"/?{another(answer)}", port=DOOR)
        if asked.stdout.strip() != "open":
            raise Failed(f"`{PASSWORD}` has another password, and the safe stays shut for it.", evidence=asked.evidence)
        expect(up, "safe: open", f"`{PASSWORD}` has another password")


@check(needs=[opens, up], points=2)
def secret(up: Project, answer: Answer) -> None:
    """The password is in no variable of a container, and nothing else that `docker inspect` shows has it."""
    for container in up.containers():
        for password in (answer.file(PASSWORD).read_text().strip(), another(answer)):
            lines = json.dumps(container.attributes, indent=1).splitlines()
            if shown := [line.strip() for line in lines if password in line]:
                raise Failed(
                    f"{container.subject} shows the password to `docker inspect`.",
                    hint="Who may look at a container reads it there. Of a mounted file only the path is shown.",
                    evidence=[f"$ docker inspect {container.called} | grep {password}", shown[0]],
                )


def elsewhere(engine: Engine, answer: Answer, said: dict[str, str]) -> Project:
    """The project where somebody else has it: without `.env`, with other settings and another password."""
    settings = "".join(f"{name}={value}\n" for name, value in told(answer).items())
    with answer.copied() as folder:
        (folder / OWN).unlink(missing_ok=True)
        for name, text in ((SETTINGS, settings), (PASSWORD, f"{another(answer)}\n")):
            (folder / name).unlink()  # a link would lead out of the copy
            (folder / name).write_text(text)
        return engine.project(folder, variables=said)


def as_read(project: Project) -> dict[str, str]:
    """What Compose makes of the desk's variables."""
    return project.config["services"][DESK].get("environment") or {}


def told(answer: Answer) -> dict[str, str]:
    """What `desk.env` says elsewhere; one name more than the desk's."""
    words = {"FERRY": "ship", "NOTICE": "Mind the gap", "PIER": "pier"}
    return {name: f"{word} {answer.number(name, 10, 99)}" for name, word in words.items()}


def another(answer: Answer) -> str:
    return f"knot-{answer.nonce('password')}"


def expect(project: Project, line: str, where: str) -> None:
    """See that the page has a line where something is said otherwise than in the learner's folder."""
    page = project.container(DESK).page("/", port=PAGE, wait=10)
    if line not in page.splitlines():
        raise Failed(f"Where {where}, the page does not say `{line}`.", evidence=["The page:", *page.splitlines()])
