"""The command line keeps its contract: commands, exit codes, JSON, and sentences instead of tracebacks."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from environment.engines import SESSION_LABEL
from graders import progress
from graders.check import CheckResult, Outcome, Verdict
from graders.exercise import CONTENT, Exercise, exercises, lesson_of, load, named
from graders.notebooks import copy_start
from graders.task import text
from graders.variants import Variant, laid_out
from graders.workspace import reset_files

FIRST = CONTENT / "exercises" / "images" / "first-container"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DRYDOCK_WORKSPACE", raising=False)
    return tmp_path


def drydock(*words: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graders", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd or CONTENT,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )


@pytest.mark.parametrize(
    "words",
    [(), ("frobnicate",), ("check",), ("check", "images/nothing"), ("images",), ("check", "--engine", "moon", "x/y")],
)
def test_wrong_use_exits_with_2_and_says_what_to_do(home, words):
    done = drydock(*words)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 2
    assert "Traceback" not in done.stderr


def test_a_mistyped_exercise_is_answered_with_near_ones(home):
    assert "`images/first-container`" in drydock("check", "images/first-containr").stderr


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("images/limits", "."),
        ("images/limits/", "."),
        ("./images/limits", "."),
        ("limits", "."),
        ("limits", "images"),
        (".", "images/limits"),
        ("../limits", "images/configure"),
        ("repair", "images"),
    ],
)
def test_an_exercise_may_be_named_by_its_folder_or_by_its_name_alone(tmp_path, text, here):
    (tmp_path / here).mkdir(parents=True, exist_ok=True)
    exercise = named(text, tmp_path / here)
    assert exercise.id == ("images/repair" if text == "repair" else "images/limits")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "repair",
            "More than one topic has an exercise `repair`. Write `images/repair`, `dockerfiles/repair`, `caching/repair`, `volumes/repair`, `networking/repair`, `compose/repair` or `swarm/repair`.",
        ),
        ("images", "`images` is a topic, with several exercises. `drydock list` names them."),
        ("drydock/images/", "`images` is a topic, with several exercises. `drydock list` names them."),
    ],
)
def test_a_name_that_means_several_exercises_is_a_sentence(home, text, sentence):
    done = drydock("hint", text, cwd=home)
    assert (done.returncode, " ".join(done.stderr.split())) == (2, sentence)


def test_show_says_what_is_asked_with_the_values_of_its_learner_and_fits_a_terminal(home):
    folder = home / "drydock" / "images" / "exercises" / "limits"
    copy_start(load("images/limits"), folder)
    (folder / ".drydock-seed").write_text("me\n")
    shown = drydock("show", "limits", cwd=home).stdout
    assert shown.startswith("Set limits\n\n`images/limits`, 10 minutes, 9 points\n")
    assert re.search(r"^- `MEMORY` is `\d+`$", shown, re.MULTILINE)
    assert shown.endswith(f"Your files: {folder}\nCheck them: drydock check images/limits\n")
    assert max(len(line) for line in shown.splitlines() if "/" not in line) <= 80


@pytest.mark.parametrize("exercise", exercises(), ids=lambda exercise: exercise.id)
def test_every_task_is_shown_whole_in_a_terminal(exercise, tmp_path):
    shown, task = text(exercise, tmp_path / "nowhere"), (exercise.folder / "task.md").read_text()
    assert re.sub(r"\s+", " ", task).strip() in re.sub(r"\s+", " ", shown)


def test_next_is_the_first_exercise_that_is_not_passed(home):
    assert "`images/first-container`" in drydock("next", cwd=home).stdout
    _passed(home / "drydock", exercises()[:2])
    assert f"`{exercises()[2].id}`" in drydock("next", cwd=home).stdout
    _passed(home / "drydock", exercises())
    assert drydock("next", cwd=home).stdout == "You have passed all exercises.\n"


def test_a_pass_says_what_comes_next_and_offers_the_model_answer(tmp_path):
    first, *others = exercises()
    _passed(tmp_path, [others[3]])
    assert progress.after_pass(tmp_path, others[2], "%") == [
        f"Compare yours with the model answer: `%solution {others[2].id}`",
        f"Next: [{lesson_of(others[4]).title}](../{others[4].topic}/{lesson_of(others[4]).file})",
    ]
    _passed(tmp_path, others)
    assert (
        progress.after_pass(tmp_path, others[-1], "drydock ")[1] == f"Next: `drydock show {first.id}` ({first.title})"
    )
    _passed(tmp_path, [first])
    assert "you have passed all" in progress.after_pass(tmp_path, first, "%")[1]


def _passed(workspace: Path, passed: list[Exercise]) -> None:
    for exercise in passed:
        results = [CheckResult(c.name, c.description, Outcome.PASSED, c.points, c.points) for c in exercise.checks]
        progress.record_verdict(workspace, Verdict(exercise.id, tuple(results), engine=None, seconds=0))


def test_the_version_is_said():
    assert re.fullmatch(r"drydock \d+\.\d+\.\d+\n", drydock("--version").stdout)


def test_a_terminal_in_the_folder_sees_the_starting_files_after_a_reset_and_the_old_ones_are_kept(tmp_path):
    exercise = load("images/first-container")
    folder = tmp_path / "images" / exercise.place
    copy_start(exercise, folder)
    (folder / "commands.sh").write_text("docker ps\n")
    command = "read -r _; cat commands.sh"
    with subprocess.Popen(["sh", "-c", command], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as terminal:
        kept = reset_files(exercise, folder)
        shown = terminal.communicate(b"\n")[0]
    assert shown == (exercise.folder / "start" / "commands.sh").read_bytes()
    assert kept == tmp_path / ".drydock" / "before-reset" / "images" / "first-container-1"
    assert [(p.name, p.read_text()) for p in kept.iterdir()] == [("commands.sh", "docker ps\n")]


@pytest.mark.parametrize(
    "command",
    ["start", "doctor", "list", "check", "hint", "solution", "reset", "clean", "images", "class", "new", "prove"],
)
def test_every_command_explains_itself(home, command):
    done = drydock(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: drydock {command}")


@pytest.mark.parametrize("action", ["release", "collect", "grade", "feedback", "report", "export", "explain", "demo"])
def test_every_command_for_a_class_explains_itself_and_is_in_the_instructors_guide(home, action):
    done = drydock("class", action, "--help")
    assert done.returncode == 0
    guide = (CONTENT / "environment" / "classroom" / "README.md").read_text()
    assert f"drydock class {action}" in guide
    for option in set(re.findall(r"--[a-z-]+", done.stdout)) - {"--help", "--debug", "--json"}:
        assert option in guide, option


def test_list_gives_the_promised_json(home):
    listed = json.loads(drydock("list", "--json").stdout)
    topics = listed["topics"]
    assert [set(topic) for topic in topics] == [{"id", "title", "exercises"}] * len(topics)
    found = [e for topic in topics for e in topic["exercises"]]
    assert all(set(e) == {"id", "title", "points", "requires"} for e in found)
    assert [e["id"] for e in found] == [e.id for e in exercises()]


def test_list_for_people_shows_progress(home):
    done = drydock("list")
    assert done.returncode == 0
    assert "0 of 12 lessons" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_hints_come_one_after_the_other_and_the_last_one_stays(home):
    texts = [drydock("hint", "images/first-container").stdout for _ in range(4)]
    assert [text[: len("Hint 1 of 3")] for text in texts] == [
        "Hint 1 of 3",
        "Hint 2 of 3",
        "Hint 3 of 3",
        "Hint 3 of 3",
    ]


def test_after_the_last_hint_the_solution_is_named(home):
    hints = [drydock("hint", "images/first-container", HOME=str(home)).stdout for _ in range(4)]
    assert ["drydock solution" in hint for hint in hints] == [False, False, False, True]


@pytest.mark.parametrize("port", ["0", "-1", "99999", "eighty"])
def test_a_port_that_is_none_is_refused(home, port):
    done = drydock("start", "--prepare", f"--port={port}")
    assert done.returncode == 2
    assert "a number from 1 to 65535" in done.stderr


def test_a_terminal_that_lacks_our_signs_gets_plain_letters(home):
    done = drydock("list", HOME=str(home), PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    hints = drydock("hint", "images/why-did-it-stop", HOME=str(home), PYTHONIOENCODING="ascii")
    assert hints.returncode == 0, hints.stderr
    with laid_out(Variant(load("dockerfiles/first-image"), "start")) as answer:
        done = drydock("check", "dockerfiles/first-image", "--answer", str(answer), PYTHONIOENCODING="ascii")
    assert "broke" not in done.stderr


def test_a_workspace_that_cannot_be_written_still_shows_a_hint(home, monkeypatch, capsys):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(progress, "_add", refuse)
    assert progress.next_hint(home, load("images/first-container"))[0] == 1


def test_results_are_said_in_the_order_of_the_exercise(home):
    from graders.feedback import InOrder

    exercise, said = load("images/first-container"), []
    show = InOrder(exercise, said.append)
    results = [CheckResult(c.name, c.name, Outcome.PASSED, 1, 1) for c in exercise.checks]
    for result in reversed(results):
        assert said == []
        show(result)
    assert [line.split()[1] for line in said] == [c.name for c in exercise.checks]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device", "/tmp/x"), "The disk is full, where `/tmp/x` lies."),
        (OSError(24, "Too many open files"), "No more files can be opened here."),
        (ZeroDivisionError("by zero"), "Drydock broke (ZeroDivisionError: by zero)."),
    ],
)
def test_what_may_happen_to_any_command_is_a_sentence(home, monkeypatch, capsys, error, sentence):
    from graders import cli

    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_list", fail)
    assert cli.main(["list"]) == 3
    assert sentence in capsys.readouterr().err


def test_doctor_names_settings_that_change_what_docker_does(home):
    from graders.doctor import settings

    folder = home / ".docker"
    folder.mkdir()
    (folder / "config.json").write_text('{"proxies": {"default": {"httpProxy": "http://127.0.0.1:9"}}}')
    environ = {"DOCKER_CONFIG": str(folder), "DOCKER_DEFAULT_PLATFORM": "linux/arm64", "BUILDX_BUILDER": "gone"}
    found = {finding.name: finding for finding in settings(environ)}
    assert set(found) == {"DOCKER_DEFAULT_PLATFORM", "BUILDX_BUILDER", "proxies"}
    assert all(finding.state == "limited" and finding.remedy for finding in found.values())
    (folder / "config.json").write_text("{}")
    assert settings({"DOCKER_CONFIG": str(folder)}) == []


def test_the_solution_is_not_shown_by_accident(home):
    asked = drydock("solution", "images/first-container")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "--publish" in drydock("solution", "images/first-container", "--yes").stdout


def test_an_engine_that_is_not_there_is_a_sentence_and_exit_code_3(home):
    done = drydock(
        "check", "images/first-container", "--answer", str(FIRST / "start"), DOCKER_HOST="unix:///nowhere.sock"
    )
    assert done.returncode == 3
    assert "/nowhere.sock" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_without_an_engine_names_the_remedy(home):
    done = drydock("doctor", "--json", DOCKER_HOST="unix:///nowhere.sock")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert not found["well"]
    assert found["findings"][0]["name"] == "Engine"
    assert found["findings"][0]["remedy"]


@pytest.mark.engine
def test_doctor_tells_whether_containers_can_have_folders_of_yours(home):
    (home / "drydock").mkdir()
    found = {one["name"]: one for one in json.loads(drydock("doctor", "--json").stdout)["findings"]}
    assert found["your folder"]["state"] == "ok"
    assert str(home / "drydock") in found["your folder"]["seen"]
    assert list((home / "drydock").iterdir()) == []


@pytest.mark.engine
def test_an_answer_is_graded_in_a_namespace_when_that_is_asked_for(home):
    done = drydock(
        "check", "images/first-container", "--answer", str(FIRST / "solution"), "--engine", "namespace", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["engine"]["kind"] == "namespace"


def test_an_answer_is_never_run_on_the_learners_own_engine(home):
    done = drydock("check", "images/first-container", "--answer", str(FIRST / "start"), "--engine", "found")
    assert done.returncode == 2
    assert "throwaway" in done.stderr


def test_help_imports_neither_docker_nor_testcontainers_nor_nbgrader():
    code = "import sys, graders.cli; graders.cli.parser(); print([m for m in ('docker', 'testcontainers', 'nbgrader', 'IPython', 'jupytext') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.engine
class TestChecking:
    """`drydock check` on a throwaway Engine."""

    def test_a_passed_check_exits_with_0_and_prints_the_promised_object(self, home):
        done = drydock("check", "images/first-container", "--answer", str(FIRST / "solution"), "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        said = json.loads(done.stdout)
        assert said["exercise"] == "images/first-container"
        assert said["outcome"] == "passed"
        assert said["points"] == said["max_points"] > 0
        assert said["engine"]["kind"] == "container"
        assert set(said["engine"]) == {"kind", "name", "api"}
        assert {c["outcome"] for c in said["checks"]} == {"passed"}

    def test_a_failed_check_exits_with_1_and_says_what_was_seen(self, home):
        with laid_out(Variant(load("images/first-container"), "wrong", "only_on_loopback")) as answer:
            done = drydock("check", "images/first-container", "--answer", str(answer))
        assert done.returncode == 1, done.stdout + done.stderr
        assert "every machine on your network can reach it" in " ".join(done.stdout.split())
        assert "$ docker port dd-web" in done.stdout

    def test_an_answer_may_lie_anywhere_and_need_not_be_writable(self, home, tmp_path):
        answer = tmp_path / "Müllers answer, read-only"
        answer.mkdir()
        (answer / "commands.sh").write_text((FIRST / "solution" / "commands.sh").read_text())
        answer.chmod(0o555)
        done = drydock("check", "images/first-container", "--answer", str(answer), cwd=Path("/"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert sorted(p.name for p in answer.iterdir()) == ["commands.sh"]

    def test_commands_saved_on_windows_are_right_commands(self, home, tmp_path):
        text = (FIRST / "solution" / "commands.sh").read_bytes().replace(b"\n", b"\r\n")
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "commands.sh").write_bytes(text)
        done = drydock("check", "images/first-container", "--answer", str(tmp_path / "a"))
        assert done.returncode == 0, done.stdout + done.stderr

    def test_a_link_out_of_the_answer_is_ungradable_with_a_reason(self, home, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "commands.sh").symlink_to("/etc/passwd")
        done = drydock("check", "images/first-container", "--answer", str(tmp_path / "a"))
        assert done.returncode == 3
        assert "leads out" in done.stdout

    def test_ctrl_c_in_the_middle_leaves_nothing_behind(self, home, host, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "commands.sh").write_text("docker run --name dd-web nginx:1.26\n")
        before = {c.id for c in host.containers.list(all=True)}

        def of_the_check(labels: dict[str, str]) -> bool:
            """Other tests start containers meanwhile; theirs name another process."""
            return f"-{process.pid}-" in labels.get(SESSION_LABEL, f"-{process.pid}-")

        with subprocess.Popen(
            [sys.executable, "-m", "graders", "check", "images/first-container", "--answer", str(tmp_path / "a")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=CONTENT,
            start_new_session=True,
        ) as process:
            events = host.events(filters={"event": "start", "label": SESSION_LABEL}, decode=True)
            next(event for event in events if of_the_check(event["Actor"]["Attributes"]))
            events.close()
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)
        assert process.returncode == 3, output
        assert "Traceback" not in output
        assert {c.id for c in host.containers.list(all=True) if of_the_check(c.labels)} <= before
