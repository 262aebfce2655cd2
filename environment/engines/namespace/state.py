"""The folder in which Engines in namespaces lie: numbers that are taken, what they share, and what dead ones left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from environment.engines import EngineUnavailableError
from environment.engines.namespace.groups import Groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIRST_USER = 0x70000000
"""The first user of the first Engine. What is above is left alone by systemd-nspawn, Podman and /etc/subuid."""
IDS = 1 << 16
SLOTS = 1024
LOCKS = Path("/run/drydock-namespace")
"""Who has which users: for all of this machine, wherever the state lies."""
NEW = ".new"


def state_folder() -> Path:
    """Return the folder of all state, which is made where it is missing; it is for root alone."""
    folder = Path(os.environ.get("DRYDOCK_STATE") or "/var/lib/drydock/namespace").absolute()
    for part in (folder, folder / "engines", folder / "shared", LOCKS):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.chmod(0o700)
    return folder


class Slot:
    """One of the ranges of users. While somebody holds `lock`, it is taken."""

    def __init__(self, number: int, lock: int) -> None:
        self.number = number
        self.lock = lock
        self.user = FIRST_USER + IDS * number


def take_slot(folder: Path, wanted: int | None = None) -> Slot:
    """Take a free slot for the Engine of this folder, after removing what a dead one left in it.

    Raises EngineUnavailableError.
    """
    for number in range(SLOTS) if wanted is None else (wanted,):
        lock = _lock_now(LOCKS / str(number))
        if lock is not None:
            _remove_left(lock)
            os.pwrite(lock, os.fsencode(folder), 0)
            return Slot(number, lock)
    raise EngineUnavailableError(
        "All places for throwaway Engines are taken." if wanted is None else f"The place {wanted} is taken.",
        "Wait until others have ended.",
    )


def sweep() -> None:
    """Remove what Engines left whose supervisors no longer run."""
    state_folder()
    for file in LOCKS.iterdir():
        lock = _lock_now(file)
        if lock is not None:
            with contextlib.suppress(OSError):  # the next sweep tries again
                _remove_left(lock)
            os.close(lock)


def _lock_now(file: Path) -> int | None:
    """Lock a file, which is made where it is missing; None where somebody else holds it."""
    lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _remove_left(lock: int) -> None:
    written = os.pread(lock, os.pathconf("/", "PC_PATH_MAX"), 0)
    if written:
        folder = Path(os.fsdecode(written))
        groups = Groups(folder.name)
        groups.kill()
        groups.remove()
        shutil.rmtree(folder, ignore_errors=True)
        os.ftruncate(lock, 0)


class Shared:
    """A folder that many Engines use, and nobody changes once it is complete. Who holds `lock` keeps it."""

    def __init__(self, name: str) -> None:
        self.folder = state_folder() / "shared" / name
        self.lock = -1

    @property
    def tree(self) -> Path:
        """What the Engines see of it."""
        return self.folder / "tree"

    @contextlib.contextmanager
    def kept(self, make: Callable[[Path], None], wait: Callable[[], None]) -> Iterator[None]:
        """Keep the folder for the time of the block. Where it is missing, `make` fills a folder that becomes `tree`.

        While another process does that, this waits, and says so by `wait`.
        """
        while not self._lock(fcntl.LOCK_SH | fcntl.LOCK_NB) or not self.tree.exists():
            self._let_go()
            self._make(make, wait)
        try:
            yield
        finally:
            self._let_go()

    def image(self, disk: int, docker: Path | None) -> Path:
        """Return a file with an ext4 file system of so many bytes, from which an Engine's data are copied.

        It holds the folder `docker`, and what lies over the Engine's root file system.
        """
        image = self.folder / f"data-{disk}.img"
        if not image.exists():
            made = image.with_suffix(f".{os.getpid()}")
            content = self.folder / f"content-{os.getpid()}"
            try:
                for name in ("docker", "root/up", "root/work"):
                    (content / name).mkdir(parents=True)
                    (content / name).chmod(0o755)
                if docker:
                    _run("cp", "-a", f"{docker}/.", str(content / "docker"))
                with made.open("wb") as file:
                    file.truncate(disk)
                settings = ("-O", "^has_journal", "-m", "0", "-E", "lazy_itable_init=1,nodiscard,root_owner=0:0")
                _run("mkfs.ext4", "-q", "-F", *settings, "-d", str(content), str(made))
                made.replace(image)
            finally:
                made.unlink(missing_ok=True)
                shutil.rmtree(content, ignore_errors=True)
        return image

    def remove(self) -> None:
        """Remove it if nobody keeps it."""
        if self.folder.exists() and self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(self.folder, ignore_errors=True)
        self._let_go()

    def _make(self, make: Callable[[Path], None], wait: Callable[[], None]) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if not self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            wait()
            self._lock(fcntl.LOCK_SH)  # as soon as the other is done
            self._let_go()
            return
        try:
            if not self.tree.exists():
                new = self.tree.with_suffix(NEW)
                shutil.rmtree(new, ignore_errors=True)
                new.mkdir(mode=0o755)
                make(new)
                new.rename(self.tree)
        finally:
            self._let_go()

    def _lock(self, how: int) -> bool:
        """Lock the folder; False where it is gone or, with LOCK_NB, somebody else holds it."""
        self._let_go()
        try:
            self.lock = os.open(self.folder, os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(self.lock, how)
            return os.fstat(self.lock).st_ino == self.folder.stat().st_ino
        except (FileNotFoundError, BlockingIOError):
            self._let_go()
            return False

    def _let_go(self) -> None:
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def shared_names() -> list[str]:
    """Name all that is shared."""
    return [folder.name for folder in (state_folder() / "shared").iterdir()]


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise EngineUnavailableError(
            f"{command[0]} failed while a throwaway Engine was prepared: {done.stderr.strip() or done.returncode}.",
            "See that there is room on the disk, or set DRYDOCK_STATE to a folder on another one.",
        )
