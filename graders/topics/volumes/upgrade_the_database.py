from graders.author import Answer, Container, Engine, Failed, Finished, Mount, check, hinted

NAME, OLD, NEW, VOLUME = "dd-tally", "dd-tally:1", "dd-tally:2", "dd-tally-data"
ROOT, BEFORE = "/var/lib/tally", "/var/lib/tally/data"
README, NOTE = "README", "Rows of a tally. Ask the program for them, and leave its files alone.\n"
INSTALL = "chmod 755 /bin/tally /srv/cgi-bin/tally; cd /lib/tally"
LOAD = "printf '%s\\n' \"$@\" | tally load"
NAMELESS = "Which path does the image name under VOLUME? What nobody mounts there is a volume without a name."
BACK = "`%reset` brings everything back."


def rows(answer: Answer) -> list[str]:
    """What the old version was told: which cargo lies on which quay."""
    cargo = answer.shuffled("cargo", ["coal", "grain", "timber", "salt", "hides", "wine", "slate"])
    return sorted(f"{kind}-{answer.nonce(kind, 4)} quay-{answer.number(kind, 10, 99)}" for kind in cargo[:6])


def prepare(engine: Engine, answer: Answer) -> None:
    def image(name: str, place: str, data: str) -> None:
        major = name[-1]
        script = f"{INSTALL}; mv format-{major} format; mkdir -p {place}; printf '{NOTE}' >{place}/{README}"
        env = f"ENV TALLY_MAJOR={major} TALLY_DATA={data}"
        changes = (env, f"VOLUME {place}", 'CMD ["tally", "serve"]')
        engine.make_image("busybox:1.37", script, content=answer.scene / "image", name=name, changes=changes)

    engine.side_by_side(lambda: image(OLD, BEFORE, BEFORE), lambda: image(NEW, ROOT, f"{ROOT}/2"))
    engine.make_volume(VOLUME)
    mounted = {VOLUME: {"bind": BEFORE}}
    first = engine.run(OLD, name=NAME, volumes=mounted)
    first.exec("sh", "-c", LOAD, "load", *rows(answer))
    first.remove()
    engine.run(NEW, name=NAME, volumes=mounted, mounts=engine.nameless(ROOT))


def dumped(container: Container) -> Finished:
    """What the server in a container says that it has."""
    done = container.exec("tally", "dump")
    if done.exit_code:
        message = f"The store in `{container.running().called}` does not answer."
        raise Failed(message, evidence=[*done.evidence, *container.log_evidence()])
    return done


def see_rows(said: Finished, want: list[str], who: str) -> None:
    there = said.stdout.splitlines()
    if missing := [row for row in want if row not in there]:
        raise Failed(
            f"{who} has {len(want) - len(missing)} of {len(want)} rows. Missing, for one: `{missing[0]}`.",
            evidence=said.evidence,
        )


@check(points=1)
def running(engine: Engine) -> tuple[Container, Finished]:
    """`dd-tally` runs from `dd-tally:2`, and answers."""
    container = engine.container(NAME).running()
    if not container.image.same_as(engine.image(engine.made(NEW))):
        shown = container.config["Image"]
        raise Failed(f"`{NAME}` runs from `{shown}`, not from `{NEW}`.", evidence=container.evidence("{{.Image}}"))
    return container, dumped(container)


@check(needs=running, points=2)
def has_rows(running: tuple[Container, Finished], answer: Answer) -> None:
    """It has all rows that the old version had."""
    with hinted(f"Which of the two versions can read the rows as they lie in `{VOLUME}`? What can it do with them?"):
        see_rows(running[1], rows(answer), f"`{NAME}`")


@check(needs=running, points=2)
def in_volume(running: tuple[Container, Finished]) -> Mount:
    """Its rows lie in a volume that has a name."""
    container = running[0]
    data = container.env["TALLY_DATA"]
    mount = container.mount(data)
    if not mount or mount.kind != "volume" or mount.is_anonymous:
        seen = mount.told if mount else "the container's own layer"
        raise Failed(
            f"`{NAME}` keeps its rows in `{data}`. What is there is {seen}, not a volume with a name.",
            hint="A new major version may look at another path than the one before. Its image says where.",
            evidence=[*container.evidence("{{json .Config.Env}}"), *container.mount_evidence()],
        )
    return mount


@check(needs=[in_volume, has_rows, running], points=3)
def survives(in_volume: Mount, running: tuple[Container, Finished], engine: Engine, answer: Answer) -> None:
    """Made again with the same options it has all rows, and what was written since."""
    container, key = running[0], f"since-{answer.nonce('since')}"
    with hinted("Is all that the store writes in the volume? Does what the container runs leave it alone?"):
        wrote = container.exec("tally", "put", key, "now")
        if wrote.exit_code:
            raise Failed(f"`{NAME}` takes no new row.", evidence=[*wrote.evidence, *container.mount_evidence()])
        try:
            anew = container.made_anew(instead={in_volume.source: engine.volume(in_volume.source).copied().name})
            see_rows(dumped(anew), [*rows(answer), f"{key} now"], "A container made again with the same options")
        finally:
            container.exec("tally", "remove", key)


@check(needs=has_rows, points=2, alone=True)
def way_back(engine: Engine, answer: Answer) -> None:
    """The way back is open: `dd-tally:1`, run with `dd-tally-data` at its old path, has all its rows."""
    copied = engine.volume(VOLUME).copied()
    with hinted(f"What is only read stays as it is. {BACK}", engine.volume(VOLUME).listing_evidence):
        old = engine.run(engine.image(engine.made(OLD)), volumes={copied.name: {"bind": BEFORE}})
        see_rows(dumped(old), rows(answer), f"`{OLD}`, run with what is in `{VOLUME}`,")


@check(needs=in_volume, points=2)
def none_left(running: tuple[Container, Finished], engine: Engine) -> None:
    """No volume without a name is left of the upgrade, nor of what you did."""
    container = running[0]
    if nameless := [m for m in container.mounts if m.is_anonymous]:
        message = f"`{NAME}` has {nameless[0].told} at `{nameless[0].target}`."
        raise Failed(message, hint=NAMELESS, evidence=container.mount_evidence())
    made, began = engine.made(f"{NAME}:{ROOT}"), engine.made(VOLUME)
    young = [v for v in engine.volumes() if v.is_anonymous and v.created >= began]
    left = [v for v in young if v.name == made or v.text(README) == NOTE]
    if left:
        what = "The volume without a name that the upgrade made" if left[0].name == made else "A volume without a name"
        raise Failed(
            f"{what} is still there: `{left[0].name[:12]}`.",
            hint="What does `docker rm` do with the volumes of a container? Look into it before you remove it.",
            evidence=[*left[0].listing_evidence(), *left[0].users_evidence()],
        )
