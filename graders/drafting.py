"""A new exercise's files: enough to be graded, and empty where only its author knows what to say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graders.errors import UsageError
from graders.exercise import CONTENT, PACKAGE, topics

if TYPE_CHECKING:
    from pathlib import Path

NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
TOML = """\
title = "{title}"
kind = ["commands"]
minutes = 10
images = ["busybox:1.37"]
hints = [
    "",
    "",
    "",
]

[owns]
containers = ["dd-{name}"]
"""
GRADER = '''\
from graders.author import Container, Engine, check


@check(points=1)
def running(engine: Engine) -> Container:
    """A container called `dd-{name}` runs."""
    return engine.container("dd-{name}").running()
'''
START = "# What you type, or put here, is your answer.\n"
SOLUTION = "docker run --detach --name dd-{name} busybox:1.37 sleep 1d\n"


def draft(exercise_id: str) -> list[Path]:
    """Write the files of a new exercise and return them. Raises UsageError where there can be none of this id."""
    topic, _, name = exercise_id.partition("/")
    known = [topic.id for topic in topics()]
    if not re.fullmatch(f"{NAME}/{NAME}", exercise_id):
        raise UsageError(
            f"`{exercise_id}` cannot be the name of an exercise.",
            "Write TOPIC/NAME in small letters, such as `images/rename`.",
        )
    if topic not in known:
        raise UsageError(f"There is no topic called `{topic}`.", f"There are {', '.join(f'`{t}`' for t in known)}.")
    if PACKAGE.parent != CONTENT:
        raise UsageError("This is an installed course.", "Add exercises in a clone of the repository.")
    folder = CONTENT / "exercises" / exercise_id
    grader = PACKAGE / "topics" / topic / f"{name.replace('-', '_')}.py"
    if taken := [path for path in (folder, grader) if path.exists()]:
        raise UsageError(f"There is `{taken[0].relative_to(CONTENT)}` already.", "Choose another name.")
    texts = {
        folder / "exercise.toml": TOML.format(title=name.replace("-", " ").capitalize(), name=name),
        folder / "task.md": "",
        folder / "start/commands.sh": START,
        folder / "solution/commands.sh": SOLUTION.format(name=name),
        folder / "solution/why.md": "",
        grader: GRADER.format(name=name),
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for kind in ("right", "wrong"):
        (folder / kind).mkdir()
    return [*texts, folder / "right", folder / "wrong"]
