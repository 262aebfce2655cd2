"""`docker compose watch` beside a check: it runs on the Engine's machine, sees edits there, and ends with the check."""

from __future__ import annotations

import contextlib
import shlex
import threading
from typing import TYPE_CHECKING

from graders.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graders.engine.run import Run

ENABLED = "atch enabled"
READY_SECONDS, SECONDS, SHOWN_LINES = 20, 120, 6


class Watching:
    """`docker compose watch`, as it runs."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._folder = folder
        self._enabled = threading.Event()
        self.said = ""
        """What it said so far."""

    def edit(self, name: str, text: str) -> None:
        """Write into a file of the project's folder, as an editor does it, on the Engine's machine."""
        place = self._run.scratch()
        (place / "text").write_text(text)
        self.told(f"cat text >{shlex.quote(str(self._folder / name))}", place)

    def told(self, command: str, place: Path) -> None:
        """Run a command beside it: from a folder of its own, since what is sent to the machine counts as changed."""
        (place / "beside.sh").write_text(f"{command}\n")
        self._run.connection.run_script(place, "beside.sh", timeout=self._run.pace.limit(READY_SECONDS).given)

    def hear(self, said: str) -> None:
        """Note what it says."""
        self.said += said
        if ENABLED in self.said:
            self._enabled.set()

    def ended(self) -> None:
        """Wait no longer for it."""
        self._enabled.set()

    def see_that_it_watches(self) -> None:
        """Wait until it does; fails, in its words, where it does not."""
        self._enabled.wait(self._run.pace.limit(READY_SECONDS).given)
        if ENABLED not in self.said:
            raise Failed(
                "`docker compose watch` has nothing that it watches, or does not start.",
                hint="What it watches stands under `develop:`, for each service that is built.",
                # What it advises behind the comma differs from version to version.
                evidence=[
                    "$ docker compose watch",
                    *(line.split(", ")[0] for line in self.said.strip().splitlines()[-SHOWN_LINES:]),
                ],
            )


@contextlib.contextmanager
def watching(run: Run, place: Path, folder: Path, script: str) -> Iterator[Watching]:
    """Run a script in a folder that becomes `docker compose watch`, and end it with the block."""
    watch = Watching(run, folder)
    (place / "watch.sh").write_text(f"echo $$ >watch.pid\n{script}")

    def listen() -> None:
        with contextlib.suppress(Exception):  # the Engine is gone, as the check is told by what it asks next
            limit = run.pace.limit(SECONDS).given
            run.connection.run_script(place, "watch.sh", timeout=limit, on_output=watch.hear)
        watch.ended()

    thread = threading.Thread(target=listen, daemon=True, name="watch")
    thread.start()
    try:
        watch.see_that_it_watches()
        yield watch
    finally:
        watch.told(f"kill $(cat {shlex.quote(str(place / 'watch.pid'))})", run.scratch())
        thread.join(READY_SECONDS)
