"""The Engine that needs nothing: a virtual machine, what it is, what it reaches, and what is left of it."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest
from answers import EXERCISES
from docker.types import EndpointSpec, ServiceMode

from environment.engines import EngineUnavailableError
from environment.engines.machine import MachineEngine, guest
from environment.engines.machine import engine as machine
from environment.engines.machine.folder import running_folder
from environment.engines.machine.process import qemu_version
from environment.images import needed
from graders.classroom.grading import Task, grade_answer, grader_digest, prepare
from graders.classroom.history import Key
from graders.classroom.submission import Answer, File
from graders.engine import Engine
from graders.exercise import COMMANDS
from graders.grading import grade
from graders.variants import laid_out, lay_out, variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.xdist_group("machine"),
    pytest.mark.timeout(1200),
]

BUSYBOX = "busybox:1.37"
DRYDOCK = [sys.executable, "-m", "graders"]
ROOT = Path(__file__).parents[2]
RESTORES = {False: 4, True: 50}
"""How often a machine is restored and ended in one test, in the standard proof and with --all."""
SAMPLE = "dockerfiles/copy-or-add"


def in_a_machine() -> list[object]:
    """All answers; in the standard proof, the solution of a build: two other tests grade commands."""
    return [
        pytest.param(
            answer,
            id=answer.id,
            marks=[] if exercise.id == SAMPLE and answer.kind == "solution" else [pytest.mark.all],
        )
        for exercise in EXERCISES.values()
        for answer in variants(exercise)
    ]


def start(host: docker.DockerClient, *, internet: bool = True) -> MachineEngine:
    return MachineEngine.start(host, course_images=[image.name for image in needed(host)], internet=internet)


@pytest.fixture(scope="module")
def engine(host) -> Iterator[MachineEngine]:
    """A machine; the tests that use it leave nothing that others see."""
    with start(host, internet=False) as engine:
        yield engine


def processes() -> set[int]:
    """The processes of this user's machines: their keepers, QEMU and lines."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"{running_folder()}/".encode() in entry.read_bytes():
                found.add(int(entry.parent.name))
    return found


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Return when something holds, which nothing tells."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it did not come"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


# What it is


@pytest.mark.all
def test_two_builds_of_the_guest_give_the_same_bytes(tmp_path):
    digests = []
    for name in ("one", "two"):
        told = guest.build(tmp_path / name)
        files = [(tmp_path / name / part).read_bytes() for part in guest.PARTS]
        digests.append([hashlib.sha256(file).hexdigest() for file in files])
        assert all("no longer" in sentence for sentence in told)
    assert digests[0] == digests[1]


def test_a_machine_runs_a_real_engine_with_the_courses_images(engine):
    about = engine.client.info()
    assert about["DefaultRuntime"] == "crun"
    assert "runc" in about["Runtimes"]
    assert int(about["ServerVersion"].split(".")[0]) >= 26
    tags = {tag for image in engine.client.images.list() for tag in image.tags}
    assert {image.name for image in needed(engine.client)} <= tags


def test_a_machine_that_boots_anew_has_the_courses_images_too(host):
    """As one does that the processor helps, for which no frozen state is of use."""
    snapshot = machine.ensure_snapshot(host, [image.name for image in needed(host)])
    with MachineEngine(machine._Kept("m-boots", snapshot, boot=True)) as booted:
        assert booted.client.containers.run(BUSYBOX, ["echo", "hello"], remove=True) == b"hello\n"


def test_its_clock_is_right(engine):
    begun = time.time()
    said = float(engine.client.containers.run(BUSYBOX, ["date", "+%s"], remove=True))
    assert begun - 5 < said < time.time() + 5


def test_two_machines_have_different_random_numbers(engine, host):
    read = ["cat", "/proc/sys/kernel/random/uuid"]
    with start(host) as other:
        numbers = {e.client.containers.run(BUSYBOX, read, remove=True) for e in (engine, other)}
    assert len(numbers) == 2


def test_it_says_that_its_processor_is_emulated(engine):
    with Engine(engine, "", session="") as looked_at:
        assert "emulated" in looked_at.capabilities["real-time"]


def test_no_call_to_its_engine_waits_for_another_one(engine):
    """On a line with one port for both directions each hundredth call did."""
    for _ in range(1000):
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(engine.environment["DOCKER_HOST"].removeprefix("unix://"))
            asking.settimeout(10)  # ten times as long as the slowest; the line wakes itself after 15 s
            for _ in range(2):
                asking.sendall(b"HEAD /_ping HTTP/1.1\r\nHost: engine\r\n\r\n")
                assert asking.recv(10_000).startswith(b"HTTP/1.1 200")


@pytest.mark.all
def test_swarm_publishes_through_the_routing_mesh(host):
    with start(host) as engine:
        engine.client.swarm.init(advertise_addr="10.0.2.15")
        # Swarm's network leads every port of the machine to a task, wherever that runs.
        engine.client.services.create(
            BUSYBOX,
            ["sh", "-c", "echo mesh >/index.html; exec httpd -f -h /"],
            mode=ServiceMode("replicated", replicas=2),
            endpoint_spec=EndpointSpec(ports={8088: 80}),
        )
        assert engine.request("http://10.0.2.15:8088/", wait=120, timeout=30).body == "mesh\n"


# What it reaches, and who reaches it


def test_nobody_else_reaches_its_engine(engine):
    assert engine.client.ping()
    path = Path(engine.environment["DOCKER_HOST"].removeprefix("unix://"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700
    mine = {str(pid) for pid in processes()}
    shown = subprocess.run(["ss", "-Htlnp"], capture_output=True, text=True, check=True).stdout
    assert not [line for line in shown.splitlines() if any(f"pid={pid}," in line for pid in mine)]


@pytest.mark.parametrize("internet", [False, True])
def test_without_the_internet_it_does_not_reach_this_machine_either(host, internet):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server, start(host, internet=internet) as engine:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = ["timeout", "20", "wget", "-q", "-O", "/dev/null", f"http://10.0.2.2:{server.server_port}/"]
        if internet:
            engine.client.containers.run(BUSYBOX, command, remove=True)
        else:
            with pytest.raises(docker.errors.ContainerError):
                engine.client.containers.run(BUSYBOX, command, remove=True)
        server.shutdown()


def test_the_proxies_of_this_machine_are_the_engines(host, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/a b")
    with start(host) as engine:
        # What listens on this machine's loopback has another address there.
        assert engine.client.info()["HttpProxy"] == "http://10.0.2.2:9/a b"


def test_a_full_disk_is_said_by_the_build_that_fills_it(host):
    fill = "fallocate -l $(($(df -m / | awk 'NR == 2 {print $4}') - 20))m /big; dd if=/dev/zero of=/rest bs=1M"
    with start(host, internet=False) as engine:
        words = ["docker", "build", "--progress", "plain", "-"]
        recipe = f"FROM {BUSYBOX}\nRUN {fill}\n"
        done = subprocess.run(
            words, input=recipe, env=os.environ | dict(engine.environment), capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "No space left on device" in done.stderr

        def runs() -> bool:
            with contextlib.suppress(docker.errors.APIError):
                return bool(engine.client.containers.run(BUSYBOX, ["echo", "on"], remove=True) == b"on\n")
            return False

        until(runs)  # BuildKit removes what the failed step left a little later


def test_a_container_that_takes_all_memory_ends_alone(engine):
    container = engine.client.containers.run(BUSYBOX, ["tail", "/dev/zero"], detach=True)
    try:
        assert container.wait()["StatusCode"] == 137
        assert engine.client.containers.run(BUSYBOX, ["echo", "on"], remove=True) == b"on\n"
    finally:
        container.remove(force=True)


# Grading


@pytest.mark.parametrize("answer", in_a_machine())
def test_an_answer_gets_its_verdict_where_the_exercise_is_supported(host, answer):
    exercise = answer.exercise
    with laid_out(answer) as folder, start(host, internet=False) as engine:
        lacking = [need for need in exercise.requires if Engine(engine, exercise.id, session="").capabilities[need]]
        verdict = grade(exercise, engine, folder, fresh=True)
    assert lacking in ([], ["real-time"], ["multi-platform"])
    expected = "passed" if answer.kind in {"solution", "right"} else "failed"
    assert verdict.outcome == ("ungradable" if lacking else expected), json.dumps(verdict.as_json(), indent=1)
    if answer.check and not lacking:
        assert [result.name for result in verdict.checks if result.outcome == "failed"] == [answer.check]


def test_drydock_check_grades_in_a_machine(tmp_path):
    # Of the wrong answers the one that no check waits for.
    wrong = {one.id: one for one in variants(EXERCISES["images/first-container"], "wrong")}
    answer = lay_out(wrong["images/first-container/wrong/running--nothing"], tmp_path / "answer")
    words = ["check", "images/first-container", "--answer", str(answer), "--engine", "machine", "--json"]
    done = subprocess.run([*DRYDOCK, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["outcome"], verdict["engine"]["kind"]) == (1, "failed", "machine")


def test_an_answer_of_a_class_is_graded_in_a_machine():
    exercise = EXERCISES["images/first-container"]
    answer = Answer(exercise.id, (File(COMMANDS, (exercise.folder / "solution" / COMMANDS).read_bytes()),))
    key = Key(exercise.id, answer.digest, "seed", grader_digest(exercise), prepare("machine", lambda _: None))
    verdict = grade_answer(Task(key, answer, "machine", 240, None))
    assert (verdict["outcome"], verdict["engine"]["kind"]) == ("passed", "machine"), verdict


# What is left


def test_restores_with_random_kills_leave_nothing(host, pytestconfig):
    before, folders_before = processes(), {*running_folder().iterdir()}
    chosen = random.Random(4)
    for number in range(RESTORES[pytestconfig.getoption("--all")]):
        engine = start(host, internet=False)
        try:
            if number % 2:
                kept = engine._kept  # its processes are what this test kills
                victims = sorted(processes() - before)
                assert kept.process.pid in victims
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chosen.choice(victims), signal.SIGKILL)
            else:
                assert engine.client.ping()
        finally:
            engine.close()
    until(lambda: processes() <= before)
    machine.sweep()
    assert {*running_folder().iterdir()} <= folders_before


def test_a_machine_ends_with_the_process_that_started_it(host):
    before = processes()
    program = (
        "from environment.engines.found import FoundEngine; from environment.engines.machine import MachineEngine\n"
        "from environment.images import needed; import sys; host = FoundEngine.find().client\n"
        "MachineEngine.start(host, course_images=[i.name for i in needed(host)])\n"
        "print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starting:
        assert starting.stdout
        assert starting.stdout.readline() == "up\n"
        assert processes() - before
        starting.kill()
    until(lambda: processes() <= before)


# The learner's own machine


@pytest.fixture
def learner(tmp_path, monkeypatch, host) -> Iterator[Callable[..., str]]:
    """A learner's home with a workspace, and the command line in it."""
    start(host).close()  # what it starts from is there
    runtime = tempfile.mkdtemp(prefix="dd-")  # the path of a socket is short
    workspace = tmp_path / "my, 'own' work"
    workspace.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.setenv("DRYDOCK_WORKSPACE", str(workspace))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def drydock(*words: str, code: int = 0) -> str:
        done = subprocess.run([*DRYDOCK, *words], cwd=workspace, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    yield drydock
    drydock("engine", "down")
    shutil.rmtree(runtime)


def own(learner) -> docker.DockerClient:
    return docker.DockerClient(base_url=f"unix://{machine.own_socket()}", version="1.45")


def test_the_learners_machine_is_found_and_goes_again(learner):
    assert "does not run" in learner("engine", "status", code=1)
    assert "DOCKER_HOST=unix://" in learner("engine", "up")
    assert "The machine runs" in learner("engine", "up")
    assert json.loads(learner("engine", "status", "--json"))["state"] == "ready"
    assert "has ended" in learner("engine", "down")
    assert "does not run" in learner("engine", "status", code=1)
    assert not machine.own_socket().exists()


def page(port: int) -> str:
    """What is answered on a port here; nothing where nobody answers."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        return str(answer.read().decode())
    return ""


def is_free(port: int) -> bool:
    with socket.socket() as wanted:
        wanted.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            wanted.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


SITE = ["sh", "-c", "echo here >/index.html; exec httpd -f -h /"]


def test_published_ports_come_and_go_with_containers(learner):
    learner("engine", "up")
    port = free_port()
    named = own(learner).containers.run(BUSYBOX, SITE, detach=True, ports={"80/tcp": port})
    chosen = own(learner).containers.run(BUSYBOX, SITE, detach=True, ports={"80/tcp": None})
    chosen.reload()
    other = int(chosen.ports["80/tcp"][0]["HostPort"])
    for each in (port, other):
        until(lambda each=each: page(each) == "here\n")
        assert str(each) in learner("engine", "status").partition("answer on 127.0.0.1: ")[2]
    named.remove(force=True)
    until(lambda: is_free(port))
    chosen.stop(timeout=0)
    until(lambda: is_free(other))


def test_published_ports_answer_again_after_the_engine_has_started_anew(learner):
    learner("engine", "up")
    ports = free_port(), free_port()
    always = {"Name": "always"}
    own(learner).containers.run(BUSYBOX, SITE, detach=True, ports={"80/tcp": ports[0]}, restart_policy=always)
    until(lambda: page(ports[0]) == "here\n")
    machine.Machine(machine.own_socket().parent).run("sh", "-c", 'exec kill "$(cat /run/docker.pid)"')
    until(lambda: is_free(ports[0]))
    until(lambda: page(ports[0]) == "here\n")
    own(learner).containers.run(BUSYBOX, SITE, detach=True, ports={"80/tcp": ports[1]})
    until(lambda: page(ports[1]) == "here\n")


def test_published_ports_come_and_go_with_services(learner):
    learner("engine", "up")
    client, port = own(learner), free_port()
    client.swarm.init(advertise_addr="10.0.2.15")
    client.services.create(BUSYBOX, SITE, endpoint_spec=EndpointSpec(ports={port: 80}))
    until(lambda: page(port) == "here\n")
    client.swarm.leave(force=True)
    until(lambda: is_free(port))


ECHO = """
import socket
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind(("", 9))
while True:
    said, who = here.recvfrom(100)
    here.sendto(said, who)
"""


def test_datagrams_reach_a_port_that_is_published_for_udp(learner):
    learner("engine", "up")
    port, other = free_port(), free_port()
    ports = {"9/udp": [port, ("127.0.0.1", other)]}
    own(learner).containers.run("python:3.13-slim", ["python", "-c", ECHO], detach=True, ports=ports)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)

        def comes_back() -> bool:
            asking.sendto(b"hello", ("127.0.0.1", port))
            with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                return asking.recv(100) == b"hello"
            return False

        until(comes_back)
    assert f"The port {other} of a container does not answer on 127.0.0.1: UDP" in learner("engine", "status")


def test_a_port_that_is_taken_here_is_named(learner):
    learner("engine", "up")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        own(learner).containers.run(BUSYBOX, ["sleep", "1000"], detach=True, ports={"80/tcp": port})
        until(lambda: f"The port {port} of a container does not answer" in learner("engine", "status"))


def test_the_workspace_is_mounted_under_its_own_path(learner):
    learner("engine", "up")
    folder = Path(os.environ["DRYDOCK_WORKSPACE"], "site")
    folder.mkdir()
    (folder / "page").write_text("first\n")
    mounts = {str(folder): {"bind": "/site", "mode": "rw"}}
    script = 'until read -r x </site/page && [ "$x" = second ]; do usleep 10000; done; echo third >/site/back'
    container = own(learner).containers.run(BUSYBOX, ["sh", "-c", script], detach=True, volumes=mounts)
    (folder / "page").write_text("second\n")
    until(lambda: (folder / "back").exists() and (folder / "back").read_text() == "third\n")
    assert container.wait()["StatusCode"] == 0


def test_a_machine_that_died_is_replaced_and_what_was_lost_is_named(learner):
    learner("engine", "up")
    own(learner).containers.run(BUSYBOX, ["sleep", "1000"], detach=True, name="lost")
    children = Path(f"/proc/{machine._keeper()}/task/{machine._keeper()}/children").read_text().split()
    qemu = next(pid for pid in children if b"qemu" in Path("/proc", pid, "cmdline").read_bytes())
    os.kill(int(qemu), signal.SIGKILL)
    until(lambda: len(machine.status().get("replaced", [])) == 1 and machine.status()["state"] == "ready")
    said = learner("engine", "status")
    assert "a new one took its place, because its QEMU ended" in said
    assert "Lost were its containers" in said
    assert own(learner).containers.list(all=True) == []


def test_reset_gives_a_pristine_engine_and_keeps_the_files(learner):
    learner("engine", "up")
    mine = Path(os.environ["DRYDOCK_WORKSPACE"], "mine")
    mine.write_text("kept")
    own(learner).containers.create(BUSYBOX, name="gone")
    assert "your files are not" in learner("engine", "reset")
    assert own(learner).containers.list(all=True) == []
    assert mine.read_text() == "kept"


def test_it_ends_with_the_process_that_it_was_started_for(learner):
    with subprocess.Popen(["sleep", "1000"]) as jupyterlab:
        try:
            learner("engine", "up", "--with-process", str(jupyterlab.pid))
        finally:
            jupyterlab.kill()
    until(lambda: machine.status()["state"] == "down" and not machine.own_socket().exists())


def test_two_that_start_it_at_once_start_one(learner):
    with ThreadPoolExecutor() as pool:
        said = [done.result() for done in [pool.submit(learner, "engine", "up") for _ in range(2)]]
    assert all("The machine runs" in one for one in said)
    assert own(learner).ping()


def test_a_folder_with_a_long_path_is_not_used_for_sockets(tmp_path, monkeypatch):
    long = tmp_path / ("long" * 20)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    assert running_folder().parent == Path(tempfile.gettempdir())


def test_a_folder_that_others_can_use_is_refused(monkeypatch):
    short = Path(tempfile.mkdtemp(prefix="dd-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    running_folder().mkdir()
    running_folder().chmod(0o755)
    try:
        with pytest.raises(EngineUnavailableError, match="not this user's alone"):
            machine.sweep()
    finally:
        shutil.rmtree(short)


def test_what_is_missing_for_a_machine_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailableError, match="qemu-system-x86_64, which is not installed"):
        qemu_version()
