"""Checks, their outcomes, and the one verdict they make."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SIDE_BY_SIDE = 4


class Outcome(StrEnum):
    """How a check or a whole verdict ended. Checks are never ungradable; verdicts are never skipped or error."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"
    UNGRADABLE = "ungradable"


@dataclass(frozen=True, eq=False)
class Check:
    """One thing that must hold: a function with a sentence for the learner, points, and the checks it needs."""

    function: Callable[..., Any]
    points: int
    needs: tuple[Check, ...]
    alone: bool

    @property
    def name(self) -> str:
        """The function's name, which the JSON contract calls the check's name."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """The first line of the docstring: what the learner reads."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what the function asks for: `engine`, `answer`, or checks that it needs."""
        return tuple(inspect.signature(self.function).parameters)

    def needed(self) -> list[Check]:
        """All checks that must have passed before this one, nearest first."""
        found: list[Check] = []
        for need in self.needs:
            found += [c for c in (need, *need.needed()) if c not in found]
        return found


def check(
    *, points: int = 1, needs: Check | Iterable[Check] = (), alone: bool = False
) -> Callable[[Callable[..., Any]], Check]:
    """Make a function a check.

    `needs` are checks whose values it takes by name and without which it is skipped. An `alone` check disturbs
    what others look at: it runs after all checks above it and before all below it.
    """
    needed = tuple(needs) if isinstance(needs, Iterable) else (needs,)
    return lambda function: Check(function, points, needed, alone)


@dataclass(frozen=True)
class CheckResult:
    """What became of one check; `seconds` is its own time."""

    name: str
    description: str
    outcome: Outcome
    points: int
    max_points: int
    message: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class EngineInfo:
    """The Engine that a verdict was reached on."""

    kind: str
    name: str
    api: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of all checks of one exercise on one answer."""

    exercise: str
    checks: tuple[CheckResult, ...]
    engine: EngineInfo | None
    seconds: float
    problem: DrydockError | None = field(default=None, compare=False)
    """Why nothing could be graded, where that is so."""
    notes: tuple[str, ...] = ()
    max_points: int = 0

    @property
    def outcome(self) -> Outcome:
        """Ungradable as soon as one check ended in an error: nobody gains or loses points by a broken grader."""
        outcomes = {result.outcome for result in self.checks}
        if self.problem or not outcomes or Outcome.ERROR in outcomes:
            return Outcome.UNGRADABLE
        return Outcome.PASSED if outcomes == {Outcome.PASSED} else Outcome.FAILED

    @property
    def points(self) -> int:
        """Points of the checks that passed."""
        return sum(result.points for result in self.checks)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 ungradable."""
        return {Outcome.PASSED: 0, Outcome.FAILED: 1}.get(self.outcome, 3)

    def as_json(self) -> dict[str, object]:
        """The object that `drydock check --json` prints."""
        verdict: dict[str, object] = {
            "exercise": self.exercise,
            "outcome": self.outcome,
            "points": self.points,
            "max_points": self.max_points,
            "checks": [asdict(result) | {"evidence": list(result.evidence)} for result in self.checks],
            "engine": asdict(self.engine) if self.engine else None,
            "seconds": round(self.seconds, 2),
        }
        if self.problem:
            verdict["message"] = str(self.problem)
        if self.notes:
            verdict["notes"] = list(self.notes)
        return verdict

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Verdict:
        """The verdict that `as_json` wrote."""
        checks = [
            CheckResult(**c | {"outcome": Outcome(c["outcome"]), "evidence": tuple(c["evidence"])})
            for c in said["checks"]
        ]
        return cls(
            exercise=said["exercise"],
            checks=tuple(checks),
            engine=EngineInfo(**said["engine"]) if said["engine"] else None,
            seconds=said["seconds"],
            problem=DrydockError(said["message"], "") if "message" in said else None,
            notes=tuple(said.get("notes", ())),
            max_points=said["max_points"],
        )


def run_checks(
    checks: Sequence[Check],
    given: Mapping[str, object],
    on_result: Callable[[CheckResult], None] = lambda _: None,
    explain: Callable[[BaseException], DrydockError | None] = lambda _: None,
) -> list[CheckResult]:
    """Run checks side by side as their needs allow and return the results in the order of `checks`.

    `on_result` is called from this thread as each check ends. `explain` turns an exception of the Engine into
    sentences; what it does not know is the grader's own fault and says so.
    """
    results: dict[Check, CheckResult] = {}
    values: dict[str, object] = {}  # those of checks; a check called like what is given does not hide it
    pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="check")
    try:
        for _, group in groupby(checks, key=lambda c: checks.index(c) + 1 if c.alone else 0):
            pending = list(group)
            running: dict[Future[tuple[CheckResult, object]], Check] = {}
            while pending or running:
                for ready in [c for c in pending if all(n in results for n in c.needs)]:
                    pending.remove(ready)
                    missing = next((n for n in ready.needs if results[n].outcome is not Outcome.PASSED), None)
                    if missing:
                        results[ready] = _skipped(ready, missing)
                        on_result(results[ready])
                        break  # what needs this one can be told now too
                    running[pool.submit(_run, ready, values | dict(given), explain)] = ready
                else:
                    done, _pending = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        ended = running.pop(future)
                        results[ended], values[ended.name] = future.result()
                        on_result(results[ended])
    finally:
        # After Ctrl-C the Engine is closed next, which ends what still runs.
        pool.shutdown(wait=False, cancel_futures=True)
    return [results[c] for c in checks]


def _skipped(check: Check, missing: Check) -> CheckResult:
    message = f"Not tried: it needs “{missing.description}”"
    return CheckResult(check.name, check.description, Outcome.SKIPPED, 0, check.points, message)


def _run(
    check: Check, values: Mapping[str, object], explain: Callable[[BaseException], DrydockError | None]
) -> tuple[CheckResult, object]:
    started = time.monotonic()
    value: object = None
    outcome, message, hint = Outcome.PASSED, "", ""
    evidence: tuple[str, ...] = ()
    try:
        value = check.function(**{name: values[name] for name in check.parameters})
    except Failed as failed:
        outcome, message, hint, evidence = Outcome.FAILED, failed.message, failed.hint, failed.evidence
    except Exception as error:
        known = error if isinstance(error, DrydockError) else explain(error)
        outcome = Outcome.ERROR
        message = (
            str(known)
            if known
            else (
                f"The grader broke ({type(error).__name__}: {error}). That is the course's fault, not your answer's. "
                "Run the check again; if it stays, report it with the output of `drydock check --debug`."
            )
        )
    points = check.points if outcome is Outcome.PASSED else 0
    seconds = round(time.monotonic() - started, 3)
    return (
        CheckResult(check.name, check.description, outcome, points, check.points, message, hint, evidence, seconds),
        value,
    )
