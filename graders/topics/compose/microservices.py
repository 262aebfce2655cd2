import re
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Project, check, hinted

GATEWAY, USERS, ORDERS, PAYMENTS, STORE = "gateway", "users", "orders", "payments", "store"
STORES = {USERS: USERS, ORDERS: STORE, PAYMENTS: PAYMENTS}
"""By service, which container keeps what it knows."""
ALL = {GATEWAY, *STORES, STORE}
DATA, ENTRY, REDIS = "/data", 80, "redis:8.0"
CLOSED = "payments is closed, orders are taken"
SOON = 5
TOLD = "http://127.0.0.1:18490"
WAITS = "How long does nginx wait for an answer, and what does it say where none comes?"
LOOKS = "When does nginx look up who is called `payments`, and what does it do where nobody is?"


class Case(NamedTuple):
    """What has happened to the services, the command of Compose's that does it, and what to think about."""

    how: str
    command: str
    hint: str


ALIVE = Case("All five run.", "up --detach --build", "Who is asked, by which name, and does the question arrive?")


@check(points=3)
def own(engine: Engine, answer: Answer) -> Project:
    """There are five services, and what three of them know lies in volumes with names: one each, which no other has."""
    answer.unchanged()
    project = engine.project(answer.path)
    if missing := sorted(ALL - {*project.services}):
        raise Failed(
            f"There is no service `{missing[0]}`.", evidence=["$ docker compose config --services", *project.services]
        )
    project.up(build=True)
    everywhere = [mount.source for one in project.containers() for mount in one.mounts]
    for service, keeper in STORES.items():
        mount = project.container(keeper).mount(DATA)
        if mount is None or mount.kind != "volume" or mount.is_anonymous or everywhere.count(mount.source) > 1:
            raise Failed(
                f"What `{service}` knows is kept by `{keeper}`, in `{DATA}`. "
                f"There is {'nothing mounted' if mount is None else mount.told}"
                f"{', which another service has as well' if mount and everywhere.count(mount.source) > 1 else ''}.",
                hint="Which volume belongs to whom? Who wants to know something asks the service, and not its store.",
                evidence=project.container(keeper).mount_evidence(),
            )
    return project


@check(needs=own, points=3)
def together(own: Project, engine: Engine, answer: Answer) -> Project:
    """Users are added, orders taken and payments made, all through the gateway, which alone is published."""
    own.container(STORE).from_image(REDIS).running()
    for service in (ORDERS, PAYMENTS):
        own.container(service).wait_log("listens on")
    if published := [name for name in sorted(ALL) if name != GATEWAY and own.container(name).published_ports]:
        raise Failed(
            f"`{published[0]}` is published, and whoever asks it goes around the gateway.",
            hint="Who has to be reached from outside of the project?",
            evidence=own.container(published[0]).port_evidence(),
        )
    name, item = f"ann-{answer.nonce('user')}", f"tea-{answer.nonce('item')}"
    user, order = f"user 1 is {name}", f"order 1 of {item} is paid"
    asked = [(f"/users?{name}", user), (f"/orders?{item}", order), ("/orders", order)]
    for path, wanted in [*asked, ("/payments", "payment 1 is for order 1")]:
        expect(engine, own, path, 200, wanted, ALIVE)
    return own


@check(needs=together, points=4)
def hangs(together: Project, engine: Engine) -> Project:
    """Where `payments` hangs, users and orders go on, and the gateway says soon that payments is closed."""
    together.container(PAYMENTS).running().freeze()
    goes_on(engine, together, Case("`payments` takes requests and never answers.", "pause payments", WAITS))
    return together


@check(needs=hangs, points=4)
def dies(hangs: Project, engine: Engine) -> None:
    """Where `payments` is dead, it is the same, also when the gateway is started again meanwhile."""
    hangs.container(PAYMENTS).kill()
    expect(engine, hangs, "/payments", 503, CLOSED, Case("`payments` is dead.", "kill payments", WAITS))
    hangs.compose("restart", "--no-deps", GATEWAY)
    case = Case("`payments` is dead, and the gateway was started again.", "restart --no-deps gateway", LOOKS)
    goes_on(engine, hangs, case)


def goes_on(engine: Engine, project: Project, case: Case) -> None:
    """See that users and orders work, and that the gateway says what payments does not."""
    expect(engine, project, "/users", 200, "user 1 is", case)
    expect(engine, project, "/orders?salt", 200, "of salt is unpaid", case)
    expect(engine, project, "/payments", 503, CLOSED, case)


def expect(engine: Engine, project: Project, path: str, status: int, text: str, case: Case) -> None:  # noqa: PLR0913, PLR0917 - a question, its answer
    """See what the gateway answers to a path, within a few seconds; with a question it is a POST."""
    method = "POST" if "?" in path else "GET"
    with hinted(case.hint):
        url = project.container(GATEWAY).url(path, port=ENTRY)
    seen = engine.request(url, wait=SOON, timeout=SOON, method=method)
    if seen.status != status or text not in seen.body:
        said = re.sub(r"<[^>]*>", "", seen.body).split("\n")
        raise Failed(
            f"{case.how} To `{method} {path}` the gateway should answer {status} with `{text}`. "
            f"It {'says something else' if seen.status == status else seen.seen}.",
            hint=case.hint,
            evidence=[
                f"$ docker compose {case.command}",
                f"$ curl -i --max-time {SOON} -X {method} '{TOLD}{path}'",
                *[line for line in said if line.strip()][:1],
            ],
        )
