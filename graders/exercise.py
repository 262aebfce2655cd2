"""Exercises: what their folders say."""

from __future__ import annotations

import ast
import importlib
import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders import schema
from graders.check import Check
from graders.engine.owned import Owned
from graders.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from graders.answer import Answer
    from graders.engine import Engine

PACKAGE = Path(__file__).parent
CONTENT = PACKAGE / "_content" if (PACKAGE / "_content").is_dir() else PACKAGE.parent
"""Where notebooks/ and exercises/ are: inside the installed package, or beside it in the repository."""
COMMANDS = "commands.sh"
EXERCISES = "exercises"
"""The folder for answers in a topic's folder: among the lessons they would hide the order of these."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: its exercise.toml, its folder and its grader."""

    id: str
    title: str
    minutes: int
    hints: tuple[str, ...]
    kind: tuple[str, ...]
    """Where the answer stands: "commands" (commands.sh), "files", "questions" (answers.toml)."""
    seconds: float = 60
    """How long its commands may take."""
    requires: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    """Files and folders of start/ that stay as they are."""
    owns: Owned = field(default_factory=Owned)

    @property
    def topic(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """The part of the id after the slash."""
        return self.id.partition("/")[2]

    @property
    def place(self) -> str:
        """Its folder in a topic's folder, below the lessons."""
        return f"{EXERCISES}/{self.name}"

    @property
    def folder(self) -> Path:
        """Its folder in the course, with start/, solution/, right/ and wrong/."""
        return CONTENT / "exercises" / self.id

    @cached_property
    def grader(self) -> ModuleType:
        """The module with its checks."""
        return importlib.import_module(f"graders.topics.{self.id.replace('/', '.').replace('-', '_')}")

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Its checks in the order in which the grader defines them."""
        found = [value for value in vars(self.grader).values() if isinstance(value, Check)]
        return schema.agreeing(found, "/".join(Path(str(self.grader.__file__)).parts[-4:]))

    @property
    def file(self) -> Path:
        """The module with its checks, as a file."""
        return PACKAGE / "topics" / f"{self.id.replace('-', '_')}.py"

    @cached_property
    def points(self) -> int:
        """Points of all checks, read from the text of the grader: to add up a course, none need be imported."""
        tree = ast.parse(self.file.read_text(encoding="utf-8"))
        marks = (mark for made in tree.body if isinstance(made, ast.FunctionDef) for mark in made.decorator_list)
        calls = [mark for mark in marks if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "check"]
        said = ({option.arg: option.value for option in call.keywords}.get("points") for call in calls)
        return sum(1 if value is None else ast.literal_eval(value) for value in said)

    @property
    def prepare(self) -> Callable[[Engine, Answer], None] | None:
        """What sets the exercise up on an Engine before the learner begins, where it needs that."""
        prepare: Callable[[Engine, Answer], None] | None = getattr(self.grader, "prepare", None)
        return prepare

    @property
    def varies(self) -> bool:
        """Whether learners meet different values, so that an answer may be right for one of them alone."""
        return self.prepare is not None or hasattr(self.grader, "variables")

    def variables(self, answer: Answer) -> dict[str, str]:
        """Environment variables that its commands may use: the values that differ from learner to learner."""
        values: Mapping[str, str] = getattr(self.grader, "variables", lambda _: {})(answer)
        return dict(values)

    @property
    def has_commands(self) -> bool:
        """Whether an answer consists of commands, whole or in part."""
        return "commands" in self.kind


@dataclass(frozen=True)
class Lesson:
    """A lesson of a topic: the text notebooks/<topic>/<name>.md with its exercises."""

    topic: str
    name: str
    minutes: int
    """What reading it and running its cells takes; the exercises have minutes of their own."""
    exercises: tuple[Exercise, ...]
    needs: tuple[str, ...] = ()
    """Ids of the lessons that it builds on."""

    @property
    def id(self) -> str:
        """The topic and the name."""
        return f"{self.topic}/{self.name}"

    @property
    def all_minutes(self) -> int:
        """What it takes with its exercises."""
        return self.minutes + sum(exercise.minutes for exercise in self.exercises)

    @property
    def source(self) -> Path:
        """Its text, in MyST Markdown."""
        return CONTENT / "notebooks" / f"{self.id}.md"

    @property
    def file(self) -> str:
        """How its notebook is called in a topic's folder."""
        return f"{self.name}.ipynb"

    @cached_property
    def title(self) -> str:
        """The heading of its text."""
        with self.source.open(encoding="utf-8") as lines:
            return next(line[2:].strip() for line in lines if line.startswith("# "))


@dataclass(frozen=True)
class Topic:
    """A topic of course.toml with its lessons, in the order of the course."""

    id: str
    title: str
    lessons: tuple[Lesson, ...]

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises of its lessons."""
        return tuple(exercise for lesson in self.lessons for exercise in lesson.exercises)

    @property
    def minutes(self) -> int:
        """What its lessons take with their exercises."""
        return sum(lesson.all_minutes for lesson in self.lessons)


@dataclass(frozen=True)
class Track:
    """A way through the course for who has less time than all of it takes."""

    title: str
    lessons: tuple[Lesson, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """The topics of the course, read once."""
    return tuple(
        Topic(t["id"], t["title"], tuple(_lesson(t["id"], one) for one in t["lessons"])) for t in _course()["topics"]
    )


def tracks() -> list[Track]:
    """The shorter ways through the course."""
    known = {lesson.id: lesson for lesson in lessons()}
    return [Track(said["title"], tuple(known[name] for name in said["lessons"])) for said in _course()["tracks"]]


@cache
def _course() -> dict[str, Any]:
    with (CONTENT / "notebooks" / "course.toml").open("rb") as file:
        return tomllib.load(file)


def _lesson(topic_id: str, said: Mapping[str, Any]) -> Lesson:
    """A lesson as course.toml describes it."""
    needs = tuple(need if "/" in need else f"{topic_id}/{need}" for need in said.get("needs", ()))
    done = tuple(read(f"{topic_id}/{name}") for name in said["exercises"])
    return Lesson(topic_id, said["name"], said["minutes"], done, needs)


def topic(topic_id: str) -> Topic:
    """The topic of this id; UsageError, naming all, where there is none."""
    for known in topics():
        if known.id == topic_id:
            return known
    names = ", ".join(f"`{known.id}`" for known in topics())
    raise UsageError(f"There is no topic `{topic_id}`.", f"Choose one of {names}.")


def lessons() -> list[Lesson]:
    """The lessons in the order of the course."""
    return [lesson for known in topics() for lesson in known.lessons]


def lesson_of(exercise: Exercise) -> Lesson:
    """The lesson that an exercise stands in."""
    return next(lesson for lesson in lessons() if exercise in lesson.exercises)


def exercises() -> list[Exercise]:
    """All exercises in the order of the course."""
    return [exercise for known in topics() for exercise in known.exercises]


def load(exercise_id: str) -> Exercise:
    """The exercise of this id; UsageError, naming near ones, where the course has none."""
    known = {exercise.id: exercise for exercise in exercises()}
    if exercise_id in known:
        return known[exercise_id]
    import difflib

    near = difflib.get_close_matches(exercise_id, known, 3, 0.4) or list(known)[:3]
    raise UsageError(
        f"There is no exercise called `{exercise_id}`.", f"Did you mean {' or '.join(f'`{n}`' for n in near)}?"
    )


def named(text: str, here: Path | None = None) -> Exercise:
    """The exercise that a learner means: its id, its folder as seen from `here`, or its name where one topic has it.

    UsageError, naming near ones, where there is none.
    """
    known = {exercise.id: exercise for exercise in exercises()}
    folder = ((here or Path.cwd()) / text).resolve()
    parts = [part for part in folder.parts[-3:] if part != EXERCISES]
    for name in (text, "/".join(parts[-2:])):
        if name in known:
            return known[name]
    alike = [exercise for exercise in known.values() if exercise.name == text.strip("/")]
    if len(alike) == 1:
        return alike[0]
    if alike:
        *names, last = [f"`{exercise.id}`" for exercise in alike]
        raise UsageError(f"More than one topic has an exercise `{text}`.", f"Write {', '.join(names)} or {last}.")
    if folder.name in {topic.id for topic in topics()}:
        raise UsageError(f"`{folder.name}` is a topic, with several exercises.", "`drydock list` names them.")
    return load(text)


def read(exercise_id: str) -> Exercise:
    """The exercise in the folder of this id, whether the course has it yet or not."""
    said = schema.read(CONTENT / "exercises" / exercise_id / "exercise.toml")
    return Exercise(id=exercise_id, **said | {"owns": Owned(**said["owns"])})


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
