"""A drawing of two columns: things on the left, each line of theirs led to what belongs to it on the right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from graders.pictures.canvas import INSIDE, LINE, WIDTH, Canvas, template

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

LEFT, RIGHT = 150, 188
"""Where the left column ends, and where the right one begins."""
MOST_LINES = 4


class Words(NamedTuple):
    """Words of a box: their kind, and how many lines they may have."""

    text: str
    kind: str = ""
    most: int = 99


class Right(NamedTuple):
    """A box of the right column, drawn once, where it comes first; `key` tells it from others."""

    key: Hashable
    kind: str
    words: tuple[Words, ...]


class Row(NamedTuple):
    """Lines of a box of the left column, and what the first one leads to; a line that is not solid is dashed."""

    words: tuple[Words, ...]
    right: Right | None = None
    solid: bool = True


class Left(NamedTuple):
    """A box of the left column."""

    words: tuple[Words, ...]
    rows: tuple[Row, ...]


class Box(NamedTuple):
    """A box as it is drawn."""

    x: float
    y: float
    width: float
    height: float
    kind: str


class Link(NamedTuple):
    """From a row to its box on the right."""

    top: float
    end: float
    solid: bool


@dataclass
class Columns(Canvas):
    """What is drawn so far."""

    boxes: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    places: dict[Hashable, float] = field(default_factory=dict)
    """How far down the line comes in at a box that is drawn."""

    def add(self, left: Left) -> None:
        """Draw a box of the left column, and on the right what has not been drawn before."""
        top = bottom = self.y
        self.y += 4
        self._all(left.words, INSIDE, LEFT - 4)
        self.y += INSIDE
        for row in left.rows:
            start = self.y
            self._all(row.words, INSIDE, LEFT - 4)
            ends = self.y
            if right := row.right:
                if right.key not in self.places:
                    self.y = max(start, bottom)
                    bottom = self._right(right)
                self.links.append(Link(start + LINE - 4, self.places[right.key], row.solid))
                self.y = max(ends + INSIDE, bottom + 4 if self.places[right.key] > start else ends)
            else:
                self.y += INSIDE
        self.boxes.append(Box(1, top, LEFT - 1, self.y - top, "first"))
        self.y = max(self.y, bottom) + INSIDE

    def svg(self, name: str, title: str, about: str) -> str:
        """The drawing, with its text alternatives: readable in the light and in the dark, and on a narrow screen."""
        key = hashlib.sha256(repr(self.lines).encode()).hexdigest()[:8]
        return template("columns").render(
            drawing=self, name=name, title=title, about=about, width=WIDTH, left=LEFT, right=RIGHT, key=key
        )

    def _right(self, right: Right) -> float:
        top = self.y
        self.y += 3
        self.places[right.key] = top + LINE
        self._all(right.words, RIGHT + INSIDE, WIDTH - INSIDE)
        self.y += INSIDE - 2
        self.boxes.append(Box(RIGHT, top, WIDTH - RIGHT - 1, self.y - top, right.kind))
        return self.y

    def _all(self, said: Iterable[Words], x: float, right: float) -> None:
        for one in said:
            self.words(one.text, one.kind, x, most=one.most, right=right)
