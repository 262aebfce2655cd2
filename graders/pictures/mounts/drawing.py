"""The picture as text, as SVG, and as both for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graders.feedback import harmless
from graders.pictures.canvas import figure, listed, short
from graders.pictures.columns import MOST_LINES, Columns, Left, Right, Row, Words

if TYPE_CHECKING:
    from graders.pictures.mounts.places import Inside, Path, Picture, Place

COLUMNS, MARGIN = 90, 24
"""Signs in a line of the text, and of its paths."""
SHOWN_WRITTEN = 3
KINDS = {"layer": "own layer", "volume": "volume", "anonymous": "anonymous volume", "bind": "host", "tmpfs": "memory"}


def written(inside: Inside) -> str:
    """What lies in a container's own layer."""
    if not inside.written:
        return "nothing written so far"
    shown = [line[2:] for line in inside.written[:SHOWN_WRITTEN]]
    rest = len(inside.written) - len(shown)
    return f"written: {', '.join(shown)}{f' and {rest} more' if rest else ''}"


def notes(picture: Picture, inside: Inside, path: Path) -> list[str]:
    """What is said of a path beside its place."""
    said = [path.told]
    if path.place.kind == "layer":
        said += [f"above the image {inside.image}", written(inside)]
    if others := picture.sharing(path.place, inside.name):
        said += [f"also in {listed(others)}"]
    return [*said, path.place.survives]


def text(picture: Picture) -> str:
    """The picture as text: for each container its paths, outermost first."""
    lines = []
    for inside in picture.containers:
        lines += [inside.heading]
        for path in inside.paths:
            shown = path.path if len(path.path) < MARGIN else f"{path.path}\n  {'':<{MARGIN}}"
            lines += [f"  {shown:<{MARGIN}}{short(path.place.name, COLUMNS - MARGIN - 2)}"]
            lines += [f"  {'':<{MARGIN}}{short(note, COLUMNS - MARGIN - 2)}" for note in notes(picture, inside, path)]
        lines += [""]
    return harmless("\n".join(line.rstrip() for part in lines for line in part.split("\n")).rstrip())


def _left(picture: Picture, inside: Inside) -> Left:
    """A container and its paths, each led to its place."""
    rows = tuple(
        Row(
            (Words(path.path, "path", MOST_LINES), Words(path.told, "quiet")),
            _right(picture, inside, path.place),
            path.writable,
        )
        for path in inside.paths
    )
    return Left((Words(inside.name, "name"), Words(inside.about, "quiet")), rows)


def _right(picture: Picture, inside: Inside, place: Place) -> Right:
    said = [Words(KINDS[place.kind], "name")]
    if place.kind == "layer":
        said += [Words(f"above the image {inside.image}"), Words(written(inside), "quiet", MOST_LINES)]
    elif place.kind != "tmpfs":
        source = f"{place.source[:12]}…" if place.kind == "anonymous" else place.source
        said += [Words(source, "path", MOST_LINES)]
    if others := picture.sharing(place, inside.name):
        said += [Words(f"also in {listed(others)}")]
    return Right(place, place.kind, (*said, Words(place.survives, "quiet")))


def svg(picture: Picture) -> str:
    """The picture as a drawing."""
    drawing = Columns()
    for inside in picture.containers:
        drawing.add(_left(picture, inside))
    drawing.words("A dashed line is read-only.", "quiet", 0)
    names = ", ".join(inside.name for inside in picture.containers)
    about = " ".join(f"{inside.heading}; {_told(inside)}." for inside in picture.containers)
    return drawing.svg("mounts", f"What lies under the paths of {names}", about)


def _told(inside: Inside) -> str:
    return ", ".join(f"{path.path} is in {path.place.name}" for path in inside.paths)


def html(picture: Picture) -> str:
    """The drawing with its text twin in a fold."""
    return figure("mounts", svg(picture), text(picture))
