"""What goes wrong around a check ends in a sentence, costs no points, and leaves nothing behind."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import start_engine
from docker.types import Mount

from environment.engines import EXERCISE_LABEL, SESSION_LABEL
from environment.engines.found import FoundEngine
from environment.engines.session import current_session
from graders.check import Outcome
from graders.engine import Engine
from graders.engine.cleaning import remove_demos, remove_exercise, remove_labelled, sweep
from graders.errors import DrydockError
from graders.exercise import load
from graders.grading import grade
from graders.schema import OWNED
from graders.variants import laid_out, variants

pytestmark = pytest.mark.engine

FIRST = load("images/first-container")
IMAGE = load("dockerfiles/first-image")


@pytest.fixture
def answer(tmp_path):
    def write(commands: str) -> Path:
        (tmp_path / "answer").mkdir(exist_ok=True)
        (tmp_path / "answer" / "commands.sh").write_text(commands)
        return tmp_path / "answer"

    return write


def everything(client) -> dict[str, set[str]]:
    return {
        "containers": {c["Id"] for c in client.api.containers(all=True)},
        "networks": {n["Id"] for n in client.api.networks()},
        "volumes": {v["Name"] for v in client.api.volumes()["Volumes"] or []},
        "images": {i["Id"] for i in client.api.images()},
    }


def test_two_checks_of_the_same_exercise_at_once_do_not_meet(host):
    def graded(_) -> Outcome:
        engine = start_engine(host)
        try:
            return grade(FIRST, engine, FIRST.folder / "solution", fresh=True).outcome
        finally:
            engine.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(graded, range(2))) == [Outcome.PASSED, Outcome.PASSED]


def test_ten_checks_at_once_on_one_engine_all_pass_and_leave_nothing(throwaway):
    before = everything(throwaway.client)
    with ThreadPoolExecutor(10) as pool:
        verdicts = list(pool.map(lambda _: grade(IMAGE, throwaway, IMAGE.folder / "solution"), range(10)))
    assert [v.outcome for v in verdicts] == [Outcome.PASSED] * 10
    assert everything(throwaway.client) == before


def test_the_same_check_twice_gives_the_same_verdict(throwaway):
    first = grade(FIRST, throwaway, FIRST.folder / "solution", fresh=True)
    again = grade(FIRST, throwaway, FIRST.folder / "solution")
    assert [(r.name, r.outcome) for r in first.checks] == [(r.name, r.outcome) for r in again.checks]
    assert again.outcome is Outcome.PASSED


BREAK_RUNC = """
runc=$(command -v runc) && mv "$runc" "$runc.real" && cat >"$runc" <<'END'
#!/bin/sh
case "$*" in
*" run "* | *" create "*)
    if [ $(ls /tmp/broke* 2>/dev/null | wc -l) -lt TIMES ]; then
        mktemp /tmp/brokeXXXXXX
        echo "runc run failed: unable to start container process: waiting for init preliminary setup: read init-p" >&2
        exit 1
    fi
    ;;
esac
exec "$0.real" "$@"
END
chmod +x "$runc"
"""


@pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.PASSED), (1000, Outcome.UNGRADABLE)])
def test_a_runtime_that_breaks_before_a_step_of_the_build_costs_no_points(throwaway, answer, times, outcome):
    assert throwaway.run_script(answer(BREAK_RUNC.replace("TIMES", str(times)))).exit_code == 0
    verdict = grade(IMAGE, throwaway, IMAGE.folder / "solution")
    assert verdict.outcome is outcome
    said = " ".join(result.message for result in verdict.checks)
    assert ("The Engine could not start a step of the build" in said) is (outcome is Outcome.UNGRADABLE)


def test_an_engine_that_goes_away_in_the_middle_is_ungradable_and_says_so(host):
    engine = start_engine(host)
    try:
        verdict = grade(
            FIRST,
            engine,
            FIRST.folder / "solution",
            fresh=True,
            on_result=lambda _: host.containers.get(engine.name).kill() if running(host, engine.name) else None,
        )
    finally:
        engine.close()
    assert verdict.outcome is Outcome.UNGRADABLE
    told = " ".join([str(verdict.problem or ""), *(r.message for r in verdict.checks)])
    assert "stopped answering" in told


def running(host, name: str) -> bool:
    return host.containers.get(name).status == "running"


def test_an_image_that_is_missing_is_named_with_the_command_that_gets_it(host, found):
    from environment.engines.container import ContainerEngine
    from environment.engines.session import current_session

    engine = ContainerEngine.start(host, session=current_session())
    try:
        verdict = grade(FIRST, engine, FIRST.folder / "solution", fresh=True)
    finally:
        engine.close()
    assert verdict.outcome is Outcome.UNGRADABLE
    assert "nginx:1.26" in verdict.problem.what
    assert "drydock images build" in verdict.problem.remedy


def test_a_port_that_is_taken_is_what_a_learner_reads(throwaway, answer):
    commands = (
        "docker run -d --name other -p 127.0.0.1:18080:80 nginx:1.26\n"
        "docker run -d --name dd-web -p 127.0.0.1:18080:80 nginx:1.26\n"
    )
    verdict = grade(FIRST, throwaway, answer(commands), fresh=True)
    assert verdict.outcome is Outcome.FAILED
    assert "port is already allocated" in verdict.checks[0].message


def test_a_range_of_ports_that_is_full_is_what_a_learner_reads(throwaway, answer):
    one = "docker run -d {} -p 127.0.0.1:18080-18081:80 nginx:1.26\n"
    verdict = grade(FIRST, throwaway, answer(one.format("") * 2 + one.format("--name dd-web")), fresh=True)
    assert verdict.outcome is Outcome.FAILED
    told = " ".join([verdict.checks[0].message, *verdict.checks[0].evidence, *verdict.notes])
    assert "port" in told
    assert "allocated" in told


def test_commands_that_never_end_are_stopped_and_said_so(throwaway, answer, monkeypatch):
    # Else what runs beside the test decides: on an Engine that slows down meanwhile there is no verdict.
    monkeypatch.setattr("graders.engine.pace.CLEARLY", float("inf"))
    verdict = grade(FIRST, throwaway, answer("docker run --name dd-web nginx:1.26\n"), fresh=True)
    assert verdict.outcome is Outcome.FAILED
    assert "did not end in time" in verdict.notes[0]


def test_a_file_with_windows_line_endings_is_named_when_something_fails(throwaway, tmp_path):
    (tmp_path / "commands.sh").write_bytes(b"true\r\n")
    (tmp_path / "extra.sh").write_bytes(b"#!/bin/sh\r\ntrue\r\n")
    verdict = grade(FIRST, throwaway, tmp_path, fresh=True)
    assert any("`extra.sh`" in note and "CRLF" in note for note in verdict.notes)


def test_nothing_of_others_is_touched_and_nothing_of_ours_stays(throwaway):
    client = throwaway.client
    client.containers.run("busybox:1.37", ["sleep", "600"], name="mine", detach=True, labels={"a": "b"})
    client.volumes.create("my-data")
    client.networks.create("my-net")
    before = everything(client)
    for answer in variants(IMAGE, "start", "solution", "wrong")[:3]:
        with laid_out(answer) as folder:
            grade(IMAGE, throwaway, folder)
    assert everything(client) == before


def test_what_a_killed_check_left_behind_is_swept_by_the_next(throwaway):
    gone = subprocess.run(
        [sys.executable, "-c", "from environment.engines.session import current_session; print(current_session())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    client = throwaway.client
    left = {SESSION_LABEL: gone, EXERCISE_LABEL: "images/first-container"}
    before = everything(client)
    client.containers.run("busybox:1.37", ["sleep", "600"], detach=True, labels=left)
    client.networks.create("left", labels=left)
    client.volumes.create("left", labels=left)
    sweep(client)
    assert everything(client) == before


def test_what_a_running_check_made_is_not_swept(throwaway):
    from environment.engines.session import current_session

    container = throwaway.client.containers.run(
        "busybox:1.37", ["sleep", "600"], detach=True, labels={SESSION_LABEL: current_session()}
    )
    sweep(throwaway.client)
    container.reload()
    assert container.status == "running"


def test_what_another_pid_namespace_made_is_swept_when_it_is_a_day_old(throwaway, monkeypatch):
    made = throwaway.client.containers.create("busybox:1.37", labels={SESSION_LABEL: "elsewhere.1-1-1"})
    sweep(throwaway.client)
    made.reload()
    now = time.time()
    monkeypatch.setattr("environment.engines.session.time.time", lambda: now + 25 * 3600)
    sweep(throwaway.client)
    assert made.id not in {container.id for container in throwaway.client.containers.list(all=True)}


def test_a_network_of_a_grader_goes_and_a_container_of_the_learners_that_is_on_it_stays(throwaway):
    client = throwaway.client
    client.networks.create("ours", labels={EXERCISE_LABEL: FIRST.id})
    theirs = client.containers.run("busybox:1.37", ["sleep", "600"], network="ours", detach=True)
    remove_labelled(client, EXERCISE_LABEL)
    assert "ours" not in {network.name for network in client.networks.list()}
    theirs.reload()
    assert theirs.status == "running"
    theirs.remove(force=True)


def test_settings_of_the_learner_do_not_reach_what_a_grader_runs(host, tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text(
        '{"proxies": {"default": {"httpProxy": "http://127.0.0.1:9"}}, "auths": {"registry.test": {}}}'
    )
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/s390x")
    monkeypatch.setenv("BUILDX_BUILDER", "gone")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.37\nRUN env\n")
    tmp_path.chmod(0o500)
    with Engine(FoundEngine.find(), FIRST.id, session=current_session()) as engine:
        assert "proxy" not in engine.once("busybox:1.37", "env").stdout.lower()
        assert "proxy" not in engine.build(tmp_path).step("RUN").log.lower()


def test_a_limit_that_ran_out_on_a_busy_engine_is_an_error_and_no_failed_check(throwaway, monkeypatch):
    with Engine(throwaway, FIRST.id, session=current_session()) as engine:
        assert not engine.wait_until(lambda: False, 0.1)
        engine.pace.measure, engine.pace._at = (lambda: 60.0), 0.0
        with pytest.raises(DrydockError, match="too busy"):
            engine.wait_until(lambda: False, 0.1)


def test_a_reset_removes_what_the_exercise_owns_and_nothing_else(throwaway):
    client = throwaway.client
    client.containers.run("busybox:1.37", ["sleep", "600"], name="dd-web", detach=True)
    client.containers.run("busybox:1.37", ["sleep", "600"], name="web", detach=True)
    with Engine(throwaway, FIRST.id, session="") as engine:
        assert remove_exercise(client, FIRST.id, FIRST.owns) == ["container dd-web"]
        assert engine.has_container("web")
        assert not engine.has_container("dd-web")


def test_two_resets_at_once_disturb_each_other_as_little_as_a_container_that_just_goes(throwaway):
    client = throwaway.client
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            client.containers.run("busybox:1.37", ["sleep", "600"], name="dd-web", detach=True)
            both = [pool.submit(remove_exercise, client, FIRST.id, FIRST.owns) for _ in range(2)]
            assert {name for one in both for name in one.result()} == {"container dd-web"}


def test_every_owned_name_begins_with_dd_and_belongs_to_one_exercise():
    from graders.exercise import exercises

    names = [(kind, name) for exercise in exercises() for kind in OWNED for name in getattr(exercise.owns, kind)]
    assert len(names) == len(set(names))
    assert all(name.startswith(("dd-", "127.0.0.1:", "localhost:")) for _, name in names), names


def test_a_reset_says_what_keeps_an_image_of_the_exercise_in_use(throwaway):
    exercise = load("dockerfiles/read-a-stranger")
    owned = exercise.owns.images[0]
    client = throwaway.client
    client.images.get("busybox:1.37").tag(*owned.split(":"))
    client.containers.run(owned, ["sleep", "600"], name="mine", detach=True)
    client.images.remove("busybox:1.37", force=True)
    with Engine(throwaway, exercise.id, session="") as engine, pytest.raises(DrydockError) as error:
        remove_exercise(throwaway.client, exercise.id, exercise.owns)
    assert owned in error.value.what
    assert engine.has_container("mine")


def test_what_a_notebook_left_is_removed_and_what_only_looks_like_it_stays(throwaway):
    client = throwaway.client
    for name in ("dd-demo-left", "my-dd-demo-mine", "dd-demonstration"):
        volume, network = client.volumes.create(name), client.networks.create(name)
        client.images.get("busybox:1.37").tag(f"{name}:1")
        client.containers.run(
            f"{name}:1", ["sleep", "600"], name=name, network=network.name, volumes=[f"{volume.name}:/v"], detach=True
        )
    gone = remove_demos(client)
    assert remove_demos(client) == []
    assert gone == [f"{kind} dd-demo-left" for kind in ("container", "network", "volume")] + ["image dd-demo-left:1"]
    assert {c.name for c in client.containers.list()} == {"my-dd-demo-mine", "dd-demonstration"}
    assert client.images.get("busybox:1.37").tags


@pytest.mark.parametrize(("prints", "runs"), [("", 3), ("echo done", 1)])
def test_a_run_whose_output_may_have_been_lost_is_run_again(throwaway, prints, runs):
    throwaway.client.volumes.create("counted")
    with Engine(throwaway, "notebooks", session=current_session()) as engine:
        done = engine.once("busybox:1.37", "sh", "-c", f"echo run >>/v/runs; {prints}", mounts=[Mount("/v", "counted")])
        assert done.exit_code == 0
        counted = engine.once("busybox:1.37", "cat", "/v/runs", mounts=[Mount("/v", "counted")])
    assert counted.stdout.split() == ["run"] * runs


def test_output_that_arrives_with_the_head_of_the_answer_is_not_lost(host, monkeypatch):
    begin = http.client.HTTPResponse.begin

    def begin_late(answer):
        """As on a busy machine: the command has ended before its answer is looked at."""
        line, said = answer.fp.raw._sock, b""
        while b"\r\n\r\n" not in said or (b"-stream" in said and b"to stderr" not in said):
            said = line.recv(1 << 16, socket.MSG_PEEK)
        begin(answer)

    with Engine(FoundEngine.find(), "notebooks", session=current_session()) as engine:
        container = engine.run("busybox:1.37", "sleep", "600")
        with monkeypatch.context() as late:
            late.setattr(http.client.HTTPResponse, "begin", begin_late)
            said = container.exec("sh", "-c", "echo to stdout; usleep 10000; echo to stderr >&2; exit 7")
    assert (said.exit_code, said.stdout, said.stderr) == (7, "to stdout\n", "to stderr\n")
