"""Grades for other systems, as nbgrader's exporters: `nbgrader export --exporter=graders.classroom.exports.Canvas`."""

from __future__ import annotations

import contextlib
import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin

from graders.classroom.room import Classroom
from graders.errors import DrydockError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbgrader.api import Gradebook


SCORES = ("raw_score", "late_submission_penalty", "score")


class _Sheet(ExportPlugin):
    """A table with a line for each learner and a column for each assignment."""

    name = ""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `to`."""
        chosen = set(map(str, self.assignment))
        assignments = [a for a in gradebook.assignments if not chosen or a.name in chosen]
        learners = [s for s in gradebook.students if not self.student or s.id in set(map(str, self.student))]
        learners.sort(key=lambda learner: str(learner.id))
        with Path(self.to or self.name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([_harmless(cell) for cell in row] for row in self.rows(assignments, learners))

    def rows(self, assignments: Sequence[Any], learners: Sequence[Any]) -> Iterable[Sequence[object]]:
        """The lines of the table."""
        raise NotImplementedError


def _harmless(cell: object) -> object:
    """A cell that a spreadsheet does not run as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _score(assignment: Any, learner: Any) -> object:
    """The score after penalties; nothing where nothing was handed in or a part waits for the instructor."""
    for submission in assignment.submissions:
        if submission.student_id == learner.id:
            if submission.needs_manual_grade:
                return ""
            return max(0.0, submission.score - submission.late_submission_penalty)
    return ""


def _full_name(learner: Any) -> str:
    return ", ".join(part for part in (learner.last_name, learner.first_name) if part) or str(learner.id)


class Canvas(_Sheet):
    """A table that Canvas imports into its gradebook."""

    name = "canvas.csv"

    def rows(self, assignments: Sequence[Any], learners: Sequence[Any]) -> Iterable[Sequence[object]]:
        """Canvas's columns; the second line holds the points that can be had."""
        yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(a.name for a in assignments)]
        yield ["    Points Possible", "", "", "", "", *(a.max_score for a in assignments)]
        for learner in learners:
            yield [_full_name(learner), "", learner.id, learner.id, "", *(_score(a, learner) for a in assignments)]


class Moodle(_Sheet):
    """A table that Moodle imports into its gradebook, matched by username."""

    name = "moodle.csv"

    def rows(self, assignments: Sequence[Any], learners: Sequence[Any]) -> Iterable[Sequence[object]]:
        """Moodle lets the instructor match columns; these have the names it proposes."""
        yield ["username", "firstname", "lastname", "email", *(a.name for a in assignments)]
        for learner in learners:
            about = [learner.id, learner.first_name or "", learner.last_name or "", learner.email or ""]
            yield [*about, *(_score(a, learner) for a in assignments)]


class Nbgrader(_Sheet):
    """The table of nbgrader's own exporter, with the cells of a score that waits left empty."""

    name = "grades.csv"

    def rows(self, assignments: Sequence[Any], learners: Sequence[Any]) -> Iterable[Sequence[object]]:
        """A line for each learner and assignment, as nbgrader has them."""
        about = ("student_id", "last_name", "first_name", "email")
        yield ["assignment", "duedate", "timestamp", *about, *SCORES, "max_score"]
        for assignment in assignments:
            handed_in = {submission.student_id: submission for submission in assignment.submissions}
            for learner in learners:
                found = handed_in.get(learner.id)
                waits = found is None or found.needs_manual_grade
                penalty = 0.0 if found is None else found.late_submission_penalty
                scores = ["", "", ""] if found is None or waits else [found.score, penalty, _score(assignment, learner)]
                who = [learner.id, learner.last_name, learner.first_name, learner.email]
                yield [
                    assignment.name,
                    assignment.duedate,
                    found and found.timestamp,
                    *who,
                    *scores,
                    assignment.max_score,
                ]


class Gradescope(ExportPlugin):
    """A folder with a results.json for each learner, as Gradescope's autograder writes it; none for who waits."""

    def export(self, gradebook: Gradebook) -> None:
        """Write `to`/ASSIGNMENT/LEARNER/results.json."""
        room = Classroom.find(Path.cwd())
        chosen = set(map(str, self.assignment))
        for assignment in gradebook.assignments:
            if chosen and assignment.name not in chosen:
                continue
            for record_learner in sorted({r.learner for r in room.history.latest(assignment.name)}):
                folder = Path(self.to or "gradescope") / assignment.name / record_learner
                said = results(room, assignment.name, record_learner)
                try:
                    score = gradebook.find_submission(assignment.name, record_learner)
                    if score.needs_manual_grade:
                        (folder / "results.json").unlink(missing_ok=True)
                        continue
                    said["score"] = max(0.0, score.score - score.late_submission_penalty)
                except MissingEntry:
                    pass  # graded, and not yet in the gradebook: the points of the checks stand
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "results.json").write_text(json.dumps(said, indent=1, ensure_ascii=False))


def results(room: Classroom, topic: str, learner: str) -> dict[str, object]:
    """The object of Gradescope's results.json, a test for each check."""
    tests: list[dict[str, object]] = []
    records = [r for r in room.history.latest(topic) if r.learner == learner]
    for record in records:
        exercise = record.key.exercise
        if record.is_ungradable:
            tests.append({"name": exercise, "output": record.verdict.get("message", "Not graded."), "max_score": 0})
            continue
        for check in record.verdict["checks"]:
            test = {"name": f"{exercise}: {check['description']}", "score": check["points"]}
            test |= {
                "max_score": check["max_points"],
                "output": "\n".join([check["message"], *check["evidence"]]).strip(),
            }
            test["status"] = "passed" if check["outcome"] == "passed" else "failed"
            tests.append(test)
    return {
        "score": sum(record.points for record in records),
        "execution_time": round(sum(float(r.verdict["seconds"]) for r in records), 1),
        "visibility": "visible",
        "tests": tests,
    }


EXPORTERS: dict[str, type[ExportPlugin]] = {
    "canvas": Canvas,
    "moodle": Moodle,
    "gradescope": Gradescope,
    "nbgrader": Nbgrader,
}


def write(room: Classroom, name: str, to: Path | None, chosen: Sequence[str]) -> Path:
    """Write the grades of a class; return where."""
    from nbgrader.api import Gradebook as Open

    exporter = EXPORTERS[name]()
    default = room.root / (f"{name}.csv" if name != "gradescope" else name)
    exporter.to, exporter.assignment = str((to or default).absolute()), list(chosen)
    try:
        with (
            contextlib.chdir(room.root),
            Open(room.nbgrader.coursedir.db_url, room.nbgrader.coursedir.course_id) as gradebook,
        ):
            exporter.export(gradebook)
    except OSError as error:
        raise DrydockError(f"{exporter.to} cannot be written: {error.strerror}.", "Name another with --to.") from None
    return Path(exporter.to)
