from hashlib import md5

from graders.author import Answer, Container, Engine, Failed, Finished, Service, check, hinted

SENSOR, PANEL = "dd-fog_sensor", "dd-fog_panel"
IMAGE, PORT = "dd-fog:2.0", 8080
STARTS, PLACED, REPLACED = 15, 5, 20
"""Seconds until a task runs, until it has a node, and until another one runs in its place."""
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"


def prepare(engine: Engine, answer: Answer) -> None:
    programs = "chmod +x /bin/sensor /bin/panel /srv/*/cgi-bin/*"
    engine.make_image("busybox:1.37", programs, content=answer.scene / "fog", name=IMAGE)


@check(points=1)
def image(engine: Engine) -> Service:
    """`panel` runs from the image that is there."""
    return _from_image(engine, PANEL)


@check(points=2)
def node(engine: Engine) -> Service:
    """`sensor` is given to a node."""
    sensor = _from_image(engine, SENSOR)
    if not sensor.placed(PLACED):
        raise Failed(
            "The task of `sensor` waits for a node.",
            hint="Which nodes are there, what does the service ask of one, and who fulfils it?",
            evidence=sensor.why(),
        )
    return sensor


@check(needs=node, points=3)
def key(node: Service, answer: Answer) -> Container:
    """`sensor` runs on, and seals what it measures with the key in `key.txt`."""
    answer.unchanged()
    with hinted("How did the last one end, what did it print, and which file does it read?"):
        sensor = node.lasting(1, STARTS)[0]
        measured, said = _measures(sensor, answer, "metres"), _asked(sensor, "metres")
        if said.stdout.strip() != measured:
            sealed = " m, seal " in said.stdout
            what = "seals with another key than that in `key.txt`" if sealed else "does not tell what it measures"
            raise Failed(f"`sensor` runs, and {what}.", evidence=said.evidence)
    return sensor


@check(needs=image, points=2)
def well(image: Service) -> Container:
    """`panel` becomes healthy, and goes on; one that does not answer any more is replaced."""
    with hinted("Who says whether a panel is well, and what does that ask, at which port?"):
        panel = image.lasting(1, STARTS)[0]
    panel.freeze()
    if not image.runs(1, REPLACED, without=frozenset({panel.id})):
        evidence = [*panel.evidence("{{json .Config.Healthcheck}}"), *image.evidence()]
        if panel.state["Running"]:
            panel.kill()  # a learner's panel is not left as it is now
        raise Failed(
            f"The processes of the panel were stopped, so that it answers nobody. {REPLACED} seconds later there is "
            "no other in its place.",
            hint="Who is to notice, and how soon? And what does the restart policy say of one that has ended?",
            evidence=evidence,
        )
    return image.containers()[0]


@check(needs=[key, well], points=2)
def shows(key: Container, well: Container, engine: Engine, answer: Answer) -> None:
    """`panel` shows what `sensor` measures at that moment."""
    measured, said = _measures(key, answer, "later"), _asked(well, "panel")
    if said.stdout.strip() != measured:
        raise Failed(
            f"`sensor` measures `{measured}` now, and `panel` shows something else.",
            hint="Under which name does the panel ask, and who is in a network with whom?",
            evidence=[*said.evidence, *engine.evidence(JOINED, key.name, well.name)],
        )


def _from_image(engine: Engine, name: str) -> Service:
    service = engine.service(name)
    if not engine.has_image(service.image) or engine.image(service.image).id != engine.made(IMAGE):
        raise Failed(
            f"`{name}` is to run from `{service.image}`, which is not the image of the station.",
            hint="What does Swarm do where an image is not there? `docker image ls dd-fog` lists those that are.",
            evidence=service.why(),
        )
    return service


def _asked(container: Container, page: str) -> Finished:
    return container.exec("wget", "-q", "-O", "-", f"http://127.0.0.1:{PORT}/cgi-bin/{page}")


def _measures(sensor: Container, answer: Answer, name: str) -> str:
    """What the sensor tells, with the seal of the key, once it has been told to measure another value."""
    metres = answer.number(name, 100, 900)
    sensor.put({"/metres": f"{metres}\n".encode()})
    seal = md5(f"{answer.file('key.txt').read_text().strip()} {metres}".encode(), usedforsecurity=False).hexdigest()
    return f"{metres} m, seal {seal[:8]}"
