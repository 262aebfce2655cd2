"""A submission: what a learner handed in, made safe to copy, and the answers in it.

nbgrader follows links and takes the learner's notebook as it is. So a submission is cleaned first: the notebook is
written anew from the released one, with nothing of the learner's but the text of the answers, and beside it stand
plain files alone. What was handed in is kept elsewhere, untouched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders.answer import DEFAULT_SEED, MAX_BYTES, MAX_FILES, NOT_COPIED, SEED_FILE
from graders.exercise import COMMANDS, Exercise, Topic, load
from graders.exercise import topic as find_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nbformat import NotebookNode

MAX_NOTEBOOK = 30 << 20
"""Bytes of a notebook; what is larger holds outputs that nobody reads."""
MAX_NOTEBOOKS = 20
"""Notebooks that are looked at beside the topic's own lessons."""
NOTEBOOK = re.compile(r"\.ipynb(\.(txt|json))?$")
"""How notebooks are called, after a browser or an editor had its way too."""
MAX_NAME = 1_000
"""Characters of a file's name with the folders it lies in."""
TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # noqa: S105 - the name of a file
"""By this, which nbgrader adds, a learner finds the feedback in the exchange."""
NAME = re.compile(r"[\w@+-][\w.@+-]*")
"""What a learner may be called."""
ANSWER = re.compile(r"\A\s*%%answer[ \t]+(?P<id>\S+)[^\n]*(?:\n|\Z)")


@dataclass(frozen=True)
class File:
    """One file of an answer: its name in the folder, whether it may be run, its content, or where a link leads."""

    name: str
    content: bytes = b""
    executable: bool = False
    link: str = ""


@dataclass(frozen=True)
class Answer:
    """What a learner answered to one exercise; `problem` says why it cannot be graded, `notes` what was noticed."""

    exercise: str
    files: tuple[File, ...]
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same files."""
        total = hashlib.sha256()
        for file in self.files:
            for part in (file.name.encode(), bytes([file.executable]), file.link.encode(), file.content):
                total.update(len(part).to_bytes(8, "big") + part)
        return total.hexdigest()

    def write(self, folder: Path) -> None:
        """Write the files into a new folder."""
        folder.mkdir(parents=True)
        self.fill(folder)

    def fill(self, folder: Path) -> None:
        """Write the files into a folder."""
        for file in self.files:
            path = folder / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.link:
                path.symlink_to(file.link)
            else:
                path.write_bytes(file.content)
                path.chmod(0o755 if file.executable else 0o644)


@dataclass(frozen=True)
class Cell:
    """An answer cell's commands; `notebook` names the one it stands in where that is none of the topic's own."""

    text: str
    notebook: str = ""


@dataclass(frozen=True)
class Submission:
    """An answer to each exercise of a topic, and when they were handed in, as nbgrader wrote it."""

    answers: dict[str, Answer]
    timestamp: str = ""
    seed: str = DEFAULT_SEED
    """What the values that this learner met came from."""
    secret: str = field(default_factory=lambda: secrets.token_hex(32))

    @property
    def digest(self) -> str:
        """The same for the same files and the same time, whatever was noticed about them."""
        parts = [self.timestamp, self.seed, *(answer.digest for answer in self.answers.values())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read(folder: Path, exercises: Sequence[Exercise]) -> Submission:
    """Read what was handed in for a topic. Nothing is followed out of the folder, nothing is believed but text."""
    topic = exercises[0].topic
    reader = _Reader()
    if folder.is_symlink() or not folder.is_dir():
        problem = "What was handed in is no folder."
        return Submission({e.id: Answer(e.id, tuple(_start(e)), problem) for e in exercises})
    cells, unreadable = _cells(folder, reader, find_topic(topic))
    answers = {
        e.id: _answer(e, _place(folder, e), reader, cells.get(e.id, []), unreadable.get(e.id, "")) for e in exercises
    }
    time, _ = reader.file(folder / TIMESTAMP, 100)
    seed, _ = reader.file(folder / SEED_FILE, 100)
    found = Submission(answers, valid_time(time), _word(seed) or DEFAULT_SEED)
    secret, _ = reader.file(folder / SECRET, 1000)
    return replace(found, secret=_word(secret) or found.secret)


def copy(folder: Path, new: Path) -> list[str]:
    """Copy what was handed in to a new folder without following anything; return a sentence on each thing left out."""
    files, problems = _Reader().folder_with_problems(folder)
    new.mkdir(parents=True)
    Answer("", tuple(files)).fill(new)
    return problems


def _cells(folder: Path, reader: _Reader, topic: Topic) -> tuple[dict[str, list[Cell]], dict[str, str]]:
    """The answer cells of all notebooks by exercise, those of lessons first, and why a lesson cannot be read, if so."""
    lessons = {lesson.file: lesson for lesson in topic.lessons}
    # One that came alone, and the topic as a single notebook, as classes of before have it.
    whole = f"{topic.id}.ipynb"
    own = [*lessons, *([whole] if os.path.lexists(folder / whole) else [])]
    others = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in own and NOTEBOOK.search(path.name) and path.name.isprintable()
    )
    found: dict[str, list[Cell]] = {}
    unreadable: dict[str, str] = {}
    for name in [*own, *others[:MAX_NOTEBOOKS]]:
        cells, problem = _answers_in(*reader.file(folder / name, MAX_NOTEBOOK), name, topic.id)
        if problem and name in own:
            meant = lessons[name].exercises if name in lessons else topic.exercises
            unreadable |= {exercise.id: problem for exercise in meant}
        for exercise, texts in cells.items():
            found.setdefault(exercise, []).extend(Cell(text, "" if name in own else name) for text in texts)
    return found, {exercise: problem for exercise, problem in unreadable.items() if exercise not in found}


def _place(folder: Path, exercise: Exercise) -> Path:
    """Where an answer's files are: beside the notebooks, as in older assignments, if they are not at their place."""
    place, before = folder / exercise.place, folder / exercise.name
    return before if os.path.lexists(before) and not os.path.lexists(place) else place


def _answer(exercise: Exercise, folder: Path, reader: _Reader, cells: list[Cell], unreadable: str) -> Answer:
    """Put files and cell together. The cell is what a class hands in; commands.sh is what it left in the folder."""
    notes: list[str] = []
    there = os.path.lexists(folder)
    files, problem = reader.folder(folder) if there else (_start(exercise), "")
    if exercise.has_commands:
        saved = next((_text(file.content) for file in files if file.name == COMMANDS and not file.link), None)
        given = [cell for cell in cells if _is_answer(cell.text, exercise)]
        text = saved
        if given or (cells and not _is_answer(saved, exercise)):
            text = _chosen(given or cells, saved, notes).text
        elif unreadable and not _is_answer(saved, exercise):
            problem = problem or unreadable
        elif saved is not None and there:
            what = "is as it was given out" if cells else "is not there"
            notes.append(f"The answer cell of this exercise {what}; `{COMMANDS}` in its folder was graded.")
        elif not there:
            problem = f"Neither an answer cell nor a folder `{exercise.name}` of this exercise was handed in."
        files = [file for file in files if file.name.partition("/")[0] != COMMANDS]
        if text is not None:
            files.append(File(COMMANDS, text.encode()))
    elif not there:
        problem = f"There is no folder `{exercise.name}` in what was handed in."
    return Answer(exercise.id, tuple(sorted(files, key=lambda file: file.name)), problem, tuple(notes))


def _chosen(cells: list[Cell], saved: str | None, notes: list[str]) -> Cell:
    """The cell that counts: the one that was run last, as commands.sh tells, else the last of the topic's notebook."""
    same = next((cell for cell in cells if saved is not None and cell.text.strip() == saved.strip()), None)
    chosen = same or next((cell for cell in reversed(cells) if not cell.notebook), cells[-1])
    if len({cell.text.strip() for cell in cells}) > 1:
        which = "the one that was run last" if same else "the last of them"
        notes.append(f"There are several answers to this exercise; {which} was graded.")
    if chosen.notebook:
        notes.append(f"The answer stands in `{chosen.notebook}`.")
    return chosen


def _is_answer(saved: str | None, exercise: Exercise) -> bool:
    start = exercise.folder / "start" / COMMANDS
    return saved is not None and (not start.is_file() or saved.strip() != start.read_text().strip())


def _start(exercise: Exercise) -> list[File]:
    """The files that an exercise starts from: who hands in only the notebook has not changed them."""
    return _Reader().folder(exercise.folder / "start")[0]


def _text(content: bytes) -> str:
    """Text that a notebook can hold and bash can read."""
    return content.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


class _Reader:
    """Reads folders that may be hostile: plain files, and links that stay inside, up to a limit for all of them."""

    def __init__(self) -> None:
        self._left = 2 * MAX_BYTES

    def file(self, path: Path, limit: int) -> tuple[bytes, str]:
        """The content of a plain file, and why it cannot be read, or nothing."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return b"", f"There is no `{path.name}` in what was handed in."
        except OSError:
            return b"", f"`{path.name}` is no plain file, or cannot be read."
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return b"", f"`{path.name}` is neither a file nor a folder (it is a device, a socket or a pipe)."
            content = file.read(min(limit, self._left) + 1)
        if len(content) > min(limit, self._left):
            return b"", f"`{path.name}` is too big: more than {min(limit, self._left) >> 20} MB."
        self._left -= len(content)
        return content, ""

    def folder(self, folder: Path) -> tuple[list[File], str]:
        """The files of a folder, and the first reason why it is no answer, or nothing."""
        files, problems = self.folder_with_problems(folder)
        return files, next(iter(problems), "")

    def folder_with_problems(self, folder: Path) -> tuple[list[File], list[str]]:
        """The files of a folder, and every reason why it is no answer."""
        if folder.is_symlink() or not folder.is_dir():
            return [], [f"`{folder.name}` is no folder."]
        files: list[File] = []
        problems: list[str] = []
        names: dict[tuple[int, int], list[str]] = {}
        links: dict[tuple[int, int], int] = {}
        for name, path in _paths(folder, problems):
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                target = str(path.readlink())
                if _stays_inside(name, target) and _resolves_inside(path, folder):
                    files.append(File(name, link=target))
                else:
                    problems.append(f"`{name}` is a link that leads out of the exercise's folder.")
                continue
            content, problem = self.file(path, MAX_BYTES)
            if problem:
                problems.append(problem)
                continue
            files.append(File(name, content, bool(status.st_mode & 0o100)))
            if status.st_nlink > 1:
                key = (status.st_dev, status.st_ino)
                names.setdefault(key, []).append(name)
                links[key] = status.st_nlink
        outside = {name for key, same in names.items() if len(same) < links[key] for name in same}
        problems += [f"`{name}` is a second name of a file that lies elsewhere." for name in sorted(outside)]
        return [file for file in files if file.name not in outside], problems


def _paths(folder: Path, problems: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield name and path of all that is no folder."""
    left = MAX_FILES
    waiting = [("", folder)]
    while waiting:
        prefix, here = waiting.pop()
        try:
            entries = os.scandir(here)
        except OSError:
            problems.append(f"The folder `{here.name}` cannot be read.")
            continue
        with entries:
            for entry in entries:
                left -= 1
                if left < 0:
                    problems.append(f"The exercise's folder holds more than {MAX_FILES:,} files.")
                    return
                name = f"{prefix}{entry.name}"
                if entry.name in NOT_COPIED:
                    continue
                if not _is_plain(name):
                    shown = ascii(name)[1:-1][:80]
                    problems.append(f"A file has a name that is no plain text, or too long: `{shown}`.")
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{name}/", Path(entry.path)))
                else:
                    yield name, Path(entry.path)


def _is_plain(name: str) -> bool:
    return name.isprintable() and len(name) <= MAX_NAME and not any("\ud800" <= c <= "\udfff" for c in name)


def _stays_inside(name: str, target: str) -> bool:
    """Whether a link of this name leads to a place in its folder, taken by its words."""
    steps = name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            if not steps:
                return False
            steps.pop()
        elif part not in {"", "."}:
            steps.append(part)
    return not target.startswith("/")


def _resolves_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a circle of links
        return False


def _answers_in(content: bytes, problem: str, file: str, topic: str) -> tuple[dict[str, list[str]], str]:
    """Return the text of the answer cells by exercise, and why the notebook cannot be read, or nothing."""
    name = f"`{file}`"
    if problem:
        return {}, problem
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        version = notebook["nbformat"]
        cells = list(_texts(notebook["cells"])) if version == 4 else []  # noqa: PLR2004 - the format that has cells
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, f"{name} is no notebook: it cannot be read as one."
    if version != 4:  # noqa: PLR2004
        return (
            {},
            f"{name} is of notebook format {version!s:.20}. Open it in JupyterLab, save it, and hand it in again.",
        )
    answers: dict[str, list[str]] = {}
    for grade_id, text in cells:
        if said := ANSWER.match(text):
            answers.setdefault(said["id"], []).append(text[said.end() :])
        elif grade_id.startswith(f"{topic}-") and grade_id.endswith("-answer") and text.strip():
            # The first line, with the magic, was lost.
            answers.setdefault(f"{topic}/{grade_id[len(topic) + 1 : -len('-answer')]}", []).append(text)
    return answers, ""


def _texts(cells: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield grade id and text of each cell."""
    for cell in cells:
        text = cell.get("source", "")
        metadata = cell.get("metadata") or {}
        grading = metadata.get("nbgrader") or {}
        whole = text if isinstance(text, str) else "".join(map(str, text))
        yield str(grading.get("grade_id", "")), _text(whole.encode("utf-8", "replace"))


def _word(content: bytes) -> str:
    """A word of letters and digits, as seeds and secrets are, or nothing."""
    text = content.decode("utf-8", "replace").strip()
    return text if re.fullmatch(r"[0-9A-Za-z-]{1,200}", text) else ""


def valid_time(content: bytes) -> str:
    """The time of a submission, if nbgrader can read it."""
    from nbgrader.utils import parse_utc

    text = content[:100].decode("utf-8", "replace").strip()
    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        return ""
    return text


# Written back


def notebook_of(submission: Submission, released: Path) -> NotebookNode:
    """A released notebook with the learner's answers in it."""
    import nbformat

    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        answer = submission.answers.get(cell.metadata.get("exercise", ""))
        if cell.metadata.get("part") == "answer" and answer:
            text = next((f.content for f in answer.files if f.name == COMMANDS and not f.link), None)
            if text is not None:
                cell.source = f"%%answer {answer.exercise}\n{text.decode()}"
    return notebook


def write(submission: Submission, folder: Path, released: Sequence[Path], *, keep: Path) -> None:
    """Put the cleaned submission in the place of what was handed in, which is moved to `keep`."""
    import nbformat

    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".cleaned-", dir=folder.parent))
    try:
        for notebook in released:
            nbformat.write(notebook_of(submission, notebook), new / notebook.name)
        for answer in submission.answers.values():
            answer.write(new / load(answer.exercise).place)
        if submission.timestamp:
            (new / TIMESTAMP).write_text(submission.timestamp + "\n")
        (new / SEED_FILE).write_text(submission.seed + "\n")
        (new / SECRET).write_text(submission.secret)
        new.chmod(0o755)
        if os.path.lexists(folder):
            keep.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(keep)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
