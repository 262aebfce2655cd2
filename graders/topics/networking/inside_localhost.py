from ipaddress import ip_address

from graders.author import Answer, Build, Container, Door, Engine, Failed, Plan, check, hinted

IMAGE, NAME, GAUGE, NETWORK = "dd-tide-desk:1.0", "dd-tide-desk", "dd-tide-gauge", "dd-tide-net"
PORT = 8080
LEVEL = "/www/level"
PLAN = Plan(together=((NAME, GAUGE),), published=(NAME,))
READY = "The gauge measures."
MODE = "{{.HostConfig.NetworkMode}}{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"


def prepare(engine: Engine, answer: Answer) -> None:
    engine.make_network(NETWORK)
    serve = f"mkdir /www; echo '{level(answer, 'first')}' >{LEVEL}; echo {READY}; exec httpd -f -p 9000 -h /www"
    engine.run("busybox:1.37", "sh", "-c", serve, name=GAUGE, network=NETWORK).wait_log(READY)


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=1)
def desk(engine: Engine) -> Container:
    """`dd-tide-desk` runs from `dd-tide-desk:1.0`."""
    return engine.container(NAME).running().of(engine.image(IMAGE))


@check(needs=desk, points=1)
def own_network(desk: Container, engine: Engine) -> str:
    """It has a network of its own, and is in `dd-tide-net`, as the gauge is."""
    mode, network = desk.host_config["NetworkMode"], engine.scene_network(NETWORK)
    engine.scene(GAUGE).running()
    if mode == "host" or mode.startswith("container:"):
        whose = "the machine" if mode == "host" else "another container"
        raise Failed(
            f"`{NAME}` has no network of its own: it uses that of {whose}.",
            hint="There, `localhost` is somebody else's. Can the app say whom it means instead?",
            evidence=desk.evidence(MODE),
        )
    if network.name not in desk.addresses:
        raise Failed(f"`{NAME}` is not in the network `{NETWORK}`.", evidence=desk.evidence(MODE))
    return desk.addresses[network.name].ip


@check(needs=[own_network, desk], points=2)
def listens(own_network: str, desk: Container, engine: Engine) -> None:
    """The desk itself answers at the container's address; nothing listens on its loopback address alone."""
    door = Door(engine.scene(GAUGE), own_network, PORT)
    shown = [f"$ docker run --rm --network container:{NAME} busybox:1.37 netstat -ltn"]
    if inside := [(ip, port) for ip, port in engine.listening_at(desk) if ip_address(ip).is_loopback]:
        raise Failed(
            f"In `{NAME}`, a program listens on {inside[0][0]}:{inside[0][1]}, which only that container can ask.",
            hint="Whoever asks from outside comes to another address of the container. At which should the app listen?",
            evidence=[*desk.log_evidence(), *shown],
        )
    if not engine.reach(door).seen[door].is_open:
        raise Failed(f"Port {PORT} of `{NAME}` answers no other container.", evidence=[*desk.log_evidence(), *shown])


@check(needs=[listens, desk], points=2)
def shows(desk: Container, engine: Engine, answer: Answer) -> None:
    """At a port of the machine the page shows the level that the gauge has at that moment."""
    before, _ = engine.scene(GAUGE).text(LEVEL), desk.url(port=PORT)
    try:
        for moment in ("now", "later"):
            now = level(answer, moment)
            engine.scene(GAUGE).put({LEVEL: now.encode()})
            with hinted("Who is `localhost` for a program in a container? And who is the gauge?"):
                page = desk.page("/", port=PORT)
            if now not in page:
                raise Failed(
                    "The check gave the gauge another level, and the page does not show it.",
                    hint="The desk must ask the gauge each time, and the gauge alone knows.",
                    evidence=desk.log_evidence(),
                )
    finally:
        engine.scene(GAUGE).put({LEVEL: (before or "").encode()})


@check(needs=[shows, desk], points=1)
def only_here(desk: Container) -> None:
    """The port is published on 127.0.0.1, and on no other address."""
    if [address for address, _ in desk.published(PORT) if not ip_address(address).is_loopback]:
        raise Failed(
            "The page is published at other addresses than 127.0.0.1, so the machine's whole network can ask.",
            hint="Two addresses are set at two places: where the app listens, and where the port is published.",
            evidence=desk.port_evidence(),
        )


@check(needs=[shows, desk, builds], points=1)
def made_again(desk: Container, builds: Build, engine: Engine) -> None:
    """A container that is made from your folder and commands once more works too."""
    anew = desk.made_anew(image=builds.image)
    door = Door(engine.scene(GAUGE), anew.addresses[NETWORK].ip, PORT, protocol="http")
    said = engine.reach(door).seen[door]
    if not said.text.startswith("200 "):
        raise Failed(
            f"The check built your folder, and started another container like `{NAME}` from it: no page comes there.",
            hint="What is changed in a running container, or in another folder, is lost with it.",
            evidence=anew.log_evidence(),
        )


def level(answer: Answer, moment: str) -> str:
    return f"{answer.number(moment, 100, 399) / 100:.2f} m at mark {answer.nonce(moment, 6)}"
