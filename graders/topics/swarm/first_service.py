from graders.author import Answer, Container, Engine, Failed, Service, check

LAMPS, IMAGE, WANTED = "dd-lamps", "dd-lamp:1.0", 3
PORT, BURNS, OUT = 8080, "/cgi-bin/lamp", "/cgi-bin/out"
STARTS, HEALS = 15, 30
"""Seconds until all run, and until all run again: Swarm waits for five of them before it replaces a task."""


def prepare(engine: Engine, answer: Answer) -> None:
    programs = "chmod +x /lamp /www/cgi-bin/*"
    engine.make_image("busybox:1.37", programs, content=answer.scene / "lamp", name=IMAGE, changes=['CMD ["/lamp"]'])


@check(points=3)
def wanted(engine: Engine) -> Service:
    """`dd-lamps` is a service of a swarm that wants three replicas of `dd-lamp:1.0`."""
    service = engine.service(LAMPS)
    if service.image != IMAGE or service.replicas != WANTED:
        raise Failed(
            f"The service `{LAMPS}` wants {service.wants}, of the image `{service.image}`.",
            hint=f"It should want {WANTED} replicas of `{IMAGE}`, wherever they run.",
            evidence=engine.docker(
                "service", "ls", "--format", "{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}}"
            ).evidence,
        )
    return service


@check(needs=wanted, points=2)
def burn(wanted: Service) -> list[Container]:
    """Three containers of the service run, and each tells that it burns."""
    if not wanted.runs(WANTED, STARTS):
        raise Failed(f"Not all {WANTED} tasks of `{LAMPS}` run.", evidence=wanted.evidence())
    lamps = wanted.containers()
    _see_that_they_burn(lamps)
    return lamps


@check(needs=[burn, wanted], points=4)
def heals(wanted: Service, burn: list[Container]) -> None:
    """When one is killed and one ends by itself, others are started, and three burn again."""
    killed, ended, *_ = burn
    ended.request_inside(OUT, port=PORT)
    killed.kill()
    if not wanted.runs(WANTED, HEALS, without=frozenset({killed.id, ended.id})):
        raise Failed(
            f"One lamp was killed and one ended by itself, and not all {WANTED} burn again.",
            hint="When is a task replaced? `docker service inspect --pretty dd-lamps` shows the condition.",
            evidence=wanted.evidence(),
        )
    _see_that_they_burn(wanted.containers())


def _see_that_they_burn(lamps: list[Container]) -> None:
    for lamp in lamps:
        said = lamp.request_inside(BURNS, port=PORT)
        if "burns" not in said.stdout:
            raise Failed(
                f"`{lamp.name}` does not tell on port {PORT} that it burns.",
                hint="What does a container of the service run? The image has a command of its own.",
                evidence=[*said.evidence, *lamp.log_evidence()],
            )
