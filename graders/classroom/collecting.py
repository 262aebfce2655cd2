"""Taking in what was handed in: from nbgrader's exchange, or from a folder with something for each learner."""

from __future__ import annotations

import re
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.classroom.room import Classroom
    from graders.classroom.submission import Submission

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
PATTERN = r"(?P<learner>[\w.@+-]+?)(?=\.(?:zip|tar|tar\.gz|tgz)$|$)"
"""By default the whole name, without the ending, is the learner's."""
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


def from_folder(room: Classroom, topic: str, source: Path, pattern: str | None) -> list[str]:
    """Take in archives or folders, one for each learner, whose names tell whose they are.

    `pattern` is a regular expression with the group `learner`. Nothing is written outside the submission's folder.
    """
    exercises_of(topic)
    try:
        expression = re.compile(pattern or PATTERN)
        expression.groupindex["learner"]
    except (re.error, KeyError):
        raise UsageError(f"`{pattern}` does not find a learner.", "It needs a group `(?P<learner>…)`.") from None
    if not source.is_dir():
        raise UsageError(f"There is no folder `{source}`.", "Name the folder with what was handed in.")
    told = []
    for entry in sorted(source.iterdir()):
        found = expression.search(entry.name)
        if entry.is_symlink() or not found or not (entry.is_dir() or entry.name.endswith(ARCHIVES)):
            told.append(f"{entry.name}: left out, since it is neither an archive nor a folder of a learner.")
            continue
        learner = found["learner"]
        if not re.fullmatch(r"[\w@+-][\w.@+-]*", learner):
            told.append(f"{entry.name}: left out, since `{learner}` cannot be a learner's name.")
            continue
        handed_in = datetime.fromtimestamp(entry.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        if entry.is_dir():
            told += _taken(room, learner, topic, entry, handed_in)
            continue
        with scratch_folder() as place:
            problem = _unpacked(entry, Path(place))
            told += [f"{learner}: {problem}"] if problem else []
            told += _taken(room, learner, topic, Path(place), handed_in)
    return told


def _taken(room: Classroom, learner: str, topic: str, folder: Path, handed_in: str) -> list[str]:
    """Make a folder the learner's submission; the assignment may lie in it or be it."""
    inside = folder / topic
    found = submission.read(inside if inside.is_dir() else folder, exercises_of(topic))
    room.clean(replace(found, timestamp=handed_in), learner, topic)
    return _problems(learner, found)


def _problems(learner: str, found: Submission) -> list[str]:
    """What the instructor should know of a submission."""
    return [f"{learner}, {exercise}: {answer.problem}" for exercise, answer in found.answers.items() if answer.problem]


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
