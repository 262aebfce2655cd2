"""What holds on every kind of Engine: `environment.engines.Connection`, kind by kind."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from environment.engines import SESSION_LABEL, EngineUnavailableError
from environment.engines.found import FoundEngine
from environment.engines.session import current_session
from environment.images import needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import docker
    from docker.models.containers import Container

    from environment.engines import Connection, Kind

pytestmark = pytest.mark.engine

BUSYBOX = "busybox:1.37"
COPIED = ("container", "namespace", "machine")
_numbers = itertools.count(1)


def param(kind: Kind) -> object:
    # Other tests of a kind look at what is left on this machine.
    marks = {
        "found": [],
        "container": [],
        "namespace": [pytest.mark.xdist_group("class")],
        "machine": [pytest.mark.xdist_group("machine"), pytest.mark.slow, pytest.mark.timeout(1200)],
    }
    return pytest.param(kind, marks=marks[kind])


EVERY = [param(kind) for kind in ("found", *COPIED)]
THROWAWAY = [param(kind) for kind in COPIED]


def start(kind: Kind, host: docker.DockerClient) -> Connection:
    if kind == "container":
        from environment.engines.container import ContainerEngine

        return ContainerEngine.start(host, session=current_session(), course_images=[BUSYBOX])
    if kind == "namespace":
        from environment.engines.namespace import NamespaceEngine

        return NamespaceEngine.start(host, session=current_session(), course_images=[BUSYBOX])
    if kind == "machine":
        from environment.engines.machine import MachineEngine

        return MachineEngine.start(host, course_images=[image.name for image in needed(host)])
    return FoundEngine.find()


@pytest.fixture(scope="module", params=EVERY)
def engine(request: pytest.FixtureRequest, host: docker.DockerClient) -> Iterator[Connection]:
    engine = start(request.param, host)
    yield engine
    engine.close()


def unique(word: str) -> str:
    """A name that nobody else has on this machine."""
    return f"dd-test-{word}-{os.getpid()}-{next(_numbers)}"


def nap() -> str:
    """A command that sleeps for a time that nobody else has on this machine, by which it is found."""
    return f"sleep 4321.{os.getpid()}{next(_numbers)}"


def naps(engine: Connection, folder: Path, command: str) -> str:
    """The processes with this command on the Engine's machine."""
    look = (
        "import pathlib, sys\n"
        "for file in pathlib.Path('/proc').glob('[0-9]*/cmdline'):\n"
        "    try:\n"
        "        words = file.read_text().split(chr(0))[:-1]\n"
        "    except OSError:\n"
        "        continue\n"
        "    if words == sys.argv[1:]:\n"
        "        print(file)\n"
    )
    files = {"look.py": look, "commands.sh": f"exec python3 -I look.py {command}"}
    return engine.run_script(write(folder / "look", files)).output


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@pytest.fixture
def run(engine: Connection) -> Iterator[Callable[..., Container]]:
    """Run a container that is removed after the test."""
    names: list[str] = []

    def run(*command: str, **choices: object) -> Container:
        names.append(unique("box"))
        return engine.client.containers.run(
            BUSYBOX,
            list(command),
            name=names[-1],
            detach=True,
            labels={SESSION_LABEL: current_session()},
            **choices,
        )

    yield run
    for name in names:
        engine.client.containers.get(name).remove(force=True)


# Who is reached


def test_it_says_its_kind_and_where_it_comes_from_in_a_sentence(engine):
    assert engine.kind in ("found", *COPIED)
    assert engine.why.endswith(".")


def test_docker_here_and_in_a_script_reaches_the_engine_of_the_client(engine, tmp_path):
    command = ["docker", "info", "--format", "{{.ID}}"]
    # The Engine's variables come after those of the surroundings, and speak against none of its own.
    surroundings = {**os.environ, "DOCKER_CONTEXT": "elsewhere", **engine.environment}
    here = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True).stdout
    there = engine.run_script(write(tmp_path, {"commands.sh": "docker info --format '{{.ID}}'"})).output
    assert here == there == f"{engine.client.info()['ID']}\n"


def test_variables_reach_the_script_but_none_that_names_another_engine(engine, tmp_path):
    write(tmp_path, {"commands.sh": 'echo "$GREETING"; docker info --format "{{.ID}}"'})
    lies = {"DOCKER_HOST": "tcp://127.0.0.1:9", "DOCKER_TLS_VERIFY": "1", "DOCKER_CONTEXT": "elsewhere"}
    result = engine.run_script(tmp_path, environment={"GREETING": "hello  'you'", **lies})
    assert result.output == f"hello  'you'\n{engine.client.info()['ID']}\n"


# How a script ends


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -KILL $$", 137), ("exit 124", 124)])
def test_the_exit_code_is_that_of_the_script(engine, tmp_path, script, code):
    assert engine.run_script(write(tmp_path, {"commands.sh": script})).exit_code == code


def test_a_missing_script_is_an_exit_code(engine, tmp_path):
    result = engine.run_script(tmp_path, "absent.sh")
    assert result.exit_code == 127
    assert "absent.sh" in result.output


def test_a_script_has_nothing_to_read(engine, tmp_path):
    write(tmp_path, {"commands.sh": "read -r line || echo nothing"})
    assert engine.run_script(tmp_path).output == "nothing\n"


def test_when_time_is_up_nothing_is_left_whatever_it_made_of_itself(engine, tmp_path):
    sleep = nap()
    script = f"echo begun; (setsid {sleep} &); {sleep} & trap '' TERM; {sleep}; {sleep}"
    result = engine.run_script(write(tmp_path, {"commands.sh": script}), timeout=1)
    assert (result.exit_code, result.output) == (124, "begun\n")
    assert naps(engine, tmp_path, sleep) == ""


def test_when_time_is_up_a_script_may_put_things_in_order(engine, tmp_path):
    """As `docker run` does, which passes the signal on."""
    name = unique("order")
    script = (
        f"trap 'echo in order; exit' TERM; echo begun\n"
        f"docker run --rm --name {name} {BUSYBOX} sh -c 'trap \"echo heard; exit\" TERM; sleep 600 & wait' & wait"
    )
    result = engine.run_script(write(tmp_path, {"commands.sh": script}), timeout=15)
    assert result.exit_code == 124
    assert sorted(result.output.splitlines()) == ["begun", "heard", "in order"]


def test_a_script_that_never_stops_writing_is_ended_too(engine, tmp_path):
    assert engine.run_script(write(tmp_path, {"commands.sh": "yes"}), timeout=1).exit_code == 124


def test_background_processes_end_with_the_script_and_hold_nobody_up(engine, tmp_path):
    sleep = nap()
    script = f"{sleep} & nohup {sleep} & yes & sh -c '{sleep} & wait' & exit 7"
    result = engine.run_script(write(tmp_path, {"commands.sh": script}), timeout=60)
    assert result.exit_code == 7
    assert result.seconds < 60
    assert naps(engine, tmp_path, sleep) == ""


def test_a_container_stays_though_the_docker_run_that_started_it_ends_with_the_script(engine, tmp_path):
    name = unique("stays")
    script = (
        f"docker run --name {name} --label {SESSION_LABEL}={current_session()} {BUSYBOX} sleep 600 &\n"
        f"until docker exec {name} true 2>/dev/null; do sleep 0.1; done\n"
    )
    assert engine.run_script(write(tmp_path, {"commands.sh": script})).exit_code == 0
    container = engine.client.containers.get(name)
    assert container.status == "running"
    container.remove(force=True)


def test_what_makes_itself_a_session_of_its_own_goes_on(engine, tmp_path):
    write(tmp_path, {"commands.sh": "setsid sleep 600 & echo $! >daemon; until kill -0 $!; do :; done; sleep 0.2"})
    assert engine.run_script(tmp_path).exit_code == 0
    write(tmp_path, {"commands.sh": "kill $(cat daemon)"})
    assert engine.run_script(tmp_path).exit_code == 0


# What it prints


def test_both_outputs_come_in_order_and_at_once(engine, tmp_path, run):
    held = run("sleep", "600")
    came: list[str] = []

    def hear(text: str) -> None:
        heard_before = "two" in "".join(came)
        came.append(text)
        if "two" in "".join(came) and not heard_before:
            threading.Thread(target=held.kill).start()  # the script goes on only after its lines have arrived here

    write(tmp_path, {"commands.sh": f"echo one\necho two >&2\ndocker wait {held.name}\necho three"})
    result = engine.run_script(tmp_path, on_output=hear)
    assert result.output == "".join(came) == "one\ntwo\n137\nthree\n"
    assert len(came) > 1


def test_output_that_is_no_text_is_shown_as_such(engine, tmp_path):
    write(tmp_path, {"commands.sh": "printf 'h\\303'; sleep 0.2; printf '\\266r\\303'"})
    assert engine.run_script(tmp_path).output == "hör\N{REPLACEMENT CHARACTER}"


def test_output_without_end_is_cut_and_the_script_goes_on(engine, tmp_path):
    write(tmp_path, {"commands.sh": "head -c 9000000 /dev/zero | tr '\\0' x; echo end; exit 7"})
    result = engine.run_script(tmp_path)
    assert result.exit_code == 7
    assert result.output.endswith("x\n(Output cut after 4 MiB.)\n")
    assert len(result.output) < 5 << 20


# Its files


def test_a_script_runs_in_its_folder_and_its_files_are_there_afterwards(engine, tmp_path):
    files = {"commands.sh": "pwd\ncat sub/in.txt\necho new >out.txt\necho more >>sub/in.txt\n", "sub/in.txt": "given\n"}
    folder = write(tmp_path / "a folder", files)
    result = engine.run_script(folder)
    assert result.output == f"{folder.resolve()}\ngiven\n"
    assert (folder / "out.txt").read_text() == "new\n"
    assert (folder / "sub/in.txt").read_text() == "given\nmore\n"


def test_what_a_container_writes_into_the_folder_is_there_afterwards(engine, tmp_path):
    write(tmp_path, {"commands.sh": f'docker run --rm -v "$PWD:/here" {BUSYBOX} sh -c "echo made >/here/made.txt"\n'})
    assert engine.run_script(tmp_path).output == ""
    assert (tmp_path / "made.txt").read_text() == "made\n"


@pytest.mark.parametrize("engine", THROWAWAY, indirect=True)
def test_a_link_out_of_the_folder_is_refused(engine, tmp_path):
    secret = write(tmp_path, {"secret": "mine"}) / "secret"
    script = (
        f"ln -s {secret} absolute; ln -s ../secret relative; ln -s . here; ln -s here/../../secret winding; "
        "mkdir dir; ln -s ../../secret dir/up; ln -s commands.sh inside"
    )
    folder = write(tmp_path / "answer", {"commands.sh": script})
    result = engine.run_script(folder)
    for name in ("absolute", "relative", "winding", "dir/up"):
        assert f"{name} was not copied back: it is a link that leads out of the folder.\n" in result.output
        assert not (folder / name).is_symlink()
    assert (folder / "inside").readlink() == Path("commands.sh")
    assert secret.read_text() == "mine"


@pytest.mark.parametrize("engine", THROWAWAY, indirect=True)
def test_a_file_is_never_written_through_a_link(engine, tmp_path):
    folder = write(tmp_path / "answer", {"commands.sh": "rm link dir; echo new >link; mkdir dir; echo new >dir/file"})
    outside = write(tmp_path / "outside", {"file": "old", "link": "old"})
    (folder / "link").symlink_to(outside / "link")
    (folder / "dir").symlink_to(outside)
    result = engine.run_script(folder)
    assert (outside / "file").read_text() == (outside / "link").read_text() == "old"
    assert (folder / "link").read_text() == "new\n"
    assert "dir was not copied back: a file of that name is there.\n" in result.output
    assert "dir/file was not copied back: it lies out of the folder.\n" in result.output


@pytest.mark.parametrize("engine", THROWAWAY, indirect=True)
def test_a_folder_that_is_too_big_is_refused(engine, tmp_path):
    with (tmp_path / "big").open("wb") as big:
        big.truncate(300 << 20)
    with pytest.raises(EngineUnavailableError, match=r"holds more than 256 MiB"):
        engine.run_script(tmp_path)


# Requests


def test_a_request_reaches_a_port_that_is_published_on_127_0_0_1(engine, run):
    serve = "mkdir /www; echo hello >/www/index.html; head -c 30000 /dev/zero >/www/big; exec httpd -f -p 80 -h /www"
    server = run("sh", "-c", serve, ports={"80/tcp": ("127.0.0.1", None)})
    server.reload()
    url = f"http://127.0.0.1:{server.ports['80/tcp'][0]['HostPort']}"
    answer = engine.request(url, wait=20, timeout=20)
    assert (answer.status, answer.body, answer.error) == (200, "hello\n", "")
    assert answer.headers["content-type"] == "text/html"
    assert engine.request(f"{url}/absent", timeout=20).status == 404
    big = engine.request(f"{url}/big", timeout=20, limit=1000)
    assert (big.status, len(big.body), big.error) == (200, 1000, "The body was cut after 1000 bytes.")


def test_what_does_not_answer_is_told(engine):
    answer = engine.request("http://127.0.0.1:9/", timeout=20)
    assert answer.status == 0
    # The line to a machine takes a connection before it knows whether anybody listens there.
    assert answer.error == "Connection refused: nothing listens at 127.0.0.1:9." or engine.kind == "machine"


# The end


def test_closing_twice_is_closing_once(engine, host):
    other = start(engine.kind, host)
    assert other.client.ping()
    other.close()
    other.close()
    assert engine.client.ping()


@pytest.mark.parametrize("kind", THROWAWAY)
def test_nothing_is_left_of_a_throwaway_engine_and_it_says_so(kind, host, tmp_path):
    engine = start(kind, host)
    engine.client.containers.run(BUSYBOX, ["sleep", "600"], detach=True)
    environment = {**os.environ, **engine.environment}
    engine.close()
    with pytest.raises(EngineUnavailableError, match=r"is gone"):
        engine.run_script(write(tmp_path, {"commands.sh": "true"}))
    asked = subprocess.run(["docker", "version"], env=environment, capture_output=True, text=True, check=False)
    assert asked.returncode == 1
    label = f"{SESSION_LABEL}={current_session()}"
    names = [name for c in host.api.containers(all=True, filters={"label": [label]}) for name in c["Names"]]
    assert not [name for name in names if engine.name in name]
