import re

from graders.author import Answer, Build, Engine, Failed, Finished, check, hinted

COMPILER = "gcc:14"
TOOL = r"/([^/]*-)?(gcc|cc|cc1|as|ld|collect2)(-[0-9]+)?$"
TOOLS_COMMAND = f"n=$(docker create my-image) && docker export $n | tar -t | grep -E '{TOOL}'; docker rm $n"
SHARE = 2
HIGH_WATER, LATER, DAY = 77, "LATER 50", 4
HINTS = {
    "ports.txt": "The program reads `ports.txt` in the folder where it runs. Does the last stage have the file, and "
    "which folder does it name? It inherits no WORKDIR.",
    "no port called": "From where does the last stage take its `ports.txt`, and since when?",
    "no such file": "Where the file is there and the Engine says this, what is missing is what the program was linked "
    "with. Run `ldd` on it in the stage that has it.",
    "release": "The program must be compiled in the build, each time, from the files that are in the folder then.",
}


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds, and the source and the ports are as given."""
    answer.unchanged(hint="`%reset` brings the files back. The `Dockerfile` is what must change.")
    # What a colleague might do until the next build.
    answer.file("release.h").write_text(f'#define RELEASE "{_release(answer)}"\n')
    ports, source = answer.file("ports.txt"), answer.file("tides.c")
    ports.write_text(f"{ports.read_text()}{_port(answer)} {HIGH_WATER}\n")
    text = source.read_text().replace(LATER, f"LATER {_later(answer)}")
    source.write_text(f"{text}/* {_comment(answer)} */\n")
    with hinted("A stage has the files that were copied into it, and a path behind `--from` is one in that stage."):
        return engine.build(answer.path)


def _release(answer: Answer) -> str:
    return f"2.{answer.number('release', 1, 99)}"


def _port(answer: Answer) -> str:
    return f"Port-{answer.nonce('port', 6)}"


def _later(answer: Answer) -> int:
    return answer.number("later", 51, 99)


def _comment(answer: Answer) -> str:
    return f"checked by {answer.nonce('comment', 24)}"


@check(needs=builds, points=2)
def answers(builds: Build, engine: Engine, answer: Answer) -> str:
    """A container answers, with the release and the ports of this build."""
    minutes = HIGH_WATER + _later(answer) * DAY
    wanted = f"{_port(answer)}, day {DAY}: {minutes // 60:02}:{minutes % 60:02} (release {_release(answer)})"
    with hinted("What the last stage neither copies nor says is not in the image: the program, WORKDIR, ENTRYPOINT."):
        run = _ask(engine, builds, answer)
    last = run.output.strip().rpartition("\n")[2]
    said = f"says `{last}`" if last else f"ends with exit code {run.exit_code} and says nothing"
    if wanted not in run.stdout:
        hint = next((hint for text, hint in HINTS.items() if text in run.output), "What does its ENTRYPOINT run?")
        message = f"Asked for a port that was added before this build, a container {said}, not `{wanted}`."
        raise Failed(message, hint=hint, evidence=run.evidence)
    return wanted


def _ask(engine: Engine, builds: Build, answer: Answer, *, read_only: bool = False) -> Finished:
    return engine.once(builds.image, _port(answer), str(DAY), read_only=read_only)


@check(needs=answers, points=1)
def made_in_build(builds: Build, answers: str, engine: Engine, answer: Answer) -> None:
    """It does so with `--read-only` too: nothing is compiled when it starts."""
    run = _ask(engine, builds, answer, read_only=True)
    if answers not in run.stdout:
        raise Failed(
            "Where a container can write no file, it does not answer: something is made when it starts.",
            hint="RUN works once, in the build. ENTRYPOINT and CMD work in each container, and need their tools there.",
            evidence=run.evidence,
        )


@check(needs=made_in_build, points=2)
def no_compiler(builds: Build) -> None:
    """It holds no compiler."""
    there = builds.image.archive("/")
    tools = sorted(path for path, file in there.items() if not file.isdir() and re.search(TOOL, path))
    if tools:
        known = next((path for path in tools if path.endswith("/gcc")), tools[0])
        more = f" and {len(tools) - 1} more" if tools[1:] else ""
        raise Failed(
            f"The image holds programs of the compiler: `{known}`{more}.",
            hint="Which image does your last FROM start from, and how much does your COPY take from the other stage?",
            evidence=[f"$ {TOOLS_COMMAND}", *(path.removeprefix("/") for path in tools[:6])],
        )


@check(needs=no_compiler, points=2)
def small(builds: Build, engine: Engine) -> None:
    """Its layers together are at most half as large as those of `gcc:14`."""
    size, whole = builds.image.size, engine.original(COMPILER).size
    if size * SHARE > whole:
        raise Failed(
            f"Its layers are {size / 1e6:.0f} MB together, those of `{COMPILER}` {whole / 1e6:.0f} MB together.",
            hint="What a later step deletes stays in the layer below. Which layer is the large one, and who made it?",
            evidence=builds.image.size_evidence(),
        )


@check(needs=small, points=1)
def no_source(builds: Build, answer: Answer) -> None:
    """It holds nothing of `tides.c`, in no layer."""
    found = builds.image.holds(_comment(answer))
    if found:
        raise Failed(
            f"The comment that was added to `tides.c` can be read in the image, in `{found[0]}`.",
            hint="COPY can take one file from a stage. Does yours take a folder?",
            evidence=builds.image.history_evidence(),
        )
