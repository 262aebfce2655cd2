from graders.author import Answer, Container, Engine, Failed, Mount, Volume, check, hinted

IMAGE, OWNER = "dd-journal:1.0", 1042
ARRIVALS, DEPARTURES, PILOTS, FERRIES = "dd-arrivals", "dd-departures", "dd-pilots", "dd-ferries"
PLACE, ENTRIES, OLD_YEAR = "/journal", "/journal/entries", "/2025/entries"
FULL, RESTORED = "dd-departures-journal", "dd-pilots-journal"
COUNT = 1024
"""Entries of before in each journal, of 64 bytes: together just what the full volume holds."""
SMALL = {"type": "tmpfs", "device": "tmpfs", "o": "size=64k"}
FILL = f"""
fill() {{ awk -v all={COUNT} -v of="$2" 'BEGIN {{ while (i < all) printf "%04d %-58s\\n", ++i, of }}' >"$1/entries"; }}
while [ "$#" -gt 2 ]; do fill "$1" "$2"; shift 2; done
chown -R {OWNER}:{OWNER} /{ARRIVALS} /{DEPARTURES}
mkdir /{PILOTS}/2025 && printf %s "$1" >/{PILOTS}{OLD_YEAR}
"""
"""Fills the volumes as root, who gives two of them to the services' user."""
GROWS = f"n=$(wc -l <{ENTRIES}); until [ $(wc -l <{ENTRIES}) -gt $n ]; do usleep 200000; done"
MEMORY = {"tmpfs", "ramfs"}
MORE, WRITE_BY_OTHERS = 8 << 20, 0o022
BACK = "`%reset` brings everything back."
WHERE = {
    ARRIVALS: "They were still on the Engine, in a volume that the container before left behind. Which one?",
    DEPARTURES: f"They were in `{FULL}`. What kind of volume is that, and until when does it keep what it holds?",
    PILOTS: f"They were in `{RESTORED}`, all of them.",
}


def mark(answer: Answer, service: str) -> str:
    """What the entries of a service end with."""
    return f"{service.removeprefix('dd-')} {answer.nonce(service)}"


def entries(answer: Answer, service: str) -> str:
    """What a service had in its journal before last night."""
    return "".join(f"{number:04} {mark(answer, service):58}\n" for number in range(1, COUNT + 1))


def prepare(engine: Engine, answer: Answer) -> None:
    changes = (f"USER {OWNER}:{OWNER}", f"VOLUME {PLACE}", 'CMD ["journal"]')
    script = f"chmod 755 /bin/journal; mkdir {PLACE}; chown {OWNER}:{OWNER} {PLACE}"
    engine.make_image("busybox:1.37", script, content=answer.scene / "image", name=IMAGE, changes=changes)

    left, loose = (engine.make_volume(name, anonymous=True).name for name in (ARRIVALS, FERRIES))
    engine.make_volume(RESTORED)
    engine.make_volume(FULL, options=SMALL)
    mounted = {ARRIVALS: left, FERRIES: loose, PILOTS: RESTORED, DEPARTURES: FULL}
    # What is in memory stays there as long as a container that mounts it runs.
    folders = {volume: {"bind": f"/{service}"} for service, volume in mounted.items()}
    filled = engine.run("busybox:1.37", "sleep", "600", volumes=folders)
    told = [word for service in mounted for word in (f"/{service}", mark(answer, service))]
    filled.exec("sh", "-c", FILL, "fill", *told, mark(answer, "2025"))
    engine.side_by_side(
        lambda: engine.run(IMAGE, name=ARRIVALS, mounts=engine.nameless(PLACE)),
        lambda: engine.run(IMAGE, name=DEPARTURES, volumes={FULL: {"bind": PLACE}}),
        lambda: engine.run(IMAGE, name=PILOTS, volumes={RESTORED: {"bind": PLACE}}),
    )
    filled.remove()


@check(points=2)
def arrivals(engine: Engine, answer: Answer) -> Container:
    """`dd-arrivals` has all its entries of before, and adds new ones, as user 1042."""
    return at_work(engine, answer, ARRIVALS)


@check(needs=arrivals, points=2)
def arrivals_kept(arrivals: Container, engine: Engine, answer: Answer) -> None:
    """Its journal lies on disk, in a volume with a name, and is found by a container made again."""
    volume = on_disk(engine, arrivals)
    anew = arrivals.made_anew(instead={volume.name: volume.copied().name})
    if missing := missing_of(anew.text(ENTRIES), answer, ARRIVALS):
        raise Failed(
            f"A container made again with the options of `{ARRIVALS}` lacks {missing} entries of before.",
            hint="Does what the container runs leave them alone?",
            evidence=arrivals.evidence('{{.Path}} {{join .Args " "}}'),
        )


@check(points=2)
def departures(engine: Engine, answer: Answer) -> Container:
    """`dd-departures` has all its entries of before, and adds new ones, as user 1042."""
    return at_work(engine, answer, DEPARTURES)


@check(needs=departures, points=2)
def departures_kept(departures: Container, engine: Engine) -> None:
    """Its journal lies on disk, in a volume with a name, with room for 8 MB more."""
    on_disk(engine, departures, room=MORE)


@check(points=2)
def pilots(engine: Engine, answer: Answer) -> Container:
    """`dd-pilots` has all its entries of before, and adds new ones, as user 1042."""
    return at_work(engine, answer, PILOTS)


@check(needs=pilots, points=2)
def pilots_own(pilots: Container, engine: Engine, answer: Answer) -> None:
    """All that was restored is there, belongs to user 1042, and nobody else may write to it."""
    mount = in_named_volume(pilots)
    with pilots.paused():
        files = engine.volume(mount.source).files()
    if pilots.text(f"{PLACE}{OLD_YEAR}") != mark(answer, "2025"):
        seen = pilots.look("ls", "-ln", f"{PLACE}/2025").evidence
        raise Failed(f"`{PLACE}{OLD_YEAR}` is not as it was restored.", hint=BACK, evidence=seen)
    for path, entry in sorted(files.items()):
        if entry.user != OWNER or entry.mode & WRITE_BY_OTHERS:
            place = f"{PLACE}{path.rstrip('/')}"
            whose = "may be written to by others" if entry.user == OWNER else f"belongs to user {entry.user}"
            raise Failed(
                f"`{place}` {whose}.",
                hint="Root restored it, so all of it was root's. Only the service is to write there, and to all of it.",
                evidence=pilots.look("stat", "-c", "%u:%g %a %n", place).evidence,
            )


@check(points=1)
def others(engine: Engine, answer: Answer) -> None:
    """Volumes of other services are as they were."""
    left = engine.made(FERRIES)
    with hinted(f"What has no name, and what nobody mounts, may still be somebody's. {BACK}"):
        if not engine.has_volume(left):
            raise Failed("The journal of the ferries was in a volume without a name, and is gone.")
        if not engine.volume(left).holds({"entries": entries(answer, FERRIES).encode()}):
            raise Failed("The journal of the ferries was changed.", evidence=engine.volume(left).listing_evidence())


def at_work(engine: Engine, answer: Answer, name: str) -> Container:
    """The service, once it was seen to have its entries and to add one."""
    container = engine.container(name).running()
    if not container.image.same_as(engine.image(engine.made(IMAGE))):
        raise Failed(f"`{name}` does not run from `{IMAGE}`.", evidence=container.evidence("{{.Config.Image}}"))
    if container.first_user != OWNER:
        seen = f"`{name}` works as user {container.first_user}, not as user {OWNER}, as its image has it."
        hint = "Root may write anywhere, and so may whoever gets in. What keeps the service's own user from writing?"
        raise Failed(seen, hint=hint, evidence=container.evidence("{{json .Config.User}}"))
    if missing := missing_of(container.text(ENTRIES), answer, name):
        raise Failed(
            f"`{name}` has {COUNT - missing} of its {COUNT} entries of before.",
            hint=f"{WHERE[name]} If they are gone now: {BACK}",
            evidence=container.mount_evidence(),
        )
    if container.exec("sh", "-c", GROWS, timeout=3).exit_code:
        hint = f"What kind of place is `{PLACE}`, how full is it, and whose?"
        raise Failed(f"`{name}` adds no entries.", hint=hint, evidence=container.log_evidence())
    return container


def missing_of(text: str | None, answer: Answer, name: str) -> int:
    """How many entries of before are not in a journal."""
    return len({*entries(answer, name).splitlines()} - {*(text or "").splitlines()})


def in_named_volume(container: Container) -> Mount:
    """What the entries lie in; fails where that is no volume with a name."""
    place = container.look("readlink", "-f", ENTRIES).stdout.strip() or ENTRIES
    mount = container.mount(place)
    if not mount or mount.kind != "volume" or mount.is_anonymous:
        raise Failed(
            f"The entries of `{container.name}` lie in {mount.told if mount else 'its own layer'}.",
            hint="A name is what keeps a volume, and what the next container finds it by.",
            evidence=container.mount_evidence(),
        )
    return mount


def on_disk(engine: Engine, container: Container, room: int = 0) -> Volume:
    """The volume with a name in which its entries lie, once it was seen to be on a disk, with room."""
    volume = engine.volume(in_named_volume(container).source)
    system, free, size = [*container.look("stat", "-f", "-c", "%T %a %S", ENTRIES).stdout.split(), "", "0", "0"][:3]
    if system in MEMORY:
        raise Failed(
            f"The volume `{volume.name}` is in memory: it is empty as soon as no container runs that mounts it.",
            hint="Without options a volume is a folder on the Engine's disk. Options are given once, when it is made.",
            evidence=volume.evidence("{{json .Options}}"),
        )
    if int(free) * int(size) < room:
        evidence = container.look("df", "-h", PLACE).evidence
        raise Failed(f"In the volume `{volume.name}` there is no room for {room >> 20} MB more.", evidence=evidence)
    return volume
