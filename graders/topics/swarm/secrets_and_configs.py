import hashlib

from graders.author import Answer, Container, Engine, Failed, Service, check

CUSTOMS, IMAGE, PORT = "dd-customs", "dd-customs:1.0", 8080
KEY, NOTICE = "/run/secrets/key", "/etc/notice"
FIRST = {KEY: "dd-customs-key-1", NOTICE: "dd-customs-notice-1"}
SECOND = {KEY: "dd-customs-key-2", NOTICE: "dd-customs-notice-2"}
STARTS = 20
"""Seconds until the task with the second key runs."""
Customs = tuple[Service, Container]


def prepare(engine: Engine, answer: Answer) -> None:
    programs = "chmod +x /customs /www/cgi-bin/*"
    content = answer.scene / "customs"
    engine.make_image("busybox:1.37", programs, content=content, name=IMAGE, changes=['CMD ["/customs"]'])


@check(points=1)
def runs(engine: Engine) -> Customs:
    """`dd-customs` is a service of one task, which runs from `dd-customs:1.0` as it was."""
    service = engine.service(CUSTOMS)
    if service.replicas != 1 or not service.current(STARTS) or not service.runs(1, STARTS):
        raise Failed(
            f"The service `{CUSTOMS}` has not one task that runs.",
            hint="Does its program find what it runs, and is one task wanted?",
            evidence=service.evidence(),
        )
    (customs,) = service.containers()
    if customs.image.id != engine.made(IMAGE):
        raise Failed(
            f"{customs.subject} is not of the image `{IMAGE}` that was there.",
            hint="Nothing is built: a swarm puts what it keeps into containers. `%reset` brings the image back.",
            evidence=customs.evidence("{{.Config.Image}} {{.Image}}"),
        )
    return service, customs


@check(needs=runs, points=3)
def stamps(runs: Customs, answer: Answer) -> None:
    """It stamps with the second key."""
    _, customs = runs
    paper = answer.nonce("paper")
    said = customs.request_inside(f"/cgi-bin/stamp?{paper}", port=PORT)
    made = {n: hashlib.sha256(f"{_key(answer, n)}{paper}".encode()).hexdigest() for n in (1, 2)}
    if (stamp := said.stdout.strip()) != made[2]:
        how = "is made with the first key" if stamp == made[1] else "is not made with the second key"
        raise Failed(
            f"The stamp of `{CUSTOMS}` {how}.",
            hint=f"Which secret does a task find in `{KEY}`? `docker service inspect --pretty {CUSTOMS}` tells.",
            evidence=said.evidence,
        )


@check(needs=runs, points=2)
def shows(runs: Customs, answer: Answer) -> None:
    """It shows the second notice."""
    _, customs = runs
    said = customs.request_inside("/cgi-bin/notice", port=PORT)
    if said.stdout.strip() != (answer.given / "notice-2.txt").read_text().strip():
        raise Failed(
            f"`{CUSTOMS}` does not show what `notice-2.txt` says.",
            hint=f"Which config does a task find in `{NOTICE}`? A config has its whole path as target.",
            evidence=said.evidence,
        )


@check(needs=[stamps, shows, runs], points=3)
def rotated(runs: Customs) -> None:
    """The same service had the first key and the first notice before, under the same paths."""
    service, _ = runs
    former = service.former()
    for path, name in FIRST.items():
        if not any(one.given.get(path) == name for one in former):
            raise Failed(
                f"No earlier task of this service `{CUSTOMS}` had `{name}` in `{path}`.",
                hint="A service that is there can be given another one. `%reset` takes all away, to begin once more.",
                evidence=service.evidence(),
            )


@check(needs=[rotated], points=2)
def gone(engine: Engine) -> None:
    """The first secret and the first config are gone."""
    for kind, path in (("secret", KEY), ("config", NOTICE)):
        listed = engine.docker(kind, "ls", "--filter", f"name={CUSTOMS}", "--format", "{{.Name}}")
        if FIRST[path] in listed.stdout.split():
            raise Failed(
                f"The {kind} `{FIRST[path]}` is still in the swarm.",
                hint="What nobody uses any more can be removed.",
                evidence=listed.evidence,
            )


@check(needs=[stamps, runs], points=3)
def hidden(runs: Customs, engine: Engine, answer: Answer) -> None:
    """Neither key can be read in what Docker shows, nor in what the container wrote or printed."""
    _, customs = runs
    configs = engine.docker("config", "ls", "--format", "{{.Name}}").stdout.split()
    looks = [("service", "inspect", CUSTOMS), ("inspect", customs.name), ("config", "inspect", "--pretty", *configs)]
    for key in (_key(answer, 1), _key(answer, 2)):
        for look in looks[: 3 if configs else 2]:
            shown = [line.strip() for line in engine.docker(*look).stdout.splitlines() if key in line]
            if shown:
                raise Failed(
                    f"`docker {look[0]} …` shows a key to everybody who may ask Docker.",
                    hint="What can nobody read back, once Swarm has it?",
                    evidence=[f"$ docker {' '.join(look)} | grep {key}", *shown[:2]],
                )
        if places := customs.holds(key):
            raise Failed(
                f"{customs.subject} keeps a key on disk, or has printed it.",
                hint="Who put it there? The program needs no more than the file.",
                evidence=[f"Found in: {', '.join(places)}"],
            )


def _key(answer: Answer, number: int) -> str:
    return (answer.given / f"key-{number}.txt").read_text().strip()
