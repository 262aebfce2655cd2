"""A verdict as text for a terminal and as HTML for a notebook."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from graders.check import CheckResult, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import jinja2

    from graders.exercise import Exercise

SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "–", Outcome.ERROR: "!", Outcome.UNGRADABLE: "!"}
WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "not yet",
    Outcome.SKIPPED: "not tried",
    Outcome.ERROR: "not graded",
    Outcome.UNGRADABLE: "not graded",
}
COLOURS = {Outcome.PASSED: 32, Outcome.FAILED: 31, Outcome.SKIPPED: 90, Outcome.ERROR: 33, Outcome.UNGRADABLE: 33}
"""Of the signs on a terminal, as numbers of ECMA-48's SGR; the signs say the same without them."""
WIDTH, NARROWEST = 80, 40
"""Signs in a line at most, and in a terminal that is narrower than anybody reads in."""


def columns() -> int:
    """How many signs a line has: fewer in a narrow terminal."""
    if not sys.stdout.isatty():
        return WIDTH
    return max(NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns))


def wrapped(text: str) -> str:
    """A text as it is, with its lines broken between words on a terminal."""
    if not sys.stdout.isatty():
        return text
    width = shutil.get_terminal_size((WIDTH, 0)).columns
    lines = (textwrap.wrap(one, width, break_long_words=False, break_on_hyphens=False) for one in text.split("\n"))
    return "\n".join("\n".join(one) for one in lines)


def painted(outcome: Outcome) -> str:
    """The sign of an outcome, in colour on a terminal, unless NO_COLOR is set (no-color.org)."""
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return SIGNS[outcome] if plain else f"\x1b[{COLOURS[outcome]}m{SIGNS[outcome]}\x1b[0m"


def line(result: CheckResult) -> str:
    """One check as text: its sign, sentence and points, then what was seen and how to see it."""
    result = replace(result, message=harmless(result.message), evidence=tuple(map(harmless, result.evidence)))
    width = columns() - 8
    first, *rest = textwrap.wrap(result.description, width)
    lines = [f"{painted(result.outcome)} {first:<{width}} {f'{result.points}/{result.max_points}':>5}"]
    lines += [f"  {more}" for more in rest]
    lines += _indented(result.message)
    if result.evidence:
        lines += ["    See it yourself:"]
        lines += [f"      {shown}" for entry in result.evidence for shown in entry.splitlines()]
    return "\n".join([*lines, *_indented(result.hint)])


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, columns() - 4, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def summary(verdict: Verdict, then: Sequence[str] = ()) -> str:
    """The last lines: outcome, points, Engine, and the next step; `then` are sentences on what follows a pass."""
    on = f" on {verdict.engine.name}" if verdict.engine else ""
    points = f"{verdict.points} of {verdict.max_points} points"
    head = f"{verdict.exercise}: {WORDS[verdict.outcome]}, {points}{on}, {verdict.seconds:.1f} s"
    # What commands printed is indented, so that it can be told from what is said here.
    notes = [harmless(note).replace("\n", "\n    ") for note in verdict.notes]
    return wrapped("\n".join([head, *notes, *map(harmless, next_steps(verdict, "drydock hint")), *then]))


def harmless(said: str) -> str:
    """Text that a terminal only shows."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in said)


def next_steps(verdict: Verdict, hint_command: str) -> list[str]:
    """What to do now, most useful first. Without a `hint_command` there is no next hint to ask for."""
    if verdict.problem:
        return [verdict.problem.what, verdict.problem.remedy]
    if verdict.outcome is Outcome.UNGRADABLE:
        return ["Something other than your answer went wrong, so it costs no points. Check again."]
    if verdict.outcome is Outcome.FAILED and hint_command:
        return [f"Stuck? The next hint: `{hint_command} {verdict.exercise}`"]
    return []


@dataclass
class InOrder:
    """Says the results of checks, which end in any order, in the order of the exercise, as soon as that can be."""

    exercise: Exercise
    say: Callable[[str], None]
    _ended: dict[str, CheckResult] = field(default_factory=dict)
    _said: int = 0

    def __call__(self, result: CheckResult) -> None:
        """Take a result, and say those whose turn it is."""
        self._ended[result.name] = result
        for check in self.exercise.checks[self._said :]:
            if check.name not in self._ended:
                return
            self.say(line(self._ended[check.name]))
            self._said += 1


@dataclass(frozen=True)
class Report:
    """A verdict, or as much of it as there is yet, for a notebook: HTML where that can be shown, else text."""

    exercise: Exercise
    results: Sequence[CheckResult]
    verdict: Verdict | None = None
    then: Sequence[str] = ()
    """Sentences on what follows a pass; `[title](name.ipynb)` is a link."""
    foot: Sequence[str] = ()
    """Sentences on what was checked: when it ran and was saved."""

    def _repr_html_(self) -> str:
        return html(self.exercise, self.results, self.verdict, then=self.then, foot=self.foot)

    def __repr__(self) -> str:
        end = [summary(self.verdict, [*self.then, *self.foot])] if self.verdict else []
        return "\n".join([*(line(result) for result in self.results), *end])


def html(  # noqa: PLR0913 - what pages with reports differ in
    exercise: Exercise,
    results: Sequence[CheckResult],
    verdict: Verdict | None = None,
    *,
    files: Sequence[tuple[str, str]] = (),
    hint_command: str = "%hint",
    then: Sequence[str] = (),
    foot: Sequence[str] = (),
) -> str:
    """The report for a notebook. Without a verdict the checks that have not ended yet are shown as waiting.

    `files` are names and contents of what was handed in, `then` sentences on what follows a pass, `foot` sentences on
    what was checked.
    """
    ended = {result.name: result for result in results}
    skipped = [r for r in results if verdict and r.outcome is Outcome.SKIPPED]
    stuck = verdict is not None and verdict.outcome is Outcome.FAILED and bool(hint_command)
    return _template().render(
        exercise=exercise,
        rows=[(check, ended.get(check.name)) for check in exercise.checks] if results or not verdict else [],
        verdict=verdict,
        outcome=verdict.outcome if verdict else None,
        first_failed=next((c.name for c in exercise.checks if _failed(ended.get(c.name))), ""),
        steps=[step for step in next_steps(verdict, "") if step] if verdict else [],
        then=then if verdict else (),
        foot=foot,
        folded={r.name: r.max_points for r in skipped} if len(skipped) > 1 else {},
        hints=exercise.hints if stuck else (),
        files=files,
        signs=SIGNS,
        words=WORDS,
    )


def _failed(result: CheckResult | None) -> bool:
    return result is not None and result.outcome in {Outcome.FAILED, Outcome.ERROR}


def templates(package: str) -> jinja2.Environment:
    """The page templates that lie in a package: all is escaped, and `| code` shows words in back-ticks as code."""
    import jinja2
    from markupsafe import Markup, escape

    def code(text: str) -> Markup:
        return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before

    environment = jinja2.Environment(loader=jinja2.PackageLoader(package, "."), autoescape=True, trim_blocks=True)

    def links(text: str) -> Markup:
        return Markup(re.sub(r"\[([^\]]+)\]\(([\w./-]+\.ipynb)\)", r'<a href="\2">\1</a>', str(escape(text))))  # noqa: S704 - escaped

    environment.filters["code"], environment.filters["links"] = code, links
    return environment


@cache
def _template() -> jinja2.Template:
    return templates("graders").get_template("report.html")
