"""What a task says stays as it is, is `unchanged` in exercise.toml."""

from __future__ import annotations

import re

import pytest

from graders.exercise import Exercise, exercises

STAYS = re.compile(r"[^.;\n]*\b(?:stays?|leave)\b[^.;\n]*\bas (?:it is|they are)\b|Leave `[^`]+` as it is", re.IGNORECASE)


@pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.id)
def test_what_stays_as_it_is_is_said_in_one_place(exercise: Exercise) -> None:
    task = (exercise.folder / "task.md").read_text()
    # `Dockerfile` has no full stop, `app.py` has one.
    plain = re.sub(r"`[^`]*`", lambda name: name[0].replace(".", "\0"), task)
    named = {n.replace("\0", ".") for said in STAYS.findall(plain) for n in re.findall(r"`([^`]*)`", said)}
    files = {name for name in named if (exercise.folder / "start" / name).exists()}
    if "can stay" not in task:
        assert files <= set(exercise.unchanged)

