import secrets

from graders.author import Answer, Build, Engine, Failed, Image, check, hinted

BASE = "busybox:1.37"
TEST, RELEASE = "dd-fare:test", "dd-fare:release"
CREW = "For the crew alone"
"""What stands in each file of `tests`, and nowhere else."""
WRONG = "wrong_test.sh"


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds while all tests pass. The program, the prices and the tests are as given."""
    answer.unchanged(hint="`%reset` brings the files back. What is wrong stands in the `Dockerfile`.")
    # What a colleague adds: a stop, and a test of it.
    fares, line = answer.file("fares.txt"), f"{_stop(answer)} {_price(answer)}"
    fares.write_text(f"{fares.read_text()}{line}\n")
    test = f'# {CREW}.\n[ "$(sh fare.sh {_stop(answer)})" = "{line}" ]\n'
    (answer.path / "tests" / "new_stop_test.sh").write_text(test)
    with hinted("Make an image of what stands above that step, and try the step's command in a container of it."):
        return engine.build(answer.path)


def _stop(answer: Answer) -> str:
    return f"Pier-{answer.nonce('stop', 6)}"


def _price(answer: Answer) -> str:
    return f"{answer.number('euros', 2, 9)}.{answer.number('cents', 10, 99)}"


@check(needs=builds, points=1)
def answers(builds: Build, engine: Engine, answer: Answer) -> None:
    """`docker build .` makes the release: it answers, with the prices of this build."""
    _answers(builds.image, engine, _stop(answer), _price(answer))


def _answers(image: Image, engine: Engine, stop: str, price: str) -> None:
    with hinted("Without `--target`, which stage is built? And which files does it have?", image.command_evidence):
        run = engine.once(image, stop)
        if f"{stop} {price}" not in run.stdout.splitlines():
            said = run.output.strip().rpartition("\n")[2]
            message = f"A container of the image, asked for `{stop}`, says `{said}`, not `{stop} {price}`."
            raise Failed(message, evidence=run.evidence)


@check(needs=answers, points=1)
def test_stage(engine: Engine, answer: Answer) -> None:
    """`docker build --target test .` builds while all tests pass, and its image holds the tests."""
    with hinted("`AS` gives a stage its name, and `--target` asks for one by that name."):
        build = engine.build(answer.path, target="test")
    _holds_tests(build.image, engine)


def _holds_tests(image: Image, engine: Engine) -> None:
    if not image.holds(CREW, above=engine.original(BASE)):
        raise Failed(
            f"`{image.reference}`, the image of the stage `test`, holds no test.",
            hint="Which option of `docker build` chooses a stage? And which files does that stage copy?",
            evidence=image.history_evidence(),
        )


@check(needs=test_stage, points=2)
def test_stops(engine: Engine, answer: Answer) -> None:
    """It fails where a test fails."""
    build = _built_all_the_same(engine, answer, target="test")
    if build:
        log = [line for step in build.own_steps for line in step.log.splitlines()]
        hint = "Its log tells of no run of that test. Which files does the stage copy, and does the build run them?"
        if any(WRONG in line for line in log):
            hint = "A step fails by the exit code of its command. Whose exit code is that of `A | B`, or of `A; B`?"
        raise Failed(
            f"`tests/{WRONG}` was added, which fails, and the stage `test` was built all the same.",
            hint=hint,
            evidence=[f"$ echo 'exit 1' > tests/{WRONG} && {build.command}", *(log or build.listed)],
        )


def _built_all_the_same(engine: Engine, answer: Answer, **options: str) -> Build | None:
    """What was built although a test fails."""
    with answer.copied() as context:
        # Another text each time, so that no step that runs it comes from the cache, without its log.
        (context / "tests" / WRONG).write_text(f"# {CREW}, {secrets.token_hex(8)}.\nexit 1\n")
        try:
            return engine.build(context, **options)
        except Failed:
            return None


@check(needs=test_stops, points=3)
def release_stops(engine: Engine, answer: Answer) -> None:
    """`docker build .` makes no release where a test fails."""
    build = _built_all_the_same(engine, answer)
    if build:
        raise Failed(
            f"`tests/{WRONG}` was added, which fails, and the release was built all the same.",
            hint="These are the steps that were needed for it. How does a stage come to need another?",
            evidence=[f"$ echo 'exit 1' > tests/{WRONG} && {build.command}", *build.listed],
        )


@check(needs=release_stops, points=2)
def no_tests(builds: Build, engine: Engine) -> None:
    """The release holds nothing of `tests`, in no layer."""
    hint = "FROM takes all of a stage, and what a later step removes stays in its layer. COPY takes what it names."
    with hinted(hint):
        _holds_no_test(builds.image, engine)


def _holds_no_test(image: Image, engine: Engine) -> None:
    found = image.holds(CREW, above=engine.original(BASE))
    if found:
        message = f"`{image.reference}`, the image of the release, holds `{found[0]}`."
        raise Failed(message, evidence=image.history_evidence())


@check(needs=test_stage, points=1)
def test_image(engine: Engine) -> None:
    """`dd-fare:test` is the image of the stage `test`."""
    _holds_tests(engine.image(TEST), engine)


@check(needs=no_tests, points=1)
def release_image(engine: Engine) -> None:
    """`dd-fare:release` is the image of the release."""
    image = engine.image(RELEASE)
    with hinted("Of which stage did you make the image with this name?"):
        _holds_no_test(image, engine)
        _answers(image, engine, "Lighthouse", "4.20")
