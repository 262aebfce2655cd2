import os
from collections.abc import Iterator
from contextlib import contextmanager
from tarfile import TarInfo

from graders.author import Answer, Container, Engine, Failed, check, hinted

OFFICE, DESK, VOLUME, FOLDER = "dd-moorings", "dd-moorings-desk", "dd-moorings-ships", "dd-desk"
APP, PLACE, PORT = "moorings", "/moorings", 8080
ROOTS_STAND_IN = 10021
"""Whose the folder is where root ran the first lines of the commands."""
OTHERS_MAY_WRITE = 0o002
KEPT = (
    "Whose is the folder in the volume, as whom does the app act, and may it be written at all? A volume with "
    "something in it stays as it is, whatever the image has later."
)
NUMBERS = "The kernel compares numbers. Which one is yours, and who says as whom a container runs?"
Both = tuple[Container, Container]
Entries = dict[str, TarInfo]


def asked(container: Container, question: str, answer: Answer) -> str:
    """Have the app make a ship fast or cast it off; fails where its list of ships says that it did not."""
    # Each its own: two containers may have one folder.
    ship = f"Aurora-{answer.nonce(container.called)}"
    done = container.request_inside(f"/cgi-bin/{APP}?{question}={ship}", port=PORT)
    if done.exit_code or (ship in done.stdout.splitlines()) != (question == "fast"):
        said = (done.output.splitlines() or ["nothing"])[0]
        raise Failed(
            f"{'It' if container.shown else container.subject} was asked for `?{question}={ship}`, and says: `{said}`.",
            evidence=[*container.look("ls", "-lnd", PLACE).evidence, *container.mount_evidence()],
        )
    return ship


def made_fast(container: Container, answer: Answer) -> Entries:
    """With a ship made fast: the folder that the app writes into, and what it wrote, by path."""
    paths = (PLACE, f"{PLACE}/{asked(container, 'fast', answer)}")
    return {path: entry for path in paths if (entry := container.entry(path))}


@contextmanager
def for_a_while(container: Container, answer: Answer) -> Iterator[Entries]:
    """The same, and the ship is cast off at the end of the block."""
    found = made_fast(container, answer)
    try:
        yield found
    finally:
        asked(container, "off", answer)


@check(points=1)
def runs(engine: Engine, answer: Answer) -> Both:
    """`dd-moorings` and `dd-moorings-desk` run, with the app as it was given."""
    both = engine.container(OFFICE).running(), engine.container(DESK).running()
    for container in both:
        engine.unchanged(answer, container, APP)
    return both


@check(needs=runs, points=2)
def not_root(runs: Both, engine: Engine) -> None:
    """In neither of them the app runs as root."""
    for container in runs:
        app = engine.listener(container, PORT)
        if app.user == 0:
            raise Failed(
                f"In `{container.name}` the app, {app.called}, runs as user 0, root.",
                hint="Root may write everywhere, and so may whoever finds a hole in the app. The folder is what is to "
                "be mended.",
                evidence=container.evidence("user of the container: {{.Config.User}}"),
            )


@check(needs=[runs, not_root], points=1)
def in_volume(runs: Both, answer: Answer) -> Container:
    """`dd-moorings` keeps ships in the volume `dd-moorings-ships`."""
    office, mount = runs[0], runs[0].mount(PLACE)
    if not mount or mount.source != VOLUME:
        seen = mount.told if mount else "the container's own layer"
        raise Failed(
            f"What `{OFFICE}` has at `{PLACE}` is {seen}, not the volume `{VOLUME}`.", evidence=office.mount_evidence()
        )
    with hinted(KEPT), for_a_while(office, answer):
        return office


@check(needs=in_volume, points=2)
def new_volume(in_volume: Container, answer: Answer) -> Entries:
    """Run with the same options and a new volume in place of that, it keeps ships at once."""
    anew = in_volume.made_anew(instead={VOLUME: ""})
    try:
        return made_fast(anew, answer)
    except Failed as failed:
        raise Failed(
            f"The check ran `{OFFICE}` with a new volume. {failed.message}",
            hint="What is done to one volume by hand is to be done to the next one again. From where does a new volume "
            "have its first contents, its owner and its mode?",
            evidence=failed.evidence,
        ) from None


@check(needs=[runs, not_root], points=2)
def at_desk(runs: Both, engine: Engine, answer: Answer) -> Entries:
    """`dd-moorings-desk` keeps ships in the folder `dd-desk`, and both the folder and what is in it are yours."""
    desk = runs[1]
    with hinted(NUMBERS), engine.folder(answer) as folder, for_a_while(desk, answer) as found:
        path = list(found)[-1]
        if not folder.has(path.replace(PLACE, FOLDER, 1).lstrip("/")):
            hint = "What becomes of a source that is a name, and of one that is a path?"
            told = f"`{DESK}` wrote `{path}`, and it is not in `{FOLDER}`."
            raise Failed(told, hint=hint, evidence=desk.mount_evidence())
        owner, writer = found[PLACE].uid, found[path].uid
        seen = f"What the app writes into `{FOLDER}` belongs to user {writer}, and the folder to user {owner}."
        # Docker Desktop tells of other owners than the host does.
        if owner not in {ROOTS_STAND_IN, os.getuid()} and not engine.capabilities["same-kernel"]:
            seen, writer = f"`{FOLDER}` belongs to user {owner} now, and no longer to you.", -1
        if writer != owner:
            listed = desk.look("ls", "-lnd", PLACE, path).evidence
            raise Failed(f"{seen} Who works there cannot change it.", evidence=listed)
        return found


@check(needs=[new_volume, at_desk], points=2)
def nobody_else(new_volume: Entries, at_desk: Entries, engine: Engine) -> None:
    """Other users may write neither into a new volume nor into the folder, nor into the files there."""
    # Docker Desktop tells of modes that a folder of Windows has not.
    places = {OFFICE: new_volume} | ({} if engine.capabilities["same-kernel"] else {DESK: at_desk})
    for name, found in places.items():
        for path, entry in found.items():
            if entry.mode & OTHERS_MAY_WRITE:
                raise Failed(
                    f"`{path}` in `{name}` has the mode {entry.mode & 0o7777:o}: every user may write there.",
                    hint="A folder is better given to the one user who needs it than opened for all.",
                    evidence=[f"$ docker exec {name} stat -c %a {path}", f"{entry.mode & 0o7777:o}"],
                )
