"""`drydock prove` says what an exercise lacks, and what its answers do that they must not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from graders.check import CheckResult, EngineInfo, Outcome, Verdict
from graders.exercise import CONTENT, Exercise, load
from graders.proving import INTERRUPTED, answers, faults, misjudged, never_ends, text_differs
from graders.texts import read_by_learner, same, steady
from graders.variants import Variant

ROOT = Path(__file__).parent.parent
NAME = "dockerfiles/first-image"


class Copied(Exercise):
    """An exercise whose folder is a copy."""

    copy: Path

    @property
    def folder(self) -> Path:
        return self.copy


@pytest.fixture
def exercise(tmp_path, monkeypatch) -> Exercise:
    said = load(NAME)
    monkeypatch.setattr(Copied, "copy", tmp_path / "exercise", raising=False)
    shutil.copytree(said.folder, Copied.copy)
    return Copied(**{field.name: getattr(said, field.name) for field in fields(said)})


def test_an_exercise_of_the_course_lacks_nothing(exercise):
    assert faults(exercise) == []


WRONG = "wrong/builds--no-script"


def write(name: str, text: str = ""):
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    return change


def remove(pattern: str):
    def change(folder: Path) -> None:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def copy_of_the_solution(folder: Path) -> None:
    shutil.copytree(folder / "solution", folder / WRONG, dirs_exist_ok=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (write("notes.txt"), "`notes.txt` is no part of an exercise; there are exercise.toml, right, scene,"),
        (write("wrong/notes.txt"), "`wrong/notes.txt` is no answer: an answer is a folder."),
        (write("task.md", " \n"), "`task.md` says nothing."),
        (remove("solution/why.md"), "`solution/why.md` says nothing."),
        (remove("start/*"), "`start/` holds no file."),
        (remove("right/*"), "It has 0 answers in right/ and needs 2."),
        (remove("wrong/*"), "It has 0 answers in wrong/ and needs 3."),
        (remove("wrong/*"), "No wrong answer fails the check `builds`: add `wrong/builds--…/`."),
        (write("wrong/build--x/Dockerfile"), f"`{NAME}/wrong/build--x` begins with the name of no check."),
        (copy_of_the_solution, f"`{NAME}/{WRONG}/Dockerfile` is the solution's own: remove it."),
        (copy_of_the_solution, f"`{NAME}/{WRONG}/why.md` belongs into solution/ alone."),
        (write(f"{WRONG}/absent.txt", "nothing\n"), "absent.txt` names `nothing`, which the solution does not have."),
        (lambda folder: (folder / "wrong/builds--same").mkdir(), "builds--same` does not differ from the solution."),
        (write("right/other/says.txt"), "says.txt` is compared with nothing: a right answer has none."),
    ],
)
def test_what_an_exercise_lacks_or_has_too_much_is_one_sentence(exercise, change, sentence):
    change(exercise.folder)
    assert any(sentence in fault for fault in faults(exercise)), faults(exercise)


@pytest.mark.parametrize(
    ("hints", "sentence"), [(("one", "two"), "It has 2 hints and needs 3."), (("a", " ", "c"), "Hint 2 is empty.")]
)
def test_hints_are_counted_and_read(exercise, hints, sentence):
    assert sentence in faults(replace(exercise, hints=hints))


def test_an_exercise_that_no_notebook_and_no_topic_names_is_told_so(exercise):
    said = faults(replace(exercise, id="dockerfiles/new"))
    assert "`notebooks/course.toml` does not name `new` among the exercises of `dockerfiles`." in said
    assert "There is no grader `graders/topics/dockerfiles/new.py`." in said
    assert "No lesson has the block ```` ```{exercise} dockerfiles/new ````." in said


def test_the_standard_proof_has_two_right_answers_and_a_wrong_one_for_each_check_and_all_has_every_one(exercise):
    standard, every = (answers(exercise, every=every) for every in (False, True))
    assert [v.check for v in standard if v.kind == "wrong"] == sorted({check.name for check in exercise.checks})
    assert [v for v in standard if v.kind == "right"] == [v for v in every if v.kind == "right"][:2]
    assert {v.id for v in standard} < {v.id for v in every}
    assert len([v for v in every if v.kind == "wrong"]) == len(list((exercise.folder / "wrong").iterdir()))


# Texts


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("sha256:" + "0f" * 32, "sha256:<id>"),
        ("container 3f2a9c01be77 left", "container <id> left"),
        ("drydock-run-1a2b-3, drydock-build-77aa-2:latest", "<name>, <name>:latest"),
        ("2026-01-15T12:00:00.123456789Z said", "<time> said"),
        ("Exited (1) 3 seconds ago, Up 2 seconds", "Exited (1) <time> ago, Up <time>"),
        ("Up Less than a second, About a minute ago", "Up <time>, <time> ago"),
        (
            "127.0.0.1:32768->80/tcp, [::]:49153, localhost:40000",
            "127.0.0.1:<port>->80/tcp, [::]:<port>, localhost:<port>",
        ),
        ("127.0.0.1:8080, port 5000", "127.0.0.1:8080, port 5000"),
        ("::1 [::]:49153, :::40001, user 64123:64123", "::1 [::]:<port>, :::<port>, user 64123:64123"),
        ("lstat /var/lib/docker/tmp/buildkit-mount219933880/bin", "lstat /var/lib/docker/tmp/buildkit-mount<id>/bin"),
        (
            "The first process of `dd-guest` is not `50351`. On the machine 50351 is `sh`",
            "The first process of `dd-guest` is not `<id>`. On the machine <id> is `sh`",
        ),
        ('ready\n127.0.0.1 - - [<time>] "GET /health HTTP/1.1" 200 5\nend', "ready\nend"),
        ("closed after 2 orders, process 8, process 1", "closed after <number> orders, process <id>, process 1"),
        ("$ docker diff dd-web\nC /run\nA /run/pid\nend", "$ docker diff dd-web\n<changes>\nend"),
        ("172.17.0.2", "<address>"),
        (
            '[26/Nov/2026 22:52:07] "GET /", drwxr-xr-x 1 0 0 4096 Nov  6 22:52 /data',
            '[<time>] "GET /", drwxr-xr-x 1 0 0 4096 <time> /data',
        ),
        ("namespace, pid:[4026533247]", "namespace, pid:[<id>]"),
        ("inspect --format '{{.State.Pid}}' dd-guest\n29365", "inspect --format '{{.State.Pid}}' dd-guest\n<id>"),
        ("says `Linux engine 6.18.44-x #1 SMP 2026 …`; 6.1.0-18-amd64", "says `Linux engine <version>`; <version>"),
        (
            "2026/11/26 22:52:23 [notice] 8#8: exit\n2026/11/26 22:52:23 [notice] 9#9: exit\nend",
            "<time> [notice] …\nend",
        ),
        ("it took 3.21 s", "it took <number> s"),
        ("stopped after 10 seconds, exit code 137", "stopped after 10 seconds, exit code 137"),
        ("post-77205122, v1.26, 16777216", "post-77205122, v1.26, 16777216"),
        ("  CREATED          SIZE", "  CREATED   SIZE"),
        ("container 123456789012 left", "container <id> left"),
    ],
)
def test_what_varies_has_a_placeholder_and_nothing_else(text, same):
    assert steady(text) == same


def verdict(message: str = "It listens on 127.0.0.1:32768.", name: str = "builds") -> Verdict:
    check = CheckResult(name, "It builds.", Outcome.FAILED, 0, 1, message, "Look.", ("$ docker ps", "Up 2 seconds"))
    return Verdict(NAME, (check,), EngineInfo("container", "Docker Engine 26.1.5", "1.45"), 2.13, max_points=1)


TEXT = """\
✗ It builds.                                                                 0/1
    It listens on 127.0.0.1:<port>.
    See it yourself:
      $ docker ps
      Up <time>
    Look.
dockerfiles/first-image: not yet, 0 of 1 points on Docker Engine <version>, <number> s
Stuck? The next hint: `drydock hint dockerfiles/first-image`
"""


def test_the_text_of_a_verdict_is_all_that_its_learner_reads():
    assert read_by_learner(verdict()) == TEXT


def test_what_a_command_prints_may_come_in_any_order_and_nothing_else():
    text = "✗ It builds.\n    It does not.\n      $ docker logs dd-web\n      one\n      two\n    Look.\n"
    assert same(text, text.replace("      one\n      two\n", "      two\n      one\n"))
    assert not same(text, text.replace("two", "three"))
    assert not same(text, text.replace("    Look.\n", "").replace("      $", "    Look.\n      $"))


def test_a_text_is_written_then_compared_and_a_difference_shown(exercise):
    variant = answers(exercise, every=False)[-1]
    (variant.folder / "says.txt").unlink(missing_ok=True)
    assert "It has no says.txt" in text_differs(variant, verdict(), write=False)
    assert text_differs(variant, verdict(), write=True) == ""
    assert (variant.folder / "says.txt").read_text() == TEXT
    assert text_differs(variant, verdict(), write=False) == ""
    shown = text_differs(variant, verdict("It listens nowhere."), write=False).splitlines()
    assert "-    It listens on 127.0.0.1:<port>." in shown
    assert "+    It listens nowhere." in shown


def test_commands_that_are_known_never_to_end_are_not_waited_for(exercise):
    variant = answers(exercise, every=False)[-1]
    (variant.folder / "says.txt").write_text(f"{INTERRUPTED}\n{TEXT}")
    assert never_ends(variant)
    assert not never_ends(Variant(exercise, "solution"))


def test_an_answer_is_judged_by_its_kind_and_its_own_check(exercise):
    passed = replace(verdict(), checks=(replace(verdict().checks[0], outcome=Outcome.PASSED, points=1),))
    assert not misjudged(Variant(exercise, "right", "other"), passed)
    assert not misjudged(Variant(exercise, "start"), verdict())
    assert not misjudged(Variant(exercise, "wrong", "builds--x"), verdict())
    assert "must be failed and is passed" in misjudged(Variant(exercise, "wrong", "builds--x"), passed)
    assert "must be passed and is failed" in misjudged(Variant(exercise, "solution"), verdict())
    other = verdict(name="starts")
    assert "must fail `builds` alone and fails `starts`" in misjudged(Variant(exercise, "wrong", "builds--x"), other)


# The commands


def drydock(*words: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graders", *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_unknown_exercise_is_wrong_use():
    done = drydock("prove", "images/first-containers")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean `images/first-container`" in done.stderr


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("rename", "`rename` cannot be the name of an exercise."),
        ("images/Rename it", "cannot be the name of an exercise."),
        ("nets/rename", "There is no topic called `nets`. There are `images`, `dockerfiles`"),
        ("images/repair", "There is `exercises/images/repair` already. Choose another name."),
    ],
)
def test_a_new_exercise_needs_a_name_of_its_own_in_a_topic_that_there_is(name, sentence):
    done = drydock("new", name)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())
    assert not (CONTENT / "exercises" / "images" / "rename").exists()


@pytest.mark.engine
@pytest.mark.slow
def test_a_proof_says_what_each_answer_cost():
    done = drydock("prove", "dockerfiles/dockerignore", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    [said] = json.loads(done.stdout)
    assert (said["exercise"], said["proven"], said["faults"]) == ("dockerfiles/dockerignore", True, [])
    assert [a["answer"] for a in said["answers"]] == [v.id for v in answers(load(said["exercise"]), every=False)]
    # Several processors work at the same time, on what one answer makes the Engine do.
    assert all(a["seconds"] * os.cpu_count() > a["processor_seconds"] > 0 for a in said["answers"])
    assert said["engines"] < len(said["answers"]) / 2
