import hashlib

from graders.author import Answer, Build, Container, Engine, Failed, check

GIVEN = "bb1ffb5b47a7d1710b60d4ec13ab363047d0e86eba3134c73cebdcf73658a32c"
"""SHA-256 of worker.py as the learner receives it."""
SECONDS = 2
KILLED = 137


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=1)
def code_unchanged(builds: Build, engine: Engine) -> None:
    """`/app/worker.py` is the worker as it was given."""
    worker = builds.image.read("/app/worker.py")
    if worker is None:
        raise Failed(
            "The image holds no `/app/worker.py`.", evidence=engine.once(builds.image, "/app", entrypoint="ls").evidence
        )
    if hashlib.sha256(worker.replace(b"\r\n", b"\n")).hexdigest() != GIVEN:
        raise Failed(
            "`/app/worker.py` was changed.",
            hint="The worker does the right thing when it hears of the stop. `%reset` brings the file back.",
        )


@check(needs=builds, points=1)
def works(builds: Build, engine: Engine, answer: Answer) -> Container:
    """A container started with no arguments packs orders for the shop `harbour`."""
    hint = "Is the first word of the command a program that the image has? And what does `start.sh` set up?"
    try:
        container = engine.run(builds.image, environment={"TICKET": answer.nonce("ticket")})
        opened = container.wait_log("worker.py: open for harbour")
        container.running()
    except Failed as ended:
        raise Failed(
            ended.message,
            hint=hint,
            evidence=[*ended.evidence, *builds.image.evidence("{{json .Config.Entrypoint}} {{json .Config.Cmd}}")],
        ) from None
    if not opened:
        raise Failed("The worker does not open for `harbour`.", hint=hint, evidence=container.log_evidence())
    return container


@check(needs=works, points=2)
def stops_in_time(works: Container, builds: Build) -> str:
    """It ends within 2 seconds of `docker stop`, without being killed."""
    first = works.exec("cat", "/proc/1/cmdline").stdout.replace("\0", " ").strip()
    took = works.stop(SECONDS)
    code = works.state["ExitCode"]
    if code != KILLED:
        return first
    evidence = [
        "$ docker exec my-container cat /proc/1/cmdline",
        first,
        f"$ docker stop -t {SECONDS} my-container",
        "$ docker inspect --format '{{.State.ExitCode}}' my-container",
        str(code),
        *_logs(works),
    ]
    if took < SECONDS - 0.5:
        raise Failed(
            "`docker stop` killed it at once: exit code 137.",
            hint="Which signal does `docker stop` send to containers of this image?",
            evidence=[*builds.image.evidence("{{.Config.StopSignal}}"), *evidence],
        )
    raise Failed(
        f"{SECONDS} seconds after `docker stop` it still ran, and was killed: exit code 137. "
        f"The signal went to process 1, which is `{first}`.",
        hint="Who is process 1, and what does it do with SIGTERM?",
        evidence=evidence,
    )


def _logs(container: Container) -> list[str]:
    return ["$ docker logs my-container", *container.logs().strip().splitlines()[-6:]]


@check(needs=stops_in_time, points=2)
def worker_heard(works: Container, stops_in_time: str, answer: Answer) -> None:
    """The worker heard of the stop: it finished and wrote `/data/closed`."""
    content = works.read("/data/closed")
    shop, _, rest = (content or b"").decode(errors="replace").strip().partition(" ")
    if shop != "harbour" or not rest.endswith(answer.nonce("ticket")):
        by = "" if content is None else " by the worker"
        raise Failed(
            f"The container stopped in time, and `/data/closed` was not written{by}. Process 1, "
            f"`{stops_in_time}`, ended before the worker had finished; all other processes end with it.",
            hint="Either the worker is process 1, or process 1 tells the worker and waits until it has ended.",
            evidence=["$ docker stop my-container", *_logs(works)],
        )


@check(needs=worker_heard, points=1)
def exit_zero(works: Container) -> None:
    """Its exit code is 0."""
    code = works.state["ExitCode"]
    if code != 0:
        raise Failed(
            f"The container ended with exit code {code}; the worker's own was 0.",
            hint="The exit code of a container is that of its process 1.",
            evidence=["$ docker inspect --format '{{.State.ExitCode}}' my-container", str(code), *_logs(works)],
        )
