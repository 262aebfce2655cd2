"""The commands of `drydock class`."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders.errors import DrydockError, UsageError
from graders.feedback import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from environment.engines.namespace import Limits
    from graders.classroom.grading import Progress, Run
    from graders.classroom.history import Record
    from graders.classroom.room import Classroom

DONE = 0
ISOLATIONS = ("namespace", "machine", "container")
TRUSTING = (
    "Grading in containers: an answer that means harm can take over this machine. "
    "Do this for a class that you trust, or on a machine that holds nothing."
)
SAY_EVERY = 5.0
"""Seconds between two lines of progress where nobody watches a terminal."""


def add(actions: argparse._SubParsersAction[Any]) -> None:
    """Add the commands to the parser."""

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = actions.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        added.set_defaults(run=run)
        added.add_argument(
            "--course", metavar="DIR", type=Path, help="the class's folder (default: the one you are in)"
        )
        added.add_argument("--debug", action="store_true", help="show tracebacks")
        return added

    release = command("release", _release, "make the assignment of a topic and give it out")
    release.add_argument("topic", metavar="TOPIC")

    collect = command("collect", _collect, "take in what was handed in, from nbgrader's exchange or from a folder")
    collect.add_argument("topic", metavar="TOPIC")
    collect.add_argument("--from", dest="source", metavar="DIR", type=Path, help="a folder of archives or folders")
    collect.add_argument("--pattern", metavar="REGEXP", help="finds the learner's name in a file's name")

    collect.add_argument("--handed-in", metavar="TIME", help="when, for all; default: when each file was last changed")

    grade = command("grade", _grade, "grade submissions, and take the verdicts into the gradebook")
    grade.add_argument("topic", metavar="TOPIC", nargs="?", help="default: every topic that was handed in")
    grade.add_argument("--learner", metavar="NAME", action="append", default=[], help="only this one; may be repeated")
    grade.add_argument("--workers", metavar="N", type=_positive, help="answers graded at the same time")
    grade.add_argument("--scheduler", metavar="ADDRESS", default="", help="a Dask scheduler whose workers grade")
    grade.add_argument("--resume", action="store_true", help="keep verdicts that still hold; grade the rest")
    grade.add_argument("--no-reuse", action="store_true", help="grade identical answers one by one")
    grade.add_argument("--isolation", choices=ISOLATIONS, help="the kind of throwaway Engine (default: namespace)")
    grade.add_argument("--reason", default="graded", help="why, for the history")
    grade.add_argument("--exercise-seconds", metavar="N", type=float, default=900, help="limit for one answer")
    grade.add_argument("--submission-seconds", metavar="N", type=float, default=3600, help="limit for one submission")
    grade.add_argument("--memory", metavar="MIB", type=_positive, help="memory of a throwaway Engine (default: 2048)")

    feedback = command("feedback", _feedback, "make the feedback pages and give them out")
    feedback.add_argument("topic", metavar="TOPIC")

    report = command("report", _report, "say how the class did: which checks fail most, with which message")
    report.add_argument("topic", metavar="TOPIC", nargs="?")
    report.add_argument("--html", metavar="FILE", type=Path, help="write a page")
    report.add_argument("--json", action="store_true", help="print JSON")

    export = command("export", _export, "write the grades for another system")
    export.add_argument("--format", choices=("canvas", "moodle", "gradescope", "nbgrader"), default="nbgrader")
    export.add_argument("--to", metavar="PATH", type=Path, help="the file, or for gradescope the folder")
    export.add_argument("--topic", metavar="TOPIC", action="append", default=[], help="only this one; may be repeated")

    explain = command("explain", _explain, "show every grade of one answer, with its evidence")
    explain.add_argument("learner", metavar="LEARNER")
    explain.add_argument("exercise", metavar="EXERCISE")
    explain.add_argument("--json", action="store_true", help="print JSON")

    demo = command("demo", _demo, "make a class of 30 made-up submissions, right, wrong, broken and hostile")
    demo.add_argument("folder", metavar="DIR", type=Path)
    demo.add_argument("--topic", metavar="TOPIC", default="images")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _room(chosen: argparse.Namespace) -> Classroom:
    from graders.classroom.room import Classroom

    return Classroom.find((chosen.course or Path.cwd()).resolve())


def _release(chosen: argparse.Namespace) -> int:
    from graders.classroom.room import Classroom, exercises_of

    exercises_of(chosen.topic)
    Classroom.make(chosen.course or Path.cwd()).release(chosen.topic, _say)
    return DONE


def _collect(chosen: argparse.Namespace) -> int:
    from graders.classroom.collecting import from_exchange, from_folder

    room = _room(chosen)
    if chosen.source:
        told = from_folder(room, chosen.topic, chosen.source, chosen.pattern, chosen.handed_in)
    elif room.has_exchange:
        told = from_exchange(room, chosen.topic)
    else:
        raise UsageError(
            "There is no exchange here to collect from.",
            "Name a folder with one archive or folder for each learner: `--from DIR`.",
        )
    for sentence in told:
        _say(harmless(sentence))
    return DONE


def _grade(chosen: argparse.Namespace) -> int:
    from graders.classroom.grading import Run, Settings, learners_with, prepare
    from graders.exercise import topics

    room = _room(chosen)
    kind = chosen.isolation or room.isolation
    if kind == "container":
        _say(TRUSTING)
    submitted = room.step("submitted", "*", "*").parent.parent
    names = [chosen.topic] if chosen.topic else [topic.id for topic in topics()]
    found = {topic: learners_with(submitted, topic, chosen.learner, _say) for topic in names}
    if not any(found.values()):
        raise UsageError("Nobody has handed anything in.", "Collect first: `drydock class collect TOPIC`.")
    identity = prepare(kind, _say)
    settings = Settings(
        kind=kind,
        workers=chosen.workers or os.cpu_count() or 1,
        scheduler=chosen.scheduler,
        reuse=not chosen.no_reuse,
        resume=chosen.resume,
        reason=chosen.reason,
        exercise_seconds=chosen.exercise_seconds,
        submission_seconds=chosen.submission_seconds,
        limits=_limits(chosen, kind),
    )
    for topic, learners in found.items():
        if not learners:
            continue
        begun = time.monotonic()
        run = Run(
            topic,
            {learner: room.read(learner, topic) for learner in learners},
            history=room.history,
            keep=room.keep,
            seed=room.seed,
            identity=identity,
            settings=settings,
        )
        unsaved = _save(room, run, topic)
        end = run.progress()
        _say(
            f"{topic}: {len(learners)} submissions, {end.total} answers in {_time(time.monotonic() - begun)}; "
            f"{end.reused} by a verdict on the same answer, {end.ungradable} not gradable."
        )
        if unsaved:
            raise DrydockError(
                f"The gradebook did not take {', '.join(unsaved)}.", "The grades are kept: run it again with --resume."
            )
    return DONE


def _limits(chosen: argparse.Namespace, kind: str) -> Limits | None:
    if kind != "namespace":
        return None
    from environment.engines.namespace import Limits as Bounds

    return Bounds(memory=chosen.memory << 20) if chosen.memory else Bounds()


def _save(room: Classroom, run: Run, topic: str) -> list[str]:
    """Grade, and save each submission as soon as all its answers are graded; return who could not be saved."""
    from sqlalchemy.exc import OperationalError

    unsaved = []
    show = _Shown(topic)
    try:
        for learner in run(show):
            try:
                if not (run.settings.resume and room.is_saved(learner, topic)):
                    room.autograde(learner, topic)
            except (DrydockError, OperationalError) as error:
                show.end()
                held = f"The gradebook cannot be used, perhaps since another program does: {error}"
                _say(f"{learner}: {error.what if isinstance(error, DrydockError) else held.splitlines()[0]}")
                unsaved.append(learner)
    except KeyboardInterrupt:
        show.end()
        end = run.progress()
        raise DrydockError(
            f"Stopped after {end.done} of {end.total} answers. What was graded is kept.",
            f"Go on with `drydock class grade {topic} --resume`.",
        ) from None
    show.end()
    return unsaved


class _Shown:
    """The line of progress: written over in a terminal, else a new one now and then."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.is_terminal = sys.stderr.isatty()
        self.last = 0.0

    def __call__(self, progress: Progress) -> None:
        if not self.is_terminal and time.monotonic() - self.last < SAY_EVERY:
            return
        self.last = time.monotonic()
        left = "" if progress.seconds_left is None else f", about {_time(progress.seconds_left)} left"
        text = f"{self.topic}: {progress.done} of {progress.total} answers{left}; now {', '.join(progress.now) or '-'}"
        if self.is_terminal:
            sys.stderr.write(f"\r\033[K{text[: os.get_terminal_size(2).columns - 1]}")
            sys.stderr.flush()
        else:
            _say(text)

    def end(self) -> None:
        if self.is_terminal and self.last:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - below, minutes say little


def _feedback(chosen: argparse.Namespace) -> int:
    _room(chosen).feedback(chosen.topic, _say)
    return DONE


def _report(chosen: argparse.Namespace) -> int:
    from graders.classroom import report
    from graders.exercise import topics

    room = _room(chosen)
    names = [chosen.topic] if chosen.topic else [topic.id for topic in topics()]
    found = [report.of(room.history.latest(topic), topic) for topic in names if room.history.latest(topic)]
    if not found:
        raise UsageError("Nothing was graded yet.", "Grade first: `drydock class grade`.")
    if chosen.html:
        chosen.html.write_text(report.html(found))
        _say(f"The report is in {chosen.html}.")
    elif chosen.json:
        print(json.dumps([report.as_json(one) for one in found], indent=1))
    else:
        print("\n\n".join(report.text(one) for one in found))
    return DONE


def _export(chosen: argparse.Namespace) -> int:
    from graders.classroom import exports
    from graders.classroom.room import exercises_of

    room = _room(chosen)
    for topic in chosen.topic:
        exercises_of(topic)
    written = exports.write(room, chosen.format, chosen.to, chosen.topic)
    _say(f"Written: {written}")
    return DONE


def _explain(chosen: argparse.Namespace) -> int:
    from graders import feedback
    from graders.check import Verdict
    from graders.exercise import load

    room = _room(chosen)
    exercise = load(chosen.exercise)
    records = room.history.of(chosen.learner, exercise.id)
    if not records:
        raise UsageError(
            f"{chosen.learner} was never graded for `{exercise.id}`.", "See `drydock class report` for who was."
        )
    if chosen.json:
        print(json.dumps([asdict(record) for record in records], indent=1))
        return DONE
    for number, record in enumerate(records, 1):
        verdict = Verdict.from_json(record.verdict)
        print(f"Grade {number} of {len(records)}, {record.at}: {record.reason}")
        print(f"Grader {record.key.grader}, Engine {record.key.engine}, answer {record.key.answer[:16]}")
        if record.reused_from:
            print(f"The verdict is that on the same answer of {record.reused_from}.")
        for result in verdict.checks:
            print(feedback.line(result))
        print(feedback.summary(verdict), *map(harmless, record.notes), sep="\n")
        if printed := str(record.verdict.get("printed", "")).strip():
            print("The commands printed:", *printed.splitlines()[-20:], sep="\n  ")
        print()
    print("To reach the last verdict again:")
    print(f"  {reproduce(room, records[-1])}")
    return DONE


def reproduce(room: Classroom, record: Record) -> str:
    """The command that grades the answer of a record again."""
    answer = room.kept(record.key.answer, record.key.seed)
    kind = record.key.engine.partition(" ")[0]
    words = ("drydock", "check", record.key.exercise, "--answer", str(answer), "--fresh", "--engine", kind)
    return shlex.join(words)


def _as_root() -> str:
    return " --allow-root" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""


def _demo(chosen: argparse.Namespace) -> int:
    from graders.classroom import demo

    demo.make(chosen.folder, chosen.topic, _say)
    _say(
        f"A class of {demo.SIZE} is in {chosen.folder}. Go there, then:\n"
        f"  drydock class grade {chosen.topic}\n"
        f"  drydock class report {chosen.topic}\n"
        f"  drydock class feedback {chosen.topic}\n"
        "  drydock class export --format canvas\n"
        f"  jupyter lab{_as_root()}        (formgrader is in the menu Nbgrader)"
    )
    return DONE
