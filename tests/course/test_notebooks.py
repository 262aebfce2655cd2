"""Notebooks are run from top to bottom on a real Engine, and print what their text says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import nbformat
import pytest

from environment.engines import SESSION_LABEL
from environment.engines.container.engine import ENGINE_LABEL, TEMPLATE_LABEL
from graders import progress
from graders.engine import Engine
from graders.engine.cleaning import remove_demos, remove_exercise
from graders.engine.events import wait_until
from graders.exercise import COMMANDS, CONTENT, exercises, lessons, load, topics
from graders.notebooks import HOME, KERNEL, build, build_source
from graders.workspace import answer_folder, build_workspace

TOPICS = [topic.id for topic in topics()]
each_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.id)
COVERAGE = tomllib.loads((Path(__file__).parent / "coverage.toml").read_text())
OF_TESTS = {SESSION_LABEL, ENGINE_LABEL, TEMPLATE_LABEL}
PICTURE = '<figure class="drydock-'
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def printed(cell) -> str:
    """What a learner reads under a cell, without colours and without lines that a progress bar overwrote."""
    text = ""
    for output in cell.outputs:
        if output.output_type == "stream":
            text += output.text
        elif output.output_type == "error":
            text += "\n".join(output.traceback)
        elif PICTURE in output.data.get("text/html", PICTURE):  # a picture is read by its text twin
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


@each_lesson
def test_a_notebook_is_valid_and_has_the_metadata_that_nbgrader_wants(lesson):
    from nbgrader.nbgraderformat import MetadataValidator

    notebook = build(lesson)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    graded = [c.metadata.nbgrader for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    expected = {e.id.replace("/", "-") + "-check": e.points for e in lesson.exercises}
    assert {cell.grade_id: cell.points for cell in graded} == expected


@each_lesson
def test_a_learners_notebook_does_not_give_the_outputs_away(lesson):
    cells = build(lesson).cells
    assert not any("{expect}" in cell.source or "{exercise}" in cell.source for cell in cells)
    assert not any("expect" in cell.metadata for cell in cells)


@each_lesson
def test_every_exercise_stands_once_and_in_order(lesson):
    cells = build(lesson).cells
    checked = [cell.metadata["exercise"] for cell in cells if cell.metadata.get("part") == "check"]
    assert checked == [e.id for e in lesson.exercises]


def test_every_text_is_a_lesson_of_the_course():
    texts = {path.relative_to(CONTENT / "notebooks") for path in (CONTENT / "notebooks").rglob("*.md")}
    assert texts == {lesson.source.relative_to(CONTENT / "notebooks") for lesson in lessons()}


@each_lesson
def test_a_lesson_opens_with_what_one_can_do_at_its_end(lesson):
    opening = build(lesson).cells[0].source
    assert opening.startswith(f"# {lesson.title}\n")
    assert re.search(r"^(At|In) the end\b.*\byou\b", opening, re.MULTILINE), opening


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.id)
def test_lessons_are_short_and_numbered_in_order(topic):
    assert [lesson.name[:2] for lesson in topic.lessons] == [f"{n:02}" for n in range(1, len(topic.lessons) + 1)]
    assert all(5 <= lesson.minutes <= 25 for lesson in topic.lessons)
    assert len({lesson.title for lesson in topic.lessons}) == len(topic.lessons)


def test_a_lesson_builds_on_lessons_before_it():
    before: set[str] = set()
    for lesson in lessons():
        assert set(lesson.needs) <= before, lesson.id
        before.add(lesson.id)


@pytest.mark.parametrize("alone", [False, True])
def test_every_lesson_leads_back_home_and_on(alone, tmp_path):
    for lesson in lessons():
        last = build(lesson, alone=alone).cells[-1].source
        ways = [(tmp_path / lesson.topic / to).resolve() for to in re.findall(r"\]\(([^)]+)\)", last)]
        assert ((tmp_path / HOME) in ways) is not alone
        known = {tmp_path / other.topic / other.file: other for other in lessons()}
        others = [known[way] for way in ways if way.name != HOME]
        assert others
        assert not alone or {other.topic for other in others} == {lesson.topic}


@each_lesson
def test_paragraphs_are_short_enough_for_the_end_of_a_day(lesson):
    for cell in build(lesson).cells:
        if cell.cell_type == "markdown":
            for paragraph in re.split(r"\n\s*\n", cell.source):
                if not paragraph.lstrip().startswith(("|", "-", "#", "```", "<", "!", "1.")):
                    assert len(re.findall(r"[.?:](?:\s|$)", paragraph)) <= 6, paragraph


@pytest.mark.parametrize("topic", COVERAGE)
@pytest.mark.parametrize(("listed", "key"), [("coverage", "teaches"), ("myths", "proves")])
def test_each_row_of_the_curriculum_is_shown_by_a_cell(topic, listed, key):
    shown = {
        row
        for lesson in lessons()
        for cell in build(lesson).cells
        if cell.cell_type == "code"
        for row in cell.metadata.get(key, [])
    }
    assert set(COVERAGE[topic][listed]) - shown == set()


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A learner's workspace, to be copied: to build one takes two seconds."""
    folder = tmp_path_factory.mktemp("workspace")
    build_workspace(folder)
    return folder


@pytest.fixture
def workspace(built, tmp_path, monkeypatch) -> Path:
    """A learner's workspace, which is the one that the course's commands find."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    build_workspace(tmp_path)  # which writes down where it lies
    monkeypatch.setenv("DRYDOCK_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.fixture
def clean_engine(found, lesson):
    """The Engine without what the lesson's exercises own; called, it leaves a swarm that was begun meanwhile."""

    def in_a_swarm() -> bool:
        return found.client.info()["Swarm"]["LocalNodeState"] != "inactive"

    def clean() -> None:
        for exercise in lesson.exercises:
            remove_exercise(found.client, exercise.id, exercise.owns)

    def leave() -> None:
        if in_a_swarm() and not before:
            found.client.swarm.leave(force=True)
            found.client.networks.get("docker_gwbridge").remove()

    before = in_a_swarm()
    clean()
    yield leave
    clean()
    if in_a_swarm() and not before:  # a cell failed, and with it all that comes after
        remove_demos(found.client)
    leave()


def left(client) -> set[str]:
    """Images, containers and networks of an Engine, but for what other tests start and end there."""
    images = {
        name for image in client.images.list() if not OF_TESTS & set(image.labels) for name in image.tags or [image.id]
    }
    containers = {c.name for c in client.containers.list(all=True, ignore_removed=True) if not OF_TESTS & set(c.labels)}
    networks = {n.name for n in client.networks.list() if not OF_TESTS & set(n.attrs.get("Labels") or {})}
    return images | containers | networks


def unused_volumes(client) -> set[str]:
    """Volumes that no container has; a throwaway Engine's goes right after its container."""
    found = client.volumes.list(filters={"dangling": True})
    return {volume.name for volume in found if not OF_TESTS & set(volume.attrs["Labels"] or {})}


def solve(notebook, workspace: Path) -> None:
    """Put the model solutions where a learner's answers go."""
    for cell in notebook.cells:
        if "exercise" not in cell.metadata:
            continue
        exercise = load(cell.metadata["exercise"])
        solution, folder = exercise.folder / "solution", answer_folder(workspace, exercise)
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
@each_lesson
def test_every_cell_of_a_lesson_runs_alone_prints_what_the_text_says_and_leaves_nothing(
    lesson, workspace, monkeypatch, clean_engine, found
):
    from nbclient import NotebookClient

    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    notebook = build(lesson, keep_expected=True)
    solve(notebook, workspace)
    before, volumes = left(found.client), unused_volumes(found.client)
    client = NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(workspace / lesson.topic)}})
    client.execute()

    wrong = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and "part" not in cell.metadata:
            seen, expected = printed(cell), cell.metadata.get("expect", "")
            if not matches(expected, seen):
                wrong.append(f"--- {cell.source}\n--- the text says\n{expected}\n--- it prints\n{seen}")
    assert not wrong, "\n\n".join(wrong)
    lacks = Engine(found, "", "").capabilities
    able = [exercise for exercise in lesson.exercises if not any(lacks[need] for need in exercise.requires)]
    missed = [s.exercise.id for s in progress.standings(workspace) if s.exercise in able and not s.passed]
    assert not missed, missed
    for exercise in lesson.exercises:
        remove_exercise(found.client, exercise.id, exercise.owns)
    clean_engine()  # which is the learner's to do, as the tasks say
    after = left(found.client)
    assert after <= before
    # What had no name and the same content as something of the lesson goes with it.
    assert {name for name in before - after if not name.startswith("sha256:")} == set()
    end = time.monotonic() + 10
    assert wait_until(
        found.client,
        lambda: unused_volumes(found.client) <= volumes,
        lambda: end - time.monotonic(),
        {"type": "volume"},
    )


def test_the_courses_kernel_knows_the_magics_from_its_start(tmp_path):
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%hint")], metadata={"kernelspec": KERNEL})
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "such as `%hint images/first-container`" in notebook.cells[0].outputs[0].data["text/plain"]


@pytest.mark.engine
@pytest.mark.xdist_group("own Engine")
@pytest.mark.parametrize("lesson", lessons()[:1])
def test_nbgrader_validates_a_notebook_only_when_its_checks_pass(lesson, tmp_path, clean_engine):
    first = lesson.exercises[0]
    build_workspace(tmp_path / "learner")
    file = tmp_path / "learner" / lesson.topic / "short.ipynb"
    notebook = nbformat.read(file.with_name(lesson.file), as_version=4)
    own = [
        c for c in notebook.cells if c.metadata.get("exercise") == first.id and c.metadata.part in {"answer", "check"}
    ]
    for kind, word in (("start", "FAILED"), ("solution", "Success")):
        own[0].source = f"%%answer {first.id}\n{(first.folder / kind / COMMANDS).read_text()}"
        nbformat.write(nbformat.v4.new_notebook(cells=own, metadata=notebook.metadata), file)
        command = [sys.executable, "-m", "nbgrader", "validate", file.name]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            command, cwd=file.parent, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True
        )
        assert word in done.stdout


def test_the_source_folder_for_nbgrader_has_an_assignment_for_each_topic(tmp_path):
    for topic in TOPICS:
        build_source(tmp_path, topic)
    for lesson in lessons():
        assert (tmp_path / lesson.topic / lesson.file).is_file()
    for exercise in exercises():
        assert (tmp_path / exercise.topic / exercise.place).is_dir()
