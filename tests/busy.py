"""Grade beside busy loops and count the verdicts that differ: `python tests/busy.py [--loops 8] [--times 10] [EXERCISE…]`.

Of each exercise the solution and one wrong answer for each check are graded, each so many times. A verdict that could not
be given is counted apart: it costs nobody anything, and says why.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from functools import partial

from answers import EXERCISES
from conftest import start_engine

from environment.engines.found import FoundEngine
from graders.check import Outcome
from graders.engine.sharing import SharedEngine
from graders.proving import checked, failed, misjudged
from graders.variants import Variant, one_for_each_check


def spin() -> None:
    while True:
        pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loops", type=int, default=8, help="busy loops beside the grading")
    parser.add_argument("--times", type=int, default=10, help="how often each answer is graded")
    parser.add_argument("exercises", nargs="*", default=list(EXERCISES))
    chosen = parser.parse_args()
    host = FoundEngine.find().client
    loops = [multiprocessing.Process(target=spin, daemon=True) for _ in range(chosen.loops)]
    for loop in loops:
        loop.start()
    counted: Counter[str] = Counter()
    for name in chosen.exercises:
        exercise = EXERCISES[name]
        variants = [Variant(exercise, "solution"), *one_for_each_check(exercise)]
        with SharedEngine(partial(start_engine, host)) as shared:
            for variant in variants * chosen.times:
                with shared.lend(scripts=True) as engine:
                    verdict = checked(variant, engine)
                kind = (
                    "not given"
                    if verdict.outcome is Outcome.UNGRADABLE
                    else "differ"
                    if misjudged(variant, verdict)
                    else "same"
                )
                counted[kind] += 1
                if kind == "differ":
                    print(f"{variant.id}: {verdict.outcome}, failed {failed(verdict)}", flush=True)
                if kind == "not given":
                    why = verdict.problem or [c.message for c in verdict.checks if c.outcome is Outcome.ERROR]
                    print(f"{variant.id}: not given: {why}", flush=True)
        print(f"{name}: {dict(counted)} so far", flush=True)
    for loop in loops:
        loop.kill()
    print(f"{counted['differ']} of {counted.total()} verdicts differ, {counted['not given']} were not given.")
    return 1 if counted["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
