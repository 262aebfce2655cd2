"""Runs a learner's bash script as a shell would, and ends all that it leaves running."""

from __future__ import annotations

import codecs
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from environment.engines import ScriptResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TIMED_OUT = 124
GRACE_SECONDS = 3.0
OUTPUT_LIMIT = 4 << 20
PIPE_BYTES = 1 << 20  # the most that a pipe holds on Linux


def run_bash(
    folder: Path,
    script: str,
    variables: Mapping[str, str],
    *,
    timeout: float,
    on_output: Callable[[str], None] | None = None,
) -> ScriptResult:
    """Run `bash <script>` in `folder` with just these environment variables, without standard input.

    `timeout` is in seconds. When it is over, and on Ctrl-C, all that was started gets SIGTERM, which `docker run`
    passes on, and soon SIGKILL. Output over 4 MiB is dropped. A background process that still holds the output when
    the script ends is not waited for; it is killed, and a container that it started stays.
    """
    started = time.monotonic()
    output = _Output(on_output)
    woken, wake = os.pipe()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, woken)
        process = subprocess.Popen(
            ["bash", script],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watch = threading.Thread(target=_wake_when_over, args=(process, wake), daemon=True)
        watch.start()
        stack.callback(_end_group, process, watch)
        assert process.stdout is not None  # noqa: S101 - asked for above
        stack.enter_context(process.stdout)
        in_time = _read_until_over(process.stdout.fileno(), woken, output, started + timeout)
    code = process.returncode if in_time else TIMED_OUT
    output.finish()
    # A signal's end is told as bash tells it: 128 and the signal's number.
    return ScriptResult(128 - code if code < 0 else code, output.text, time.monotonic() - started)


class _Output:
    """Decodes what comes, hands it on at once, and keeps it up to the limit."""

    def __init__(self, on_output: Callable[[str], None] | None) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._on_output = on_output
        self._parts: list[str] = []
        self._room = OUTPUT_LIMIT

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def take(self, data: bytes, *, final: bool = False) -> None:
        text = self._decoder.decode(data, final)
        if not text or not self._room:
            return
        if len(text) >= self._room:
            text = text[: self._room] + "\n… more output was dropped.\n"
            self._room = 0
        else:
            self._room -= len(text)
        self._parts.append(text)
        if self._on_output:
            self._on_output(text)

    def finish(self) -> None:
        self.take(b"", final=True)


def _wake_when_over(process: subprocess.Popen[bytes], wake: int) -> None:
    if sys.platform == "darwin":  # Python has no waitid there
        process.wait()
    else:
        # Its number stays its own until it is waited for: `_end_group` must not end a group of somebody else.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    os.close(wake)  # the reader sees the end of the pipe


def _read_until_over(stdout: int, woken: int, output: _Output, deadline: float) -> bool:
    """Read until the script ends; False when the deadline came first."""
    with selectors.DefaultSelector() as sources:
        for source in (stdout, woken):
            sources.register(source, selectors.EVENT_READ)
        while True:
            remaining = deadline - time.monotonic()
            ready = {key.fd for key, _ in sources.select(max(remaining, 0))}
            if woken in ready:
                if stdout in sources.get_map():
                    _drain(stdout, output)
                return True
            if not ready or remaining <= 0:
                return False
            data = os.read(stdout, PIPE_BYTES)
            if data:
                output.take(data)
            else:
                sources.unregister(stdout)


def _drain(stdout: int, output: _Output) -> None:
    """Read what the script wrote before it ended, and no more: a background process may go on writing."""
    os.set_blocking(stdout, False)
    with contextlib.suppress(BlockingIOError):
        output.take(os.read(stdout, PIPE_BYTES))


def _end_group(process: subprocess.Popen[bytes], watch: threading.Thread) -> None:
    """End the script if it still runs, and all it started."""
    if watch.is_alive():
        _signal_group(process.pid, signal.SIGTERM)
        watch.join(GRACE_SECONDS)
    _signal_group(process.pid, signal.SIGKILL)
    watch.join()
    process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
