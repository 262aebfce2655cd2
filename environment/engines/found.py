"""The Engine that is already there: named by the environment, by the docker context, or answering on a usual socket."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from environment.engines import EngineUnavailableError, Response, ScriptResult
from environment.engines.machine.folder import OWN, running_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import docker

    from environment.engines import Kind

PROBE_SECONDS = 2.0
SSH_PROBE_SECONDS = 10.0  # a handshake over a slow line alone takes more than two seconds
CLIENT_SECONDS = 60
LOCAL_HOST = "127.0.0.1"
DENIED = "permission denied"


@dataclass(frozen=True)
class Endpoint:
    """Where an Engine may listen: its URL, who named it, and how its service is started.

    `tls` is the folder of ca.pem, cert.pem and key.pem; `verify` is whether the Engine's certificate must fit.
    """

    url: str
    named_by: str
    start: str
    tls: Path | None = None
    verify: bool = True

    @property
    def path(self) -> str:
        """The path of the socket of a unix:// URL, empty for others."""
        return self.url.removeprefix("unix://") if self.url.startswith("unix://") else ""

    @property
    def host(self) -> str:
        """The host name of a remote URL, empty for a socket."""
        return "" if self.path else urlsplit(self.url).hostname or ""


class _SilentError(Exception):
    """The endpoint gave no Engine's answer: what it did, and the one thing that mends it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class NoEngineError(EngineUnavailableError):
    """Nothing that could be used is there, and nothing was named: one may be installed or started."""


class FoundEngine:
    """An Engine that was there before; closing it ends only the connection."""

    kind: Kind = "found"

    def __init__(self, endpoint: Endpoint, why: str, environ: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self.why = why
        self.environment: Mapping[str, str] = _cli_environment(endpoint, environ)
        self._client: docker.DockerClient | None = None
        self._lock = threading.Lock()

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ, sockets: Sequence[Endpoint] | None = None) -> FoundEngine:
        """Find the Engine that DOCKER_HOST or the docker context names, else the first usual socket that answers.

        Raises EngineUnavailableError: for a named Engine that does not answer, and where nothing answers at all.
        """
        named = _named(environ)
        if named is not None:
            try:
                _probe(named)
            except _SilentError as silent:
                what = f"{named.named_by} names the Engine at {named.url}, but {silent.what}."
                raise EngineUnavailableError(what, silent.remedy) from silent
            return cls(named, f"{named.named_by} names it.", environ)
        refused: list[tuple[Endpoint, _SilentError]] = []
        for endpoint in usual_sockets(environ) if sockets is None else sockets:
            if not _is_there(endpoint.path):
                continue
            try:
                _probe(endpoint)
            except _SilentError as silent:
                refused.append((endpoint, silent))
                continue
            return cls(endpoint, f"The socket of {endpoint.named_by} answers ({endpoint.path}).", environ)
        raise _nothing_answers(refused)

    @property
    def published_host(self) -> str:
        """The host on which published ports are reached: 127.0.0.1, or the remote machine of the Engine."""
        return self.endpoint.host or LOCAL_HOST

    @property
    def client(self) -> docker.DockerClient:
        """The docker-py client, made on first use; its API version is the newest that both sides know."""
        with self._lock:
            if self._client is None:
                try:
                    version = _probe(self.endpoint)
                except _SilentError as silent:
                    what = f"The Engine at {self.endpoint.url} answers no longer: {silent.what}."
                    raise EngineUnavailableError(what, silent.remedy) from silent
                self._client = _new_client(self.endpoint, version)
            return self._client

    def run_script(
        self,
        folder: Path,
        script: str = "commands.sh",
        *,
        environment: Mapping[str, str] | None = None,
        timeout: float = 120,
        on_output: Callable[[str], None] | None = None,
    ) -> ScriptResult:
        """Run a script on this machine, in the folder itself and with this process's variables; see `Connection`."""
        from environment.engines import script as program
        from environment.engines.client import naming_no_engine
        from environment.engines.output import Output, pieces

        started = time.monotonic()
        output = Output(on_output)
        running = subprocess.Popen(
            [sys.executable, "-I", "-S", program.__file__, str(timeout), script],
            cwd=folder,
            env={**os.environ, **self.environment, **naming_no_engine(environment)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this process, which passes it on
        )
        assert running.stdout  # noqa: S101 - asked for
        try:
            for data in pieces(running):
                output.take(data)
        finally:
            running.stdout.close()  # what it still says must not keep it from ending
            running.terminate()
            code = running.wait()
        output.take(b"", final=True)
        return ScriptResult(code, output.text, time.monotonic() - started)

    def request(
        self, url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20
    ) -> Response:
        """Send an HTTP request; for a remote Engine, 127.0.0.1 in the URL becomes that Engine's machine."""
        from environment.engines.machine import own_machine, request_through
        from environment.engines.request import request

        if machine := own_machine(self.endpoint.path):
            # Its ports are led here, but another program may have had one of them before.
            return request_through(machine, url, method=method, timeout=timeout, wait=wait, limit=limit)

        return request(self.published_url(url), method=method, timeout=timeout, wait=wait, limit=limit)

    def published_url(self, url: str) -> str:
        """The URL by which this machine reaches what the Engine's machine calls `url`."""
        parts = urlsplit(url)
        if self.published_host == LOCAL_HOST or parts.hostname not in {LOCAL_HOST, "localhost"}:
            return url
        host = f"[{self.published_host}]" if ":" in self.published_host else self.published_host
        return parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}").geturl()

    def close(self) -> None:
        """Close the client's connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None


def usual_sockets(environ: Mapping[str, str]) -> list[Endpoint]:
    """The sockets on which Engines usually listen, in the order in which they are tried."""
    home = Path(environ.get("HOME") or Path.home())
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    service = "sudo systemctl start docker" if Path("/run/systemd/system").exists() else "sudo service docker start"
    desktop = "Start Docker Desktop"
    own = running_folder(environ) / OWN / "docker.sock"
    sockets = [
        ("Docker", Path("/var/run/docker.sock"), f"Start it: `{service}`"),
        ("Docker Desktop", home / ".docker/run/docker.sock", desktop),
        ("Docker Desktop", home / ".docker/desktop/docker.sock", desktop),
        ("rootless Docker", runtime / "docker.sock", "Start it: `systemctl --user start docker`"),
        ("Podman", Path("/run/podman/podman.sock"), "Start it: `sudo systemctl start podman.socket`"),
        ("Podman", runtime / "podman/podman.sock", "Start it: `systemctl --user start podman.socket`"),
        ("Colima", home / ".colima/default/docker.sock", "Start it: `colima start`"),
        ("OrbStack", home / ".orbstack/run/docker.sock", "Start OrbStack"),
        ("Rancher Desktop", home / ".rd/docker.sock", "Start Rancher Desktop"),
        ("the machine that Drydock brings", own, "Start it: `drydock engine up`"),
    ]
    return [Endpoint(f"unix://{path}", name, start) for name, path, start in sockets]


def _named(environ: Mapping[str, str]) -> Endpoint | None:
    """The Engine that DOCKER_HOST or the docker context names, None where neither does."""
    config = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME") or Path.home()) / ".docker")
    if url := environ.get("DOCKER_HOST"):
        verify = bool(environ.get("DOCKER_TLS_VERIFY"))
        tls = Path(environ.get("DOCKER_CERT_PATH") or config) if verify or environ.get("DOCKER_TLS") else None
        if verify and tls and not _is_there(str(tls / "ca.pem")):
            what = f"DOCKER_TLS_VERIFY is set, and the folder {tls} has no certificates (ca.pem) to verify with."
            raise EngineUnavailableError(what, "`unset DOCKER_TLS_VERIFY`, or name their folder in DOCKER_CERT_PATH.")
        return Endpoint(url, "DOCKER_HOST", "Start that Engine, or unset DOCKER_HOST", tls, verify)
    name = environ.get("DOCKER_CONTEXT") or _read_json(config / "config.json").get("currentContext")
    if not isinstance(name, str) or name in {"", "default"}:
        return None
    source = "DOCKER_CONTEXT" if environ.get("DOCKER_CONTEXT") else "the file config.json of docker"
    directory = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts/meta" / directory / "meta.json"
    endpoints = _read_json(meta).get("Endpoints")
    found = endpoints.get("docker") if isinstance(endpoints, dict) else None
    url = found.get("Host") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(url, str):
        what = f"The docker context {name!r}, which {source} names, is not there."
        raise EngineUnavailableError(what, "See `docker context ls`, then `docker context use NAME`.")
    tls = config / "contexts/tls" / directory / "docker"
    verify = not found.get("SkipTLSVerify", False)
    start = "Start that Engine, or choose another: `docker context use default`"
    return Endpoint(url, f"The docker context {name!r}", start, tls if _is_there(str(tls)) else None, verify)


def _read_json(path: Path) -> dict[str, object]:
    """The object in a JSON file, empty where there is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        what = f"The file {path} of docker cannot be read: {error}."
        raise EngineUnavailableError(what, f"See `ls -l {path}`, or name the Engine in DOCKER_HOST.") from error
    return content if isinstance(content, dict) else {}


def _is_there(path: str) -> bool:
    """Tell whether the path exists; what may not be looked at counts as absent."""
    try:
        Path(path).stat()
    except OSError:
        return False
    return True


def _nothing_answers(refused: Sequence[tuple[Endpoint, _SilentError]]) -> EngineUnavailableError:
    if refused:
        told = "; ".join(f"{endpoint.named_by} at {endpoint.path}: {silent.what}" for endpoint, silent in refused)
        denied = [silent for _, silent in refused if silent.what == DENIED]
        kind = EngineUnavailableError if denied else NoEngineError
        return kind(f"No Docker Engine answers ({told}).", (denied or [refused[0][1]])[0].remedy)
    if sys.platform == "darwin":
        remedy = "Install and start Docker Desktop, OrbStack or Colima."
    else:
        remedy = "Run `bash environment/start.sh`, which installs one, or name one in DOCKER_HOST."
    return NoEngineError("There is no Docker Engine on this machine.", remedy)


def _probe(endpoint: Endpoint) -> str:
    """The newest API version of the Engine there; raises _SilentError where no Engine's answer comes in time."""
    scheme = endpoint.url.partition("://")[0]
    try:
        address = urlsplit(endpoint.url)
        is_address = address.port != 0 and (scheme == "unix" or bool(address.hostname))
    except ValueError:
        is_address = False
    if not is_address and scheme in {"unix", "ssh", "tcp", "http", "https"}:
        raise _SilentError("this is no address", "Give one such as tcp://127.0.0.1:2375 or ssh://user@machine.")
    if scheme == "ssh":
        return _probe_ssh(endpoint)
    if scheme not in {"unix", "tcp", "http", "https"}:
        what = "this kind of address cannot be used here"
        raise _SilentError(what, "Give one that begins with unix://, tcp:// or ssh://.")
    deadline = time.monotonic() + PROBE_SECONDS
    try:
        answer = _ping(endpoint, deadline)
    except TimeoutError:
        what = f"it gave no answer within {PROBE_SECONDS:.0f} seconds"
        raise _SilentError(what, f"{endpoint.start}.") from None
    except OSError as error:
        raise _SilentError(*_explain(endpoint, error)) from error
    first, *headers = answer.decode("latin-1").split("\r\n")
    version = next((line.partition(":")[2].strip() for line in headers if line.lower().startswith("api-version:")), "")
    if " 200 " not in first or not version:
        said = first[:60] or "nothing"
        raise _SilentError(f"what listens there is no Docker Engine (it said: {said})", f"{endpoint.start}.")
    return version


def _ping(endpoint: Endpoint, deadline: float) -> bytes:
    """The head of the answer to GET /_ping."""
    if endpoint.path:
        connection = socket.socket(socket.AF_UNIX)
    else:
        port = urlsplit(endpoint.url).port or (2376 if endpoint.tls else 2375)
        connection = socket.create_connection((endpoint.host, port), timeout=PROBE_SECONDS)
    try:
        connection.settimeout(max(deadline - time.monotonic(), 0.01))
        if endpoint.path:
            connection.connect(endpoint.path)
        elif endpoint.tls or endpoint.url.startswith("https"):
            connection = _tls(endpoint, connection)
        connection.sendall(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            connection.settimeout(max(deadline - time.monotonic(), 0.01))
            part = connection.recv(4096)
            if not part:
                break
            answer += part
        return answer
    finally:
        connection.close()


def _tls(endpoint: Endpoint, connection: socket.socket) -> socket.socket:
    import ssl

    context = ssl.create_default_context()
    if endpoint.tls:
        if (endpoint.tls / "ca.pem").exists():
            context.load_verify_locations(endpoint.tls / "ca.pem")
        if (endpoint.tls / "cert.pem").exists():
            context.load_cert_chain(endpoint.tls / "cert.pem", endpoint.tls / "key.pem")
    if not endpoint.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=endpoint.host)


def _probe_ssh(endpoint: Endpoint) -> str:
    """Ask over ssh as the docker CLI does; the machine there needs the docker CLI."""
    address = urlsplit(endpoint.url)
    port = ["-p", str(address.port)] if address.port else []
    user = ["-l", address.username] if address.username else []
    ask = "docker version -f '{{.Server.APIVersion}}'"
    command = ["ssh", "-o", "BatchMode=yes", *user, *port, "--", endpoint.host, ask]
    remedy = f"See what `{' '.join(command)}` says."
    try:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SSH_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _SilentError(f"it gave no answer within {SSH_PROBE_SECONDS:.0f} seconds", remedy) from None
    except FileNotFoundError:
        raise _SilentError("there is no ssh command here", "Install it: the package openssh-client.") from None
    if ran.returncode or not ran.stdout.strip():
        said = (ran.stderr.strip().splitlines() or ["nothing"])[-1]
        raise _SilentError(f"ssh said: {said}", remedy)
    return ran.stdout.strip()


def _explain(endpoint: Endpoint, error: OSError) -> tuple[str, str]:
    """What the system's error means for a person, and what mends it."""
    if error.errno == errno.EACCES and endpoint.path:
        if endpoint.path in {"/var/run/docker.sock", "/run/docker.sock"}:
            return DENIED, "Join its group: `sudo usermod -aG docker $USER`, then log out and in again."
        return DENIED, f"See who may use it: `ls -l {endpoint.path}`."
    if error.errno == errno.ECONNREFUSED:
        return "it refuses connections, so its service does not run", f"{endpoint.start}."
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return "there is no such socket", f"{endpoint.start}."
    return str(error), f"{endpoint.start}."


def _cli_environment(endpoint: Endpoint, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables with which the docker CLI reaches the endpoint, whatever `environ` says."""
    variables = {"DOCKER_HOST": endpoint.url}
    if endpoint.tls:
        variables["DOCKER_CERT_PATH"] = str(endpoint.tls)
        variables["DOCKER_TLS_VERIFY" if endpoint.verify else "DOCKER_TLS"] = "1"
    # An empty value counts as unset; only what would otherwise speak against the endpoint is emptied.
    unwanted = {"DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} - set(variables)
    return variables | {name: "" for name in sorted(unwanted) if environ.get(name)}


def _new_client(endpoint: Endpoint, engine_version: str) -> docker.DockerClient:
    import docker

    from environment.engines.client import new_client

    tls: docker.tls.TLSConfig | bool = False
    if endpoint.tls:
        ca, cert, key = (endpoint.tls / name for name in ("ca.pem", "cert.pem", "key.pem"))
        tls = docker.tls.TLSConfig(
            client_cert=(str(cert), str(key)) if cert.exists() else None,
            ca_cert=str(ca) if ca.exists() else None,
            verify=endpoint.verify,
        )
    return new_client(endpoint.url, engine_version, seconds=CLIENT_SECONDS, tls=tls)


if __name__ == "__main__":  # how install.sh asks
    try:
        print(FoundEngine.find().why)
    except NoEngineError:
        sys.exit(4)
    except EngineUnavailableError as unavailable:
        sys.exit(str(unavailable))
