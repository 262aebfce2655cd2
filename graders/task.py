"""What an exercise asks for, with the learner's own values, for a notebook and for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from graders.answer import Answer
from graders.feedback import WIDTH

if TYPE_CHECKING:
    from pathlib import Path

    from graders.exercise import Exercise


def markdown(exercise: Exercise, folder: Path) -> str:
    """The task as Markdown: title, minutes and points, what is asked, and the values that its commands have.

    `folder` is where the learner's answer stands.
    """
    points = f"{exercise.points} point{'s' if exercise.points != 1 else ''}"
    parts = [f"## {exercise.title}", f"`{exercise.id}`, {exercise.minutes} minutes, {points}"]
    parts.append((exercise.folder / "task.md").read_text().strip())
    if folder.is_dir() and (values := _values(exercise, folder)):
        parts.append("Your values:\n\n" + "\n".join(f"- `{name}` is `{value}`" for name, value in values.items()))
    return "\n\n".join(parts)


def text(exercise: Exercise, folder: Path) -> str:
    """The task as text, no line longer than a terminal's, with where the answer goes and the command that checks it."""
    lines = []
    for line in markdown(exercise, folder).removeprefix("## ").splitlines():
        mark = line[: len(line) - len(line.lstrip("- "))]
        wrapped = textwrap.wrap(
            line, WIDTH, subsequent_indent=" " * len(mark), break_long_words=False, break_on_hyphens=False
        )
        # A table, or a line of a program, is as wide as it is.
        lines += [line] if line.startswith(("|", "    ", "`" * 3)) else wrapped or [""]
    return "\n".join([*lines, "", f"Your files: {folder}", f"Check them: drydock check {exercise.id}"])


def _values(exercise: Exercise, folder: Path) -> dict[str, str]:
    with Answer(folder, exercise_folder=exercise.folder) as answer:
        return exercise.variables(answer)
