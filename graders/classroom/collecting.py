"""Taking in what was handed in: from nbgrader's exchange, or from a folder with something for each learner."""

from __future__ import annotations

import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from environment.engines.scratch import scratch_folder
from graders.answer import MAX_BYTES, MAX_FILES
from graders.classroom import submission
from graders.classroom.room import exercises_of
from graders.errors import DrydockError, UsageError
from graders.exercise import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.classroom.room import Classroom
    from graders.classroom.submission import Submission

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
ENDINGS = (*ARCHIVES, ".ipynb")
PATTERN = r"^(?P<learner>[\w.@+-]+?)(?:_attempt_(?P<attempt>[\d_.-]+))?(?=\.(?:zip|tar|tar\.gz|tgz|ipynb)$|$)"
"""By default the whole name, without the ending and the number of an attempt, is the learner's."""
DEEPEST = 3
"""Folders or archives that a submission may lie in, one in the other."""
CHUNK = 1 << 20


def from_exchange(room: Classroom, topic: str) -> list[str]:
    """Collect with nbgrader, then clean what came."""
    from graders.classroom.grading import learners_with

    result = room.nbgrader.collect(topic, update=True)
    if not result["success"]:
        raise DrydockError(
            f"nbgrader could not collect `{topic}`: {str(result.get('error', '')).strip().splitlines()[-1]}",
            "See that the assignment was released and that somebody handed it in.",
        )
    learners = learners_with(room.step("submitted", "*", "*").parent.parent, topic, [])
    return [line for learner in learners for line in _problems(learner, room.read(learner, topic))]


def from_folder(
    room: Classroom, topic: str, source: Path, pattern: str | None, handed_in: str | None = None
) -> list[str]:
    """Take in archives, notebooks or folders, one for each learner, whose names tell whose they are.

    `pattern` is a regular expression with the group `learner`, and perhaps `attempt`: the highest counts. `handed_in`
    is the time of all of them in place of each file's own. Nothing is written outside the submissions' folders.
    Raises UsageError where two names are one learner's, before anything is taken.
    """
    exercises_of(topic)
    try:
        expression = re.compile(pattern or PATTERN)
        expression.groupindex["learner"]
    except (re.error, KeyError):
        raise UsageError(f"`{pattern}` does not find a learner.", "It needs a group `(?P<learner>…)`.") from None
    if not source.is_dir():
        raise UsageError(f"There is no folder `{source}`.", "Name the folder with what was handed in.")
    if handed_in is not None and not submission.valid_time(handed_in.encode()):
        raise UsageError(f"`{handed_in}` is no time.", "Write it such as `2026-01-15 12:00:00 UTC`.")
    found, told = _found(source, expression)
    for learner, attempts in found.items():
        entry, *older = attempts
        if older:
            passed_over = ", ".join(f"`{one.name}`" for one in older)
            told.append(f"{learner}: `{entry.name}` is the newest attempt; passed over: {passed_over}.")
        told += _taken(room, learner, topic, entry, handed_in)
    if found and handed_in is None:
        told.append("Each was handed in when its file was last changed; `--handed-in TIME` says it otherwise.")
    return told


def _found(source: Path, expression: re.Pattern[str]) -> tuple[dict[str, list[Path]], list[str]]:
    """What there is of each learner, the newest attempt first, and sentences on what is nobody's."""
    found: dict[str, list[tuple[tuple[int, ...], Path]]] = {}
    told = []
    for entry in sorted(source.iterdir()):
        match = expression.search(entry.name)
        if entry.is_symlink() or not match or not (entry.is_dir() or entry.name.endswith(ENDINGS)):
            told.append(f"{entry.name}: left out, since it is neither an archive nor a folder of a learner.")
        elif not submission.NAME.fullmatch(match["learner"]):
            told.append(f"{entry.name}: left out, since `{match['learner']}` cannot be a learner's name.")
        else:
            attempt = match.groupdict().get("attempt") or ""
            found.setdefault(match["learner"], []).append((tuple(map(int, re.findall(r"\d+", attempt))), entry))
    for learner, entries in found.items():
        if len({attempt for attempt, _ in entries}) < len(entries):
            names = ", ".join(f"`{entry.name}`" for _, entry in entries)
            raise UsageError(
                f"By their names, {names} are all of the learner `{learner}`. Nothing was taken.",
                "Name a `--pattern` that tells them apart; its group `(?P<attempt>…)` finds attempts of one learner.",
            )
    return {learner: [entry for _, entry in sorted(e, reverse=True)] for learner, e in found.items()}, told


def _taken(room: Classroom, learner: str, topic: str, entry: Path, handed_in: str | None) -> list[str]:
    """Make a folder, an archive or a notebook the learner's submission."""
    changed = datetime.fromtimestamp(entry.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    with scratch_folder() as place:
        folder, problem = _opened(entry, Path(place), topic)
        found = submission.read(folder, exercises_of(topic))
        if problem:
            # What is missing may be in the part that could not be unpacked.
            answers = {e: replace(a, problem=a.problem and problem) for e, a in found.answers.items()}
            found = replace(found, answers=answers)
        room.clean(replace(found, timestamp=handed_in or changed), learner, topic)
    left_out = [f"{learner}: {problem}"] if problem and not any(a.problem for a in found.answers.values()) else []
    return left_out + _problems(learner, found)


def _opened(entry: Path, place: Path, topic: str) -> tuple[Path, str]:
    """The folder of the assignment in what was handed in, unpacked where it must be, and what was left out."""
    problem = ""
    for depth in range(DEEPEST):
        if entry.is_file():
            new = place / str(depth)
            new.mkdir()
            if entry.name.endswith(ARCHIVES):
                problem = problem or _unpacked(entry, new)
            else:
                shutil.copyfile(entry, new / f"{topic}.ipynb")
            entry = new
        if (entry / topic).is_dir() and not (entry / topic).is_symlink():
            return entry / topic, problem
        inside = [path for path in entry.iterdir() if not path.name.startswith((".", "__MACOSX"))]
        if len(inside) != 1 or inside[0].is_symlink() or not (inside[0].is_dir() or inside[0].name.endswith(ARCHIVES)):
            break
        if inside[0].name in {EXERCISES, *(exercise.name for exercise in exercises_of(topic))}:
            break
        entry = inside[0]
    return entry, problem


def _problems(learner: str, found: Submission) -> list[str]:
    """What the instructor should know of a submission, each problem once."""
    told: dict[str, list[str]] = {}
    for exercise, answer in found.answers.items():
        if answer.problem:
            told.setdefault(answer.problem, []).append(exercise)
    return [
        f"{learner}, {where[0] if len(where) == 1 else f'{len(where)} exercises'}: {problem}"
        for problem, where in told.items()
    ]


def _unpacked(archive: Path, new: Path) -> str:
    """Unpack an archive; return what was left out, or nothing. Links and devices stay behind."""
    try:
        return _unpack(_zip(archive) if archive.name.endswith(".zip") else _tar(archive), new)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, RuntimeError, EOFError, zlib.error) as error:
        return f"What was handed in cannot be unpacked whole: {error}."


def _unpack(members: Iterator[tuple[str, BinaryIO | None]], new: Path) -> str:
    left = 2 * MAX_BYTES
    refused = ""
    for count, (name, content) in enumerate(members):
        parts = PurePosixPath(name).parts
        if count > MAX_FILES:
            return f"The archive holds more than {MAX_FILES:,} files; the rest was left out."
        if not parts or name.startswith("/") or ".." in parts or "\0" in name:
            refused = refused or f"`{ascii(name)[1:-1][:80]}` leads out of the archive and was left out."
        elif content is None:
            refused = refused or f"`{name[:80]}` is no plain file and was left out."
        else:
            path = new.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                while chunk := content.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        return f"The archive holds more than {2 * MAX_BYTES >> 20} MB; the rest was left out."
                    file.write(chunk)
    return refused


def _zip(path: Path) -> Iterator[tuple[str, BinaryIO | None]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            if member.is_dir():
                continue
            if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
                yield member.filename, None
                continue
            with archive.open(member) as content:
                yield member.filename, content  # type: ignore[misc] # a file opened for reading


def _tar(path: Path) -> Iterator[tuple[str, BinaryIO | None]]:
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            if not member.isdir():
                yield member.name, archive.extractfile(member) if member.isreg() else None  # type: ignore[misc] # as above
