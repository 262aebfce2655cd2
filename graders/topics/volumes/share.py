from graders.author import Answer, Container, Engine, Failed, check

VOLUME, GAUGE, DISPLAY = "dd-levels", "dd-gauge", "dd-display"
FOLDER, SHOWN = "/gauge", "level.txt"
MEASURED = f"until [ -s {FOLDER}/{SHOWN} ]; do usleep 50000; done"


@check(points=1)
def gauge(engine: Engine) -> Container:
    """`dd-gauge` runs from `busybox:1.37`, and writes into `/gauge/level.txt`."""
    container = engine.container(GAUGE).from_image("busybox:1.37").running()
    if container.exec("sh", "-c", MEASURED, timeout=5).exit_code:
        raise Failed(
            f"In `{GAUGE}` there is no `{FOLDER}/{SHOWN}` with anything in it.",
            evidence=[*container.exec("ls", "-l", FOLDER).evidence, *container.log_evidence()],
        )
    return container


@check(needs=gauge, points=1)
def display(engine: Engine) -> Container:
    """`dd-display` runs from `nginx:1.26`, and shows this file at `/level.txt`."""
    container = engine.container(DISPLAY).from_image("nginx:1.26").running()
    seen = container.request_inside(f"/{SHOWN}", seconds=3)
    if seen.exit_code:
        raise Failed(
            f"`{DISPLAY}` does not show `/{SHOWN}`.",
            hint="nginx shows what is in `/usr/share/nginx/html`. What is there now?",
            evidence=[*seen.evidence, *container.mount_evidence()],
        )
    return container


@check(needs=[gauge, display], points=3)
def live(gauge: Container, display: Container, answer: Answer) -> None:
    """The display shows what the gauge writes from now on, and no longer what it removes."""
    name = f"{answer.nonce('tide', 8)}.txt"
    hint = "A copy is as old as the moment when it was made. Can the display look into the very folder of the gauge?"
    written = gauge.exec("sh", "-c", f"echo high water >{FOLDER}/{name}")
    try:
        seen = display.request_inside(f"/{name}", seconds=2)
    finally:
        removed = gauge.exec("rm", f"{FOLDER}/{name}")
    if "high water" not in seen.stdout:
        raise Failed(
            f"For this check the gauge wrote `{name}`, and the display does not show it.",
            hint=hint,
            evidence=[*written.evidence, *seen.evidence, *display.mount_evidence()],
        )
    seen = display.request_inside(f"/{name}", seconds=0)
    if not seen.exit_code:
        raise Failed(
            f"For this check the gauge removed `{name}`, and the display shows it still.",
            hint=hint,
            evidence=[*removed.evidence, *seen.evidence, *display.mount_evidence()],
        )


@check(needs=[live, gauge, display], points=1)
def in_volume(gauge: Container, display: Container) -> None:
    """The files are in the volume `dd-levels`, which both mount."""
    written, evidence = gauge.mount(FOLDER), [*gauge.mount_evidence(), *display.mount_evidence()]
    if not written or written.source != VOLUME:
        seen = written.told if written else "its own layer"
        raise Failed(f"What the gauge writes goes into {seen}, not into the volume `{VOLUME}`.", evidence=evidence)
    if all(mount.source != VOLUME for mount in display.mounts):
        raise Failed(f"`{DISPLAY}` does not mount the volume `{VOLUME}`.", evidence=evidence)


@check(needs=[in_volume, display], points=2)
def read_only(display: Container, answer: Answer) -> None:
    """The display can write nothing into this volume, not even as root."""
    for mount in display.mounts:
        probe = f"{mount.target}/{answer.nonce('forged', 8)}"
        if mount.source != VOLUME:
            continue
        tried = display.exec("touch", probe, user="0")
        if not tried.exit_code or mount.writable:
            display.exec("rm", "-f", probe, user="0")
            raise Failed(
                f"In `{DISPLAY}`, root can write into the volume at `{mount.target}`.",
                hint="Modes of files do not bind root. What does the kernel refuse, whoever asks?",
                evidence=[*tried.evidence, *display.mount_evidence()],
            )
