"""A throwaway Engine in namespaces of its own: what it can do, what it leaves, and what nobody on it can do."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest
from conftest import reports_out_of_memory

from environment.engines import SESSION_LABEL, EngineUnavailableError
from environment.engines.namespace import Limits, NamespaceEngine, remove_all, sweep, unavailable
from environment.engines.namespace.groups import Groups, hierarchies
from environment.engines.namespace.state import state_folder
from environment.engines.request import request
from environment.engines.session import current_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# With tests/classroom/test_attacks.py: both look at what is left on the machine.
pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("class")]

BUSYBOX = "busybox:1.37"
ROOT = Path(__file__).parents[2]
EVERYTHING = {
    "privileged": True,
    "pid_mode": "host",
    "network_mode": "host",
    "ipc_mode": "host",
    "userns_mode": "host",
    "volumes": ["/:/host"],
    "remove": True,
}
"""As `docker run --privileged --pid=host --network=host -v /:/host`: all that root of the Engine can have."""
USUAL = Limits()
SMALL = Limits(memory=700 << 20, processes=300, cpus=1.0, disk=512 << 20)


def start(host: docker.DockerClient, limits: Limits = USUAL, **choices: object) -> NamespaceEngine:
    return NamespaceEngine.start(
        host,
        session=current_session(),
        course_images=[BUSYBOX],
        limits=limits,
        **choices,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def engine(host: docker.DockerClient) -> Iterator[NamespaceEngine]:
    with start(host) as engine:
        yield engine


@pytest.fixture
def small(host: docker.DockerClient) -> Iterator[NamespaceEngine]:
    """An Engine with narrow limits, for one test."""
    with start(host, SMALL) as engine:
        yield engine


def cli(engine: NamespaceEngine, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **engine.environment}
    return subprocess.run(
        ["docker", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def sh(engine: NamespaceEngine, script: str, **choices: object) -> str:
    """What a script says in a container, whether it succeeds or not."""
    made = engine.client.containers.run(BUSYBOX, ["sh", "-c", f"{{ {script}\n}} 2>&1; true"], remove=True, **choices)
    return bytes(made).decode()


def as_root(engine: NamespaceEngine, tmp_path: Path, script: str, timeout: float = 60) -> str:
    """What a script says that root of the Engine runs beside its dockerd."""
    return engine.run_script(write(tmp_path, {"commands.sh": script}), timeout=timeout).output


# Beyond the machine


def left_of(name: str) -> list[str]:
    """What an Engine has on this machine: control groups, folders, loop devices and mounts."""
    groups = [str(found.mount / name) for found in hierarchies() if (found.mount / name).exists()]
    folder = state_folder() / "engines" / name
    loops = [str(file) for file in Path("/sys/block").glob("loop*/loop/backing_file") if name in (_read(file) or "")]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if name in line]
    return [*groups, *([str(folder)] if folder.exists() else []), *loops, *mounts]


def _read(file: Path) -> str | None:
    try:
        return file.read_text()
    except OSError:
        return None


def processes_of(engine_name: str) -> set[int]:
    return Groups(engine_name).processes()


def ended(*processes: int) -> bool:
    """Wait until processes that are no children of this one have ended."""
    for number in processes:
        try:
            end = os.pidfd_open(number)
        except ProcessLookupError:
            continue
        came = select.select([end], [], [], 60)[0]
        os.close(end)
        if not came:
            return False
    return True


# The Engine itself


def test_a_ready_engine_has_the_course_images(engine: NamespaceEngine) -> None:
    assert [image.tags for image in engine.client.images.list()] == [[BUSYBOX]]
    assert engine.kind == "namespace"
    assert engine.name in engine.why


def test_its_layers_are_those_of_the_engine_outside(host: docker.DockerClient, engine: NamespaceEngine) -> None:
    inside = engine.client.images.get(BUSYBOX).attrs["RootFS"]["Layers"]
    assert inside == host.images.get(BUSYBOX).attrs["RootFS"]["Layers"]


def test_the_docker_cli_reaches_it_outside_and_inside(engine: NamespaceEngine, tmp_path: Path) -> None:
    write(tmp_path, {"commands.sh": "docker info --format '{{.Name}}'; docker compose version"})
    inside = engine.run_script(tmp_path)
    assert cli(engine, "info", "--format", "{{.Name}}").stdout == "engine\n"
    assert inside.output.startswith("engine\n")
    assert "Docker Compose version" in inside.output


def test_an_engine_without_images_starts_too(host: docker.DockerClient) -> None:
    with NamespaceEngine.start(host, session=current_session()) as empty:
        assert empty.client.images.list() == []


def test_engines_are_ready_again_and_again(host: docker.DockerClient) -> None:
    for _ in range(5):
        with start(host) as engine:
            assert engine.client.containers.run(BUSYBOX, ["echo", "there"], remove=True) == b"there\n"
        assert left_of(engine.name) == []


def test_two_engines_at_once_do_not_meet(host: docker.DockerClient) -> None:
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: start(host), range(2))
    with first, second:
        first.client.containers.create(BUSYBOX, name="only-here")
        first.client.images.get(BUSYBOX).tag("only-here:1")
        assert second.client.containers.list(all=True) == []
        assert [image.tags for image in second.client.images.list()] == [[BUSYBOX]]
        addresses = [sh(one, "ip -o -4 addr show dev eth0", network_mode="host").split()[3] for one in (first, second)]
        assert addresses[0] == addresses[1]  # and yet neither answers for the other
        first.client.images.remove("only-here:1")
        first.client.images.remove(BUSYBOX, force=True)
        assert first.client.images.list() == []
        assert sh(second, "echo there") == "there\n"


def test_ten_threads_can_ask_at_once(engine: NamespaceEngine) -> None:
    def ends_with(code: int) -> int:
        # What ten short containers print can get lost, as on any Engine that is so busy; how they end cannot.
        container = engine.client.containers.run(BUSYBOX, ["sh", "-c", f"exit {code}"], detach=True)
        ended: int = container.wait()["StatusCode"]
        container.remove()
        return ended

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(ends_with, range(10))) == list(range(10))


def test_an_image_that_is_not_there_is_named(host: docker.DockerClient) -> None:
    with pytest.raises(EngineUnavailableError, match=r"no-such-image:9 is not on the Engine"):
        NamespaceEngine.start(host, session=current_session(), course_images=["no-such-image:9"])


def test_the_internet_is_refused_in_words(host: docker.DockerClient) -> None:
    with pytest.raises(EngineUnavailableError, match=r"no way to the internet"):
        start(host, internet=True)


def test_it_can_run_here() -> None:
    assert unavailable() == ""


def test_who_is_not_root_is_told(tmp_path: Path) -> None:
    asks = "from environment.engines.namespace import unavailable; print(unavailable())"
    dropping = f"import os; {asks.split(';', maxsplit=1)[0]}; os.setuid(65534); {asks}"
    said = subprocess.run([sys.executable, "-c", dropping], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "An Engine in a namespace is started by root of the machine, and this is not root.\n"


def test_a_path_that_is_too_long_for_a_socket_is_told(
    host: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DRYDOCK_STATE", str(tmp_path / ("x" * 100)))
    with pytest.raises(EngineUnavailableError, match=r"Set DRYDOCK_STATE to a shorter path"):
        NamespaceEngine.start(host, session=current_session())


# What exercises do on it


def test_buildkit_builds_and_the_second_time_from_its_cache(engine: NamespaceEngine, tmp_path: Path) -> None:
    script = (
        f"FROM {BUSYBOX}\nCOPY hello /\nRUN --mount=type=cache,target=/c cat /hello >/c/x && mknod /fifo p\nUSER 1000\n"
    )
    write(tmp_path, {"Dockerfile": script, "hello": "hi\n"})
    command = ("buildx", "build", "--progress=plain", "--tag=built", str(tmp_path))
    first, second = cli(engine, *command), cli(engine, *command)
    assert first.returncode == second.returncode == 0, first.stderr
    assert second.stderr.count("CACHED") == 2
    assert engine.client.containers.run("built", ["cat", "/hello"], remove=True) == b"hi\n"


def test_the_older_builder_builds(engine: NamespaceEngine, tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": f"FROM {BUSYBOX}\nRUN rm /bin/wget && echo x >/x\n"})
    built, _ = engine.client.images.build(path=str(tmp_path), tag="older")
    assert engine.client.containers.run("older", ["ls", "/x"], remove=True) == b"/x\n"
    assert len(built.attrs["RootFS"]["Layers"]) == 2


COMPOSE = f"""
services:
  db:
    image: {BUSYBOX}
    command: ["sh", "-c", "mkdir /www; echo data >/www/index.html; exec httpd -f -p 80 -h /www"]
    healthcheck: {{test: "wget -qO- http://127.0.0.1/", interval: 200ms}}
  web:
    image: {BUSYBOX}
    command: ["sh", "-c", "mkdir /www; wget -qO/www/index.html http://db/; exec httpd -f -p 80 -h /www"]
    depends_on: {{db: {{condition: service_healthy}}}}
    ports: ["127.0.0.1:18081:80"]
"""


def test_compose_goes_up_and_down(engine: NamespaceEngine, tmp_path: Path) -> None:
    file = str(write(tmp_path, {"compose.yaml": COMPOSE}) / "compose.yaml")
    up = cli(engine, "compose", "-p", "trial", "-f", file, "up", "--detach", "--wait")
    assert up.returncode == 0, up.stderr
    assert engine.request("http://127.0.0.1:18081/", wait=5).body == "data\n"
    down = cli(engine, "compose", "-p", "trial", "-f", file, "down", "--timeout", "0")
    assert down.returncode == 0, down.stderr
    assert engine.client.containers.list(all=True, filters={"label": "com.docker.compose.project=trial"}) == []


def test_containers_of_a_network_know_each_other_by_name(engine: NamespaceEngine) -> None:
    network = engine.client.networks.create("street")
    house = engine.client.containers.run(BUSYBOX, ["sleep", "600"], name="house", network="street", detach=True)
    assert "1 packets received" in sh(engine, "ping -c 1 -W 5 house", network="street")
    assert "bad address" in sh(engine, "ping -c 1 -W 1 house")
    house.remove(force=True)
    network.remove()


def test_a_volume_keeps_its_files(engine: NamespaceEngine) -> None:
    sh(engine, "echo kept >/v/file", volumes=["shelf:/v"])
    assert sh(engine, "cat /v/file", volumes=["shelf:/v"]) == "kept\n"
    engine.client.volumes.get("shelf").remove()


def test_a_container_that_outgrows_its_memory_is_reported(engine: NamespaceEngine) -> None:
    assert reports_out_of_memory(engine.client)


def test_limits_of_a_container_hold(engine: NamespaceEngine) -> None:
    assert "can't fork" in sh(engine, "(for i in 1 2 3 4 5 6 7 8; do sleep 9 & done)", pids_limit=4)
    limited = engine.client.containers.create(BUSYBOX, ["true"], mem_limit="32m", cpu_quota=50_000)
    limited.start()
    assert limited.wait()["StatusCode"] == 0
    limited.remove()


def test_a_container_can_be_paused_stopped_restarted_committed_and_saved(engine: NamespaceEngine) -> None:
    held = engine.client.containers.run(BUSYBOX, ["sh", "-c", "touch /made; exec sleep 600"], detach=True)
    held.pause()
    held.reload()
    assert held.status == "paused"
    held.unpause()
    held.restart(timeout=0)
    assert {"Path": "/made", "Kind": 1} in held.diff()
    committed = held.commit(repository="committed")
    assert len(b"".join(committed.save())) > 1 << 20
    held.remove(force=True)
    committed.remove(force=True)


def test_a_swarm_answers_for_its_services(small: NamespaceEngine) -> None:
    address = sh(small, "ip -o -4 addr show dev eth0", network_mode="host").split()[3].partition("/")[0]
    small.client.swarm.init(advertise_addr=address)
    small.client.networks.create("overlay", driver="overlay", attachable=True)
    assert small.client.swarm.attrs["ID"]
    small.client.swarm.leave(force=True)


# The template


def is_cached(progress: str, step: str) -> bool:
    """Tell from buildx's plain progress whether a step came from the cache."""
    number = next(line.split()[0] for line in progress.splitlines() if step in line)
    return f"{number} CACHED" in progress.splitlines()


def test_what_is_built_before_is_in_every_cache_and_its_image_is_not(host: docker.DockerClient, tmp_path: Path) -> None:
    context = write(
        tmp_path, {"Dockerfile": f"FROM {BUSYBOX}\nCOPY hello /\nRUN sleep 1 && cp /hello /bye\n", "hello": "hi"}
    )
    command = ["docker", "buildx", "build", "--progress=plain", "--tag=warmed", str(context)]
    made = []

    def warm(_client: docker.DockerClient, environment: Mapping[str, str]) -> None:
        made.append(subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True))

    key = f"{current_session()}"
    for _ in range(2):
        with start(host, warm=warm, warm_key=key) as engine:
            assert [image.tags for image in engine.client.images.list()] == [[BUSYBOX]]
            built = cli(engine, *command[1:])
            assert is_cached(built.stderr, "RUN sleep 1"), built.stderr
            (context / "hello").write_text("changed")
            assert not is_cached(cli(engine, *command[1:]).stderr, "RUN sleep 1")
            assert engine.client.containers.run("warmed", ["cat", "/bye"], remove=True) == b"changed"
            (context / "hello").write_text("hi")
            assert "Read-only" in sh(engine, "touch /template/root/x", volumes=["/template:/template"], privileged=True)
    assert len(made) == 1
    with start(host, warm=lambda *_: None, warm_key=f"{key}-later") as engine:
        assert not is_cached(cli(engine, *command[1:]).stderr, "RUN sleep 1")


PREPARER = """
import sys
import docker
from environment.engines.namespace import NamespaceEngine
from environment.engines.session import current_session
def warm(client, environment):
    print("made", flush=True)
    sys.stdin.read()
with NamespaceEngine.start(
    docker.from_env(), session=current_session(), course_images=["busybox:1.37"], warm=warm, warm_key=sys.argv[1]
) as engine:
    print(*[tag for image in engine.client.images.list() for tag in image.tags])
"""


def preparer(key: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREPARER, key],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_that_prepare_at_once_both_get_an_engine() -> None:
    both = [preparer(f"two-{os.getpid()}") for _ in range(2)]
    for process in both:
        assert process.stdin
        process.stdin.close()
        process.stdin = None
    said = "".join(process.communicate()[0] for process in both)
    assert sorted(said.split()) == [BUSYBOX, BUSYBOX, "made"]


def test_a_preparation_whose_owner_was_killed_is_done_again() -> None:
    first = preparer(f"killed-{os.getpid()}")
    assert first.stdout
    assert first.stdout.readline() == "made\n"
    first.kill()
    first.communicate()
    assert preparer(f"killed-{os.getpid()}").communicate()[0].split() == ["made", BUSYBOX]


def test_what_an_engine_uses_is_not_removed(engine: NamespaceEngine) -> None:
    remove_all()
    assert sh(engine, "echo there") == "there\n"


# Scripts


def test_variables_of_this_machine_do_not_reach_a_script(
    engine: NamespaceEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "do not tell")
    write(tmp_path, {"commands.sh": "env; cat /proc/*/environ"})
    result = engine.run_script(tmp_path)
    assert "do not tell" not in result.output
    assert str(ROOT) not in result.output


def test_an_engine_that_was_closed_says_that_it_is_gone(host: docker.DockerClient, tmp_path: Path) -> None:
    engine = start(host)
    engine.close()
    engine.close()
    with pytest.raises(EngineUnavailableError, match=r"is gone"):
        engine.run_script(write(tmp_path, {"commands.sh": "true"}))
    with pytest.raises(EngineUnavailableError, match=r"is gone"):
        engine.request("http://127.0.0.1/")


def test_a_program_that_was_replaced_and_never_ends_is_ended_from_outside(
    small: NamespaceEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("environment.engines.namespace.engine.COPY_SECONDS", 2)
    script = "rm -f /usr/bin/tar; printf '#!/bin/sh\\nexec sleep 600\\n' >/usr/bin/tar; chmod +x /usr/bin/tar"
    with pytest.raises(EngineUnavailableError, match=r"did not answer within 2 s, and was ended"):
        as_root(small, tmp_path, script)
    assert left_of(small.name) == []


# Requests


def test_a_port_published_on_127_0_0_1_does_not_answer_outside(engine: NamespaceEngine) -> None:
    command = ["sh", "-c", "echo hello >/index.html; exec httpd -f -h /"]
    server = engine.client.containers.run(BUSYBOX, command, ports={"80/tcp": ("127.0.0.1", 18080)}, detach=True)
    assert engine.request("http://127.0.0.1:18080", wait=5).status == 200
    assert request("http://127.0.0.1:18080").status == 0
    server.remove(force=True)


def test_an_answer_without_end_is_limited(engine: NamespaceEngine) -> None:
    says = (
        "while read -r line && [ ${#line} -gt 1 ]; do :; done; printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'; exec cat /dev/zero"
    )
    endless = engine.client.containers.run(BUSYBOX, ["nc", "-ll", "-p", "7000", "-e", "sh", "-c", says], detach=True)
    endless.reload()
    answer = engine.request(f"http://{endless.attrs['NetworkSettings']['IPAddress']}:7000/", wait=5, limit=1 << 16)
    endless.remove(force=True)
    assert answer.error == "The body was cut after 65536 bytes."
    assert len(answer.body) == 1 << 16


# What is left


def test_nothing_is_left_after_close(host: docker.DockerClient) -> None:
    engine = start(host)
    engine.client.containers.run(BUSYBOX, ["sleep", "600"], detach=True)
    processes = processes_of(engine.name)
    assert len(processes) > 4
    assert left_of(engine.name)
    engine.close()
    assert left_of(engine.name) == []
    assert not processes & processes_of_this_machine()
    label = f"{SESSION_LABEL}={current_session()}"
    assert not [c for c in host.api.containers(all=True, filters={"label": [label]}) if engine.name in str(c["Names"])]


def processes_of_this_machine() -> set[int]:
    return {int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()}


def test_an_engine_with_a_paused_container_closes(host: docker.DockerClient) -> None:
    engine = start(host)
    engine.client.containers.run(BUSYBOX, ["sleep", "600"], detach=True).pause()
    engine.close()
    assert left_of(engine.name) == []


def test_a_child_of_the_owner_does_not_keep_an_engine(host: docker.DockerClient) -> None:
    engine = start(host)
    child = os.fork()
    if child == 0:
        signal.pause()
    engine.close()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert left_of(engine.name) == []


JOIN = """
import signal, sys
from environment.engines.namespace.groups import Groups
Groups(sys.argv[1]).join()
print(flush=True)
signal.pause()
"""


def test_what_enters_while_an_engine_ends_does_not_keep_its_groups() -> None:
    name = f"drydock-test-{uuid.uuid4().hex[:8]}"
    groups = Groups(name)
    groups.make(Limits(), 0)
    with subprocess.Popen([sys.executable, "-c", JOIN, name], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        groups.remove()
        assert left_of(name) == []
        assert process.wait() == -signal.SIGKILL


OWNER = """
import sys
import docker
from environment.engines.namespace import NamespaceEngine
from environment.engines.session import current_session
with NamespaceEngine.start(docker.from_env(), session=current_session(), course_images=["busybox:1.37"]) as engine:
    engine.client.containers.run("busybox:1.37", ["sleep", "600"], detach=True).pause()
    print(engine.name, engine._supervised.process.pid, flush=True)
    sys.stdin.read()
"""


def owner() -> tuple[subprocess.Popen[str], str, int]:
    """Another process with a throwaway Engine; its name and its supervisor."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    name, supervisor = process.stdout.readline().split()
    return process, name, int(supervisor)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_owner_ends_in_any_way(number: signal.Signals) -> None:
    process, name, supervisor = owner()
    processes = processes_of(name)
    process.send_signal(number)
    process.communicate()
    assert ended(supervisor, *processes)
    assert left_of(name) == []


def test_nothing_is_left_when_the_supervisor_is_killed(engine: NamespaceEngine) -> None:
    process, name, supervisor = owner()
    processes = processes_of(name)
    os.kill(supervisor, signal.SIGKILL)
    assert ended(supervisor)
    sweep()  # what was paused dies only now
    assert ended(*processes)
    assert left_of(name) == []
    assert engine.client.ping()
    process.communicate()


def test_an_engine_whose_owner_runs_is_not_swept() -> None:
    process, name, _supervisor = owner()
    sweep()
    assert len(processes_of(name)) > 4
    process.communicate()
    assert left_of(name) == []


def test_groups_that_lie_deeper_than_a_path_reaches_are_removed(host: docker.DockerClient, tmp_path: Path) -> None:
    engine = start(host)
    deep = "cd /sys/fs/cgroup/freezer 2>/dev/null || cd /sys/fs/cgroup; for i in $(seq 60); do mkdir $(printf '%0200d' $i) && cd -P $(printf '%0200d' $i) || break; done; pwd | wc -c"
    as_root(engine, tmp_path, f"{deep}; sleep 600 & echo $! >cgroup.procs; echo FROZEN >freezer.state")
    engine.close()
    assert left_of(engine.name) == []


# What nobody on it can do

PROBE = Path(__file__).with_name("namespace_probe.py").read_text()
REFUSED = {
    *("EPERM", "EACCES", "EROFS", "ENOSYS", "ENODEV", "ENOENT", "ENXIO", "ESRCH", "EINVAL", "ENOTBLK", "ENOTDIR"),
    *("EAFNOSUPPORT", "ENETUNREACH", "EHOSTUNREACH", "ECONNREFUSED"),
}


@pytest.fixture
def sign() -> Iterator[tuple[str, int]]:
    """A word that stands in the command line of a process of this machine, and that process."""
    word = f"drydock-sign-{os.getpid()}"
    with subprocess.Popen([word, "600"], executable="/bin/sleep") as process:
        yield word, process.pid
        process.kill()


@pytest.fixture
def listening() -> Iterator[int]:
    """A port on every address of this machine."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        yield server.getsockname()[1]


def addresses_of_this_machine() -> list[str]:
    shown = json.loads(subprocess.run(["ip", "-json", "-4", "addr"], capture_output=True, check=True).stdout)
    return [address["local"] for link in shown for address in link["addr_info"]]


@pytest.mark.parametrize("way", ["beside dockerd", "in a container that may do everything"])
def test_nothing_of_this_machine_can_be_reached(
    small: NamespaceEngine, tmp_path: Path, listening: int, sign: tuple[str, int], way: str
) -> None:
    word, process = sign
    write(tmp_path / "secret", {word: "a secret"})
    disk = ROOT.stat().st_dev
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{word}")
        abstract.listen()
        inside = as_root(small, tmp_path / "ask", "pidof dockerd")
        known = {
            "devices": {
                "/dev/disk": ["b", os.major(disk), os.minor(disk)],
                "/dev/mem": ["c", 1, 1],
                "/dev/kmsg": ["c", 1, 11],
                "/dev/kvm": ["c", 10, 232],
                "/dev/loop-control": ["c", 10, 237],
                "/dev/net/tun": ["c", 10, 200],
                "/dev/fuse": ["c", 10, 229],
            },
            "disk": "/dev/vda",
            "dockerd": int(inside),
            # Of those that the Engine has too, none answers at this port.
            "addresses": [[address, listening] for address in [*addresses_of_this_machine(), "1.1.1.1"]],
            "abstract": word,
            "paths": [str(tmp_path / "secret" / word), str(state_folder()), str(ROOT / "pyproject.toml")],
            "process": process,
            "sign": word,
        }
        if way == "beside dockerd":
            write(tmp_path / "probe", {"probe.py": PROBE, "known.json": json.dumps(known)})
            said = as_root(small, tmp_path / "probe", 'python3 -I probe.py "$(cat known.json)"')
        else:
            command = ["chroot", "/host", "/usr/bin/python3", "-I", "-c", PROBE, json.dumps(known)]
            said = small.client.containers.run(BUSYBOX, command, **EVERYTHING).decode()
    found = json.loads(said)
    assert len(found) > 80
    assert {name: result for name, result in found.items() if result not in REFUSED} == {}
    assert small.client.ping()


def test_a_container_that_may_do_everything_sees_the_engine_alone(small: NamespaceEngine) -> None:
    seen = small.client.containers.run(
        BUSYBOX, ["sh", "-c", "cat /proc/[0-9]*/comm; id -u; cat /proc/1/uid_map"], **EVERYTHING
    )
    said = seen.decode().split()
    assert {"tini", "python3", "dockerd", "containerd"} <= set(said)
    assert len(said) < 30


def test_all_on_it_are_users_without_rights_on_this_machine(small: NamespaceEngine) -> None:
    small.client.containers.run(BUSYBOX, ["sleep", "600"], privileged=True, userns_mode="host", detach=True)
    users = {Path(f"/proc/{number}").stat().st_uid for number in processes_of(small.name)} - {0}
    statuses = [Path(f"/proc/{number}/status").read_text() for number in processes_of(small.name)]
    numbers = {int(line.split()[1]) for status in statuses for line in status.splitlines() if line.startswith("Uid:")}
    assert min(numbers | users) >= 0x70000000


# Limits


def works(engine: NamespaceEngine) -> bool:
    return sh(engine, "echo there") == "there\n"


def test_a_disk_that_is_full_is_the_engines_own(engine: NamespaceEngine, small: NamespaceEngine) -> None:
    before = shutil.disk_usage(state_folder()).free
    # The log of a container lies on the same disk: said is what came of it after there is room again.
    script = "for file in /fill /v/fill; do said=$(dd if=/dev/zero of=$file bs=1M 2>&1); rm $file; echo $said; done"
    assert sh(small, script, volumes=["shelf:/v"]).count("No space left") == 2
    assert before - shutil.disk_usage(state_folder()).free < 2 * SMALL.disk
    small.client.volumes.get("shelf").remove()
    assert works(small)
    assert works(engine)


def test_a_container_that_takes_all_memory_is_ended_and_the_engine_is_not(
    engine: NamespaceEngine, small: NamespaceEngine
) -> None:
    hungry = small.client.containers.run(BUSYBOX, ["sh", "-c", "tail /dev/zero; exit 3"], detach=True)
    assert hungry.wait()["StatusCode"] in {3, 137}
    assert "No space left" in sh(small, "dd if=/dev/zero of=/dev/shm/x bs=1M") or works(small)
    assert works(small)
    assert small.intact() == ""
    assert works(engine)


def test_who_takes_all_memory_beside_dockerd_harms_only_that_engine(
    engine: NamespaceEngine, small: NamespaceEngine, tmp_path: Path
) -> None:
    script = "for i in 1 2 3; do python3 -c 'x = bytearray(3 << 30); print(len(x))'; done; mount -t tmpfs x /mnt && head -c 2G /dev/zero >/mnt/x"
    with contextlib.suppress(EngineUnavailableError):
        assert str(3 << 30) not in as_root(small, tmp_path, script)
    assert works(engine)
    small.close()
    assert left_of(small.name) == []


def test_processes_without_end_are_limited(engine: NamespaceEngine, small: NamespaceEngine) -> None:
    assert "can't fork" in sh(small, "(while true; do sleep 600 & done)")
    assert len(processes_of(small.name)) <= SMALL.processes
    assert works(small)
    assert works(engine)


def test_processes_without_end_beside_dockerd_harm_only_that_engine(
    engine: NamespaceEngine, small: NamespaceEngine, tmp_path: Path
) -> None:
    with contextlib.suppress(EngineUnavailableError):
        as_root(small, tmp_path, "f() { f | f & }; f; while true; do sleep 600 & done", timeout=3)
    assert len(processes_of(small.name)) <= SMALL.processes + 5  # those that enter it
    assert works(engine)
    small.close()
    assert left_of(small.name) == []


def test_a_log_without_end_is_limited(small: NamespaceEngine, tmp_path: Path) -> None:
    small.client.containers.run(
        BUSYBOX, ["sh", "-c", "yes $(printf '%04000d' 0) | head -c 60000000"], name="talker", detach=True
    ).wait()
    assert int(as_root(small, tmp_path, "du -sk /var/lib/docker/containers").split()[0]) < 25_000


# Intact


def test_what_is_used_as_it_should_be_is_intact(small: NamespaceEngine, tmp_path: Path) -> None:
    assert small.intact() == ""
    write(tmp_path, {"Dockerfile": f"FROM {BUSYBOX}\nRUN touch /x\n"})
    assert cli(small, "build", str(tmp_path)).returncode == 0
    script = f"docker run -d --name web -p 127.0.0.1:8080:80 -v vol:/v {BUSYBOX} sleep 600; touch /usr/local/bin/tool; mkdir -p /srv/x"
    as_root(small, tmp_path, script)
    small.client.networks.create("road")
    small.client.containers.get("web").restart(timeout=0)
    sh(small, "mount -t tmpfs x /usr", privileged=True)
    assert small.intact() == ""


def test_what_the_engine_is_just_starting_is_its_own(small: NamespaceEngine) -> None:
    def come_and_go() -> None:
        for number in range(6):
            network = small.client.networks.create(f"road-{number}")
            ports = {"80/tcp": ("127.0.0.1", 8090 + number)}
            web = small.client.containers.run(BUSYBOX, "sleep 600", network=network.name, ports=ports, detach=True)
            web.remove(force=True)
            network.remove()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(come_and_go)
        said = {small.intact()}
        while not working.done():
            said.add(small.intact())
        working.result()
    assert said == {""}


IN_THE_MACHINE = ["nsenter", "-t", "1", "-m", "-n", "-p", "-i", "-u", "--", "bash", "-c"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -9 $(cat /run/docker.pid)", "The process .* of the Engine has ended."),
        (
            "kill -9 $(cat /run/docker.pid); exec setsid dockerd -H unix:///var/run/docker.sock",
            "The process .* of the Engine has ended.",
        ),
        (
            'for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" = /usr/bin/containerd ] && kill -9 ${p#/proc/}; done; setsid containerd </dev/null >/dev/null 2>&1 & kill -0 $!',
            "The process containerd of the Engine has ended.",
        ),
    ],
)
def test_a_service_that_was_ended_is_named(small: NamespaceEngine, tmp_path: Path, script: str, said: str) -> None:
    with contextlib.suppress(EngineUnavailableError):  # without dockerd there is no Engine
        as_root(small, tmp_path, script)
    assert re.fullmatch(said, small.intact()), small.intact()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "mv $(command -v dockerd) /root/away && cp /root/away /usr/sbin/dockerd",
            "The program of the Engine's process dockerd was replaced.",
        ),
        (
            "cp $(command -v sh) /root/dockerd && mount --bind /root/dockerd $(command -v dockerd)",
            "What is mounted on /usr/sbin/dockerd of the Engine was changed.",
        ),
        (
            "cp /bin/true /root/runc && mv /root/runc $(command -v runc)",
            "The file /usr/s?bin/runc of the Engine was replaced.",
        ),
        ("mount --bind /bin/true $(command -v runc)", "What is mounted on /usr/s?bin/runc of the Engine was changed."),
        ("mount -t tmpfs none /usr/lib", "What is mounted on /usr/lib of the Engine was changed."),
        ("echo '{}' >/etc/docker/daemon.json", "The file /etc/docker of the Engine was replaced."),
        ("echo /root/x.so >/etc/ld.so.preload", "The file /etc/ld.so.preload of the Engine was replaced."),
    ],
)
def test_a_program_that_was_replaced_is_named(small: NamespaceEngine, script: str, said: str) -> None:
    with contextlib.suppress(docker.errors.DockerException):  # what it did may show at once
        small.client.containers.run(BUSYBOX, [*IN_THE_MACHINE, script], **EVERYTHING)
    assert re.fullmatch(said, small.intact()), small.intact()


def test_a_container_with_the_engines_socket_is_no_tampering(small: NamespaceEngine) -> None:
    sh(small, "true", volumes=["/var/run/docker.sock:/var/run/docker.sock"])
    assert small.intact() == ""
