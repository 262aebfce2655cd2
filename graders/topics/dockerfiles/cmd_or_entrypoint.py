import hashlib

from graders.author import Answer, Build, Engine, Failed, Finished, check

RUNS = "{{json .Config.Entrypoint}} {{json .Config.Cmd}}"
TITLE = 'two  words * and "quotes"'
GIVEN = "245cb559b79ed73192784f61e62619dd47c9702f4281589b97c72bc5e53b3e04"
"""SHA-256 of the tool as the learner receives it."""


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


def _failed(build: Build, run: Finished, message: str, hint: str) -> Failed:
    return Failed(message, hint=hint, evidence=[*run.evidence, *build.image.evidence(RUNS)])


def _first_line(run: Finished) -> str:
    return next((f"`{line}`" for line in run.output.strip().splitlines()), "nothing")


@check(needs=builds, points=1)
def default_arguments(builds: Build, engine: Engine) -> None:
    """Run without arguments, it prints the tool's help."""
    run = engine.once(builds.image)
    if "usage: convert" in run.stdout and run.exit_code == 0:
        return
    if "“/bin/sh” is no command" in run.output:
        raise _failed(
            builds,
            run,
            "Run without arguments, the tool got `/bin/sh` as its first argument: CMD is not a list, so it stands for "
            "a shell with your text.",
            'A list is written with brackets and double quotes: ["one", "two"].',
        )
    if "“” is no command" in run.output:
        raise _failed(
            builds,
            run,
            "Run without arguments, the tool starts and gets none.",
            "Which instruction gives the arguments for when nobody gives any? Does it stand in the last stage?",
        )
    raise _failed(
        builds,
        run,
        f"Run without arguments, a container of the image prints {_first_line(run)}, not the help.",
        "What does the image run, and with which arguments? Of several CMD lines only the last one counts.",
    )


@check(needs=builds, points=2)
def arguments_replace(builds: Build, engine: Engine) -> None:
    """Arguments of `docker run` reach the tool, in place of the default ones."""
    for arguments, wanted in ((("c2f", "100"), "212"), (("f2c", "-40"), "-40")):
        try:
            run = engine.once(builds.image, *arguments)
        except Failed as failed:
            raise Failed(
                f"`{arguments[0]}` was taken for the program to run, not for an argument of the tool.",
                hint="Arguments of `docker run` replace CMD whole. What do they leave in place?",
                evidence=[*failed.evidence, *builds.image.evidence(RUNS)],
            ) from None
        if run.stdout.strip() == wanted:
            continue
        if "usage: convert" in run.stdout:
            entrypoint = builds.image.config.get("Entrypoint") or []
            through_shell = entrypoint[1:2] == ["-c"]
            raise _failed(
                builds,
                run,
                f"Run with the arguments `{' '.join(arguments)}`, it prints the help: "
                + (
                    "a shell runs the ENTRYPOINT, and passes no arguments on."
                    if through_shell
                    else "`--help` stays in front."
                ),
                "Look at Entrypoint below. What is in it stays, whatever `docker run` is given.",
            )
        raise _failed(
            builds,
            run,
            f"Run with the arguments `{' '.join(arguments)}`, it prints {_first_line(run)}, not `{wanted}`.",
            "Which program is started, and which arguments does it get? See Entrypoint and Cmd below.",
        )


@check(needs=arguments_replace, points=1)
def arguments_whole(builds: Build, engine: Engine) -> None:
    """Each argument reaches the tool whole, spaces and quotes included."""
    run = engine.once(builds.image, "title", TITLE)
    if run.stdout.strip() != f"[ {TITLE} ]":
        raise _failed(
            builds,
            run,
            f"One argument, `{TITLE}`, was given, and the tool printed {_first_line(run)}.",
            'A shell between `docker run` and the tool splits arguments, unless it says "$@" with the quotes.',
        )


@check(needs=arguments_replace, points=1)
def exit_code(builds: Build, engine: Engine) -> None:
    """The exit code of the container is the tool's."""
    for arguments, wanted in ((("nonsense",), 2), (("c2f", "warm"), 3)):
        run = engine.once(builds.image, *arguments)
        if run.exit_code != wanted:
            raise _failed(
                builds,
                run,
                f"`convert {' '.join(arguments)}` ends with exit code {wanted}, the container with {run.exit_code}.",
                "What is the last thing that runs in the container?",
            )


@check(needs=arguments_replace, points=1)
def entrypoint_overridable(builds: Build, engine: Engine) -> None:
    """With `--entrypoint sh` it runs a shell, which knows the tool as `convert`."""
    run = engine.once(builds.image, "-c", "convert c2f 0", entrypoint="sh")
    if run.stdout.strip() != "32":
        raise Failed(
            "In a shell in the image, `convert c2f 0` does not print 32.",
            hint="A shell looks for a program by its name, in the directories of PATH, and it must be executable.",
            evidence=[*run.evidence, *builds.image.evidence("{{.Config.Env}}")],
        )


@check(needs=entrypoint_overridable, points=1)
def tool_unchanged(builds: Build, engine: Engine) -> None:
    """The tool in the image is `convert` as it was given."""
    run = engine.once(builds.image, "-c", 'cat "$(command -v convert)"', entrypoint="sh")
    if hashlib.sha256(run.stdout.replace("\r\n", "\n").encode()).hexdigest() != GIVEN:
        raise Failed(
            "The tool in the image is not `convert` as it was given.",
            hint="The Dockerfile alone can say what runs by default. `%reset` brings the file back.",
            evidence=run.evidence,
        )
