from contextlib import suppress
from typing import Any, NamedTuple

from graders.author import Answer, Attributes, Container, DrydockError, Engine, Failed, NotSupportedError, check

NAMES = [f"dd-case-{number}" for number in range(1, 6)]
CAUSES = {
    "done": "it did its work and ended without an error",
    "error": "its own command reported an error",
    "not-found": "its command was not found",
    "out-of-memory": "the kernel ended it because it used more memory than it may",
    "killed": "somebody ended it with SIGKILL",
}
ATTEMPTS = 3
HINTS = {
    "done": "Exit code 0 says that the command saw no error, whatever it printed. What do other codes say?",
    "error": "A log is what a program says; the exit code is what it reports, and Docker uses some codes itself.",
    "not-found": "Docker's own code for a command that was not found is 127, and State.Error says it in words.",
    "out-of-memory": "The kernel sends SIGKILL. The State has a field that is true where it did so for memory.",
    "killed": "What code does SIGKILL leave, and who can have sent it? The State has a field for the one case.",
}
"""By what an answer says of a container that ended in another way."""


class Case(NamedTuple):
    """One of the five containers: why it stopped, and what the answer says."""

    container: Container
    cause: str
    said: str


Cases = dict[str, Case]


def prepare(engine: Engine, answer: Answer) -> None:
    cases = dict(zip(answer.shuffled("causes", list(CAUSES)), NAMES, strict=True))

    def run(cause: str, *command: str, **options: Any) -> Container:
        return engine.run("busybox:1.37", *command, name=cases[cause], **options)

    def load(cause: str, size: int) -> Container:
        # Two containers run this very command; only the size of their input differs. The Engine hears of a want of
        # memory only some moments after the start, and needs some moments more to note it down.
        script = (answer.scene / "load.sh").read_text()
        limits = {"mem_limit": "16m", "memswap_limit": "16m"}
        return run(cause, "sh", "-c", script, environment={"BYTES": size}, **limits)

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

    def find_no_command() -> None:
        with suppress(Failed):  # what it is for
            run("not-found", "make-report", "--all")

    engine.side_by_side(
        kill,
        run_out_of_memory,
        find_no_command,
        lambda: run("done", "sh", "-c", "echo '0 errors, 0 killed'; exit 0").wait_exit(),
        lambda: run("error", "sh", "-c", "echo 'no input: command report not found' >&2; exit 1").wait_exit(),
    )


@check(points=1)
def complete(engine: Engine, answer: Answer) -> Cases:
    """answers.toml names one of the five causes for each container."""
    hint = "`docker inspect` shows the State of a container that has ended."
    said = {name: answer.chosen(name, CAUSES, hint=hint) for name in NAMES}
    containers = [engine.scene(name) for name in NAMES]
    cases = {c.name: Case(c, cause_of(c.state), said[c.name]) for c in containers}
    if {case.cause for case in cases.values()} != CAUSES.keys():
        raise DrydockError(
            "The five containers are not as they were set up; was one of them started again?",
            "Reset the exercise (`drydock reset images/why-did-it-stop`) and check again.",
        )
    return cases


def cause_of(state: Attributes) -> str:
    if state["OOMKilled"]:
        return "out-of-memory"
    return {0: "done", 127: "not-found", 137: "killed"}.get(state["ExitCode"], "error")


@check(needs=complete, points=1)
def case_1(complete: Cases) -> None:
    """The cause of `dd-case-1` is right."""
    recognised(complete["dd-case-1"])


@check(needs=complete, points=1)
def case_2(complete: Cases) -> None:
    """The cause of `dd-case-2` is right."""
    recognised(complete["dd-case-2"])


@check(needs=complete, points=1)
def case_3(complete: Cases) -> None:
    """The cause of `dd-case-3` is right."""
    recognised(complete["dd-case-3"])


@check(needs=complete, points=1)
def case_4(complete: Cases) -> None:
    """The cause of `dd-case-4` is right."""
    recognised(complete["dd-case-4"])


@check(needs=complete, points=1)
def case_5(complete: Cases) -> None:
    """The cause of `dd-case-5` is right."""
    recognised(complete["dd-case-5"])


def recognised(case: Case) -> None:
    """Fails where a container did not end as was said, showing what speaks against that and nothing else."""
    if case.said == case.cause:
        return
    name, code = case.container.name, case.container.state["ExitCode"]
    field, shows = "{{.State.ExitCode}}", f"Its exit code is {code}"
    if {case.said, case.cause} == {"killed", "out-of-memory"}:
        field, shows = "{{.State.OOMKilled}}", f"{code} is 128 + 9, SIGKILL, whoever sent it"
    raise Failed(
        f"`{name}` did not end as you say: `{case.said}` means that {CAUSES[case.said]}. {shows}.",
        hint=HINTS[case.said],
        evidence=case.container.evidence(field),
    )
