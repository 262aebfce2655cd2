"""What is taken from an answer's folder, and what is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from environment.engines import ScriptResult
from graders.answer import MAX_BYTES, SEED_FILE, Answer
from graders.errors import DrydockError, Failed
from graders.exercise import lesson_of, load, topics
from graders.notebooks import build_source, digest
from graders.own import LastRun, saved
from graders.workspace import answer_folder, build_workspace, find_workspace, keep_seed


@pytest.fixture
def folder(tmp_path):
    answer = tmp_path / "an answer with spaces"
    answer.mkdir()
    (answer / "Dockerfile").write_text("FROM scratch\n")
    return answer


def refused(folder) -> str:
    with pytest.raises(DrydockError) as error, Answer(folder):
        pass
    return error.value.what


def test_an_assignment_that_was_given_out_is_a_workspace_wherever_it_lies(tmp_path):
    assignment = tmp_path / "my courses" / "images"
    build_source(assignment.parent, "images")
    assert find_workspace({}, assignment) == assignment.parent
    assert find_workspace({}, assignment / "exercises" / "limits") == assignment.parent
    keep_seed(assignment.parent, "images")
    assert (assignment / SEED_FILE).read_text() == (assignment.parent / SEED_FILE).read_text() != ""


def test_answers_beside_the_lessons_as_in_older_workspaces_move_below_and_stand_in_the_cells(tmp_path):
    exercise = load("images/first-container")
    before = tmp_path / "images" / exercise.name
    before.mkdir(parents=True)
    (before / "commands.sh").write_text("docker run mine\n")
    build_workspace(tmp_path)
    assert not before.exists()
    assert (answer_folder(tmp_path, exercise) / "commands.sh").read_text() == "docker run mine\n"
    lesson = nbformat.read(tmp_path / "images" / lesson_of(exercise).file, as_version=4)
    (answer,) = (cell.source for cell in lesson.cells if cell.metadata.get("part") == "answer")
    assert answer == "%%answer images/first-container\ndocker run mine"


def test_an_answer_beside_the_lessons_counts_where_none_was_begun_below_them(tmp_path):
    exercise = load("images/limits")
    build_workspace(tmp_path)
    below, beside = answer_folder(tmp_path, exercise), tmp_path / "images" / "limits"
    beside.mkdir()
    (beside / "commands.sh").write_text("docker run beside\n")
    assert answer_folder(tmp_path, exercise) == beside
    (below / "commands.sh").write_text("docker run below\n")
    assert answer_folder(tmp_path, exercise) == below


def test_a_newer_lesson_takes_the_place_of_one_that_nobody_changed_and_of_no_other(tmp_path):
    build_workspace(tmp_path)
    unchanged, changed = (tmp_path / "images" / lesson.file for lesson in topics()[0].lessons[:2])
    book = nbformat.read(changed, as_version=4)
    book.cells[0].source += " A note of mine."
    nbformat.write(book, changed)
    # As if the course had had other texts when these were built.
    built_file = tmp_path / ".drydock" / "built.json"
    built = json.loads(built_file.read_text())
    old = unchanged.read_text().replace("A first container", "An older text")
    unchanged.write_text(old)
    for lesson in topics()[0].lessons[:2]:
        built[lesson.id][0] = "older"
    built[topics()[0].lessons[0].id][1] = digest(unchanged)
    built_file.write_text(json.dumps(built))
    told = build_workspace(tmp_path)
    assert "A first container" in unchanged.read_text()
    assert "A note of mine." in changed.read_text()
    assert [str(changed) in sentence for sentence in told] == [True]


def test_what_no_answer_may_hold_does_not_keep_the_workspace_from_being_made(tmp_path):
    build_workspace(tmp_path)
    values = (tmp_path / ".drydock" / "values.sh").read_text()
    assert re.search(r"export MEMORY=\d+ CPUS=", values)
    (answer_folder(tmp_path, load("images/limits")) / "passwords").symlink_to("/etc/passwd")
    build_workspace(tmp_path)
    assert (tmp_path / ".drydock" / "values.sh").read_text() == values


def test_the_workspace_lists_lessons_before_all_else_and_answers_below(tmp_path):
    build_workspace(tmp_path)
    for topic in topics():
        there = {path.name for path in (tmp_path / topic.id).iterdir() if not path.name.startswith(".")}
        assert there == {"exercises", "files", *(lesson.file for lesson in topic.lessons)}


def test_an_answer_is_copied_so_that_grading_cannot_change_it(folder):
    with Answer(folder) as workspace:
        (workspace.path / "Dockerfile").write_text("changed")
    assert (folder / "Dockerfile").read_text() == "FROM scratch\n"


def test_the_copy_is_gone_afterwards(folder):
    with Answer(folder) as workspace:
        path = workspace.path
    assert not path.exists()


def test_modes_of_files_are_kept_because_an_image_keeps_them_too(folder):
    (folder / "run.sh").write_text("")
    (folder / "run.sh").chmod(0o754)
    with Answer(folder) as workspace:
        assert (workspace.path / "run.sh").stat().st_mode & 0o777 == 0o754


def test_a_link_inside_the_folder_stays_a_link(folder):
    (folder / "link").symlink_to("Dockerfile")
    with Answer(folder) as workspace:
        assert (workspace.path / "link").readlink() == Path("Dockerfile")


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "sub/../../secret"])
def test_a_link_out_of_the_folder_is_refused_by_name(folder, target):
    (folder / "link").symlink_to(target)
    assert "`link`" in refused(folder)


def test_a_folder_that_is_a_link_out_is_refused(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (folder / "sub").symlink_to(tmp_path / "elsewhere")
    assert "`sub`" in refused(folder)


def test_a_link_that_leads_back_to_itself_is_refused(folder):
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    with pytest.raises(DrydockError, match="back to itself"):
        Answer(folder)


def test_a_check_says_when_the_files_were_saved_that_it_looked_at(tmp_path):
    exercise = load("dockerfiles/first-image")
    folder = tmp_path / exercise.id
    shutil.copytree(exercise.folder / "start", folder)
    assert saved(exercise, folder) == []
    (folder / "Dockerfile").write_text("FROM scratch\n")
    assert re.fullmatch(r"Looked at as saved: `Dockerfile` at \d\d:\d\d:\d\d\.", *saved(exercise, folder))


def test_a_check_after_commands_that_failed_says_so():
    failed = LastRun(ScriptResult(125, "docker: Conflict. The container name is already in use\n", 1.0))
    assert "exit code 125" in failed.note(None)
    assert "already in use" in failed.note(None)
    assert "exit code 125" in failed.foot


def test_a_check_of_what_is_older_than_the_last_answer_begins_with_that():
    ran = LastRun(ScriptResult(0, "", 10.0))
    assert ran.note(None) == ran.note(5.0) == ran.note(10.5) == ""
    assert "before your last answer ran" in ran.note(60.0)


def test_a_pipe_is_refused_instead_of_waited_for(folder):
    os.mkfifo(folder / "pipe")
    assert "`pipe`" in refused(folder)


def test_a_huge_sparse_file_is_refused_without_being_read(folder):
    with (folder / "huge").open("wb") as file:
        file.truncate(MAX_BYTES * 100)
    assert "MB" in refused(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert "nowhere" in refused(tmp_path / "nowhere")


def test_names_that_are_not_utf_8_are_no_trouble(folder):
    (os.fsencode(folder) + b"/\xff\n--x").decode("utf-8", "surrogateescape")
    with open(os.fsencode(folder) + b"/\xff\n--x", "wb") as file:  # noqa: PTH123 - a name of bytes
        file.write(b"1")
    with Answer(folder) as workspace:
        assert len(list(workspace.path.iterdir())) == 2


def test_a_missing_file_is_named_with_what_is_there(folder):
    with Answer(folder) as workspace, pytest.raises(Failed) as failed:
        workspace.file("compose.yaml")
    assert "compose.yaml" in failed.value.message
    assert "Dockerfile" in failed.value.evidence[0]


def test_answers_that_are_not_toml_are_told_with_their_line(folder):
    (folder / "answers.toml").write_text("one = \n")
    with Answer(folder) as workspace, pytest.raises(Failed, match="line 1"):
        _ = workspace.answers


def test_answers_saved_on_windows_are_read(folder):
    (folder / "answers.toml").write_bytes(b"\xef\xbb\xbfone = 1\r\ntwo = 2\r\n")
    with Answer(folder) as workspace:
        assert workspace.answers == {"one": 1, "two": 2}


def test_scripts_with_windows_line_endings_are_named(folder):
    (folder / "run.sh").write_bytes(b"#!/bin/sh\r\necho\r\n")
    (folder / "picture.bin").write_bytes(b"\0\r\n")
    (folder / "menu.csv").write_bytes(b"a;b\r\n")  # no shell reads it
    with Answer(folder) as workspace:
        assert workspace.crlf_files() == ["run.sh"]


def test_values_differ_between_learners_and_stay_the_same_for_one(folder):
    with (
        Answer(folder, seed="one") as one,
        Answer(folder, seed="two") as two,
        Answer(folder, seed="one") as same,
    ):
        assert one.nonce("token") == same.nonce("token") != two.nonce("token")
        assert 5 <= one.number("port", 5, 9) <= 9
        assert sorted(one.shuffled("order", ["a", "b", "c"])) == ["a", "b", "c"]


def test_the_seed_is_found_in_the_workspace_above_an_answer(folder):
    (folder.parent / ".drydock-seed").write_text("mine\n")
    with Answer(folder) as workspace:
        assert workspace.seed == "mine"
