from collections.abc import Iterable

from graders.author import Answer, Container, Engine, Failed, Volume, check, hinted

IMAGE, NAME, VOLUME = "postgres:17", "dd-berths", "dd-berths-data"
LABEL, VALUE = "backup", "nightly"
ASKED = "SELECT DISTINCT berth FROM berths WHERE ship = 'SHIP'"
FIRST = "TABLE berths LIMIT 5"
OPTIONS = '{{range .Config.Env}}{{println .}}{{end}}{{.Path}} {{join .Args " "}}'
MEMORY = {"tmpfs", "ramfs"}
"""File systems that keep nothing once they are mounted no more."""


def variables(answer: Answer) -> dict[str, str]:
    ship = f"{answer.shuffled('ship', ['Aurora', 'Borealis', 'Cormorant', 'Dunlin'])[0]} {answer.nonce('hull', 4)}"
    return {"SHIP": ship, "BERTH": str(answer.number("berth", 11, 98))}


def _without_noise(evidence: Iterable[str]) -> list[str]:
    # What a server tells while it starts is much, and differs with how early it was asked.
    return [line for line in evidence if " LOG: " not in line and "the database system is starting up" not in line]


def _asked(answer: Answer) -> str:
    return ASKED.replace("SHIP", variables(answer)["SHIP"])


@check(points=1)
def running(engine: Engine) -> tuple[Container, str]:
    """`dd-berths` runs from `postgres:17`, and its database answers."""
    container = engine.container(NAME).from_image(IMAGE)
    return container, engine.sql(container, "SHOW data_directory")[0]


@check(needs=running, points=1)
def has_ship(running: tuple[Container, str], engine: Engine, answer: Answer) -> None:
    """The table `berths` says where your ship lies."""
    ship, berth = variables(answer).values()
    with hinted("Was it written into this container, or one before it? And into the database that its variables name?"):
        found = engine.sql(running[0], _asked(answer))
    if found != [berth]:
        seen = f"says that `{ship}` lies at {' and at '.join(found)}" if found else f"has no ship called `{ship}`"
        raise Failed(
            f"The table `berths` {seen}; it should lie at berth {berth}.",
            hint="Which shell puts the values in place of `$SHIP` and `$BERTH`? Within single quotes none does.",
            evidence=[f"$ docker exec {NAME} psql … -c '{FIRST}'", *engine.sql(running[0], FIRST)],
        )


@check(points=1)
def labelled(engine: Engine) -> Volume:
    """There is a volume `dd-berths-data` with the label `backup=nightly`."""
    volume = engine.volume(VOLUME)
    if volume.labels.get(LABEL) != VALUE:
        raise Failed(
            f"The volume `{VOLUME}` does not carry the label `{LABEL}={VALUE}`.",
            hint="A volume gets labels when it is made, and never later. Where a container asks for one that is not "
            "there, the Engine makes it, without labels.",
            evidence=volume.evidence("{{json .Labels}}"),
        )
    return volume


@check(needs=[running, labelled], points=2)
def in_volume(running: tuple[Container, str], labelled: Volume) -> Volume:
    """The data of the database lie in this volume, on disk."""
    container, folder = running
    looked = container.exec("sh", "-c", 'readlink -f "$0" && stat --file-system --format %T "$0"', folder, user="0")
    place, system = [*looked.stdout.splitlines(), "", ""][:2]
    mount = container.mount(place)
    if not mount or mount.source != VOLUME:
        seen = mount.told if mount else "the container's own layer"
        raise Failed(
            f"The database writes into `{folder}`. What is there is {seen}, not the volume `{VOLUME}`.",
            hint="A volume has what is written below the path at which it is mounted, and nothing else.",
            evidence=[f"$ docker exec {NAME} psql … -c 'SHOW data_directory'", folder, *container.mount_evidence()],
        )
    if system in MEMORY:
        raise Failed(
            f"The volume `{VOLUME}` is kept in memory. It is empty as soon as no container runs that mounts it.",
            hint="Without options, a volume is a folder on the disk of the Engine's machine.",
            evidence=labelled.evidence("{{json .Options}}"),
        )
    return labelled


@check(needs=[in_volume, running, has_ship], points=3)
def survives(in_volume: Volume, running: tuple[Container, str], engine: Engine, answer: Answer) -> None:
    """A container made again with the same options has the ship, and what was written since."""
    container, probe = running[0], f"drydock_{answer.nonce('probe', 12)}"
    engine.sql(container, f"CREATE TABLE {probe} AS SELECT 'since'")
    try:
        anew = container.made_anew(instead={VOLUME: in_volume.copied().name})
        found = engine.sql(anew, f"{_asked(answer)}; TABLE {probe}")
        if found != [variables(answer)["BERTH"], "since"]:
            raise Failed(f"Asked for the ship, and for what was written since, it says {found}.")
    except Failed as failed:
        raise Failed(
            f"A container made again with the same options does not have what this one has. {failed}",
            hint="Is all that the database needs in the volume? And does what the container runs leave it alone?",
            evidence=[*_without_noise(failed.evidence), *container.evidence(OPTIONS)],
        ) from None
    finally:
        engine.sql(container, f"DROP TABLE {probe}")
