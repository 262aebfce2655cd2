import re

from graders.author import Answer, Build, Engine, Failed, check, hinted

INDEX, BASE = "dd-packages", "dd-python:3.13"
APP, LOCK = "app.py", "requirements.txt"
OLD, NEW = "tides==1.4.0", "tides==1.4.1"
SOLD = ("harbour-1.2.0", "harbour-1.3.0", "tides-1.4.0", "tides-1.4.1", "tides-2.0.0")
Packages = dict[str, tuple[str, str]]
"""Version and time of installation of each Python package in an image, by name."""


def prepare(engine: Engine, _answer: Answer) -> None:
    engine.start_index(INDEX, base="python:3.13-slim", image=BASE).publish(*SOLD)


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    engine.index(INDEX, image=BASE)
    for name in (APP, LOCK):
        (answer.path / name).write_bytes((answer.given / name).read_bytes())
    (answer.path / APP).write_text(_app(answer, "monday"))
    return engine.build(answer.path)


@check(needs=builds, points=1)
def company_base(builds: Build) -> None:
    """It starts from `dd-python:3.13`."""
    with hinted("What the company changes in its base, a mirror's address or a certificate, reaches who starts there."):
        builds.image.starts_from(BASE)


@check(needs=builds, points=2)
def installed(builds: Build, engine: Engine, answer: Answer) -> Packages:
    """The packages of `requirements.txt` are installed in it, in the versions that the file names."""
    packages = engine.installed(builds.image)
    for name, version in re.findall(r"^(\w+)==([\w.]+)", answer.file(LOCK).read_text(), re.MULTILINE):
        there = packages.get(name, ("", ""))[0]
        if there != version:
            message = f"`{name}` {version}, which `{LOCK}` names, is not in the image."
            hint = "What is installed when a container starts is downloaded by each container, each time."
            if there:
                message = f"`{name}` is in the image in version {there}; `{LOCK}` says {version}."
                hint = "Without a version, pip takes the newest that it finds. Which file says what was tested?"
            evidence = engine.look(builds.image, "find", "/", "-xdev", "-name", "*.dist-info", user="0")
            raise Failed(message, hint=hint, evidence=evidence)
    return packages


@check(needs=installed, points=1)
def answers(builds: Build, engine: Engine, answer: Answer) -> None:
    """A container of it prints what `app.py` prints, without a network."""
    run = engine.once(builds.image, network_mode="none")
    wanted = f"{_said(answer, 'monday')}, says harbour 1.2.0 with tides 1.4.0"
    if wanted not in run.output:
        hint = "What is missing, by what it printed? Which step should have copied it, and to where?"
        raise Failed(f"A container of the image does not print “{wanted}”.", hint=hint, evidence=run.evidence)


@check(needs=answers, points=3, alone=True)
def installs_nothing_again(installed: Packages, engine: Engine, answer: Answer) -> None:
    """When `app.py` has changed, the next build has the new app and installs nothing again."""
    index = engine.index(INDEX, image=BASE)
    before = len(index.questions())
    with answer.copied() as context:
        (context / APP).write_text(_app(answer, "tuesday"))
        build = engine.build(context)
    done = [f"$ echo '# changed' >> {APP} && {build.command}", *build.listed]
    # A file can be given any time, and pip asks what there is before it installs.
    again = {name for name, found in engine.installed(build.image).items() if installed.get(name) != found}
    again |= set(index.questions()[before:])
    if again:
        worked = [step for step in build.own_steps if not step.cached]
        first = f" The first step that was not taken from the cache: `{worked[0].instruction}`." if worked else ""
        raise Failed(
            f"`{APP}` was changed, and the next build installed {_named(again)} again.{first}",
            hint="What does that step read? The installation needs one file of it.",
            evidence=done,
        )
    run = engine.once(build.image, network_mode="none")
    if _said(answer, "tuesday") not in run.output:
        raise Failed(f"`{APP}` was changed, and the next build has the old one.", evidence=[*done, *run.evidence])


@check(needs=answers, points=2)
def follows_lock(engine: Engine, answer: Answer) -> None:
    """When `requirements.txt` has changed, the next build installs what it says then."""
    with answer.copied() as context:
        (context / LOCK).write_text((context / LOCK).read_text().replace(OLD, NEW))
        build = engine.build(context)
    there = engine.installed(build.image).get("tides", ("nothing", ""))[0]
    if there != NEW.rpartition("=")[2]:
        raise Failed(
            f"`{LOCK}` was changed to `{NEW}`, and in the next image tides is {there}.",
            hint="Who reads that file in your build? A step that reads nothing of it does not notice its change.",
            evidence=[f"$ sed -i s/{OLD}/{NEW}/ {LOCK} && {build.command}", *build.listed],
        )


def _named(packages: set[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(packages))


def _said(answer: Answer, day: str) -> str:
    return f"high water at {answer.nonce(day, 6)}"


def _app(answer: Answer, day: str) -> str:
    return (answer.given / APP).read_text().replace("high water at noon", _said(answer, day))
