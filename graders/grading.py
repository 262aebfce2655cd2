"""How one answer is graded: its own copy, the exercise's checks, one verdict."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from environment import UnavailableError
from environment.engines.script import TIMED_OUT
from environment.engines.session import current_session
from graders.answer import Answer
from graders.check import CheckResult, Outcome, Verdict, run_checks
from graders.engine import PROBE_IMAGE, Engine, frontends
from graders.engine.words import explain
from graders.errors import DrydockError, Failed
from graders.exercise import COMMANDS, Exercise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from environment.engines import Connection


def grade(  # noqa: C901, PLR0913 - one exit for each way in which grading can end
    exercise: Exercise,
    connection: Connection,
    folder: Path,
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
            Answer(folder, seed=seed, exercise_folder=exercise.folder) as answer,
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
                notes += _play(exercise, connection, engine, answer, on_output)
                believe(connection)
            elif exercise.prepare and not engine.has_any(exercise.owns):
                raise DrydockError(
                    "This exercise has not been set up on your Engine yet.",
                    f"Run `%reset {exercise.id}` in the notebook (`drydock reset {exercise.id}` in a terminal).",
                )
            given = {"engine": engine, "answer": answer}
            ordered = run_checks(exercise.checks, given, keep, explain)
            results.clear()  # until it is known whose Engine that was
            if fresh:
                believe(connection)
            if any(r.outcome is Outcome.FAILED for r in ordered) and (crlf := answer.crlf_files()):
                notes.append(
                    f"{', '.join(f'`{name}`' for name in crlf)}: Windows line endings (CRLF). A shell that reads it "
                    "takes the extra character for part of the line; save the file with LF."
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


def _text(file: Path) -> str:
    return file.read_bytes().decode(errors="surrogateescape")


def _play(
    exercise: Exercise, connection: Connection, engine: Engine, answer: Answer, on_output: Callable[[str], None] | None
) -> list[str]:
    """Set the exercise up on a throwaway Engine and run the answer's commands there."""
    if exercise.prepare:
        exercise.prepare(engine, answer)
    script = answer.path / COMMANDS
    if not script.is_file():
        return []
    # Whatever the commands do with their names, what a grader starts is made from these.
    engine.keep_originals({*exercise.images, PROBE_IMAGE})
    for dockerfile in answer.path.rglob("*Dockerfile*"):
        # What a usual syntax line names is in each Engine: for its sake nothing is fetched.
        if dockerfile.is_file() and frontends.is_stock(frontends.named(given := _text(dockerfile))):
            dockerfile.write_bytes(frontends.without(given).encode(errors="surrogateescape"))
    text = script.read_bytes()
    # Commands typed on Windows are right commands; only the line endings are not bash's.
    script.write_bytes(text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n"))
    before = engine.pace.known
    done = answer.commands = connection.run_script(
        answer.path,
        COMMANDS,
        timeout=exercise.seconds * before,
        environment=exercise.variables(answer),
        on_output=on_output,
    )
    if done.exit_code == 0:
        return []
    if done.exit_code == TIMED_OUT and (pace := engine.pace.slower_than(before)):
        raise DrydockError(
            f"The commands did not end in {done.seconds:.0f} seconds, on an Engine that is {pace:.1f} times slower "
            "than usual just now.",
            "Check again when less runs beside it.",
        )
    end = done.output.strip().splitlines()[-6:]
    why = (
        "did not end in time and were stopped"
        if done.exit_code == TIMED_OUT
        else f"ended with exit code {done.exit_code}"
    )
    return ["\n".join([f"The commands {why}. Their last lines:", *end])]
