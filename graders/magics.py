"""The magics of the course: %%answer, %check, %hint, %solution, %reset, %progress."""

from __future__ import annotations

import os
import sys
from functools import cached_property, wraps
from html import escape
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import Markdown, display

from environment import UnavailableError
from graders import feedback, progress, workspace
from graders.answer import Answer
from graders.check import CheckResult, Outcome
from graders.connect import connect
from graders.engine import Engine
from graders.errors import DrydockError, Failed, UsageError
from graders.exercise import COMMANDS, Exercise, solution_text
from graders.exercise import load as load_exercise
from graders.grading import grade
from graders.notebooks import copy_start
from graders.reset import reset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from environment.engines import Connection


def told(magic: Callable[..., None]) -> Callable[..., None]:
    """Errors as sentences under the cell, never a traceback."""

    @wraps(magic)
    def wrapped(*arguments: Any) -> None:
        try:
            magic(*arguments)
        except (DrydockError, UnavailableError) as error:
            _say(error.what, error.remedy)
        except Failed as failed:
            _say(failed.message, failed.hint)
        except KeyboardInterrupt:
            _say("Stopped.", "Run the cell again when you like.")

    return wrapped


def _say(*sentences: str) -> None:
    said = [sentence for sentence in sentences if sentence]
    text = "".join(f"<p style='margin:0'>{escape(sentence)}</p>" for sentence in said)
    html = f"<div role='status' style='border-left:4px solid;padding:.4rem .75rem'>{text}</div>"
    display({"text/html": html, "text/plain": "\n".join(said)}, raw=True)


@magics_class
class CourseMagics(Magics):
    """What a learner uses in a notebook."""

    @cached_property
    def connection(self) -> Connection:
        """The learner's own Engine; `!docker` in later cells talks to the same one."""
        connection = connect("found")
        os.environ.update(connection.environment)
        with Engine(connection, "", session="") as engine:
            # Clients of Engine 20.10 build without BuildKit unless they are told; Podman has none.
            os.environ["DOCKER_BUILDKIT"] = "0" if engine.is_podman else "1"
        return connection

    @property
    def workspace(self) -> Path:
        """The learner's workspace, in which the notebook lies."""
        return workspace.find_workspace()

    def _exercise(self, line: str) -> tuple[Exercise, Path]:
        if not line.strip():
            raise UsageError("Which exercise?", "Write its name behind it, such as `%check images/first-container`.")
        exercise = load_exercise(line.split(maxsplit=1)[0])
        folder = workspace.answer_folder(self.workspace, exercise)
        if not folder.is_dir():
            copy_start(exercise, folder)
        workspace.keep_seed(self.workspace, exercise.topic)
        return exercise, folder

    @cell_magic
    @told
    def answer(self, line: str, cell: str) -> None:
        """Save the cell as the exercise's commands.sh and run it."""
        exercise, folder = self._exercise(line)
        (folder / COMMANDS).write_text(cell)
        with Answer(folder, exercise_folder=exercise.folder) as answer:
            values = exercise.variables(answer)
        done = self.connection.run_script(
            folder, environment=values, timeout=3600, on_output=lambda text: print(text, end="", flush=True)
        )
        if done.exit_code:
            print(f"(The commands ended with exit code {done.exit_code}.)", file=sys.stderr)

    @line_magic
    @told
    def check(self, line: str) -> None:
        """Grade the exercise on the live Engine; each line of the report appears as its check ends."""
        exercise, folder = self._exercise(line)
        shown = display(feedback.Report(exercise, []), display_id=True)
        results: list[CheckResult] = []

        def keep(result: CheckResult) -> None:
            results.append(result)
            shown.update(feedback.Report(exercise, results))

        verdict = grade(exercise, self.connection, folder, on_result=keep)
        progress.record_verdict(self.workspace, verdict)
        shown.update(feedback.Report(exercise, verdict.checks, verdict))
        if verdict.exit_code and os.environ.get("NBGRADER_EXECUTION") == "validate":
            # nbgrader's Validate takes a cell that only displays something for a right answer.
            print(feedback.summary(verdict), file=sys.stderr)
        if verdict.outcome is Outcome.PASSED and exercise.has_commands and not _has_commands(folder):
            _say("A class hands in the cell above, not what was typed in a terminal. Put your commands there too.")

    @line_magic
    @told
    def hint(self, line: str) -> None:
        """The next hint."""
        exercise, _ = self._exercise(line)
        number, text = progress.next_hint(self.workspace, exercise)
        display(Markdown(f"**Hint {number} of {len(exercise.hints)}.** {text}"))

    @line_magic
    @told
    def solution(self, line: str) -> None:
        """A model solution and why it works."""
        exercise, _ = self._exercise(line)
        display(Markdown(solution_text(exercise)))

    @line_magic
    @told
    def reset(self, line: str) -> None:
        """Back to the start: what the exercise owns on the Engine goes, its files are as they were."""
        exercise, folder = self._exercise(line)
        for sentence in reset(exercise, folder, self.connection):
            print(sentence)

    @line_magic
    @told
    def progress(self, line: str) -> None:
        """What is done and what is left."""
        del line
        print(progress.table(self.workspace))


def _has_commands(folder: Path) -> bool:
    script = folder / COMMANDS
    lines = script.read_text(errors="replace").splitlines() if script.exists() else []
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def load(shell: InteractiveShell) -> None:
    """Register the magics and point `!docker` at the Engine that the checks use."""
    magics = CourseMagics(shell)
    shell.register_magics(magics)
    try:
        connection = magics.connection
        with Engine(connection, "", session="") as engine:
            print(f"{engine.info.name} is ready. {connection.why}")
    except (DrydockError, UnavailableError) as error:
        print(error.what, error.remedy, sep="\n")
