"""What was handed in reaches the learner whose it is, and nobody else."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from graders.classroom.collecting import from_folder
from graders.classroom.demo import hand_in
from graders.classroom.room import Classroom, exercises_of
from graders.errors import UsageError
from graders.exercise import lesson_of, load
from graders.variants import Variant

TOPIC = "dockerfiles"
ANSWER = Path("exercises") / "first-image" / "Dockerfile"


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Classroom:
    room = Classroom.make(tmp_path_factory.mktemp("class"))
    room.release(TOPIC, lambda _: None)
    return room


@pytest.fixture(scope="module")
def right(room) -> Path:
    """The folder of an assignment with the model solutions."""
    return hand_in(room, "somebody", TOPIC, {e.id: Variant(e, "solution") for e in exercises_of(TOPIC)})


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def archive(right: Path, path: Path, mark: str = "") -> None:
    """An archive of the assignment, its Dockerfile ending in a comment."""
    with zipfile.ZipFile(path, "w") as new:
        for file in right.rglob("*"):
            if file.is_file():
                more = f"# {mark}\n" if mark and file.relative_to(right) == ANSWER else ""
                new.writestr(f"{TOPIC}/{file.relative_to(right)}", file.read_bytes() + more.encode())


def taken(room: Classroom, learner: str) -> str:
    return (room.step("submitted", learner, TOPIC) / ANSWER).read_text()


def test_two_names_of_one_learner_stop_everything_and_are_listed(room, right, source):
    for name in ("Ann_Smith.zip", "Bob_Smith.zip"):
        archive(right, source / name, name)
    with pytest.raises(UsageError) as error:
        from_folder(room, TOPIC, source, r"_(?P<learner>\w+)")
    assert "`Ann_Smith.zip`, `Bob_Smith.zip`" in error.value.what
    assert not room.step("submitted", "Smith", TOPIC).exists()


def test_a_name_with_a_space_is_not_shortened_to_somebody_elses(room, right, source):
    archive(right, source / "Ann Smith.zip")
    assert "left out" in from_folder(room, TOPIC, source, None)[0]


def test_of_several_attempts_the_newest_counts_and_the_others_are_named(room, right, source):
    for attempt in ("2", "10", "9"):
        archive(right, source / f"ada_attempt_{attempt}.zip", f"attempt {attempt}")
    told = from_folder(room, TOPIC, source, None)
    assert taken(room, "ada").endswith("# attempt 10\n")
    assert (
        "`ada_attempt_10.zip` is the newest attempt; passed over: `ada_attempt_9.zip`, `ada_attempt_2.zip`" in told[0]
    )


def zip_in_a_folder(right: Path, source: Path, learner: str) -> None:
    (source / learner).mkdir()
    archive(right, source / learner / "my work.zip")


def one_folder_deeper(right: Path, source: Path, learner: str) -> None:
    shutil.copytree(right, source / learner / "submission" / "final" / TOPIC)


def the_assignment_itself(right: Path, source: Path, learner: str) -> None:
    shutil.copytree(right, source / learner)


@pytest.mark.parametrize("way", [zip_in_a_folder, one_folder_deeper, the_assignment_itself])
def test_an_assignment_is_found_where_an_lms_puts_it(room, right, source, way):
    learner = way.__name__.replace("_", "-")
    way(right, source, learner)
    told = from_folder(room, TOPIC, source, None)
    assert taken(room, learner) == (right / ANSWER).read_text()
    assert len(told) == 1  # when it was handed in


def test_an_archive_that_is_broken_is_ungradable_and_no_starting_file_takes_its_place(room, right, source):
    archive(right, source / "carl.zip")
    whole = (source / "carl.zip").read_bytes()
    (source / "carl.zip").write_bytes(whole[: len(whole) // 3])
    told = from_folder(room, TOPIC, source, None)
    assert told[0].startswith("carl, 12 exercises: What was handed in cannot be unpacked whole")
    assert all(answer.problem for answer in room.read("carl", TOPIC).answers.values())


def test_a_notebook_alone_is_taken_and_what_was_not_handed_in_is_said(room, right, source):
    shutil.copy(right / lesson_of(load("dockerfiles/first-image")).file, source / "dora.ipynb")
    from_folder(room, TOPIC, source, None)
    answers = room.read("dora", TOPIC).answers
    assert "There is no folder `first-image`" in answers["dockerfiles/first-image"].problem


def test_the_time_of_hand_in_can_be_said(room, right, source):
    archive(right, source / "eve.zip")
    from_folder(room, TOPIC, source, None, "2026-01-15 12:00:00 UTC")
    stamp = room.step("submitted", "eve", TOPIC) / "timestamp.txt"
    assert stamp.read_text() == "2026-01-15 12:00:00 UTC\n"
    with pytest.raises(UsageError, match="is no time"):
        from_folder(room, TOPIC, source, None, "yesterday")
