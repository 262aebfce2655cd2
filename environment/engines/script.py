"""Run `bash SCRIPT` here for at most TIMEOUT seconds; a module, and the program that does so on every kind of Engine.

Usage: script.py TIMEOUT SCRIPT. What is printed comes on stdout at once, in order. It exits as the script does, with
128 and the signal's number if a signal ended that, and with 124 when time is up. SIGTERM and SIGINT end the script as
if time were up. What becomes of the script's processes, `environment.engines.Connection.run_script` says.

It imports nothing but the standard library, because throwaway Engines hold a copy of this file alone.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

TIMED_OUT = 124
"""The exit code of a script whose time ran out, as that of timeout(1)."""
OUTPUT_LIMIT = 4 << 20
"""Bytes of output that are passed on."""
GRACE_SECONDS = 3.0
"""Between SIGTERM and SIGKILL: `docker run` passes the first on, and waits for its container."""
ROUND_SECONDS = 0.05
PIECE = 1 << 16
ASKED_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PR_SET_CHILD_SUBREAPER = 36


class Script:
    """A script that runs, and all that comes from it."""

    def __init__(self, path: str) -> None:
        self.asked = 0
        """The signal that asked to end it, or 0."""
        self._passed = 0
        self._woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # to be woken is enough
        for number in ASKED_TO_END:
            signal.signal(number, self._end)
        # A pipe of its own: whoever still holds it does not hold up who waits for our end.
        self._output, writing = os.pipe()
        os.set_blocking(self._output, False)
        self._bash = subprocess.Popen(
            ["bash", path], stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, start_new_session=True
        )
        os.close(writing)
        self._sources = selectors.DefaultSelector()
        for source in (self._woken, self._output):
            self._sources.register(source, selectors.EVENT_READ)

    @property
    def exit_code(self) -> int | None:
        """The exit code as a shell counts it, None while it runs."""
        code = self._bash.returncode
        return 128 - code if code is not None and code < 0 else code

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self.asked = number

    def listen(self, seconds: float) -> None:
        """Wait so long for something to happen, and note it: output, an end, a signal."""
        for key, _ in self._sources.select(seconds):
            if key.fd == self._woken:
                os.read(self._woken, PIECE)
                self._collect()
            elif not self.pass_on():
                self._sources.unregister(self._output)

    def _collect(self) -> None:
        """Collect what has ended, so that it no longer counts as a process."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._bash.pid:
                    self._bash.returncode = os.waitstatus_to_exitcode(ended[1])

    def pass_on(self) -> bool:
        """Pass on what was printed; return whether there may be more later."""
        for _ in range(OUTPUT_LIMIT // PIECE):  # who prints without end must not keep us from looking at the clock
            try:
                piece = os.read(self._output, PIECE)
            except BlockingIOError:
                return True
            if not piece:
                return False
            room = OUTPUT_LIMIT - self._passed
            self._passed += len(piece)
            if 0 <= room < len(piece):
                piece = piece[:room] + f"\n(Output cut after {OUTPUT_LIMIT >> 20} MiB.)\n".encode()
            elif room < 0:
                continue
            try:
                sys.stdout.buffer.write(piece)
                sys.stdout.flush()
            except BrokenPipeError:  # nobody waits for it any more
                self.asked = signal.SIGPIPE
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return True

    def processes(self, *, daemons: bool) -> list[int]:
        """List what runs of it, parents first; with `daemons` also what has made itself a session of its own.

        Where the system has no /proc, all that can be named is the script's group: its number, negative as for kill(2).
        """
        if not Path("/proc/self/stat").exists():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._bash.pid, 0)
                return [-self._bash.pid]
            return []
        children: dict[int, list[int]] = {}
        sessions = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):  # ended meanwhile, or not for us
                state, parent, _group, session = stat.read_text(errors="replace").rpartition(")")[2].split()[:4]
                if state not in "ZX":
                    process = int(stat.parent.name)
                    children.setdefault(int(parent), []).append(process)
                    sessions[process] = int(session)
        found = list(children.get(os.getpid(), []))
        for process in found:
            found.extend(children.get(process, []))
        return [process for process in found if daemons or sessions[process] == self._bash.pid]

    def ask_to_end(self) -> None:
        """Send SIGTERM to all that comes from it, and give that some time.

        Parents first: a shell whose command ended before would go on with its next one.
        """
        _send(signal.SIGTERM, self.processes(daemons=True))
        give_up = time.monotonic() + GRACE_SECONDS
        while self.processes(daemons=True) and time.monotonic() < give_up:
            self.listen(ROUND_SECONDS)  # no event tells the end of a child's child

    def kill(self, *, daemons: bool) -> None:
        """Kill what runs of it, again and again, since it may start more meanwhile.

        Left alone is what belongs to another user, as with sudo, and what does not die: it is frozen, or waits for a
        disk, and will die when it goes on.
        """
        refused: set[int] = set()
        killed: set[int] = set()
        give_up = time.monotonic() + GRACE_SECONDS
        while left := set(self.processes(daemons=daemons)) - refused:
            if not left <= killed:
                give_up = time.monotonic() + GRACE_SECONDS
            elif time.monotonic() > give_up:
                return
            # What is stopped first starts nothing while the rest is killed.
            refused |= _send(signal.SIGSTOP, left) | _send(signal.SIGKILL, left)
            killed |= left
            self.listen(ROUND_SECONDS)


def _send(number: signal.Signals, processes: Iterable[int]) -> set[int]:
    """Send a signal to processes, and return those that belong to somebody else."""
    refused = set()
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue
        except PermissionError:
            refused.add(process)
    return refused


def run(timeout: float, path: str) -> int:
    """Run the script; return its exit code as a shell counts it."""
    if sys.platform == "linux":
        # Processes whose parent ended become our children, so that all of them can be found.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    deadline = time.monotonic() + timeout
    script = Script(path)
    while script.exit_code is None and not script.asked and (left := deadline - time.monotonic()) > 0:
        script.listen(left)
    code = script.exit_code
    if code is None:
        script.ask_to_end()
        code = 128 + script.asked if script.asked else TIMED_OUT
        script.kill(daemons=True)
    else:
        script.kill(daemons=False)
    script.pass_on()
    return code


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2]))
