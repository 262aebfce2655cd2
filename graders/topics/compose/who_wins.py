import json
import re
from pathlib import Path
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Project, check, scratch_folder

LIST, BASE = "dd-disputes:1.0", "busybox:1.37"
IMAGE, HANDED, SAID, SHELL, OWN, NAMED, RUN = PLACES = (
    "image", "env_file", "environment", "shell", ".env", "--env-file", "run"
)  # fmt: skip
NAMED_FILE = "named.env"
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


Cases = dict[str, Case]


def _order(answer: Answer) -> list[str]:
    return answer.shuffled("order", list(KINDS))


def prepare(engine: Engine, answer: Answer) -> None:
    lines = [f"{number}: {KINDS[kind].told}\n" for number, kind in enumerate(_order(answer), 1)]
    with scratch_folder() as folder:
        (Path(folder) / "disputes.txt").write_text("".join(lines))
        said = ['CMD ["cat", "/disputes.txt"]', f"ENV NAME={IMAGE}"]
        engine.make_image(BASE, content=Path(folder), name=LIST, changes=said)


@check(points=1)
def complete(engine: Engine, answer: Answer) -> Cases:
    """answers.toml names one of the seven places for each dispute."""
    show = f"`docker run --rm {LIST}` shows the disputes."
    said = [answer.chosen(f"dispute-{number}", PLACES, hint=show) for number in range(1, len(KINDS) + 1)]
    with_file = {kind for kind, dispute in KINDS.items() if NAMED in dispute.places}
    won = _settled(engine, with_file, NAMED_FILE) | _settled(engine, {*KINDS} - with_file)
    return {kind: Case(n, said[n - 1], won[kind]) for n, kind in enumerate(_order(answer), 1)}


HINTS = {
    "base": "An image says what is usual. Who speaks when a container is made of it?",
    "unnamed": "`.env` is read by Compose, to fill in its own file. Who hands it over to a container?",
    "twice": "`env_file` hands over a file, whatever is in it; `environment` names this one variable. Which is nearer?",
    "typed": "The shell is Compose's, not the container's. What would hand a variable over?",
    "passed": "A line with nothing behind it passes on what Compose knows. Does `environment` go before `env_file`?",
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
                f"Dispute {case.number}, “{KINDS[kind].told}”: you say `{case.said}`, and `{case.won}` wins.",
                hint=HINTS[kind],
                evidence=_tried(kind, case.won),
            )


def _settled(engine: Engine, kinds: set[str], named: str = "") -> dict[str, str]:
    """By kind, what a container has that is made where the dispute stands; a value is the name of its place."""
    names = {kind: f"NAME_{kind.upper()}" for kind in kinds}
    image = engine.make_image(BASE, changes=[f"ENV {name}={IMAGE}" for kind, name in names.items() if _in(kind, IMAGE)])
    shell = {name: SHELL for kind, name in names.items() if _in(kind, SHELL)}
    with scratch_folder() as scratch:
        folder = Path(scratch)
        for kind, name in names.items():
            for file, line in _files(kind, name).items():
                with (folder / file).open("a") as all_of_it:
                    all_of_it.write(f"{line}\n")
        services = {kind: _service(kind, name, image.id) for kind, name in names.items()}
        (folder / "compose.yaml").write_text(json.dumps({"services": services}))
        # What `--env-file` says at the command, this says to all commands.
        project = engine.project(folder, variables=shell | ({"COMPOSE_ENV_FILES": named} if named else {}))
    project.compose("create")
    return {kind: _has(project, kind, name) for kind, name in names.items()}


def _has(project: Project, kind: str, name: str) -> str:
    if not _in(kind, RUN):
        return project.container(kind).env[name]
    return project.compose("run", "--rm", "--no-TTY", f"--env={name}={RUN}", kind, "printenv", name).stdout.strip()


def _tried(kind: str, won: str) -> list[str]:
    """How a learner brings a dispute about, and what comes of it."""
    service = json.dumps(_service(kind, "NAME", LIST if _in(kind, IMAGE) else BASE))
    plain = re.sub(r'"([\w.:-]+)"', r"\1", service).replace("null", "")
    written = [f"$ echo {line} >{file}" for file, line in _files(kind, "NAME").items()]
    words = f"run --rm -T{f' -e NAME={RUN}' * _in(kind, RUN)} it printenv NAME"
    command = f"{f'NAME={SHELL} ' * _in(kind, SHELL)}docker compose{f' --env-file {NAMED_FILE}' * _in(kind, NAMED)}"
    made = f"$ echo 'services: {{it: {plain}}}' >compose.yaml"
    return ['$ cd "$(mktemp -d)"', *written, made, f"$ {command} {words}", won]


def _service(kind: str, name: str, image: str) -> dict[str, object]:
    line = SAID if _in(kind, SAID) else KINDS[kind].line
    service: dict[str, object] = {"image": image, "network_mode": "none"}
    if _in(kind, HANDED):
        service["env_file"] = f"{name}.env"
    if line is not None:
        service["environment"] = {name: line.replace("NAME", name) or None}
    return service


def _files(kind: str, name: str) -> dict[str, str]:
    files = {HANDED: f"{name}.env", OWN: ".env", NAMED: NAMED_FILE}
    return {file: f"{name}={place}" for place, file in files.items() if _in(kind, place)}


def _in(kind: str, place: str) -> bool:
    return place in KINDS[kind].places
