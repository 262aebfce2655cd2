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


def drydock(course: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graders", *words],
        cwd=course,
        env=os.environ | {"PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_exercise_added_in_six_steps_proves_itself(course):
    exercise = course / "exercises" / "images" / "rename"
    # 1. The beginning.
    begun = drydock(course, "new", "images/rename")
    assert begun.returncode == 0, begun.stderr
    missing = drydock(course, "prove", "images/rename")
    assert missing.returncode == 1
    for sentence in (
        "`task.md` says nothing.",
        "`solution/why.md` says nothing.",
        "Hint 1 is empty.",
        "No wrong answer fails the check `running`: add `wrong/running--…/`.",
        "It has 0 answers in right/ and needs 2.",
        "It has 0 answers in wrong/ and needs 3.",
        "`notebooks/course.toml` does not name `rename` among the exercises of `images`.",
    ):
        assert sentence in missing.stdout.splitlines(), missing.stdout
    # 2. Answers.
    begin = "docker run -d --name dd-before busybox:1.37 sleep 600\n"
    for name, commands in {
        "solution": begin + "docker rename dd-before dd-after\n",
        "right/stopped-meanwhile": begin
        + "docker stop -t 0 dd-before; docker rename dd-before dd-after; docker start dd-after\n",
        "right/by-id": "id=$(" + begin.strip() + ")\ndocker rename $id dd-after\n",
        "wrong/renamed--not": begin,
        "wrong/renamed--stopped": begin + "docker rename dd-before dd-after; docker stop -t 0 dd-after\n",
        "wrong/renamed--tagged": begin + "docker tag busybox:1.37 dd-after\n",
    }.items():
        write(exercise / name / "commands.sh", commands)
    # 3. What it is.
    write(exercise / "solution" / "why.md", "`docker rename` changes the name and nothing else.\n")
    write(exercise / "task.md", "Give the running container `dd-before` the name `dd-after`.\n")
    toml = exercise / "exercise.toml"
    hints = '["A name is not the container.", "`docker --help` lists the commands.", "There is `docker rename`."]'
    described = re.sub(r"^hints = \[.*?^\]", f"hints = {hints}", toml.read_text(), flags=re.MULTILINE | re.DOTALL)
    toml.write_text(described.replace('["dd-rename"]', '["dd-before", "dd-after"]'))
    # 4. The grader, with the check that the document shows.
    shown = re.search(r"^( +)@check.*?(?=\n\n)", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)
    grader = course / "graders" / "topics" / "images" / "rename.py"
    grader.write_text(grader.read_text().partition("@check")[0] + textwrap.dedent(shown[0]) + "\n")
    # 5. Its place in the course: the lines that the beginning printed.
    lines = [line.removeprefix("    ") for line in begun.stdout.splitlines()]
    named, block = lines.index('exercises = ["rename"]'), lines.index("```{exercise} images/rename")
    toml = course / "notebooks" / "course.toml"
    toml.write_text(toml.read_text().replace('exercises = ["repair"]', lines[named].replace("[", '["repair", '), 1))
    lesson = course / "notebooks" / "images" / "12-when-it-does-not-work.md"
    lesson.write_text("\n".join([lesson.read_text(), *lines[block : block + 2], ""]))
    # 6. The proof.
    unread = drydock(course, "prove", "images/rename", "--all")
    assert unread.returncode == 1
    assert "It has no says.txt" in unread.stdout
    for words in (["--all", "--write"], ["--all"]):
        done = drydock(course, "prove", "images/rename", *words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "images/rename: proven, 7 answers, 1 throwaway Engines" in done.stdout
    assert "There is no container called `dd-after`." in (exercise / "wrong/renamed--not/says.txt").read_text()
