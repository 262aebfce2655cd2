"""Run `bash SCRIPT` here for at most TIMEOUT seconds, its output on stdout; exit as it does, with 124 when time is up.

Usage: run.py TIMEOUT SCRIPT. When time is up, the script and all processes that it left behind are killed.
When the script ends by itself, what it left in the background goes on, unheard.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

OUTPUT_LIMIT = 4 << 20
"""Bytes of output that are passed on."""
TIMED_OUT = 124
PR_SET_CHILD_SUBREAPER = 36


def descendants() -> list[int]:
    """List the processes that come from this one."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
            continue
        if state != "Z":
            parents.setdefault(int(parent), []).append(int(stat.parent.name))
    found = list(parents.get(os.getpid(), []))
    for pid in found:
        found.extend(parents.get(pid, []))
    return found


def kill_descendants() -> None:
    """Kill the processes that come from this one; repeat, since they may start more meanwhile."""
    while left := descendants():
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in left:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
        os.waitpid(-1, 0)


class Output:
    """What the script prints, passed on as it comes."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self.passed = 0
        self.is_cut = False
        os.set_blocking(pipe, False)

    def pass_on(self) -> bool:
        """Pass on what there is; return whether there may be more later."""
        for _ in range(OUTPUT_LIMIT >> 16):  # who prints without end must not keep us from looking at the clock
            try:
                chunk = os.read(self.pipe, 1 << 16)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            room = OUTPUT_LIMIT - self.passed
            sys.stdout.buffer.write(chunk[:room])
            self.passed += len(chunk[:room])
            if len(chunk) > room and not self.is_cut:
                self.is_cut = True
                sys.stdout.buffer.write(f"\n(Output cut after {OUTPUT_LIMIT >> 20} MiB.)\n".encode())
            sys.stdout.flush()
        return True

    def leave_to_itself(self) -> None:
        """Let what still runs in the background print to nowhere, and not hold up who waits for our end."""
        if os.fork():
            return
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)
        os.setsid()
        os.set_blocking(self.pipe, True)
        while os.read(self.pipe, 1 << 16):
            pass
        os._exit(0)


def run(timeout: float, script: str) -> int:
    """Run the script; return its exit code as a shell counts it."""
    deadline = time.monotonic() + timeout
    # Processes whose parent ended become our children, so that all of them can be found.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    reading, writing = os.pipe()
    bash = subprocess.Popen(
        ["bash", script], stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, start_new_session=True
    )
    os.close(writing)
    output = Output(reading)
    end = os.pidfd_open(bash.pid)
    with selectors.DefaultSelector() as selector:
        selector.register(end, selectors.EVENT_READ)
        selector.register(reading, selectors.EVENT_READ)
        while bash.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                kill_descendants()
                output.pass_on()
                return TIMED_OUT
            ready = [key.fd for key, _ in selector.select(left)]
            if reading in ready and not output.pass_on():
                selector.unregister(reading)
    if output.pass_on():
        output.leave_to_itself()
    return bash.returncode if bash.returncode >= 0 else 128 - bash.returncode


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2]))
