"""The course as a learner gets it: notebooks built from text, folders to work in, and the Engine to check on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environment.engines import EXERCISE_LABEL, KINDS, Connection
from environment.engines.found import FoundEngine
from environment.engines.scratch import sweep_scratch
from environment.engines.session import current_session
from graders.engine import Engine, remove_labelled, sweep
from graders.errors import DrydockError, UsageError
from graders.exercise import (
    COMMANDS,
    CONTENT,
    Exercise,
    answer_folder,
    exercises,
    is_empty,
    load,
    remove_demos,
    remove_owned,
    topics,
)
from graders.workspace import SEED_FILE, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import docker
    from nbformat import NotebookNode

    from environment.engines.namespace import Limits

STATE = ".drydock"
EXERCISE_DIRECTIVE = re.compile(r"^```\{exercise\} (?P<id>[a-z-]+/[a-z-]+)\n```\n?", re.MULTILINE)
EXPECT_DIRECTIVE = re.compile(r"^```\{expect\}\n(?P<text>.*?)^```\n?", re.MULTILINE | re.DOTALL)


# The workspace


def find_workspace(environ: Mapping[str, str] = os.environ, here: Path | None = None) -> Path:
    """The learner's workspace: the one that `here` lies in, else DRYDOCK_WORKSPACE, else ~/drydock.

    An assignment that a class has given out, wherever it was unpacked, makes the folder around it a workspace.
    """
    here = here or Path.cwd()
    names = {str(topic["id"]) for topic in topics()}
    for folder in (here, *here.parents):
        if (folder / STATE).is_dir():
            return folder
        if folder.name in names and (folder / f"{folder.name}.ipynb").is_file():
            return folder.parent
    return Path(environ.get("DRYDOCK_WORKSPACE") or Path.home() / "drydock").expanduser()


def build_workspace(workspace: Path, progress: Callable[[str], None] = lambda _: None) -> list[str]:
    """Make what is missing in a learner's workspace, and nothing else; return sentences on what was left as it was."""
    try:
        (workspace / STATE).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DrydockError(
            f"The workspace `{workspace}` cannot be made: {error.strerror}.", "Name another with --workspace DIR."
        ) from None
    built_file = workspace / STATE / "built.json"
    built: dict[str, str] = json.loads(built_file.read_text()) if built_file.exists() else {}
    kept = []
    for topic in topics():
        name = str(topic["id"])
        target = workspace / name / f"{name}.ipynb"
        digest = _digest(name)
        if not target.exists():
            progress(f"Building the notebook {name} …")
            target.parent.mkdir(exist_ok=True)
            _write_notebook(build_notebook(name), target)
            built[name] = digest
        elif built.get(name) != digest:
            kept.append(
                f"{target} is yours and was kept, though the course has a newer one. "
                "Rename it and run `drydock start` again to get that too."
            )
        for exercise in topic["exercises"]:  # type: ignore[attr-defined]
            folder = answer_folder(workspace, load(f"{name}/{exercise}"))
            if is_empty(folder):
                copy_start(load(f"{name}/{exercise}"), folder)
        _copy_extras(name, target.parent)
        keep_seed(workspace, name)
    built_file.write_text(json.dumps(built, indent=1))
    return kept


def keep_seed(workspace: Path, topic: str) -> None:
    """See that the learner's values stay the same, and that they are handed in with the topic's folder."""
    own, handed_in = workspace / SEED_FILE, workspace / topic / SEED_FILE
    if not own.exists():
        own.write_text(handed_in.read_text() if handed_in.exists() else secrets.token_hex(8) + "\n")
    if not handed_in.exists():
        handed_in.write_text(own.read_text())


def _copy_extras(topic: str, folder: Path) -> None:
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


def reset_files(exercise: Exercise, folder: Path) -> Path | None:
    """Back to the starting files; what was there moves to a folder beside it, whose path is returned."""
    if is_empty(folder):
        copy_start(exercise, folder)
        return None
    if _same(folder, exercise.folder / "start"):
        return None
    backups = folder.parent.parent / STATE / "before-reset" / exercise.topic
    number = len(list(backups.glob(f"{exercise.name}-*"))) + 1 if backups.is_dir() else 1
    backup = backups / f"{exercise.name}-{number}"
    backup.mkdir(parents=True)
    # The folder itself stays, for a terminal may stand in it.
    for entry in list(folder.iterdir()):
        shutil.move(entry, backup)
    copy_start(exercise, folder)
    return backup


def _same(one: Path, other: Path) -> bool:
    def files(folder: Path) -> dict[str, bytes]:
        found = (p for p in folder.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts)
        return {str(p.relative_to(folder)): p.read_bytes() for p in found}

    return files(one) == files(other)


def solution_text(exercise: Exercise) -> str:
    """The files of the model solution and its explanation, as Markdown."""
    parts = []
    for path in sorted((exercise.folder / "solution").rglob("*")):
        start = exercise.folder / "start" / path.relative_to(exercise.folder / "solution")
        if not path.is_file() or path.name == "why.md" or (start.exists() and start.read_bytes() == path.read_bytes()):
            continue
        name = path.relative_to(exercise.folder / "solution").as_posix()
        try:
            parts.append(f"`{name}`\n\n````\n{path.read_text().rstrip()}\n````")
        except UnicodeDecodeError:
            parts.append(f"`{name}` (not text)")
    return "\n\n".join([*parts, (exercise.folder / "solution" / "why.md").read_text().strip()])


def reset(exercise: Exercise, folder: Path, connection: Connection) -> list[str]:
    """Bring an exercise back to its start on the Engine and in its folder; return sentences on what was done."""
    told = []
    backup = reset_files(exercise, folder)
    if backup:
        told.append(f"Your files are in {backup}.")
    with Workspace(folder) as workspace, Engine(connection, exercise.id, session="") as engine:
        engine.require(exercise.requires)
        gone = remove_owned(exercise, engine)
        if gone:
            told.append(f"Removed: {', '.join(gone)}.")
        if exercise.prepare:
            exercise.prepare(engine, workspace)
            told.append("The exercise is set up.")
    return told or ["Nothing to reset: it is as at the start."]


def clean(connection: Connection, *, images: bool = False) -> list[str]:
    """Remove all that Drydock made on an Engine; with `images` the stand-ins too. Return sentences on what went."""
    from environment.engines import machine, namespace
    from environment.engines.container import remove_all
    from environment.images import catalogue, state

    told = []
    for exercise in exercises():
        with Engine(connection, exercise.id, session="") as engine:
            if gone := remove_owned(exercise, engine):
                told.append(f"{exercise.id}: {', '.join(gone)}")
    with Engine(connection, "notebooks", session="") as engine:
        if gone := remove_demos(engine):
            told.append(f"notebooks: {', '.join(gone)}")
    sweep(connection.client)
    remove_labelled(connection.client, EXERCISE_LABEL, of_sessions=False)
    remove_all(connection.client)
    if not namespace.unavailable():
        namespace.remove_all()
    if images:
        machine.remove_all()
        # By name: what a learner built from a stand-in has inherited its labels.
        for image in catalogue():
            if state(connection.client, image) == "stand-in":
                connection.client.api.remove_image(image.name)
                told.append(f"image {image.name}")
    return told or ["There was nothing to remove."]


# Notebooks


def _digest(topic: str) -> str:
    return hashlib.sha256(source(topic).read_bytes()).hexdigest()[:16]


def source(topic: str) -> Path:
    """The text of a topic's notebook."""
    return CONTENT / "notebooks" / f"{topic}.md"


def build_notebook(topic: str, *, keep_expected: bool = False) -> NotebookNode:
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


def _write_notebook(notebook: NotebookNode, target: Path) -> None:
    import nbformat

    unfinished = target.with_suffix(".part")
    nbformat.write(notebook, unfinished)
    unfinished.replace(target)


def build_source(folder: Path, topic: str) -> None:
    """Make the assignment of a topic in nbgrader's source folder, with the exercises' starting files."""
    (folder / topic).mkdir(parents=True, exist_ok=True)
    _write_notebook(build_notebook(topic), folder / topic / f"{topic}.ipynb")
    for known in topics():
        for exercise in known["exercises"] if known["id"] == topic else ():  # type: ignore[attr-defined]
            copy_start(load(f"{topic}/{exercise}"), folder / topic / exercise)
    _copy_extras(topic, folder / topic)


# The Engine


def connect(
    kind: str = "found",
    progress: Callable[[str], None] = lambda _: None,
    *,
    internet: bool = True,
    limits: Limits | None = None,
) -> Connection:
    """An Engine of this kind. Raises EngineUnavailableError or DrydockError with what to do.

    `internet` says whether a throwaway Engine in a container or a machine reaches the outside; one in a namespace never
    does.
    `limits` are those of an Engine in a namespace.
    """
    sweep_scratch()
    if kind not in KINDS:
        raise UsageError(f"There is no Engine of the kind `{kind}`.", f"Choose one of {', '.join(KINDS)}.")
    if kind == "machine":
        from environment.engines.machine import MachineEngine

        host, names = for_machine()
        return MachineEngine.start(host, course_images=names, progress=progress, internet=internet)
    found = FoundEngine.find()
    if kind == "found":
        sweep(found.client)
        return found
    names = _course_images(found)
    if kind == "container":
        from environment.engines.container import ContainerEngine

        return ContainerEngine.start(
            found.client, session=current_session(), course_images=names, progress=progress, internet=internet
        )
    from environment.engines.namespace import Limits as Bounds
    from environment.engines.namespace import NamespaceEngine

    return NamespaceEngine.start(
        found.client,
        session=current_session(),
        course_images=names,
        progress=progress,
        limits=limits or Bounds(),
        warm=build_solutions,
        warm_key=_builds_digest(),
    )


def throwaway_kind() -> str:
    """The kind of throwaway Engine that fits the Engine here: beside a machine another machine, else a container."""
    from environment.engines.machine import own_machine

    return "machine" if own_machine(FoundEngine.find().endpoint.path) else "container"


def for_machine() -> tuple[docker.DockerClient | None, list[str]]:
    """The Engine to copy images from into a machine, and their names; none where the only Engine is the machine's."""
    from environment.engines import EngineUnavailableError
    from environment.engines.machine import own_machine

    try:
        found = FoundEngine.find()
    except EngineUnavailableError:
        return None, []
    return (None, []) if own_machine(found.endpoint.path) else (found.client, _course_images(found))


def _course_images(found: FoundEngine) -> list[str]:
    from environment.images import catalogue, state

    return [image.name for image in catalogue() if state(found.client, image) != "missing"]


def _builds() -> list[Path]:
    """The model solutions that are built; not those of answers whose commands could look for them on the Engine."""
    found = [e.folder / "solution" for e in exercises() if not e.has_commands]
    return [folder for folder in found if (folder / "Dockerfile").is_file()]


def _builds_digest() -> str:
    total = hashlib.sha256()
    for folder in _builds():
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            total.update(str(path.relative_to(CONTENT)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def build_solutions(_client: object, environment: Mapping[str, str]) -> None:
    """Build the model solutions, so that the steps of a usual answer are in the build cache."""
    for folder in _builds():
        command = ["docker", "build", "--quiet", str(folder)]
        # One that cannot be built here is built when an answer needs it, and then says why.
        subprocess.run(command, env=os.environ | dict(environment), capture_output=True, check=False)
