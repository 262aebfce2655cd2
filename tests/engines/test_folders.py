"""The word for an exercise's folder on the Engine's machine: changed as an editor does it, and put back exactly."""

from __future__ import annotations

import os
import shutil
import stat

import pytest
from docker.types import Mount

from environment.engines.session import current_session
from graders.answer import Answer
from graders.engine import Engine, folders
from graders.errors import DrydockError, Failed

pytestmark = pytest.mark.engine
ODD = "hafen à la carte, „Ost“"
"""Paths have spaces, commas and letters of any alphabet; a colon, too, which `-v` could not take."""


@pytest.fixture
def engine(found):
    with Engine(found, "notebooks", session=current_session()) as engine:
        yield engine


@pytest.fixture
def answer(tmp_path):
    place = tmp_path / f"{ODD}:x"
    (place / "notices").mkdir(parents=True)
    (place / "commands.sh").write_text("true\n")
    (place / "notices" / "tides ü.txt").write_bytes(b"low at six\r\n\xff")
    with Answer(place) as answer:
        yield answer


def known(path):
    """All of a file that must be as it was."""
    of = path.stat()
    return path.read_bytes(), stat.S_IMODE(of.st_mode), of.st_uid, of.st_gid, of.st_ino, of.st_mtime_ns // 1_000_000_000


def test_both_ways_of_editing_are_seen_and_put_back(engine, answer):
    file = answer.place / "notices" / "tides ü.txt"
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 70, 71)
    os.utime(file, (1, 1))
    before = known(file)
    with engine.folder(answer) as folder:
        folder.edit("notices/tides ü.txt", "one ä\n$HOME 100%s")
        assert file.read_text() == "one ä\n$HOME 100%s"
        assert known(file)[1:5] == before[1:5]
        folder.replace("notices/tides ü.txt", "two\n")
        assert file.read_text() == "two\n"
        assert known(file)[1:4] == before[1:4]
        assert file.stat().st_ino != before[4]
        folder.edit("notices/tides ü.txt", "three\n")
        folder.add("notices/new.txt", "new\n")
        assert (answer.place / "notices" / "new.txt").read_text() == "new\n"
    assert known(file) == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_all_is_put_back_whatever_ends_the_check(engine, answer):
    file = answer.place / "notices" / "tides ü.txt"
    before = known(file)

    def stopped(folder):
        folder.replace("notices/tides ü.txt", "two\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), engine.folder(answer) as folder:
        stopped(folder)
    assert known(file) == before


def test_a_file_that_is_there_is_not_taken_for_a_new_one(engine, answer):
    with engine.folder(answer) as folder, pytest.raises(DrydockError, match="could not be changed from outside"):
        folder.add("commands.sh", "false\n")
    assert (answer.place / "commands.sh").read_text() == "true\n"


def test_a_file_that_is_not_there_fails_with_a_sentence(engine, answer):
    with engine.folder(answer) as folder, pytest.raises(Failed, match=r"no `notices/berths\.txt`"):
        folder.edit("notices/berths.txt", "")
    assert len(list((answer.place / "notices").iterdir())) == 1


def test_a_folder_that_the_engine_does_not_see_ends_in_a_sentence(engine, answer, tmp_path):
    with (
        pytest.raises(DrydockError, match="cannot see the folder") as absent,
        folders.opened(engine._run, tmp_path / "absent", "commands.sh"),
    ):
        pass
    assert "File sharing" in absent.value.remedy
    (tmp_path / "empty").mkdir()  # as `-v` makes it in a virtual machine that does not have the folder
    with (
        pytest.raises(DrydockError, match="is empty or another one"),
        folders.opened(engine._run, tmp_path / "empty", "commands.sh"),
    ):
        pass
    assert not [c for c in engine.containers(status="running") if c.name.startswith("drydock-run-" + engine._run.id)]


def test_a_folder_that_containers_cannot_have_is_told_before_it_is_needed(engine, throwaway, tmp_path):
    assert engine.unseen(tmp_path) == ""
    with Engine(throwaway, "notebooks", session=current_session()) as elsewhere:
        assert elsewhere.unseen(tmp_path).startswith(f"The Engine cannot see the folder `{tmp_path}`: ")
    assert list(tmp_path.iterdir()) == []


def test_what_fails_for_want_of_the_folder_is_told_so(engine, answer):
    with pytest.raises(Failed, match="of its own"), engine.seeing_folder(answer):
        raise Failed("It failed for a reason of its own.")
    shutil.rmtree(answer.place)  # the Engine cannot see it now
    with pytest.raises(DrydockError, match="cannot see the folder"), engine.seeing_folder(answer):
        raise Failed("Nothing was mounted.")


@pytest.mark.parametrize(
    ("mounts", "where"),
    [
        ({"/srv": ("notices", True)}, ""),
        ({"/srv": ("notices", False)}, "/srv"),
        ({"/srv": ("notices", True), "/all": ("", False)}, "/all/notices"),
        ({"/srv": ("elsewhere", False)}, ""),
        ({}, ""),
    ],
)
def test_what_a_container_can_write_into_is_tried_through_its_own_mounts(engine, answer, mounts, where):
    (answer.place / "elsewhere").mkdir()
    made = [
        Mount(target, str(answer.place / name), type="bind", read_only=read_only)
        for target, (name, read_only) in mounts.items()
    ]
    container = engine.run("busybox:1.37", "sleep", "60", mounts=made, read_only=True)
    with engine.folder(answer) as folder:
        assert folder.written_through(container, "notices") == where
    assert [path.name for path in (answer.place / "notices").iterdir()] == ["tides ü.txt"]
