from graders.author import Answer, Container, Engine, Failed, check, hinted

IMAGE, GATE, PLACE = "busybox:1.37", "dd-gate", "/run/gate"
FILE = f"{PLACE}/code"
MEMORY = "tmpfs"
MOST = 1 << 20


def variables(answer: Answer) -> dict[str, str]:
    return {"CODE": f"{answer.number('code', 1000, 9999)}-{answer.nonce('code', 8)}"}


@check(points=1)
def running(engine: Engine) -> Container:
    """`dd-gate` runs from `busybox:1.37`."""
    return engine.container(GATE).from_image(IMAGE).running()


@check(needs=running, points=2)
def in_memory(running: Container) -> None:
    """`/run/gate` is in memory, not on a disk."""
    if _system(running, PLACE) != MEMORY:
        mount = running.mount(PLACE)
        raise Failed(
            f"`{PLACE}` of `{GATE}` is {mount.told if mount else 'in the own layer of the container'}: on a disk.",
            hint="Beside volumes and folders of the host there is a third kind of mount, which no disk ever sees.",
            evidence=running.mount_evidence(),
        )


@check(needs=in_memory, points=1)
def limited(running: Container) -> None:
    """It takes no more than 1 MiB."""
    looked = running.look("stat", "-f", "-c", "%b %S", PLACE)
    blocks, size = [*map(int, looked.stdout.split()), 0, 0][:2]
    if blocks * size > MOST:
        raise Failed(
            f"`{PLACE}` takes more than 1 MiB of the machine's memory.",
            hint="What mounts it takes a size too. Without one it is half of the memory that the machine has.",
            evidence=running.exec("df", "-h", PLACE).evidence,
        )


@check(needs=in_memory, points=2)
def has_code(running: Container, answer: Answer) -> None:
    """The file `/run/gate/code` is there, in memory too, with the code of now."""
    done = running.look("cat", FILE)
    if done.stdout.strip() != variables(answer)["CODE"]:
        quoted = "Which shell puts the code in place of `$CODE`? In the container there is no such variable."
        lost = "What was in memory is gone once the container has stopped; and `docker cp` never sees what is there."
        raise Failed(
            f"`{FILE}` is not there." if done.exit_code else f"`{FILE}` does not have the code.",
            hint=lost if done.exit_code else quoted,
            evidence=[*done.evidence, *running.exec("ls", "-la", PLACE).evidence],
        )
    if _system(running, FILE) != MEMORY:
        raise Failed(
            f"`{FILE}` is a file of its own that was mounted there, and lies on a disk.",
            evidence=running.mount_evidence(),
        )


@check(needs=running, points=3)
def nowhere_else(running: Container, answer: Answer) -> None:
    """The code is on no disk: not with the container, not in what it mounts, and not in your folder."""
    code = variables(answer)["CODE"]
    on_disk = [m.target for m in running.mounts if _system(running, m.target) != MEMORY]
    with hinted("What starts with the container must come from somewhere. What comes to it while it runs need not."):
        if found := running.holds(code):
            raise Failed(
                f"The code is in {found[0]} of `{GATE}`, which Docker keeps on the disk.", evidence=_shown(found[0])
            )
        mounted = running.look("grep", "-rlF", code, *on_disk) if on_disk else None
        if mounted and mounted.stdout:
            raise Failed(
                f"The code is in `{mounted.stdout.split()[0]}`, which is on a disk.", evidence=mounted.evidence
            )
        kept = [f.name for f in answer.path.rglob("*") if f.is_file() and code.encode() in f.read_bytes()]
        if kept:
            raise Failed(
                f"The code is in your folder, in `{kept[0]}`.", evidence=[f'$ grep -cF "$CODE" {kept[0]}', "1"]
            )


def _system(container: Container, path: str) -> str:
    """The kind of file system that the kernel has at a path."""
    return container.look("stat", "-f", "-c", "%T", path).stdout.strip()


def _shown(where: str) -> list[str]:
    commands = {"the log": f"docker logs {GATE}", "the configuration": f"docker inspect {GATE}"}
    return [f'$ {commands.get(where, f"docker diff {GATE}")} | grep -n "{where if where.startswith("/") else "$CODE"}"']
