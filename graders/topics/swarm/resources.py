from itertools import pairwise

from graders.author import Answer, Engine, Failed, Service, check

PRESS, LEDGER, IMAGE, WANTED, PAGES = "dd-press", "dd-ledger", "dd-press:1.0", 3, 2
RUNS, WRITES = "sh /press", "one page of the ledger"
STARTS, ENDS = 15, 30
GIVEN, REFUSED = 30, 200
"""MB that a press gets, and that it does not get."""
WHY = "insufficient resources"
EATS = "head -c {}m /dev/zero | tail -n 1 | wc -c"


def prepare(engine: Engine, answer: Answer) -> None:
    content = answer.scene / "press"
    engine.make_image("busybox:1.37", content=content, name=IMAGE, changes=['CMD ["sh", "/press"]'])


@check(points=2)
def room(engine: Engine) -> Service:
    """`dd-press` wants three replicas of `dd-press:1.0`, and three run."""
    service = engine.service(PRESS)
    if service.image != IMAGE or service.replicas != WANTED or not service.runs(WANTED, STARTS):
        raise Failed(
            f"Not {WANTED} presses of `{IMAGE}` are wanted and run.",
            hint="What does the service want, and what keeps its tasks from it?",
            evidence=service.evidence(),
        )
    if others := [press for press in service.containers() if press.first_process != RUNS]:
        raise Failed(
            f"`{PRESS}` runs something else than `{IMAGE}` runs.",
            hint="An image has a command of its own, which is run where nothing else is said.",
            evidence=others[0].evidence("{{.Path}} {{json .Args}}"),
        )
    return service


@check(needs=room, points=4, alone=True)
def full(room: Service, engine: Engine) -> None:
    """A fourth press is not placed for want of resources, and three run on."""
    before = {one.id for one in room.containers()}
    room.scale(WANTED + 1)
    try:
        engine.wait_until(lambda: len(_told(room)) > WANTED, STARTS)
        waits, evidence = [one for one in room.tasks() if WHY in one.error], room.evidence()
    finally:
        room.scale(WANTED)
    if len(waits) != 1 or before != {one.id for one in room.containers()}:
        raise Failed(
            "A fourth press was asked for, and it does not wait for resources while the three run on.",
            hint="Does the node have to promise anything to a press before it takes it?",
            evidence=evidence,
        )


@check(needs=room, points=3)
def bounded(room: Service) -> None:
    """What wants 200 MB in a press is ended, and what wants 30 MB gets them."""
    press = room.containers()[0]
    for size, gets in ((GIVEN, True), (REFUSED, False)):
        done = press.exec("sh", "-c", EATS.format(size))
        if (done.stdout.strip() == str(size << 20)) != gets:
            raise Failed(
                f"In a press, {size} MB were asked for, and {'not ' if gets else ''}given.",
                hint="A reservation says what there must be, a limit what may be used.",
                evidence=[*done.evidence, *press.evidence("{{.HostConfig.Memory}}")],
            )


@check(points=3)
def job(engine: Engine) -> Service:
    """`dd-ledger` is a job that writes two pages, and is completed."""
    service = engine.service(LEDGER)
    done = service.completed(ENDS) if service.completions == PAGES else []
    if service.image != IMAGE or len(done) != PAGES or any(WRITES not in page for page in _pages(service, engine)):
        raise Failed(
            f"`{LEDGER}` is no job of `{IMAGE}` that has written {PAGES} pages.",
            hint="`--mode` says whether tasks are wanted to run or to end. What does each of them run?",
            evidence=[*_listed(engine), *service.evidence()],
        )
    return service


@check(needs=job, points=3)
def one_by_one(job: Service) -> None:
    """Run once more, it writes two pages, one after the other."""
    job.run_again()
    done = job.completed(ENDS)
    early = [one for last, one in pairwise(done) if one.made < last.since]
    if len(done) != PAGES or early:
        raise Failed(
            "The job was run once more, and a page was begun before the one before it was written.",
            hint="How many tasks of a job may run at a time, if nothing is said?",
            evidence=job.evidence(),
        )


def _told(service: Service) -> list[str]:
    """Of each task that is wanted and runs, or cannot be placed: what it does."""
    return [one.state for one in service.tasks() if one.state == "running" or one.error]


def _pages(service: Service, engine: Engine) -> list[str]:
    return [one.logs() for one in engine.containers(label=f"com.docker.swarm.service.id={service.id}")]


def _listed(engine: Engine) -> list[str]:
    return engine.docker("service", "ls", "--format", "{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}}").evidence
