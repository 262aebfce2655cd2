from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Finished, Node, check

MANAGER, WORKER, MENDED = "dd-quay-1", "dd-quay-2", "dd-quay-3"
ARCHIVE, WATCH, LANE = "dd-archive", "dd-watch", "dd-lane"
KEY, VALUE = "disk", "large"
STARTS, MOVES, ANSWERS = 20, 30, 10
"""Seconds until tasks run, until one runs elsewhere, and until its name is known there."""
JOINED = "{{range .Spec.TaskTemplate.Networks}}{{.Target}} {{end}}"
PAGE = f"http://tasks.{ARCHIVE}:8080/hostname"


class Quays(NamedTuple):
    """The three nodes, of which the first is told what is wanted of the swarm."""

    manager: Node
    all: dict[str, Node]

    def taking_work(self) -> list[str]:
        """The nodes to which tasks are given."""
        nodes = self.manager.records("node", "ls")
        return sorted(one["Hostname"] for one in nodes if (one["Availability"], one["Status"]) == ("Active", "Ready"))

    def asked_from(self, name: str) -> Finished | None:
        """What the watch on this node hears from the archive; None without a watch."""
        node = self.all[name]
        ask = ("timeout", "4", "wget", "-q", "-O", "-", PAGE)
        return next((node.docker("exec", one, *ask) for one in node.containers_of(WATCH)), None)

    def see_answers(self) -> None:
        """See that the archive answers to each watch."""
        for name in self.taking_work():
            asked: list[Finished | None] = []

            def answers(name: str = name, asked: list[Finished | None] = asked) -> bool:
                asked.append(self.asked_from(name))
                return asked[-1] is not None and asked[-1].exit_code == 0

            if not self.manager.wait_until(answers, ANSWERS):
                raise Failed(
                    f"The archive does not answer to the watch on `{name}`.",
                    hint="A service is in those networks alone that it names, and its program listens on a port.",
                    evidence=asked[-1].evidence if asked[-1] else self.manager.tasks(WATCH),
                )


def prepare(engine: Engine, _answer: Answer) -> None:
    manager, *_ = engine.make_nodes(MANAGER, WORKER, MENDED, network="dd-quays", images=["busybox:1.37"])
    manager.said("node", "update", "--label-add", f"{KEY}={VALUE}", WORKER)


@check(points=2)
def mended(engine: Engine) -> Quays:
    """`dd-quay-3` takes no tasks, runs none, and is still in the swarm."""
    quays = Quays(engine.node(MANAGER), {name: engine.node(name) for name in (MANAGER, WORKER, MENDED)})
    node = quays.manager.inspect("node", "inspect", MENDED)
    shown = quays.manager.docker("node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.Availability}}").evidence
    if node["Status"]["State"] != "ready":
        raise Failed(f"`{MENDED}` is {node['Status']['State']}: it is not in the swarm any more.", evidence=shown)
    if (availability := node["Spec"]["Availability"]) != "drain":
        what = "active: new tasks come to it" if availability == "active" else "paused: what runs there stays"
        raise Failed(f"`{MENDED}` is {what}.", evidence=shown)
    if not quays.manager.wait_until(lambda: not quays.all[MENDED].records("ps"), MOVES):
        ran = quays.all[MENDED].docker("ps", "--format", "{{.Names}} {{.Status}}")
        raise Failed(f"There still are containers on `{MENDED}`.", evidence=ran.evidence)
    return quays


@check(needs=mended, points=3)
def everywhere(mended: Quays) -> Quays:
    """`dd-watch` has a task on each node that takes work, and would have one on each that joins."""
    manager, wanted = mended.manager, mended.taking_work()
    if "Global" not in manager.inspect("service", "inspect", WATCH)["Spec"]["Mode"]:
        raise Failed(
            f"`{WATCH}` is no service with one task on each node.",
            hint="A number of tasks says nothing of nodes, and a node that joins does not change it.",
            evidence=manager.docker("service", "inspect", "--format", "{{json .Spec.Mode}}", WATCH).evidence,
        )
    if not manager.wait_until(lambda: manager.running_on(WATCH) == wanted, STARTS):
        raise Failed(
            f"`{WATCH}` runs on {', '.join(manager.running_on(WATCH)) or 'no node'}. "
            f"The nodes that take work are {', '.join(wanted)}.",
            evidence=manager.tasks(WATCH),
        )
    return mended


@check(needs=mended, points=3)
def archive(mended: Quays) -> None:
    """`dd-archive` has one task, which runs on the node that has the label `disk=large`."""
    spec = mended.manager.inspect("service", "inspect", ARCHIVE)["Spec"]
    one = spec["Mode"].get("Replicated", {}).get("Replicas") == 1
    if not one or not mended.manager.wait_until(lambda: mended.manager.running_on(ARCHIVE) == [WORKER], STARTS):
        where = ", ".join(mended.manager.running_on(ARCHIVE)) or "no node"
        raise Failed(
            f"`{ARCHIVE}` runs on {where}. One task is to run, on the node that has the label: `{WORKER}`.",
            evidence=mended.manager.tasks(ARCHIVE),
        )


@check(needs=[everywhere, archive], points=2)
def lane(everywhere: Quays) -> None:
    """Both are in the overlay network `dd-lane`, and from each watch the archive answers."""
    manager = everywhere.manager
    shown = manager.docker("network", "inspect", "--format", "{{.Id}} {{.Driver}}", LANE)
    lane, _, driver = shown.stdout.strip().partition(" ")
    if driver != "overlay":
        raise Failed(f"There is no overlay network `{LANE}`.", evidence=shown.evidence)
    for service in (ARCHIVE, WATCH):
        joined = manager.docker("service", "inspect", "--format", JOINED, service)
        if lane not in joined.stdout.split():
            raise Failed(f"`{service}` is not in `{LANE}`.", evidence=[*shown.evidence, *joined.evidence])
    everywhere.see_answers()


@check(needs=[lane, everywhere], points=3)
def follows(everywhere: Quays) -> None:
    """When another node has the label, the archive runs there, and answers to all."""
    manager = everywhere.manager
    manager.said("node", "update", "--label-rm", KEY, WORKER)
    manager.said("node", "update", "--label-add", f"{KEY}={VALUE}", MANAGER)
    try:
        if not manager.wait_until(lambda: manager.running_on(ARCHIVE) == [MANAGER], MOVES):
            raise Failed(
                f"The label is on `{MANAGER}` now, and `{ARCHIVE}` does not run there.",
                hint="What is compared: the name of a node, or what is true of it?",
                evidence=manager.tasks(ARCHIVE),
            )
        everywhere.see_answers()
    finally:
        manager.said("node", "update", "--label-rm", KEY, MANAGER)
        manager.said("node", "update", "--label-add", f"{KEY}={VALUE}", WORKER)
