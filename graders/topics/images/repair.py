import shlex

from graders.author import Answer, Container, Engine, Failed, Response, check

IMAGE = "dd-repair:1.0"
WEB, CACHE, BLOG = "dd-repair-web", "dd-repair-cache", "dd-repair-blog"
STATS, DESK, FEED = "dd-repair-stats", "dd-repair-desk", "dd-repair-feed"
MOST_MEMORY = 256 << 20
PAGE = "/usr/share/nginx/html/index.html"
SECOND = 10**9
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
def cache(engine: Engine) -> None:
    """`dd-repair-cache` answers `PONG` to `redis-cli ping`."""
    container = found(engine, CACHE, "redis:8.0")
    if not engine.wait_until(lambda: "PONG" in container.running().exec(*PING).stdout, 8, container=container.id):
        evidence = [*container.exec(*PING).evidence, *container.evidence("{{json .Config.Cmd}}")]
        raise Failed(
            f"`{CACHE}` runs, but no Redis answers in it.", hint="What is its first process?", evidence=evidence
        )


@check(points=1)
def blog(engine: Engine) -> Response:
    """`dd-repair-blog` answers through a published port."""
    return response_of(found(engine, BLOG, "nginx:1.26"))


@check(needs=blog, points=1)
def blog_page(blog: Response, engine: Engine, answer: Answer) -> None:
    """It answers with its own page, which was in no image."""
    if blog.body.strip() != page(answer):
        raise Failed(
            f"`{BLOG}` answers, but not with its own page, which began with `{page(answer)[:24]}`.",
            hint="It was in the writable layer, which goes when the container is removed. `%reset` brings it back.",
            evidence=engine.container(BLOG).exec("head", "-n", "4", PAGE).evidence,
        )


@check(points=1)
def stats(engine: Engine) -> Container:
    """`dd-repair-stats` answers through a published port."""
    container = found(engine, STATS, IMAGE)
    response_of(container)
    return container


@check(needs=stats, points=1)
def stats_limited(stats: Container) -> None:
    """It has a memory limit, of at most 256 MB."""
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
    """It signs with the value of `$TOKEN`."""
    token = variables(answer)["TOKEN"]
    if token not in desk.body:
        raise Failed(
            f"`{DESK}` answers `{desk.body.strip()}`, not signed with `{token}`.",
            hint="`echo $TOKEN` shows the value; the program says in which variable it wants it.",
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
    """Its health check asks the feed: it says well where the feed answers, and only there."""
    test = feed.config["Healthcheck"]["Test"]
    probe = ["sh", "-c", test[1]] if test[0] == "CMD-SHELL" else test[1:]
    asked = feed.evidence("{{json .Config.Healthcheck.Test}}")
    if feed.twin("sleep", "600").exec(*probe).exit_code == 0:
        raise Failed(
            f"The health check of `{FEED}` says healthy even in a container where no feed runs.",
            hint="A health check is a command that fails when the service does. What does yours ask?",
            evidence=asked,
        )
    twin = feed.twin()
    if not engine.wait_until(lambda: twin.exec(*probe).exit_code == 0, 10, container=twin.id):
        raise Failed(
            f"`{FEED}` is healthy by what was done inside it. Another container made the same way is not.",
            hint="On which port does the feed listen, and which one is asked?",
            evidence=[*asked, *twin.exec(*probe).output.strip().splitlines()[-1:], *feed.log_evidence()],
        )


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
    shown = container.port_evidence()
    if not ports:
        raise Failed(f"`{container.name}` runs, but publishes no port.", evidence=shown)
    for port in ports:
        response = container.request(port=int(port), wait=8)
        if response.status == 200:
            return response
    raise Failed(
        f"`{container.name}` runs and publishes port {' and '.join(ports)}, but nothing answers there: "
        f"{response.error or response.status}",
        hint="On which port does the program listen, inside?",
        evidence=[*shown, *container.log_evidence()],
    )
