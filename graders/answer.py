"""An answer: a folder of files, opened as a private copy."""

from __future__ import annotations

import hashlib
import os
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
    from collections.abc import Iterator

    from environment.engines import ScriptResult

MAX_FILES = 5_000
MAX_BYTES = 100 << 20
SEED_FILE = ".drydock-seed"
DEFAULT_SEED = "drydock"
NOT_COPIED = {".ipynb_checkpoints", "__pycache__"}


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
        except tomllib.TOMLDecodeError as error:
            raise Failed(
                f"`answers.toml` cannot be read: {error}.",
                hint='Each answer stands on a line of its own: name = "text", or name = 42.',
            ) from None

    def said(self, question: str, *, hint: str = "") -> str:
        """What answers.toml says to a question, as text; fails where it says nothing yet."""
        given = str(self.answers.get(question, "")).strip()
        if not given:
            raise Failed(f"`answers.toml` gives no `{question}` yet.", hint=hint)
        return given

    def crlf_files(self) -> list[str]:
        """Names of text files with Windows line endings, which shells inside containers do not understand."""
        found = []
        for path in sorted(self.path.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
                start = path.read_bytes()
                if b"\r\n" in start and b"\0" not in start:
                    found.append(str(path.relative_to(self.path)))
        return found


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
            if not entry.resolve().is_relative_to(root) or entry.readlink().is_absolute():
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
