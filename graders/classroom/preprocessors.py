"""What nbgrader calls while it autogrades: cleaning, grading in place of running the notebook, saving the grades."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Enum

from environment.engines import KINDS
from graders import feedback
from graders.check import Verdict
from graders.classroom import exclude_overwriting
from graders.classroom.grading import Run, Settings, prepare
from graders.classroom.room import Classroom, exercises_of
from graders.exercise import Exercise, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbformat import NotebookNode

    from graders.classroom.history import Record
    from graders.classroom.submission import File, Submission

MAX_SHOWN = 20_000
"""Characters of a learner's file in the feedback."""


def clean(assignment: str, student: str, notebooks: Sequence[str]) -> None:
    """Clean a submission before nbgrader copies it (nbgrader's pre_convert_hook; `student` may be a pattern)."""
    del notebooks
    room = Classroom.find(Path.cwd())
    for folder in sorted(room.step("submitted", "*", assignment).parent.parent.glob(f"{student}/{assignment}")):
        room.read(folder.parent.name, assignment)


def give_back(room: Classroom, learner: str, topic: str) -> None:
    """Put what a learner handed in in the place of the files that nbgrader copied over it from the source folder.

    nbgrader's option exclude_overwriting would keep it from doing so, but its values are the exercises' files, which a
    class's configuration file does not know.
    """
    handed_in, graded = (room.step(name, learner, topic) for name in ("submitted", "autograded"))
    for name in exclude_overwriting()[topic]:
        (graded / name).unlink(missing_ok=True)
        if (handed_in / name).is_file():
            (graded / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(handed_in / name, graded / name)


class GradeOnEngine(NbGraderPreprocessor):
    """Put each exercise's score and report into its check cell.

    A verdict on this very answer is taken from the class's history; where there is none yet, the answer is graded now.
    """

    hints = Enum(["none", "checks", "all"], "checks", help="Which hints the feedback shows.").tag(config=True)
    isolation = Enum(
        [kind for kind in KINDS if kind != "found"], "namespace", help="The kind of Engine to grade on."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Replace the outputs of the check cells; nothing in the notebook is run."""
        topic, learner = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        room = Classroom.find(Path(resources["metadata"]["path"]))
        submission = room.read(learner, topic)
        give_back(room, learner, topic)
        records = self._records(room, learner, topic, submission)
        resources["drydock"] = {"ungradable": {}}
        for cell in nb.cells:
            exercise_id = cell.metadata.get("exercise")
            if cell.metadata.get("part") != "check" or exercise_id not in records:
                continue
            record = records[exercise_id]
            exercise = load(exercise_id)
            verdict = self._shown(exercise, Verdict.from_json(record.verdict), record)
            files = _shown(submission, exercise_id)
            report = feedback.html(exercise, verdict.checks, verdict, files=files, hint_command="")
            if record.is_ungradable:
                earlier = [one for one in room.history.of(learner, exercise_id) if one.key.answer == record.key.answer]
                resources["drydock"]["ungradable"][cell.metadata.nbgrader.grade_id] = len(earlier) > 1
                # Were it an ordinary output, nbgrader would take it for full marks.
                cell.outputs = [
                    nbformat.v4.new_output("stream", name="stderr", text=feedback.summary(verdict)),
                    nbformat.v4.new_output("display_data", {"text/html": report, "text/plain": "not graded"}),
                ]
            else:
                data = {"text/plain": str(verdict.points), "text/html": report}
                cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=None)]
        return nb, resources

    def _records(self, room: Classroom, learner: str, topic: str, submission: Submission) -> dict[str, Record]:
        """The grade that counts of each exercise, if it is of this answer; what has none is graded now."""
        records = {}
        for exercise in exercises_of(topic):
            last = room.history.last(learner, exercise.id)
            same = last is not None and last.key.answer == submission.answers[exercise.id].digest
            if last is not None and same and last.key.seed in {room.seed, submission.seed}:
                records[exercise.id] = last
        missing = {e: a for e, a in submission.answers.items() if e not in records}
        if missing:
            identity = prepare(self.isolation, self.log.info)
            run = Run(
                topic,
                {learner: replace(submission, answers=missing)},
                history=room.history,
                keep=room.keep,
                seed=room.seed,
                identity=identity,
                settings=Settings(kind=self.isolation, resume=True, reason="autograde in nbgrader"),
            )
            for _ in run.here():
                pass
            for answer in missing.values():
                graded = room.history.last(learner, answer.exercise)
                assert graded is not None  # noqa: S101 - it was graded just now
                records[answer.exercise] = graded
        return records

    def _shown(self, exercise: Exercise, verdict: Verdict, record: Record) -> Verdict:
        """The verdict as the learner may read it."""
        notes = [*record.notes, *verdict.notes]
        checks = verdict.checks
        if self.hints == "none":
            checks = tuple(replace(result, hint="") for result in checks)
        elif self.hints == "all" and verdict.exit_code:
            notes += [f"Hint {number}: {text}" for number, text in enumerate(exercise.hints, 1)]
        return replace(verdict, checks=checks, notes=tuple(notes))


def _shown(submission: Submission, exercise: str) -> list[tuple[str, str]]:
    return [(file.name, _readable(file)) for file in submission.answers[exercise].files][:50]


def _readable(file: File) -> str:
    if file.link:
        return f"(a link to {file.link})"
    try:
        text = file.content[: 4 * MAX_SHOWN].decode()
    except UnicodeDecodeError:
        return f"(no text; {len(file.content):,} bytes)"
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}\n(cut; {len(file.content):,} bytes in all)"


class SaveGrades(SaveAutoGrades):
    """Save the scores; what could not be graded costs no points, and waits for the instructor."""

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        grade_id = cell.metadata.nbgrader.grade_id
        if grade_id not in resources["drydock"]["ungradable"]:
            super()._add_score(cell, resources)
            return
        grade = self.gradebook.find_grade(grade_id, self.notebook_id, self.assignment_id, self.student_id)
        # A score that an earlier, whole grading gave stays, and what the instructor decided on this very answer.
        is_known = resources["drydock"]["ungradable"][grade_id]
        grade.needs_manual_grade = not (is_known and grade.manual_score is not None)
        self.gradebook.db.commit()
