from contextlib import suppress
from typing import Any

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
ATTEMPTS = 3
Cases = dict[str, tuple[Container, str]]
"""By cause the container that ended so, and what the answer says of it."""


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
    for name in NAMES:
        cause = answer.answers.get(name)
        if cause not in CAUSES:
            said = f"says `{cause}`" if cause else "says nothing"
            raise Failed(
                f"`answers.toml` {said} for `{name}`. The causes are {', '.join(f'`{c}`' for c in CAUSES)}.",
                hint="`docker inspect` shows the State of a container that has ended.",
            )
    containers = [engine.container(name) for name in NAMES]
    cases = {cause_of(container.state): (container, str(answer.answers[container.name])) for container in containers}
    if cases.keys() != CAUSES.keys():
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
def done(complete: Cases) -> None:
    """The container that did its work is recognised."""
    recognised("done", complete, "Exit code 0 says that the command saw no error, whatever it printed.")


@check(needs=complete, points=1)
def error(complete: Cases) -> None:
    """The container whose command reported an error is recognised."""
    recognised("error", complete, "A log is what a program says; the exit code is what it reports. Read both.")


@check(needs=complete, points=1)
def not_found(complete: Cases) -> None:
    """The container whose command was not found is recognised."""
    recognised("not-found", complete, "State.Error holds what the Engine itself had to say. Most containers have none.")


@check(needs=complete, points=2)
def out_of_memory(complete: Cases) -> None:
    """The container that ran out of memory is recognised."""
    recognised("out-of-memory", complete, "Who sent the SIGKILL? The State has a field for the one case.")


@check(needs=complete, points=2)
def killed(complete: Cases) -> None:
    """The container that was killed from outside is recognised."""
    recognised("killed", complete, "Who sent the SIGKILL? The State has a field for the one case.")


def recognised(cause: str, cases: Cases, hint: str) -> None:
    container, said = cases[cause]
    if said != cause:
        code = container.state["ExitCode"]
        both = {said, cause} == {"killed", "out-of-memory"}
        ground = f" Both end with {code}, which is 128 + 9, SIGKILL." if both else f" It ended with {code}."
        raise Failed(
            f"`{container.name}` did not end as you say: `{said}` means that {CAUSES[said]}.{ground}",
            hint=hint,
            evidence=container.evidence(STATE),
        )
