"""A class of made-up submissions, to see the whole cycle with: right, partly right, broken and hostile ones."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from graders.answer import SEED_FILE
from graders.classroom.room import Classroom, exercises_of
from graders.errors import UsageError
from graders.exercise import COMMANDS, CONTENT, EXERCISES
from graders.variants import Variant, lay_out, variants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from graders.exercise import Exercise
    from graders.variants import Kind

SIZE = 30
HOSTILE = {
    "fork-bomb": "for i in $(seq 2000); do sleep 60 & done",
    "disk-filler": (
        "head -c 6G /dev/zero > big; docker run --rm -v filler:/f busybox:1.37 sh -c 'head -c 6G /dev/zero > /f/big'"
    ),
    "memory-eater": "docker run --rm busybox:1.37 sh -c 'head -c 3G /dev/zero | tail' || tail -c 3G /dev/zero",
    "never-ends": "while :; do :; done",
    "looks-around": (
        "docker run --rm --privileged --pid=host --network=host -v /:/host busybox:1.37 sh -c '\n"
        "  ls /host/root; cat /host/etc/shadow; find /host -name gradebook.db 2>/dev/null; ps; wget -O - http://127.0.0.1:8888'"
    ),
    "removes-everything": "docker rm --force $(docker ps --all --quiet); docker rmi --force $(docker images --quiet)",
}
"""What hostile answers do; each is bounded, and stays where it is graded if that holds."""


def make(folder: Path, topic: str, say: Callable[[str], None]) -> None:
    """Make a class in a new folder with SIZE submissions for a topic, as nbgrader would have collected them."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"The folder `{folder}` is not empty.", "Name a new one for the demo class.")
    room = Classroom.make(folder)
    room.release(topic, say)
    exercises = exercises_of(topic)
    for number, answers in enumerate(_choose(exercises), 1):
        hand_in(room, f"learner-{number:02}", topic, answers)
    _break(room, topic, SIZE - len(HOSTILE) - 6)
    _harm(room, topic, exercises)


def _choose(exercises: Sequence[Exercise]) -> list[dict[str, Variant]]:
    """Choose an answer to each exercise for each learner: ten do well, ten less, the rest is changed afterwards."""

    def pick(exercise: Exercise, kind: Kind) -> Variant:
        """The same for all learners, as in a class in which most make the same mistake."""
        return variants(exercise, kind)[-1]

    classes = []
    for learner in range(SIZE):
        answers = {}
        for place, exercise in enumerate(exercises):
            answers[exercise.id] = Variant(exercise, "solution")
            if learner < 10 and place % 2 and (learner + place) % 5 == 0:  # noqa: PLR2004 - some found another way
                answers[exercise.id] = pick(exercise, "right")
            if 10 <= learner < 18 and not place % 2 and (learner + place) % 3 == 0:  # noqa: PLR2004 - a sixth is wrong
                answers[exercise.id] = pick(exercise, "wrong")
            if learner == 17:  # noqa: PLR2004 - one handed in what was given out
                answers[exercise.id] = Variant(exercise, "start")
        classes.append(answers)
    return classes


def hand_in(room: Classroom, learner: str, topic: str, answers: Mapping[str, Variant], *, seed: str = "demo") -> Path:
    """Make the submission of a learner from shipped answers, as nbgrader would have collected it.

    Of an exercise without an answer nothing is handed in.
    """
    import nbformat

    folder = room.step("submitted", learner, topic)
    folder.mkdir(parents=True)
    sources = {name: lay_out(answer, folder / answer.exercise.place) for name, answer in answers.items()}
    for released in room.released(topic):
        notebook = nbformat.read(released, as_version=4)
        for cell in notebook.cells:
            source = sources.get(cell.metadata.get("exercise", ""))
            if cell.metadata.get("part") == "answer" and not source:
                cell.source = ""
            if source and cell.metadata.get("part") == "answer" and (source / COMMANDS).is_file():
                text = (source / COMMANDS).read_bytes().decode("utf-8", "replace")
                cell.source = f"%%answer {cell.metadata.exercise}\n{text}"
        nbformat.write(notebook, folder / released.name)
    (folder / SEED_FILE).write_text(f"{seed}\n")
    (folder / "timestamp.txt").write_text("2026-01-15 12:00:00.000000 UTC\n")
    return folder


def _break(room: Classroom, topic: str, first: int) -> None:
    """Break six submissions, as accidents do."""
    folders = [room.step("submitted", f"learner-{first + n + 1:02}", topic) for n in range(6)]
    lessons = [notebook.name for notebook in room.released(topic)]
    notebooks = [folder / lessons[0] for folder in folders]
    notebooks[0].write_text("<<<<<<< HEAD\n" + notebooks[0].read_text())
    notebooks[1].unlink()
    shutil.rmtree(min((folders[2] / EXERCISES).iterdir()))
    for lesson in lessons[len(lessons) // 2 :]:
        (folders[2] / lesson).unlink()
    _edit(notebooks[3], lambda notebook: notebook.update(nbformat=3, worksheets=[]))
    _edit(notebooks[4], lambda notebook: notebook["cells"].reverse())
    for exercise in exercises_of(topic):
        link = folders[5] / exercise.place / "notes.txt"
        link.symlink_to(CONTENT / "README.md")
        break


def _harm(room: Classroom, topic: str, exercises: Sequence[Exercise]) -> None:
    """Make the last submissions hostile: one of the answers does harm, and the notebook claims full marks."""
    with_commands = [exercise for exercise in exercises if exercise.has_commands]
    for number, (name, commands) in enumerate(HOSTILE.items()):
        folder = room.step("submitted", f"learner-{SIZE - len(HOSTILE) + number + 1:02}", topic)
        exercise = with_commands[number % len(with_commands)]
        text = f"# {name}\n{commands}\n"

        def claim(notebook: dict[str, Any], exercise: Exercise = exercise, text: str = text) -> None:
            for cell in notebook["cells"]:
                if cell["metadata"].get("part") == "check":
                    cell["metadata"]["tags"] = ["skip-execution"]
                    cell["metadata"]["nbgrader"]["points"] = 1000
                    cell["outputs"] = [
                        {
                            "output_type": "execute_result",
                            "data": {"text/plain": "1000"},
                            "metadata": {},
                            "execution_count": 1,
                        }
                    ]
                if cell["metadata"].get("part") == "answer" and cell["metadata"]["exercise"] == exercise.id:
                    cell["source"] = f"%%answer {exercise.id}\n{text}"

        for notebook in room.released(topic):
            _edit(folder / notebook.name, claim)
        (folder / exercise.place / COMMANDS).write_text(text)


def _edit(notebook: Path, change: Callable[[dict[str, Any]], object]) -> None:
    said = json.loads(notebook.read_text())
    change(said)
    notebook.write_text(json.dumps(said))
