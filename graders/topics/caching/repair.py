import re
from dataclasses import dataclass
from pathlib import Path

from graders.author import Answer, Build, Engine, Failed, check

PROGRAM, CHARTS, NOTES = "pilot.c", "charts.txt", "notes"
SMALLER = 3
LINE = re.compile(r"release (\S+): (\S+) (\S+) drawing (\w+) tool (\w+)")


@dataclass(frozen=True)
class Said:
    """What the program printed: its release, and the numbers of the drawing and of the tool."""

    release: str
    drawing: str
    tool: str


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    for name in answer.kept:
        answer.file(name).write_bytes((answer.given / name).read_bytes())
    _release(answer, answer.path, "monday")
    _add_port(answer, answer.path, "first")
    return engine.build(answer.path)


@check(needs=builds, points=2)
def answers(builds: Build, engine: Engine, answer: Answer) -> Said:
    """The image answers as before, read-only and without a network."""
    return _ask(engine, builds, answer, "first")


@check(needs=answers, points=2)
def small(builds: Build, engine: Engine, answer: Answer) -> None:
    """It is at most a third as large as the image of the Dockerfile that you received."""
    with answer.copied(answer.given) as context:
        start = engine.build(context).image.size
    size = builds.image.size
    if size > start / SMALLER:
        raise Failed(
            f"Its layers are {size / 1e6:.0f} MB together. A third of the start's would be "
            f"{start / SMALLER / 1e6:.0f} MB together.",
            hint="Which of these layers does a container need? What a later step removes still counts.",
            evidence=builds.image.size_evidence(),
        )


@check(needs=answers, points=2)
def keeps_charts(answers: Said, engine: Engine, answer: Answer) -> None:
    """When `pilot.c` has changed, the next build has the new program and draws no chart again."""
    with answer.copied() as context:
        _release(answer, context, "tuesday")
        build = engine.build(context)
    said = _ask(engine, build, answer, "first")
    if said.release == answers.release:
        raise Failed(f"`{PROGRAM}` was changed, and the next image has the old program.", evidence=build.listed)
    if said.drawing != answers.drawing:
        tool = " and the tool was downloaded again" if said.tool != answers.tool else ""
        raise _again(build, f"`{PROGRAM}` was changed, and all charts were drawn again{tool}.", PROGRAM)


@check(needs=answers, points=2)
def keeps_tool(answers: Said, engine: Engine, answer: Answer) -> None:
    """When `charts.txt` has changed, the next build has the new charts and does not download the tool again."""
    with answer.copied() as context:
        _add_port(answer, context, "second")
        build = engine.build(context)
    if _ask(engine, build, answer, "second").tool != answers.tool:
        raise _again(build, f"`{CHARTS}` was changed, and the tool was downloaded again.", CHARTS)


@check(needs=answers, points=1)
def same_layers(builds: Build, engine: Engine, answer: Answer) -> None:
    """When something in `notes` has changed, the next image has the very same layers."""
    with answer.copied() as context:
        (context / NOTES).mkdir(exist_ok=True)
        (context / NOTES / f"{answer.nonce('note')}.md").write_text("The pier is open.\n")
        build = engine.build(context)
    if build.image.layers != builds.image.layers:
        raise _again(build, f"A note was added in `{NOTES}`, and the next image has other layers.", f"{NOTES}/pier.md")


def _ask(engine: Engine, build: Build, answer: Answer, port: str) -> Said:
    """What a container of the image says of a port that was added by the check."""
    name = _port(answer, port)
    run = engine.once(build.image, name, network_mode="none", read_only=True)
    said = LINE.search(run.output)
    if not said or said[2] != name:
        hint = "What does it read, and from where? Is that in the image, as it was made in this build?"
        message = f"`{name}` is in `{CHARTS}`, and the image does not say where it lies."
        raise Failed(message, hint=hint, evidence=run.evidence)
    return Said(said[1], said[4], said[5])


def _again(build: Build, what: str, file: str) -> Failed:
    worked = [step for step in build.own_steps if not step.cached]
    first = f" The first step that was not taken from the cache: `{worked[0].instruction}`." if worked else ""
    hint = (
        "What does that step read, and what stands below it? It could stand lower, read less, or be in a stage apart."
    )
    return Failed(what + first, hint=hint, evidence=[f"$ echo >> {file} && {build.command}", *build.listed])


def _port(answer: Answer, which: str) -> str:
    return f"Port-{answer.nonce(which, 6)}"


def _add_port(answer: Answer, folder: Path, which: str) -> None:
    with (folder / CHARTS).open("a") as charts:
        charts.write(f"{_port(answer, which)} 54.{answer.number(which, 10, 99)}N,8.{answer.number(which, 10, 99)}E\n")


def _release(answer: Answer, folder: Path, day: str) -> None:
    text = (answer.given / PROGRAM).read_text()
    (folder / PROGRAM).write_text(text.replace('"1.0"', f'"{answer.nonce(day, 6)}"'))
