"""The picture as text, as SVG, and as both for a notebook."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graders.feedback import harmless
from graders.pictures.canvas import INSIDE, LINE, WIDTH, Canvas, Line, figure, listed, short, size, template
from graders.pictures.layers.stacks import Branch, Floor, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.pictures.layers.stacks import Picture, Row, Stack

SPANS = {"year": 31536000, "month": 2592000, "week": 604800, "day": 86400, "hour": 3600, "minute": 60}
LEGEND = "Lowest layer first; – is an instruction without a layer."
SHOWN_FILES = 3
"""How many hidden files are named."""
COLUMNS, MARGIN = 90, 25
"""Signs in a line of the text, and before its words."""
STEP = 14
"""Of the drawing: how much further in a branch is."""
MOST_LINES = 3
DEEPEST = 8
"""How many branches within each other are told apart by their place."""


def age(created: float, now: float) -> str:
    """How old a layer is, as docker says it."""
    if created <= 0:
        return "no date"
    for word, seconds in SPANS.items():
        if count := max(int(now - created), 0) // seconds:
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "seconds"


def summary(stack: Stack) -> str:
    """An image in one sentence."""
    many = "1 layer" if len(stack.layers) == 1 else f"{len(stack.layers)} layers"
    unseen = f"{size(stack.hidden)} of it hidden" if stack.hidden else "nothing hidden"
    return f"{stack.name}: {many}, {size(stack.size)}, {unseen}."


def heading(branch: Branch) -> str:
    """What stands above the layers of a branch."""
    return branch.names[0] if len(branch.names) == 1 else f"shared by {listed(branch.names)}"


def setting(row: Setting) -> str:
    """An instruction without a layer."""
    return f"in {row.only} only: {row.instruction}" if row.only else row.instruction


def notes(floor: Floor) -> list[str]:
    """What is said of a layer beside its size, age and instruction."""
    layer, said = floor.layer, []
    if len(floor.hidden) == len(floor.names) and len({count for _, count in floor.hidden}) == 1:
        said += [f"{size(floor.hidden[0][1])} of it hidden by later layers"]
    else:
        said += [f"{size(count)} of it hidden in {name}" for name, count in floor.hidden]
    if layer.hides:
        found = sorted(layer.hides, key=lambda one: (-one.size, one.path))
        said += [f"hides {size(sum(one.size for one in found))} of lower layers:"]
        said += [
            f"  {'deletes' if one.deleted else 'replaces'} /{one.path}, {size(one.size)} of layer {one.below}"
            for one in found[:SHOWN_FILES]
        ]
        rest = found[SHOWN_FILES:]
        said += [f"  and {len(rest)} more, {size(sum(one.size for one in rest))}"] if rest else []
    ends = [*floor.last, *layer.ends] if floor.shared_since else floor.last
    said += [f"{listed(ends)} {'ends' if len(ends) == 1 else 'end'} here"] if ends else []
    if floor.shared_since and (more := [name for name in layer.shared if name not in layer.ends]):
        first = floor.shared_since
        which = f"layer {first} " if first == layer.number else f"layers {first}-{layer.number} "
        said += [f"{which}also in {listed(more)}"]
    return said


def text(picture: Picture) -> str:
    """The picture as a tree of text."""
    lines = [*map(summary, picture.stacks), LEGEND, ""]
    rows = picture.rows()
    for index, row in enumerate(rows):
        guide = "".join("│  " if _goes_on(rows, index, depth) else "   " for depth in range(1, row.depth + 1))
        room = max(COLUMNS - MARGIN - len(guide), MARGIN)
        if isinstance(row, Branch):
            corner = "├─ " if _goes_on(rows, index, row.depth) else "└─ "
            lines += [f"{guide[:-3]}{corner if row.depth else ''}{heading(row)}"]
        elif isinstance(row, Setting):
            lines += [f"{guide} –{'':<{MARGIN - 2}}{short(setting(row), room)}"]
        else:
            layer = row.layer
            head = f"{guide}{layer.number:>2}  {size(layer.size):>7}  {age(layer.created, picture.now):<12}"
            lines += [f"{head}{short(layer.instruction, room)}"]
            lines += [f"{guide}{'':<{MARGIN}}{short(note, room)}" for note in notes(row)]
    return harmless("\n".join(line.rstrip() for line in lines))


def _goes_on(rows: Sequence[Row], index: int, depth: int) -> bool:
    """Whether another branch begins where the one at this depth did, in which a row is."""
    end = _end(rows, index, depth)
    return end < len(rows) and rows[end].depth == depth


def _end(rows: Sequence[Row], index: int, depth: int) -> int:
    """The index of the first row that is no longer in the branch at this depth, in which a row is."""
    for later in range(index + 1, len(rows)):
        row = rows[later]
        if row.depth < depth or (row.depth == depth and isinstance(row, Branch)):
            return later
    return len(rows)


@dataclass(frozen=True)
class Box:
    """A layer's box, in which a bar is as long as the layer is large, its last part what is hidden."""

    x: float
    y: float
    width: float
    height: float
    bar: float
    hidden: float
    shared: bool
    said: str


@dataclass
class _Drawing(Canvas):
    """What is drawn so far, from top to bottom."""

    boxes: list[Box] = field(default_factory=list)

    def add(self, row: Row, picture: Picture) -> None:
        if isinstance(row, Floor):
            self._floor(row, picture)
        elif isinstance(row, Setting):
            self.y += 2
            self.words(f"– {setting(row)}", "setting", _left(row) + INSIDE, most=1)
            self.y += 2
        else:
            self.y += 8
            self.words(heading(row), "name", _left(row))
            self.y += 2

    def _floor(self, row: Floor, picture: Picture) -> None:
        layer, x, top = row.layer, _left(row), self.y + 4
        self.y = top + LINE + 3
        self.lines.append(Line(x + INSIDE, self.y, "number", f"{layer.number}"))
        self.lines.append(Line(x + INSIDE + 26, self.y, "", size(layer.size)))
        self.lines.append(Line(WIDTH - INSIDE, self.y, "quiet", age(layer.created, picture.now), end=True))
        self.y += INSIDE if layer.size else 2
        width = WIDTH - x - 2 * INSIDE
        bar = max(width * layer.size / picture.largest, 2) if layer.size else 0
        most = max((count for _, count in row.hidden), default=0)
        self.words(layer.instruction, "code", x + INSIDE, most=MOST_LINES)
        for note in notes(row):
            self.words(note, "note", x + INSIDE, most=MOST_LINES)
        self.y += INSIDE - 3
        shared = bool(layer.shared) or len(row.names) > 1
        part = min(max(bar * most / layer.size, 2), bar) if bar and most else 0
        self.boxes.append(Box(x, top, WIDTH - x, self.y - top, bar, part, shared, layer.instruction))


def _left(row: Row) -> int:
    return STEP * min(row.depth, DEEPEST)


def svg(picture: Picture) -> str:
    """The picture as a drawing: readable in the light and in the dark, and on a narrow screen."""
    drawing = _Drawing()
    for stack in picture.stacks:
        drawing.words(summary(stack), "note", 0)
    drawing.words(f"{LEGEND} Hatched is what later layers hide.", "quiet", 0)
    drawing.y += 4
    rows, bottoms = picture.rows(), []
    for row in rows:
        drawing.add(row, picture)
        bottoms.append(drawing.y)
    guides = [
        (_left(row) - STEP // 2, bottoms[index], bottoms[_end(rows, index, row.depth) - 1])
        for index, row in enumerate(rows)
        if isinstance(row, Branch) and row.depth
    ]
    key = hashlib.sha256(repr(drawing.lines).encode()).hexdigest()[:8]
    about = " ".join(map(summary, picture.stacks))
    names = ", ".join(stack.name for stack in picture.stacks)
    return template("layers/layers").render(
        drawing=drawing, names=names, about=about, guides=guides, width=WIDTH, inside=INSIDE, key=key
    )


def html(picture: Picture) -> str:
    """The drawing with its text twin in a fold."""
    return figure("layers", svg(picture), text(picture))
