from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Node, check

FIRST, SECOND, THIRD = NAMES = ("dd-bridge-1", "dd-bridge-2", "dd-bridge-3")
COURSE, KEY, CHART = "dd-course", "dd-key", "dd-chart"
KINDS = {"service": COURSE, "secret": KEY, "config": CHART}
TASKS = 2
ASKED, SEEN, STARTS, ELECTED = 8, 20, 40, 40
"""Seconds for an answer, until managers know each other, until tasks run, and until another one leads."""
LISTED = ("node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.ManagerStatus}}")


class Bridge(NamedTuple):
    """The three Engines, the first of which is asked."""

    first: Node
    others: list[Node]

    def managers(self) -> list[str]:
        """Each node in the list, with what it is as a manager."""
        return sorted(self.first.docker(*LISTED, timeout=ASKED).stdout.splitlines())


def prepare(engine: Engine, _answer: Answer) -> None:
    first, *others = engine.make_nodes(*NAMES, network="dd-bridges", managers=3, images=["busybox:1.37"])
    for kind, name in (("secret", KEY), ("config", CHART)):
        # What the key is stands nowhere else.
        first.container.exec("sh", "-c", f"head -c 24 /dev/urandom | docker {kind} create {name} -")
    first.said(
        *("service", "create", "--quiet", "--detach", "--no-resolve-image", "--init", "--name", COURSE),
        *("--replicas", str(TASKS), "--replicas-max-per-node", "1", "--constraint", f"node.hostname!={THIRD}"),
        *("--restart-delay", "1s", "--stop-grace-period", "1s", "--secret", KEY, "--config", CHART),
        *("busybox:1.37", "sleep", "1d"),
    )
    first.wait_until(lambda: first.running_on(COURSE) == [FIRST, SECOND], STARTS)
    for kind, name in KINDS.items():
        engine.remember(name, first.inspect(kind, "inspect", name)["ID"])
    engine.side_by_side(*(lambda one=one: one.said("swarm", "leave", "--force") for one in others))


@check(points=2)
def led(engine: Engine) -> Bridge:
    """`dd-bridge-1` is a manager of a swarm that has a leader."""
    bridge = Bridge(engine.node(FIRST), [engine.node(SECOND), engine.node(THIRD)])
    if not bridge.first.swarm["ControlAvailable"]:
        state = bridge.first.docker("info", "--format", "{{.Swarm.LocalNodeState}}")
        raise Failed(f"`{FIRST}` is not a manager of a swarm.", evidence=state.evidence)
    listed = bridge.first.docker(*LISTED, timeout=ASKED)
    if listed.exit_code or not any("Leader" in line for line in listed.stdout.splitlines()):
        raise Failed(
            f"`{FIRST}` has no leader, and without one nothing can be decided.",
            hint="How many of three managers are needed? What can be said to the only one that is left?",
            evidence=listed.evidence,
        )
    return bridge


@check(needs=led, points=4)
def kept(led: Bridge, engine: Engine) -> Bridge:
    """Service, secret and config are the ones of before."""
    for kind, name in KINDS.items():
        shown = led.first.docker(kind, "inspect", "--format", "{{.ID}} {{.Spec.Name}}", name)
        if engine.made(name) not in shown.stdout:
            raise Failed(
                f"The {kind} `{name}` is not the one that there was.",
                hint="A new swarm knows nothing of the old one. `%reset` brings the old one back.",
                evidence=shown.evidence,
            )
    return led


@check(needs=kept, points=4, alone=True)
def majority(kept: Bridge) -> None:
    """Three managers and no other node, and when the one that leads is lost, the others decide."""
    wanted = sorted([f"{FIRST} Ready", f"{SECOND} Ready", f"{THIRD} Ready"])
    if not kept.first.wait_until(lambda: all_managers(kept.managers(), wanted), SEEN):
        raise Failed(
            "The list of nodes is not one of three managers, all of them there.",
            hint="Who is gone for good is taken from the list; who comes is told as what.",
            evidence=kept.first.docker(*LISTED).evidence,
        )
    listed = kept.managers()
    leader = next((one for one in kept.others if f"{one.name} Ready Leader" in listed), kept.first)
    other = next(one for one in kept.others if one is not leader)
    change = ("service", "update", "--detach", "--label-add", "asked=yes", COURSE)
    with leader.container.paused():
        if not other.wait_until(lambda: other.docker(*change, timeout=ASKED).exit_code == 0, ELECTED):
            raise Failed(
                f"`{leader.name}` was paused, which led, and nothing could be changed any more.",
                evidence=other.docker(*change, timeout=ASKED).evidence,
            )


@check(needs=led, points=2)
def runs(led: Bridge) -> None:
    """Two tasks of `dd-course` run."""
    # The manager believes for a while that what it cannot reach still runs.
    all_of_them = (led.first, *led.others)
    if not led.first.wait_until(lambda: sum(len(one.containers_of(COURSE)) for one in all_of_them) == TASKS, STARTS):
        raise Failed(f"Not {TASKS} tasks of `{COURSE}` run.", evidence=led.first.tasks(COURSE))


def all_managers(listed: list[str], wanted: list[str]) -> bool:
    """Whether these nodes are in the list, each as a manager, and no other."""
    roles = [line.rpartition(" ") for line in listed]
    return [node for node, _, _ in roles] == wanted and {role for _, _, role in roles} == {"Leader", "Reachable"}
