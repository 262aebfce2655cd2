"""The standard proof leaves out what --all proves, --resume what has passed, and both say what it cost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SAMPLE = """
import pytest

@pytest.mark.parametrize("exercise", ["images/limits", pytest.param("images/filters", marks=pytest.mark.all)])
def test_an_exercise(exercise):
    assert exercise

@pytest.mark.all
def test_that_fails():
    assert not PASSES
"""


@pytest.fixture
def course(tmp_path):
    """A course with nothing but tests, and the plugin that is tried."""
    (tmp_path / "tests").mkdir()
    shutil.copy(TESTS / "proof.py", tmp_path / "tests")
    (tmp_path / "tests" / "test_sample.py").write_text(SAMPLE.replace("PASSES", "True"))
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def run(course: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "proof", "-p", "no:cacheprovider", "-v", "tests", *words]
    environment = os.environ | {"PYTHONPATH": str(course / "tests")}
    return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, check=False).stdout


def test_the_standard_proof_leaves_out_what_is_marked_all(course):
    said = run(course)
    assert "1 passed, 1 deselected" in said
    assert "images/filters" not in said


def test_all_can_be_resumed_and_leaves_out_only_what_passed(course):
    assert "1 failed, 2 passed" in run(course, "--all")
    assert "1 failed, 2 deselected" in run(course, "--all", "--resume")
    assert "1 failed, 2 passed" in run(course, "--all")


def test_a_changed_file_makes_all_of_it_unproven_again(course):
    run(course, "--all")
    (course / "tests" / "test_sample.py").write_text(SAMPLE.replace("PASSES", "False"))
    assert "3 passed" in run(course, "--all", "--resume")


def test_workers_prove_the_same_and_the_cost_stands_before_the_closing_line(course):
    assert "1 failed, 2 passed" in run(course, "--all", "-n", "2", "--dist", "loadgroup")
    said = run(course, "--all", "--resume", "-n", "2", "--dist", "loadgroup")
    assert re.search(r"what it cost.*\d s in all;.*^=+ 1 failed in .*=\Z", said.strip(), re.DOTALL | re.MULTILINE)
