"""The learner's folder: what is built into it, and what is kept whatever happens."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from graders import notebooks
from graders.answer import SEED_FILE
from graders.errors import DrydockError
from graders.exercise import Exercise, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STATE = ".drydock"


def find_workspace(environ: Mapping[str, str] = os.environ, here: Path | None = None) -> Path:
    """The learner's workspace: the one that `here` lies in, else DRYDOCK_WORKSPACE, else ~/drydock.

    An assignment that a class has given out, wherever it was unpacked, makes the folder around it a workspace.
    """
    here = here or Path.cwd()
    names = {topic.id for topic in topics()}
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
        name = topic.id
        target = workspace / name / f"{name}.ipynb"
        digest = notebooks.digest(name)
        if not target.exists():
            progress(f"Building the notebook {name} …")
            target.parent.mkdir(exist_ok=True)
            notebooks.write_for_learner(name, target)
            built[name] = digest
        elif built.get(name) != digest:
            kept.append(
                f"{target} is yours and was kept, though the course has a newer one. "
                "Rename it and run `drydock start` again to get that too."
            )
        for exercise in topic.exercises:
            folder = answer_folder(workspace, exercise)
            if is_empty(folder):
                notebooks.copy_start(exercise, folder)
        notebooks.copy_extras(name, target.parent)
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


def reset_files(exercise: Exercise, folder: Path) -> Path | None:
    """Back to the starting files; what was there moves to a folder beside it, whose path is returned."""
    if is_empty(folder):
        notebooks.copy_start(exercise, folder)
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
    notebooks.copy_start(exercise, folder)
    return backup


def _same(one: Path, other: Path) -> bool:
    def files(folder: Path) -> dict[str, bytes]:
        found = (p for p in folder.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts)
        return {str(p.relative_to(folder)): p.read_bytes() for p in found}

    return files(one) == files(other)


def answer_folder(workspace: Path, exercise: Exercise) -> Path:
    """Where a learner's answer stands in the workspace."""
    return workspace / exercise.topic / exercise.name


def is_empty(folder: Path) -> bool:
    """Whether a folder is missing or holds nothing."""
    return not folder.is_dir() or not any(os.scandir(folder))
