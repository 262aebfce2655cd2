from graders.author import Answer, Build, Container, Engine, Failed, check, hinted

SECONDS = 2
KILLED = 137


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=1)
def code_unchanged(builds: Build, engine: Engine, answer: Answer) -> None:
    """`/app/worker.py` is the worker as it was given."""
    worker = builds.image.read("/app/worker.py")
    if worker is None:
        raise Failed("The image holds no `/app/worker.py`.", evidence=engine.look(builds.image, "ls", "/app"))
    if not answer.as_given("worker.py", worker):
        hint = "The worker does the right thing when it hears of the stop. `%reset` brings the file back."
        raise Failed("`/app/worker.py` was changed.", hint=hint)


@check(needs=builds, points=1)
def works(builds: Build, engine: Engine, answer: Answer) -> Container:
    """A container started with no arguments packs orders for the shop `harbour`."""
    hint = "Is the first word of the command a program that the image has? And what does `start.sh` set up?"
    with hinted(hint, builds.image.command_evidence):
        container = engine.run(builds.image, environment={"TICKET": answer.nonce("ticket")})
        opened = container.wait_log("worker.py: open for harbour")
        container.running()
        if not opened:
            raise Failed("The worker does not open for `harbour`.", evidence=container.log_evidence())
    return container


@check(needs=works, points=2)
def stops_in_time(works: Container, builds: Build) -> str:
    """It ends within 2 seconds of `docker stop`, without being killed."""
    first = works.first_process
    took = works.stop(SECONDS)
    if works.state["ExitCode"] != KILLED:
        return first
    seen = ["$ docker exec my-container cat /proc/1/cmdline", first, f"$ docker stop -t {SECONDS} my-container"]
    seen += [*works.evidence("{{.State.ExitCode}}"), *_logs(works)]
    if took < SECONDS - 0.5:
        raise Failed(
            "`docker stop` killed it at once: exit code 137.",
            hint="Which signal does `docker stop` send to containers of this image?",
            evidence=[*builds.image.evidence("{{.Config.StopSignal}}"), *seen],
        )
    raise Failed(
        f"{SECONDS} seconds after `docker stop` it still ran, and was killed: exit code 137. "
        f"The signal went to process 1, which is `{first}`.",
        hint="Who is process 1, and what does it do with SIGTERM?",
        evidence=seen,
    )


def _logs(container: Container) -> list[str]:
    return [f"$ docker logs {container.called}", *container.logs().strip().splitlines()[-6:]]


@check(needs=stops_in_time, points=2)
def worker_heard(works: Container, stops_in_time: str, answer: Answer) -> None:
    """The worker heard of the stop: it finished and wrote `/data/closed`."""
    closed = works.text("/data/closed")
    shop, _, rest = (closed or "").strip().partition(" ")
    if shop != "harbour" or not rest.endswith(answer.nonce("ticket")):
        by = "" if closed is None else " by the worker"
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
            evidence=[*works.evidence("{{.State.ExitCode}}"), *_logs(works)],
        )
