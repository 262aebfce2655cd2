"""From text to notebook: for a learner's workspace, and for nbgrader's source folder."""

from __future__ import annotations

import hashlib
import re
import shutil
from typing import TYPE_CHECKING, Any

from graders.exercise import COMMANDS, CONTENT, Exercise, load
from graders.exercise import topic as find_topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbformat import NotebookNode

EXERCISE_DIRECTIVE = re.compile(r"^```\{exercise\} (?P<id>[a-z-]+/[a-z-]+)\n```\n?", re.MULTILINE)
EXPECT_DIRECTIVE = re.compile(r"^```\{expect\}\n(?P<text>.*?)^```\n?", re.MULTILINE | re.DOTALL)


def digest(topic: str) -> str:
    """Tell one version of a topic's text from another."""
    return hashlib.sha256(source(topic).read_bytes()).hexdigest()[:16]


def source(topic: str) -> Path:
    """The text of a topic's notebook."""
    return CONTENT / "notebooks" / f"{topic}.md"


def build(topic: str, *, keep_expected: bool = False) -> NotebookNode:
    """The notebook of a topic with nbgrader's metadata, from its MyST text (read by jupytext).

    `keep_expected` leaves the outputs that the text promises in each cell's metadata, for the tests.
    """
    import jupytext
    import nbformat

    read = jupytext.read(source(topic), fmt="md:myst")
    cells = [cell for found in read.cells for cell in _expand(found)]
    notebook = nbformat.v4.new_notebook(cells=[])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    for cell in cells:
        if cell.cell_type == "markdown":
            expected = EXPECT_DIRECTIVE.match(cell.source.lstrip() + "\n")
            if expected and keep_expected and notebook.cells:
                notebook.cells[-1].metadata["expect"] = expected["text"]
            cell.source = EXPECT_DIRECTIVE.sub("", cell.source.rstrip() + "\n").strip()
            if not cell.source:
                continue
        cell["id"] = f"cell-{len(notebook.cells) + 1}"
        notebook.cells.append(cell)
    return notebook


def _expand(cell: NotebookNode) -> Iterator[NotebookNode]:
    """A cell of the text; where it names an exercise, the cells that the exercise consists of."""
    import nbformat

    if cell.cell_type != "markdown":
        yield cell
        return
    parts = EXERCISE_DIRECTIVE.split(cell.source + "\n")
    for number, part in enumerate(parts):
        if number % 2:
            yield from exercise_cells(load(part))
        elif part.strip():
            yield nbformat.v4.new_markdown_cell(part.strip(), metadata=cell.metadata)


def exercise_cells(exercise: Exercise) -> Iterator[NotebookNode]:
    """The cells of an exercise: its task, its scene, its answer, its check; with nbgrader's metadata (schema 3)."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    def grading(part: str, **changed: Any) -> dict[str, object]:
        cell = {"schema_version": 3, "grade_id": f"{exercise.id.replace('/', '-')}-{part}", "task": False}
        return {"nbgrader": cell | {"grade": False, "solution": False, "locked": True} | changed}

    start = sorted(p for p in (exercise.folder / "start").rglob("*") if p.is_file() and p.name != COMMANDS)
    names = [p.relative_to(exercise.folder / "start").as_posix() for p in start]
    links = ", ".join(f"[{name}]({exercise.name}/{name})" for name in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""  # noqa: PLR2004 - a line's worth of links
    # The task links to files beside it; the notebook lies one folder up.
    task = re.sub(r"\]\((?![a-z]+:|#)", f"]({exercise.name}/", (exercise.folder / "task.md").read_text().strip())
    text = [f"## Exercise: {exercise.title}", task]
    if links:
        text.append(f"Files: {links}{more}.")
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


def write(notebook: NotebookNode, target: Path) -> None:
    """Write a notebook, whole or not at all."""
    import nbformat

    unfinished = target.with_suffix(".part")
    nbformat.write(notebook, unfinished)
    unfinished.replace(target)


def write_for_learner(topic: str, target: Path) -> None:
    """Write a topic's notebook such that JupyterLab has nothing to change when it is opened, and trusts it."""
    from ipykernel.ipkernel import IPythonKernel
    from nbformat.sign import NotebookNotary

    notebook = build(topic)
    notebook.metadata["language_info"] = IPythonKernel.language_info
    write(notebook, target)
    NotebookNotary().sign(notebook)


def build_source(folder: Path, topic: str) -> None:
    """Make the assignment of a topic in nbgrader's source folder, with the exercises' starting files."""
    (folder / topic).mkdir(parents=True, exist_ok=True)
    write(build(topic), folder / topic / f"{topic}.ipynb")
    for exercise in find_topic(topic).exercises:
        copy_start(exercise, folder / topic / exercise.name)
    copy_extras(topic, folder / topic)


def copy_extras(topic: str, folder: Path) -> None:
    """Put the files that a notebook's own cells use beside it."""
    extras = CONTENT / "notebooks" / topic
    for extra in extras.rglob("*") if extras.is_dir() else ():
        beside = folder / extra.relative_to(extras)
        # What is there may be the learner's by now.
        if extra.is_file() and not beside.exists():
            beside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(extra, beside)


def copy_start(exercise: Exercise, folder: Path) -> None:
    """Put an exercise's starting files into the learner's folder."""
    shutil.copytree(exercise.folder / "start", folder, dirs_exist_ok=True)
