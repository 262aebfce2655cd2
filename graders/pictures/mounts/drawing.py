"""The picture as text, as SVG, and as both for a notebook."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from graders.feedback import harmless
from graders.pictures.canvas import INSIDE, LINE, WIDTH, Canvas, figure, listed, short, template

if TYPE_CHECKING:
    from graders.pictures.mounts.places import Inside, Path, Picture, Place

COLUMNS, MARGIN = 90, 24
"""Signs in a line of the text, and of its paths."""
LEFT, RIGHT = 150, 188
"""Of the drawing: where the containers end, and where the places begin."""
MOST_LINES = 4
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


class Box(NamedTuple):
    """A box of the drawing."""

    x: float
    y: float
    width: float
    height: float
    kind: str


class Link(NamedTuple):
    """From a path to its place."""

    top: float
    end: float
    writable: bool


@dataclass
class _Drawing(Canvas):
    """What is drawn so far: containers on the left, places on the right."""

    boxes: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    places: dict[Place, float] = field(default_factory=dict)
    """How far down the line comes in at a place that is drawn."""

    def add(self, inside: Inside, picture: Picture) -> None:
        top = bottom = self.y
        self.y += 4
        self.words(inside.name, "name", INSIDE, right=LEFT - 4)
        self.words(inside.about, "quiet", INSIDE, right=LEFT - 4)
        self.y += INSIDE
        for path in inside.paths:
            start = self.y
            self.words(path.path, "path", INSIDE, most=MOST_LINES, right=LEFT - 4)
            self.words(path.told, "quiet", INSIDE, right=LEFT - 4)
            left = self.y
            if path.place not in self.places:
                self.y = max(start, bottom)
                bottom = self._place(path.place, inside, picture)
            self.links.append(Link(start + LINE - 4, self.places[path.place], path.writable))
            self.y = max(left + INSIDE, bottom + 4 if self.places[path.place] > start else left)
        self.boxes.append(Box(1, top, LEFT - 1, self.y - top, "container"))
        self.y = max(self.y, bottom) + INSIDE

    def _place(self, place: Place, inside: Inside, picture: Picture) -> float:
        """Draw a place where it comes first, and say where it ends."""
        top, x = self.y, RIGHT + INSIDE
        self.y += 3
        self.places[place] = top + LINE
        self.words(KINDS[place.kind], "name", x)
        if place.kind == "layer":
            self.words(f"above the image {inside.image}", "", x)
            self.words(written(inside), "quiet", x, most=MOST_LINES)
        elif place.kind != "tmpfs":
            source = f"{place.source[:12]}…" if place.kind == "anonymous" else place.source
            self.words(source, "path", x, most=MOST_LINES)
        if others := picture.sharing(place, inside.name):
            self.words(f"also in {listed(others)}", "", x)
        self.words(place.survives, "quiet", x)
        self.y += INSIDE - 2
        self.boxes.append(Box(RIGHT, top, WIDTH - RIGHT - 1, self.y - top, place.kind))
        return self.y


def svg(picture: Picture) -> str:
    """The picture as a drawing: readable in the light and in the dark, and on a narrow screen."""
    drawing = _Drawing()
    for inside in picture.containers:
        drawing.add(inside, picture)
    drawing.words("A dashed line is read-only.", "quiet", 0)
    key = hashlib.sha256(repr(drawing.lines).encode()).hexdigest()[:8]
    names = ", ".join(inside.name for inside in picture.containers)
    about = " ".join(f"{inside.heading}; {_told(inside)}." for inside in picture.containers)
    return template("mounts").render(
        drawing=drawing, names=names, about=about, width=WIDTH, left=LEFT, right=RIGHT, key=key
    )


def _told(inside: Inside) -> str:
    return ", ".join(f"{path.path} is in {path.place.name}" for path in inside.paths)


def html(picture: Picture) -> str:
    """The drawing with its text twin in a fold."""
    return figure("mounts", svg(picture), text(picture))
