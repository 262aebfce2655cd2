"""Notebooks are run from top to bottom on a real Engine, and print what their text says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

from graders import progress
from graders.engine.cleaning import remove_exercise
from graders.exercise import COMMANDS, PACKAGE, exercises, load, topics
from graders.notebooks import build, build_source
from graders.workspace import build_workspace

TOPICS = [topic.id for topic in topics()]
COVERAGE = tomllib.loads((Path(__file__).parent / "coverage.toml").read_text())
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def printed(cell) -> str:
    """What a learner reads under a cell, without colours and without lines that a progress bar overwrote."""
    text = ""
    for output in cell.outputs:
        if output.output_type == "stream":
            text += output.text
        elif output.output_type == "error":
            text += "\n".join(output.traceback)
        elif "text/html" not in output.data:
            text += output.data.get("text/plain", "") + "\n"
    lines = [line.rpartition("\r")[2] for line in ANSI.sub("", text).replace("\r\n", "\n").split("\n")]
    return "\n".join(lines)


def pattern(expected: str) -> re.Pattern[str]:
    """`…` stands for anything in a line, a line of it alone for any lines."""
    lines = expected.strip("\n").split("\n")
    return re.compile(
        "".join("(?:.*\n)*?" if x.strip() == "…" else re.escape(x.rstrip()).replace("…", ".*") + " *\n" for x in lines)
    )


def matches(expected: str, seen: str) -> bool:
    return pattern(expected).fullmatch(seen.strip("\n") + "\n") is not None


@pytest.mark.parametrize(
    ("expected", "seen", "holds"),
    [
        ("a", "a\n", True),
        ("a", "a\nb\n", False),
        ("a …", "a 12 c", True),
        ("…\nlast", "one\ntwo\nlast", True),
        ("first\n…", "first\n", True),
        ("a…c", "a\nc", False),
        ("1.5", "1x5", False),
    ],
)
def test_an_expected_output_is_compared_line_by_line(expected, seen, holds):
    assert matches(expected, seen) is holds


@pytest.mark.parametrize("topic", TOPICS)
def test_a_notebook_is_valid_and_has_the_metadata_that_nbgrader_wants(topic):
    from nbgrader.nbgraderformat import MetadataValidator

    notebook = build(topic)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    graded = [c.metadata.nbgrader for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    expected = {e.id.replace("/", "-") + "-check": e.points for e in exercises() if e.topic == topic}
    assert {cell.grade_id: cell.points for cell in graded} == expected


@pytest.mark.parametrize("topic", TOPICS)
def test_a_learners_notebook_does_not_give_the_outputs_away(topic):
    cells = build(topic).cells
    assert not any("{expect}" in cell.source or "{exercise}" in cell.source for cell in cells)
    assert not any("expect" in cell.metadata for cell in cells)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_exercise_stands_once_and_in_order(topic):
    cells = build(topic).cells
    checked = [cell.metadata["exercise"] for cell in cells if cell.metadata.get("part") == "check"]
    assert checked == [e.id for e in exercises() if e.topic == topic]


@pytest.mark.parametrize("topic", TOPICS)
def test_paragraphs_are_short_enough_for_the_end_of_a_day(topic):
    for cell in build(topic).cells:
        if cell.cell_type == "markdown":
            for paragraph in re.split(r"\n\s*\n", cell.source):
                if not paragraph.lstrip().startswith(("|", "-", "#", "```", "<", "!", "1.")):
                    assert len(re.findall(r"[.?:](?:\s|$)", paragraph)) <= 6, paragraph


@pytest.mark.parametrize("topic", COVERAGE)
@pytest.mark.parametrize(("listed", "key"), [("coverage", "teaches"), ("myths", "proves")])
def test_each_row_of_the_curriculum_is_shown_by_a_cell(topic, listed, key):
    shown = {
        row
        for name in TOPICS
        for cell in build(name).cells
        if cell.cell_type == "code"
        for row in cell.metadata.get(key, [])
    }
    assert set(COVERAGE[topic][listed]) - shown == set()


@pytest.fixture
def clean_engine(found, topic):
    def clean() -> None:
        for exercise in exercises():
            if exercise.topic == topic:
                remove_exercise(found.client, exercise.id, exercise.owns)

    clean()
    yield
    clean()


def solve(notebook, workspace: Path) -> None:
    """Put the model solutions where a learner's answers go."""
    for cell in notebook.cells:
        if "part" not in cell.metadata:
            continue
        exercise = load(cell.metadata["exercise"])
        solution, folder = exercise.folder / "solution", workspace / exercise.id
        if cell.metadata["part"] == "answer":
            cell.source = f"%%answer {exercise.id}\n{(solution / COMMANDS).read_text()}"
        if cell.metadata["part"] == "reset":
            # A reset brings the starting files back, so the solution's come after it.
            cell.source += (
                f"\nimport shutil; _ = shutil.copytree({str(solution)!r}, {str(folder)!r}, dirs_exist_ok=True)"
            )
            if (solution / COMMANDS).exists() and not exercise.has_commands:
                cell.source += f"\n!cd {folder} && bash {COMMANDS}"
        if cell.metadata["part"] == "check" and not exercise.prepare:
            shutil.copytree(solution, folder, dirs_exist_ok=True)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.xdist_group("own Engine")
@pytest.mark.parametrize("topic", TOPICS)
def test_every_cell_runs_and_prints_what_the_text_says(topic, tmp_path, monkeypatch, clean_engine):
    from nbclient import NotebookClient

    build_workspace(tmp_path)
    monkeypatch.setenv("DRYDOCK_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    notebook = build(topic, keep_expected=True)
    solve(notebook, tmp_path)
    client = NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(tmp_path / topic)}})
    client.execute()

    wrong = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and "part" not in cell.metadata:
            seen, expected = printed(cell), cell.metadata.get("expect", "")
            if not matches(expected, seen):
                wrong.append(f"--- {cell.source}\n--- the text says\n{expected}\n--- it prints\n{seen}")
    assert not wrong, "\n\n".join(wrong)
    missed = [s.exercise.id for s in progress.standings(tmp_path) if s.exercise.topic == topic and not s.passed]
    assert not missed, missed


def test_a_kernel_that_was_restarted_knows_the_magics(tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONSTARTUP", str(PACKAGE / "startup.py"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%hint")])
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "such as `%hint images/first-container`" in notebook.cells[0].outputs[0].data["text/plain"]


@pytest.mark.engine
@pytest.mark.xdist_group("own Engine")
@pytest.mark.parametrize("topic", ["images"])
def test_nbgrader_validates_a_notebook_only_when_its_checks_pass(topic, tmp_path, clean_engine):
    first = load("images/first-container")
    build_workspace(tmp_path / "learner")
    file = tmp_path / "learner" / topic / "short.ipynb"
    notebook = nbformat.read(file.with_name(f"{topic}.ipynb"), as_version=4)
    begin = next(c for c in notebook.cells if "load_ext graders" in c.source)
    own = [
        c for c in notebook.cells if c.metadata.get("exercise") == first.id and c.metadata.part in {"answer", "check"}
    ]
    for kind, word in (("start", "FAILED"), ("solution", "Success")):
        own[0].source = f"%%answer {first.id}\n{(first.folder / kind / COMMANDS).read_text()}"
        nbformat.write(nbformat.v4.new_notebook(cells=[begin, *own], metadata=notebook.metadata), file)
        command = [sys.executable, "-m", "nbgrader", "validate", file.name]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            command, cwd=file.parent, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True
        )
        assert word in done.stdout


def test_the_source_folder_for_nbgrader_has_an_assignment_for_each_topic(tmp_path):
    for topic in TOPICS:
        build_source(tmp_path, topic)
    for topic in TOPICS:
        assert (tmp_path / topic / f"{topic}.ipynb").is_file()
    for exercise in exercises():
        assert (tmp_path / exercise.id).is_dir()
