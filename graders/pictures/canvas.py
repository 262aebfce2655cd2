"""What every picture is drawn with: lines of words in a width, sizes as docker writes them, the fold with text."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from graders.feedback import harmless, templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2

UNITS = ("B", "kB", "MB", "GB", "TB")
SHOWN_NAMES = 3
"""How many names are told of a list."""
WIDTH, INSIDE = 360, 10
"""Of a drawing: its width, and the space between a box and what is in it."""
LINE, SIGN, LETTER = 16, 7.3, 6.9
"""Of a drawing: the height of a line, and the width of a sign, in instructions and names, and of a letter."""
LETTERS = {"quiet", "note"}
"""Kinds of lines that are written in letters."""


def size(count: float) -> str:
    """A number of bytes as docker writes it."""
    unit = 0
    while count >= 999.5 and unit < len(UNITS) - 1:  # noqa: PLR2004 - where three digits are no longer enough
        count, unit = count / 1000, unit + 1
    return f"{count:.3g}{UNITS[unit]}"


def listed(names: Sequence[str]) -> str:
    """Names as a part of a sentence: all of few, the first of many."""
    if len(names) > SHOWN_NAMES + 1:
        return f"{', '.join(names[:SHOWN_NAMES])} and {len(names) - SHOWN_NAMES} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def short(text: str, most: int) -> str:
    """The beginning of a text that may have so many signs."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


class Line(NamedTuple):
    """A line of a drawing: its place, kind and words; `end` where it ends at the place."""

    x: float
    y: float
    kind: str
    words: str
    end: bool = False


@dataclass
class Canvas:
    """Lines of words from top to bottom."""

    lines: list[Line] = field(default_factory=list)
    y: float = 0

    def words(self, text: str, kind: str, x: float, *, most: int = 99, right: float = WIDTH - INSIDE) -> None:
        """Lines as long as they may be, and an ellipsis where there are more."""
        x += SIGN * (len(text) - len(text.lstrip()))
        width = int((right - x) / (LETTER if kind in LETTERS else SIGN))
        shown = short(text.strip(), width) if most == 1 else text.strip()
        if kind == "path":  # which has no spaces to break it at
            shown = shown.replace("/", "/ ").strip()
        for line in textwrap.wrap(shown, width, max_lines=most, placeholder=" …", break_on_hyphens=False):
            self.y += LINE
            self.lines.append(Line(x, self.y, kind, line.replace("/ ", "/") if kind == "path" else line))


def figure(name: str, svg: str, text: str) -> str:
    """A drawing with its text twin in a fold."""
    from markupsafe import escape

    return (
        f'<figure class="drydock-{name}" style="margin:0">{svg}'
        f"<details><summary>As text</summary><pre>{escape(text)}</pre></details></figure>"
    )


@cache
def template(name: str) -> jinja2.Template:
    """The SVG of this name, which draws in the colours of palette.svg."""
    ours = templates("graders.pictures")
    ours.filters["harmless"] = harmless
    return ours.get_template(f"{name}.svg")
