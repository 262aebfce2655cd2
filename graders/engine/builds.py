"""Builds: BuildKit by the docker command, whose records say what each step did, or the classic builder."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from environment.engines.scratch import scratch_folder
from graders.engine import frontends, images, unreachable
from graders.engine.watching import RunningStep, StepWatch, watched
from graders.engine.words import SHOWN_IMAGE, SHOWN_LINES, Attributes, Finished, runtime_broke, when
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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

    @property
    def own_steps(self) -> list[Step]:
        """The steps of the Dockerfile but FROM, in the order in which they were done."""
        # The builder numbers these alone; a stage may be called like what it does itself, and a RUN may say FROM.
        numbered = (step for step in self.steps if re.match(r"\[[^\]]*\d+/\d+\] ", step.name))
        own = (step for step in numbered if not step.instruction.startswith("FROM "))
        return sorted(own, key=lambda step: step.started)

    def worked_on(self, step: Step) -> str:
        """The platform on which a step of a build for several worked, such as `linux/amd64`; empty in other builds."""
        found = re.match(r"\[([a-z]+/[^\s\]]+?)(->\S+)? ", step.name)
        return found[1] if found else ""

    @property
    def listed(self) -> list[str]:
        """The names of these steps and whether they were cached, for a verdict."""
        return sorted({f"{step.name}{' (cached)' if step.cached else ''}" for step in self.own_steps})


def build(  # noqa: PLR0913 - the options of docker build
    run: Run,
    context: Path,
    *,
    dockerfile: str | None = None,
    target: str | None = None,
    args: Mapping[str, str] | None = None,
    secrets: Mapping[str, Path] | None = None,
    no_cache: bool = False,
    platforms: Sequence[str] = (),
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
        *(["--target", target] if target else []),
        *(word for k, v in (args or {}).items() for word in ("--build-arg", f"{k}={v}")),
        *(word for k, v in (secrets or {}).items() for word in ("--secret", f"id={k},src={_inside(context, v)}")),
        *(["--no-cache"] if no_cache else []),
        *(["--platform", ",".join(platforms)] if platforms else []),
    ]
    tag = f"{run.unique('build')}:latest"
    labels = [word for k, v in run.labels.items() for word in ("--label", f"{k}={v}")]
    names = [word for t in (tag, *tags) for word in ("--tag", t)]
    shown = ["--file", dockerfile] if dockerfile else []
    command = shlex.join(["docker", "build", "--tag", SHOWN_IMAGE, *shown, *options, "."])
    given = [*labels, *names, *options, "."]
    classic = bool(run.capabilities["buildkit"])
    if classic and secrets:
        run.require(["buildkit"])

    def once(file: Sequence[str]) -> _Attempt:
        watch = StepWatch(timeout, run.pace.known, classic=classic)
        if classic:
            words = ["build", "--force-rm", *file, *given]
            done = watched(run, words, context, watch, env={"DOCKER_BUILDKIT": "0"})
            steps, errors = _classic_records(done)
            return _Attempt(replace(done, stderr=errors), steps, (), watch)
        # Attestations would make the image an index of several, and differ from build to build.
        fixed = ["--builder", _builder(run), "--load", "--provenance=false", "--progress=rawjson"]
        done = watched(run, ["buildx", "build", *fixed, *file, *given], context, watch)
        return _Attempt(done, *_build_records(done.stderr + done.stdout), watch)

    frontend = frontends.named(_text(context / name))
    with _readable(context, name) as file:
        # Docker's own frontend is in each Engine: what it needs not fetch, it cannot miss.
        own = frontends.is_stock(frontend) and not classic
        tried = once(["--file", str(file)] if own else shown)
        if tried.failed and own and frontends.wants_another(tried.done.stderr):
            tried = once(shown)
        if tried.failed and _not_started(tried.steps):
            tried = once(["--file", str(file)] if own else shown)
    if tried.failed:
        raise _build_failure(tried, command, frontend)
    image = images.find(run, tag)
    # What the learner would call it; the name it has is gone when the verdict is read.
    image.reference = SHOWN_IMAGE
    return Build(image, tried.steps, command, tried.warnings)


@dataclass(frozen=True)
class _Attempt:
    """One run of the builder."""

    done: Finished
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    watch: StepWatch

    @property
    def failed(self) -> bool:
        return bool(self.done.exit_code)


def _text(file: Path) -> str:
    return file.read_bytes().decode(errors="surrogateescape")


def _inside(context: Path, file: Path) -> Path:
    return file.relative_to(context) if file.is_relative_to(context) else file


@contextmanager
def _readable(context: Path, name: str) -> Iterator[Path]:
    """A copy of a Dockerfile without its syntax line, beside a copy of its own ignore file."""
    with scratch_folder() as folder:
        copy = Path(folder) / Path(name).name
        copy.write_bytes(frontends.without(_text(context / name)).encode(errors="surrogateescape"))
        ignored = context / f"{name}.dockerignore"
        if ignored.is_file():
            copy.with_name(f"{copy.name}.dockerignore").write_bytes(ignored.read_bytes())
        yield copy


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


def _build_failure(tried: _Attempt, command: str, frontend: str) -> Exception:
    """What to say of a build that failed: what kept the builder from building, or the learner's mistake."""
    if words := _not_started(tried.steps):
        return DrydockError(
            f"The Engine could not start a step of the build, whatever the step is: {words}.",
            "Check again; if it stays, restart the Engine.",
        )
    if tried.watch.overdue:
        return _overdue(tried.watch.overdue, command)
    if tried.watch.out_of_time:
        return DrydockError(
            f"The build did not end within {tried.watch.seconds:.0f} seconds, and none of its commands was at work "
            "for that long.",
            "See that the Engine is not overloaded, and what its network does; then check again.",
        )
    return _mistake(tried, command, frontend)


def _mistake(tried: _Attempt, command: str, frontend: str) -> Exception:
    steps, stderr = tried.steps, tried.done.stderr
    broken = next((s for s in steps if s.error and "context canceled" not in s.error), None)
    last = next((line for line in reversed(stderr.strip().splitlines()) if line.startswith("ERROR")), "")
    reason = last.removeprefix("ERROR: ").removeprefix("failed to solve: ")
    # Of a step that ran, the error is an exit code; what was missing stands in its log.
    code = re.search(r"exit code: (\d+)$", broken.error) if broken else None
    if code and broken and (missing := unreachable.by_a_command(broken.log)):
        return unreachable.error(f"The step `{broken.instruction}`", missing)
    if not code and (missing := unreachable.by_the_builder(broken.name if broken else "", reason, frontend)):
        return unreachable.error("The build", missing)
    if broken and not broken.name.startswith("[internal]"):
        log = broken.log.strip().splitlines()[-SHOWN_LINES:]
        why = f"ends with exit code {code[1]}" if code else f"fails: {_CACHE_KEY.sub('', broken.error)}"
        return Failed(
            f"The image does not build: step `{broken.instruction}` {why}.",
            evidence=[f"$ {command}", *log, _CACHE_KEY.sub("", last)],
        )
    return Failed(
        f"The image does not build: {reason or (broken.error if broken else 'no reason was given')}.",
        evidence=[f"$ {command}", last],
    )


def _overdue(step: RunningStep, command: str) -> Exception:
    """What to say of a step that was stopped because it did not end."""
    seconds = f"{step.seconds:.0f} seconds"
    if missing := unreachable.by_a_command(step.log):
        return unreachable.error(f"The step `{step.instruction}`", missing)
    if step.fetches:
        return DrydockError(
            f"The step `{step.instruction}` had not ended after {seconds}, and was stopped. It fetches something, and "
            "the network here is slow, or is not there.",
            "Use what the exercise brings, or check again where the network is quick.",
        )
    return Failed(
        f"The image does not build: step `{step.instruction}` had not ended after {seconds}, and was stopped.",
        hint="A build waits for each RUN to end. Is this to run when a container starts? CMD says that.",
        evidence=[f"$ {command}", *step.log.strip().splitlines()[-SHOWN_LINES:]],
    )
