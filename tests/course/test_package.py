"""`pip install .` gives a working `drydock` too, without the repository beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graders.exercise import exercises

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(ROOT)], check=True, capture_output=True)
    return target


def run(installed: Path, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(installed), "HOME": str(tmp_path)}
    return subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )


def test_the_installed_command_lists_every_exercise(installed, tmp_path):
    listed = json.loads(run(installed, tmp_path, "-m", "graders", "list", "--json").stdout)
    found = [e["id"] for topic in listed["topics"] for e in topic["exercises"]]
    assert found == [e.id for e in exercises()]


def test_the_installed_course_does_not_need_the_repository(installed, tmp_path):
    code = "import graders.exercise as e; print(e.CONTENT)"
    assert Path(run(installed, tmp_path, "-c", code).stdout.strip()).is_relative_to(installed)


def test_the_installed_course_builds_a_workspace(installed, tmp_path):
    code = "from pathlib import Path; from graders.workspace import build_workspace; build_workspace(Path('w'))"
    run(installed, tmp_path, "-c", code)
    assert (tmp_path / "w" / "images" / "01-a-first-container.ipynb").is_file()
    assert (tmp_path / "w" / "dockerfiles" / "exercises" / "first-image").is_dir()


def test_nothing_but_the_course_and_its_kernel_is_installed(installed):
    top = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert top - {"bin", "__pycache__"} == {"graders", "environment", "share"}
    shared = {str(path.relative_to(installed)) for path in (installed / "share").rglob("*") if path.is_file()}
    assert shared == {"share/jupyter/kernels/drydock/kernel.json"}
