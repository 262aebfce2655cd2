"""Exercises: what their folders say, and how one answer is graded."""

from __future__ import annotations

import importlib
import os
import time
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from environment import UnavailableError
from environment.engines import EXERCISE_LABEL, Connection
from environment.engines.script import TIMED_OUT
from environment.engines.session import current_session
from graders import schema
from graders.check import Check, CheckResult, Outcome, Verdict, run_checks
from graders.engine import PROBE_IMAGE, Engine, explain, remove_labelled
from graders.errors import DrydockError, Failed, UsageError
from graders.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

PACKAGE = Path(__file__).parent
CONTENT = PACKAGE / "_content" if (PACKAGE / "_content").is_dir() else PACKAGE.parent
"""Where notebooks/ and exercises/ are: inside the installed package, or beside it in the repository."""
COMMANDS = "commands.sh"
DEMO = "dd-demo-"
"""How the names begin that cells of the notebooks give to what they make."""


@dataclass(frozen=True)
class Owned:
    """Names on the learner's Engine that belong to an exercise, so that a reset may remove them."""

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()


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
    def points(self) -> int:
        """Points of all checks."""
        return sum(check.points for check in self.checks)

    @property
    def prepare(self) -> Callable[[Engine, Workspace], None] | None:
        """What sets the exercise up on an Engine before the learner begins, where it needs that."""
        prepare: Callable[[Engine, Workspace], None] | None = getattr(self.grader, "prepare", None)
        return prepare

    @property
    def varies(self) -> bool:
        """Whether learners meet different values, so that an answer may be right for one of them alone."""
        return self.prepare is not None or hasattr(self.grader, "variables")

    @property
    def has_commands(self) -> bool:
        """Whether an answer consists of commands, whole or in part."""
        return "commands" in self.kind


def topics() -> list[dict[str, object]]:
    """The topics of course.toml in order: id, title, exercises (ids), minutes."""
    with (CONTENT / "notebooks" / "course.toml").open("rb") as file:
        return list(tomllib.load(file)["topics"])


def exercises() -> list[Exercise]:
    """All exercises in the order of the course."""
    return [load(f"{topic['id']}/{name}") for topic in topics() for name in topic["exercises"]]  # type: ignore[attr-defined]


def load(exercise_id: str) -> Exercise:
    """The exercise of this id; UsageError, naming near ones, where the course has none."""
    known = [f"{topic['id']}/{name}" for topic in topics() for name in topic["exercises"]]  # type: ignore[attr-defined]
    if exercise_id not in known:
        import difflib

        near = difflib.get_close_matches(exercise_id, known, 3, 0.4) or known[:3]
        raise UsageError(
            f"There is no exercise called `{exercise_id}`.", f"Did you mean {' or '.join(f'`{n}`' for n in near)}?"
        )
    return read(exercise_id)


def read(exercise_id: str) -> Exercise:
    """The exercise in the folder of this id, whether the course has it yet or not."""
    said = schema.read(CONTENT / "exercises" / exercise_id / "exercise.toml")
    return Exercise(id=exercise_id, **said | {"owns": Owned(**said["owns"])})


def grade(  # noqa: C901, PLR0913 - one exit for each way in which grading can end
    exercise: Exercise,
    connection: Connection,
    answer: Path,
    *,
    fresh: bool = False,
    seed: str | None = None,
    on_result: Callable[[CheckResult], None] = lambda _: None,
    on_output: Callable[[str], None] | None = None,
) -> Verdict:
    """Grade the answer in a folder on an Engine.

    With `fresh`, what the exercise starts from is made on the Engine and the answer's commands are run there first;
    otherwise what the learner's own commands left is judged. All that grading makes is removed.
    """
    started = time.monotonic()
    results: list[CheckResult] = []
    problem: DrydockError | None = None
    info = None
    notes: list[str] = []

    def keep(result: CheckResult) -> None:
        results.append(result)
        on_result(result)

    try:
        with (
            Workspace(answer, seed=seed) as workspace,
            Engine(connection, exercise.id, current_session()) as engine,
        ):
            info = engine.info
            engine.require(exercise.requires)
            for image in exercise.images:
                if not engine.has_image(image):
                    raise DrydockError(
                        f"The image `{image}`, which this exercise uses, is not on the Engine.",
                        "Run `drydock images build` and check again.",
                    )
            if fresh:
                notes += _play(exercise, engine, workspace, on_output)
                believe(connection)
            elif exercise.prepare and not owned_present(exercise, engine):
                raise DrydockError(
                    "This exercise has not been set up on your Engine yet.",
                    f"Run `%reset {exercise.id}` in the notebook (`drydock reset {exercise.id}` in a terminal).",
                )
            given = {"engine": engine, "workspace": workspace}
            ordered = run_checks(exercise.checks, given, keep, explain)
            results.clear()  # until it is known whose Engine that was
            if fresh:
                believe(connection)
            if any(r.outcome is Outcome.FAILED for r in ordered) and (crlf := workspace.crlf_files()):
                notes.append(
                    f"{', '.join(f'`{name}`' for name in crlf)}: Windows line endings (CRLF). A shell in a container "
                    "reads the extra character as part of the line; save the file with LF."
                )
            results = ordered
    except (DrydockError, UnavailableError) as error:
        problem = error if isinstance(error, DrydockError) else DrydockError(error.what, error.remedy)
    except KeyboardInterrupt:
        problem = DrydockError("The check was stopped before it ended.", "Check again when you like; nothing was lost.")
    except Failed as failed:
        problem = DrydockError(failed.message, "Reset the exercise and check again.")
    except Exception as error:
        problem = explain(error)
        if problem is None:
            raise
    seconds = time.monotonic() - started
    return Verdict(exercise.id, tuple(results), info, seconds, problem, tuple(notes), exercise.points)


def believe(connection: Connection) -> None:
    """Raise DrydockError where an answer took over the throwaway Engine that it is graded on."""
    intact: Callable[[], str] | None = getattr(connection, "intact", None)
    if intact and (tampered := intact()):
        raise DrydockError(tampered, "Nothing that this Engine says can be believed; look at the answer by hand.")


def _play(
    exercise: Exercise, engine: Engine, workspace: Workspace, on_output: Callable[[str], None] | None
) -> list[str]:
    """Set the exercise up on a throwaway Engine and run the answer's commands there."""
    if exercise.prepare:
        exercise.prepare(engine, workspace)
    script = workspace.path / COMMANDS
    if not script.is_file():
        return []
    # Whatever the commands do with their names, what a grader starts is made from these.
    names = {*exercise.images, PROBE_IMAGE}
    engine.originals = {name: engine.image(name).id for name in names if engine.has_image(name)}
    text = script.read_bytes()
    # Commands typed on Windows are right commands; only the line endings are not bash's.
    script.write_bytes(text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n"))
    done = workspace.commands = engine.run_script(
        workspace.path,
        COMMANDS,
        timeout=exercise.seconds,
        environment=variables(exercise, workspace),
        on_output=on_output,
    )
    if done.exit_code == 0:
        return []
    end = done.output.strip().splitlines()[-6:]
    why = (
        "did not end in time and were stopped"
        if done.exit_code == TIMED_OUT
        else f"ended with exit code {done.exit_code}"
    )
    return ["\n".join([f"The commands {why}. Their last lines:", *end])]


def variables(exercise: Exercise, workspace: Workspace) -> dict[str, str]:
    """Environment variables that an exercise's commands may use: the values that differ from learner to learner."""
    values: Mapping[str, str] = getattr(exercise.grader, "variables", lambda _: {})(workspace)
    return dict(values)


def owned_present(exercise: Exercise, engine: Engine) -> bool:
    """Whether anything that the exercise owns is on the Engine."""
    return any(engine.has_container(name) for name in exercise.owns.containers) or any(
        engine.has_image(name) for name in exercise.owns.images
    )


def remove_owned(exercise: Exercise, engine: Engine) -> list[str]:
    """Remove what the exercise owns from the Engine and say what went."""
    gone = _remove(
        exercise.owns, engine, "of this exercise", "Something else on your Engine uses it; remove that and reset again."
    )
    remove_labelled(engine.client, f"{EXERCISE_LABEL}={exercise.id}", of_sessions=False)
    return gone


def remove_demos(engine: Engine) -> list[str]:
    """Remove what cells of the notebooks made and later cells did not remove, and say what went."""
    api = engine.client.api

    def ours(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name.removeprefix("/") for name in names if name.removeprefix("/").startswith(DEMO))

    left = Owned(
        containers=ours(name for found in api.containers(all=True) for name in found["Names"] or ()),
        images=ours(name for found in api.images() for name in found["RepoTags"] or ()),
        networks=ours(found["Name"] for found in api.networks()),
        volumes=ours(found["Name"] for found in api.volumes()["Volumes"] or ()),
    )
    return _remove(left, engine, "of a notebook", "Something else on your Engine uses it; remove that and clean again.")


def _remove(owned: Owned, engine: Engine, whose: str, remedy: str) -> list[str]:
    import docker.errors

    gone: list[str] = []
    client = engine.client
    collections: tuple[tuple[str, tuple[str, ...], Callable[[str], object]], ...] = (
        ("container", owned.containers, lambda n: client.api.remove_container(n, force=True, v=True)),
        ("network", owned.networks, client.api.remove_network),
        ("volume", owned.volumes, lambda n: client.api.remove_volume(n, force=True)),
        ("image", owned.images, lambda n: client.api.remove_image(n, force=False)),
    )
    for kind, names, remove in collections:
        for name in names:
            try:
                remove(name)
                gone.append(f"{kind} {name}")
            except docker.errors.NotFound:
                continue
            except docker.errors.APIError as error:
                raise DrydockError(
                    f"The {kind} `{name}` {whose} cannot be removed: {error.explanation or error}.", remedy
                ) from None
    return gone


def answer_folder(workspace: Path, exercise: Exercise) -> Path:
    """Where a learner's answer stands in the workspace."""
    return workspace / exercise.topic / exercise.name


def is_empty(folder: Path) -> bool:
    """Whether a folder is missing or holds nothing."""
    return not folder.is_dir() or not any(os.scandir(folder))
