"""Builds: BuildKit by the docker command, whose records say what each step did, or the classic builder."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graders.engine import images
from graders.engine.words import SHOWN_IMAGE, SHOWN_LINES, Attributes, Finished, runtime_broke, when
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from graders.engine.images import Image
    from graders.engine.run import Run


@dataclass(frozen=True)
class Step:
    """One step of a build, from the builder's own records; `seconds` is 0 for a cached step.

    The classic builder tells no times: they are nan then, and what compares them requires "buildkit".
    """

    name: str
    cached: bool
    seconds: float
    started: float
    completed: float
    error: str
    log: str

    @property
    def instruction(self) -> str:
        """The instruction without BuildKit's `[stage 2/5]` in front."""
        return re.sub(r"^\[[^\]]*\] ", "", self.name)


@dataclass(frozen=True)
class Build:
    """A finished build: the image it made and the steps it took."""

    image: Image
    steps: tuple[Step, ...]
    command: str
    warnings: tuple[str, ...] = ()

    def step(self, text: str) -> Step:
        """The first step whose instruction contains the text; fails where there is none."""
        for step in self.steps:
            if text in step.instruction:
                return step
        raise Failed(f"No build step contains `{text}`.", evidence=[f"$ {self.command}", *(s.name for s in self.steps)])


def build(  # noqa: PLR0913 - the options of docker build
    run: Run,
    context: Path,
    *,
    dockerfile: str | None = None,
    target: str | None = None,
    args: Mapping[str, str] | None = None,
    secrets: Mapping[str, Path] | None = None,
    no_cache: bool = False,
    tags: Sequence[str] = (),
    timeout: float = 300,
) -> Build:
    """`docker build` of a folder; fails with the step, its log and its error where it does not build.

    The image has a name of this run's, and `tags` too, and goes when the Engine is closed.
    Steps come from `--progress=rawjson` of BuildKit (buildx 0.13 or newer); where there is no BuildKit, the
    classic builder builds what it can.
    """
    name = dockerfile or "Dockerfile"
    if not (context / name).is_file():
        there = ", ".join(sorted(f"`{p.name}`" for p in context.iterdir())) or "nothing"
        raise Failed(f"There is no file `{name}` to build from.", evidence=[f"The folder holds {there}."])
    options = [
        *(["--file", dockerfile] if dockerfile else []),
        *(["--target", target] if target else []),
        *(word for k, v in (args or {}).items() for word in ("--build-arg", f"{k}={v}")),
        *(word for k, v in (secrets or {}).items() for word in ("--secret", f"id={k},src={v}")),
        *(["--no-cache"] if no_cache else []),
    ]
    tag = f"{run.unique('build')}:latest"
    labels = [word for k, v in run.labels.items() for word in ("--label", f"{k}={v}")]
    names = [word for t in (tag, *tags) for word in ("--tag", t)]
    command = shlex.join(["docker", "build", "--tag", SHOWN_IMAGE, *options, "."])
    given = [*labels, *names, *options, "."]
    if run.capabilities["buildkit"] and secrets:
        run.require(["buildkit"])

    def once() -> tuple[Finished, tuple[Step, ...], tuple[str, ...]]:
        if run.capabilities["buildkit"]:
            classic = {"DOCKER_BUILDKIT": "0"}
            done = run.docker("build", "--force-rm", *given, cwd=context, timeout=timeout, env=classic)
            steps, errors = _classic_records(done)
            return replace(done, stderr=errors), steps, ()
        # Attestations would make the image an index of several, and differ from build to build.
        fixed = ["--builder", _builder(run), "--load", "--provenance=false", "--progress=rawjson"]
        done = run.docker("buildx", "build", *fixed, *given, cwd=context, timeout=timeout)
        return done, *_build_records(done.stderr + done.stdout)

    done, steps, warnings = once()
    if done.exit_code and _not_started(steps):
        done, steps, warnings = once()
    if done.exit_code and (words := _not_started(steps)):
        raise DrydockError(
            f"The Engine could not start a step of the build, whatever the step is: {words}.",
            "Check again; if it stays, restart the Engine.",
        )
    if done.exit_code:
        raise _build_failure(steps, done.stderr, command)
    image = images.find(run, tag)
    # What the learner would call it; the name it has is gone when the verdict is read.
    image.reference = SHOWN_IMAGE
    return Build(image, steps, command, warnings)


def warm(context: Path, environment: Mapping[str, str]) -> None:
    """Build a folder on the Engine that these variables name, for nothing but the steps in its build cache."""
    command = ["docker", "build", "--quiet", str(context)]
    # One that cannot be built here is built when an answer needs it, and then says why.
    subprocess.run(command, env=os.environ | dict(environment), capture_output=True, check=False)


def _builder(run: Run) -> str:
    # The builder that belongs to the Engine itself is called like the context, "default" where DOCKER_HOST is set.
    return run.connection.environment.get("DOCKER_CONTEXT") or "default"


def _build_records(output: str) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Steps and warnings from BuildKit's raw JSON records (moby/buildkit, client.SolveStatus)."""
    decoder = json.JSONDecoder()
    records: dict[str, Attributes] = {}
    logs: dict[str, str] = {}
    warnings: list[str] = []
    position = output.find("{")
    while position >= 0:
        try:
            status, end = decoder.raw_decode(output, position)
        except json.JSONDecodeError:
            position = output.find("{", position + 1)
            continue
        for vertex in status.get("vertexes") or []:
            records.setdefault(vertex["digest"], {}).update(vertex)
        for log in status.get("logs") or []:
            text = base64.b64decode(log.get("data", "")).decode(errors="replace")
            logs[log["vertex"]] = logs.get(log["vertex"], "") + text
        warnings += [base64.b64decode(w["short"]).decode(errors="replace") for w in status.get("warnings") or []]
        position = output.find("{", end)
    steps = []
    for digest, vertex in records.items():
        started, completed = when(vertex.get("started")), when(vertex.get("completed"))
        cached = bool(vertex.get("cached"))
        steps.append(
            Step(
                name=vertex.get("name", ""),
                cached=cached,
                seconds=0.0 if cached or not completed else max(0.0, completed - started),
                started=started,
                completed=completed,
                error=vertex.get("error", ""),
                log=logs.get(digest, ""),
            )
        )
    return tuple(steps), tuple(dict.fromkeys(warnings))


_CLASSIC_STEP = re.compile(r"^(?:\[\d+/\d+\] )?step \d+/\d+ ?: (.*)\n", re.IGNORECASE | re.MULTILINE)
"""How Docker's and Podman's classic builder begin a step."""


def _classic_records(done: Finished) -> tuple[tuple[Step, ...], str]:
    """Steps from what the classic builder prints, and its error as BuildKit would print it."""
    _, *parts = _CLASSIC_STEP.split(done.stdout)
    reason = done.stderr.strip().rpartition("\n")[2].removeprefix("Error response from daemon: ")
    # Podman repeats the step and names a folder of its own.
    reason = reason.removeprefix(f'building at STEP "{" ".join(parts[-2].split())}": ' if parts else "")
    reason = re.sub(r'^checking on sources under "[^"]*": copier: ', "", reason)
    code = re.search(r"(?:exit status|non-zero code:) (\d+)$", reason)
    error = (f"exit code: {code[1]}" if code else reason) if done.exit_code else ""
    unknown = float("nan")
    steps = []
    for number, (name, log) in enumerate(zip(parts[::2], parts[1::2], strict=True), 1):
        cached = "> Using cache" in log
        printed = re.sub(r"^ *--+> .*\n|\x1b\[\d+m", "", log, flags=re.MULTILINE)
        seconds = 0.0 if cached else unknown
        last = number == len(parts) // 2
        steps.append(Step(name, cached, seconds, unknown, unknown, error if last else "", printed))
    return tuple(steps), f"ERROR: {reason}" if error else ""


_CACHE_KEY = re.compile(r"failed to (compute cache key|calculate checksum of ref \S+): ")
"""What BuildKit says before it names the file that is missing."""


def _not_started(steps: Iterable[Step]) -> str:
    """What the runtime said if it broke before it came to what a step runs, else nothing."""
    found = [words for step in steps if step.error and (words := runtime_broke(step.log))]
    return found[0] if found else ""


def _build_failure(steps: Sequence[Step], stderr: str, command: str) -> Failed:
    broken = next((s for s in steps if s.error and "context canceled" not in s.error), None)
    last = next((line for line in reversed(stderr.strip().splitlines()) if line.startswith("ERROR")), "")
    reason = last.removeprefix("ERROR: ").removeprefix("failed to solve: ")
    if broken and not broken.name.startswith("[internal]"):
        log = broken.log.strip().splitlines()[-SHOWN_LINES:]
        code = re.search(r"exit code: (\d+)$", broken.error)
        why = f"ends with exit code {code[1]}" if code else f"fails: {_CACHE_KEY.sub('', broken.error)}"
        return Failed(
            f"The image does not build: step `{broken.instruction}` {why}.",
            evidence=[f"$ {command}", *log, _CACHE_KEY.sub("", last)],
        )
    return Failed(
        f"The image does not build: {reason or (broken.error if broken else 'no reason was given')}.",
        evidence=[f"$ {command}", last],
    )
