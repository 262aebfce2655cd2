from graders.author import Answer, Container, Door, Engine, Failed, check

RECORDER, SENSOR, BUREAU = "dd-recorder", "dd-sensor", "dd-bureau"
MAST, SHORE, NAME = "dd-mast", "dd-shore", "barograph"
IMAGE, ASKED = "dd-recorder:1.0", 8000
READING, READY = "/www/reading", "The sensor measures."
RAN = "{{slice .Name 1}} started at {{.State.StartedAt}}, and had ended at {{.State.FinishedAt}}"
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"


def prepare(engine: Engine, answer: Answer) -> None:
    engine.make_network(MAST)
    engine.make_network(SHORE)
    serve = f"mkdir /www; echo '{_reading(answer, 'first')}' >{READING}; echo {READY}; exec httpd -f -p 9000 -h /www"
    sensor = engine.run("busybox:1.37", "sh", "-c", serve, name=SENSOR, network=MAST)
    start = ["ENV SENSOR=dd-sensor", 'CMD ["python", "/srv/recorder.py"]']
    engine.make_image("python:3.13-slim", content=answer.scene / "recorder", name=IMAGE, changes=start)
    bureau = engine.create("nginx:1.26", "nginx", "-g", "daemon off;", name=BUREAU, network=SHORE)
    config = "etc/nginx/conf.d/default.conf"
    bureau.put({f"/{config}": (answer.scene / "bureau" / config).read_bytes()})
    bureau.start()
    sensor.wait_log(READY)
    engine.run(IMAGE, name=RECORDER, network=MAST).wait_log("First reading: ")
    _measures(sensor, _reading(answer, "before"))


@check(points=2)
def still(engine: Engine) -> Container:
    """`dd-recorder` is the container of the start, and has run ever since."""
    recorder = engine.scene(RECORDER).running()
    if recorder.finished:
        raise Failed(
            f"`{RECORDER}` was stopped and started: what it had recorded is gone.",
            hint="What of a container can be changed while it runs, and takes effect at once?",
            evidence=[*recorder.evidence(RAN), *recorder.log_evidence()],
        )
    return recorder


@check(needs=still, points=2)
def reads(still: Container, engine: Engine, answer: Answer) -> None:
    """It still reads the sensor, in `dd-mast`, and knows its first reading."""
    now, door = _reading(answer, "now"), Door(still, "127.0.0.1", ASKED, protocol="http")
    _measures(engine.scene(SENSOR).running(), now)
    said = engine.reach(door).seen[door].text
    if f"first: {_reading(answer, 'first')}\nnow: {now}\n" not in said or MAST not in still.addresses:
        raise Failed(
            f"For this check the sensor got another reading, and `{RECORDER}` does not tell it.",
            hint="One more network was wanted, and the first one is wanted too.",
            evidence=[
                f"$ {door.shown}",
                *said.partition(" ")[2].splitlines(),
                *engine.evidence(JOINED, RECORDER, SENSOR),
            ],
        )


@check(points=1)
def apart(engine: Engine) -> None:
    """The bureau runs on in `dd-shore` alone, and the sensor in `dd-mast` alone."""
    for name, network in ((BUREAU, SHORE), (SENSOR, MAST)):
        one = engine.scene(name).running()
        if one.finished:
            raise Failed(f"`{name}` was stopped and started.", evidence=one.evidence(RAN))
        if list(one.addresses) != [network]:
            raise Failed(
                f"`{name}` is not in `{network}` alone.",
                hint="Each network in which somebody is opens all ports of all others there. Who has to be in two?",
                evidence=engine.evidence(JOINED, RECORDER, SENSOR, BUREAU),
            )


@check(needs=[still, apart], points=3)
def reached(still: Container, engine: Engine, answer: Answer) -> None:
    """In `dd-shore`, the name `barograph` leads to the recorder itself, for whoever is there."""
    guest = engine.run("busybox:1.37", "sleep", "600", network=SHORE)
    place = still.addresses[SHORE].ip if SHORE in still.addresses else ""
    name = Door(guest, NAME, ASKED, is_open=False, protocol="name")
    page = Door(guest, NAME, ASKED, is_open=False, protocol="http")
    seen = engine.reach(name, page).seen
    guest.remove()
    if not place or seen[name].text != place or _reading(answer, "first") not in seen[page].text:
        raise _misled(engine, seen[name].text.split())


def _misled(engine: Engine, places: list[str]) -> Failed:
    """Says to whom the name leads there."""
    whose = sorted(one.name for one in engine.containers() if {*_places(one)} & {*places})
    led = f"it leads to `{'` and `'.join(whose)}`" if whose else "nobody has this name there"
    return Failed(
        f"The check joined `{SHORE}` with a container of its own and asked for `{NAME}`: {led}.",
        hint="A name is for one network, and is given to a container when that one joins it.",
        evidence=[
            f"$ docker run --rm --network {SHORE} busybox:1.37 wget -q -O - -T 2 http://{NAME}:{ASKED}/",
            *engine.evidence(JOINED, *dict.fromkeys([RECORDER, BUREAU, *whose])),
        ],
    )


def _places(container: Container) -> list[str]:
    return [place.ip for place in container.addresses.values() if place.ip]


def _measures(sensor: Container, reading: str) -> None:
    sensor.put({READING: f"{reading}\n".encode()})


def _reading(answer: Answer, moment: str) -> str:
    return f"{answer.number(moment, 9500, 10499) / 10:.1f} hPa at mark {answer.nonce(moment, 6)}"
