from dataclasses import dataclass

from graders.author import Answer, Container, Engine, Failed, check

NAMES = [f"dd-job-{number}" for number in range(1, 5)]
# Tokens are made in the container, so that they stand in its log and nowhere else.
JOB = """
token() { echo "$SEED $1" | md5sum | cut -c 1-8; }
burst() {
    for line in $(seq "$2"); do echo "request $line served"; done
    echo "slow answer" >&2
    echo "token $(token "out $1")"
    echo "token $(token "err $1")" >&2
}
burst 0 3; sleep 1; burst 1 5; sleep 1; burst 2 2
[ "$END" = stays ] && sleep 86400
exit "$END"
"""
FAILS = "4"


@dataclass(frozen=True)
class Origin:
    """Where a token was logged; `second` counts from the first line of the container's log."""

    container: Container
    stream: str
    second: int
    evidence: tuple[str, ...]


def prepare(engine: Engine, answer: Answer) -> None:
    def start(name: str, end: str) -> None:
        seed = answer.nonce(name)
        container = engine.run("busybox:1.37", "sh", "-c", JOB, name=name, environment={"SEED": seed, "END": end})
        if end == "stays":
            container.wait_until(lambda _: container.logs(stdout=False).count("token") == 3)
        else:
            container.wait_exit()

    ends = dict(zip(answer.shuffled("ends", NAMES), [FAILS, "0", "0", "stays"], strict=True))
    engine.side_by_side(*(lambda name=name: start(name, ends[name]) for name in NAMES))


@check(points=1)
def logged(engine: Engine, answer: Answer) -> Origin:
    """Your token stands in the log of one of the four jobs."""
    token = answer.said("token", hint="`docker logs` shows what a container has logged.")
    found = origins(engine)
    if token not in found:
        example = "1a2b3c4d"
        raise Failed(
            f"None of the four jobs has logged the token `{token}`.",
            hint=f"A token is what follows the word: of `token {example}` it is `{example}`.",
            evidence=[f"$ for job in {' '.join(NAMES)}; do docker logs $job 2>&1 | grep '{token}'; done"],
        )
    return found[token]


@check(needs=logged, points=1)
def right_job(logged: Origin) -> Origin:
    """It comes from the job that ended with an error."""
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
    """It was written to standard error."""
    if right_job.stream != "stderr":
        raise Failed(
            "The right job, but it wrote your token to standard output.",
            hint="In a terminal both streams look alike. Your shell can send one of them elsewhere.",
            evidence=right_job.evidence,
        )
    return right_job


@check(needs=on_standard_error, points=2)
def right_second(on_standard_error: Origin) -> None:
    """It was written one second after the job's first line."""
    if on_standard_error.second != 1:
        when = (
            "in the same second as the first line"
            if not on_standard_error.second
            else "two seconds after the first line"
        )
        raise Failed(
            f"The right job and the right stream, but your token was written {when}.",
            hint="The Engine notes when it received a line. Which option of `docker logs` shows it?",
            evidence=on_standard_error.evidence,
        )


def origins(engine: Engine) -> dict[str, Origin]:
    found: dict[str, Origin] = {}
    for container in (engine.container(name) for name in NAMES):
        for stream, elsewhere in (("stdout", "2>/dev/null"), ("stderr", "2>&1 >/dev/null")):
            log = container.logs(stdout=stream == "stdout", stderr=stream == "stderr", timestamps=True)
            lines = [line for line in log.splitlines() if " token " in line]
            # A burst has one token on each stream, so its place in the order is its second.
            for second, line in enumerate(lines):
                token = line.rpartition(" ")[2]
                seen = (f"$ docker logs --timestamps {container.name} {elsewhere} | grep {token}", line)
                found.setdefault(token, Origin(container, stream, second, seen))
    return found
