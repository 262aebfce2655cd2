"""Look at containers on the Engine and at the networks that they are in."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from environment.engines import SESSION_LABEL
from environment.engines.container import ENGINE_LABEL
from graders.engine import Plan
from graders.errors import Failed, hinted
from graders.exercise import load
from graders.pictures.topology.members import Member, Net, Picture, Place, beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graders.engine import Container, Engine

HOUR = 3600
NO_PLAN = Plan()
NOT_THEIRS = {SESSION_LABEL, ENGINE_LABEL}
"""Labels of what a check or a throwaway Engine made."""


def look(engine: Engine, names: Sequence[str] = ()) -> Picture:
    """All containers but what checks made; with names, these containers and who is in the networks of these names.

    The id of an exercise stands for its containers, beside which its plan is shown.
    Fails where neither a container nor a network has one of the names; UsageError where there is no such exercise.
    """
    exercises = [load(name) for name in names if "/" in name]
    if exercises:
        owned = {name for exercise in exercises for name in exercise.owns.containers if engine.has_container(name)}
        names = [*(name for name in names if "/" not in name), *sorted(owned)]
        picture = _look(engine, names) if names else Picture(())
        for exercise in exercises:
            picture = beside(picture, getattr(exercise.grader, "PLAN", NO_PLAN))
        return picture
    return _look(engine, names)


def _look(engine: Engine, names: Sequence[str]) -> Picture:
    networks = {network.name: network for network in engine.networks()}
    nets = {
        name: Net(name, network.driver, tuple(network.subnets), network.is_internal)
        for name, network in networks.items()
    }
    with hinted("`docker ps --all` and `docker network ls` list those that are there."):
        alone = {engine.container(name).name for name in names if name not in nets}
    made = []
    for container in engine.containers():
        try:
            if not NOT_THEIRS & set(container.config["Labels"] or {}) or container.name in alone:
                made.append(_member(engine, container, nets))
        except Failed:  # it went while it was looked at
            continue
    chosen = [m for m in made if not names or m.name in alone or any(p.net.name in names for p in m.places)]
    others = tuple(place for member in made if member not in chosen for place in member.places)
    return Picture(tuple(sorted(chosen, key=lambda member: member.name)), others)


def watch(engine: Engine, names: Sequence[str] = ()) -> Iterator[Picture]:
    """The same, and again whenever it has changed, without end.

    It looks in a thread of its own: an interrupt that hits a request to the Engine can leave its client locked.
    """
    found: SimpleQueue[Picture | Exception] = SimpleQueue()
    stop = threading.Event()
    following = threading.Thread(target=_follow, args=(engine, names, found, stop), daemon=True, name="topology")
    following.start()
    try:
        while True:
            one = found.get()
            if isinstance(one, Exception):
                raise one
            yield one
    finally:
        stop.set()


def _follow(
    engine: Engine, names: Sequence[str], found: SimpleQueue[Picture | Exception], stop: threading.Event
) -> None:
    shown: Picture | None = None

    def changed() -> bool:
        nonlocal shown
        if stop.is_set():
            return True
        now = look(engine, names)
        if now != shown:
            found.put(now)
        shown = now
        return False

    try:
        while not stop.is_set():
            engine.wait_until(changed, HOUR)
    except Exception as error:
        found.put(error)


def _member(engine: Engine, container: Container, nets: dict[str, Net]) -> Member:
    places = tuple(
        Place(nets[name], address.ip or address.ipv6, address.aliases)
        for name, address in container.addresses.items()
        if name in nets
    )
    joined = str(container.host_config.get("NetworkMode") or "").partition("container:")[2]
    return Member(
        container.name,
        container.config["Image"],
        _state(container),
        places,
        tuple(
            (f"[{address}]:{number}" if ":" in address else f"{address}:{number}", port)
            for port in container.published_ports
            for address, number in container.published(port)
        ),
        tuple(f"{mount.target} is {mount.told}".replace("`", "") for mount in container.mounts),
        _called(engine, joined) if joined else "",
    )


def _called(engine: Engine, container: str) -> str:
    """The name of a container by its id, which is told where there is no such container any more."""
    return engine.container(container).name if engine.has_container(container) else container[:12]


def _state(container: Container) -> str:
    state = container.state
    if not state["Running"]:
        return f"ended with exit code {state['ExitCode']}" if state["Status"] == "exited" else "does not run"
    health = container.health
    return ", ".join(filter(None, ["paused" if state.get("Paused") else "runs", health if health != "none" else ""]))
