import shlex

from graders.author import Answer, Container, Engine, Failed, Response, check

IMAGE = "dd-repair:1.0"
WEB, CACHE, BLOG = "dd-repair-web", "dd-repair-cache", "dd-repair-blog"
STATS, DESK, FEED = "dd-repair-stats", "dd-repair-desk", "dd-repair-feed"
MOST_MEMORY = 256 << 20
PAGE = "/usr/share/nginx/html/index.html"
SECOND = 10**9
LONGEST_PROBE = 10
"""Seconds for which the learner's own probe may run here."""
PING = ("redis-cli", "ping")


def variables(answer: Answer) -> dict[str, str]:
    return {"TOKEN": f"desk-{answer.nonce('token')}"}


def prepare(engine: Engine, answer: Answer) -> None:
    def blog() -> None:
        container = engine.run("nginx:1.26", name=BLOG, publish=[80])
        container.request(wait=20)  # its entry point may still write the configuration before
        broken = (answer.scene / "broken-site.conf").read_text()
        for path, text in ((PAGE, page(answer)), ("/etc/nginx/conf.d/default.conf", broken)):
            container.exec("sh", "-c", f"printf %s {shlex.quote(text)} > {path}")
        container.stop(timeout=0)
        container.start()
        container.wait_exit()

    def app() -> None:
        engine.make_image("python:3.13-slim", content=answer.scene / "image", name=IMAGE, changes=['CMD ["python"]'])
        command = ("python", "/app/stats.py")
        stats = engine.run(IMAGE, *command, name=STATS, publish=[8000], mem_limit="24m", memswap_limit="24m")
        desk = engine.run(IMAGE, "python", "/app/desk.py", name=DESK, publish=[8000])
        often = {"interval": SECOND, "timeout": 3 * SECOND, "retries": 2}
        probe = {"test": ["CMD-SHELL", "python /app/ask.py 8000"], **often}
        engine.run(IMAGE, "python", "/app/feed.py", name=FEED, healthcheck=probe)
        stats.wait_exit()
        desk.wait_exit()

    engine.side_by_side(
        app,
        blog,
        lambda: engine.run("redis:8.0", "redis-sever", name=CACHE).wait_exit(),
        lambda: engine.run("nginx:1.26", name=WEB, publish=[8080]),
    )


@check(points=1)
def web(engine: Engine) -> None:
    """`dd-repair-web` answers through a published port."""
    response_of(found(engine, WEB, "nginx:1.26"))


@check(points=1)
def cache(engine: Engine, answer: Answer) -> None:
    """`dd-repair-cache` answers `PONG` to `redis-cli ping`."""
    container = found(engine, CACHE, "redis:8.0")

    def pings() -> bool:
        return "PONG" in container.running().exec(*PING, timeout=3).stdout

    # A word that only a Redis gives back, asked for with the image's own program.
    word = answer.nonce("echo")
    asks = ("redis-cli", "echo", word)
    if not engine.wait_until(pings, 8, container=container.id) or (
        word not in engine.once("redis:8.0", *asks, timeout=5, network_mode=f"container:{container.id}").stdout
    ):
        evidence = [*container.exec(*asks, timeout=3).evidence, *container.evidence("{{json .Config.Cmd}}")]
        raise Failed(
            f"`{CACHE}` runs, but no Redis answers in it.", hint="What is its first process?", evidence=evidence
        )


@check(points=1)
def blog(engine: Engine) -> Response:
    """`dd-repair-blog` answers through a published port."""
    return response_of(found(engine, BLOG, "nginx:1.26"))


@check(needs=blog, points=1)
def blog_page(blog: Response, engine: Engine, answer: Answer) -> None:
    """`dd-repair-blog` answers with its own page, which was in no image."""
    if blog.body.strip() != page(answer):
        raise Failed(
            f"`{BLOG}` answers, but not with its own page, which began with `{page(answer)[:24]}`.",
            hint="It was in the writable layer, which goes when the container is removed. `%reset` brings it back.",
            evidence=engine.container(BLOG).exec("head", "-n", "4", PAGE).evidence,
        )


@check(points=1)
def stats(engine: Engine) -> Container:
    """`dd-repair-stats` answers with its numbers through a published port."""
    container = found(engine, STATS, IMAGE)
    if "numbers" not in response_of(container).body:
        raise Failed(
            f"`{STATS}` answers, but not with its numbers.",
            hint="Which program is it to run? Those of the image are in /app.",
            evidence=container.evidence("{{json .Config.Cmd}}"),
        )
    return container


@check(needs=stats, points=1)
def stats_limited(stats: Container) -> None:
    """`dd-repair-stats` has a memory limit, of at most 256 MB."""
    limit = stats.host_config["Memory"]
    if not 0 < limit <= MOST_MEMORY:
        seen = f"a limit of {limit >> 20} MB" if limit else "no memory limit"
        raise Failed(
            f"`{STATS}` has {seen}, so it may take what the others need.",
            hint="It needs more than it had, but how much more?",
            evidence=stats.evidence("{{.HostConfig.Memory}}"),
        )


@check(points=1)
def desk(engine: Engine) -> Response:
    """`dd-repair-desk` answers through a published port."""
    return response_of(found(engine, DESK, IMAGE))


@check(needs=desk, points=1)
def desk_signs(desk: Response, engine: Engine, answer: Answer) -> None:
    """`dd-repair-desk` signs with the value of `$TOKEN`."""
    token = variables(answer)["TOKEN"]
    if token not in desk.body:
        raise Failed(
            f"`{DESK}` answers `{desk.body.strip()}`, not signed with `{token}`.",
            hint="In the exercise's cell `echo $TOKEN` shows the value, in a terminal it is empty; "
            "the program says in which variable it wants it.",
            evidence=engine.container(DESK).exec("env").evidence,
        )


@check(points=1)
def feed(engine: Engine) -> Container:
    """`dd-repair-feed` is healthy."""
    container = found(engine, FEED, IMAGE).running()
    if container.health == "none":
        raise Failed(
            f"`{FEED}` runs without a health check, so nobody knows how it is.",
            hint="`docker run --help` lists options that begin with `--health`.",
            evidence=container.evidence("{{json .Config.Healthcheck}}"),
        )
    container.wait_until(lambda a: a["State"]["Health"]["Status"] != "starting", timeout=60)
    # What was unhealthy and has been mended is healthy after the next probe.
    container.wait_healthy(timeout=8)
    return container


@check(needs=feed, points=2)
def feed_is_asked(feed: Container, engine: Engine) -> None:
    """The health check of `dd-repair-feed` asks the feed: it says well where the feed answers, and only there."""
    configured = feed.config["Healthcheck"]
    test = configured["Test"]
    probe = ["sh", "-c", test[1]] if test[0] == "CMD-SHELL" else test[1:]
    # One that takes longer says the same as one that fails.
    limit = min((configured.get("Timeout") or LONGEST_PROBE * SECOND) / SECOND, LONGEST_PROBE)

    def is_well(container: Container) -> bool:
        return container.exec(*probe, timeout=limit).exit_code == 0

    def says_well(where: str) -> Failed:
        return Failed(
            f"The health check of `{FEED}` says healthy even in a container {where}.",
            hint="A health check is a command that fails when the service does. What does yours ask?",
            evidence=feed.evidence("{{json .Config.Healthcheck.Test}}"),
        )

    if is_well(feed.twin("sleep", "600")):
        raise says_well("where no feed runs")
    twin = feed.twin()
    if not engine.wait_until(lambda: is_well(twin), 10, container=twin.id):
        raise Failed(
            f"`{FEED}` is healthy by what was done inside it. Another container made the same way is not.",
            hint="On which port does the feed listen, and which one is asked?",
            evidence=[
                *feed.evidence("{{json .Config.Healthcheck.Test}}"),
                *twin.exec(*probe, timeout=limit).output.strip().splitlines()[-1:],
                *feed.log_evidence(),
            ],
        )
    twin.freeze()
    if is_well(twin):
        raise says_well("where the feed is stuck: it has its port, and answers nothing")


def page(answer: Answer) -> str:
    return f"<h1>Harbour blog, entry {answer.nonce('page')}</h1>"


def found(engine: Engine, name: str, image: str) -> Container:
    """The container; fails where it is made from another image, which does not contain the right one either."""
    container = engine.container(name)
    contains = container.made_from(image) or container.image.based_on(engine.image(image))
    return container if contains else container.from_image(image)


def response_of(container: Container) -> Response:
    """What the container answers through one of its published ports; fails where it does through none."""
    ports = [port.removesuffix("/tcp") for port in container.running().published_ports if port.endswith("/tcp")]
    if not ports:
        raise Failed(f"`{container.name}` runs, but publishes no port.", evidence=container.port_evidence())
    for port in ports:
        response = container.request(port=int(port), wait=8)
        if response.status == 200:
            return response
    raise Failed(
        f"`{container.name}` runs and publishes port {' and '.join(ports)}, but nothing answers there: "
        f"{response.error or response.status}",
        hint="On which port does the program listen, inside?",
        evidence=[*container.port_evidence(), *container.log_evidence()],
    )
