from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from typing import NamedTuple

from graders.author import Address, Answer, Container, Door, Engine, Failed, Network, Response, check, hinted

API, WEB, IMAGE = "dd-watch-api", "dd-watch-web", "dd-watch-api:1.0"
BASE = "nginx:1.26"
SOON = 10
READY = "The words are ready."
STRANGER = ("sh", "-c", "echo another >/srv/key; exec python /srv/words.py")
AWAY = {0, 502, 504}
TIMES, FREE_BEFORE = 8, 4
"""How often the page is asked for, since each worker of nginx asks for names on its own; and how many addresses may be
free before the one that a stranger shall get: the Engine gives the lowest one."""
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"
RUNS = "{{.Path}}{{range .Args}} {{.}}{{end}}, restart: {{.HostConfig.RestartPolicy.Name}}"
Pair = tuple[Container, Container]


class _Life(NamedTuple):
    started: str
    processes: dict[str, str]
    """What nginx's processes call themselves, by their numbers."""


def prepare(engine: Engine, answer: Answer) -> None:
    key, start = answer.nonce("key", 24), ['CMD ["python", "/srv/words.py"]']
    engine.make_image("python:3.13-slim", f"echo {key} >/srv/key", content=answer.scene, name=IMAGE, changes=start)


@check(points=1)
def running(engine: Engine, answer: Answer) -> Pair:
    """`dd-watch-api` runs, not published; `dd-watch-web` runs nginx 1.26; both are in a network of yours."""
    api = engine.container(API).running().of(engine.image(engine.made(IMAGE)))
    with engine.seeing_folder(answer):
        web = engine.container(WEB).running()
    web.image.starts_from(BASE)
    if not (set(api.addresses) & set(web.addresses)) - {"bridge", "host", "none"}:
        raise Failed(f"`{API}` and `{WEB}` share no network of yours.", evidence=engine.evidence(JOINED, API, WEB))
    if api.published_ports:
        raise Failed(f"`{API}` is published, a way past `{WEB}`.", evidence=api.port_evidence())
    return api, web


@check(needs=running, points=1)
def shows(running: Pair, engine: Engine, answer: Answer) -> str:
    """At `/words/` and the name of a ship, the web server shows the word that the API has."""
    api, web = running
    ship = f"/{answer.nonce('ship', 8)}"
    # Where nginx kept an address for a while, it may just be wrong.
    engine.wait_until(lambda: _asked(web, ship).status not in AWAY, SOON, container=api.id)
    _arrives(running, answer, ship, "What is the path that arrives at the API? Its log says it.")
    return ship


@check(needs=[shows, running], points=2)
def whole(running: Pair, answer: Answer) -> None:
    """The rest of the path and the query arrive at the API as they were sent."""
    ship = f"/{answer.nonce('space', 6)}%20gull"
    lost = "What was asked for stands in one line here, and what arrived in another one. What is missing?"
    _arrives(running, answer, f"/orca?watch={answer.number('watch', 10, 99)}&light=green", lost)
    _arrives(running, answer, ship, "Which variables of nginx hold a path as it was sent, and which with a real space?")


@check(needs=[shows, running], points=3, alone=True)
def follows(running: Pair, shows: str, engine: Engine, answer: Answer) -> tuple[_Life, _Life]:
    """When the API is made anew at another address, each answer is the API's ten seconds later."""
    _, web = running
    before = _life(engine, web)
    with _made_anew(engine, running):
        if not engine.wait_until(lambda: _follows(engine, web, answer, shows), SOON, container=web.id):
            seen = _asked(web, shows)
            theirs = "still comes from there" if " is " in seen.body else seen.seen
            raise Failed(
                f"For this check `{API}` was made anew, and its old address given to another container. "
                f"{SOON} seconds later the page {theirs}.",
                hint="When does nginx ask who that is, and how long does it believe the answer?",
                evidence=[*web.look("getent", "hosts", API).evidence, *_configuration(web)],
            )
        return before, _life(engine, web)


@check(needs=[follows, running], points=2)
def steady(follows: tuple[_Life, _Life], engine: Engine) -> None:
    """For this, nginx is neither restarted nor told to read its configuration again."""
    before, after = follows
    seen = ""
    if before.processes != after.processes:
        seen = f"In `{WEB}`, processes of nginx ended meanwhile, and others took their place."
    if before.started != after.started:
        seen = f"`{WEB}` was restarted meanwhile."
    if seen:
        hint = "Who asks meanwhile may be cut off. Can nginx itself ask again, while it runs?"
        raise Failed(seen, hint=hint, evidence=engine.evidence(RUNS, WEB))


def _word(answer: Answer, path: str) -> str:
    word = sha256(f"{answer.nonce('key', 24)} {path}".encode()).hexdigest()[:10]
    return f"The word of {path} is {word}."


def _asked(web: Container, path: str) -> Response:
    with hinted("Was it asked for with `--publish`?"):
        return web.request(f"/words{path}")


def _arrives(running: Pair, answer: Answer, path: str, hint: str) -> None:
    api, web = running
    seen = _asked(web, path)
    if seen.body.strip() != _word(answer, path):
        raise Failed(
            f"For this check `/words{path}` was asked for, and the word of `{path}` does not come.",
            hint=hint,
            evidence=[
                f"$ curl '{web.url(f'/words{path}')}'",
                *(seen.body.strip() or f"HTTP {seen.status} {seen.error}").splitlines()[:4],
                *api.log_evidence(),
                *_configuration(web),
            ],
        )


def _follows(engine: Engine, web: Container, answer: Answer, path: str) -> bool:
    """Whether each answer is the API's; one that is wrong is enough to say no."""
    with suppress(Failed):  # one that is restarted just now does not run
        if _asked(web, path).body.strip() != _word(answer, path):
            return False
        paths = [f"{path}-{turn}" for turn in range(TIMES)]
        seen = engine.reach(*(Door(web, "127.0.0.1", 80, protocol="http", says=f"/words{one}") for one in paths)).seen
        return all(_word(answer, one) in said.text for one, said in zip(paths, seen.values(), strict=True))
    return False


@contextmanager
def _made_anew(engine: Engine, running: Pair) -> Iterator[None]:
    """See that another API like this one stands elsewhere within the block, and strangers at its addresses."""
    api, web = running
    with ExitStack() as back:
        shared = [engine.network(name) for name in sorted(set(api.addresses) & set(web.addresses))]
        had = {network: back.enter_context(network.without(api)) for network in shared}
        for network, was in had.items():
            _give_away(engine, network, was, back)
        anew = api.made_anew()
        back.callback(anew.remove)
        for network, was in had.items():
            if network.name in anew.addresses:
                network.disconnect(anew)
            network.connect(anew, API, *was.aliases)
        anew.wait_log(READY)
        yield


def _give_away(engine: Engine, network: Network, was: Address, back: ExitStack) -> None:
    """Start a stranger at this address, and others at those that are free before it."""
    for _ in range(FREE_BEFORE):
        stranger = engine.run(engine.image(engine.made(IMAGE)), *STRANGER, network=network.name)
        back.callback(stranger.remove)
        if was.asked_for:
            network.disconnect(stranger)
            network.connect(stranger, address=was.ip)
        stranger.wait_log(READY)
        if stranger.addresses[network.name].ip == was.ip:
            return


def _life(engine: Engine, web: Container) -> _Life:
    listed = [line.split(None, 1) for line in engine.docker("top", web.id, "-o", "pid,args").stdout.splitlines()]
    own = {number: called for number, called in listed if called.startswith("nginx: ") and "cache" not in called}
    return _Life(str(web.state["StartedAt"]), own)


def _configuration(web: Container) -> list[str]:
    return web.look("sh", "-c", "nginx -T 2>/dev/null | grep -E 'resolver|set |proxy_pass'").evidence
