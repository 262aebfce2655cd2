"""CONTRIBUTING.md's six steps are followed in a copy of the course, with its own lines of code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
COPIED = ("graders", "exercises", "notebooks", "environment", "tests", "pyproject.toml", "README.md")


@pytest.fixture
def course(tmp_path):
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip())


def test_an_exercise_added_in_six_steps_proves_itself(course):
    exercise = course / "exercises" / "images" / "rename"
    # 1. Answers.
    begin = "docker run -d --name dd-before busybox:1.37 sleep 600\n"
    for name, commands in {
        "solution": begin + "docker rename dd-before dd-after\n",
        "right/stopped-meanwhile": begin
        + "docker stop -t 0 dd-before; docker rename dd-before dd-after; docker start dd-after\n",
        "right/by-id": "id=$(" + begin.strip() + ")\ndocker rename $id dd-after\n",
        "wrong/renamed--not": begin,
        "wrong/renamed--stopped": begin + "docker rename dd-before dd-after; docker stop -t 0 dd-after\n",
        "wrong/renamed--tagged": begin + "docker tag busybox:1.37 dd-after\n",
        "start": "# Your commands\n",
    }.items():
        write(exercise / name / "commands.sh", commands)
    # 2. What it is.
    write(exercise / "solution" / "why.md", "`docker rename` changes the name and nothing else.\n")
    write(exercise / "task.md", "Give the running container `dd-before` the name `dd-after`.\n")
    write(
        exercise / "exercise.toml",
        """
        title = "Rename a container"
        kind = ["commands"]
        minutes = 2
        images = ["busybox:1.37"]
        hints = ["A name is not the container.", "`docker --help` lists the commands.", "There is `docker rename`."]

        [owns]
        containers = ["dd-before", "dd-after"]
        """,
    )
    # 3. The grader, as the document shows it.
    shown = re.search(r"^( +)@check.*?(?=\n\n)", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)
    imports = "from graders.author import Container, Engine, check\n\n\n"
    write(course / "graders" / "topics" / "images" / "rename.py", imports + textwrap.dedent(shown[0]) + "\n")
    # 4. Its place in the course.
    toml = course / "notebooks" / "course.toml"
    toml.write_text(toml.read_text().replace('    "repair",\n', '    "repair",\n    "rename",\n', 1))
    notebook = course / "notebooks" / "images.md"
    notebook.write_text(notebook.read_text() + "\n```{exercise} images/rename\n```\n")
    # 5. The proof.
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"),
            *("tests/exercises/test_exercises.py", "tests/course/test_notebooks.py", "-k", "images/rename or once_and_in_order"),
        ],
        cwd=course,
        env=os.environ | {"PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
