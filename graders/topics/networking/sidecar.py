from hashlib import sha256

from graders.author import Answer, Container, Engine, Failed, NotSupportedError, check

KILN, OFFICE, LOOK, REPORT, IMAGE = "dd-kiln", "dd-kiln-office", "dd-kiln-look", "dd-kiln-report", "dd-kiln:1.0"
STATE = "/srv/state"
TOLD, ASKED, HEARD = 9100, 8080, 27145
MODE = "{{.HostConfig.NetworkMode}}"
HOSTS = '{{range .Config.Env}}{{println .}}{{end}}{{join .HostConfig.ExtraHosts "\\n"}}'
BARE = "find /bin/ /sbin/ -mindepth 1 ! -name 'python*' -delete"


def prepare(engine: Engine, answer: Answer) -> None:
    files = {STATE: state(answer, "first"), "/srv/key": answer.nonce("office", 24)}
    script = "; ".join([*(f"echo '{text}' >{path}" for path, text in files.items()), BARE])
    engine.make_image(
        "python:3.13-slim", script, content=answer.scene, name=IMAGE, changes=['ENTRYPOINT ["/usr/local/bin/python"]']
    )
    engine.run(IMAGE, "/srv/kiln.py", name=KILN).wait_log("lit")
    engine.run(IMAGE, "/srv/office.py", name=OFFICE, network_mode="host").wait_log("open")


@check(points=2)
def shares(engine: Engine) -> Container:
    """`dd-kiln-look` shares the network of `dd-kiln`."""
    kiln, look = engine.scene(KILN).running(), engine.container(LOOK)
    kind, _, other = str(look.host_config["NetworkMode"]).partition(":")
    if kind != "container" or engine.container(other).id != kiln.id:
        raise Failed(
            f"`{LOOK}` is not in the network of `{KILN}`.",
            hint="The kiln's 127.0.0.1 is in the kiln's network. Must a container have a network of its own?",
            evidence=look.evidence(MODE),
        )
    return look


@check(needs=shares, points=2)
def looks(shares: Container, engine: Engine, answer: Answer) -> None:
    """It prints how the kiln does at that moment."""
    kiln, first, later = engine.scene(KILN), state(answer, "first"), state(answer, "later")
    if not shares.wait_log(first):
        raise Failed(
            f"`{LOOK}` has not printed what the kiln tells on port {TOLD}.",
            hint="Where does the kiln tell it? And what you run with `docker exec` is not in the log of the container.",
            evidence=[
                *shares.evidence("{{.State.Status}} {{.State.ExitCode}}: {{.Config.Cmd}}"),
                *shares.log_evidence(),
            ],
        )
    kiln.put({STATE: f"{later}\n".encode()})
    try:
        anew = shares.made_anew()
        if not anew.wait_log(later):
            raise Failed(
                "The check changed how the kiln does, and ran the same once more: it did not print that.",
                hint="It has to ask the kiln each time.",
                evidence=[*shares.evidence("{{.Config.Cmd}}"), *anew.log_evidence()],
            )
    finally:
        kiln.put({STATE: f"{first}\n".encode()})


@check(points=1)
def report(engine: Engine) -> Container:
    """`dd-kiln-report` runs from `dd-kiln:1.0`, in a network of its own."""
    found = engine.container(REPORT).running().of(engine.image(engine.made(IMAGE)))
    mode = str(found.host_config["NetworkMode"])
    if mode == "host" or mode.startswith("container:"):
        raise Failed(
            f"`{REPORT}` has no network of its own. In that of the machine, all its ports are the machine's too.",
            hint="The machine can be reached from a network of one's own, as another host.",
            evidence=found.evidence(MODE),
        )
    return found


@check(needs=report, points=3)
def arrives(report: Container, engine: Engine, answer: Answer) -> None:
    """A question of the reporter arrives at the office, and it shows the answer."""
    office, piece = engine.scene(OFFICE).running(), answer.nonce("piece", 8)
    mark = sha256(f"{answer.nonce('office', 24)}/{piece}".encode()).hexdigest()[:12]
    before = office.logs().count(piece)
    seen = report.request_inside(f"/{piece}", port=ASKED, seconds=5)
    if mark not in seen.stdout or office.logs().count(piece) == before:
        _reachable(engine)
        raise Failed(
            "The check asked the reporter for something, and that question did not arrive at the office.",
            hint="Who is the host that `OFFICE` names, seen from inside of the reporter's network?",
            evidence=[*seen.evidence, *report.log_evidence(), *report.evidence(HOSTS)],
        )


@check(needs=[arrives, report], points=1)
def named(report: Container) -> None:
    """It knows the machine by a name, and no address is written down for it."""
    name = report.env.get("OFFICE", "")
    beside = [host for host in report.host_config["ExtraHosts"] or [] if not host.endswith("host-gateway")]
    if name.replace(".", "").isdigit() or ":" in name or name in [host.partition(":")[0] for host in beside]:
        raise Failed(
            "An address of the machine is written down. On another machine it is another one, and here too it "
            "changes with the network.",
            hint="`docker run --help` tells what `--add-host` takes. There is a word that stands for the machine.",
            evidence=report.evidence(HOSTS),
        )


def state(answer: Answer, moment: str) -> str:
    return f"{answer.number(moment, 600, 1200)} degrees, charge {answer.nonce(moment, 8)}"


def _reachable(engine: Engine) -> None:
    """See that the machine can be reached in the way that the lesson shows."""
    asked = ("wget", "-T", "5", "-q", "-O", "-", f"http://machine:{HEARD}/check")
    if engine.once("busybox:1.37", *asked, extra_hosts={"machine": "host-gateway"}).exit_code:
        raise NotSupportedError(
            "From a container, `host-gateway` does not lead to where `--network host` is.",
            "A firewall of the machine may forbid it; where the Engine is in a virtual machine, there are two hosts.",
        )
