from functools import partial

from graders.author import Answer, Container, Engine, Failed, Project, check, hinted

WEB, STORE, BASE = "web", "store", "redis:8.0"
PORT, NOTES, OK = 8000, "/cgi-bin/notes", 200
ASKED = 5
"""How many notes are added to each copy: a name that leads to both has each in its place once in a thousand times."""
STARTS = 5
"""Seconds that a store gets until it tells what it has kept: it was started a moment ago."""
Copies = list[Project]


@check(points=1)
def reads(engine: Engine, answer: Answer) -> Copies:
    """Compose reads the file, and finds the services `web` and `store`."""
    answer.unchanged(hint="The program is right; what is missing is in `compose.yaml`. `%reset` brings it back.")
    copies = [engine.project(answer.path, as_written=True) for _ in range(2)]
    if missing := sorted({WEB, STORE} - {*copies[0].services}):
        raise Failed(
            f"There is no service `{missing[0]}`.", evidence=["$ docker compose config --services", *copies[0].services]
        )
    return copies


@check(needs=reads, points=2)
def apart(reads: Copies) -> None:
    """No network, no volume and no folder belongs to both copies."""
    # Looked at before anything runs: what both have may be the learner's own.
    first, second = ({*_places(copy)} for copy in reads)
    if shared := sorted(first & second):
        raise Failed(
            f"Two copies, under two names, would have this in common: `{shared[0].partition(' ')[2]}`.",
            hint="Which names does Compose make different for each project, and which are as they are written?",
            evidence=["$ docker compose --project-name another config", *shared],
        )


@check(needs=[apart, reads], points=3)
def both_run(reads: Copies) -> list[Container]:
    """Two copies are brought up beside each other, under two names, and both are published."""
    for copy, told in zip(reads, ("first", "second"), strict=True):
        done = copy.compose("up", "--detach", "--build", may_fail=True)
        if done.exit_code:
            raise Failed(
                f"The {told} of two copies was not brought up.",
                hint="What does the file ask for that a machine has only once?",
                evidence=[
                    "$ docker compose --project-name another up --detach --build",
                    *([line for line in done.output.splitlines() if "rror" in line] or done.evidence[1:]),
                ],
            )
        copy.container(STORE).from_image(BASE).running()
        with hinted("The Engine can choose a free port of the machine for each copy."):
            copy.container(WEB).running().url(port=PORT)
    return [copy.container(WEB) for copy in reads]


@check(needs=both_run, points=2)
def own_notes(both_run: list[Container], engine: Engine, answer: Answer) -> None:
    """What is noted in one copy is not in the other."""
    noted = [[answer.nonce(f"{copy} {n}") for n in range(ASKED)] for copy in range(2)]
    told = partial(both_run[0].evidence, "{{json .Config.Env}}")
    with hinted("Under which name does `web` ask for its `store`, and who has this name?", told):
        for web, notes in zip(both_run, noted, strict=True):
            _notes(engine, web, 0)
            for note in notes:
                web.page(f"{NOTES}?{note}", port=PORT)
        shown = [web.page(NOTES, port=PORT).split() for web in both_run]
    if shown != noted:
        raise Failed(
            f"The check noted {ASKED} things in each of two copies. "
            f"The first shows {len(shown[0])} notes, the second {len(shown[1])}.",
            hint="Whom does the name that `web` asks for lead to, in each copy?",
            evidence=told(),
        )


@check(needs=[own_notes, both_run, reads], points=2)
def keeps(reads: Copies, both_run: list[Container], engine: Engine) -> None:
    """The notes of a copy are there after its `down` and `up`, and the other copy runs on."""
    began = both_run[1].running().started
    reads[0].down()
    reads[0].up()
    notes = _notes(engine, reads[0].container(WEB), ASKED)
    if len(notes) != ASKED or both_run[1].running().started != began:
        raise Failed(
            f"The first copy had {ASKED} notes. After its `down` and `up` it shows {len(notes)}.",
            hint="What becomes of a volume without a name at `down`, and when does Redis write?",
            evidence=reads[0].container(STORE).mount_evidence(),
        )


def _notes(engine: Engine, web: Container, number: int) -> list[str]:
    """The notes of a copy, as soon as there are so many."""

    def told() -> bool:
        response = web.request(NOTES, port=PORT)
        return response.status == OK and len(response.body.split()) >= number

    engine.wait_until(told, STARTS)
    return web.page(NOTES, port=PORT).split()


def _places(copy: Project) -> list[str]:
    """What a copy does not leave to others, as one sees it who brings up two in the same folder."""
    mounts = [mount for service in copy.config["services"].values() for mount in service.get("volumes") or []]
    bound = [str(mount["source"]).replace(str(copy.folder), ".") for mount in mounts if mount["type"] == "bind"]
    made = [*copy.config.get("networks", {}).values(), *copy.config.get("volumes", {}).values()]
    named = [str(one["name"]) for one in made if not one.get("external")]
    return [*(f"source: {source}" for source in bound), *(f"name: {name}" for name in named)]
