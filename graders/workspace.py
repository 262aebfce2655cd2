"""The learner's folder: what is built into it, and what is kept whatever happens."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from graders import home, notebooks
from graders.answer import SEED_FILE, Answer
from graders.errors import DrydockError
from graders.exercise import EXERCISES, Exercise, exercises, topics

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE = ".drydock"
LEFT = ["filebrowser", "running-sessions", "@jupyterlab/toc:plugin", "extensionmanager.main-view"]
"""What JupyterLab has on its left."""


def find_workspace(environ: Mapping[str, str] = os.environ, here: Path | None = None) -> Path:
    """The learner's workspace: the one that `here` lies in, else DRYDOCK_WORKSPACE, else ~/drydock.

    An assignment that a class has given out, wherever it was unpacked, makes the folder around it a workspace.
    """
    here = here or Path.cwd()
    known = {topic.id: topic for topic in topics()}
    for folder in (here, *here.parents):
        if (folder / STATE).is_dir():
            return folder
        if folder.name in known and any((folder / lesson.file).is_file() for lesson in known[folder.name].lessons):
            return folder.parent
    return Path(environ.get("DRYDOCK_WORKSPACE") or Path.home() / "drydock").expanduser()


def build_workspace(workspace: Path, engine: str = "") -> list[str]:
    """Make what is missing in a learner's workspace, and its home page; return sentences on what was left as it was.

    `engine` says where the Engine comes from, if that is known.
    """
    try:
        (workspace / STATE).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DrydockError(
            f"The workspace `{workspace}` cannot be made: {error.strerror}.", "Name another with --workspace DIR."
        ) from None
    (workspace / home.ENGINE).write_text(engine, encoding="utf-8")
    built_file = workspace / STATE / "built.json"
    built: dict[str, list[str]] = json.loads(built_file.read_text()) if built_file.exists() else {}
    kept = []
    for topic in topics():
        for exercise in topic.exercises:
            before, folder = workspace / topic.id / exercise.name, workspace / topic.id / exercise.place
            if is_empty(folder) and not is_empty(before):
                folder.parent.mkdir(exist_ok=True)
                before.rename(folder)
            elif is_empty(folder):
                notebooks.copy_start(exercise, folder)
        for lesson in topic.lessons:
            target, text = workspace / topic.id / lesson.file, notebooks.digest(lesson.source)
            seen, written = built.get(lesson.id, ["", ""])
            # One that its learner never changed makes way for a newer one.
            if not target.exists() or (seen != text and written == notebooks.digest(target)):
                target.parent.mkdir(exist_ok=True)
                notebooks.write_for_learner(lesson, target.parent)
                built[lesson.id] = [text, notebooks.digest(target)]
            elif seen != text:
                kept.append(
                    f"{target} is yours and was kept, though the course has a newer one. "
                    "Rename it and run `drydock start` again to get that too."
                )
        notebooks.copy_extras(topic.id, workspace / topic.id)
        keep_seed(workspace, topic.id)
    built_file.write_text(json.dumps(built, indent=1))
    _write_values(workspace)
    _write_layout(workspace)
    home.write(workspace)
    return kept


def _write_values(workspace: Path) -> None:
    """Write what a terminal reads in an exercise's folder: the values that the exercise's commands have."""
    lines = []
    for exercise in exercises():
        folder = answer_folder(workspace, exercise)
        # The values come from the seed alone; what a learner keeps in the folder must not stop a start.
        seed = (workspace / exercise.topic / SEED_FILE).read_text(errors="replace").strip()[:64]
        with Answer(exercise.folder / "start", seed=seed, exercise_folder=exercise.folder) as answer:
            values = exercise.variables(answer)
        if values:
            said = " ".join(f"{name}={shlex.quote(value)}" for name, value in values.items())
            lines.append(f"{shlex.quote(str(folder))} | {shlex.quote(str(folder))}/*) export {said} ;;")
    (workspace / STATE / "values.sh").write_text("\n".join(["case $PWD in", *lines, "esac", ""]))


def _write_layout(workspace: Path) -> None:
    """Let JupyterLab begin with the table of contents beside the text; what its learner opens and moves stays so."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    kept = WorkspacesManager(str(workspace / STATE / "lab"))
    if not kept.list_workspaces():
        left = {"collapsed": False, "visible": True, "current": "@jupyterlab/toc:plugin", "widgets": LEFT}
        layout = {"left": left, "relativeSizes": [0.18, 0.82, 0]}
        kept.save("default", json.dumps({"data": {"layout-restorer:data": layout}, "metadata": {"id": "default"}}))


def keep_seed(workspace: Path, topic: str) -> None:
    """See that the learner's values stay the same, and that they are handed in with the topic's folder."""
    own, handed_in = workspace / SEED_FILE, workspace / topic / SEED_FILE
    if not own.exists():
        own.write_text(handed_in.read_text() if handed_in.exists() else secrets.token_hex(8) + "\n")
    if not handed_in.exists():
        handed_in.write_text(own.read_text())


def reset_files(exercise: Exercise, folder: Path) -> Path | None:
    """Back to the starting files; what was there moves to a folder beside it, whose path is returned."""
    if is_empty(folder):
        notebooks.copy_start(exercise, folder)
        return None
    if _same(folder, exercise.folder / "start"):
        return None
    around = folder.parents[2 if folder.parent.name == EXERCISES else 1]
    backups = around / STATE / "before-reset" / exercise.topic
    number = len(list(backups.glob(f"{exercise.name}-*"))) + 1 if backups.is_dir() else 1
    backup = backups / f"{exercise.name}-{number}"
    backup.mkdir(parents=True)
    # The folder itself stays, for a terminal may stand in it.
    for entry in list(folder.iterdir()):
        shutil.move(entry, backup)
    notebooks.copy_start(exercise, folder)
    return backup


def _same(one: Path, other: Path) -> bool:
    def files(folder: Path) -> dict[str, bytes]:
        found = (p for p in folder.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts)
        return {str(p.relative_to(folder)): p.read_bytes() for p in found}

    return files(one) == files(other)


def answer_folder(workspace: Path, exercise: Exercise) -> Path:
    """Where a learner's answer stands in the workspace.

    That is beside the lessons, as in assignments and workspaces of before, where it stands there and not at its place.
    """
    place, before = (workspace / exercise.topic / name for name in (exercise.place, exercise.name))
    untouched = is_empty(place) or _same(place, exercise.folder / "start")
    return before if untouched and not is_empty(before) else place


def is_empty(folder: Path) -> bool:
    """Whether a folder is missing or holds nothing."""
    return not folder.is_dir() or not any(os.scandir(folder))
