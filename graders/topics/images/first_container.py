from ipaddress import ip_address

from graders.author import TIMED_OUT, Answer, Container, Engine, Failed, Response, check

NAME = "dd-web"


@check(points=1)
def running(engine: Engine, answer: Answer) -> Container:
    """A container called `dd-web` runs in the background."""
    container = engine.container(NAME).running()
    if answer.commands and answer.commands.exit_code == TIMED_OUT and container.was_attached():
        raise Failed(
            f"`{NAME}` runs, but your commands never came back: the container holds the terminal.",
            hint="Which option of `docker run` lets the container run in the background?",
        )
    return container


@check(needs=running, points=1)
def right_image(running: Container) -> None:
    """`dd-web` was made from the image `nginx:1.26`."""
    running.from_image("nginx:1.26")


@check(needs=running, points=1)
def published(running: Container) -> list[tuple[str, int]]:
    """Port 80 of `dd-web`, where the server listens, is published."""
    bound = running.published(80)
    if not bound:
        others = ", ".join(running.published_ports)
        seen = f"publishes {others}, where nothing listens" if others else "publishes no port"
        raise Failed(
            f"`{NAME}` {seen}. nginx listens on port 80 in the container.",
            hint="In `-p ADDRESS:HOST:CONTAINER` the last number is the port inside.",
            evidence=running.port_evidence(),
        )
    return bound


@check(needs=published, points=2)
def only_on_loopback(published: list[tuple[str, int]], running: Container) -> None:
    """`dd-web` is published on the loopback address, and on no other."""
    open_to_all = [address for address, _ in published if not ip_address(address).is_loopback]
    if open_to_all:
        raise Failed(
            f"`{NAME}` is published on {' and '.join(open_to_all)}, so every machine on your network can reach it.",
            hint="`-p` takes an address before the ports.",
            evidence=running.port_evidence(),
        )


@check(needs=published, points=1)
def answers(running: Container) -> Response:
    """The page answers through the published port of `dd-web`."""
    response = running.request("/")
    if response.status != 200:
        url = running.url()
        raise Failed(
            f"{url} {response.seen}.",
            hint="What runs in it? What stands behind the image's name takes the place of the image's own command.",
            evidence=[f"$ curl -s {url}", *running.log_evidence()],
        )
    return response
