"""Grading the answers of a class: each on a throwaway Engine of its own, by workers that know no gradebook."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import signal
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environment import UnavailableError, engines
from environment.engines.container import IMAGE
from environment.engines.found import FoundEngine
from environment.engines.machine import guest
from environment.engines.scratch import scratch_folder
from environment.images import catalogue, state
from graders.check import CheckResult, Verdict
from graders.classroom.history import Key, Record
from graders.classroom.submission import NAME
from graders.connect import connect
from graders.errors import DrydockError
from graders.exercise import PACKAGE, Exercise, load
from graders.feedback import harmless
from graders.grading import grade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import distributed

    from environment.engines import Kind
    from environment.engines.namespace import Limits
    from graders.classroom.history import History
    from graders.classroom.submission import Answer, Submission

MAX_SAID = 4_000
"""Characters of a message or a piece of evidence."""
MAX_EVIDENCE = 20
MAX_PIECES = 1_000
"""Pieces in which the end of what the commands printed is kept."""
MACHINERY = ("answer.py", "author.py", "check.py", "errors.py", "exercise.py", "grading.py", "engine/*.py")
"""What decides a verdict beside an exercise's own grader, and what that grader reads or asks through."""


@dataclass(frozen=True)
class Settings:
    """How a class is graded. Times in seconds."""

    kind: Kind = "namespace"
    workers: int = 1
    scheduler: str = ""
    """Address of a Dask scheduler; empty for workers on this machine."""
    reuse: bool = True
    """Grade identical answers once."""
    resume: bool = False
    """Keep verdicts that were reached before on the same answer, by the same grader, on the same Engine."""
    reason: str = "graded"
    exercise_seconds: float = 900
    submission_seconds: float = 3600
    limits: Limits | None = None


@dataclass(frozen=True)
class Task:
    """What a worker needs to know about one answer."""

    key: Key
    answer: Answer
    kind: Kind
    seconds: float
    limits: Limits | None


# What a verdict depends on


def grader_digest(exercise: Exercise) -> str:
    """Tell one version of an exercise's grader from another."""
    files = [path for pattern in MACHINERY for path in sorted(PACKAGE.glob(pattern))]
    files += sorted(Path(engines.__file__).parent.glob("*.py"))
    files += [Path(str(exercise.grader.__file__)), exercise.folder / "exercise.toml"]
    for part in ("scene", "start"):
        files += sorted(path for path in (exercise.folder / part).rglob("*") if path.is_file())
    total = hashlib.sha256()
    for path in files:
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def engine_identity(kind: Kind) -> str:
    """Tell one kind and build of Engine, with the course's images on it, from another."""
    client = FoundEngine.find().client
    ids = [guest.digest() if kind == "machine" else str(client.images.get(IMAGE).id)]
    ids += [str(client.images.get(i.name).id) for i in catalogue() if state(client, i) != "missing"]
    return f"{kind} {hashlib.sha256(' '.join(ids).encode()).hexdigest()[:16]}"


def prepare(kind: Kind, say: Callable[[str], None]) -> str:
    """Start an Engine once, so that what all share is made, and return what identifies its kind.

    Raises EngineUnavailableError or DrydockError where this machine cannot.
    """
    connect(kind, say, internet=False).close()
    return engine_identity(kind)


# A worker


def grade_answer(task: Task) -> dict[str, Any]:
    """Grade one answer on an Engine of its own and return the object of `drydock check --json`.

    In it, `printed` is the end of what the answer's commands printed.
    """
    exercise = load(task.key.exercise)
    if (here := grader_digest(exercise)) != task.key.grader:
        why = DrydockError(
            f"The worker has another version of the grader ({here}) than the machine that asked ({task.key.grader}).",
            "Install the same version of Drydock on both, and grade again with `--resume`.",
        )
        return _ungradable(exercise, why).as_json()
    expired = threading.Event()
    printed: deque[str] = deque(maxlen=MAX_PIECES)
    with scratch_folder() as place:
        folder = Path(place) / "answer"
        task.answer.write(folder)
        try:
            connection = connect(task.kind, internet=False, limits=task.limits)
        except (DrydockError, UnavailableError) as error:
            return _ungradable(exercise, DrydockError(error.what, error.remedy)).as_json()

        def expire() -> None:
            expired.set()
            connection.close()

        timer = threading.Timer(task.seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            verdict = grade(exercise, connection, folder, fresh=True, seed=task.key.seed, on_output=printed.append)
        finally:
            timer.cancel()
            connection.close()
    if expired.is_set():
        verdict = _ungradable(
            exercise,
            DrydockError(
                f"Grading this answer took longer than {task.seconds:.0f} seconds and was stopped.",
                "Look at it by hand: `drydock class explain` shows what it does.",
            ),
        )
        verdict = replace(verdict, seconds=task.seconds)
    return bounded(verdict).as_json() | {"printed": harmless("".join(printed)[-MAX_SAID:])}


def bounded(verdict: Verdict) -> Verdict:
    """The verdict with no more of what an answer said than an instructor can read, and nothing that is no text."""

    def text(said: str) -> str:
        return harmless(said if len(said) <= MAX_SAID else f"{said[:MAX_SAID]} … (cut)")

    def bound(result: CheckResult) -> CheckResult:
        evidence = tuple(text(entry) for entry in result.evidence[:MAX_EVIDENCE])
        return replace(result, message=text(result.message), hint=text(result.hint), evidence=evidence)

    problem = verdict.problem and DrydockError(text(verdict.problem.what), text(verdict.problem.remedy))
    notes = tuple(text(note) for note in verdict.notes)
    return replace(verdict, checks=tuple(map(bound, verdict.checks)), problem=problem, notes=notes)


def _ungradable(exercise: Exercise, why: DrydockError) -> Verdict:
    return Verdict(exercise.id, (), None, 0.0, why, (), exercise.points)


# The class


@dataclass
class _Unit:
    """One grading, for all who gave the same answer."""

    key: Key
    answer: Answer
    learners: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """How far a run is: answers done, reused and in all, ungradable ones, what is graded now, seconds left if known."""

    done: int
    reused: int
    total: int
    ungradable: int
    now: tuple[str, ...]
    seconds_left: float | None


class Run:
    """One grading of a topic for some learners."""

    def __init__(  # noqa: PLR0913 - what a run consists of, by name
        self,
        topic: str,
        submissions: dict[str, Submission],
        *,
        history: History,
        keep: Callable[[Answer, str], object],
        seed: str,
        identity: str,
        settings: Settings,
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.topic = topic
        self.settings = settings
        self.history = history
        self.done = self.reused = self.ungradable = 0
        self._spent: dict[str, float] = {}
        self._left = {learner: len(s.answers) for learner, s in submissions.items()}
        self._finished: deque[str] = deque()
        self._units: deque[_Unit] = deque()
        self._running: dict[Any, tuple[_Unit, float]] = {}
        self._times: list[float] = []
        self.total = sum(self._left.values())
        named = {exercise for submission in submissions.values() for exercise in submission.answers}
        digests = {exercise: grader_digest(load(exercise)) for exercise in named}
        self._keep = keep
        self._sort_out(submissions, seed, identity, digests)

    def _sort_out(self, submissions: dict[str, Submission], seed: str, identity: str, digests: dict[str, str]) -> None:
        """Put identical answers together, and record at once what needs no grading."""
        units: dict[object, _Unit] = {}
        for learner, submission in submissions.items():
            for answer in submission.answers.values():
                # Where all learners meet the same, equal answers get equal verdicts.
                own_seed = submission.seed if load(answer.exercise).varies else seed
                key = Key(answer.exercise, answer.digest, own_seed, digests[answer.exercise], identity)
                self._keep(answer, own_seed)
                if answer.problem:
                    last = self.history.last(learner, answer.exercise)
                    if self.settings.resume and last and last.key == key and last.is_ungradable:
                        self.ungradable += 1
                        self._count(learner)
                        continue
                    why = DrydockError(answer.problem, "The learner can mend that and hand it in again.")
                    self._record(_Unit(key, answer, [learner]), _ungradable(load(answer.exercise), why).as_json())
                elif self.settings.resume and (before := self.history.graded(key)):
                    self._resume(learner, before)
                else:
                    same = key if self.settings.reuse else (key, learner)
                    unit = units.setdefault(same, _Unit(key, answer))
                    unit.learners.append(learner)
        self._units.extend(units.values())

    def _resume(self, learner: str, before: Record) -> None:
        last = self.history.last(learner, before.key.exercise)
        if last is None or last.key != before.key or last.is_ungradable:
            again = replace(before, at=_now(), run=self.id, reason=self.settings.reason, learner=learner)
            self.history.add([again if before.learner == learner else replace(again, reused_from=before.learner)])
        self.reused += 1
        self._count(learner)

    def _record(self, unit: _Unit, verdict: dict[str, Any]) -> None:
        """Write the verdict down for all who gave this answer."""
        records = [
            Record(
                at=_now(), run=self.id, reason=self.settings.reason, learner=learner, key=unit.key, verdict=verdict,
                reused_from="" if learner == unit.learners[0] else unit.learners[0], notes=unit.answer.notes,
            )
            for learner in unit.learners
        ]  # fmt: skip
        self.history.add(records)
        self.reused += len(records) - 1
        self.ungradable += len(records) if records[0].is_ungradable else 0
        for learner in unit.learners:
            self._count(learner)

    def _count(self, learner: str) -> None:
        self.done += 1
        self._left[learner] -= 1
        if not self._left[learner]:
            self._finished.append(learner)

    def __call__(self, on_progress: Callable[[Progress], None]) -> Iterator[str]:
        """Grade, and yield each learner whose submission is graded."""
        yield from self._take_finished()
        if not self._units:
            return
        with _cluster(self.settings) as client:
            from distributed import as_completed

            completed = as_completed()
            self._dispatch(client, completed)
            yield from self._take_finished()
            on_progress(self.progress())
            for future in completed:
                unit, started = self._running.pop(future.key)
                self._times.append(time.monotonic() - started)
                verdict = self._result(unit, future)
                self._spent[unit.learners[0]] = self._spent.get(unit.learners[0], 0) + verdict["seconds"]
                self._record(unit, verdict)
                self._dispatch(client, completed)
                on_progress(self.progress())
                yield from self._take_finished()

    def here(self) -> Iterator[str]:
        """As calling it, in this process, one answer after the other."""
        yield from self._take_finished()
        while self._units:
            unit = self._units.popleft()
            self._record(unit, grade_answer(self._task(unit)))
            yield from self._take_finished()

    def _task(self, unit: _Unit) -> Task:
        return Task(unit.key, unit.answer, self.settings.kind, self.settings.exercise_seconds, self.settings.limits)

    def _take_finished(self) -> Iterator[str]:
        while self._finished:
            yield self._finished.popleft()

    def _dispatch(self, client: distributed.Client, completed: Any) -> None:
        """Keep every worker busy, and no more, so that what is not begun can still be decided."""
        room = 2 * max(1, sum(client.ncores().values()))
        while self._units and len(self._running) < room:
            unit = self._units.popleft()
            if self._spent.get(unit.learners[0], 0) > self.settings.submission_seconds:
                limit = self.settings.submission_seconds
                why = DrydockError(
                    f"The other answers of this submission took more than {limit:.0f} seconds, so this was not begun.",
                    "Grade it alone, or with more time: `--submission-seconds`.",
                )
                self._record(unit, _ungradable(load(unit.key.exercise), why).as_json())
                continue
            future = client.submit(grade_answer, self._task(unit), pure=False)
            self._running[future.key] = (unit, time.monotonic())
            completed.add(future)

    def _result(self, unit: _Unit, future: distributed.Future[Any]) -> dict[str, Any]:
        try:
            verdict: dict[str, Any] = future.result()
        except Exception as error:
            # A worker that is lost again and again with this answer, or a fault of ours: never a verdict.
            why = DrydockError(
                f"No worker could grade this answer ({type(error).__name__}: {error}).",
                "Grade it again with `--resume`; if it stays, look at it by hand.",
            )
            return _ungradable(load(unit.key.exercise), why).as_json()
        return verdict

    def progress(self) -> Progress:
        """How far this run is."""
        now = [f"{unit.key.exercise} of {unit.learners[0]}" for unit, _ in self._running.values()]
        seconds = None
        if self._times:
            waiting = len(self._units) + len(self._running)
            seconds = waiting * sum(self._times) / len(self._times) / max(1, len(self._running))
        return Progress(self.done, self.reused, self.total, self.ungradable, tuple(now), seconds)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextlib.contextmanager
def _cluster(settings: Settings) -> Iterator[distributed.Client]:
    """Workers: processes of this machine that trust only each other, or those of a Dask scheduler."""
    import dask
    import distributed

    if settings.scheduler:
        try:
            client = distributed.Client(settings.scheduler, timeout=20)
        except (OSError, ValueError) as error:
            raise DrydockError(
                f"No Dask scheduler answers at `{settings.scheduler}`: {error}.",
                "Start one with `dask scheduler`, and on each machine `dask worker ADDRESS --nthreads 1`.",
            ) from None
        try:
            yield client
        finally:
            client.close()
        return
    with (
        scratch_folder() as scratch,
        dask.config.set(
            {
                "temporary-directory": scratch,
                "distributed.comm.timeouts.connect": "60s",
                "distributed.scheduler.http.routes": [],
                "distributed.worker.http.routes": [],
            }
        ),
        _workers(settings.workers) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


NO_PAGES: dict[str, Any] = {
    "dashboard_address": "127.0.0.1:0",
    "scheduler_kwargs": {"dashboard": False},
}
"""Dask's web pages, which answers could look for on this machine, are off; their servers answer nothing."""


def _workers(number: int) -> distributed.LocalCluster:
    """Start workers that Ctrl-C does not reach: it ends this process, which then ends them in order."""
    import distributed

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a process that is started ignores what this one does
    try:
        return distributed.LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            **NO_PAGES,
            memory_limit=None,
            protocol="tls://",
            # Other users of this machine must not be able to give work to these processes.
            security=distributed.Security.temporary(),
            silence_logs=logging.CRITICAL,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def learners_with(
    submitted: Path, topic: str, chosen: Sequence[str], say: Callable[[str], object] = lambda _: None
) -> list[str]:
    """The learners who handed something in for a topic, without those whose names nbgrader takes for patterns."""
    there = sorted(folder.parent.name for folder in submitted.glob(f"*/{topic}"))
    if missing := [name for name in chosen if name not in there]:
        raise DrydockError(
            f"{missing[0]} has handed in nothing for `{topic}`.", "See the folder `submitted`, or collect first."
        )
    for name in there:
        if not NAME.fullmatch(name):
            say(f"`{name}` cannot be a learner's name, and is left out: rename the folder in `submitted`.")
    return [name for name in there if NAME.fullmatch(name) and (not chosen or name in chosen)]
