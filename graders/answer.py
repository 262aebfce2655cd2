"""An answer: a folder of files, opened as a private copy."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
import stat
import tomllib
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from environment.engines.scratch import scratch_folder
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from environment.engines import ScriptResult

MAX_FILES = 5_000
MAX_BYTES = 100 << 20
SEED_FILE = ".drydock-seed"
COMMANDS = "commands.sh"
"""The file of an answer that holds its commands. The grader runs them itself, with the line endings of a shell."""
DEFAULT_SEED = "drydock"
NOT_COPIED = {".ipynb_checkpoints", "__pycache__"}
LONGEST_NUMBER = 1 << 64
KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "`true` or `false`"),
    (list, "a list"),
    (dict, "a table"),
    ((dt.date, dt.time), "a date or a time"),
    (float, "a number with a fraction or a power of ten"),
)
"""What a value in TOML may be that is no answer, and what to call it. A datetime is a date."""


class Answer:
    """A private copy of an answer's folder, so that grading neither changes it nor is changed by it.

    Raises DrydockError where the folder holds what cannot be graded: links that lead out of it, devices,
    sockets, or more than an answer needs.
    """

    def __init__(self, folder: Path, *, seed: str | None = None, exercise_folder: Path | None = None) -> None:
        self._exercise_folder = exercise_folder
        self.commands: ScriptResult | None = None
        """How the answer's commands ended; None where the learner ran them before, on the own Engine."""
        self.seed = seed or _read_seed(folder)
        self._given_as = folder.resolve()
        self._folder = scratch_folder()
        self.path = Path(self._folder.name).resolve() / "answer"
        try:
            _copy(folder, self.path)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def place(self) -> Path:
        """The folder that the answer's commands ran in: on the Engine's machine it has the same path."""
        return self._given_as if self.commands is None else self.path

    @property
    def given(self) -> Path:
        """The files that the learner starts from, of which some must stay as they are."""
        return self._of_exercise("start")

    @property
    def scene(self) -> Path:
        """The programs and recipes of which `prepare` makes what the learner finds."""
        return self._of_exercise("scene")

    def _of_exercise(self, name: str) -> Path:
        if self._exercise_folder is None:
            raise TypeError(f"An answer that was opened without its exercise's folder has no {name}/.")
        return self._exercise_folder / name

    def close(self) -> None:
        """Remove the copy."""
        self._folder.cleanup()

    def nonce(self, name: str, length: int = 8) -> str:
        """A value that differs from learner to learner and stays the same for one: lower-case hexadecimal digits."""
        return hashlib.sha256(f"{self.seed}/{name}".encode()).hexdigest()[:length]

    def number(self, name: str, low: int, high: int) -> int:
        """As `nonce`, a whole number from low to high inclusive."""
        return low + int(self.nonce(name, 12), 16) % (high - low + 1)

    def shuffled(self, name: str, items: list[str]) -> list[str]:
        """The items in an order that differs from learner to learner."""
        return sorted(items, key=lambda item: self.nonce(f"{name}/{item}", 16))

    def file(self, name: str) -> Path:
        """The path of a file that the answer must have; fails, naming it, where it is absent."""
        path = self.path / name
        if not path.is_file():
            there = ", ".join(sorted(f"`{p.name}`" for p in self.path.iterdir() if p.name != SEED_FILE)) or "nothing"
            raise Failed(
                f"There is no file `{name}` in the exercise's folder.", evidence=[f"The folder holds {there}."]
            )
        return path

    @contextmanager
    def copied(self, folder: Path | None = None) -> Iterator[Path]:
        """A second copy of the folder, or one of the exercise's, to change while the first is looked at."""
        with scratch_folder() as place:
            yield Path(shutil.copytree(folder or self.path, Path(place) / "context", symlinks=True))

    def as_given(self, name: str, content: bytes | None) -> bool:
        """Whether that is what the learner received as this file; Windows line endings are no change."""
        given = (self.given / name).read_bytes()
        return content is not None and content.replace(b"\r\n", b"\n") == given.replace(b"\r\n", b"\n")

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The files that exercise.toml calls `unchanged`, those of folders one by one."""
        said = tomllib.loads(self._of_exercise("exercise.toml").read_text()).get("unchanged", ())
        places = [self.given / name for name in said]
        files = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*")))]
        return tuple(path.relative_to(self.given).as_posix() for path in files if path.is_file())

    def unchanged(self, *, hint: str = "It stays as it is. `%reset` brings it back.") -> None:
        """See that what exercise.toml calls `unchanged` is as the learner received it; fails, naming the first."""
        for name in self.kept:
            if not self.as_given(name, self.file(name).read_bytes()):
                raise Failed(f"`{name}` was changed.", hint=hint)

    @cached_property
    def answers(self) -> dict[str, object]:
        """What answers.toml says; fails, with the line, where it is not TOML."""
        text = self.file("answers.toml").read_bytes().decode("utf-8-sig", errors="replace")
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # TOML's own is a ValueError
            why = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it holds what no answer needs"
            raise Failed(
                f"`answers.toml` cannot be read: {why}.",
                hint='Each answer stands on a line of its own: name = "text", or name = 42.',
            ) from None

    def said(self, question: str, *, hint: str = "") -> str:
        """What answers.toml says to a question, as text; fails where it says nothing yet, or no text and no number.

        Letter case of the question does not count.
        """
        names = [name for name in self.answers if name.casefold() == question.casefold()]
        given = self.answers.get(names[0], "") if names else ""
        if isinstance(given, int) and abs(given) >= LONGEST_NUMBER:
            raise Failed(f"`answers.toml` gives a number for `{question}` that is too long to be an answer.", hint=hint)
        if isinstance(given, bool) or not isinstance(given, str | int):
            kind = next((name for types, name in KINDS if isinstance(given, types)), "something else than text")
            raise Failed(
                f"`answers.toml` gives {kind} for `{question}`: `{str(given)[:60]}`. The answer is one text.",
                hint=f'Put it between quotation marks: {question} = "…"',
                evidence=[f"$ grep {question} answers.toml"],
            )
        if not str(given).strip():
            raise Failed(f"`answers.toml` gives no `{question}` yet.", hint=hint)
        return str(given).strip()

    def chosen(self, question: str, choices: Iterable[str], *, hint: str = "") -> str:
        """Which of these words answers.toml says to a question; fails, naming them, where it is none of them.

        Letter case does not count, nor whether words are joined by a hyphen, a space or an underscore.
        """
        given = self.said(question, hint=hint)
        known = {_plain(choice): choice for choice in choices}
        if _plain(given) not in known:
            names = ", ".join(f"`{choice}`" for choice in known.values())
            raise Failed(f"`answers.toml` says `{given[:60]}` for `{question}`, which is none of {names}.", hint=hint)
        return known[_plain(given)]

    def crlf_files(self) -> list[str]:
        """Names of scripts with Windows line endings, which the shells that read them do not understand."""
        found = []
        for path in sorted(self.path.rglob("*")):
            name = str(path.relative_to(self.path))
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20 and name != COMMANDS:
                text = path.read_bytes()
                if b"\r\n" in text and b"\0" not in text and (text.startswith(b"#!") or path.suffix == ".sh"):
                    found.append(name)
        return found


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.casefold())


def _read_seed(folder: Path) -> str:
    for place in (folder, *folder.parents):
        seed = place / SEED_FILE
        if seed.is_file():
            return seed.read_text(errors="replace").strip()[:64] or DEFAULT_SEED
    return DEFAULT_SEED


def _copy(source: Path, target: Path) -> None:
    root = source.resolve()
    size = 0
    target.mkdir()
    for count, entry in enumerate(_walk(source), 1):
        name = entry.relative_to(source)
        mode = entry.lstat().st_mode
        if stat.S_ISLNK(mode):
            if not _target(entry).is_relative_to(root) or entry.readlink().is_absolute():
                raise DrydockError(
                    f"`{name}` is a link that leads out of the exercise's folder.",
                    "Replace it by the file itself and check again.",
                )
        elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise DrydockError(
                f"`{name}` is neither a file nor a folder (it is a device, a socket or a pipe).",
                "Remove it from the exercise's folder and check again.",
            )
        size += entry.lstat().st_size if stat.S_ISREG(mode) else 0
        if count > MAX_FILES or size > MAX_BYTES:
            raise DrydockError(
                f"The exercise's folder holds more than {MAX_FILES:,} files or {MAX_BYTES >> 20} MB.",
                "Remove what does not belong to the answer and check again.",
            )
        if stat.S_ISDIR(mode):
            (target / name).mkdir()
        else:
            shutil.copy2(entry, target / name, follow_symlinks=False)
    # A folder that could only be read must still be a place where commands can write.
    for path in (target, *target.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o700)


def _target(link: Path) -> Path:
    try:
        return link.resolve(strict=True)
    except FileNotFoundError:
        return link.resolve()
    except (OSError, RuntimeError):  # a circle, until Python 3.13 a RuntimeError
        raise DrydockError(
            f"`{link.name}` is a link that leads back to itself.", "Replace it by the file itself and check again."
        ) from None


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError as error:
        raise DrydockError(
            f"The folder `{folder}` cannot be read: {error.strerror}.", "Name a folder that is there and readable."
        ) from None
    for entry in entries:
        if entry.name in NOT_COPIED:
            continue
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
