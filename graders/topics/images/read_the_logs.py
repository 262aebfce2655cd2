from functools import partial
from typing import NamedTuple

from graders.author import Answer, Container, Engine, Failed, check

NAMES = [f"dd-job-{number}" for number in range(1, 5)]
FAILS = "4"
SECONDS = ("in the same second as the first line", "one second after it", "two seconds after the first line")
"""When a job logs its tokens, one on each stream."""


class Origin(NamedTuple):
    """Where a token was logged; `second` counts from the first line of the container's log."""

    container: Container
    stream: str
    second: int
    evidence: tuple[str, ...]


def prepare(engine: Engine, answer: Answer) -> None:
    # Tokens are made in the container, so that they stand in its log and nowhere else.
    job = (answer.scene / "job.sh").read_text()

    def start(name: str, end: str) -> None:
        variables = {"SEED": answer.nonce(name), "END": end}
        container = engine.run("busybox:1.37", "sh", "-c", job, name=name, environment=variables)
        if end == "stays":
            container.wait_until(lambda _: container.logs(stdout=False).count("token") == len(SECONDS))
        else:
            container.wait_exit()

    ends = zip(answer.shuffled("ends", NAMES), [FAILS, "0", "0", "stays"], strict=True)
    engine.side_by_side(*(partial(start, *end) for end in ends))


@check(points=1)
def logged(engine: Engine, answer: Answer) -> Origin:
    """Your token stands in the log of one of the four jobs."""
    token = answer.said("token", hint="`docker logs` shows what a container has logged.")
    if found := next((found for name in NAMES for found in origins(engine.scene(name), token)), None):
        return found
    raise Failed(
        f"None of the four jobs has logged the token `{token}`.",
        hint="A token is what follows the word: of `token 1a2b3c4d` it is `1a2b3c4d`.",
        evidence=[f"$ for job in {' '.join(NAMES)}; do docker logs $job 2>&1 | grep '{token}'; done"],
    )


def origins(container: Container, token: str) -> list[Origin]:
    """Where the token stands in the container's log."""
    found = []
    for stream, elsewhere in (("stdout", "2>/dev/null"), ("stderr", "2>&1 >/dev/null")):
        log = container.logs(stdout=stream == "stdout", stderr=stream == "stderr", timestamps=True)
        command = f"$ docker logs --timestamps {container.name} {elsewhere} | grep {token}"
        # A burst has one token on each stream, so its place in the order is its second.
        for second, line in enumerate(line for line in log.splitlines() if " token " in line):
            if line.rpartition(" ")[2].casefold() == token.casefold():
                found.append(Origin(container, stream, second, (command, line)))
    return found


@check(needs=logged, points=1)
def right_job(logged: Origin) -> Origin:
    """Your token comes from the job that ended with an error."""
    container, state = logged.container, logged.container.state
    if state["Running"] or str(state["ExitCode"]) != FAILS:
        ended = "still runs" if state["Running"] else f"ended with code {state['ExitCode']}, not by an error of its own"
        raise Failed(
            f"Your token was logged by `{container.name}`, which {ended}.",
            hint="Which of the four ended with another code?",
            evidence=container.evidence("{{.State.Status}}, exit code {{.State.ExitCode}}"),
        )
    return logged


@check(needs=right_job, points=1)
def on_standard_error(right_job: Origin) -> Origin:
    """Your token was written to standard error."""
    if right_job.stream != "stderr":
        raise Failed(
            "The right job, but it wrote your token to standard output.",
            hint="In a terminal both streams look alike. Your shell can send one of them elsewhere.",
            evidence=right_job.evidence,
        )
    return right_job


@check(needs=on_standard_error, points=2)
def right_second(on_standard_error: Origin) -> None:
    """Your token was written one second after the job's first line."""
    origin = on_standard_error
    if origin.second != 1:
        raise Failed(
            f"The right job and the right stream, but your token was written {SECONDS[origin.second]}.",
            hint="The Engine notes when it received a line. Which option of `docker logs` shows it?",
            evidence=origin.evidence,
        )
