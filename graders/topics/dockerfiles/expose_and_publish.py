from graders.author import Answer, Build, Container, Engine, Failed, check

IMAGE, NAME, VISITOR = "dd-desk:1.0", "dd-desk", "dd-desk-visitor"
BASE = "busybox:1.37"
KEPT = "/office/key"
PAGE, KEY = "8080/tcp", "9090/tcp"
EXPOSED = "{{json .Config.ExposedPorts}}"


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=2)
def exposes_page(builds: Build) -> set[str]:
    """The image notes that port 8080 is meant for others."""
    exposed = set(builds.image.config.get("ExposedPorts") or {})
    if PAGE not in exposed:
        seen = f"exposes {' and '.join(sorted(exposed))}, and not {PAGE}" if exposed else "exposes no port"
        raise Failed(
            f"The image {seen}.",
            hint="The number is that of the port where the program in the container listens."
            if exposed
            else "Which instruction notes a port?",
            evidence=builds.image.evidence(EXPOSED),
        )
    return exposed


@check(needs=exposes_page, points=1)
def exposes_nothing_else(exposes_page: set[str], builds: Build) -> None:
    """It notes no other port, so `--publish-all` publishes no other."""
    others = sorted(exposes_page - {PAGE})
    if others:
        raise Failed(
            f"The image exposes {' and '.join(others)} too. With `--publish-all`, the outside would get that as well.",
            hint="The key is for neighbours. Do they need EXPOSE?",
            evidence=builds.image.evidence(EXPOSED),
        )


@check(needs=builds, points=1)
def running(engine: Engine) -> Container:
    """The container `dd-desk` runs in the background."""
    return engine.container(NAME).running()


@check(needs=(running, exposes_nothing_else), points=1)
def from_this_image(running: Container, builds: Build, engine: Engine) -> None:
    """It was made from `dd-desk:1.0`, built from the Dockerfile as it is now."""
    image = engine.image(IMAGE)
    if not running.image.same_as(image):
        raise Failed(
            f"`{NAME}` was made from `{running.config['Image']}`, which is not the image `{IMAGE}` of now.",
            hint="A container keeps the image it was made from. After a new build, make a new container.",
            evidence=[*running.evidence("{{.Image}}"), *image.evidence("{{.Id}}")],
        )
    if image.config.get("ExposedPorts") != builds.image.config.get("ExposedPorts"):
        raise Failed(
            f"`{IMAGE}` is not what the `Dockerfile` says now.",
            hint="After a change of the Dockerfile, the image must be built anew, and the container made anew.",
            evidence=[*image.evidence(EXPOSED), *builds.image.evidence(EXPOSED)],
        )


@check(needs=running, points=2)
def published(running: Container) -> list[tuple[str, int]]:
    """Its port 8080 is published, and the page answers there."""
    bound = running.published(PAGE)
    if not bound:
        others = running.published_ports
        seen = f"publishes {' and '.join(others)}, and not {PAGE}" if others else "publishes no port"
        noted = PAGE in (running.config.get("ExposedPorts") or {})
        raise Failed(
            f"`{NAME}` {seen}." + " That the port is exposed is a note; it publishes nothing." * (noted and not others),
            hint="Publishing is done by `docker run`. It can read the note for you.",
            evidence=[*running.evidence(EXPOSED), *running.port_evidence()],
        )
    response = running.request("/", port=8080)
    if response.status != 200:
        raise Failed(
            f"http://127.0.0.1:{bound[0][1]}/ {response.seen}.",
            evidence=[f"$ curl -s http://127.0.0.1:{bound[0][1]}/", *running.log_evidence()],
        )
    return bound


@check(needs=published, points=1)
def port_chosen_by_docker(running: Container) -> None:
    """Docker chose the port of your machine."""
    asked = (running.host_config.get("PortBindings") or {}).get(PAGE) or []
    fixed = [str(binding["HostPort"]) for binding in asked if binding.get("HostPort") not in {None, "", "0"}]
    if fixed:
        raise Failed(
            f"`{NAME}` was started with the port {fixed[0]} written down. "
            "A second container like it could not start, and neither can this one where that port is taken.",
            hint="With one option of `docker run` you write no number at all.",
            evidence=running.evidence("{{json .HostConfig.PortBindings}}"),
        )


@check(needs=running, points=1)
def key_not_published(running: Container) -> str:
    """Its port 9090 is not published, and yet answers inside its network."""
    if bound := running.published(KEY):
        raise Failed(
            f"Port 9090 is published too: on {bound[0][0]}:{bound[0][1]} whoever reaches your machine gets the key.",
            hint="Neighbours on the same Engine need no published port.",
            evidence=running.port_evidence(),
        )
    asked = running.request_inside("/key", port=9090)
    if not asked.stdout.strip():
        raise Failed(
            f"Port 9090 of `{NAME}` gives no key.",
            hint="`desk.sh` stays as it is. What does its log say?",
            evidence=[*asked.evidence, *running.log_evidence()],
        )
    return asked.stdout.strip()


@check(needs=key_not_published, points=2)
def visitor(engine: Engine, answer: Answer, running: Container, key_not_published: str) -> None:
    """The container `dd-desk-visitor`, of `busybox:1.37`, got the key from port 9090, and printed it."""
    container = engine.container(VISITOR).from_image(BASE)
    container.wait_log(key_not_published)
    if key_not_published not in container.logs():
        raise _no_key(container)
    # Who asks gets what is there now. Another visitor, started as this one was, is to print another key.
    other = answer.nonce("another key", 24)
    write = ["sh", "-c", f'echo "$1" > {KEPT}', "sh"]
    running.exec(*write, other, user="0")
    try:
        if not container.twin_prints(other, network_mode=container.host_config["NetworkMode"]):
            raise Failed(
                f"The check gave `{NAME}` another key and started a second visitor with the command of `{VISITOR}`; "
                "it did not print the new key.",
                hint="The visitor itself must ask port 9090, and what it prints must be the answer.",
                evidence=container.evidence("{{.HostConfig.NetworkMode}} {{.Path}}"),
            )
    finally:
        running.exec(*write, key_not_published, user="0")


def _no_key(container: Container) -> Failed:
    output = container.logs()
    state = container.state
    how = "still runs" if state["Running"] else f"ended with exit code {state['ExitCode']}"
    seen = f"did not print the key that `{NAME}` has now" if output.strip() else "printed nothing"
    message = f"`{VISITOR}` {how} and {seen}."
    hint = (
        "Each container makes a key of its own, and keeps it until it is removed. "
        "The visitor must ask, and what it prints must be the answer."
    )
    if "refused" in output or "can't connect" in output:
        message = f"Nothing answered `{VISITOR}`: it asked where nobody listens on port 9090."
        hint = (
            "In a container, 127.0.0.1 is that container itself; with the machine's network, it is the machine. "
            f"How does one container get to another, or into the network of `{NAME}`?"
        )
    template = "{{.HostConfig.NetworkMode}} {{.Config.Cmd}} exit code {{.State.ExitCode}}"
    return Failed(message, hint=hint, evidence=[*container.evidence(template), *container.log_evidence()])
