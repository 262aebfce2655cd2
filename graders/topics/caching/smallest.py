import re
import secrets

from graders.author import Answer, Build, Engine, Failed, Finished, check, hinted

HARBOUR, SERVER, STRANGER = "dd-harbour", "harbour:4433", "harbour:4434"
OPEN = "server is open"
BASE, SHARE = "debian:trixie-slim", 4
TIMES = {
    "winter": (1800446400, "20.01.2027 13:00"),
    "March": (1805544000, "20.03.2027 13:00"),
    "summer": (1816084800, "20.07.2027 14:00"),
}
"""Noon in Greenwich, and what clocks in Berlin show then. In America, summer begins before the day in March."""
HINTS = {
    "shared libraries": "`ldd` names all libraries of a program, in the stage that has it.",
    "no such file": "Where the program is there and the Engine says this, its loader is missing: `ldd` names it last.",
    "ca-certificates.crt": "The source says where the program looks. Is the file there, and may this user read it?",
    "not trusted": "Whose certificates lie in the image at the path where the program looks?",
}


def prepare(engine: Engine, answer: Answer) -> None:
    script = (answer.scene / "server.sh").read_text()
    server = engine.run("gcc:14", "sh", "-c", script, name=HARBOUR, hostname="harbour")
    if not server.wait_log(OPEN, timeout=30):
        raise Failed("The harbour's server does not open.", evidence=server.log_evidence())


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds, and the source is as given."""
    answer.unchanged(hint="`%reset` brings the file back. The `Dockerfile` is what must change.")
    with hinted("An Engine that starts anew starts no server. `%reset` makes it new."):
        server = engine.scene(HARBOUR).running()
    (answer.path / "ca.crt").write_text(server.text("/ca.crt") or "")
    return engine.build(answer.path)


@check(needs=builds, points=3)
def reads(builds: Build, engine: Engine) -> Finished:
    """A container prints the arrivals that the server has now."""
    ships = {f"{season}-{secrets.token_hex(6)}": seconds for season, (seconds, _) in TIMES.items()}
    arrivals = "".join(f"{ship} {seconds}\n" for ship, seconds in ships.items())
    engine.scene(HARBOUR).put({"/served/arrivals": arrivals.encode()})
    with hinted("What does the program need beside itself? And which ENTRYPOINT has the last stage?"):
        run = _ask(engine, builds, SERVER)
    if not all(ship in run.stdout for ship in ships):
        last = run.output.strip().rpartition("\n")[2]
        said = f"says `{last}`" if last else f"ends with exit code {run.exit_code} and says nothing"
        hint = next((hint for text, hint in HINTS.items() if text in run.output), "What does its ENTRYPOINT run?")
        message = f"A container that is to ask the harbour's server {said}, and does not name the ships of this moment."
        raise Failed(message, hint=hint, evidence=run.evidence)
    return run


def _ask(engine: Engine, builds: Build, server: str) -> Finished:
    return engine.once(builds.image, server, network_mode=f"container:{HARBOUR}")


@check(needs=reads, points=2)
def refuses(builds: Build, engine: Engine) -> None:
    """It refuses a server whose certificate a stranger has signed."""
    run = _ask(engine, builds, STRANGER)
    if run.exit_code == 0 or any(season in run.stdout for season in TIMES):
        raise Failed(
            "A container asked the stranger's server and believed it.",
            hint="A program that looks at no certificate needs none, and whoever is in between can tell it anything.",
            evidence=[*run.evidence, *builds.image.command_evidence()],
        )


@check(needs=reads, points=2)
def zone(reads: Finished) -> None:
    """It says the times as they are in Berlin."""
    for season, (_, wanted) in TIMES.items():
        said = re.search(rf"^{season}-.*: (.*)", reads.stdout, re.MULTILINE)
        if not said or not said[1].startswith(wanted):
            raise Failed(
                f"When clocks in Berlin show {wanted}, a container says {said[1] if said else 'nothing'}.",
                hint="Which zone is wanted says a variable; the rules of a zone are in a file. Where the C library "
                "does not find the file, it takes UTC and says nothing.",
                evidence=reads.evidence,
            )


@check(needs=reads, points=1)
def not_root(builds: Build, reads: Finished) -> None:
    """It works as another user than root."""
    if "as user 0." in reads.stdout:
        raise Failed(
            "The program works as user 0, root.",
            hint="Which instruction says as whom containers run? It must stand in the last stage.",
            evidence=[*builds.image.evidence("{{.Config.User}}"), *reads.evidence],
        )


@check(needs=reads, points=2)
def small(builds: Build, engine: Engine) -> None:
    """Its layers together are at most a quarter of those of `debian:trixie-slim`."""
    size, whole = builds.image.size, engine.original(BASE).size
    if size * SHARE > whole:
        raise Failed(
            f"Its layers are {size / 1e6:.0f} MB together, those of `{BASE}` {whole / 1e6:.0f} MB together.",
            hint="Which layer is the large one, and what in it does the program open?",
            evidence=builds.image.size_evidence(),
        )
