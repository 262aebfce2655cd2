from collections.abc import Mapping
from pathlib import PurePosixPath

from graders.author import Answer, Build, Engine, Failed, PlatformImage, check, hinted

REGISTRY, NAME, TAG = "dd-quay", "dd-beacon", "1.0"
PLATFORMS = ("linux/amd64", "linux/arm64")
SOURCE, GIVEN = "main.go", "1.0"
BUILD = "docker build --platform {} --output out ."
OD = "od -An -tx1 -j18 -N2"
"""Shows the number of the machine in the head of a program."""
BOTH = "What is pushed under the tag must hold both: one build for two platforms, or one index made of two images."
Images = Mapping[str, PlatformImage]


def prepare(engine: Engine, _answer: Answer) -> None:
    engine.start_registry(REGISTRY)


def _release(answer: Answer) -> str:
    return f"2.{answer.number('release', 1, 99)}-{answer.nonce('release', 8)}"


def _says(release: str) -> str:
    return f"beacon {release}: two flashes"


@check(points=1)
def builds(engine: Engine, answer: Answer) -> tuple[Build, Images]:
    """The Dockerfile builds for `linux/amd64` and `linux/arm64`, and the source is as given."""
    answer.unchanged(hint="`%reset` brings the files back. The `Dockerfile` is what must change.")
    source = answer.file(SOURCE)
    source.write_text(source.read_text().replace(f'"{GIVEN}"', f'"{_release(answer)}"'))
    with hinted("Where it says `exec format error`, a step runs a program of the other machine, and this one cannot."):
        build = engine.build(answer.path, platforms=PLATFORMS)
    return build, build.image.platforms()


@check(needs=builds, points=2)
def own_machine(builds: tuple[Build, Images]) -> None:
    """In the image for each platform there is a program, and every program in it is for that machine."""
    with hinted("For which machine does the compiler compile, and who tells it? And from where comes what lies there?"):
        _see_machines(builds[1], f"{BUILD} && {OD} out{{}}")


@check(needs=own_machine, points=2)
def fresh(builds: tuple[Build, Images], answer: Answer) -> None:
    """The program in each was compiled in this build, from `main.go` as it was then."""
    for platform, image in builds[1].items():
        if not any(program.holds(_says(_release(answer))) for program in image.programs):
            raise Failed(
                f"`{SOURCE}` was changed before this build, and no program in the image for {platform} has the change.",
                hint="What was compiled before the build began knows nothing of it. Which step compiles, and what?",
                evidence=[f"$ sed -i s/{GIVEN}/2.0/ {SOURCE} && {BUILD.format(platform)} && grep -rl 'beacon 2.0' out"],
            )


@check(needs=own_machine, points=2)
def without_emulation(builds: tuple[Build, Images], engine: Engine) -> None:
    """Each RUN works on the machine that builds: none as on the other machine."""
    build = builds[0]
    done = [(step, build.worked_on(step)) for step in build.own_steps if step.instruction.startswith("RUN ")]
    foreign = [step for step, platform in done if platform and _machine(platform) != _machine(engine.platform)]
    if foreign:
        raise Failed(
            f"`{foreign[0].instruction}` worked as on {build.worked_on(foreign[0])}, and it was {engine.platform} that "
            "built.",
            hint="With an image of that machine it is emulated, many times slower, or ends with `exec format error`. "
            "FROM can say on which machine a stage works.",
            evidence=[f"$ {build.command}", *sorted(step.name for step, _ in done)],
        )


@check(needs=fresh, points=1)
def answers(builds: tuple[Build, Images], engine: Engine, answer: Answer) -> None:
    """A container of the image for this machine prints what the program prints, and the other image runs it too."""
    wanted = _says(_release(answer))
    with hinted("What does the last stage say about what its containers run? `FROM scratch` has no shell."):
        run = engine.once(builds[0].image, network_mode="none")
        if wanted not in run.output:
            raise Failed(f"A container of the image does not print “{wanted} …”.", evidence=run.evidence)
        for platform, image in builds[1].items():
            names = [PurePosixPath(program.path).name for program in image.programs if program.holds(wanted)]
            if not any(name in image.command for name in names):
                raise Failed(f"The image for {platform} runs `{image.command}`, and not its program `{names[0]}`.")


@check(points=2)
def one_tag(engine: Engine) -> Images:
    """In the registry, `dd-beacon:1.0` is one index with an image for each of the two platforms."""
    registry = engine.registry(REGISTRY)
    with hinted(BOTH):
        images = registry.images(NAME, TAG)
    if lacking := [platform for platform in PLATFORMS if platform not in images]:
        others = [f"`{NAME}:{tag}`" for tag in registry.tags(NAME) if tag != TAG]
        raise Failed(
            f"In the registry, `{NAME}:{TAG}` has an image for {' and '.join(images)}, and none for {lacking[0]}."
            + (f" Beside it there is {' and '.join(others)}." if others else ""),
            hint=f"A tag means what was pushed last. {BOTH}",
            evidence=[f"$ docker buildx imagetools inspect {registry.address}/{NAME}:{TAG}"],
        )
    return images


@check(needs=(one_tag, fresh), points=1)
def pushed(one_tag: Images, engine: Engine) -> None:
    """Each of them holds the program for its machine, as the Dockerfile makes it of the `main.go` that is here."""
    name = f"{engine.registry(REGISTRY).address}/{NAME}:{TAG}"
    with hinted("The Dockerfile makes the right ones. Since when? What was pushed before stays what it was."):
        _see_machines(one_tag, f"docker create --name look --platform {{}} {name} && docker cp look:{{}} it && {OD} it")
        for platform, image in one_tag.items():
            if not any(program.holds(_says(GIVEN)) for program in image.programs):
                raise Failed(f"In the registry, no program in the image for {platform} is made of this `{SOURCE}`.")


def _see_machines(images: Images, command: str) -> None:
    """Fails where an image has no program, or one for another machine than its own."""
    for platform in PLATFORMS:
        image = images[platform]
        if not image.programs:
            raise Failed(f"The image for {platform} holds no program.")
        for program in image.programs:
            if program.machine != image.machine:
                raise Failed(
                    f"In the image for {platform}, `{program.path}` is a program for {program.machine}.",
                    evidence=[f"$ {command.format(platform, program.path)}", program.number],
                )


def _machine(platform: str) -> str:
    return platform.split("/")[1]
