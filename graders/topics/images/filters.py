import re
from functools import partial
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, check

IMAGE, TOOL = "busybox:1.37", "dd-tool:1.0"
RUNS = "sleep 86400"
LISTED = '{{.Names}}\t{{.Status}}\t{{.Label "project"}}'
NAMELESS = 2
"""Images without a name: so many has the project, and so many have others."""
BACK = "`%reset` brings everything back."


class Item(NamedTuple):
    """A container of the scene: its label, with {} for the project's name, and its command."""

    label: str
    command: str
    starts: bool = True


LEFTOVERS = (Item("project={}", "exit 0"), Item("project={}", "exit 3"), Item("project={}", "exit 0", starts=False))
OTHERS = (Item("project={}-2", "exit 0"), Item("team={}", "exit 0"), Item("", "exit 1"))
NEEDED = (Item("project={}", RUNS), Item("", RUNS))
ITEMS = (*LEFTOVERS, NEEDED[0], *OTHERS, NEEDED[1])


def variables(answer: Answer) -> dict[str, str]:
    return {"PROJECT": f"harbour-{answer.nonce('project', 4)}"}


def scene(answer: Answer, kinds: tuple[Item, ...]) -> dict[str, Item]:
    """The containers of these kinds by name; which is which differs from learner to learner."""
    names = answer.shuffled("items", [f"dd-item-{number}" for number in range(1, len(ITEMS) + 1)])
    return {name: item for name, item in zip(names, ITEMS, strict=True) if item in kinds}


def prepare(engine: Engine, answer: Answer) -> None:
    project = variables(answer)["PROJECT"]

    def container(name: str, item: Item) -> None:
        labels = dict([item.label.format(project).split("=")]) if item.label else {}
        made = engine.create(IMAGE, "sh", "-c", item.command, name=name, labels=labels)
        if item.starts:
            made.start()
        if item.starts and item.command != RUNS:
            made.wait_exit()

    def image(name: str, *label: str) -> None:
        engine.make_image(IMAGE, name=name, changes=['CMD ["sh"]', *label])

    mine, other = f"LABEL project={project}", f"LABEL project={project}-2"
    images = [(TOOL, mine), ("", mine), ("", mine), ("", other), ("",)]
    containers = [partial(container, *named) for named in scene(answer, ITEMS).items()]
    engine.side_by_side(*containers, *(partial(image, *words) for words in images))


@check(points=1)
def still_running(engine: Engine, answer: Answer) -> None:
    """The containers that run, the project's own among them, still run."""
    for name, item in scene(answer, NEEDED).items():
        there = is_there(engine, name)
        if not (there and engine.container(engine.made(name)).state["Running"]):
            whose = "belongs to the project, but was still needed" if item.label else "belongs to somebody else"
            raise Failed(
                f"`{name}` {'no longer runs' if there else 'is gone'}. It {whose}.",
                hint=f"A second filter tells apart what runs and what does not. {BACK}",
                evidence=shown(engine),
            )


@check(needs=still_running, points=2)
def left_alone(engine: Engine, answer: Answer) -> None:
    """The stopped containers of others are still there."""
    project, others = variables(answer)["PROJECT"], scene(answer, OTHERS).items()
    had = {name: f"the label `{item.label.format(project)}`" if item.label else "no label" for name, item in others}
    gone = {name: f"`{name}`, which had {label}" for name, label in had.items() if not is_there(engine, name)}
    if gone:
        anew = " Others have their names now." if any(engine.has_container(name) for name in gone) else ""
        raise Failed(
            f"These containers did not belong to the project, and are gone: {'; '.join(gone.values())}.{anew}",
            hint=f"Look at the list of what you remove before you remove it. {BACK}",
            evidence=shown(engine),
        )


@check(needs=still_running, points=2)
def containers_gone(engine: Engine, answer: Answer) -> list[str]:
    """The project's containers that did not run are gone."""
    leftovers = sorted(scene(answer, LEFTOVERS))
    if left := [name for name in leftovers if is_there(engine, name)]:
        states = ", ".join(with_state(engine, name) for name in left)
        hint = "A container that does not run has not always exited: what states does `docker ps --all` show?"
        if not any(engine.has_container(name) for name in left):
            hint = "A new name is no removal."
        raise Failed(
            f"{len(left)} of {len(leftovers)} leftover containers are still there: {states}.",
            hint=hint,
            evidence=shown(engine, "--filter", f"label=project={variables(answer)['PROJECT']}"),
        )
    return leftovers


@check(needs=[left_alone, containers_gone], points=1)
def names_listed(containers_gone: list[str], answer: Answer) -> None:
    """`leftovers.txt` has the names of the containers that went, one a line."""
    text = answer.file("leftovers.txt").read_text(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = sorted(lines)
    if found == containers_gone:
        return
    joined = {word for line in lines for word in re.split(r"[\s,;]+", line)}
    if len(joined) > len(set(found)) and joined == set(containers_gone):
        seen, hint = "has them all, but not each on a line of its own", "How does a shell print a list, one a line?"
    elif sorted(name.removeprefix("/").strip("\"'") for name in lines) == containers_gone:
        seen, hint = f"has more than the names: `{lines[0]}`", "`--format` says what `docker ps` prints."
    elif len(set(found)) < len(found) and sorted(set(found)) == containers_gone:
        twice = next(name for name in found if found.count(name) > 1)
        seen, hint = f"has `{twice}` more than once", "`>` writes a file anew, `>>` goes on in it."
    elif not found:
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
    if not engine.has_image(TOOL) or engine.image(TOOL).id != engine.made(TOOL):
        named = engine.has_image(TOOL)
        what = (
            f"`{TOOL}` names another image now; the old one lost its name" if named else f"The image `{TOOL}` is gone"
        )
        raise Failed(
            f"{what}. It had the label, but also a name: somebody uses it.",
            hint=f"An image without a name is called dangling, and there is a filter for that. {BACK}",
            evidence=images_shown(engine, "reference=dd-tool"),
        )
    left = len([owner for owner in owners(engine) if owner != variables(answer)["PROJECT"]])
    if left < NAMELESS:
        raise Failed(
            f"Of the {NAMELESS} images of others without a name, {left or 'none'} is left. "
            "They did not have the project's label.",
            hint="`prune` takes filters too. Without one it asks nobody.",
            evidence=images_shown(engine, "dangling=true"),
        )


@check(needs=still_running, points=2)
def images_gone(engine: Engine, answer: Answer) -> None:
    """The project's images without a name are gone."""
    project = variables(answer)["PROJECT"]
    if left := owners(engine).count(project):
        raise Failed(
            f"{left} of {NAMELESS} images of the project without a name are still there.",
            hint="An image without a name still has an id.",
            evidence=images_shown(engine, f"label=project={project}"),
        )


def owners(engine: Engine) -> list[str | None]:
    """Whose the scene's images without a name are that are left, by their label; one that has got a name is left."""
    left = [engine.image(made) for made in engine.made_nameless() if engine.has_image(made)]
    return [image.labels.get("project") for image in left]


def images_shown(engine: Engine, which: str) -> list[str]:
    listed = "{{.Repository}}:{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}"
    return engine.docker("images", "--filter", which, "--format", listed).evidence


def is_there(engine: Engine, name: str) -> bool:
    """Whether the container that had this name at the start is there, whatever its name is now."""
    return engine.has_container(engine.made(name))


def with_state(engine: Engine, name: str) -> str:
    """A container of the scene by its name, with its state."""
    container = engine.container(engine.made(name))
    renamed = "" if container.name == name else f", now called `{container.name}`"
    return f"`{name}` ({container.state['Status']}{renamed})"


def shown(engine: Engine, *filters: str) -> list[str]:
    return engine.docker("ps", "--all", *filters, "--format", LISTED).evidence
