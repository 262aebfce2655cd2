from graders.author import Answer, Attributes, Container, DrydockError, Engine, Failed, NotSupportedError, check

NAMES = [f"dd-case-{number}" for number in range(1, 6)]
CAUSES = {
    "done": "it did its work and ended without an error",
    "error": "its own command reported an error",
    "not-found": "its command was not found",
    "out-of-memory": "the kernel ended it because it used more memory than it may",
    "killed": "somebody ended it with SIGKILL",
}
STATE = "{{.State.Status}} ExitCode={{.State.ExitCode}} OOMKilled={{.State.OOMKilled}} Error={{.State.Error}}"
# Two containers run this very command; only the size of their input differs. The Engine hears of a want of memory
# only some moments after the start, and needs some moments more to note it down.
LOAD = """
sleep 0.5
head -c "$BYTES" /dev/zero | tail -c "$BYTES" > /dev/null || { code=$?; sleep 0.5; exit $code; }
echo loaded; sleep 86400; echo over
"""
ATTEMPTS = 3


def prepare(engine: Engine, answer: Answer) -> None:
    cases = dict(zip(answer.shuffled("causes", list(CAUSES)), NAMES, strict=True))

    def load(cause: str, size: int) -> Container:
        return engine.run(
            "busybox:1.37",
            "sh",
            "-c",
            LOAD,
            name=cases[cause],
            environment={"BYTES": size},
            mem_limit="16m",
            memswap_limit="16m",
        )

    def kill() -> None:
        container = load("killed", 1 << 10)
        container.kill()
        container.wait_exit()

    def run_out_of_memory() -> None:
        container = load("out-of-memory", 64 << 20)
        for attempt in range(ATTEMPTS):
            if attempt:
                container.start()
            if container.wait_exit()["OOMKilled"]:
                return
        raise NotSupportedError(
            "This exercise is not supported on this Engine: it did not report that a container ran out of memory.",
            "`drydock doctor` says what your Engine can limit.",
        )

    def end(cause: str, *command: str) -> None:
        engine.run("busybox:1.37", *command, name=cases[cause]).wait_exit()

    def find_no_command() -> None:
        try:
            engine.run("busybox:1.37", "make-report", "--all", name=cases["not-found"])
        except Failed:
            return  # what it is for

    engine.side_by_side(
        kill,
        run_out_of_memory,
        find_no_command,
        lambda: end("done", "sh", "-c", "echo '0 errors, 0 killed'; exit 0"),
        lambda: end("error", "sh", "-c", "echo 'no input: command report not found' >&2; exit 1"),
    )


@check(points=1)
def complete(engine: Engine, answer: Answer) -> dict[str, tuple[Container, str]]:
    """answers.toml names one of the five causes for each container."""
    answers = answer.answers
    for name in NAMES:
        cause = answers.get(name)
        if cause not in CAUSES:
            said = f"says `{cause}`" if cause else "says nothing"
            raise Failed(
                f"`answers.toml` {said} for `{name}`. The causes are {', '.join(f'`{c}`' for c in CAUSES)}.",
                hint="`docker inspect` shows the State of a container that has ended.",
            )
    found = {cause_of(container.state): container for container in (engine.container(name) for name in NAMES)}
    if set(found) != set(CAUSES):
        raise DrydockError(
            "The five containers are not as they were set up; was one of them started again?",
            "Reset the exercise (`drydock reset images/why-did-it-stop`) and check again.",
        )
    return {cause: (container, str(answers[container.name])) for cause, container in found.items()}


@check(needs=complete, points=1)
def done(complete: dict[str, tuple[Container, str]]) -> None:
    """The container that did its work is recognised."""
    compare(complete, "done", "Exit code 0 says that the command saw no error, whatever it printed.")


@check(needs=complete, points=1)
def error(complete: dict[str, tuple[Container, str]]) -> None:
    """The container whose command reported an error is recognised."""
    compare(complete, "error", "A log is what a program says; the exit code is what it reports. Read both.")


@check(needs=complete, points=1)
def not_found(complete: dict[str, tuple[Container, str]]) -> None:
    """The container whose command was not found is recognised."""
    compare(complete, "not-found", "State.Error holds what the Engine itself had to say. Most containers have none.")


@check(needs=complete, points=2)
def out_of_memory(complete: dict[str, tuple[Container, str]]) -> None:
    """The container that ran out of memory is recognised."""
    compare(complete, "out-of-memory", "Who sent the SIGKILL? The State has a field for the one case.")


@check(needs=complete, points=2)
def killed(complete: dict[str, tuple[Container, str]]) -> None:
    """The container that was killed from outside is recognised."""
    compare(complete, "killed", "Who sent the SIGKILL? The State has a field for the one case.")


def compare(cases: dict[str, tuple[Container, str]], cause: str, hint: str) -> None:
    container, answer = cases[cause]
    if answer != cause:
        code = container.state["ExitCode"]
        both = {answer, cause} == {"killed", "out-of-memory"}
        ground = f" Both end with {code}, which is 128 + 9, SIGKILL." if both else f" It ended with {code}."
        raise Failed(
            f"`{container.name}` did not end as you say: `{answer}` means that {CAUSES[answer]}.{ground}",
            hint=hint,
            evidence=container.evidence(STATE),
        )


def cause_of(state: Attributes) -> str:
    if state["OOMKilled"]:
        return "out-of-memory"
    return {0: "done", 127: "not-found", 137: "killed"}.get(state["ExitCode"], "error")
