from typing import NamedTuple

from graders.author import Answer, Container, Door, Engine, Failed, Project, check, hinted

WEB, APP, DB = "web", "app", "db"
BASE, TOOLS = "redis:8.0", "busybox:1.37"
PAGE, ASKED, DATA = 80, 8000, 6379
OWN = "dd-gallery"


class Tiers(NamedTuple):
    """The three, as the file brings them up."""

    project: Project
    web: Container
    app: Container
    db: Container

    @property
    def addresses(self) -> list[str]:
        """Where `db` is, one for each of its networks."""
        return [joined.ip for joined in self.db.addresses.values() if joined.ip]

    @property
    def joined(self) -> list[str]:
        """Who is in which network, by the names that the file has for them."""
        own = f"{self.project.name}_"
        return [
            f"{one.known} is in {', '.join(name.removeprefix(own) for name in one.addresses) or 'none of its own'}"
            for one in (self.web, self.app, self.db)
        ]


@check(points=1)
def reads(engine: Engine, answer: Answer) -> Project:
    """Compose reads the file, and finds the services `web`, `app` and `db`."""
    answer.unchanged(hint="The program is right; what is missing is in `compose.yaml`. `%reset` brings it back.")
    read = engine.project(answer.path)
    if missing := [service for service in (WEB, APP, DB) if service not in read.services]:
        raise Failed(
            f"There is no service `{missing[0]}`.", evidence=["$ docker compose config --services", *read.services]
        )
    return read


@check(needs=reads, points=2)
def shows(reads: Project, engine: Engine, answer: Answer) -> Tiers:
    """Brought up, `web` shows through a published port what `db` has now."""
    reads.up(build=True)
    found = Tiers(reads, *(reads.container(service).running() for service in (WEB, APP, DB)))
    picture, price = answer.nonce("picture", 8), f"{answer.number('price', 100, 999)} crowns"
    engine.redis(found.db.from_image(BASE), "SET", picture, price)
    way = (
        f"Who has to share a network with `{APP}`? And in an internal network nothing is published, whatever is asked."
    )
    with hinted(way, lambda: found.joined):
        page = found.web.page(f"/cgi-bin/price?{picture}", port=PAGE)
        if page.strip() != price:
            raise Failed(f"`{DB}` has the price of a picture that `{WEB}` does not show.", evidence=[page])
    return found


@check(needs=shows, points=3)
def separate(shows: Tiers, engine: Engine) -> None:
    """`web` reaches `app` and, by no name and at no address, `db`, with which it has no network in common."""
    closed = [Door(shows.web, host, DATA, is_open=False) for host in (DB, *shows.addresses, APP)]
    reach = engine.reach(Door(shows.web, APP, ASKED), *closed)
    if reach.wrong or {*shows.web.addresses} & {*shows.db.addresses}:
        seen = f"reaches `{reach.wrong[0].target}`" if reach.wrong else f"and `{DB}` are in one network"
        raise Failed(
            f"`{WEB}` {seen}.",
            hint="Each network counts that one of them is in, and each program that passes on what it is sent.",
            evidence=[*reach.evidence, *shows.joined],
        )


@check(needs=[separate, shows], points=2)
def newcomer(shows: Tiers, engine: Engine) -> None:
    """A service that is added to the file with no word on networks does not reach `db`."""
    # Compose puts it into the default network, which it has not made where nobody is in there.
    if default := shows.project.config["networks"].get("default"):
        name = default["name"] if default.get("external") else f"{shows.project.name}_default"
        tries = "; ".join(f"nc -w 2 {address} {DATA} && exit" for address in shows.addresses)
        if not engine.once(TOOLS, "sh", "-c", f"{tries}; exit 1", network=name, again=False).exit_code:
            raise Failed(
                f"A service with no `networks:` is in the default network, and from there `{DB}` was reached.",
                hint="Who else is in there, and has to be?",
                evidence=[f"$ docker run --rm -i --network {OWN}_default {TOOLS} nc -w 2 {DB} {DATA}", *shows.joined],
            )


@check(needs=shows, points=2)
def no_way_out(shows: Tiers, engine: Engine) -> None:
    """Each network that `db` is in is internal."""
    for network in map(engine.network, shows.db.addresses):
        if not network.is_internal:
            name = network.name.removeprefix(f"{shows.project.name}_")
            raise Failed(
                f"`{DB}` is in `{name}`, which leads out.",
                hint="Whether a network has a way out is said where the file says which networks there are.",
                evidence=[*network.evidence("internal: {{.Internal}}"), *shows.joined],
            )


@check(needs=shows, points=1)
def unpublished(shows: Tiers) -> None:
    """Nothing but `web` is published."""
    for one in (one for one in shows.project.containers() if one.known != WEB):
        if one.published_ports or "host" in one.addresses:
            raise Failed(
                f"`{one.known}` is published: a way past the networks, for all who reach that port.",
                hint="Neighbours need no published port. To have a look yourself, there is `docker compose exec`.",
                evidence=one.port_evidence(),
            )
