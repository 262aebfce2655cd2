"""The answers that an exercise ships with: what it starts from, its solution, other right ones, and wrong ones.

right/ and wrong/ hold only what differs from solution/. What must not be there stands in absent.txt, one path a line.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from environment.engines.scratch import scratch_folder
from graders.errors import DrydockError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.exercise import Exercise

Kind = Literal["start", "solution", "right", "wrong"]
ABSENT, SAYS, WHY = "absent.txt", "says.txt", "why.md"
"""What an answer lacks of the solution, what its learner reads, and why the solution works: no part of any answer."""


@dataclass(frozen=True)
class Variant:
    """One answer that an exercise ships with. What it starts from and the solution have no name."""

    exercise: Exercise
    kind: Kind
    name: str = ""

    @property
    def id(self) -> str:
        """Such as `images/repair/wrong/web--restarted`."""
        return "/".join(filter(None, (self.exercise.id, self.kind, self.name)))

    @property
    def folder(self) -> Path:
        """Where its own files are."""
        return self.exercise.folder / self.kind / self.name

    @property
    def check(self) -> str:
        """The check that a wrong answer must fail, and no other: `wrong/<check>--<variant>` says it."""
        return self.name.partition("--")[0] if self.kind == "wrong" else ""

    @property
    def absent(self) -> list[str]:
        """Files and folders of the solution that it lacks."""
        said = self.folder / ABSENT
        return said.read_text().splitlines() if said.is_file() else []

    @property
    def own(self) -> list[Path]:
        """Its own files and folders, relative to its folder, folders before what is in them."""
        found = sorted(path.relative_to(self.folder) for path in self.folder.rglob("*"))
        return [path for path in found if path.as_posix() not in {ABSENT, SAYS}]


def variants(exercise: Exercise, *kinds: Kind) -> list[Variant]:
    """The answers of an exercise, of these kinds or all: start, solution, right and wrong ones by name."""
    found = [Variant(exercise, "start"), Variant(exercise, "solution")]
    for kind in ("right", "wrong"):
        folders = sorted(path for path in (exercise.folder / kind).glob("*") if path.is_dir())
        found += [Variant(exercise, kind, folder.name) for folder in folders]
    return [variant for variant in found if not kinds or variant.kind in kinds]


def one_for_each_check(exercise: Exercise) -> list[Variant]:
    """One wrong answer for each check, the first by name."""
    return list({variant.check: variant for variant in reversed(variants(exercise, "wrong"))}.values())[::-1]


def lay_out(variant: Variant, into: Path) -> Path:
    """Write what a learner of this answer hands in into a new folder, and return it.

    Raises DrydockError where absent.txt names what the solution does not have.
    """
    if variant.kind == "start":
        return Path(shutil.copytree(variant.folder, into, symlinks=True))
    shutil.copytree(variant.exercise.folder / "solution", into, symlinks=True)
    (into / WHY).unlink(missing_ok=True)
    for name in variant.absent:
        _remove(into, name, f"{variant.id}/{ABSENT}")
    for path in variant.own if variant.name else ():
        source, target = variant.folder / path, into / path
        if source.is_dir() and not source.is_symlink():
            target.mkdir(exist_ok=True)
        else:
            target.unlink(missing_ok=True)  # a link would be written through
            shutil.copy2(source, target, follow_symlinks=False)
    return into


@contextlib.contextmanager
def laid_out(variant: Variant) -> Iterator[Path]:
    """A folder with what a learner of this answer hands in; it is gone afterwards."""
    with scratch_folder() as folder:
        yield lay_out(variant, Path(folder, variant.exercise.topic, variant.exercise.name))


def _remove(folder: Path, name: str, said_in: str) -> None:
    path = folder / name
    if path.is_dir() and not path.is_symlink() and name:
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
    else:
        raise DrydockError(
            f"`{said_in}` names `{name}`, which the solution does not have.", "Remove that line from it."
        )
