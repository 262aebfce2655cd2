from graders.author import Answer, Build, Container, Engine, Failed, Image, check, hinted

SECONDS = 2
WORKER, LAST = "worker.py", "{os.environ.get('TICKET', '')}"
KILLED = 137
SIGTERM = ("SIGTERM", "TERM", "15")
HINT = "The worker does the right thing when it hears of the stop. `%reset` brings the file back."


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=1)
def works(builds: Build, engine: Engine, answer: Answer) -> Container:
    """A container started with no arguments packs orders for the shop `harbour`."""
    hint = "Is the first word of the command a program that the image has? And what does `start.sh` set up?"
    with hinted(hint, builds.image.command_evidence):
        container = engine.run(_signed(engine, answer), environment={"TICKET": answer.nonce("ticket")})
        opened = container.wait_log("worker.py: open for harbour")
        container.running()
        if not opened:
            raise Failed("The worker does not open for `harbour`.", evidence=container.log_evidence())
    return container


@check(needs=works, points=1)
def code_unchanged(builds: Build, works: Container, engine: Engine, answer: Answer) -> None:
    """`/app/worker.py` is the worker as it was given."""
    answer.unchanged(hint=HINT)
    worker = builds.image.read("/app/worker.py")
    if worker is None:
        raise Failed("The image holds no `/app/worker.py`.", evidence=engine.look(builds.image, "ls", "/app"))
    if not answer.as_given("worker.py", worker):
        raise Failed("`/app/worker.py` was changed.", hint=HINT)
    if works.text("/app/worker.py") != _signed_source(answer):
        raise Failed(
            "`/app/worker.py` is as it was given in the image, and another in a container that has started.",
            hint=HINT,
            evidence=builds.image.command_evidence(),
        )


def _signed(engine: Engine, answer: Answer) -> Image:
    """The image with a worker that signs what it writes, so that nobody else can write it in its place."""
    with answer.copied() as context:
        for path in context.rglob(WORKER):
            if path.is_file():
                path.write_text(_signed_source(answer))
        return engine.build(context).image


def _signed_source(answer: Answer) -> str:
    return (answer.given / WORKER).read_text().replace(LAST, f"{LAST} {_signature(answer)}")


def _signature(answer: Answer) -> str:
    return answer.nonce("signature", 16)


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
def worker_heard(works: Container, builds: Build, stops_in_time: str, answer: Answer) -> None:
    """The worker heard of the stop: it finished and wrote `/data/closed`."""
    closed = (works.text("/data/closed") or "").strip()
    evidence = ["$ docker stop my-container", *_logs(works)]
    if not closed:
        why = f"Process 1, `{stops_in_time}`, ended before the worker had finished; all other processes end with it."
        hint = "Either the worker is process 1, or process 1 tells the worker and waits until it has ended."
        signal = str(builds.image.config.get("StopSignal") or SIGTERM[0])
        if signal not in SIGTERM:
            why = f"The image says that `docker stop` sends {signal}, and the worker hears of SIGTERM."
            hint = "Which instruction changed the signal?"
        message = f"The container stopped in time, and `/data/closed` was not written. {why}"
        raise Failed(message, hint=hint, evidence=evidence)
    shop, _, rest = closed.partition(" ")
    if shop != "harbour" or not rest.endswith(f"{answer.nonce('ticket')} {_signature(answer)}"):
        raise Failed(
            "The container stopped in time, and `/data/closed` was not written by the worker: the check let its worker "
            f"sign what it writes, and `{closed.splitlines()[-1]}` stands there.",
            hint="The worker writes it, when it hears of the stop. Who tells it, and who waits until it has ended?",
            evidence=evidence,
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
