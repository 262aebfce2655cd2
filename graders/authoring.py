"""What authors do on the command line: `drydock new` and `drydock prove`."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from environment.engines import Connection
    from graders.engine.sharing import SharedEngine
    from graders.exercise import Exercise
    from graders.proving import Proof

PROVEN, NOT_PROVEN, UNGRADABLE = 0, 1, 3


def add(command: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    """Add the commands for authors and their options."""
    new = command("new", _new, "write the files of a new exercise")
    new.add_argument("exercise", metavar="TOPIC/NAME", help="such as images/rename")

    prove = command("prove", _prove, "prove exercises: the start fails, right answers pass, wrong ones read their text")
    prove.add_argument("exercises", metavar="EXERCISE", nargs="+", help="such as images/first-container")
    prove.add_argument("--all", action="store_true", help="every wrong answer, not just the first for each check")
    prove.add_argument("--write", action="store_true", help="write what wrong answers read into their says.txt")
    prove.add_argument("--json", action="store_true", help="print JSON")


@dataclass
class _Account:
    """What the proof of one exercise found and cost; seconds."""

    exercise: str
    faults: list[str]
    proofs: list[Proof] = field(default_factory=list)
    engines: int = 0

    @property
    def exit_code(self) -> int:
        if any(proof.verdict.exit_code == UNGRADABLE for proof in self.proofs):
            return UNGRADABLE
        return NOT_PROVEN if self.faults or any(proof.problem for proof in self.proofs) else PROVEN

    def table(self) -> str:
        """What each answer cost, the dearest first, and the sum."""
        rows = [
            f"{proof.seconds:8.1f} s {proof.processor:8.1f} s  {'!' if proof.problem else ' '} {proof.variant.id}"
            for proof in sorted(self.proofs, key=lambda proof: -proof.processor)
        ]
        seconds, processor = (sum(getattr(p, what) for p in self.proofs) for what in ("seconds", "processor"))
        end = "proven" if self.exit_code == PROVEN else "not proven"
        total = f"{seconds:8.1f} s {processor:8.1f} s    {self.exercise}: {end}, {len(self.proofs)} answers"
        return "\n".join(["    time  processor", *rows, f"{total}, {self.engines} throwaway Engines"])

    def as_json(self) -> dict[str, Any]:
        answers = [
            {"answer": p.variant.id, "outcome": p.verdict.outcome, "problem": p.problem}
            | {"seconds": round(p.seconds, 2), "processor_seconds": round(p.processor, 2)}
            for p in self.proofs
        ]
        return {
            "exercise": self.exercise,
            "proven": self.exit_code == PROVEN,
            "faults": self.faults,
            "engines": self.engines,
            "answers": answers,
        }


def _new(chosen: argparse.Namespace) -> int:
    from graders.drafting import draft
    from graders.exercise import CONTENT

    print("Written:", *(f"  {path.relative_to(CONTENT)}" for path in draft(chosen.exercise)), sep="\n")
    topic, _, name = chosen.exercise.partition("/")
    print(
        f"Add it in notebooks/course.toml to a lesson of `{topic}` whose learners are ready for it:",
        f'    exercises = ["{name}"]',
        f"Add to the end of that lesson, notebooks/{topic}/….md:",
        f"    ```{{exercise}} {chosen.exercise}",
        "    ```",
        f"`drydock prove {chosen.exercise}` says what is missing.",
        sep="\n",
    )
    return PROVEN


def _prove(chosen: argparse.Namespace) -> int:
    from environment.engines.container import ContainerEngine
    from graders.connect import connect, container_image, throwaway_kind
    from graders.engine.sharing import SharedEngine

    exercises = [_exercise(name) for name in chosen.exercises]  # all of them, before anything takes time
    kind = throwaway_kind()

    def spent(connection: Connection) -> float:
        return connection.processor_seconds() if isinstance(connection, ContainerEngine) else 0.0

    accounts = []
    with contextlib.ExitStack() as engines:
        needs = {container_image(exercise.requires): exercise.requires for exercise in exercises}
        shared = {
            image: engines.enter_context(SharedEngine(partial(connect, kind, requires=requires)))
            for image, requires in needs.items()
        }
        for exercise in exercises:
            accounts.append(_proven(exercise, shared[container_image(exercise.requires)], spent, chosen))
            if not chosen.json:
                print(accounts[-1].table(), flush=True)
    if chosen.json:
        print(json.dumps([account.as_json() for account in accounts], indent=1))
    return max(account.exit_code for account in accounts)


def _exercise(name: str) -> Exercise:
    """The exercise of this name, whether the course names it yet or not."""
    from graders.exercise import CONTENT, load, read

    return read(name) if (CONTENT / "exercises" / name).is_dir() else load(name)


def _proven(
    exercise: Exercise, shared: SharedEngine, spent: Callable[[Connection], float], chosen: argparse.Namespace
) -> _Account:
    from graders.proving import answers, faults, prove

    account, engines = _Account(exercise.id, faults(exercise)), shared.started
    if not chosen.json:
        print(*account.faults, sep="\n", end="\n" if account.faults else "")
    if not account.faults:
        for variant in answers(exercise, every=chosen.all):
            proof = prove(variant, shared, write=chosen.write, spent=spent)
            account.proofs.append(proof)
            if not chosen.json:
                print(f"{'✗' if proof.problem else '✓'} {proof.variant.id} ({proof.seconds:.1f} s)", flush=True)
                print(proof.problem, end="\n" if proof.problem else "", flush=True)
            if proof.verdict.problem:
                break  # the Engine cannot do it, or is gone, or somebody stopped this; the next would fare no better
    account.engines = shared.started - engines
    return account
