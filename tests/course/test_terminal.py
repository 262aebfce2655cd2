"""In a terminal, lines are as long as it is wide, and signs are coloured; elsewhere nothing of that is seen."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from graders import feedback
from graders.check import CheckResult, Outcome

SEEN = "It was seen that a great deal is to be said about this here, much more than fits into a line of a terminal."
PROGRAM = f"""
from graders import feedback
from graders.check import CheckResult, Outcome
print(feedback.line(CheckResult("a", {SEEN!r}, Outcome.FAILED, 0, 2, {SEEN!r}, {SEEN!r}, ("$ docker ps",))))
print(feedback.wrapped({SEEN!r} + "\\n\\nend"))
"""


def on_a_terminal(**variables: str) -> str:
    """What the program prints on a terminal of its own."""
    ours, theirs = pty.openpty()
    plain = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    environment = plain | {"TERM": "xterm"} | variables
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=theirs, env=environment)
    os.close(theirs)
    said = b""
    while True:
        try:
            said += os.read(ours, 4096)
        except OSError:  # that is how a terminal ends
            break
    os.close(ours)
    assert process.wait() == 0
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(("columns", "longest"), [(60, 60), (200, 200), (20, 40)])
def test_lines_are_as_long_as_the_terminal_is_wide(columns, longest):
    said = on_a_terminal(COLUMNS=str(columns), NO_COLOR="1")
    lengths = [len(line) for line in said.splitlines()]
    assert max(lengths) <= longest
    first = said.splitlines()[0]
    assert first.startswith("✗ It was seen")
    assert first.endswith(" 0/2")
    assert len(first) <= feedback.WIDTH
    assert " ".join(said.split()).count(SEEN.split(maxsplit=1)[1].rsplit(maxsplit=1)[0]) >= 2
    assert said.endswith("\n\nend\n")


def test_signs_are_coloured_unless_somebody_does_not_want_that():
    coloured = on_a_terminal(COLUMNS="80")
    assert coloured.startswith("\x1b[31m✗\x1b[0m It was seen")
    assert re.sub(r"\x1b\[\d+m", "", coloured) == on_a_terminal(COLUMNS="80", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(COLUMNS="80", TERM="dumb")


def test_what_goes_into_a_file_is_the_same_everywhere(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    said = feedback.line(CheckResult("a", SEEN, Outcome.PASSED, 2, 2))
    assert max(map(len, said.splitlines())) > 70
    assert "\x1b" not in said
    assert feedback.wrapped(SEEN) == SEEN


def test_every_outcome_has_a_sign_and_a_colour():
    assert set(feedback.SIGNS) == set(feedback.COLOURS) == set(Outcome)
