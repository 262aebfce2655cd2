from functools import partial
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Volume, check, hinted

IMAGE, PLACE = "busybox:1.37", "/spool"
OLD, NOW, NEXT, TICKETS = "dd-weigh-old", "dd-weigh-now", "dd-weigh-next", "dd-weigh-tickets"
LEFTOVERS = ("night-1", "night-2", "night-3")
"""Volumes without a name of their own, as this file calls them; the one of `dd-weigh-old` becomes another."""
BACK = "`%reset` brings everything back."


class Kept(NamedTuple):
    """A volume that stays: what tells that, and what is in it."""

    why: str
    files: dict[str, bytes]


def variables(answer: Answer) -> dict[str, str]:
    return {"SERVICE": f"weigh-{answer.nonce('service', 4)}"}


def of(service: str, **files: str) -> dict[str, bytes]:
    """What is in a volume of a service."""
    return {"service": f"{service}\n".encode()} | {name: f"{text}\n".encode() for name, text in files.items()}


def others(answer: Answer) -> dict[str, Kept]:
    """The volumes that no container mounts and that stay; only the tickets have a name on the Engine."""
    mine = variables(answer)["SERVICE"]
    return {
        "yard": Kept(f"belonged to the service `{mine}-yard`", of(f"{mine}-yard")),
        "gate": Kept("belonged to the service `gate`", of("gate", lorries=f"Let in for:\n{mine}")),
        TICKETS: Kept("had a name", of(mine, tickets=f"{answer.number('ticket', 1000, 9999)} coal")),
    }


def held(answer: Answer) -> dict[str, dict[str, bytes]]:
    """What is in the volumes of the containers that stay."""
    return {NOW: of(variables(answer)["SERVICE"]), NEXT: {"plan": answer.nonce("plan").encode()}}


def prepare(engine: Engine, answer: Answer) -> None:
    mine = of(variables(answer)["SERVICE"])
    nameless = dict.fromkeys(LEFTOVERS, mine) | {name: kept.files for name, kept in others(answer).items()}
    tickets = nameless.pop(TICKETS)

    def containers() -> None:
        engine.make_volume(TICKETS, tickets)
        spool, more = engine.nameless(PLACE), {TICKETS: {"bind": "/tickets"}}
        old = engine.run(IMAGE, "true", name=OLD, mounts=spool, volumes=more)
        now = engine.run(IMAGE, "sleep", "86400", name=NOW, mounts=spool)
        waits = engine.create(IMAGE, "sleep", "86400", name=NEXT, mounts=spool)
        for container in (old, now, waits):
            files = held(answer).get(container.name, mine)
            container.put({f"{PLACE}/{path}": text for path, text in files.items()})
        old.wait_exit()

    loose = [partial(engine.make_volume, name, files, anonymous=True) for name, files in nameless.items()]
    engine.side_by_side(containers, *loose)


@check(points=3)
def volumes_kept(engine: Engine, answer: Answer) -> None:
    """The volumes of other services, and `dd-weigh-tickets`, are there with what was in them."""
    if memory := engine.forgot():
        raise gone(engine, memory, "had a name, and was the course's note of what you found here")
    for name, kept in others(answer).items():
        volume = name if name == TICKETS else engine.made(name)
        if not engine.has_volume(volume):
            raise gone(engine, volume, kept.why)
        unchanged(engine.scene_volume(volume), kept.files)


@check(needs=volumes_kept, points=2)
def containers_kept(engine: Engine, answer: Answer) -> None:
    """`dd-weigh-now` works on, `dd-weigh-next` waits, and both have their volumes with what was in them."""
    with hinted(f"Of the containers only `{OLD}` was to go. {BACK}"):
        if engine.scene(NOW).running().finished:
            ended = engine.container(NOW).evidence("ended {{.State.FinishedAt}}, started {{.State.StartedAt}}")
            raise Failed(f"`{NOW}` runs, but not without a break: it was ended, and started again.", evidence=ended)
        if engine.scene(NEXT).started:
            started = engine.container(NEXT).evidence("started {{.State.StartedAt}}")
            raise Failed(f"`{NEXT}` was to wait, and was started.", evidence=started)
    for name, files in held(answer).items():
        unchanged(engine.volume(engine.made(f"{name}:{PLACE}")), files, f" of `{name}`")


@check(needs=volumes_kept, points=1)
def old_gone(engine: Engine) -> None:
    """The container `dd-weigh-old` is removed."""
    if engine.has_container(engine.made(OLD)):
        container = engine.container(engine.made(OLD))
        renamed = "" if container.name == OLD else f", called `{container.name}` now"
        raise Failed(
            f"`{OLD}` is still there{renamed}.",
            hint="As long as it is there, it mounts its volumes.",
            evidence=container.mount_evidence(),
        )


@check(needs=old_gone, points=3)
def leftovers_gone(engine: Engine) -> None:
    """Every volume of the service that has no name and no container is removed."""
    last = engine.made(f"{OLD}:{PLACE}")
    names = [*map(engine.made, LEFTOVERS), last]
    if left := [name for name in names if engine.has_volume(name)]:
        hint = "Only what is in a volume tells whose it is. A container can mount it, and look."
        if left == [last]:
            hint = f"`docker rm` leaves the volumes of a container. This one was that of `{OLD}`."
        raise Failed(
            f"Of {len(names)} leftover volumes still there: {', '.join(map(short, left))}.",
            hint=hint,
            evidence=engine.volume(left[0]).listing_evidence(),
        )


def gone(engine: Engine, volume: str, why: str) -> Failed:
    return Failed(
        f"The volume {short(volume)} was no leftover, and is gone. It {why}.",
        hint=f"Whose is it, has it a name, does a container mount it? All three count. {BACK}",
        evidence=engine.docker("volume", "inspect", "--format", "{{.Name}}", volume).evidence,
    )


def unchanged(volume: Volume, files: dict[str, bytes], of_which: str = "") -> None:
    if not volume.holds(files):
        raise Failed(
            f"The volume {short(volume.name)}{of_which} is there, but what was in it is not as it was.",
            hint=f"Mounted with `:ro`, a volume cannot change while you look. {BACK}",
            evidence=volume.listing_evidence(),
        )


def short(volume: str) -> str:
    return f"`{volume if '-' in volume else volume[:12]}`"
