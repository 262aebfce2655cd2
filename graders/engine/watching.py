"""Watching a build while it goes on, so that a step that never ends is stopped and named."""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import re
import shlex
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from graders.engine.run import _end
from graders.engine.words import Finished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from graders.engine.run import Run

STEP_SECONDS = 60
"""How long a command of a build may take; those of the course take a few seconds."""
FETCHING_SECONDS = 240
"""The same for one that fetches something, from however slow a network."""
SERVING_SECONDS = 15
"""How long one may be silent that said it serves."""
_FETCHES = re.compile(r"\b(?:apt|apt-get|apk|dnf|yum|pip3?|uv|npm|yarn|curl|wget|git|go|cargo|gem|mvn)\s")
_SERVES = re.compile(r"\b(?:listening|serving|running on|open on port|accept(?:ing|s) connections)\b", re.IGNORECASE)
CLASSIC_STEP = re.compile(r"^(?:\[\d+/\d+\] )?step \d+/\d+ ?: (.*)", re.IGNORECASE)
"""How Docker's and Podman's classic builder begin a step."""
_LOOK_SECONDS = 0.5


@dataclass
class RunningStep:
    """A RUN instruction that is at work, by the clock of this machine."""

    instruction: str
    began: float
    said_at: float
    log: str = ""
    seconds: float = 0.0

    @property
    def fetches(self) -> bool:
        """Whether it is a network that it may be waiting for."""
        return bool(_FETCHES.search(self.instruction))

    def is_overdue(self, now: float, patience: float) -> bool:
        """Whether it has had its time."""
        limit = FETCHING_SECONDS if self.fetches else STEP_SECONDS
        self.seconds = now - self.began
        serves = _SERVES.search(self.log) and now - self.said_at > SERVING_SECONDS * patience
        return self.seconds > limit * patience or bool(serves)


class StepWatch:
    """The steps of a build that are at work, from what the builder prints as it goes on."""

    def __init__(self, seconds: float, patience: float, *, classic: bool) -> None:
        self._seconds = seconds
        self.patience = patience
        self._began = time.monotonic()
        self.classic = classic
        self.running: dict[str, RunningStep] = {}
        self.overdue: RunningStep | None = None
        self.out_of_time = False
        self._record = ""

    @property
    def seconds(self) -> float:
        """How long the whole build may take."""
        return self._seconds * self.patience

    def take(self, line: str) -> None:
        """Note what a line of the builder says."""
        now = time.monotonic()
        if self.classic:
            self._take_classic(line, now)
        elif self._record or line.startswith("{"):
            # A record may be one line or, as buildx prints it, many.
            self._record += line
            if line.rstrip().endswith("}") and line[0] in "{}":
                with contextlib.suppress(json.JSONDecodeError):
                    self._take_record(json.loads(self._record), now)
                self._record = ""

    def _take_record(self, status: Mapping[str, list[dict[str, str]] | None], now: float) -> None:
        for vertex in status.get("vertexes") or []:
            instruction = re.sub(r"^\[[^\]]*\] ", "", vertex.get("name", ""))
            if vertex.get("completed"):
                self.running.pop(vertex["digest"], None)
            elif vertex.get("started") and instruction.startswith("RUN "):
                self.running.setdefault(vertex["digest"], RunningStep(instruction, now, now))
        for log in status.get("logs") or []:
            if step := self.running.get(log["vertex"]):
                step.log += base64.b64decode(log.get("data", "")).decode(errors="replace")
                step.said_at = now

    def _take_classic(self, line: str, now: float) -> None:
        if begun := CLASSIC_STEP.match(line):
            self.running = {"": RunningStep(begun[1], now, now)} if begun[1].startswith("RUN ") else {}
        elif step := self.running.get(""):
            step.log += line
            step.said_at = now

    def is_over(self) -> bool:
        """Whether a step has had its time, which is then `overdue`, or the whole build."""
        now = time.monotonic()
        self.out_of_time = now - self._began > self.seconds
        self.overdue = next((step for step in self.running.values() if step.is_overdue(now, self.patience)), None)
        return self.out_of_time or self.overdue is not None


def watched(
    run: Run, arguments: Sequence[str], cwd: Path, watch: StepWatch, *, env: Mapping[str, str] | None = None
) -> Finished:
    """Run the docker CLI as `Run.docker` does, and stop it as soon as the watch says so."""
    began = time.monotonic()
    pieces: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    said = {"stdout": "", "stderr": ""}
    with run._popen(["docker", *arguments], cwd, env) as process:  # noqa: SLF001 - the ground of this package
        streams = {"stdout": process.stdout, "stderr": process.stderr}
        readers = [threading.Thread(target=_read, args=(streams[name], name, pieces), daemon=True) for name in streams]
        for reader in readers:
            reader.start()
        left, stopped = len(readers), False
        try:
            while left:
                with contextlib.suppress(queue.Empty):
                    name, line = pieces.get(timeout=_LOOK_SECONDS)
                    left -= not line
                    said[name] += line
                    watch.take(line)
                if not stopped and watch.is_over():
                    watch.patience = run.pace.now()  # a busy Engine gets more
                    stopped = watch.is_over()
                    if stopped:
                        _end(process)
        except BaseException:
            _end(process)
            raise
    seconds = time.monotonic() - began
    return Finished(shlex.join(["docker", *arguments]), process.returncode, said["stdout"], said["stderr"], seconds)


def _read(stream: IO[str] | None, name: str, pieces: queue.SimpleQueue[tuple[str, str]]) -> None:
    """Hand on line by line what a process prints, and an empty line at its end."""
    with contextlib.suppress(ValueError, OSError):
        for line in stream or ():
            pieces.put((name, line))
    pieces.put((name, ""))
