"""The picture as text, as SVG, and as both for a notebook."""

from __future__ import annotations

import hashlib
import textwrap
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from graders.feedback import harmless, templates
from graders.pictures.layers.stacks import Branch, Floor, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2

    from graders.pictures.layers.stacks import Picture, Row, Stack

UNITS = ("B", "kB", "MB", "GB", "TB")
SPANS = {"year": 31536000, "month": 2592000, "week": 604800, "day": 86400, "hour": 3600, "minute": 60}
LEGEND = "Lowest layer first; – is an instruction without a layer."
SHOWN_NAMES, SHOWN_FILES = 3, 3
"""How many other images, and how many hidden files, are named."""
COLUMNS, MARGIN = 90, 25
"""Signs in a line of the text, and before its words."""
WIDTH, STEP, INSIDE = 360, 14, 10
"""Of the drawing: its width, how much further in a branch is, and the space between a box and what is in it."""
LINE, SIGN, LETTER = 16, 7.3, 6.9
"""Of the drawing: the height of a line, and the width of a sign, in instructions and names, and of a letter."""
MOST_LINES = 3
DEEPEST = 8
"""How many branches within each other are told apart by their place."""


def size(count: float) -> str:
    """A number of bytes as docker writes it."""
    unit = 0
    while count >= 999.5 and unit < len(UNITS) - 1:  # noqa: PLR2004 - where three digits are no longer enough
        count, unit = count / 1000, unit + 1
    return f"{count:.3g}{UNITS[unit]}"


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
    return branch.names[0] if len(branch.names) == 1 else f"shared by {_listed(branch.names)}"


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
    said += [f"{_listed(ends)} {'ends' if len(ends) == 1 else 'end'} here"] if ends else []
    if floor.shared_since and (more := [name for name in layer.shared if name not in layer.ends]):
        first = floor.shared_since
        which = f"layer {first} " if first == layer.number else f"layers {first}-{layer.number} "
        said += [f"{which}also in {_listed(more)}"]
    return said


def _listed(names: Sequence[str]) -> str:
    if len(names) > SHOWN_NAMES + 1:
        return f"{', '.join(names[:SHOWN_NAMES])} and {len(names) - SHOWN_NAMES} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


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
            lines += [f"{guide} –{'':<{MARGIN - 2}}{_short(setting(row), room)}"]
        else:
            layer = row.layer
            head = f"{guide}{layer.number:>2}  {size(layer.size):>7}  {age(layer.created, picture.now):<12}"
            lines += [f"{head}{_short(layer.instruction, room)}"]
            lines += [f"{guide}{'':<{MARGIN}}{_short(note, room)}" for note in notes(row)]
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


class Line(NamedTuple):
    """A line of the drawing: its place, kind and words; `end` where it ends at the place."""

    x: float
    y: float
    kind: str
    words: str
    end: bool = False


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
class _Drawing:
    """What is drawn so far, from top to bottom."""

    picture: Picture
    lines: list[Line]
    boxes: list[Box]
    y: float = 0

    def words(self, text: str, kind: str, x: float, *, most: int = 99) -> None:
        """Lines as long as they may be, and an ellipsis where there are more."""
        x += SIGN * (len(text) - len(text.lstrip()))
        width = int((WIDTH - INSIDE - x) / (LETTER if kind in {"quiet", "note"} else SIGN))
        shown = _short(text.strip(), width) if most == 1 else text.strip()
        for line in textwrap.wrap(shown, width, max_lines=most, placeholder=" …", break_on_hyphens=False):
            self.y += LINE
            self.lines.append(Line(x, self.y, kind, line))

    def add(self, row: Row) -> None:
        if isinstance(row, Floor):
            self._floor(row)
        elif isinstance(row, Setting):
            self.y += 2
            self.words(f"– {setting(row)}", "setting", _left(row) + INSIDE, most=1)
            self.y += 2
        else:
            self.y += 8
            self.words(heading(row), "name", _left(row))
            self.y += 2

    def _floor(self, row: Floor) -> None:
        layer, x, top = row.layer, _left(row), self.y + 4
        self.y = top + LINE + 3
        self.lines.append(Line(x + INSIDE, self.y, "number", f"{layer.number}"))
        self.lines.append(Line(x + INSIDE + 26, self.y, "", size(layer.size)))
        self.lines.append(Line(WIDTH - INSIDE, self.y, "quiet", age(layer.created, self.picture.now), end=True))
        self.y += INSIDE if layer.size else 2
        width = WIDTH - x - 2 * INSIDE
        bar = max(width * layer.size / self.picture.largest, 2) if layer.size else 0
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
    drawing = _Drawing(picture, [], [])
    for stack in picture.stacks:
        drawing.words(summary(stack), "note", 0)
    drawing.words(f"{LEGEND} Hatched is what later layers hide.", "quiet", 0)
    drawing.y += 4
    rows, bottoms = picture.rows(), []
    for row in rows:
        drawing.add(row)
        bottoms.append(drawing.y)
    guides = [
        (_left(row) - STEP // 2, bottoms[index], bottoms[_end(rows, index, row.depth) - 1])
        for index, row in enumerate(rows)
        if isinstance(row, Branch) and row.depth
    ]
    key = hashlib.sha256(repr(drawing.lines).encode()).hexdigest()[:8]
    about = " ".join(map(summary, picture.stacks))
    return _template().render(drawing=drawing, about=about, guides=guides, width=WIDTH, inside=INSIDE, key=key)


def html(picture: Picture) -> str:
    """The drawing with its text twin in a fold."""
    from markupsafe import escape

    return (
        f'<figure class="drydock-layers" style="margin:0">{svg(picture)}'
        f"<details><summary>As text</summary><pre>{escape(text(picture))}</pre></details></figure>"
    )


@cache
def _template() -> jinja2.Template:
    ours = templates("graders.pictures.layers")
    ours.filters["harmless"] = harmless
    return ours.get_template("layers.svg")
