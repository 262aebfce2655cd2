from hashlib import sha256
from typing import NamedTuple

from graders.author import Answer, Container, Door, DrydockError, Engine, Failed, Seen, check

COUNTERS = ["dd-counter-1", "dd-counter-2", "dd-counter-3"]
REFUNDS, HALL, NAME = "dd-refunds", "dd-hall", "tickets"
NEW, OLD, HALL_IMAGE = "dd-counter:1.0", "dd-counter:0.9", "dd-hall:1.0"
BASE, OPEN = "python:3.13-slim", "The counter is open."
SOLD, ASKED = 8000, 8080
PASSENGERS = 60
"""How many are sent: that one of three has none of them happens once in ten thousand million times."""
VARIABLES = ("printenv", "COUNTERS", "KEEP")
JOINED = "{{slice .Name 1}} is in{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}"


class _Pier(NamedTuple):
    hall: Container
    counters: list[Container]
    known: list[str]
    """The addresses that the name has in the hall."""
    sold: str
    """All that the passengers got."""
    refunds: Seen


def prepare(engine: Engine, answer: Answer) -> None:
    def make(name: str, program: str, price: str) -> None:
        told = f"ENV PRICE={_price(answer, price)} KEY={answer.nonce('key', 24)}"
        start = f'CMD ["python", "/srv/{program}.py"]'
        engine.make_image(BASE, content=answer.scene / program, name=name, changes=[told, start])

    engine.side_by_side(
        lambda: make(NEW, "counter", "price"),
        lambda: make(OLD, "counter", "old price"),
        lambda: make(HALL_IMAGE, "hall", "none"),
    )


@check(points=1)
def running(engine: Engine, answer: Answer) -> _Pier:
    """Three counters run from `dd-counter:1.0`, and `dd-hall` from `dd-hall:1.0`."""
    made = engine.image(engine.made(NEW))
    counters = [engine.container(name).running().of(made) for name in COUNTERS]
    hall = engine.container(HALL).running().of(engine.image(engine.made(HALL_IMAGE)))
    called, (first, *_) = _name(hall), _passengers(hall, answer)
    back = first._replace(host=REFUNDS, port=SOLD, is_open=False)
    seen = engine.reach(called, back, *_passengers(hall, answer)).seen
    return _Pier(hall, counters, seen[called].text.split(), _sold(seen), seen[back])


@check(needs=running, points=3)
def all_three(running: _Pier, engine: Engine) -> None:
    """In the hall, `tickets` leads to all three counters."""
    missing = [counter.name for counter in running.counters if not {*_places(counter)} & {*running.known}]
    if missing:
        raise Failed(
            f"In `{HALL}`, the name `{NAME}` does not lead to `{missing[0]}`.",
            hint="In which network is the name that you gave, who has it there, and is the hall in that one?",
            evidence=[*_found(engine, running), *engine.evidence(JOINED, HALL, *COUNTERS)],
        )


@check(needs=[all_three, running], points=1)
def nobody_else(running: _Pier, engine: Engine) -> None:
    """It leads to nobody else."""
    others = {*running.known} - {place for counter in running.counters for place in _places(counter)}
    if others:
        raise Failed(
            f"In `{HALL}`, the name `{NAME}` leads to {len(others)} more than the three counters.",
            hint="Who has the name gets passengers, whatever it sells.",
            evidence=_found(engine, running),
        )


@check(needs=[all_three, running], points=2)
def serves(running: _Pier, answer: Answer) -> None:
    """The hall goes to all three."""
    tickets = [[_ticket(answer, place) for place in _places(counter)] for counter in running.counters]
    met = sum(any(ticket in running.sold for ticket in of_one) for of_one in tickets)
    if met < len(COUNTERS):
        raise Failed(
            f"The check sent {PASSENGERS} passengers into the hall. They got tickets at {met} of the three counters.",
            hint="The name leads to three. Who chooses one of them, and how often is it asked for?",
            evidence=[*running.hall.look(*VARIABLES).evidence, *_said(running.hall)],
        )


@check(needs=[serves, running], points=2)
def follows(running: _Pier, engine: Engine, answer: Answer) -> None:
    """A counter that opens later gets passengers too."""
    network = next(name for name, place in running.counters[0].addresses.items() if place.ip in running.known)
    names = {NAME, *running.counters[0].addresses[network].aliases}
    late = engine.run(engine.image(engine.made(NEW)), network=network, aliases=sorted(names))
    if not late.wait_log(OPEN, timeout=30):
        raise DrydockError("The check's own counter did not open.", "Check again; if it stays, run `drydock doctor`.")
    sold = _sold(engine.reach(*_passengers(running.hall, answer)).seen)
    if _ticket(answer, late.addresses[network].ip) not in sold:
        raise Failed(
            f"For this check a fourth counter opened in `{network}` under the name `{NAME}`. The hall got "
            f"{PASSENGERS} passengers, and none came there.",
            hint="Who was told where the counters are, and when was that?",
            evidence=running.hall.look(*VARIABLES).evidence,
        )
    late.remove()


@check(needs=running, points=1)
def refunds(running: _Pier, engine: Engine, answer: Answer) -> None:
    """The old counter, `dd-refunds`, is found in the hall by its own name."""
    old = engine.container(REFUNDS).running().of(engine.image(engine.made(OLD)))
    if not any(_ticket(answer, place, "old price") in running.refunds.text for place in _places(old)):
        raise Failed(
            f"In `{HALL}`, the old counter is not reached as `{REFUNDS}:{SOLD}`: {running.refunds.how}.",
            hint="Only one of its names was to be taken away.",
            evidence=engine.evidence(JOINED, HALL, REFUNDS),
        )


def _places(container: Container) -> list[str]:
    return [place.ip for place in container.addresses.values() if place.ip]


def _name(hall: Container) -> Door:
    return Door(hall, NAME, SOLD, is_open=False, protocol="name")


def _found(engine: Engine, pier: _Pier) -> list[str]:
    """Whom the name leads to in the hall, and how a learner asks for it there."""
    whose = [(one.name, place) for one in engine.containers() for place in _places(one) if place in pier.known]
    told = [f"{NAME} is {name} at {place}" for name, place in sorted(whose)]
    return [*(told or [f"{NAME}: no such name"]), f"$ {_name(pier.hall).shown}"]


def _said(hall: Container) -> list[str]:
    return hall.log_evidence() if hall.logs() else []


def _passengers(hall: Container, answer: Answer) -> list[Door]:
    asked = f"/{answer.nonce('passenger', 8)}"
    return [Door(hall, "127.0.0.1", ASKED, protocol="http", says=f"{asked}?{n}") for n in range(PASSENGERS)]


def _sold(seen: dict[Door, Seen]) -> str:
    return "".join(one.text for door, one in seen.items() if door.port == ASKED)


def _price(answer: Answer, which: str) -> int:
    return answer.number(which, *((10, 49) if which == "old price" else (50, 99)))


def _ticket(answer: Answer, place: str, which: str = "price") -> str:
    mark = sha256(f"{answer.nonce('key', 24)}/{answer.nonce('passenger', 8)}".encode()).hexdigest()[:12]
    return f"{_price(answer, which)} crowns from {place}, mark {mark}\n"
