import json

from graders.author import Answer, Container, Engine, Failed, Service, check, hinted

STACK, IMAGE, FILE = "dd-jetty", "dd-jetty:1.0", "compose.yaml"
TIMES, FILL, BOARD = "times", "fill", "board"
WANTED = {TIMES: 1, FILL: 1, BOARD: 2}
PORT, NEXT, FILLED, SHOWS = 8080, "/next", "/filled", "/cgi-bin/board"
PART_OF = "com.docker.stack.namespace"
DEPLOY = ("stack", "deploy", "--prune", "--resolve-image", "never", "--compose-file", FILE, STACK)
LISTED = "{{.Name}} {{.Mode}} {{.Image}}"
COMMAND = "{{json .Spec.TaskTemplate.ContainerSpec.Args}}"
CONDITION = "{{.Spec.TaskTemplate.RestartPolicy.Condition}}"
STARTS, FILLS, AGAIN = 15, 20, 2
"""Seconds until all run, until `fill` is done at the latest, and until one runs that nobody should want."""
Stack = dict[str, Service]


def prepare(engine: Engine, answer: Answer) -> None:
    programs = "chmod -R 755 /bin/times /bin/fill /bin/board /www; rm /Dockerfile"
    engine.make_image("busybox:1.37", programs, content=answer.given / "jetty", name=IMAGE)


@check(points=2)
def stack(engine: Engine) -> Stack:
    """The stack `dd-jetty` has `times` and `fill`, one task each, and two of `board`."""
    with hinted("What did `docker stack deploy` say? It stops at the first thing that it does not take."):
        services = {name: engine.service(f"{STACK}_{name}") for name in WANTED}
    for name, one in services.items():
        part = one.attributes["Spec"]["Labels"].get(PART_OF) == STACK
        if not part or (one.replicas, one.image) != (WANTED[name], IMAGE):
            wants = f"wants {one.wants}, of `{one.image}`"
            raise Failed(
                f"`{one.name}` {wants if part else f'is no part of the stack `{STACK}`'}.",
                hint=f"It should want {WANTED[name]} of `{IMAGE}`, and be deployed from `{FILE}` with the others.",
                evidence=engine.docker("stack", "services", STACK, "--format", LISTED).evidence,
            )
    return services


@check(needs=stack, points=3)
def filled(stack: Stack, engine: Engine) -> None:
    """`fill` has told `times` the next boat, however early it came, and is done."""
    fill = stack[FILL]
    engine.wait_until(lambda: not fill.tasks() or fill.repeats(), FILLS)
    ended = not fill.tasks()
    well = fill.former("complete")
    if not ended and not well:
        raise Failed(
            f"`{fill.name}` is tried again and again, in vain.",
            hint="What does it say, and whom does it ask?",
            evidence=fill.why(),
        )
    if not ended or not well:
        how = "came too early, and is not tried again" if ended else "is started again, though it has ended well"
        raise Failed(
            f"`{fill.name}` {how}.",
            hint="When should another task take the place of one that has ended, and what became of `restart`?",
            evidence=engine.docker("service", "inspect", "--format", CONDITION, fill.name).evidence,
        )
    if not _told(stack):
        raise Failed(
            f"`{fill.name}` has ended well, and told `{stack[TIMES].name}` nothing.",
            hint=f"What does `fill` of `{IMAGE}` do, and is it what runs?",
            evidence=engine.docker("service", "inspect", "--format", COMMAND, fill.name).evidence,
        )


@check(needs=[filled, stack], points=2)
def tell(stack: Stack, answer: Answer) -> None:
    """Two boards run, and each tells what `times` knows, another boat too."""
    (times,), boards = (_running(stack[name], WANTED[name]) for name in (TIMES, BOARD))
    another = f"{answer.number('hour', 11, 23)}:{answer.number('minute', 11, 59)}"
    times.put({NEXT: f"{another}\n".encode()})
    for board in boards:
        said = board.request_inside(SHOWS, port=PORT)
        if f"next boat: {another}" not in said.stdout:
            raise Failed(
                f"`{times.name}` knows of a boat at {another}, and `{board.name}` does not tell so.",
                hint="How does a board find `times`, and are both in one network?",
                evidence=[*said.evidence, *board.log_evidence()],
            )


@check(needs=[tell, stack], points=3)
def again(stack: Stack, engine: Engine, answer: Answer) -> None:
    """Deployed once more from `compose.yaml`, nothing changes: the same tasks go on, and `fill` stays done."""
    before, told = {name: _wish(one) for name, one in stack.items()}, _told(stack)
    done = engine.docker(*DEPLOY, cwd=answer.file(FILE).parent)
    if done.exit_code:
        raise Failed(f"`{FILE}` cannot be deployed.", evidence=done.evidence)
    for name, old in before.items():
        new = _wish(engine.service(stack[name].id))
        if changed := sorted(part for part in {*old, *new} if old.get(part) != new.get(part)):
            raise Failed(
                f"`{FILE}` says something else of `{stack[name].name}` than what was wanted of it.",
                hint="What was told to a service by hand is gone when the file is deployed again.",
                evidence=[
                    f"$ {done.command}",
                    *(f"{when}: {part} {it.get(part)}" for part in changed for when, it in (("was", old), ("is", new))),
                ],
            )
    if engine.wait_until(lambda: bool(stack[FILL].tasks()) or _told(stack) > told, AGAIN):
        raise Failed(f"`{FILE}` was deployed once more, and `{stack[FILL].name}` ran again.")


def _running(service: Service, number: int) -> list[Container]:
    if not service.runs(number, STARTS):
        raise Failed(f"Not all tasks of `{service.name}` run. Wanted: {number}.", evidence=service.evidence())
    return service.containers()


def _told(stack: Stack) -> int:
    """How often `times` was told the next boat."""
    (times,) = _running(stack[TIMES], WANTED[TIMES])
    return len((times.text(FILLED) or "").splitlines())


def _wish(service: Service) -> dict[str, str]:
    spec = service.attributes["Spec"]
    return {part: json.dumps(said) for part, said in {**spec["TaskTemplate"], "Mode": spec["Mode"]}.items()}
