from graders.author import Answer, Engine, Failed, Load, Service, check

TIDES, NETWORK, VERSIONS, BROKEN = "dd-tides", "dd-harbour", ("dd-tides:1.0", "dd-tides:1.1"), "dd-tides:1.2"
URL = "http://tasks.dd-tides:8080/tide"
STARTS, WITHIN = 15, 60
ASK = f"until wget -q -T 2 -O - {URL}; do [ $((n=n+1)) -lt 5 ] || exit 1; sleep 1; done"
WATCH = f"$ docker run --rm -it --network {NETWORK} busybox sh -c 'while usleep 50000; do wget -q -O - {URL}; done'"


def prepare(engine: Engine, answer: Answer) -> None:
    for image in (*VERSIONS, BROKEN):
        table = "" if image == BROKEN else _table(image)
        changes = ['CMD ["sh", "/tides"]', f'ENV TABLE="{table}"']
        engine.make_image("busybox:1.37", content=answer.scene / "tides", name=image, changes=changes)


@check(points=2)
def answers(engine: Engine) -> Service:
    """`dd-tides` answers with version 1.0 or 1.1 in the network `dd-harbour`, which others can join."""
    service, network = engine.service(TIDES), engine.network(NETWORK)
    if network.driver != "overlay" or not network.attributes["Attachable"]:
        raise Failed(
            f"No plain container can join the network `{NETWORK}`, or it is none of the swarm's.",
            hint="`docker network create --help` has a word for both.",
            evidence=network.evidence("{{.Driver}} attachable: {{.Attachable}}"),
        )
    if others := [name for name in (*VERSIONS, BROKEN) if engine.image(name).id != engine.made(name)]:
        raise Failed(
            f"`{others[0]}` is another image than the one that was there.",
            hint="An update brings what others have built. `%reset` brings it back.",
            evidence=engine.image(others[0]).evidence("{{.Id}} {{json .Config.Cmd}}"),
        )
    service.runs(service.replicas or 1, STARTS)
    asked = engine.once("busybox:1.37", "sh", "-c", ASK, network=NETWORK)
    if asked.stdout.strip() != _table(service.image):
        raise Failed(
            f"Nobody answers to `{URL}` in `{NETWORK}` as version 1.0 or 1.1 does.",
            hint="Which network are the tasks in, which image are they of, and are they well?",
            evidence=[f"$ docker run --rm --network {NETWORK} busybox wget -q -O - {URL}", *_listed(engine)],
        )
    return service


@check(needs=answers, points=2, alone=True)
def changes(answers: Service, engine: Engine) -> Load:
    """An update to the other of the two is completed within a minute, while requests are sent."""
    old = answers.image
    new = next(image for image in VERSIONS if image != old)
    with engine.load(URL, source=NETWORK) as load:
        state = answers.updated(new, WITHIN)
    if state != "completed":
        raise Failed(
            f"`docker service update --image {new} {TIDES}` was not completed: it is `{state}`.",
            hint="What would a task of that version have to do to count as well, and how soon is it asked?",
            evidence=answers.update_evidence(),
        )
    if not {_table(new)} <= {*load.answers} <= {_table(old), _table(new)}:
        raise Failed(f"From `{old}` to `{new}`, who asked read: {', '.join(sorted(load.answers))}.", evidence=[WATCH])
    return load


@check(needs=changes, points=3)
def nobody_noticed(changes: Load) -> None:
    """None of the requests that were sent during the update failed."""
    if changes.failures:
        raise Failed(
            changes.told,
            hint="When does Swarm take a new task for one that can be asked, and when is the old one told to end? "
            "Watch it from within the network, and update in a second terminal.",
            evidence=[WATCH],
        )


@check(needs=[nobody_noticed, answers], points=3, alone=True)
def takes_back(answers: Service, engine: Engine) -> Load:
    """An update to the broken `dd-tides:1.2` is taken back by Swarm within a minute."""
    good = answers.image
    with engine.load(URL, source=NETWORK) as load:
        state = answers.updated(BROKEN, WITHIN)
    if state != "rollback_completed" or answers.image != good:
        raise Failed(
            f"`docker service update --image {BROKEN} {TIDES}` was not taken back: it is `{state}`.",
            hint="What is to happen when an update fails? `docker service inspect --pretty dd-tides` shows it.",
            evidence=answers.update_evidence(),
        )
    return load


@check(needs=takes_back, points=2)
def spares(takes_back: Load) -> None:
    """None of the requests that were sent meanwhile failed."""
    if takes_back.failures:
        raise Failed(
            takes_back.told,
            hint="It was taken back, too late: ships had asked it. What does a version have to show before it counts?",
            evidence=[WATCH],
        )


def _table(image: str) -> str:
    return f"tides {image.rpartition(':')[2]}"


def _listed(engine: Engine) -> list[str]:
    return engine.docker("service", "ls", "--format", "{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}}").evidence
