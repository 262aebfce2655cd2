"""A throwaway Engine in a container: what it is, what it leaves, and what its scripts and requests may do."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
import pytest
from conftest import reports_out_of_memory

from environment.engines import SESSION_LABEL, EngineUnavailableError
from environment.engines.container.engine import (
    ENGINE_LABEL,
    PREFIX,
    TEMPLATE_LABEL,
    ContainerEngine,
    _Container,
    sweep,
)
from environment.engines.files import unpack
from environment.engines.request import request
from environment.engines.session import current_session, process_of, session_is_alive
from environment.engines.throwaway import short_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.engine

BUSYBOX = "busybox:1.37"
VERSIONS = ("20.10", "26", "28")
ROOT = Path(__file__).parents[2]


def start(host: docker.DockerClient, version: str = "26", *, internet: bool = True) -> ContainerEngine:
    image = f"drydock/engine:{version}"
    return ContainerEngine.start(
        host, image=image, session=current_session(), course_images=[BUSYBOX], internet=internet
    )


@pytest.fixture(scope="module")
def engine(host: docker.DockerClient) -> Iterator[ContainerEngine]:
    with start(host) as engine:
        yield engine


@pytest.fixture(scope="module", params=VERSIONS)
def any_engine(request: pytest.FixtureRequest, host: docker.DockerClient) -> Iterator[ContainerEngine]:
    with start(host, request.param) as engine:
        engine.version = request.param  # type: ignore[attr-defined]
        yield engine


def cli(engine: ContainerEngine, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **engine.environment, **variables}
    return subprocess.run(
        ["docker", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def left_of(host: docker.DockerClient, session: str) -> list[str]:
    """What a session has on the Engine outside."""
    found = host.api.containers(all=True, filters={"label": [f"{SESSION_LABEL}={session}"]})
    return [name for container in found for name in container["Names"]]


def data_volume_of(host: docker.DockerClient, engine: ContainerEngine) -> str:
    mounts = host.api.inspect_container(engine.name)["Mounts"]
    return next(str(mount["Name"]) for mount in mounts if mount["Destination"] == "/var/lib/docker")


def has_volume(host: docker.DockerClient, name: str) -> bool:
    return name in [volume["Name"] for volume in host.api.volumes()["Volumes"]]


# The Engine itself


def test_a_ready_engine_has_the_course_images(any_engine: ContainerEngine) -> None:
    assert [image.tags for image in any_engine.client.images.list()] == [[BUSYBOX]]


def test_its_layers_are_those_of_the_engine_outside(host: docker.DockerClient, any_engine: ContainerEngine) -> None:
    inside = any_engine.client.images.get(BUSYBOX).attrs["RootFS"]["Layers"]
    assert inside == host.images.get(BUSYBOX).attrs["RootFS"]["Layers"]


def test_every_version_answers_the_docker_cli_outside_and_inside(any_engine: ContainerEngine, tmp_path: Path) -> None:
    version = any_engine.version  # type: ignore[attr-defined]
    outside = cli(any_engine, "version", "--format", "{{.Server.Version}}")
    write(tmp_path, {"commands.sh": "docker version --format '{{.Server.Version}}'\ndocker compose version\n"})
    inside = any_engine.run_script(tmp_path)
    assert outside.stdout.startswith(f"{version}."), outside.stderr
    assert inside.output.startswith(f"{version}.")
    assert "Docker Compose version" in inside.output


def test_nobody_without_the_keys_gets_an_answer(engine: ContainerEngine) -> None:
    address = engine.environment["DOCKER_HOST"].removeprefix("tcp://")
    assert request(f"https://{address}/version").status == 0
    assert request(f"http://{address}/version").status == 400


def test_the_keys_are_for_their_owner_alone(engine: ContainerEngine) -> None:
    folder = Path(engine.environment["DOCKER_CERT_PATH"])
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_network_is_not_that_of_the_machine(host: docker.DockerClient, engine: ContainerEngine) -> None:
    assert host.api.inspect_container(engine.name)["HostConfig"]["NetworkMode"] != "host"


def test_two_engines_at_once_do_not_meet(host: docker.DockerClient) -> None:
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: start(host), range(2))
    with first, second:
        first.client.containers.create(BUSYBOX, name="only-here")
        first.client.images.get(BUSYBOX).tag("only-here:1")
        assert second.client.containers.list(all=True) == []
        assert [image.tags for image in second.client.images.list()] == [[BUSYBOX]]


def test_removing_an_image_in_one_engine_leaves_it_to_the_next(host: docker.DockerClient) -> None:
    with start(host) as first:
        first.client.images.remove(BUSYBOX, force=True)
        assert first.client.images.list() == []
    with start(host) as second:
        assert second.client.containers.run(BUSYBOX, ["echo", "there"], remove=True) == b"there\n"


def test_ten_threads_can_ask_at_once(engine: ContainerEngine) -> None:
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
        ContainerEngine.start(host, session=current_session(), course_images=["no-such-image:9"])


def test_an_unknown_version_is_told_the_known_ones(host: docker.DockerClient) -> None:
    with pytest.raises(EngineUnavailableError, match=r"Choose one of drydock/engine:20\.10"):
        ContainerEngine.start(host, image="drydock/engine:1.0", session=current_session())


def test_without_internet_nothing_leaves_but_the_engine_answers(host: docker.DockerClient) -> None:
    with start(host, internet=False) as closed:
        outside = host.api.inspect_network("bridge")["IPAM"]["Config"][0]["Gateway"]
        script = f"timeout 3 nc -w 2 {outside} 9 2>&1; echo"
        inside = closed.client.containers.run(BUSYBOX, ["sh", "-c", script], remove=True)
        assert b"refused" in inside
        assert "refused" in closed.request(f"http://{outside}:9/").error
        assert closed.client.ping()


@pytest.mark.slow
def test_an_engine_that_refuses_privileged_containers_gives_one_too(host: docker.DockerClient) -> None:
    # Where a capability is missing, Engine 20.10 refuses --privileged; the newer ones leave that capability out.
    start(host).close()  # makes the image
    with ContainerEngine.start(
        host, image="drydock/engine:20.10", session=current_session(), course_images=["drydock/engine:26"]
    ) as outer:
        container = _Container(outer.client, f"{PREFIX}inner", current_session())
        try:
            ready = container.boot("drydock/engine:26", {}, None)
            assert ready["api"] == "1.45"
        finally:
            container.remove()
        assert outer.client.containers.list(all=True) == []
        assert outer.client.volumes.list() == []
    for volume in templates_of(host, "drydock/engine:26", "20.10"):
        host.api.remove_volume(volume)


# What is left


def test_nothing_is_left_after_close(host: docker.DockerClient) -> None:
    engine = start(host)
    volume, keys = data_volume_of(host, engine), Path(engine.environment["DOCKER_CERT_PATH"])
    engine.client.containers.run(BUSYBOX, ["sleep", "600"], detach=True)
    assert has_volume(host, volume)
    assert keys.exists()
    engine.close()
    assert f"/{engine.name}" not in left_of(host, current_session())
    assert not has_volume(host, volume)
    assert not keys.exists()


def test_an_engine_with_a_paused_container_closes(host: docker.DockerClient) -> None:
    engine = start(host)
    engine.client.containers.run(BUSYBOX, ["sleep", "600"], detach=True).pause()
    engine.close()
    assert f"/{engine.name}" not in left_of(host, current_session())


def test_an_engine_that_was_killed_closes_and_says_that_it_is_gone(host: docker.DockerClient, tmp_path: Path) -> None:
    engine = start(host)
    volume, keys = data_volume_of(host, engine), Path(engine.environment["DOCKER_CERT_PATH"])
    host.api.kill(engine.name)
    with pytest.raises(EngineUnavailableError, match=r"is gone"):
        engine.run_script(write(tmp_path, {"commands.sh": "true"}))
    engine.close()
    assert not has_volume(host, volume)
    assert not keys.exists()


OWNER = """
import sys
import docker
from environment.engines.container import ContainerEngine
from environment.engines.session import current_session
with ContainerEngine.start(docker.from_env(), session=current_session(), course_images=["busybox:1.37"]) as engine:
    engine.client.containers.run("busybox:1.37", ["sleep", "600"], detach=True).pause()
    print(current_session(), engine.environment["DOCKER_CERT_PATH"], flush=True)
    sys.stdin.read()
"""


def owner() -> tuple[subprocess.Popen[str], str, Path]:
    """Another process with a throwaway Engine; its session and the folder of its keys."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    session, keys = process.stdout.readline().split()
    return process, session, Path(keys)


def test_nothing_is_left_after_ctrl_c(host: docker.DockerClient) -> None:
    process, session, keys = owner()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert left_of(host, session) == []
    assert not keys.exists()


def test_what_a_killed_owner_leaves_is_swept(host: docker.DockerClient, engine: ContainerEngine) -> None:
    process, session, keys = owner()
    process.kill()
    process.communicate()
    assert left_of(host, session)
    assert keys.exists()
    sweep(host)
    assert left_of(host, session) == []
    assert not keys.exists()
    assert engine.client.ping()


def test_an_engine_whose_owner_runs_is_not_swept(host: docker.DockerClient) -> None:
    process, session, keys = owner()
    sweep(host)
    assert left_of(host, session)
    assert keys.exists()
    process.communicate()
    assert left_of(host, session) == []


def test_this_process_is_alive_and_one_that_ended_is_not() -> None:
    here = current_session()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        host, _, rest = here.rpartition("-")
        reused = f"{host.rpartition('-')[0]}-{other.pid}-{rest}"
        assert session_is_alive(here)
        assert not session_is_alive(reused)
        other.communicate(b"\n")


def test_a_session_of_another_machine_lives_for_a_day() -> None:
    assert session_is_alive("another-machine-1-1")
    assert session_is_alive("another-machine-1-1", time.time() - 3600)
    assert not session_is_alive("another-machine-1-1", time.time() - 25 * 3600)


@pytest.mark.skipif(os.geteuid() != 0, reason="A PID namespace needs root here.")
def test_a_session_in_another_pid_namespace_of_the_same_host_is_not_taken_for_one_that_ended() -> None:
    name = "from environment.engines.session import current_session; print(current_session())"
    inside = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", name]
    session = subprocess.run(inside, capture_output=True, text=True, check=True).stdout.strip()
    assert session_is_alive(session)
    assert process_of(session) is None


# The template


@pytest.fixture
def small_image(host: docker.DockerClient) -> Iterator[str]:
    name = f"drydock-test-{os.getpid()}:1"
    host.images.get(BUSYBOX).tag(name)
    yield name
    sweep(host)
    for volume in templates_of(host, name):
        host.api.remove_volume(volume)
    host.images.remove(name)


def templates_of(host: docker.DockerClient, reference: str, version: str = "26") -> list[str]:
    label = f"{TEMPLATE_LABEL}={short_digest(f'drydock/engine:{version}', reference)}"
    return [volume["Name"] for volume in host.api.volumes(filters={"label": [label]})["Volumes"] or []]


PREPARER = """
import sys
import docker
from environment.engines.container import ContainerEngine
from environment.engines.session import current_session
with ContainerEngine.start(docker.from_env(), session=current_session(), course_images=[sys.argv[1]]) as engine:
    print(*[tag for image in engine.client.images.list() for tag in image.tags])
"""


def test_two_processes_that_prepare_at_once_both_get_an_engine(host: docker.DockerClient, small_image: str) -> None:
    command = [sys.executable, "-c", PREPARER, small_image]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == [small_image] * 2
    assert len(templates_of(host, small_image)) == 1


def test_a_template_of_an_image_that_changed_is_removed(host: docker.DockerClient, small_image: str) -> None:
    def begin() -> ContainerEngine:
        return ContainerEngine.start(host, session=current_session(), course_images=[small_image])

    with begin():
        before = templates_of(host, small_image)
    changed = host.api.commit(
        host.api.create_container(small_image, ["true"], name=f"drydock-test-{os.getpid()}")["Id"]
    )
    host.api.remove_container(f"drydock-test-{os.getpid()}")
    host.api.tag(changed["Id"], small_image.partition(":")[0], "1")
    with begin() as engine:
        now = templates_of(host, small_image)
        assert len(engine.client.images.get(small_image).attrs["RootFS"]["Layers"]) >= 1
    assert len(before) == len(now) == 1
    assert before != now


def test_a_preparation_whose_owner_was_killed_is_done_again(host: docker.DockerClient, small_image: str) -> None:
    command = [sys.executable, "-c", PREPARER, small_image]
    events = host.api.events(filters={"type": ["container"], "event": ["start"]}, decode=True)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        next(event for event in events if event["Actor"]["Attributes"]["name"].endswith("-maker"))
        process.kill()
    events.close()
    with ContainerEngine.start(host, session=current_session(), course_images=[small_image]) as engine:
        assert [image.tags for image in engine.client.images.list()] == [[small_image]]


# Scripts


def test_a_bind_mount_of_the_folder_works(any_engine: ContainerEngine, tmp_path: Path) -> None:
    write(tmp_path, {"commands.sh": f'docker run --rm -v "$PWD:/here" {BUSYBOX} sh -c "echo made >/here/made.txt"\n'})
    result = any_engine.run_script(tmp_path)
    assert result.output == ""
    assert (tmp_path / "made.txt").read_text() == "made\n"


def test_what_comes_back_is_limited(tmp_path: Path) -> None:
    member = tarfile.TarInfo("folder/big")
    member.size = 1000 << 20
    chunks = itertools.chain([member.tobuf()], (bytes(1 << 20) for _ in range(1000)))
    assert unpack(chunks, tmp_path) == ["No more than 20000 files and 256 MiB were copied back."]


def test_a_file_of_holes_is_as_big_as_it_says_when_it_is_copied_back(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with (tmp_path / "there" / "holes").open("wb") as file:
        file.truncate(1 << 30)
    command = ["tar", "--create", "--sparse", f"--directory={tmp_path}", "there"]
    archive = subprocess.run(command, check=True, capture_output=True).stdout
    assert len(archive) < 1 << 20
    (tmp_path / "here").mkdir()
    told = unpack([archive], tmp_path / "here")
    assert told == ["No more than 20000 files and 256 MiB were copied back."]
    assert list((tmp_path / "here").iterdir()) == []


def test_folders_that_lie_too_deep_are_not_copied_back(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        deep = tarfile.TarInfo("/".join(["x"] * 200))
        deep.type = tarfile.DIRTYPE
        tar.addfile(deep)
    assert "too deep" in unpack([archive.getvalue()], tmp_path)[0]
    assert list(tmp_path.iterdir()) == []


# Requests


def test_a_port_published_on_127_0_0_1_does_not_answer_outside(engine: ContainerEngine) -> None:
    command = ["sh", "-c", "echo hello >/index.html; exec httpd -f -h /"]
    server = engine.client.containers.run(BUSYBOX, command, ports={"80/tcp": ("127.0.0.1", 18080)}, detach=True)
    assert engine.request("http://127.0.0.1:18080", wait=5).status == 200
    assert request("http://127.0.0.1:18080").status == 0
    server.remove(force=True)


@pytest.fixture
def listening(engine: ContainerEngine) -> Iterator[Callable[[str], str]]:
    """Make an address in the Engine's network where whoever connects hears what a shell command says."""
    made = []

    def listen(says: str) -> str:
        command = [
            "nc",
            "-ll",
            "-p",
            "7000",
            "-e",
            "sh",
            "-c",
            f"while read -r line && [ ${{#line}} -gt 1 ]; do :; done; {says}",
        ]
        made.append(engine.client.containers.run(BUSYBOX, command, detach=True))
        made[0].reload()
        return f"http://{made[0].attrs['NetworkSettings']['IPAddress']}:7000/"

    yield listen
    for container in made:
        container.remove(force=True)


OK = "printf 'HTTP/1.1 200 OK\\r\\n%s'"


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ("exec sleep 600", "No complete answer within 1 s."),
        (f"{OK}; while sleep 0.1; do printf 'X: y\\r\\n'; done", "No complete answer within 1 s."),
        (f"{OK} '\r\n'; while sleep 0.1; do echo x; done", "No complete answer within 1 s."),
        (f"{OK} 'Content-Length: 99\r\n\r\nshort'", "The connection was closed in the middle of the answer."),
        ("echo SSH-2.0-hello", "What answered does not speak HTTP."),
        ("exit", "The connection was closed before an answer came."),
    ],
)
def test_a_bad_answer_is_told(engine: ContainerEngine, listening: Callable[[str], str], says: str, error: str) -> None:
    assert engine.request(listening(says), wait=2, timeout=1).error == error


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "no address", "http://127.0.0.1:99999/", "http://no.such.name.invalid/", "http://a b/"]
)
def test_an_address_that_leads_nowhere_is_told(url: str) -> None:
    answer = request(url)
    assert answer.status == 0
    assert answer.error.endswith(".")


def test_redirects_are_not_followed(engine: ContainerEngine, listening: Callable[[str], str]) -> None:
    address = listening("printf 'HTTP/1.1 302 Found\\r\\nLocation: /there\\r\\nContent-Length: 0\\r\\n\\r\\n'")
    answer = engine.request(address, wait=2)
    assert (answer.status, answer.headers["location"]) == (302, "/there")


# What exercises do on it


def records_in(progress: str) -> Iterator[dict[str, Any]]:
    """The objects of raw progress, which some versions of buildx write over several lines."""
    decoder, progress = json.JSONDecoder(), progress.strip()
    while progress:
        record, end = decoder.raw_decode(progress)
        yield record
        progress = progress[end:].strip()


def test_buildkit_builds_with_raw_progress(any_engine: ContainerEngine, tmp_path: Path) -> None:
    context = write(tmp_path, {"Dockerfile": f"FROM {BUSYBOX}\nCOPY hello /\nRUN cat /hello\n", "hello": "hi\n"})
    command = ("buildx", "build", "--progress=rawjson", "--tag=built", str(context))
    first, second = cli(any_engine, *command, DOCKER_BUILDKIT="1"), cli(any_engine, *command, DOCKER_BUILDKIT="1")
    assert first.returncode == second.returncode == 0, first.stderr
    cached = {
        vertex["name"]
        for record in records_in(second.stderr)
        for vertex in record.get("vertexes") or []
        if vertex.get("cached")
    }
    assert any("RUN cat /hello" in name for name in cached)
    assert any_engine.client.containers.run("built", ["cat", "/hello"], remove=True) == b"hi\n"


def test_an_image_of_the_template_can_be_saved_and_extended(any_engine: ContainerEngine) -> None:
    saved = b"".join(any_engine.client.images.get(BUSYBOX).save())
    assert len(saved) > 1 << 20
    container = any_engine.client.containers.create(BUSYBOX, ["rm", "/bin/sh"])
    container.start()
    container.wait()
    assert any(change["Path"] == "/bin/sh" for change in container.diff())
    committed = container.commit(repository="committed")
    assert len(committed.attrs["RootFS"]["Layers"]) == 2
    container.remove()


COMPOSE = f"""
services:
  web:
    image: {BUSYBOX}
    command: ["sh", "-c", "echo up >/tmp/index.html; exec httpd -f -p 80 -h /tmp"]
    ports: ["127.0.0.1:18081:80"]
"""


def test_compose_goes_up_and_down(any_engine: ContainerEngine, tmp_path: Path) -> None:
    file = str(write(tmp_path, {"compose.yaml": COMPOSE}) / "compose.yaml")
    up = cli(any_engine, "compose", "-p", "trial", "-f", file, "up", "--detach", "--wait")
    assert up.returncode == 0, up.stderr
    assert any_engine.request("http://127.0.0.1:18081/", wait=5).body == "up\n"
    down = cli(any_engine, "compose", "-p", "trial", "-f", file, "down", "--timeout", "0")
    assert down.returncode == 0, down.stderr
    assert any_engine.client.containers.list(all=True, filters={"label": "com.docker.compose.project=trial"}) == []


def test_a_container_that_outgrows_its_memory_is_reported(any_engine: ContainerEngine) -> None:
    assert reports_out_of_memory(any_engine.client)


def test_all_throwaway_engines_are_labelled(host: docker.DockerClient, engine: ContainerEngine) -> None:
    labels = host.api.inspect_container(engine.name)["Config"]["Labels"]
    assert labels[SESSION_LABEL] == current_session()
    assert ENGINE_LABEL in labels
    assert engine.name.startswith(PREFIX)
