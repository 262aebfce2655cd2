import re
import signal
from contextlib import suppress

from graders.author import Container, Engine, Failed, check, hinted

CODES = {
    0: "by itself and without an error",
    125: "because Docker could not start it",
    126: "because its command cannot be executed",
    127: "because its command was not found",
}
HELD = 2
"""Seconds for which what runs must go on."""
LONGEST = 15
"""Seconds for which a container's twin is watched."""
STATE = "{{.State.Status}}, exit code {{.State.ExitCode}}{{with .State.Error}}, {{.}}{{end}}"


@check(points=1)
def created(engine: Engine) -> None:
    """`dd-created` is created and was never started."""
    hint = "One command makes a container and leaves the start to you."
    container = in_state(engine, "dd-created", "created", hint)
    if error := container.state["Error"]:
        seen = f"`dd-created` is created only because its start failed: {reason(error)}."
        raise Failed(seen, hint=hint, evidence=container.evidence(STATE))


@check(points=1)
def running(engine: Engine) -> None:
    """`dd-running` runs."""
    container = found(engine, "dd-running")
    if restarts := container.attributes["RestartCount"]:
        raise Failed(
            f"`dd-running` does not keep running: it ends, and the Engine has started it again {restarts} times.",
            hint="A restart policy starts again what ends. Which command does not end?",
            evidence=container.evidence("restarted {{.RestartCount}} times"),
        )
    hint = "A container runs as long as its first process. A shell without input ends at once."
    in_state(engine, "dd-running", "running", hint)
    if container.ends_within(HELD):
        in_state(engine, "dd-running", "running", hint)


@check(points=1)
def paused(engine: Engine) -> None:
    """`dd-paused` is paused."""
    hint = "A paused container is frozen, not ended: its processes stay in memory. There is a command of that name."
    in_state(engine, "dd-paused", "paused", hint)


@check(points=1)
def finished(engine: Engine) -> None:
    """`dd-finished` has exited with code 0."""
    hint = "The exit code is the one of the first process. Which command ends by itself, and well?"
    in_state(engine, "dd-finished", "exited", hint, code=0)


@check(points=2)
def stopped(engine: Engine) -> Container:
    """`dd-stopped` has exited with code 143: SIGTERM ended it."""
    hint = (
        "The first process of a container ignores SIGTERM unless it has asked for it; then SIGKILL comes. "
        "`docker run --help` knows a small process that can stand before yours."
    )
    return in_state(engine, "dd-stopped", "exited", hint, code=143)


@check(needs=stopped, points=1)
def would_have_run_on(stopped: Container) -> None:
    """`dd-stopped` was stopped from outside; its command would have gone on."""
    # What ends by itself took as long as it takes; what was stopped would have gone on for longer than it ran.
    ran = stopped.finished - stopped.started
    twin = None
    with suppress(Failed):  # where no twin can start, the code was no command's own
        twin = stopped.twin()
    if twin and twin.ends_within(min(ran + 1, LONGEST)) and twin.state["ExitCode"] in {0, stopped.state["ExitCode"]}:
        command = " ".join([*(stopped.config["Entrypoint"] or []), *(stopped.config["Cmd"] or [])])
        raise Failed(
            f"Nobody has to stop `dd-stopped`: `{command}` ends by itself, with code {twin.state['ExitCode']}.",
            hint="Give it a command that goes on, and stop the container.",
            evidence=stopped.evidence("{{.Config.Entrypoint}} {{.Config.Cmd}}, exit code {{.State.ExitCode}}"),
        )


def found(engine: Engine, name: str) -> Container:
    with hinted("A container that has ended stays until somebody removes it; `--rm` removes it at once."):
        return engine.container(name)


def in_state(engine: Engine, name: str, status: str, hint: str, *, code: int | None = None) -> Container:
    container = found(engine, name)
    state = container.state
    if state["Status"] == status and code in {None, state["ExitCode"]}:
        return container
    seen = f"is {state['Status']}"
    if state["Status"] == "exited":
        seen = f"has exited with code {state['ExitCode']}, {why(state['ExitCode'])}"
    elif state["Error"]:
        seen = f"was created, but its start failed: {reason(state['Error'])}"
    raise Failed(f"`{name}` {seen}.", hint=hint, evidence=container.evidence(STATE))


def why(code: int) -> str:
    """What an exit code tells, as the end of a sentence."""
    number = code - 128
    if number in {known.value for known in signal.Signals}:
        return f"because {signal.Signals(number).name} ended it (128 + {number})"
    return CODES.get(code, "which its command chose")


def reason(error: str) -> str:
    # Before its reason the Engine names all the programs that handed it on.
    return re.sub(r"^.*?(?=exec: )|: unknown$", "", error)
