"""A submission is read without believing it: nothing of it but text and plain files gets any further."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
from pathlib import Path

import nbformat
import pytest

from graders.answer import MAX_FILES
from graders.classroom import submission
from graders.classroom.demo import hand_in
from graders.classroom.room import Classroom, exercises_of
from graders.exercise import lesson_of, load, topic
from graders.variants import Variant

TOPIC = "images"
FIRST = "images/first-container"
LIMITS = "images/limits"
FILES = "dockerfiles/first-image"
LEARNERS = itertools.count(1)
SOLUTION = (load(FIRST).folder / "solution" / "commands.sh").read_text()


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Classroom:
    room = Classroom.make(tmp_path_factory.mktemp("class"))
    room.release(TOPIC, lambda _: None)
    room.release("dockerfiles", lambda _: None)
    return room


@pytest.fixture
def handed_in(room):
    """A function that hands in the solutions of a topic for a new learner and returns the folder."""
    learner = f"learner-{next(LEARNERS)}"

    def make(topic=TOPIC) -> Path:
        answers = {e.id: Variant(e, "solution") for e in exercises_of(topic)}
        return hand_in(room, learner, topic, answers)

    return make


@pytest.fixture
def cleaned(room):
    """A function that cleans a submission and returns its answers."""
    return lambda folder: room.read(folder.parent.name, folder.name).answers


def notebook(folder: Path, exercise: str = FIRST) -> Path:
    return folder / lesson_of(load(exercise)).file


def change(folder: Path, edit) -> None:
    said = json.loads(notebook(folder).read_text())
    edit(said)
    notebook(folder).write_text(json.dumps(said))


def part(said, exercise: str, name: str):
    return next(c for c in said["cells"] if c["metadata"].get("exercise") == exercise and c["metadata"]["part"] == name)


def commands(answer) -> str:
    return next(f.content.decode() for f in answer.files if f.name == "commands.sh")


def problems(answers) -> dict[str, str]:
    return {exercise: answer.problem for exercise, answer in answers.items() if answer.problem}


def graded_notebook(folder: Path):
    """The notebook that nbgrader sees."""
    return nbformat.read(notebook(folder), as_version=4)


def released(room):
    return nbformat.read(room.released(TOPIC)[0], as_version=4)


def without_answers(book):
    return [(c.cell_type, c.metadata, "" if c.metadata.get("part") == "answer" else c.source) for c in book.cells]


# In a notebook


def test_the_cell_is_the_answer_and_the_files_beside_it_come_along(handed_in, cleaned):
    answers = cleaned(handed_in())
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()
    assert not problems(answers)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(
            lambda s: [c["metadata"].update(tags=["skip-execution"]) for c in s["cells"]], id="tags that skip cells"
        ),
        pytest.param(
            lambda s: s.update(cells=[c for c in s["cells"] if "%check" not in "".join(c["source"])]), id="no checks"
        ),
        pytest.param(lambda s: s["cells"].extend(list(s["cells"])), id="every cell twice"),
        pytest.param(lambda s: s["cells"].reverse(), id="cells in reverse"),
        pytest.param(lambda s: [c.update(cell_type="raw") for c in s["cells"]], id="all cells of another type"),
        pytest.param(
            lambda s: [
                c["metadata"].get("nbgrader", {}).update(points=1000, locked=False, grade=False, solution=True)
                for c in s["cells"]
            ],
            id="flags of nbgrader flipped",
        ),
        pytest.param(lambda s: [c["metadata"].pop("nbgrader", None) for c in s["cells"]], id="no flags at all"),
        pytest.param(
            lambda s: [
                c.update(outputs=[{"output_type": "execute_result", "data": {"text/plain": "1000"}}])
                for c in s["cells"]
            ],
            id="forged outputs",
        ),
        pytest.param(
            lambda s: s["cells"].insert(
                0,
                {
                    "cell_type": "code",
                    "metadata": {},
                    "source": "import os, graders; get_ipython().input_transformers_cleanup.append(print); os._exit(0)",
                },
            ),
            id="code that would change the kernel or end it",
        ),
        pytest.param(lambda s: s.update(metadata={"kernelspec": {"name": "evil"}}), id="another kernel"),
        pytest.param(lambda s: s["metadata"].update(extra="<script>"), id="metadata that a page could show"),
    ],
)
def test_nothing_of_a_notebook_but_its_answers_reaches_the_gradebook(room, handed_in, cleaned, edit):
    folder = handed_in()
    change(folder, edit)
    answers = cleaned(folder)
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()
    assert not problems(answers)
    assert without_answers(graded_notebook(folder)) == without_answers(released(room))
    assert graded_notebook(folder).metadata == released(room).metadata
    assert all(not c.get("outputs") for c in graded_notebook(folder).cells)


def test_of_two_answers_the_one_that_was_run_counts_and_the_learner_is_told(handed_in, cleaned):
    folder = handed_in()
    change(
        folder,
        lambda s: s["cells"].append(part(s, FIRST, "answer") | {"source": f"%%answer {FIRST}\ndocker run evil"}),
    )
    answer = cleaned(folder)[FIRST]
    assert commands(answer).strip() == SOLUTION.strip()
    assert "several answers" in answer.notes[0]


def test_an_answer_whose_first_line_was_lost_is_still_found(handed_in, cleaned):
    folder = handed_in()
    change(folder, lambda s: part(s, FIRST, "answer").update(source=SOLUTION))
    assert commands(cleaned(folder)[FIRST]).strip() == SOLUTION.strip()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"<<<<<<< HEAD", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 3, "cells": []}', "format 3"),
        (b'{"nbformat": 4, "cells": [{"source": {"a": 1}}, 7]}', "cannot be read"),
        (b'"' + b"x" * (31 << 20) + b'"', "too big"),
    ],
    ids=["conflict", "binary", "deep", "list", "format 3 as it was", "format 3", "odd cells", "large"],
)
def test_a_notebook_that_cannot_be_read_costs_nothing_where_the_folder_has_the_answer(
    handed_in, cleaned, content, word
):
    folder = handed_in()
    for exercise in (FIRST, LIMITS):
        notebook(folder, exercise).write_bytes(content)
    (folder / "exercises" / "limits" / "commands.sh").unlink()
    answers = cleaned(folder)
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()
    assert set(problems(answers)) == {"images/limits"}
    assert word in answers["images/limits"].problem


def test_a_notebook_that_is_a_link_is_not_followed(handed_in, cleaned, tmp_path):
    folder = handed_in()
    secret = tmp_path / "secret.ipynb"
    notebook(folder, LIMITS).rename(secret)
    notebook(folder, LIMITS).symlink_to(secret)
    (folder / "exercises" / "limits" / "commands.sh").unlink()
    answers = cleaned(folder)
    assert "no plain file" in answers["images/limits"].problem
    assert not notebook(folder, LIMITS).is_symlink()


def test_whoever_hands_in_only_the_notebook_is_graded_for_what_stands_in_it(handed_in, cleaned):
    folder = handed_in()
    shutil.rmtree(folder / "exercises")
    answers = cleaned(folder)
    assert not answers[FIRST].problem
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()
    # A file that was never handed in is not graded as an answer.
    assert "There is no folder `why-did-it-stop`" in answers["images/why-did-it-stop"].problem


def stub(said, exercise: str) -> None:
    """Leave the answer cell as it was given out."""
    part(said, exercise, "answer")["source"] = (
        f"%%answer {exercise}\n{(load(exercise).folder / 'start' / 'commands.sh').read_text()}"
    )


def test_a_cell_as_it_was_given_out_is_no_answer_where_the_folder_has_one(handed_in, cleaned):
    folder = handed_in()
    change(folder, lambda said: stub(said, FIRST))
    answers = cleaned(folder)
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()
    assert "as it was given out" in answers[FIRST].notes[0]


@pytest.mark.parametrize(
    "name", ["01-a-first-container-Copy1.ipynb", "01-a-first-container (1).ipynb", "01-a-first-container.ipynb.txt"]
)
def test_an_answer_in_a_copy_of_a_lesson_is_found_and_the_copy_named(handed_in, cleaned, name):
    folder = handed_in()
    shutil.copy(notebook(folder), folder / name)
    change(folder, lambda said: stub(said, FIRST))
    shutil.rmtree(folder / "exercises" / "first-container")
    answers = cleaned(folder)
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()
    assert f"`{name}`" in answers[FIRST].notes[0]
    assert not answers["images/limits"].notes


def test_a_lesson_that_was_renamed_is_found(handed_in, cleaned):
    folder = handed_in()
    notebook(folder).rename(folder / "my first container.ipynb")
    shutil.rmtree(folder / "exercises" / "first-container")
    answer = cleaned(folder)[FIRST]
    assert commands(answer).strip() == SOLUTION.strip()
    assert answer.notes == ("The answer stands in `my first container.ipynb`.",)


def test_a_topic_in_one_notebook_as_classes_of_before_have_it_is_read(handed_in, cleaned):
    folder = handed_in()
    books = [nbformat.read(folder / lesson.file, as_version=4) for lesson in topic(TOPIC).lessons]
    for lesson in topic(TOPIC).lessons:
        (folder / lesson.file).unlink()
    cells = list(itertools.chain(*(book.cells for book in books)))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{TOPIC}.ipynb")
    for exercise in exercises_of(TOPIC):
        (folder / exercise.place / "commands.sh").unlink(missing_ok=True)
    answers = cleaned(folder)
    assert not problems(answers)
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()
    assert not answers[FIRST].notes


def test_an_older_assignment_with_its_folders_beside_the_notebooks_is_read(handed_in, cleaned):
    folder = handed_in()
    for exercise in exercises_of(TOPIC):
        (folder / exercise.place).rename(folder / exercise.name)
    (folder / "exercises").rmdir()
    answers = cleaned(folder)
    assert not problems(answers)
    assert commands(answers[FIRST]).strip() == SOLUTION.strip()


def test_a_notebook_that_cannot_be_read_is_as_ungradable_the_second_time(room, handed_in, cleaned):
    folder = handed_in()
    notebook(folder).write_text("<<<<<<<")
    shutil.rmtree(folder / "exercises" / "first-container")
    first, again = cleaned(folder), cleaned(folder)
    assert "cannot be read" in first[FIRST].problem
    assert problems(first) == problems(again)
    assert first[FIRST].digest == again[FIRST].digest


def test_a_copy_of_what_lies_in_the_exchange_follows_nothing_and_waits_for_nothing(tmp_path):
    inbound = tmp_path / "inbound"
    inbound.mkdir()
    (inbound / "secret").symlink_to("/etc/shadow")
    os.mkfifo(inbound / "pipe")
    (inbound / "images.ipynb").write_text("{}")
    told = submission.copy(inbound, tmp_path / "submitted")
    assert [path.name for path in (tmp_path / "submitted").iterdir()] == ["images.ipynb"]
    assert len(told) == 2


def test_a_learner_whose_name_nbgrader_takes_for_a_pattern_is_left_out_and_named(room):
    from graders.classroom.grading import learners_with

    hand_in(room, "[abc]", TOPIC, {FIRST: Variant(load(FIRST), "solution")})
    told = []
    assert "[abc]" not in learners_with(room.root / "submitted", TOPIC, [], told.append)
    assert "`[abc]`" in told[0]


def test_learners_of_a_class_get_the_cells_that_a_learner_alone_has(room):
    from graders.notebooks import build

    def answers(books):
        return {c.metadata.exercise: c.source for b in books for c in b.cells if c.metadata.get("part") == "answer"}

    given_out = answers(nbformat.read(path, as_version=4) for path in room.released(TOPIC))
    assert given_out == answers(build(lesson) for lesson in topic(TOPIC).lessons)
    assert all(source.startswith("%%answer ") for source in given_out.values())


# In a folder


@pytest.mark.parametrize(
    "target", ["../../../gradebook.db", "/etc/passwd", "../limits/commands.sh", "a/../../x", "loop"]
)
def test_a_link_out_of_the_exercise_is_neither_followed_nor_handed_on(handed_in, cleaned, target):
    folder = handed_in()
    (folder / "exercises" / "first-container" / "loop").symlink_to("loop")
    (folder / "exercises" / "first-container" / "notes").symlink_to(target)
    answers = cleaned(folder)
    assert set(problems(answers)) == {FIRST}
    assert "leads out" in answers[FIRST].problem
    assert not list((folder / "exercises" / "first-container").glob("notes"))


def test_a_link_to_a_file_beside_it_stays(handed_in, cleaned):
    folder = handed_in()
    (folder / "exercises" / "first-container" / "same.sh").symlink_to("commands.sh")
    answers = cleaned(folder)
    assert not problems(answers)
    assert (folder / "exercises" / "first-container" / "same.sh").is_symlink()


def test_a_second_name_of_a_file_elsewhere_is_not_read(room, handed_in, cleaned):
    folder = handed_in()
    os.link(room.root / "gradebook.db", folder / "exercises" / "first-container" / "mine.txt")
    answers = cleaned(folder)
    assert "second name" in answers[FIRST].problem
    assert not (folder / "exercises" / "first-container" / "mine.txt").exists()


def test_two_names_of_one_file_in_the_answer_are_two_files(handed_in, cleaned):
    folder = handed_in()
    os.link(
        folder / "exercises" / "first-container" / "commands.sh", folder / "exercises" / "first-container" / "copy.sh"
    )
    assert not problems(cleaned(folder))


def fifo(path):
    os.mkfifo(path)


def device(path):
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero


def unix_socket(path):
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def sparse(path):
    with path.open("wb") as file:
        file.truncate(10 << 30)


def many(path):
    path.mkdir()
    for number in range(MAX_FILES + 1):
        (path / str(number)).touch()


def deep(path):
    path.joinpath(*["deeper"] * 200).mkdir(parents=True)


@pytest.mark.parametrize("make", [fifo, device, unix_socket, sparse, many, deep])
def test_what_is_no_plain_file_or_too_much_makes_only_its_exercise_ungradable(handed_in, cleaned, make):
    folder = handed_in()
    make(folder / "exercises" / "first-container" / "odd")
    answers = cleaned(folder)
    assert set(problems(answers)) == {FIRST}
    assert commands(answers["images/limits"])


@pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe", b"\x1b[31mred"])
def test_a_name_that_is_no_plain_text_is_refused_and_shown_harmlessly(handed_in, cleaned, name):
    folder = handed_in()
    Path(os.fsdecode(os.fsencode(folder / "exercises" / "first-container") + b"/" + name)).touch()
    problem = cleaned(folder)[FIRST].problem
    assert "no plain text" in problem
    assert problem.isprintable()


def test_a_name_with_a_leading_dash_is_an_ordinary_name(handed_in, cleaned):
    folder = handed_in()
    (folder / "exercises" / "first-container" / "--privileged").write_text("x")
    answers = cleaned(folder)
    assert not problems(answers)
    assert "--privileged" in {f.name for f in answers[FIRST].files}


def test_a_file_where_the_exercise_should_be_is_said(handed_in, cleaned):
    folder = handed_in("dockerfiles")
    shutil.rmtree(folder / "exercises" / "first-image")
    (folder / "exercises" / "first-image").write_text("x")
    assert "no folder" in cleaned(folder)[FILES].problem


def test_windows_line_endings_a_byte_order_mark_and_nul_bytes_are_kept_as_far_as_bash_can_read_them(handed_in, cleaned):
    folder = handed_in()
    text = "\ufeffdocker ps\r\nto\0day\r\n"
    change(folder, lambda s: part(s, FIRST, "answer").update(source=f"%%answer {FIRST}\n{text}"))
    answer = cleaned(folder)[FIRST]
    assert not answer.problem
    assert commands(answer) == text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def test_a_submission_that_is_a_link_is_not_read(room, handed_in, cleaned, tmp_path):
    folder = handed_in()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    answers = cleaned(folder)
    assert set(problems(answers)) == set(answers)
    assert not folder.is_symlink()
    assert notebook(tmp_path / "elsewhere").exists()


def test_what_was_handed_in_is_kept_and_what_was_noticed_is_remembered(room, handed_in, cleaned):
    folder = handed_in()
    (folder / "exercises" / "first-container" / "notes").symlink_to("/etc/passwd")
    original = notebook(folder).read_bytes()
    first = cleaned(folder)
    kept = sorted((room.state / "received" / folder.parent.name / TOPIC).iterdir())
    assert [notebook(k).read_bytes() for k in kept] == [original]
    again = cleaned(folder)
    assert problems(again) == problems(first) == {FIRST: first[FIRST].problem}
    assert len(list((room.state / "received" / folder.parent.name / TOPIC).iterdir())) == 1


def test_a_new_submission_is_looked_at_anew(handed_in, cleaned):
    folder = handed_in()
    (folder / "exercises" / "first-container" / "notes").symlink_to("/etc/passwd")
    assert problems(cleaned(folder))
    (folder / "exercises" / "first-container" / "commands.sh").write_text("docker ps")
    change(folder, lambda s: part(s, FIRST, "answer").update(source=f"%%answer {FIRST}\ndocker ps"))
    assert not problems(cleaned(folder))


@pytest.mark.parametrize("time", ["2026-01-15 12:00:00.000000 UTC", "yesterday", "9" * 5000, ""])
def test_a_time_that_nbgrader_cannot_read_is_left_out(handed_in, cleaned, time):
    folder = handed_in()
    (folder / "timestamp.txt").write_text(time)
    cleaned(folder)
    assert (folder / "timestamp.txt").exists() == time.startswith("2026")


def test_equal_answers_have_equal_digests_and_different_ones_do_not(room, handed_in, cleaned):
    answers = cleaned(handed_in())
    again = submission.read(room.step("submitted", "nobody", TOPIC), exercises_of(TOPIC))
    assert len({a.digest for a in answers.values()}) == len(answers)
    assert {a.digest for a in again.answers.values()}.isdisjoint({answers[FIRST].digest})
