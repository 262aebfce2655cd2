"""Back to the start: one exercise, or all that Drydock made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from environment.engines import EXERCISE_LABEL
from graders.answer import Answer
from graders.engine import Engine
from graders.engine.cleaning import remove_demos, remove_exercise, remove_labelled, sweep
from graders.engine.words import explain
from graders.errors import DrydockError, Failed
from graders.exercise import Exercise, exercises
from graders.workspace import reset_files

if TYPE_CHECKING:
    from pathlib import Path

    from environment.engines import Connection


def reset(exercise: Exercise, folder: Path, connection: Connection) -> list[str]:
    """Bring an exercise back to its start on the Engine and in its folder; return sentences on what was done."""
    told = []
    with Engine(connection, exercise.id, session="") as engine:
        engine.require(exercise.requires)
        connection.client.ping()  # nothing is moved away for an Engine that does not answer
        if backup := reset_files(exercise, folder):
            told.append(f"Your files are in {backup}.")
        try:
            if gone := remove_exercise(connection.client, exercise.id, exercise.owns):
                told.append(f"Removed: {', '.join(gone)}.")
            if exercise.prepare:
                with Answer(folder, exercise_folder=exercise.folder) as answer:
                    exercise.prepare(engine, answer)
                told.append("The exercise is set up.")
        except BaseException as error:
            raise _half_way(error, told) from error
    return told or ["Nothing to reset: it is as at the start."]


def _half_way(error: BaseException, told: list[str]) -> BaseException:
    """What stopped a reset, with what it had done before."""
    if isinstance(error, KeyboardInterrupt):
        known: DrydockError | None = DrydockError(
            "The reset was stopped half-way: what the exercise owns may be gone, or only in part set up.",
            "Reset again; it begins anew.",
        )
    elif isinstance(error, Failed):
        known = DrydockError(f"The exercise could not be set up: {error.message}", "Reset again.")
    else:
        known = error if isinstance(error, DrydockError) else explain(error)
    return DrydockError(" ".join([known.what, *told]), known.remedy) if known else error


def clean(connection: Connection, *, images: bool = False) -> list[str]:
    """Remove all that Drydock made on an Engine; with `images` the stand-ins too. Return sentences on what went."""
    from environment.engines import machine, namespace
    from environment.engines.container import remove_all
    from environment.images import catalogue, state

    told = [
        f"{exercise.id}: {', '.join(gone)}"
        for exercise in exercises()
        if (gone := remove_exercise(connection.client, exercise.id, exercise.owns))
    ]
    if gone := remove_demos(connection.client):
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
