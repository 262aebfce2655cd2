import json
from pathlib import Path
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Project, check, scratch_folder

LIST, BASE = "dd-disputes:1.0", "busybox:1.37"
IMAGE, HANDED, SAID, SHELL, OWN, NAMED, RUN = PLACES = (
    "image", "env_file", "environment", "shell", ".env", "--env-file", "run"
)  # fmt: skip
FILLED, PASSED = "${NAME}", ""
"""What `environment` says in a dispute that is settled elsewhere: to be filled in, or passed on."""


class Dispute(NamedTuple):
    """What the list says, the places that say something, and what stands in `environment` beside them."""

    told: str
    places: tuple[str, ...]
    line: str | None = None


KINDS = {
    "base": Dispute("the ENV of the image, and env_file", (IMAGE, HANDED)),
    "unnamed": Dispute("the ENV of the image, and .env; compose.yaml does not name NAME", (IMAGE, OWN)),
    "twice": Dispute("env_file, and environment", (HANDED, SAID)),
    "typed": Dispute("env_file, and the shell; environment does not name NAME", (HANDED, SHELL)),
    "passed": Dispute(
        "env_file, and .env; environment has the line NAME: with nothing behind it", (HANDED, OWN), PASSED
    ),
    "filled": Dispute(".env, and the shell; environment has NAME: ${NAME}", (OWN, SHELL), FILLED),
    "other": Dispute(".env, and --env-file; environment has NAME: ${NAME}", (OWN, NAMED), FILLED),
    "both": Dispute("--env-file, and the shell; environment has NAME: ${NAME}", (NAMED, SHELL), FILLED),
    "once": Dispute("environment, and docker compose run -e", (SAID, RUN)),
}


class Case(NamedTuple):
    """A dispute by its number for this learner, whom they say wins, and what the container has."""

    number: int
    said: str
    won: str
    evidence: list[str]


Cases = dict[str, Case]


def _order(answer: Answer) -> list[str]:
    return answer.shuffled("order", list(KINDS))


def prepare(engine: Engine, answer: Answer) -> None:
    lines = [f"{number}: {KINDS[kind].told}\n" for number, kind in enumerate(_order(answer), 1)]
    with scratch_folder() as folder:
        (Path(folder) / "disputes.txt").write_text("".join(lines))
        engine.make_image(BASE, content=Path(folder), name=LIST, changes=['CMD ["cat", "/disputes.txt"]'])


@check(points=1)
def complete(engine: Engine, answer: Answer) -> Cases:
    """answers.toml names one of the seven places for each dispute."""
    show = f"`docker run --rm {LIST}` shows the disputes."
    said = [answer.chosen(f"dispute-{number}", PLACES, hint=show) for number in range(1, len(KINDS) + 1)]
    numbered = {kind: number for number, kind in enumerate(_order(answer), 1)}
    with_file = {kind for kind, dispute in KINDS.items() if NAMED in dispute.places}
    won = _settled(engine, [*with_file], named=True) | _settled(engine, [*{*KINDS} - with_file], named=False)
    return {kind: Case(n, said[n - 1], won[kind][0], won[kind][1]) for kind, n in numbered.items()}


HINTS = {
    "base": "An image says what is usual. Who speaks when a container is made of it?",
    "unnamed": "`.env` is read by Compose, to fill in its own file. Who hands it over to a container?",
    "twice": "One of the two names the file for all, the other this variable. Which is nearer to the container?",
    "typed": "The shell is Compose's, not the container's. What would hand a variable over?",
    "passed": "A line with nothing behind it is no value: it passes on what Compose knows. Does `environment` go before?",
    "filled": "Who types a value means it now; a file says what is usual.",
    "other": "Is `.env` read where another file is named?",
    "both": "Who types a value means it now; a file says what is usual, whichever file it is.",
    "once": "`run` is for one container, and who types it sees what the file says.",
}


@check(needs=complete, points=4)
def handed_over(complete: Cases) -> None:
    """What a container has of its image, of `env_file`, of `environment` and of `run -e` is as you predict."""
    _compare(complete, "base", "twice", "once", "passed")


@check(needs=complete, points=3)
def filled_in(complete: Cases) -> None:
    """What fills in a `${NAME}` is as you predict."""
    _compare(complete, "filled", "other", "both")


@check(needs=complete, points=2)
def never_there(complete: Cases) -> None:
    """What is said to Compose alone, and handed to nobody, is as you predict."""
    _compare(complete, "unnamed", "typed")


def _compare(cases: Cases, *kinds: str) -> None:
    for kind in kinds:
        case = cases[kind]
        if case.said != case.won:
            raise Failed(
                f"Dispute {case.number}, {KINDS[kind].told}: you say `{case.said}`, and `{case.won}` wins.",
                hint=HINTS[kind],
                evidence=case.evidence,
            )


def _settled(engine: Engine, kinds: list[str], *, named: bool) -> dict[str, tuple[str, list[str]]]:
    """What containers have, each made in a project where its dispute stands; a value is the name of its place."""
    image = engine.make_image(BASE, changes=[f"ENV {_name(kind)}={IMAGE}" for kind in _where(kinds, IMAGE)])
    with scratch_folder() as scratch:
        folder = Path(scratch)
        for kind in kinds:
            (folder / f"{kind}.env").write_text(f"{_name(kind)}={HANDED}\n" if HANDED in KINDS[kind].places else "")
        for file, place in ((".env", OWN), ("named.env", NAMED)):
            (folder / file).write_text("".join(f"{_name(kind)}={place}\n" for kind in _where(kinds, place)))
        services = {kind: _service(kind, image.id) for kind in kinds}
        (folder / "compose.yaml").write_text(json.dumps({"services": services}))
        shell = {_name(kind): SHELL for kind in _where(kinds, SHELL)}
        project = engine.project(folder, variables=shell | ({"COMPOSE_ENV_FILES": "named.env"} if named else {}))
    project.compose("create")
    return {kind: _has(project, kind) for kind in kinds}


def _has(project: Project, kind: str) -> tuple[str, list[str]]:
    name, places = _name(kind), KINDS[kind].places
    shell = f"NAME={SHELL} " * (SHELL in places)
    options = " --env-file FILE" * (NAMED in places)
    if RUN in places:
        done = project.compose("run", "--rm", "--no-TTY", f"--env={name}={RUN}", kind, "printenv", name)
        return done.stdout.strip(), [f"$ docker compose run --rm -e NAME={RUN} SERVICE printenv NAME", done.stdout]
    value = project.container(kind).env[name]
    return value, [f"$ {shell}docker compose{options} run --rm SERVICE printenv NAME", value]


def _service(kind: str, image: str) -> dict[str, object]:
    dispute, name = KINDS[kind], _name(kind)
    line = SAID if SAID in dispute.places else (dispute.line or None if dispute.line != FILLED else f"${{{name}}}")
    own = {"environment": {name: line}} if SAID in dispute.places or dispute.line is not None else {}
    return {"image": image, "network_mode": "none", "env_file": f"{kind}.env", **own}


def _where(kinds: list[str], place: str) -> list[str]:
    return [kind for kind in kinds if place in KINDS[kind].places]


def _name(kind: str) -> str:
    return f"NAME_{kind.upper()}"
