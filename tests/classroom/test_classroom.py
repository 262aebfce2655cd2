"""A class from release to export: the demo class, graded as an instructor does it, and what can disturb that."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from graders.classroom.demo import HOSTILE, SIZE, hand_in
from graders.classroom.history import History
from graders.classroom.preprocessors import GradeOnEngine
from graders.classroom.room import CONFIG, Classroom, check_cell, exercises_of
from graders.exercise import lesson_of, load
from graders.exercise import topic as find_topic
from graders.variants import Kind, Variant

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("class"), pytest.mark.timeout(3600)]
TOPIC = "images"
EXERCISES = exercises_of(TOPIC)
LESSONS = find_topic(TOPIC).lessons
FULL = sum(e.points for e in EXERCISES)
HANDED_IN = [load(f"images/{name}") for name in ("first-container", "read-the-logs", "limits")]
"""What is handed in where it does not matter what; the other exercises cannot be graded, which costs nothing."""
LEFT_OUT = len(EXERCISES) - len(HANDED_IN)
DRYDOCK = [sys.executable, "-m", "graders", "class"]
NBGRADER = [sys.executable, "-m", "nbgrader"]
ENVIRONMENT = os.environ | {
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    "PYTHONPATH": str(Path(__file__).parents[2]),
}


def run(folder: Path, *words: str, code: int = 0) -> str:
    """Run a command as an instructor does; return what it prints."""
    done = subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*DRYDOCK, *words], cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@cache
def released() -> tempfile.TemporaryDirectory[str]:
    """A folder with a class to which the topic was released: that takes as long as some of the tests."""
    folder = tempfile.TemporaryDirectory(prefix="drydock-class-")
    Classroom.make(Path(folder.name)).release(TOPIC, lambda _: None)
    return folder


def made(folder: Path, *answers: Kind) -> Classroom:
    """A class whose learners answered some exercises like this."""
    shutil.copytree(released().name, folder)
    room = Classroom.make(folder)
    for number, kind in enumerate(answers, 1):
        hand_in(room, f"learner-{number}", TOPIC, {e.id: Variant(e, kind) for e in HANDED_IN})
    return room


def records(folder: Path):
    return History(folder / ".drydock" / "grades.jsonl").latest(TOPIC)


def points(folder: Path) -> dict[str, float]:
    """The scores in nbgrader's gradebook."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {s.student_id: s.score for s in gradebook.assignment_submissions(TOPIC)}


def waiting(folder: Path, learner: str) -> set[str]:
    """The exercises of a learner that wait for the instructor."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        notebooks = gradebook.find_submission(TOPIC, learner).notebooks
        names = {grade.name for notebook in notebooks for grade in notebook.grades if grade.needs_manual_grade}
    return {e.id for e in EXERCISES if check_cell(e) in names}


def until(holds, process: subprocess.Popen[str]) -> None:
    while not holds():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


def number_of_grades(folder: Path) -> int:
    file = folder / ".drydock" / "grades.jsonl"
    return len(file.read_bytes().splitlines()) if file.exists() else 0


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Path]:
    """The demo class, graded."""
    folder = tmp_path_factory.mktemp("demo") / "class"
    said = run(folder.parent, *DRYDOCK, "demo", str(folder))
    assert f"A class of {SIZE}" in said
    said = run(folder, *DRYDOCK, "grade", TOPIC)
    assert re.search(rf"{SIZE} submissions, {SIZE * len(EXERCISES)} answers in ", said)
    return folder


# The cycle


def test_every_answer_of_the_demo_class_is_graded_or_says_why_not(demo):
    found = records(demo)
    assert len(found) == SIZE * len(EXERCISES)
    for record in found:
        reasons = [record.verdict.get("message")]
        reasons += [check["message"] for check in record.verdict["checks"] if check["outcome"] == "error"]
        assert record.verdict["outcome"] in {"passed", "failed"} or any(reasons)


def test_who_did_all_right_has_all_points_and_who_did_nothing_has_few(demo):
    scores = points(demo)
    assert {scores[f"learner-{n:02}"] for n in range(1, 11)} == {FULL}
    assert scores["learner-18"] < FULL / 3
    for number in range(11, 18):
        assert FULL / 3 < scores[f"learner-{number:02}"] < FULL


def test_the_gradebook_has_the_points_of_the_checks(demo):
    totals: dict[str, int] = {}
    for record in records(demo):
        totals[record.learner] = totals.get(record.learner, 0) + record.points
    assert points(demo) == totals


def test_a_broken_submission_is_graded_as_far_as_it_can_be(demo):
    scores = points(demo)
    # Conflict markers, no notebook, cells in reverse, another format: the folder has the answers.
    for number in (19, 20, 22, 23):
        assert scores[f"learner-{number:02}"] == FULL
    # Half of the lessons are gone, and a folder with one of their answers: the others count.
    assert scores["learner-21"] == FULL - load("images/configure").points
    # A link out of the exercise.
    assert scores["learner-24"] == FULL - EXERCISES[0].points
    assert waiting(demo, "learner-24") == {EXERCISES[0].id}


def test_a_hostile_answer_gets_nothing_and_the_rest_of_its_submission_everything(demo):
    with_commands = [e for e in EXERCISES if e.has_commands]
    for number, name in enumerate(HOSTILE):
        learner = f"learner-{SIZE - len(HOSTILE) + number + 1:02}"
        harmful = with_commands[number].id
        for record in records(demo):
            if record.learner == learner:
                expected = load(record.key.exercise).points if record.key.exercise != harmful else 0
                assert record.points <= expected if expected == 0 else record.points == expected, (name, record)


def test_an_answer_that_many_gave_is_graded_once(demo):
    solutions = [
        r for r in records(demo) if r.key.exercise == "images/limits" and r.points == load("images/limits").points
    ]
    assert len({r.key for r in solutions}) < len(solutions)
    for key in {r.key for r in solutions}:
        assert sum(1 for r in solutions if r.key == key and not r.reused_from) == 1


def test_the_autograded_notebook_holds_score_and_report_and_nothing_that_a_learner_wrote_but_answers(demo):
    hostile = f"learner-{SIZE:02}"
    for learner in ("learner-01", hostile):
        notebooks = [
            nbformat.read(demo / "autograded" / learner / TOPIC / lesson.file, as_version=4) for lesson in LESSONS
        ]
        for cell in (cell for notebook in notebooks for cell in notebook.cells):
            if cell.metadata.get("part") == "check":
                exercise = load(cell.metadata.exercise)
                assert cell.metadata.nbgrader.points == exercise.points
                shown = cell.outputs[-1]["data"]
                assert 'class="drydock"' in shown["text/html"]
                assert "What was handed in" in shown["text/html"]
                assert shown["text/plain"] != "1000"
            elif cell.cell_type == "code":
                assert not cell.outputs


def test_resuming_a_finished_run_grades_nothing_and_changes_nothing(demo):
    before, scores = number_of_grades(demo), points(demo)
    gradable = sum(not r.is_ungradable for r in records(demo))
    said = run(demo, *DRYDOCK, "grade", TOPIC, "--resume", "--learner", "learner-01", "--learner", "learner-12")
    assert f"2 submissions, {2 * len(EXERCISES)} answers" in said
    assert number_of_grades(demo) == before
    assert points(demo) == scores
    assert gradable == sum(not r.is_ungradable for r in records(demo))


def test_a_grade_is_never_overwritten_and_explain_shows_all_of_them(demo):
    before = number_of_grades(demo)
    run(demo, *DRYDOCK, "grade", TOPIC, "--learner", "learner-18", "--reason", "the grader was mended")
    assert number_of_grades(demo) == before + len(EXERCISES)
    told = run(demo, *DRYDOCK, "explain", "learner-18", "images/first-container")
    assert "Grade 1 of 2" in told
    assert "the grader was mended" in told
    assert "$ docker" in told
    grades = json.loads(run(demo, *DRYDOCK, "explain", "learner-18", "images/first-container", "--json"))
    assert [g["verdict"]["outcome"] for g in grades] == ["failed", "failed"]


def test_explain_gives_the_command_that_reaches_the_verdict_again(demo):
    exercise = "images/first-container"
    learner = next(r.learner for r in records(demo) if r.key.exercise == exercise and r.verdict["outcome"] == "failed")
    told = run(demo, *DRYDOCK, "explain", learner, exercise)
    command = shlex.split(next(line for line in told.splitlines() if line.strip().startswith("drydock check")))
    said = json.loads(run(demo, sys.executable, "-m", "graders", *command[1:], "--json", code=1))
    last = History(demo / ".drydock" / "grades.jsonl").last(learner, exercise)
    assert [(c["name"], c["outcome"], c["message"]) for c in said["checks"]] == [
        (c["name"], c["outcome"], c["message"]) for c in last.verdict["checks"]
    ]


def test_the_report_says_which_checks_fail_most_and_with_which_message(demo):
    told = run(demo, *DRYDOCK, "report", TOPIC)
    assert f"{SIZE} learners, {FULL} points" in told
    failed = next(r for r in records(demo) if r.learner == "learner-12" and r.verdict["outcome"] == "failed")
    check = next(c for c in failed.verdict["checks"] if c["outcome"] == "failed")
    assert check["description"] in told
    said = json.loads(run(demo, *DRYDOCK, "report", TOPIC, "--json"))
    assert sum(said[0]["spread"]) == SIZE
    run(demo, *DRYDOCK, "report", "--html", "report.html")
    assert "could not be graded" in (demo / "report.html").read_text()


def test_grades_are_exported_for_each_system(demo):
    scores = points(demo)
    for name, column in (("canvas", "SIS User ID"), ("moodle", "username"), ("nbgrader", "student_id")):
        run(demo, *DRYDOCK, "export", "--format", name, "--to", f"{name}.csv")
        with (demo / f"{name}.csv").open() as file:
            rows = {row[column]: row for row in csv.DictReader(file) if row[column]}
        assert set(rows) == set(scores)
        score = rows["learner-12"]["score" if name == "nbgrader" else TOPIC]
        assert float(score) == scores["learner-12"]
        if name != "nbgrader":
            assert rows["learner-24"][TOPIC] == ""  # it waits for the instructor
    run(demo, *DRYDOCK, "export", "--format", "gradescope", "--to", "results")
    said = json.loads((demo / "results" / TOPIC / "learner-12" / "results.json").read_text())
    assert said["score"] == scores["learner-12"] == sum(t.get("score", 0) for t in said["tests"])


def test_a_score_that_waits_for_the_instructor_is_empty_in_every_export(demo, tmp_path):
    waits = {learner for learner in points(demo) if waiting(demo, learner)}
    assert waits
    for system, column in (("canvas", "SIS User ID"), ("moodle", "username"), ("nbgrader", "student_id")):
        run(demo, *DRYDOCK, "export", "--format", system, "--to", str(tmp_path / system))
        rows = list(csv.DictReader((tmp_path / system).open()))
        score = "score" if system == "nbgrader" else TOPIC
        assert {row[column] for row in rows if row[column] and not row[score]} == waits
    run(demo, *DRYDOCK, "export", "--format", "gradescope", "--to", str(tmp_path / "gradescope"))
    assert {path.parent.name for path in tmp_path.rglob("results.json")} == set(points(demo)) - waits


def test_the_feedback_shows_each_check_what_was_seen_and_the_files(demo):
    run(demo, *DRYDOCK, "feedback", TOPIC)
    failed = next(r for r in records(demo) if r.learner == "learner-12" and r.verdict["outcome"] == "failed")
    lesson = lesson_of(load(failed.key.exercise))
    page = (demo / "feedback" / "learner-12" / TOPIC / f"{lesson.name}.html").read_text()
    assert f"<code>{'commands.sh'}</code>" in page
    assert "See it yourself" in page
    for check in failed.verdict["checks"]:
        assert re.sub(r"`([^`]*)`", r"\1", check["description"]).split("&")[0][:20] in re.sub("<[^>]*>", "", page)


# nbgrader's own steps


def test_nbgrader_autogrades_exports_and_lists_what_was_written(demo):
    scores = points(demo)
    before = number_of_grades(demo)
    run(demo, *NBGRADER, "autograde", TOPIC, "--student", "learner-12", "--force")
    assert points(demo) == scores
    assert number_of_grades(demo) == before
    run(demo, *NBGRADER, "generate_feedback", TOPIC, "--student", "learner-12", "--force")
    run(demo, *NBGRADER, "export", "--exporter=graders.classroom.exports.Canvas", "--to=own.csv")
    assert "learner-12" in (demo / "own.csv").read_text()
    assert "learner-12" in run(demo, *NBGRADER, "db", "student", "list")
    assert TOPIC in run(demo, *NBGRADER, "db", "assignment", "list")


def test_nbgrader_alone_grades_and_cleans_what_drydock_has_not_seen(tmp_path):
    room = made(tmp_path / "class", "start")
    folder = room.step("submitted", "learner-1", TOPIC)
    (folder / "exercises" / "first-container" / "notes").symlink_to("/etc/passwd")
    run(room.root, *NBGRADER, "autograde", TOPIC)
    assert number_of_grades(room.root) == len(EXERCISES)
    assert waiting(room.root, "learner-1") == {e.id for e in EXERCISES} - {e.id for e in HANDED_IN[1:]}
    assert not list((room.root / "autograded").rglob("notes"))


ASKED_BEFORE = """
from graders.classroom import exclude_overwriting
c.Autograde.exclude_overwriting = exclude_overwriting()
"""
"""What stood in the configuration of a class that was made with the first version."""


@pytest.mark.parametrize("more", ["", ASKED_BEFORE], ids=["new", "made-before"])
def test_what_a_learner_edited_and_removed_is_so_in_the_copy_that_is_graded(tmp_path, monkeypatch, more):
    room = Classroom.make(tmp_path / "class")
    assert "graders" not in re.findall(r"^(?:from|import) (\w+)", (room.root / CONFIG).read_text(), re.MULTILINE)
    with (room.root / CONFIG).open("a") as config:
        config.write(more)
    room.release("dockerfiles", lambda _: None)
    exercises = exercises_of("dockerfiles")
    hand_in(room, "ada", "dockerfiles", {e.id: Variant(e, "solution") for e in exercises})
    edited = room.step("submitted", "ada", "dockerfiles") / "exercises" / "first-image"
    (edited / "menu.csv").unlink()
    (edited / "own").write_text("a file of one's own")
    monkeypatch.setattr(GradeOnEngine, "_records", lambda *_: {})  # this is not about grades
    room.nbgrader.autograde("dockerfiles", "ada")
    graded = room.step("autograded", "ada", "dockerfiles") / "exercises" / "first-image"
    source = room.step("source", ".", "dockerfiles") / "exercises" / "first-image"
    assert (source / "menu.csv").is_file()
    assert (source / "Dockerfile").read_bytes() != (edited / "Dockerfile").read_bytes()
    copies = [{p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in (graded, edited)]
    assert copies[0] == copies[1]


@pytest.mark.all
def test_a_late_penalty_of_the_instructor_is_taken_off_and_given_back_with_another_date(tmp_path):
    room = made(tmp_path / "class", "start")
    (room.root / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Late(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return 1\n"
    )
    with (room.root / "nbgrader_config.py").open("a") as config:
        config.write('\nimport sys; sys.path.insert(0, ".")\nc.AssignLatePenalties.plugin_class = "late.Late"\n')
    with Gradebook(f"sqlite:///{room.root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(TOPIC, duedate="2026-01-01 00:00:00.0 UTC")
    run(room.root, *DRYDOCK, "grade", TOPIC)
    with Gradebook(f"sqlite:///{room.root / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(TOPIC, "learner-1")
        assert submission.late_submission_penalty == 1
        gradebook.update_or_create_assignment(TOPIC, duedate="2027-01-01 00:00:00.0 UTC")
    run(room.root, *DRYDOCK, "grade", TOPIC, "--resume")
    with Gradebook(f"sqlite:///{room.root / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(TOPIC, "learner-1").late_submission_penalty == 0


def test_what_the_instructor_decided_on_an_ungradable_answer_stays_until_the_answer_changes(tmp_path):
    room = made(tmp_path / "class")
    hand_in(room, "learner-1", TOPIC, {})  # nothing of it can be graded
    run(room.root, *DRYDOCK, "grade", TOPIC)
    assert len(waiting(room.root, "learner-1")) == len(EXERCISES)
    with Gradebook(f"sqlite:///{room.root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(check_cell(EXERCISES[0]), LESSONS[0].name, TOPIC, "learner-1")
        grade.manual_score, grade.needs_manual_grade = 3, False
        gradebook.db.commit()
    for words in ([], ["--resume"]):
        run(room.root, *DRYDOCK, "grade", TOPIC, *words)
        assert waiting(room.root, "learner-1") == {exercise.id for exercise in EXERCISES[1:]}


def test_a_gradebook_that_another_program_holds_is_said_and_the_grades_are_kept(tmp_path):
    room = made(tmp_path / "class")
    hand_in(room, "learner-1", TOPIC, {})
    with contextlib.closing(sqlite3.connect(room.root / "gradebook.db")) as other:
        other.execute("begin exclusive")
        told = run(room.root, *DRYDOCK, "grade", TOPIC, code=3)
    assert "learner-1: The gradebook" in told
    assert "run it again with --resume" in told
    run(room.root, *DRYDOCK, "grade", TOPIC, "--resume")
    assert points(room.root) == {"learner-1": 0}


@pytest.mark.all
def test_a_manual_grade_survives_another_grading(tmp_path):
    room = made(tmp_path / "class", "start")
    run(room.root, *DRYDOCK, "grade", TOPIC)
    with Gradebook(f"sqlite:///{room.root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(check_cell(EXERCISES[0]), LESSONS[0].name, TOPIC, "learner-1")
        grade.manual_score = 3
        gradebook.db.commit()
    run(room.root, *DRYDOCK, "grade", TOPIC)
    with Gradebook(f"sqlite:///{room.root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(check_cell(EXERCISES[0]), LESSONS[0].name, TOPIC, "learner-1")
        assert grade.manual_score == 3


@pytest.fixture(scope="module")
def formgrader(demo) -> Iterator[str]:
    """JupyterLab in the class's folder; the address of formgrader with the token."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"],
        cwd=demo, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    url = next(m for line in process.stderr if (m := re.search(r"(http://[\w.]+:\d+)/lab\?(token=\w+)", line)))
    with Path(os.devnull).open("w") as nowhere, subprocess.Popen(["cat"], stdin=process.stderr, stdout=nowhere):
        yield f"{url[1]}/formgrader/?{url[2]}"
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_formgrader_shows_the_submission_its_score_and_its_report(demo, formgrader, width):
    from chromium import chromium
    from playwright.sync_api import expect

    score = points(demo)["learner-12"]
    failed = next(r for r in records(demo) if r.learner == "learner-12" and r.verdict["outcome"] == "failed")
    lesson = lesson_of(load(failed.key.exercise))
    with chromium() as browser:
        page = browser.open(formgrader, width=width)
        page.locator("a").filter(has_text=re.compile(f"^{TOPIC}$")).first.wait_for(timeout=60_000)
        page.goto(f"{formgrader.partition('?')[0]}manage_submissions/{TOPIC}")
        row = page.locator("tr").filter(has_text="learner-12")
        expect(row).to_contain_text(f"{score:g} / {FULL}", timeout=60_000)
        expect(page.locator("tr").filter(has_text="learner-24")).to_contain_text("needs manual grading")
        row.locator("a").first.click()
        expect(page.locator("a").filter(has_text=re.compile(r"^\d\d-"))).to_have_count(len(LESSONS))
        page.locator("a").filter(has_text=lesson.name).click()
        report = page.locator("section.drydock").first
        expect(report).to_be_visible(timeout=60_000)
        expect(page.locator("section.drydock")).to_have_count(len(lesson.exercises))
        expect(page.locator("section.drydock .failed")).not_to_have_count(0)
        opened = report.locator("details").last
        opened.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(opened.locator("pre").first).to_contain_text("docker")
        assert report.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
        if shots := os.environ.get("DRYDOCK_SCREENSHOTS"):
            page.screenshot(path=f"{shots}/formgrader-{width}.png")
            page.goto((demo / "report.html").as_uri())
            page.screenshot(path=f"{shots}/class-report-{width}.png", full_page=True)


# Handing in


def test_through_the_exchange_an_assignment_goes_out_comes_back_and_its_feedback_reaches_the_learner(tmp_path):
    exchange, own = tmp_path / "exchange", tmp_path / "learner"
    exchange.mkdir()
    exchange.chmod(0o777)
    own.mkdir()
    room = Classroom.make(tmp_path / "class")
    for folder in (room.root, own):
        with (folder / "nbgrader_config.py").open("a") as config:
            config.write(
                f'\nc = get_config()\nc.Exchange.root = "{exchange}"\nc.CourseDirectory.course_id = "drydock"\n'
            )
    for _ in range(2):
        assert "released to the exchange" in run(room.root, *DRYDOCK, "release", TOPIC)
    run(own, *NBGRADER, "fetch_assignment", TOPIC)
    (own / TOPIC / ".drydock-seed").write_text("cafe\n")
    (own / TOPIC / EXERCISES[0].place / "commands.sh").write_text(
        (load("images/first-container").folder / "solution" / "commands.sh").read_text()
    )
    for lesson in LESSONS:
        change = own / TOPIC / lesson.file
        book = nbformat.read(change, as_version=4)
        for cell in book.cells:
            if cell.metadata.get("part") == "answer":
                first = cell.metadata.exercise == "images/first-container"
                commands = (own / TOPIC / EXERCISES[0].place / "commands.sh").read_text()
                cell.source = f"%%answer images/first-container\n{commands}" if first else ""
        nbformat.write(book, change)
    for exercise in EXERCISES[1:]:
        shutil.rmtree(own / TOPIC / exercise.place)
    run(own, *NBGRADER, "submit", TOPIC)
    run(room.root, *DRYDOCK, "collect", TOPIC)
    (folder,) = (room.root / "submitted").glob(f"*/{TOPIC}")
    assert (folder / ".drydock-seed").read_text() == "cafe\n"
    run(room.root, *DRYDOCK, "grade", TOPIC)
    assert points(room.root)[folder.parent.name] == load("images/first-container").points
    assert "released to the exchange" in run(room.root, *DRYDOCK, "feedback", TOPIC)
    run(own, *NBGRADER, "fetch_feedback", TOPIC)
    pages = list(own.rglob("feedback/**/*.html"))
    assert {page.stem for page in pages} == {lesson.name for lesson in LESSONS}
    assert all('class="drydock"' in page.read_text() for page in pages)


@pytest.mark.parametrize("ending", ["zip", "tar.gz", "folder"])
def test_archives_and_folders_are_collected(tmp_path, ending):
    room = made(tmp_path / "class", "solution")
    source = tmp_path / "downloads"
    source.mkdir()
    folder = room.step("submitted", "learner-1", TOPIC)
    if ending == "folder":
        shutil.copytree(folder.parent, source / "learner-9")
    else:
        name = {"zip": "zip", "tar.gz": "gztar"}[ending]
        shutil.make_archive(str(source / "learner-9"), name, folder.parent, TOPIC)
    (source / "notes.txt").write_text("x")
    told = run(room.root, *DRYDOCK, "collect", TOPIC, "--from", str(source))
    assert "notes.txt: left out" in told
    new = room.step("submitted", "learner-9", TOPIC)
    assert (new / load("images/limits").place / "commands.sh").read_text() == (
        folder / load("images/limits").place / "commands.sh"
    ).read_text()
    assert (new / "timestamp.txt").exists()


def test_an_archive_cannot_write_outside_of_its_submission(tmp_path):
    room = made(tmp_path / "class")
    source = tmp_path / "downloads"
    source.mkdir()
    with tarfile.open(source / "mallory.tar.gz", "w:gz") as tar:
        for name in ("../../../../escaped", "/tmp/escaped-absolute", f"{TOPIC}/limits/ok"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
        link = tarfile.TarInfo(f"{TOPIC}/limits/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
        inside = tarfile.TarInfo(f"{TOPIC}/limits/link/drydock-inside")
        inside.size = 1
        tar.addfile(inside, io.BytesIO(b"x"))
    with zipfile.ZipFile(source / "eve.zip", "w") as archive:
        archive.writestr("../../escaped", "x")
        archive.writestr(f"{TOPIC}/limits/ok", "x")
    with zipfile.ZipFile(source / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as big:
        for _ in range(300):
            big.write(bytes(1 << 20))
    told = run(room.root, *DRYDOCK, "collect", TOPIC, "--from", str(source))
    assert told.count("leads out of the archive") == 2
    assert "more than 200 MB" in told
    assert not list(tmp_path.rglob("escaped"))
    assert not Path("/tmp/escaped-absolute").exists()
    assert not Path("/etc/drydock-inside").exists()
    assert (room.step("submitted", "mallory", TOPIC) / load("images/limits").place / "ok").is_file()


def test_a_value_that_only_its_learner_met_is_right_in_the_class_too(tmp_path):
    from graders.answer import Answer
    from graders.topics.images.read_the_logs import FAILS, NAMES

    room = made(tmp_path / "class", "start")
    exercise = load("images/read-the-logs")
    with Answer(exercise.folder / "start", seed="b00c") as learner:
        ends = dict(zip(learner.shuffled("ends", NAMES), [FAILS, "0", "0", "stays"], strict=True))
        seed = learner.nonce(next(name for name, end in ends.items() if end == FAILS))
    token = hashlib.md5(f"{seed} err 1\n".encode()).hexdigest()[:8]
    folder = room.step("submitted", "learner-1", TOPIC)
    (folder / ".drydock-seed").write_text("b00c\n")
    (folder / exercise.place / "answers.toml").write_text(f'token = "{token}"\n')
    run(room.root, *DRYDOCK, "grade", TOPIC)
    assert next(r for r in records(room.root) if r.key.exercise == exercise.id).verdict["outcome"] == "passed"


# Disturbed


def test_a_run_that_is_stopped_is_resumed_and_nothing_is_graded_twice(tmp_path):
    room = made(tmp_path / "class", "start", "solution")
    process = started(room.root, "grade", TOPIC, "--workers", "2")
    until(lambda: number_of_grades(room.root) > 2 * LEFT_OUT, process)
    os.killpg(process.pid, signal.SIGINT)
    told = process.communicate()[1]
    assert process.returncode == 3, told
    assert "--resume" in told
    assert "Traceback" not in told
    graded = number_of_grades(room.root)
    run(room.root, *DRYDOCK, "grade", TOPIC, "--resume")
    assert points(room.root)["learner-2"] == sum(e.points for e in HANDED_IN)
    assert graded < number_of_grades(room.root) == 2 * len(EXERCISES)


def test_a_run_that_is_killed_leaves_a_whole_gradebook_and_no_engine(tmp_path, host):
    room = made(tmp_path / "class", "start", "start", "start")
    process = started(room.root, "grade", TOPIC, "--workers", "2", "--no-reuse")
    until(lambda: number_of_grades(room.root) > 3 * LEFT_OUT + 2, process)
    process.kill()
    process.wait()
    with (room.root / ".drydock" / "grades.jsonl").open("ab") as file:
        file.write(b'{"at": "2026-01-01T00:00:00", "run": "')  # as if the power had gone in the middle of a line
    run(room.root, *DRYDOCK, "grade", TOPIC, "--resume")
    assert len(records(room.root)) == 3 * len(EXERCISES)
    assert len(points(room.root)) == 3


def test_the_answers_of_a_lost_worker_are_graded_by_another(tmp_path):
    room = made(tmp_path / "class", "solution", "start")
    process = started(room.root, "grade", TOPIC, "--workers", "2")
    until(lambda: number_of_grades(room.root) > 2 * LEFT_OUT, process)
    worker = next(iter(workers_of(process.pid)))
    os.kill(worker, signal.SIGKILL)
    told = process.communicate()[1]
    assert process.returncode == 0, told
    assert f"{2 * LEFT_OUT} not gradable" in told
    assert len(records(room.root)) == number_of_grades(room.root) == 2 * len(EXERCISES)
    assert points(room.root)["learner-1"] == sum(e.points for e in HANDED_IN)


def workers_of(pid: int) -> list[int]:
    """The processes of a run that grade."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(p) for p in children.read_text().split()]
    return [p for p in found if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]


def test_many_machines_grade_with_a_scheduler_and_one_of_them_may_go(tmp_path):
    room = made(tmp_path / "class", "solution", "start")
    log = (tmp_path / "dask.log").open("w")
    address = tmp_path / "scheduler.json"
    dask = [str(Path(sys.executable).parent / "dask")]
    common = {"cwd": tmp_path, "env": ENVIRONMENT, "stdout": log, "stderr": log}
    processes = [
        subprocess.Popen(
            [
                *dask,
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(address),
            ],
            **common,
        )
    ]
    try:
        until(address.exists, processes[0])
        worker = [*dask, "worker", "--scheduler-file", str(address), "--nthreads", "1", "--no-dashboard", "--no-nanny"]
        processes += [subprocess.Popen(worker, **common) for _ in range(2)]
        scheduler = json.loads(address.read_text())["address"]
        grading = started(room.root, "grade", TOPIC, "--scheduler", scheduler)
        until(lambda: number_of_grades(room.root) > 2 * LEFT_OUT, grading)
        processes[1].kill()
        told = grading.communicate()[1]
        assert grading.returncode == 0, told
        assert len(records(room.root)) == 2 * len(EXERCISES)
        assert points(room.root)["learner-1"] == sum(e.points for e in HANDED_IN)
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)


def test_no_scheduler_is_a_sentence(tmp_path):
    room = made(tmp_path / "class", "start")
    told = run(room.root, *DRYDOCK, "grade", TOPIC, "--scheduler", "tcp://127.0.0.1:9", code=3)
    assert "No Dask scheduler answers" in told


def test_an_answer_that_takes_too_long_is_stopped_and_the_next_one_graded(tmp_path):
    room = made(tmp_path / "class", "solution")
    told = run(room.root, *DRYDOCK, "grade", TOPIC, "--exercise-seconds", "0.5")
    assert f"{len(EXERCISES)} not gradable" in told
    assert sum("and was stopped" in record.verdict["message"] for record in records(room.root)) == len(HANDED_IN)
    run(room.root, *DRYDOCK, "grade", TOPIC, "--resume")
    assert points(room.root)["learner-1"] == sum(e.points for e in HANDED_IN)
    assert len(waiting(room.root, "learner-1")) == LEFT_OUT


def test_a_submission_that_takes_too_long_is_not_gone_on_with(tmp_path):
    room = made(tmp_path / "class", "solution")
    run(room.root, *DRYDOCK, "grade", TOPIC, "--submission-seconds", "0", "--workers", "1")
    assert any("so this was not begun" in r.verdict.get("message", "") for r in records(room.root))


# Wrong use


def test_a_class_is_made_only_where_that_was_asked_for(tmp_path):
    told = run(tmp_path, *DRYDOCK, "grade", TOPIC, code=2)
    assert "belongs to no class" in told
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("release", "imags"), "no topic"),
        (("grade", TOPIC, "--learner", "nobody"), "handed in nothing"),
        (("grade",), "Nobody has handed anything in"),
        (("explain", "nobody", "images/limits"), "never graded"),
        (("report",), "Nothing was graded"),
        (("export", "--topic", "nosuch"), "no topic"),
        (("grade", "--workers", "-3"), "no number from 1 on"),
        (("collect", TOPIC, "--from", "nowhere"), "no folder"),
        (("collect", TOPIC, "--from", ".", "--pattern", "("), "does not find a learner"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(tmp_path, words, sentence):
    room = made(tmp_path / "class")
    done = subprocess.run(
        [*DRYDOCK, *words], cwd=room.root, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode in {2, 3}
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
