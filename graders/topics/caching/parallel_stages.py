import re
import secrets
from itertools import combinations
from pathlib import Path

from graders.author import Answer, Build, Engine, Failed, Image, check, hinted

TIDES, CHARTS, MANUAL = "tides", "charts", "manual"
Runs = dict[str, tuple[str, int, int]]
"""Of each script what marks its text, and the seconds since 1970 when it began and ended."""


@check(points=1)
def builds(engine: Engine, answer: Answer) -> tuple[Build, str, int]:
    """The Dockerfile builds, and the scripts are as given."""
    answer.unchanged(hint="`%reset` brings the scripts back. What makes them wait for each other is the `Dockerfile`.")
    # Waiting needs no processor: what may run side by side does so on a busy machine too, and on one processor.
    wait = min(12, round(6 * engine.patience))
    mark = _plant(answer.path, TIDES, CHARTS, MANUAL, wait=wait)
    return engine.build(answer.path), mark, wait


@check(needs=builds, points=1)
def page(builds: tuple[Build, str, int], engine: Engine) -> Runs:
    """A container of the image prints what `tides.sh` and `charts.sh` printed in this build, and runs neither."""
    build, mark, _ = builds
    runs = _printed(engine, build.image, mark, TIDES, CHARTS)
    for name in (TIDES, CHARTS):
        if runs[name][2] > _ended(build):
            raise Failed(
                f"`{name}.sh` ran when the container started, not in the build.",
                hint="Now each start waits. A RUN waits once, and its result can be kept in a file.",
                evidence=build.image.command_evidence(),
            )
    return runs


@check(needs=page, points=3)
def side_by_side(builds: tuple[Build, str, int], page: Runs) -> Runs:
    """In the build, `tides.sh` and `charts.sh` run side by side, each in a step of its own."""
    build, _, wait = builds
    long = [step for step in build.own_steps if step.seconds > wait - 1]
    pairs = combinations(long, 2)
    first, second = sorted((TIDES, CHARTS), key=lambda name: page[name])
    why = ""
    if page[second][1] >= page[first][2]:
        why = f"`{second}.sh` began when `{first}.sh` had ended."
        hint = "A step waits for all that stands above it in its stage, and for each stage that these lines name."
    # A script can be told a false time, and the builder cannot.
    elif not any(one.started < other.completed and other.started < one.completed for one, other in pairs):
        why = "The two scripts ran at the same time, but in one step."
        hint = "When one of them changes, both run again, and `wait` does not say that one failed. What else can do "
        hint += "two things at once?"
    if why:
        zero = min((step.started for step in long), default=0)
        times = [f"{s.name}: {s.started - zero:.1f} s to {s.completed - zero:.1f} s" for s in long]
        raise Failed(why, hint=hint, evidence=["$ docker build --no-cache --progress=plain .", *times])
    return page


@check(needs=side_by_side, points=2)
def keeps_others(side_by_side: Runs, engine: Engine, answer: Answer) -> None:
    """When one of the two changes, the next build runs it again, and has the other's result from the cache."""
    for changed, other in ((TIDES, CHARTS), (CHARTS, TIDES)):
        with answer.copied() as context:
            mark = _plant(context, changed)
            build = engine.build(context)
        with hinted(f"Only `{changed}.sh` was changed before this build."):
            runs = _printed(engine, build.image, mark, changed)
        if runs.get(other) != side_by_side[other]:
            raise Failed(
                f"Only `{changed}.sh` was changed, and the next build ran `{other}.sh` again.",
                hint=f"What did the stage of `{other}.sh` copy before that step, and does it need all of it?",
                evidence=[f"$ echo '# x' >> {changed}.sh && {build.command}", *_runs(build)],
            )


@check(needs=builds, points=1)
def manual(builds: tuple[Build, str, int], engine: Engine, answer: Answer) -> int:
    """A container of what `docker build --target manual .` makes prints what `manual.sh` printed in the build."""
    with hinted("`--target` asks for a stage by the name that `AS` gives it."):
        build = engine.build(answer.path, target=MANUAL)
        return _printed(engine, build.image, builds[1], MANUAL)[MANUAL][1]


@check(needs=manual, points=2)
def unused(builds: tuple[Build, str, int], manual: int) -> None:
    """`docker build .` does not run `manual.sh`."""
    build = builds[0]
    # The build of the manual came later. Where its step was in the cache by then, the first build had run it.
    if manual < int(_ended(build)):
        raise Failed(
            "`docker build .` ran `manual.sh` too, though nobody asked for the manual.",
            hint="A stage is built when the wanted one needs it. Which line of which stage names the manual's?",
            evidence=[f"$ {build.command}", *_runs(build)],
        )


def _plant(folder: Path, *names: str, wait: int = 0) -> str:
    """Put scripts in place of those given that say when they began and ended; returns what marks their text."""
    mark = secrets.token_hex(4)
    for name in names:
        says = f'echo "{name} {mark} $began $(date +%s)"'
        (folder / f"{name}.sh").write_text(f"#!/bin/sh\nbegan=$(date +%s)\nsleep {wait}\n{says}\n")
    return mark


def _printed(engine: Engine, image: Image, mark: str, *names: str) -> Runs:
    """What a container prints of scripts; fails where it is not what these print now."""
    run = engine.once(image, network_mode="none")
    found = re.findall(r"(tides|charts|manual) ([0-9a-f]{8}) (\d+) (\d+)", run.output)
    runs = {name: (of, int(began), int(ended)) for name, of, began, ended in found}
    for name in names:
        if runs.get(name, ("",))[0] != mark:
            message = f"A container of the image does not print what `{name}.sh` prints in this build."
            hint = "Which step wrote it to a file, is that file in this stage, and what does the stage's CMD print?"
            raise Failed(message, hint=hint, evidence=run.evidence)
    return runs


def _runs(build: Build) -> list[str]:
    # What several stages do alike is one step, and has the name of any of them.
    return [line for line in build.listed if "RUN " in line]


def _ended(build: Build) -> float:
    return max(step.completed for step in build.steps)
