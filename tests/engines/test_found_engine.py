"""The Engine that is already there: who names it, who answers, and what is said when none does."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from environment.engines import EngineUnavailableError
from environment.engines.found import Endpoint, FoundEngine, NoEngineError, usual_sockets
from environment.engines.machine.folder import OWN, running_folder
from environment.engines.session import current_session
from graders.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
ENGINE_SOCKET = "/var/run/docker.sock"
NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket, which every user may enter."""
    with tempfile.TemporaryDirectory(prefix="fe-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    """The environment of a user who named no Engine."""
    return {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), "PATH": os.environ["PATH"]}


@contextlib.contextmanager
def listening(path: Path, answer: Callable[[socket.socket], None]) -> Iterator[Endpoint]:
    """A socket at `path`; `answer` gets each connection."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    with serving(server, answer):
        yield endpoint(path)


@contextlib.contextmanager
def serving(server: socket.socket, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def endpoint(path: Path | str, name: str = "Docker") -> Endpoint:
    return Endpoint(f"unix://{path}", name, "Start it: `service docker start`")


def to_engine(connection: socket.socket) -> None:
    """Carry a connection to the Engine of this machine and back."""
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(ENGINE_SOCKET)

    def carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=carry, args=(engine, connection), daemon=True)
    back.start()
    carry(connection, engine)
    back.join()
    engine.close()
    connection.close()


def no_answer(connection: socket.socket) -> None:
    connection.recv(1)
    while connection.recv(65536):
        pass


def a_web_server(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    connection.close()


def cli(environ: dict[str, str], *arguments: str) -> str:
    return subprocess.run(
        ["docker", *arguments], env=environ, check=True, capture_output=True, text=True
    ).stdout.strip()


# --- who is asked, in which order


@pytest.mark.engine
def test_docker_host_comes_before_the_context(environ: dict[str, str], folder: Path) -> None:
    environ["DOCKER_CONFIG"] = str(folder / "config")
    cli(environ, "context", "create", "elsewhere", "--docker", f"host=unix://{folder}/absent.sock")
    cli(environ, "context", "use", "elsewhere")
    with contextlib.closing(FoundEngine.find(environ | {"DOCKER_HOST": f"unix://{ENGINE_SOCKET}"})) as engine:
        assert engine.why == "DOCKER_HOST names it."
        assert engine.kind == "found"
        assert engine.environment["DOCKER_HOST"] == f"unix://{ENGINE_SOCKET}"
        assert engine.client.ping()


@pytest.mark.engine
def test_the_current_context_is_followed(environ: dict[str, str], folder: Path) -> None:
    environ["DOCKER_CONFIG"] = str(folder / "config")
    with listening(folder / "context.sock", to_engine):
        cli(environ, "context", "create", "mine", "--docker", f"host=unix://{folder}/context.sock")
        cli(environ, "context", "use", "mine")
        with contextlib.closing(FoundEngine.find(environ)) as engine:
            assert engine.why == "The docker context 'mine' names it."
            assert engine.client.ping()


@pytest.mark.engine
def test_docker_context_comes_before_the_current_context(environ: dict[str, str], folder: Path) -> None:
    environ["DOCKER_CONFIG"] = str(folder / "config")
    cli(environ, "context", "create", "absent", "--docker", f"host=unix://{folder}/absent.sock")
    cli(environ, "context", "create", "other", "--docker", f"host=unix://{ENGINE_SOCKET}")
    cli(environ, "context", "use", "absent")
    assert FoundEngine.find(environ | {"DOCKER_CONTEXT": "other"}).why == "The docker context 'other' names it."


@pytest.mark.engine
def test_the_default_context_means_the_usual_sockets(environ: dict[str, str]) -> None:
    engine = FoundEngine.find(environ | {"DOCKER_CONTEXT": "default"}, [endpoint(ENGINE_SOCKET)])
    assert engine.why == f"The socket of Docker answers ({ENGINE_SOCKET})."


@pytest.mark.engine
def test_the_first_socket_that_answers_is_used(environ: dict[str, str], folder: Path) -> None:
    with listening(folder / "silent.sock", no_answer) as silent, listening(folder / "podman.sock", to_engine):
        podman = endpoint(folder / "podman.sock", "Podman")
        engine = FoundEngine.find(environ, [endpoint(folder / "absent.sock"), silent, podman, endpoint(ENGINE_SOCKET)])
    assert engine.why == f"The socket of Podman answers ({folder}/podman.sock)."


def test_the_usual_sockets_are_tried_from_docker_to_the_desktops() -> None:
    sockets = usual_sockets({"HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/1000"})
    assert [(socket.named_by, socket.path) for socket in sockets] == [
        ("Docker", "/var/run/docker.sock"),
        ("Docker Desktop", "/home/ada/.docker/run/docker.sock"),
        ("Docker Desktop", "/home/ada/.docker/desktop/docker.sock"),
        ("rootless Docker", "/run/user/1000/docker.sock"),
        ("Podman", "/run/podman/podman.sock"),
        ("Podman", "/run/user/1000/podman/podman.sock"),
        ("Colima", "/home/ada/.colima/default/docker.sock"),
        ("OrbStack", "/home/ada/.orbstack/run/docker.sock"),
        ("Rancher Desktop", "/home/ada/.rd/docker.sock"),
        ("the machine that Drydock brings", str(running_folder({}) / OWN / "docker.sock")),
    ]


# --- what is said when none answers


def test_without_any_socket_it_is_said_how_to_get_an_engine(environ: dict[str, str], folder: Path) -> None:
    with pytest.raises(NoEngineError) as caught:
        FoundEngine.find(environ, [endpoint(folder / "absent.sock")])
    assert caught.value.what == "There is no Docker Engine on this machine."
    assert "environment/start.sh" in caught.value.remedy


def test_a_socket_that_refuses_is_named_with_what_starts_its_service(environ: dict[str, str], folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folder / "docker.sock"))
    with pytest.raises(NoEngineError) as caught:
        FoundEngine.find(environ, [endpoint(folder / "docker.sock")])
    assert f"Docker at {folder}/docker.sock: it refuses connections" in caught.value.what
    assert caught.value.remedy == "Start it: `service docker start`."


def test_a_socket_that_never_answers_is_said_not_to_answer(environ: dict[str, str], folder: Path) -> None:
    with listening(folder / "docker.sock", no_answer) as hung, pytest.raises(EngineUnavailableError) as caught:
        FoundEngine.find(environ, [hung])
    assert "it gave no answer within 2 seconds" in caught.value.what


def test_a_socket_of_something_else_is_not_taken_for_an_engine(environ: dict[str, str], folder: Path) -> None:
    with listening(folder / "docker.sock", a_web_server) as web, pytest.raises(EngineUnavailableError) as caught:
        FoundEngine.find(environ, [web])
    assert "is no Docker Engine (it said: HTTP/1.1 404 Not Found)" in caught.value.what


def test_a_socket_that_this_user_may_not_use_is_said_with_what_mends_it(environ: dict[str, str], folder: Path) -> None:
    with listening(folder / "docker.sock", to_engine) as closed:
        (folder / "docker.sock").chmod(0o600 if os.geteuid() == 0 else 0)
        with as_nobody(), pytest.raises(EngineUnavailableError) as caught:
            FoundEngine.find(environ, [closed])
    assert "permission denied" in caught.value.what
    assert caught.value.remedy == f"See who may use it: `ls -l {folder}/docker.sock`."
    assert not isinstance(caught.value, NoEngineError)  # so that nobody installs a second one beside it


@pytest.mark.engine
def test_who_is_not_in_the_docker_group_is_told_to_join_it(environ: dict[str, str]) -> None:
    if os.geteuid() != 0 and os.access(ENGINE_SOCKET, os.W_OK):
        pytest.skip("only root can become a user who may not use Docker")
    with as_nobody(), pytest.raises(EngineUnavailableError) as caught:
        FoundEngine.find(environ, [endpoint(ENGINE_SOCKET)])
    assert "permission denied" in caught.value.what
    assert caught.value.remedy == "Join its group: `sudo usermod -aG docker $USER`, then log out and in again."


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Root becomes nobody for a moment; another user stays who it is."""
    me, groups = os.geteuid(), os.getgroups()
    if me == 0:
        os.setgroups([])
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if me == 0:
            os.seteuid(me)
            os.setgroups(groups)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("unix:///nowhere/docker.sock", "there is no such socket"),
        ("tcp://127.0.0.1:9", "it refuses connections"),
        ("npipe:////./pipe/docker_engine", "this kind of address cannot be used here"),
        ("tcp://127.0.0.1:port", "this is no address"),
        ("docker.sock", "this kind of address cannot be used here"),
    ],
)
def test_a_wrong_docker_host_is_an_error_though_an_engine_runs(environ: dict[str, str], url: str, said: str) -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        FoundEngine.find(environ | {"DOCKER_HOST": url})
    assert caught.value.what.startswith(f"DOCKER_HOST names the Engine at {url}, but {said}")
    assert not isinstance(caught.value, NoEngineError)


def test_a_context_that_is_not_there_is_an_error(environ: dict[str, str]) -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        FoundEngine.find(environ | {"DOCKER_CONTEXT": "lost"})
    assert caught.value.what == "The docker context 'lost', which DOCKER_CONTEXT names, is not there."


def test_a_broken_configuration_of_docker_is_an_error(environ: dict[str, str], folder: Path) -> None:
    (folder / ".docker").mkdir()
    (folder / ".docker/config.json").write_text("{", encoding="utf-8")
    with pytest.raises(EngineUnavailableError, match=r"config\.json of docker cannot be read"):
        FoundEngine.find(environ)


# --- remote Engines


@pytest.fixture
def certificates(folder: Path) -> Path:
    """A folder with ca.pem, cert.pem and key.pem, which fit 127.0.0.1 and serve as a server's and a client's."""
    pems = folder / "pems"
    pems.mkdir()
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=drydock -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*request.split(), "-keyout", pems / "key.pem", "-out", pems / "cert.pem"], check=True, capture_output=True
    )
    shutil.copy(pems / "cert.pem", pems / "ca.pem")
    return pems


@contextlib.contextmanager
def engine_over_tls(certificates: Path) -> Iterator[int]:
    """The Engine of this machine on a TCP port, for clients with the right certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            to_engine(context.wrap_socket(connection, server_side=True))

    server = socket.create_server(("127.0.0.1", 0))
    with serving(server, answer):
        yield server.getsockname()[1]


@pytest.mark.engine
def test_an_engine_behind_tls_is_reached_by_all_clients(environ: dict[str, str], certificates: Path) -> None:
    with engine_over_tls(certificates) as port:
        environ |= {
            "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(certificates),
        }
        with contextlib.closing(FoundEngine.find(environ)) as engine:
            assert engine.client.ping()
            assert cli({"PATH": environ["PATH"], **engine.environment}, "version", "-f", "{{.Server.Os}}") == "linux"


@pytest.mark.engine
def test_a_context_with_certificates_is_reached_by_all_clients(
    environ: dict[str, str], folder: Path, certificates: Path
) -> None:
    environ["DOCKER_CONFIG"] = str(folder / "config")
    pems = ",".join(f"{name}={certificates}/{name}.pem" for name in ("ca", "cert", "key"))
    with engine_over_tls(certificates) as port:
        cli(environ, "context", "create", "far", "--docker", f"host=tcp://127.0.0.1:{port},{pems}")
        with contextlib.closing(FoundEngine.find(environ | {"DOCKER_CONTEXT": "far"})) as engine:
            assert engine.client.ping()
            assert cli({"PATH": environ["PATH"], **engine.environment}, "version", "-f", "{{.Server.Os}}") == "linux"


@pytest.mark.engine
def test_an_engine_behind_tls_turns_away_who_has_no_certificate(environ: dict[str, str], certificates: Path) -> None:
    with engine_over_tls(certificates) as port, pytest.raises(EngineUnavailableError) as caught:
        FoundEngine.find(environ | {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"})
    assert f"tcp://127.0.0.1:{port}" in caught.value.what


@pytest.fixture
def far(environ: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FoundEngine]:
    """An Engine over ssh. This ssh runs here what it is asked to run on "far", so the tests need no ssh server."""
    ssh = folder / "ssh"
    ssh.write_text(
        '#!/bin/bash\nunset DOCKER_HOST\nwhile [ "$1" != far ]; do shift; done\nshift\n[ "$1" != -- ] || shift\nexec bash -c "$*"\n',
        encoding="utf-8",
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    environ["PATH"] = os.environ["PATH"]
    with contextlib.closing(FoundEngine.find(environ | {"DOCKER_HOST": "ssh://ada@far:2222"})) as engine:
        yield engine


@pytest.mark.engine
def test_an_engine_over_ssh_is_reached_by_all_clients(environ: dict[str, str], far: FoundEngine) -> None:
    assert far.published_host == "far"
    assert far.client.ping()
    assert cli({**environ, **far.environment}, "version", "-f", "{{.Server.Os}}") == "linux"


@pytest.mark.engine
def test_what_happens_on_an_engine_over_ssh_is_waited_for(far: FoundEngine) -> None:
    with Engine(far, "images/first-container", session=current_session()) as engine:
        container = engine.run("busybox:1.37", "sh", "-c", "echo here; exec sleep 600")
        assert container.wait_log("here", 60)
        assert not container.wait_log("there", 0.5)
        container.kill()
        assert container.wait_exit(60)["ExitCode"] == 137


def test_a_failing_ssh_is_quoted(environ: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ssh").write_text("#!/bin/sh\necho ssh: Could not resolve hostname far >&2\nexit 255\n", encoding="utf-8")
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with pytest.raises(EngineUnavailableError, match="ssh said: ssh: Could not resolve hostname far"):
        FoundEngine.find(environ | {"DOCKER_HOST": "ssh://far"})


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("unix:///var/run/docker.sock", "127.0.0.1"),
        ("tcp://localhost:2375", "localhost"),
        ("tcp://engine.example:2375", "engine.example"),
        ("tcp://[2001:db8::7]:2375", "2001:db8::7"),
        ("ssh://ada@far:22", "far"),
    ],
)
def test_published_ports_are_on_the_machine_of_the_engine(url: str, host: str) -> None:
    assert FoundEngine(Endpoint(url, "DOCKER_HOST", ""), "", {}).published_host == host


def test_a_request_to_a_published_port_goes_to_the_machine_of_the_engine() -> None:
    far = FoundEngine(Endpoint("tcp://[2001:db8::7]:2375", "DOCKER_HOST", ""), "", {})
    assert far.published_url("http://127.0.0.1:8080/a?b") == "http://[2001:db8::7]:8080/a?b"
    assert far.published_url("http://127.0.0.1/") == "http://[2001:db8::7]/"
    assert far.published_url("http://example.com:80/") == "http://example.com:80/"


def test_settings_for_another_engine_do_not_reach_the_command_line() -> None:
    old = {"DOCKER_CONTEXT": "far", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/pems"}
    found = FoundEngine(endpoint(ENGINE_SOCKET), "", old)
    assert found.environment == {"DOCKER_HOST": f"unix://{ENGINE_SOCKET}", **dict.fromkeys(old, "")}


def test_finding_an_engine_does_not_load_the_docker_library() -> None:
    code = "import sys, environment.engines.found; sys.exit('docker' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


# --- scripts on the Engine's machine


@pytest.fixture
def found() -> Iterator[FoundEngine]:
    with contextlib.closing(FoundEngine(endpoint(ENGINE_SOCKET), "", {})) as engine:
        yield engine


def write(folder: Path, text: str) -> Path:
    (folder / "commands.sh").write_text(text, encoding="utf-8")
    return folder


def test_a_script_keeps_the_path_of_the_user(found: FoundEngine, folder: Path) -> None:
    assert found.run_script(write(folder, 'printf %s "$PATH"')).output == os.environ["PATH"]


def test_ctrl_c_ends_the_script_and_all_that_came_from_it(found: FoundEngine, folder: Path) -> None:
    numbers: list[int] = []

    def on_output(text: str) -> None:
        numbers.extend(int(number) for number in text.split())
        raise KeyboardInterrupt

    script = "trap 'touch in-order; exit' TERM; sleep 1000 & setsid sleep 1000 & echo $! $(jobs -p) $$; wait"
    with pytest.raises(KeyboardInterrupt):
        found.run_script(write(folder, script), on_output=on_output)
    assert len(numbers) == 4
    assert not any(alive(number) for number in numbers)
    assert (folder / "in-order").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="To hide /proc takes a mount namespace, and that root.")
@pytest.mark.parametrize(("end", "code"), [("exit 7", 7), ("trap '' TERM; sleep 1000; sleep 1000", 124)])
def test_without_proc_as_on_macos_the_group_of_the_script_is_ended(folder: Path, end: str, code: int) -> None:
    write(folder, f"sleep 1000 & echo $!; {end}")
    hide = 'mount -t tmpfs none /proc && exec "$@"'
    program = [sys.executable, "-I", "-S", ROOT / "environment/engines/script.py", "1", "commands.sh"]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", hide, "sh", *program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert not alive(int(done.stdout))


def alive(process: int) -> bool:
    """Whether a process still runs; one that has ended and only waits to be collected does not."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.01)  # a killed process is gone a moment after the signal
    return True
