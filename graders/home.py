"""The home page of a learner's workspace, and the same as text: lessons, one's own progress, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from graders import coming, notebooks, progress
from graders.exercise import Lesson, Topic, Track, lessons, topics, tracks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import jinja2

    from graders.progress import Standing

STATE = ".drydock"
FRAGMENT = f"{STATE}/home.html"
"""The page as it is now; the notebook at the workspace's root shows it, and looks for a newer one."""
ENGINE = f"{STATE}/engine.txt"
"""Where the Engine comes from; missing where nobody knows."""
FOLLOW = f"""<script>(() => {{
  const shown = document.currentScript.parentElement, told = document.getElementById("jupyter-config-data");
  if (!told) return;
  const base = JSON.parse(told.textContent).baseUrl, page = base + "files/{FRAGMENT}";
  const alone = () => {{
    for (const a of shown.querySelectorAll("a[data-alone]")) a.href = base + "notebooks/" + a.dataset.alone;
  }};
  alone();
  let last = "";
  const look = async () => {{
    if (!shown.isConnected) return clearInterval(timer);
    if (document.hidden || !shown.offsetParent) return;
    const found = await fetch(page, {{ cache: "no-store" }});
    const text = found.ok ? await found.text() : last;
    if (text !== last) {{ shown.innerHTML = last = text; alone(); }}
  }};
  const timer = setInterval(look, 1000);
}})()</script>"""
"""Keeps a page that is on the screen as new as the file; without it the page is as it was when JupyterLab began."""
DONE, BEGUN, OPEN = "✓", "…", "○"
WORDS = {DONE: "done", BEGUN: "begun", OPEN: "not begun"}
BAR = 12


@dataclass(frozen=True)
class Row:
    """A lesson with how far its learner is."""

    lesson: Lesson
    standings: tuple[Standing, ...]

    @property
    def sign(self) -> str:
        """Done, begun or open."""
        if all(standing.passed for standing in self.standings):
            return DONE
        return BEGUN if any(standing.tries or standing.hints for standing in self.standings) else OPEN

    @property
    def points(self) -> int:
        """Points so far."""
        return sum(standing.points for standing in self.standings)

    @property
    def most(self) -> int:
        """Points that can be had."""
        return sum(standing.exercise.points for standing in self.standings)


class Home:
    """What the page shows."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        standing = {one.exercise.id: one for one in progress.standings(workspace)}
        self.rows = {one.id: Row(one, tuple(standing[e.id] for e in one.exercises)) for one in lessons()}
        self.right, self.guesses = progress.guessed(workspace)
        self.engine = _read(workspace / ENGINE)
        still = coming.look(workspace)
        self.images = still.sentence if still else ""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics in order."""
        return topics()

    @property
    def tracks(self) -> list[Track]:
        """The shorter ways."""
        return tracks()

    def of(self, some: Iterable[Lesson]) -> list[Row]:
        """The rows of these lessons."""
        return [self.rows[lesson.id] for lesson in some]

    def next(self, some: Iterable[Lesson] | None = None) -> Lesson | None:
        """The first of these lessons, or of all, that is not done."""
        chosen = self.of(lessons() if some is None else some)
        return next((row.lesson for row in chosen if row.sign != DONE), None)

    @property
    def begun(self) -> bool:
        """Whether anything was tried yet."""
        return any(row.sign != OPEN for row in self.rows.values())

    def sums(self, some: Iterable[Lesson]) -> str:
        """How much is done and left, in words."""
        rows = self.of(some)
        left = sum(row.lesson.all_minutes for row in rows if row.sign != DONE)
        done = f"{sum(row.sign == DONE for row in rows)} of {len(rows)} lessons"
        points = f"{sum(row.points for row in rows)} of {sum(row.most for row in rows)} points"
        return f"{done}, {points}, " + (f"about {duration(left)} left" if left else "nothing left")

    def bar(self, some: Iterable[Lesson]) -> str:
        """How much is done, as signs that need no colour."""
        rows = self.of(some)
        full = BAR * sum(row.sign == DONE for row in rows) // len(rows)
        return "■" * full + "□" * (BAR - full)

    def text(self) -> str:
        """The page for a terminal."""
        parts = []
        for topic in self.topics:
            lines = [topic.title, f"{self.bar(topic.lessons)} {self.sums(topic.lessons)}"]
            for row in self.of(topic.lessons):
                names = " ".join(exercise.id for exercise in row.lesson.exercises)
                title = f"{row.lesson.name[:2]} {row.lesson.title}"
                lines.append(f" {row.sign} {title:<36} {names:<31} {row.points:>2}/{row.most}")
            parts.append("\n".join(lines))
        last = [f"Guesses: {self.right} of {self.guesses} right."] if self.guesses else []
        following = self.next()
        last.append(f"Go on: {following.title} ({following.topic}/{following.file})" if following else "All is done.")
        return "\n\n".join([*parts, "\n".join([*last, *filter(None, [self.images])])])

    def html(self, up: str = "") -> str:
        """The page for a notebook; `up` leads from its folder to the workspace."""
        return _template().render(home=self, up=up, words=WORDS, duration=duration)

    def __repr__(self) -> str:
        return self.text()


def write(workspace: Path) -> None:
    """Write the notebook at the workspace's root, which is the page, and nobody's to keep. Raises OSError."""
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    renew(workspace)
    home = Home(workspace)
    shown = {"text/html": home.html() + FOLLOW, "text/plain": home.text()}
    cell = new_code_cell(
        "# Shift+Enter shows how far you are now.\n%progress",
        outputs=[new_output("display_data", shown)],
        metadata={"jupyter": {"source_hidden": True}, "scrolled": False},
        id="home",
    )
    notebooks.write_trusted(new_notebook(cells=[cell]), workspace / notebooks.HOME)


def renew(workspace: Path) -> None:
    """Write the page as it is now, whole or not at all. Raises OSError."""
    page = workspace / FRAGMENT
    unfinished = page.with_suffix(".part")
    unfinished.write_text(Home(workspace).html(), encoding="utf-8")
    unfinished.replace(page)


def duration(minutes: int) -> str:
    """A number of minutes in words."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02} min" if rest else f"{hours} h"


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


@cache
def _template() -> jinja2.Template:
    from graders.feedback import templates

    return templates("graders").get_template("home.html")
