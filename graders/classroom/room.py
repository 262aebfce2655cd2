"""The folder of a class, as nbgrader lays it out, and what Drydock keeps in it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sys
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from environment import CLASSROOM
from graders import notebooks
from graders.answer import SEED_FILE
from graders.classroom import submission
from graders.classroom.history import History
from graders.errors import DrydockError, UsageError
from graders.exercise import Exercise
from graders.exercise import topic as find_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbgrader.apps import NbGraderAPI

    from environment.engines import Kind
    from graders.classroom.submission import Answer, Submission

CONFIG = "nbgrader_config.py"
STATE = ".drydock"


class Classroom:
    """A class: its folder, its learners' submissions, and every grade that was given."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / STATE
        self.history = History(self.state / "grades.jsonl")

    @classmethod
    @lru_cache(maxsize=8)
    def at(cls, root: Path) -> Classroom:
        """The class in this folder, read once in a process."""
        return cls(root)

    @classmethod
    def find(cls, here: Path) -> Classroom:
        """The class that a folder lies in. Raises UsageError where there is none."""
        for folder in (here, *here.parents):
            if (folder / CONFIG).is_file() and (folder / STATE).is_dir():
                return cls.at(folder)
        raise UsageError(
            f"The folder `{here}` belongs to no class.",
            "Go to the class's folder, or make one with `drydock class release TOPIC --course DIR`.",
        )

    @classmethod
    def make(cls, root: Path) -> Classroom:
        """The class in this folder, which is made where it is missing."""
        root = root.resolve()
        (root / STATE).mkdir(parents=True, exist_ok=True)
        (root / STATE).chmod(0o700)
        if not (root / CONFIG).exists():
            shutil.copyfile(CLASSROOM / CONFIG, root / CONFIG)
        seed = root / STATE / SEED_FILE
        if not seed.exists():
            seed.write_text(secrets.token_hex(8) + "\n")
        return cls.at(root)

    @property
    def seed(self) -> str:
        """What the values that only graders meet come from: one for the class, and unknown to learners."""
        return (self.state / SEED_FILE).read_text().strip()

    @cached_property
    def nbgrader(self) -> NbGraderAPI:
        """Nbgrader's steps, with this class's configuration."""
        import sqlalchemy.exc
        from nbgrader.apps import NbGrader, NbGraderAPI
        from nbgrader.coursedir import CourseDirectory

        # nbgrader's own, with SQLAlchemy 2.1; they say nothing to an instructor.
        warnings.filterwarnings("ignore", "Object of type <Submitted", sqlalchemy.exc.SAWarning)
        # A new gradebook calls `alembic`, which lies beside this Python.
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        app = NbGrader()
        with contextlib.chdir(self.root):
            app.load_config_file()
        app.config.ExchangeReleaseAssignment.force = (
            True  # released again, a topic takes the place of its earlier version
        )
        folder = CourseDirectory(config=app.config)
        folder.root = str(self.root)
        return NbGraderAPI(coursedir=folder, config=app.config)

    def step(self, name: str, learner: str, topic: str) -> Path:
        """A folder of one of nbgrader's steps: source, release, submitted, autograded, feedback."""
        directory = getattr(self.nbgrader.coursedir, f"{name}_directory")
        return Path(self.nbgrader.coursedir.format_path(directory, learner, topic))

    def released(self, topic: str) -> list[Path]:
        """The notebooks that learners received. Raises UsageError where the topic was not released."""
        notebooks = sorted(self.step("release", ".", topic).glob("*.ipynb"))
        if not notebooks:
            raise UsageError(f"`{topic}` was not released to this class.", f"Run `drydock class release {topic}`.")
        return notebooks

    def read(self, learner: str, topic: str) -> Submission:
        """The submission of a learner, cleaned on the way: what was handed in is moved to .drydock/received."""
        folder = self.step("submitted", learner, topic)
        exercises = exercises_of(topic)
        found = submission.read(folder, exercises)
        said = self._cleaned(learner, topic)
        before = json.loads(said.read_text()) if said.is_file() else {}
        if before.get("digest") == found.digest:
            return _noted(found, before["problems"], before["notes"])
        return self.clean(found, learner, topic)

    def clean(self, found: Submission, learner: str, topic: str) -> Submission:
        """Make this the submission of a learner and return what it is now; what was there goes to .drydock/received."""
        folder = self.step("submitted", learner, topic)
        received = self.state / "received" / learner / topic / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        submission.write(found, folder, self.released(topic), keep=received)
        said = self._cleaned(learner, topic)
        said.parent.mkdir(parents=True, exist_ok=True)
        problems = {e: a.problem for e, a in found.answers.items() if a.problem}
        notes = {e: a.notes for e, a in found.answers.items() if a.notes}
        # Where a notebook could not be read, what was cleaned has an untouched one, and is still the same submission.
        now = submission.read(folder, exercises_of(topic))
        said.write_text(json.dumps({"digest": now.digest, "problems": problems, "notes": notes}))
        return _noted(now, problems, notes)

    def _cleaned(self, learner: str, topic: str) -> Path:
        """What was noticed when a submission was cleaned."""
        return self.state / "cleaned" / learner / f"{topic}.json"

    def kept(self, digest: str, seed: str) -> Path:
        """Where an answer is kept, beneath the seed that it was graded with."""
        return self.state / "answers" / seed / digest

    def keep(self, answer: Answer, seed: str) -> None:
        """Keep an answer under its digest, so that its verdict can be reproduced."""
        folder = self.kept(answer.digest, seed)
        folder.parent.mkdir(parents=True, exist_ok=True)
        (folder.parent / SEED_FILE).write_text(seed + "\n")
        if not folder.exists():
            unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
            answer.write(unfinished)
            try:
                unfinished.rename(folder)
            except OSError:  # another process kept it meanwhile
                shutil.rmtree(unfinished)

    def release(self, topic: str, say: Callable[[str], None]) -> None:
        """Make the assignment of a topic and, where there is an exchange, release it there."""
        exercises_of(topic)
        if not any(self.step("source", ".", topic).glob("*.ipynb")):
            notebooks.build_source(self.root / self.nbgrader.coursedir.source_directory, topic)
        _told(self.nbgrader.generate_assignment(topic, force=True, create=True), f"The assignment `{topic}`")
        say(f"{topic}: the assignment is in {self.step('release', '.', topic)}.")
        if self.has_exchange:
            _told(self.nbgrader.release_assignment(topic), f"The release of `{topic}`")
            say(f"{topic}: released to the exchange.")
        else:
            say("There is no exchange here. Give that folder to your learners, for example as an archive.")

    @property
    def has_exchange(self) -> bool:
        """Whether nbgrader's exchange can be written here, or another takes its place."""
        if set(self.nbgrader.config.get("ExchangeFactory", {})) - {"collect"}:
            return True
        root = str(self.nbgrader.config.Exchange.get("root", "/usr/local/share/nbgrader/exchange"))
        return os.access(root, os.W_OK | os.X_OK)

    @property
    def isolation(self) -> Kind:
        """The kind of Engine that the class's configuration names."""
        kind: Kind = self.nbgrader.config.GradeOnEngine.get("isolation", "namespace")
        return kind

    def is_saved(self, learner: str, topic: str) -> bool:
        """Whether the gradebook has the grades that count."""
        from nbgrader.api import Gradebook, MissingEntry

        graded = self.step("autograded", learner, topic)
        if not all((graded / notebook.name).is_file() for notebook in self.released(topic)):
            return False
        with Gradebook(self.nbgrader.coursedir.db_url, self.nbgrader.coursedir.course_id) as gradebook:
            try:
                handed_in = gradebook.find_submission(topic, learner)
            except MissingEntry:
                return False
            if handed_in.assignment.duedate or handed_in.late_submission_penalty:
                return False  # the instructor may have set another date meanwhile
            saved = {grade.name: grade for notebook in handed_in.notebooks for grade in notebook.grades}
            for exercise in exercises_of(topic):
                record, grade = self.history.last(learner, exercise.id), saved.get(check_cell(exercise))
                if record is None or grade is None or (not record.is_ungradable and grade.auto_score != record.points):
                    return False
                if record.is_ungradable and not grade.needs_manual_grade and grade.manual_score is None:
                    return False
        return True

    def autograde(self, learner: str, topic: str) -> None:
        """Let nbgrader take the verdicts of one submission into its gradebook and its folder `autograded`."""
        _told(self.nbgrader.autograde(topic, learner, force=True, create=True), f"The gradebook entry of {learner}")

    def feedback(self, topic: str, say: Callable[[str], None]) -> None:
        """Make nbgrader's feedback pages and, where there is an exchange, release them."""
        _told(self.nbgrader.generate_feedback(topic, force=True), f"The feedback for `{topic}`")
        say(f"{topic}: the feedback is in {self.root / self.nbgrader.coursedir.feedback_directory}.")
        if self.has_exchange:
            _told(self.nbgrader.release_feedback(topic), f"The release of the feedback for `{topic}`")
            say(f"{topic}: the feedback was released to the exchange.")


def _noted(found: Submission, problems: Mapping[str, str], notes: Mapping[str, Sequence[str]]) -> Submission:
    """A submission with what was noticed when it was cleaned."""
    answers = {
        e: replace(a, problem=problems.get(e, ""), notes=tuple(notes.get(e, ()))) for e, a in found.answers.items()
    }
    return replace(found, answers=answers)


def check_cell(exercise: Exercise) -> str:
    """The name of an exercise's check cell in the gradebook."""
    return f"{exercise.id.replace('/', '-')}-check"


def exercises_of(topic: str) -> list[Exercise]:
    """The exercises of a topic in order. Raises UsageError where there is no such topic."""
    return list(find_topic(topic).exercises)


def _told(result: dict[str, object], subject: str) -> None:
    """Raise what nbgrader says went wrong."""
    if not result["success"]:
        said = str(result.get("error") or result.get("log") or "").strip().splitlines() or ["it gave no reason"]
        if said[-1].startswith("KeyboardInterrupt"):  # nbgrader takes it for a failure
            raise KeyboardInterrupt
        raise DrydockError(f"{subject} could not be made: {said[-1]}", "The same step of `nbgrader` says more.")
