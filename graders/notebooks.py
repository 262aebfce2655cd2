"""From text to notebook: for a learner's workspace, and for nbgrader's source folder."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from graders.exercise import COMMANDS, CONTENT, Exercise, Lesson, lessons, load
from graders.exercise import topic as find_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from nbformat import NotebookNode

DIRECTIVE = re.compile(
    r"^```\{(?:exercise\} (?P<exercise>[a-z-]+/[a-z-]+)|guess\}(?P<guess>\n.*?))\n```\n?", re.MULTILINE | re.DOTALL
)
CHOICE = re.compile(r"^- \[(?P<right>[ x])\] (?P<text>.+)$", re.MULTILINE)
EXPECT_DIRECTIVE = re.compile(r"^```\{expect\}\n(?P<text>.*?)^```\n?", re.MULTILINE | re.DOTALL)


LETTERS = "abcd"
KERNEL = {"name": "drydock", "display_name": "Drydock", "language": "python"}
"""The kernel that knows the magics of the course from its start."""
HOME = "Home.ipynb"


def digest(file: Path) -> str:
    """Tell one version of a file from another."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def build(lesson: Lesson, *, keep_expected: bool = False, alone: bool = False) -> NotebookNode:
    """The notebook of a lesson with nbgrader's metadata, from its MyST text (read by jupytext).

    `keep_expected` leaves the outputs that the text promises in each cell's metadata, for the tests. `alone` leaves
    out the ways to other topics and to the home page, which an assignment lacks.
    """
    import jupytext
    import nbformat

    read = jupytext.read(lesson.source, fmt="md:myst")
    cells = _expand(lesson, read.cells, alone=alone)
    notebook = nbformat.v4.new_notebook(cells=[])
    notebook.metadata["kernelspec"] = KERNEL
    for cell in [*cells, nbformat.v4.new_markdown_cell(_ways(lesson, alone=alone))]:
        if cell.cell_type == "markdown":
            expected = EXPECT_DIRECTIVE.match(cell.source.lstrip() + "\n")
            if expected and keep_expected and notebook.cells:
                notebook.cells[-1].metadata["expect"] = expected["text"]
            cell.source = EXPECT_DIRECTIVE.sub("", cell.source.rstrip() + "\n").strip()
            if not cell.source:
                continue
        cell["id"] = f"cell-{len(notebook.cells) + 1}"
        notebook.cells.append(cell)
    first = notebook.cells[0]
    heading, _, rest = first.source.partition("\n")
    first.source = f"{heading}\n\n{_place(lesson, alone=alone)}\n{rest}"
    return notebook


def _place(lesson: Lesson, *, alone: bool) -> str:
    """Where in its topic a lesson stands, what it takes, and what it builds on."""
    own = find_topic(lesson.topic)
    minutes = sum(exercise.minutes for exercise in lesson.exercises)
    takes = f"about {lesson.minutes} minutes" + (f", and {minutes} for the exercise" if minutes else "")
    known = {other.id: other for other in lessons()}
    needed = [known[need] for need in lesson.needs if not alone or known[need].topic == lesson.topic]
    builds_on = f" It builds on {' and '.join(f'{_link(other, lesson)}' for other in needed)}." if needed else ""
    return f"Lesson {own.lessons.index(lesson) + 1} of {len(own.lessons)} in *{own.title}*: {takes}.{builds_on}"


def _ways(lesson: Lesson, *, alone: bool) -> str:
    """Back, home, next."""
    order = list(find_topic(lesson.topic).lessons) if alone else lessons()
    place = order.index(lesson)
    ways = [f"← {_link(order[place - 1], lesson)}"] if place else []
    ways += [] if alone else [f"[Home](../{HOME})"]
    ways += [f"{_link(order[place + 1], lesson)} →"] if place + 1 < len(order) else []
    return "---\n\n" + " · ".join(ways)


def _link(to: Lesson, lesson: Lesson) -> str:
    folder = "" if to.topic == lesson.topic else f"../{to.topic}/"
    return f"[{to.title}]({folder}{to.file})"


@dataclass(frozen=True)
class Guess:
    """A question before a run; `right` is the place of the choice that the run shows."""

    question: str
    choices: tuple[str, ...]
    right: int

    @classmethod
    def read(cls, text: str) -> Guess:
        """From the block in a lesson's text: a question, then a list of tasks of which one is done."""
        found = list(CHOICE.finditer(text))
        question = text[: found[0].start()].strip()
        return cls(question, tuple(one["text"] for one in found), [one["right"] for one in found].index("x"))


def guesses(lesson: Lesson) -> list[Guess]:
    """The guesses that a lesson asks for."""
    found = (directive["guess"] for directive in DIRECTIVE.finditer(lesson.source.read_text()))
    return [Guess.read(text) for text in found if text]


def _expand(lesson: Lesson, cells: Iterable[NotebookNode], *, alone: bool) -> Iterator[NotebookNode]:
    """The cells of the text; where one names an exercise or asks for a guess, the cells that this consists of."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    guess_number = 0
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell
            continue
        text, at = cell.source + "\n", 0
        for found in [*DIRECTIVE.finditer(text), None]:
            part = text[at : found.start() if found else None].strip()
            if part:
                yield new_markdown_cell(part, metadata=cell.metadata)
            if found and found["exercise"]:
                yield from exercise_cells(load(found["exercise"]), alone=alone)
            elif found:
                guess_number += 1
                guess = Guess.read(found["guess"])
                choices = "\n".join(
                    f"- **{letter}** {choice}" for letter, choice in zip(LETTERS, guess.choices, strict=False)
                )
                yield new_markdown_cell(f"{guess.question}\n\n{choices}")
                yield new_code_cell(f"%guess {lesson.id} {guess_number}", metadata={"part": "guess"})
            at = found.end() if found else at


def exercise_cells(exercise: Exercise, *, alone: bool) -> Iterator[NotebookNode]:
    """The cells of an exercise: its task, its scene, its answer, its check; with nbgrader's metadata (schema 3)."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    def grading(part: str, **changed: Any) -> dict[str, object]:
        cell = {"schema_version": 3, "grade_id": f"{exercise.id.replace('/', '-')}-{part}", "task": False}
        return {"nbgrader": cell | {"grade": False, "solution": False, "locked": True} | changed}

    start = sorted(p for p in (exercise.folder / "start").rglob("*") if p.is_file() and p.name != COMMANDS)
    names = [p.relative_to(exercise.folder / "start").as_posix() for p in start]
    links = ", ".join(f"[{name}]({exercise.place}/{name})" for name in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""  # noqa: PLR2004 - a line's worth of links
    # The task links to files beside it; the notebook lies one folder up.
    task = re.sub(r"\]\((?![a-z]+:|#)", f"]({exercise.place}/", (exercise.folder / "task.md").read_text().strip())
    text = [f"## Exercise: {exercise.title}", task]
    if links:
        text.append(f"Files: {links}{more}.")
    if not alone:  # where an assignment lies below the server's root, nobody knows
        text.append(_buttons(exercise))
    text.append(f"About {exercise.minutes} minutes, {exercise.points} points.")
    yield new_markdown_cell("\n\n".join(text), metadata=grading("task"))
    if exercise.prepare:
        yield new_markdown_cell("This cell sets the exercise up. Run it again to start over.")
        yield new_code_cell(f"%reset {exercise.id}", metadata={"exercise": exercise.id, "part": "reset"})
    if exercise.has_commands:
        commands = exercise.folder / "start" / COMMANDS
        begin = commands.read_text().rstrip() if commands.exists() else "# Your commands"
        answer = grading("answer", solution=True, locked=False) | {"exercise": exercise.id, "part": "answer"}
        yield new_code_cell(f"%%answer {exercise.id}\n{begin}", metadata=answer)
    check = grading("check", grade=True, points=exercise.points, cell_type="code")
    yield new_code_cell(f"%check {exercise.id}", metadata=check | {"exercise": exercise.id, "part": "check"})


def _buttons(exercise: Exercise) -> str:
    """Buttons that JupyterLab answers: files to edit open beside the text, a terminal in the exercise's folder.

    A trusted notebook may run such commands (JupyterLab's command linker); elsewhere the links to the files do.
    """
    start, solution = (exercise.folder / name for name in ("start", "solution"))
    edited = [
        name
        for path in sorted(start.rglob("*"))
        if path.is_file()
        and (solution / (name := path.relative_to(start).as_posix())).is_file()
        and path.read_bytes() != (solution / name).read_bytes()
        and name != COMMANDS
    ]
    place = f"{exercise.topic}/{exercise.place}"
    beside: Mapping[str, object] = {"options": {"mode": "split-right"}}
    files = [_button(f"Open {n} beside", "docmanager:open", {"path": f"{place}/{n}", **beside}) for n in edited[:2]]
    return " ".join([*files, _button("Open a terminal in its folder", "terminal:create-new", {"cwd": place})])


def _button(words: str, command: str, arguments: Mapping[str, object]) -> str:
    said = escape(json.dumps(arguments))
    return f'<button data-commandlinker-command="{command}" data-commandlinker-args="{said}">{escape(words)}</button>'


def write(notebook: NotebookNode, target: Path) -> None:
    """Write a notebook, whole or not at all."""
    import nbformat

    unfinished = target.with_suffix(".part")
    nbformat.write(notebook, unfinished)
    unfinished.replace(target)


def write_for_learner(lesson: Lesson, folder: Path) -> None:
    """Write a lesson's notebook into a topic's folder; commands that are there already stand in its answer cells."""
    notebook = build(lesson)
    for cell in notebook.cells:
        if cell.metadata.get("part") == "answer":
            exercise = load(cell.metadata["exercise"])
            saved = folder / exercise.place / COMMANDS
            if saved.is_file():
                cell.source = f"%%answer {exercise.id}\n{saved.read_text(errors='replace').rstrip()}"
    write_trusted(notebook, folder / lesson.file)


def write_trusted(notebook: NotebookNode, target: Path) -> None:
    """Write a notebook such that JupyterLab has nothing to change in it, and trusts it."""
    from ipykernel.ipkernel import IPythonKernel
    from nbformat.sign import NotebookNotary

    notebook.metadata |= {"kernelspec": KERNEL, "language_info": IPythonKernel.language_info}
    write(notebook, target)
    NotebookNotary().sign(notebook)


def build_source(folder: Path, topic: str) -> None:
    """Make the assignment of a topic in nbgrader's source folder, with the exercises' starting files."""
    (folder / topic).mkdir(parents=True, exist_ok=True)
    for lesson in find_topic(topic).lessons:
        write(build(lesson, alone=True), folder / topic / lesson.file)
    for exercise in find_topic(topic).exercises:
        copy_start(exercise, folder / topic / exercise.place)
    copy_extras(topic, folder / topic)


def copy_extras(topic: str, folder: Path) -> None:
    """Put the files that lessons' own cells use below them."""
    texts = CONTENT / "notebooks" / topic
    for extra in (texts / "files").rglob("*"):
        beside = folder / extra.relative_to(texts)
        # What is there may be the learner's by now.
        if extra.is_file() and not beside.exists():
            beside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(extra, beside)


def copy_start(exercise: Exercise, folder: Path) -> None:
    """Put an exercise's starting files into the learner's folder."""
    shutil.copytree(exercise.folder / "start", folder, dirs_exist_ok=True)
