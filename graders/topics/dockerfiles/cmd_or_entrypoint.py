from graders.author import Answer, Build, Engine, Failed, Finished, check

TITLE = 'two  words * and "quotes"'
ARGUMENTS = ("weigh", "", "--all", "*", "$HOME", " a  b ")
TELLS = """#!/bin/sh
echo $#
for argument; do printf '[%s]\\n' "$argument"; done
"""
WITHOUT_ARGUMENTS = {
    "“/bin/sh” is no command": (
        "the tool got `/bin/sh` as its first argument: CMD is not a list, so it stands for a shell with your text",
        'A list is written with brackets and double quotes: ["one", "two"].',
    ),
    "“” is no command": (
        "the tool starts and gets none",
        "Which instruction gives the arguments for when nobody gives any? Does it stand in the last stage?",
    ),
    "": (
        "a container of the image prints {first}, not the help",
        "What does the image run, and with which arguments? Of several CMD lines only the last one counts.",
    ),
}
"""What the output shows, by what is in it: the first that fits."""


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


def _failed(build: Build, run: Finished, message: str, hint: str) -> Failed:
    return Failed(message, hint=hint, evidence=[*run.evidence, *build.image.command_evidence()])


def _first_line(run: Finished) -> str:
    return next((f"`{line}`" for line in run.output.strip().splitlines()), "nothing")


@check(needs=builds, points=1)
def default_arguments(builds: Build, engine: Engine) -> None:
    """Run without arguments, it prints the tool's help."""
    run = engine.once(builds.image)
    if "usage: convert" not in run.stdout or run.exit_code:
        seen, hint = next(found for text, found in WITHOUT_ARGUMENTS.items() if text in run.output)
        raise _failed(builds, run, f"Run without arguments, {seen.format(first=_first_line(run))}.", hint)


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
                evidence=[*failed.evidence, *builds.image.command_evidence()],
            ) from None
        if run.stdout.strip() != wanted:
            seen = f"Run with the arguments `{' '.join(arguments)}`, it prints "
            raise _not_replaced(builds, run, seen, wanted)


def _not_replaced(build: Build, run: Finished, seen: str, wanted: str) -> Failed:
    if "usage: convert" not in run.stdout:
        hint = "Which program is started, and which arguments does it get? See Entrypoint and Cmd below."
        return _failed(build, run, f"{seen}{_first_line(run)}, not `{wanted}`.", hint)
    through_shell = (build.image.config.get("Entrypoint") or [])[1:2] == ["-c"]
    why = "a shell runs the ENTRYPOINT, and passes no arguments on." if through_shell else "`--help` stays in front."
    hint = "Look at Entrypoint below. What is in it stays, whatever `docker run` is given."
    return _failed(build, run, f"{seen}the help: {why}", hint)


@check(needs=arguments_replace, points=1)
def arguments_whole(builds: Build, engine: Engine, answer: Answer) -> None:
    """Each argument reaches the tool whole, spaces and quotes included, however many there are."""
    run = engine.once(builds.image, "title", TITLE)
    if run.stdout.strip() != f"[ {TITLE} ]":
        hint = 'A shell between `docker run` and the tool splits arguments, unless it says "$@" with the quotes.'
        message = f"One argument, `{TITLE}`, was given, and the tool printed {_first_line(run)}."
        raise _failed(builds, run, message, hint)
    # The tool knows three commands and two arguments; another one in its place tells all that it gets.
    with answer.copied() as context:
        (context / "convert").write_text(TELLS)
        run = engine.once(engine.build(context).image, *ARGUMENTS)
    wanted = [str(len(ARGUMENTS)), *(f"[{argument}]" for argument in ARGUMENTS)]
    if run.stdout.splitlines()[: len(wanted)] != wanted:
        message = (
            f"The check built your image with a tool in place of `convert` that prints each argument it gets, and gave "
            f"it {len(ARGUMENTS)}. Not all arrived as they were."
        )
        raise _failed(builds, run, message, 'What stands between `docker run` and the tool? "$@" is all arguments.')


@check(needs=arguments_replace, points=1)
def exit_code(builds: Build, engine: Engine) -> None:
    """The exit code of the container is the tool's."""
    for arguments, wanted in ((("nonsense",), 2), (("c2f", "warm"), 3)):
        run = engine.once(builds.image, *arguments)
        if run.exit_code != wanted:
            ends = f"`convert {' '.join(arguments)}` ends with exit code {wanted}, the container with {run.exit_code}."
            raise _failed(builds, run, ends, "What is the last thing that runs in the container?")


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
def tool_unchanged(builds: Build, engine: Engine, answer: Answer) -> None:
    """`convert` is as it was given, in the folder and in the image."""
    hint = "The Dockerfile alone can say what runs by default. `%reset` brings the file back."
    engine.unchanged(answer, engine.run(builds.image, "600", entrypoint="sleep"), "convert", hint=hint)
