from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from graders.author import EXERCISE_LABEL, Answer, Engine, Failed, check

TOOL = "dd-tool:1.0"
RUNS = "sleep 86400"
LISTED = '{{.Names}}\t{{.Status}}\t{{.Label "project"}}'
NAMELESS_OF_PROJECT = 2
NAMELESS_OF_OTHERS = 2


class Item(NamedTuple):
    """A container of the scene: its label (empty for none) and what follows the project's name there, its command."""

    label: str
    suffix: str
    command: str
    starts: bool = True


ITEMS = (
    Item("project", "", "exit 0"),
    Item("project", "", "exit 3"),
    Item("project", "", "exit 0", starts=False),
    Item("project", "", RUNS),
    Item("project", "-2", "exit 0"),
    Item("team", "", "exit 0"),
    Item("", "", "exit 1"),
    Item("", "", RUNS),
)
LEFTOVERS = ITEMS[:3]


def variables(answer: Answer) -> dict[str, str]:
    return {"PROJECT": f"harbour-{answer.nonce('project', 4)}"}


def scene(answer: Answer) -> dict[str, Item]:
    """The containers by name; which is which differs from learner to learner."""
    names = answer.shuffled("items", [f"dd-item-{number}" for number in range(1, len(ITEMS) + 1)])
    return dict(zip(names, ITEMS, strict=True))


def labels(item: Item, project: str) -> dict[str, str]:
    return {item.label: project + item.suffix} if item.label else {}


def prepare(engine: Engine, answer: Answer) -> None:
    project = variables(answer)["PROJECT"]

    def container(name: str, item: Item) -> None:
        made = engine.create("busybox:1.37", "sh", "-c", item.command, name=name, labels=labels(item, project))
        if item.starts:
            made.start()
            if item.command != RUNS:
                made.wait_exit()

    def image(name: str, *label: str) -> None:
        engine.make_image("busybox:1.37", "", name=name, changes=['CMD ["sh"]', *label])

    mine, other = f"LABEL project={project}", f"LABEL project={project}-2"
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(container, name, item) for name, item in scene(answer).items()]
        calls += [pool.submit(image, *words) for words in ((TOOL, mine), ("", mine), ("", mine), ("", other), ("",))]
        for call in calls:
            call.result()


@check(points=1)
def still_running(engine: Engine, answer: Answer) -> None:
    """The containers that run, the project's own among them, still run."""
    for name, item in scene(answer).items():
        if item.command == RUNS and not (engine.has_container(name) and engine.container(name).state["Running"]):
            whose = "belongs to the project, but was still needed" if item.label else "belongs to somebody else"
            seen = "no longer runs" if engine.has_container(name) else "is gone"
            raise Failed(
                f"`{name}` {seen}. It {whose}.",
                hint="A second filter tells apart what runs and what does not. `%reset` brings everything back.",
                evidence=shown(engine),
            )


@check(needs=still_running, points=2)
def left_alone(engine: Engine, answer: Answer) -> None:
    """The stopped containers of others are still there."""
    project = variables(answer)["PROJECT"]
    gone = [
        f"`{name}`, which had "
        + " ".join([f"the label `{k}={v}`" for k, v in labels(item, project).items()] or ["no label"])
        for name, item in scene(answer).items()
        if item.command != RUNS and item not in LEFTOVERS and not engine.has_container(name)
    ]
    if gone:
        raise Failed(
            f"These containers did not belong to the project, and are gone: {'; '.join(gone)}.",
            hint="Look at the list of what you remove before you remove it. `%reset` brings everything back.",
            evidence=shown(engine),
        )


@check(needs=still_running, points=2)
def containers_gone(engine: Engine, answer: Answer) -> list[str]:
    """The project's containers that did not run are gone."""
    leftovers = sorted(name for name, item in scene(answer).items() if item in LEFTOVERS)
    if left := [name for name in leftovers if engine.has_container(name)]:
        states = [f"`{name}` ({engine.container(name).state['Status']})" for name in left]
        raise Failed(
            f"{len(left)} of {len(leftovers)} leftover containers are still there: {', '.join(states)}.",
            hint="A container that does not run has not always exited: what states does `docker ps --all` show?",
            evidence=shown(engine, "--filter", f"label=project={variables(answer)['PROJECT']}"),
        )
    return leftovers


@check(needs=[left_alone, containers_gone], points=1)
def names_listed(containers_gone: list[str], answer: Answer) -> None:
    """`leftovers.txt` has the names of the containers that went, one a line."""
    text = answer.file("leftovers.txt").read_text(errors="replace")
    found = sorted(line.strip() for line in text.splitlines() if line.strip())
    if found == containers_gone:
        return
    if not found:
        seen, hint = "names nothing", "Was it written before the containers went? `%reset` brings them back."
    elif not set(found) & set(containers_gone):
        seen, hint = f"has no name of them, but `{found[0]}`", "`--format` says what `docker ps` prints."
    else:
        more = [f"`{name}`, which is no leftover" for name in found if name not in containers_gone]
        fewer = [f"no `{name}`" for name in containers_gone if name not in found]
        seen, hint = f"has {', '.join([*more, *fewer])}", "The list and the removal want the same filters."
    raise Failed(f"`leftovers.txt` {seen}.", hint=hint, evidence=["$ cat leftovers.txt", *text.splitlines()[:12]])


@check(needs=still_running, points=2)
def images_left_alone(engine: Engine, answer: Answer) -> None:
    """The images of others, and `dd-tool:1.0`, are still there."""
    images = engine.docker("images", "--filter", "dangling=true")
    if not engine.has_image(TOOL):
        raise Failed(
            f"The image `{TOOL}` is gone. It had the label, but also a name: somebody uses it.",
            hint="An image without a name is called dangling, and there is a filter for that.",
            evidence=engine.docker("images", "--filter", "reference=dd-tool").evidence,
        )
    left = len(nameless(engine, of_others_than=variables(answer)["PROJECT"]))
    if left < NAMELESS_OF_OTHERS:
        raise Failed(
            f"Of the {NAMELESS_OF_OTHERS} images of others without a name, {left or 'none'} is left. "
            "They did not have the project's label.",
            hint="`prune` takes filters too. Without one it asks nobody.",
            evidence=images.evidence,
        )


@check(needs=still_running, points=2)
def images_gone(engine: Engine, answer: Answer) -> None:
    """The project's images without a name are gone."""
    project = variables(answer)["PROJECT"]
    if left := nameless(engine, project):
        raise Failed(
            f"{len(left)} of {NAMELESS_OF_PROJECT} images of the project without a name are still there.",
            hint="An image without a name still has an id.",
            evidence=engine.docker("images", "--filter", f"label=project={project}").evidence,
        )


def nameless(engine: Engine, project: str = "", *, of_others_than: str = "") -> list[str]:
    """Ids of the scene's images without a name: those of a project, or those of others than a project."""
    found = engine.images(dangling=True, label=f"{EXERCISE_LABEL}={engine.exercise}")
    values = {image.id: image.labels.get("project") for image in found}
    return [id_ for id_, value in values.items() if (value != of_others_than if of_others_than else value == project)]


def shown(engine: Engine, *filters: str) -> list[str]:
    return engine.docker("ps", "--all", *filters, "--format", LISTED).evidence
