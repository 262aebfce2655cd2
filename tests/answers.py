"""The answers that the exercises ship with, and how tests grade them."""

from __future__ import annotations

from environment.engines import Connection
from graders.check import Verdict
from graders.exercise import CONTENT, load
from graders.feedback import line, summary
from graders.grading import grade
from graders.variants import Variant, laid_out

FOLDERS = [file.parent for file in sorted(CONTENT.glob("exercises/*/*/exercise.toml"))]
EXERCISES = {e.id: e for e in (load(f"{folder.parent.name}/{folder.name}") for folder in FOLDERS)}


def shown(verdict: Verdict) -> str:
    return "\n".join(["", *(line(result) for result in verdict.checks), summary(verdict)])


def graded(variant: Variant, engine: Connection) -> Verdict:
    with laid_out(variant) as folder:
        verdict = grade(variant.exercise, engine, folder, fresh=True)
    print(shown(verdict))
    return verdict
