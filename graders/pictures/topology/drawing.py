"""The picture as text, as SVG, and as both for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graders.feedback import harmless
from graders.pictures.canvas import figure, short
from graders.pictures.columns import MOST_LINES, Columns, Left, Right, Row, Words

if TYPE_CHECKING:
    from graders.pictures.topology.members import Member, Net, Picture

COLUMNS, MARGIN = 90, 24
"""Signs in a line of the text, and of its names."""
NOBODY = "No containers."


def text(picture: Picture) -> str:
    """The picture as text: the networks with who is in them, then the containers with what leads to them."""
    lines = []
    for net in picture.nets:
        lines += [f"{net.name}: {net.about}"]
        inside = [f"{member.name:<{MARGIN - 4}} {place.told}" for member, place in picture.of(net)]
        inside += [f"and {more} more"] if (more := picture.more(net)) else []
        lines += [f"{'└─' if said is inside[-1] else '├─'} {said}" for said in inside] + [""]
    for member in picture.members:
        said = [*_beside(member), *(one.told for one in member.should)]
        lines += [f"{member.name}: {member.about}", *(f"  {line}" for line in said), ""]
    whole = "\n".join(short(line, COLUMNS).rstrip() for line in lines).rstrip()
    return harmless(whole) if picture.members else NOBODY


def _beside(member: Member) -> list[str]:
    within = [f"in the network of {member.within}"] if member.within else []
    return [*within, *member.doors, *member.mounts]


def svg(picture: Picture) -> str:
    """The picture as a drawing: containers on the left, networks on the right."""
    drawing = Columns()
    for member in picture.members:
        drawing.add(_left(picture, member))
    if not picture.members:
        drawing.words(NOBODY, "quiet", 0)
    names = ", ".join(net.name for net in picture.nets) or "no network"
    about = " ".join(f"{member.name}: {member.about}; {_told(member)}." for member in picture.members)
    return drawing.svg("topology", f"Who is in {names}", about or NOBODY)


def _left(picture: Picture, member: Member) -> Left:
    """A container: what leads to it and is mounted in it, and each address led to its network."""
    beside = tuple(Row((Words(said, "quiet", MOST_LINES),)) for said in _beside(member))
    places = tuple(
        Row(
            (
                Words(place.address or "no address", "path", MOST_LINES),
                Words(f"in {place.net.name}", "quiet", MOST_LINES),
                *(Words(f"also called {name}", "quiet", MOST_LINES) for name in place.aliases),
            ),
            _right(picture, place.net),
            bool(place.address),
        )
        for place in member.places
    )
    # What is not as it should be stands out in its sign, its words and its weight.
    should = tuple(Row((Words(one.told, "quiet" if one.holds else "name", MOST_LINES),)) for one in member.should)
    return Left((Words(member.name, "name"), Words(member.about, "quiet")), (*places, *beside, *should))


def _right(picture: Picture, net: Net) -> Right:
    inside = len(picture.of(net)) + picture.more(net)
    count = f"{inside} container{'s' * (inside != 1)}"
    return Right(net.name, "net", (Words(net.name, "name"), Words(net.about, "quiet"), Words(count)))


def _told(member: Member) -> str:
    places = [f"in {place.net.name} at {place.told}" for place in member.places]
    return ", ".join([*places, *_beside(member), *(one.told for one in member.should)]) or "in no network"


def html(picture: Picture) -> str:
    """The drawing with its text twin in a fold."""
    return figure("topology", svg(picture), text(picture))
