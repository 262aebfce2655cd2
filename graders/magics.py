"""The magics of the course: %%answer, %check, %hint, %solution, %reset, %show, %progress, pictures, lessons' own."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cached_property, wraps
from html import escape
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import Markdown, display

from environment import UnavailableError
from graders import cells, coming, feedback, home, own, progress, task, workspace
from graders.answer import Answer
from graders.check import CheckResult, Outcome
from graders.connect import connect
from graders.engine import Engine
from graders.engine.cleaning import remove_demos
from graders.engine.words import explain
from graders.errors import DrydockError, Failed, UsageError
from graders.exercise import COMMANDS, Exercise, exercises, lessons, named, solution_text
from graders.notebooks import copy_start
from graders.own import LastRun
from graders.reset import reset

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from environment.engines import Connection

STILL_SECONDS = 20
STILL = "Still running. ■ stops the cell; with `--detach` a container runs in the background."


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
        except Exception as error:
            known = explain(error)
            if known is None:
                raise
            _say(known.what, known.remedy)

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

    @cached_property
    def last_runs(self) -> dict[str, LastRun]:
        """How the commands of each exercise ended when they were last run in this notebook."""
        return {}

    def _exercise(self, line: str, magic: str) -> tuple[Exercise, Path]:
        if not line.strip():
            raise UsageError("Which exercise?", f"Write its name behind it, such as `{magic} images/first-container`.")
        exercise = named(line.split(maxsplit=1)[0], self.workspace)
        folder = workspace.answer_folder(self.workspace, exercise)
        if not folder.is_dir():
            copy_start(exercise, folder)
        workspace.keep_seed(self.workspace, exercise.topic)
        return exercise, folder

    @cell_magic
    @told
    def answer(self, line: str, cell: str) -> None:
        """Save the cell as the exercise's commands.sh and run it."""
        exercise, folder = self._exercise(line, "%%answer")
        (folder / COMMANDS).write_text(cell)
        with Answer(folder, exercise_folder=exercise.folder) as answer:
            values = exercise.variables(answer)
        still = Timer(STILL_SECONDS, _say, [STILL])
        still.daemon = True
        still.start()
        try:
            done = self.connection.run_script(
                folder, environment=values, timeout=3600, on_output=lambda text: print(text, end="", flush=True)
            )
        finally:
            still.cancel()
        self.last_runs[exercise.id] = LastRun(done)
        if done.exit_code:
            print(f"(The commands ended with exit code {done.exit_code}.)", file=sys.stderr)

    @line_magic
    @told
    def check(self, line: str) -> None:
        """Grade the exercise on the live Engine; each line of the report appears as its check ends."""
        exercise, folder = self._exercise(line, "%check")
        shown = display(feedback.Report(exercise, []), display_id=True)
        results: list[CheckResult] = []

        def keep(result: CheckResult) -> None:
            results.append(result)
            shown.update(feedback.Report(exercise, results))

        last = self.last_runs.get(exercise.id)
        verdict = own.check(exercise, self.connection, self.workspace, folder, last=last, on_result=keep)
        passed = verdict.outcome is Outcome.PASSED
        then = progress.after_pass(self.workspace, exercise, "%") if passed else ()
        foot = [*([last.foot] if last else []), *own.saved(exercise, folder)]
        shown.update(feedback.Report(exercise, verdict.checks, verdict, then, foot))
        if verdict.exit_code and os.environ.get("NBGRADER_EXECUTION") == "validate":
            # nbgrader's Validate takes a cell that only displays something for a right answer.
            print(feedback.summary(verdict), file=sys.stderr)
        if passed and exercise.has_commands and not _has_commands(folder):
            _say("What is typed in a terminal is not kept. Put your commands into the cell above too.")

    @line_magic
    @told
    def hint(self, line: str) -> None:
        """The next hint."""
        exercise, _ = self._exercise(line, "%hint")
        number, text, again = progress.next_hint(self.workspace, exercise)
        last = f" That was the last one; `%solution {exercise.id}` shows an answer." if again else ""
        display(Markdown(f"**Hint {number} of {len(exercise.hints)}.** {text}{last}"))

    @line_magic
    @told
    def show(self, line: str) -> None:
        """What an exercise asks for; without a name, the next one that is not passed."""
        following = None if line.strip() else progress.next_exercise(self.workspace)
        if not line.strip() and not following:
            _say("You have passed all exercises.")
            return
        exercise, folder = self._exercise(following.id if following else line, "%show")
        display(Markdown(task.markdown(exercise, folder)))

    @line_magic
    @told
    def solution(self, line: str) -> None:
        """A model solution and why it works."""
        exercise, _ = self._exercise(line, "%solution")
        display(Markdown(solution_text(exercise)))

    @line_magic
    @told
    def reset(self, line: str) -> None:
        """Back to the start: what the exercise owns on the Engine goes, its files are as they were."""
        exercise, folder = self._exercise(line, "%reset")
        wrote = exercise.has_commands and _has_commands(folder)
        for sentence in reset(exercise, folder, self.connection):
            print(sentence)
        if wrote:
            print("The cell above still has what you wrote. Nothing of it has run since; run it again when you like.")

    @line_magic
    @told
    def progress(self, line: str) -> None:
        """What is done and what is left."""
        del line
        page = home.Home(self.workspace)
        up = "../" if Path.cwd() != self.workspace else ""
        display({"text/html": page.html(up), "text/plain": page.text()}, raw=True)

    @line_magic
    @told
    def layers(self, line: str) -> None:
        """Images' layers as a picture: `%layers IMAGE…`."""
        from graders.pictures.layers import drawing
        from graders.pictures.layers.look import look

        with Engine(self.connection, "", session="") as engine:
            picture = look(engine, line.split())
        display({"text/html": drawing.html(picture), "text/plain": drawing.text(picture)}, raw=True)

    @line_magic
    @told
    def mounts(self, line: str) -> None:
        """What lies under each path of containers, as a picture: `%mounts CONTAINER…`."""
        from graders.pictures.mounts import drawing
        from graders.pictures.mounts.look import look

        with Engine(self.connection, "", session="") as engine:
            picture = look(engine, line.split())
        display({"text/html": drawing.html(picture), "text/plain": drawing.text(picture)}, raw=True)

    @line_magic
    @told
    def topology(self, line: str) -> None:
        """Who is in which network: `%topology [NAME…]`, and for an exercise what should be; `--watch` follows."""
        from graders.pictures.topology import drawing
        from graders.pictures.topology.look import look, watch

        names = line.split()
        follow = "--watch" in names
        names = [name for name in names if name != "--watch"]
        with Engine(self.connection, "", session="") as engine, contextlib.suppress(KeyboardInterrupt):
            shown = None
            for picture in watch(engine, names) if follow else [look(engine, names)]:
                data = {"text/html": drawing.html(picture), "text/plain": drawing.text(picture)}
                if shown:
                    shown.update(data, raw=True)
                else:
                    shown = display(data, raw=True, display_id=True)

    @no_var_expand
    @line_cell_magic
    @told
    def fresh(self, line: str, cell: str | None = None) -> None:
        """Remove what cells have made, all or what is named so; `%%fresh NAME…` runs its cell in bash afterwards."""
        gone = remove_demos(self.connection.client, *line.split())
        if cell is not None:
            self.shell.run_cell_magic("bash", "", cell)
        elif not line.strip():
            print(f"Removed: {', '.join(gone)}." if gone else "Nothing was left.")

    @line_magic
    @told
    def nodes(self, line: str) -> None:
        """Make Engines in containers, one swarm of them, until `%fresh`: `%nodes 3`, or `%nodes 3 managers`."""
        print(cells.make_nodes(self.connection, line))

    @no_var_expand
    @line_magic
    @told
    def until(self, line: str) -> None:
        """Run a command until it succeeds, for a limited time: `%until COMMAND within 20 s`."""
        print(cells.until(line), end="")

    @line_magic
    @told
    def guess(self, line: str) -> None:
        """Ask for a guess, which is compared with what the next cell shows."""
        lesson_id, _, number = line.strip().partition(" ")
        known = {lesson.id: lesson for lesson in lessons()}
        if lesson_id not in known or not number.isdecimal():
            raise UsageError("This cell was changed.", "A guess is asked for by `%guess LESSON NUMBER`.")
        if said := self.guesses.ask(known[lesson_id], int(number)):
            _say(said)

    @cached_property
    def guesses(self) -> cells.Guesses:
        """The learner's guesses in this notebook."""
        return cells.Guesses()

    def before_cell(self, info: Any) -> None:
        """Wait for images that the cell names and that are still being made (IPython's event pre_run_cell)."""
        text = info.raw_cell or ""
        if (still := coming.look(self.workspace)) is None:
            return
        called = [e for e in exercises() if e.id in text and text.lstrip().startswith("%")]
        needs = coming.named(text, still.missing) | {image for exercise in called for image in exercise.images}
        if not needs & set(still.missing):
            return
        shown = display({"text/plain": ""}, raw=True, display_id=True)
        # IPython would show what is raised here with a traceback.
        with contextlib.suppress(KeyboardInterrupt):
            coming.wait(self.workspace, needs, lambda said: shown.update({"text/plain": said}, raw=True))

    def after_cell(self, *_: object) -> None:
        """Compare a guess with what the cell behind it has shown (IPython's event post_run_cell)."""
        if said := self.guesses.after_cell(self.workspace):
            _say(said)


def _has_commands(folder: Path) -> bool:
    script = folder / COMMANDS
    lines = script.read_text(errors="replace").splitlines() if script.exists() else []
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def load(shell: InteractiveShell) -> None:
    """Register the magics and point `!docker` at the Engine that the checks use."""
    magics = CourseMagics(shell)
    shell.register_magics(magics)
    shell.events.register("pre_run_cell", magics.before_cell)
    shell.events.register("post_run_cell", magics.after_cell)
    try:
        connection = magics.connection
        with Engine(connection, "", session="") as engine:
            print(f"{engine.info.name} is ready. {connection.why}")
    except (DrydockError, UnavailableError) as error:
        print(error.what, error.remedy, sep="\n")
