"""A Docker Engine of one's own in a container: ready in about a second with the course's images, gone without a trace.

How it is reached: TLS with keys on both sides, made anew for each Engine, on a port that the Engine outside publishes
on 127.0.0.1. That works wherever published ports arrive here, as with Docker Desktop and rootless Docker. A socket in
a shared folder does not, and who may write that folder could put another Engine's socket in its place.

How it has the images at once: a volume, the template, holds them unpacked, once. Each Engine mounts it read-only and
gets a data folder in which the folders of image layers are links into the template. Docker itself refuses to remove a
template that an Engine uses.

It is a fence against accidents, not against attacks: who is root in it can become root on the machine.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environment.engines import SESSION_LABEL, EngineUnavailableError, Response, ScriptResult
from environment.engines.container.image import IMAGE, ensure_image, proxies
from environment.engines.files import pack, unpack
from environment.engines.frames import frames
from environment.engines.session import session_is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    import docker

    from environment.engines import Kind

__all__ = ["IMAGE", "ContainerEngine", "remove_all", "sweep"]

ENGINE_LABEL = "org.drydock.engine"
TEMPLATE_LABEL = "org.drydock.template"
PREFIX = "drydock-engine-"
FORMAT = "1"
"""Changes when the templates of before can no longer be used."""
PORT = "2376/tcp"
READY_SECONDS = 120
CALL_SECONDS = 600
WAIT_SECONDS = 10
GRACE_SECONDS = 15
STOP_SECONDS = 3
STOP_SIGNAL = "SIGUSR1"
"""At this the entry point ends at once; at SIGTERM it stops the Engine in order."""
CONNECTIONS = 16
NEARLY_PRIVILEGED: Mapping[str, Any] = {
    "cap_add": ["ALL"],
    "cap_drop": ["SYS_RESOURCE"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined", "label=disable"],
    "device_cgroup_rules": ["a *:* rwm"],
}
"""As --privileged, without the one capability that an Engine in some virtual machines lacks."""
ABSENT, CONFLICT = 404, 409
RUN = ("python3", "-I", "/usr/local/lib/drydock/run.py")
REQUEST = ("python3", "-I", "-S", "/usr/local/lib/drydock/request.py")
NAMES_AN_ENGINE = {
    "DOCKER_HOST",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
}
"""Variables that would turn the CLI away from the Engine inside, which is on the usual socket."""

_refuses_privileged: set[str] = set()
"""The addresses of Engines that were asked for --privileged in vain."""


@dataclass(frozen=True)
class _Template:
    """A volume with images in it. `purpose` is the same for the same images in other versions."""

    volume: str
    purpose: str
    references: tuple[str, ...]


class _TemplateMissingError(Exception):
    """The template is not, or not wholly, there."""


class _NameTakenError(Exception):
    """There is a container of that name."""


class ContainerEngine:
    """A throwaway Engine. `start` makes it, `close` removes it with all that was made on it."""

    kind: Kind = "container"

    def __init__(self, container: _Container, image: str, ready: Mapping[str, str], port: int) -> None:
        self.name = container.name
        """The name of its container on the Engine outside."""
        self.why = f"A throwaway Engine, made for this run from {image} in the container {container.name}."
        # An empty value counts as none: what else the surroundings say must not speak against this Engine.
        self.environment: Mapping[str, str] = {
            "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(container.keys),
            "DOCKER_CONTEXT": "",
            "DOCKER_API_VERSION": "",
            "BUILDX_BUILDER": "",
        }
        self.client: docker.DockerClient = _new_client(port, container.keys, ready["api"])
        self._container = container
        self._host = container.host

    @classmethod
    def start(  # noqa: PLR0913 - each is a choice of the caller, by name
        cls,
        host: docker.DockerClient,
        *,
        image: str = IMAGE,
        session: str,
        course_images: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _: None,
        internet: bool = True,
    ) -> Self:
        """Start an Engine on the Engine `host` with those of its images that `course_images` names.

        The first start prepares what later starts share, and tells so through `progress`. With `internet=False`
        new connections to the outside are refused: a guard against accidents, which root inside can undo.
        Raises EngineUnavailableError.
        """
        sweep(host)
        image_id = ensure_image(host, image, progress)
        template = _describe_template(host, image, image_id, course_images)
        settings = proxies() | ({} if internet else {"DRYDOCK_INTERNET": "no"})
        while True:
            container = _Container(host, PREFIX + secrets.token_hex(4), session)
            try:
                ready = container.boot(image_id, settings, template)
                return cls(container, image, ready, container.port())
            except _TemplateMissingError:
                container.remove()
            except BaseException:
                container.remove()
                raise
            assert template is not None  # noqa: S101 - only a template can be missing
            _prepare(host, image_id, session, template, progress)

    def run_script(
        self,
        folder: Path,
        script: str = "commands.sh",
        *,
        environment: Mapping[str, str] | None = None,
        timeout: float = 120,
        on_output: Callable[[str], None] | None = None,
    ) -> ScriptResult:
        """Run `bash <script>` in this container, in a copy of `folder` that has the same path. Time in seconds.

        Files that it writes there are in the folder afterwards; what it deletes there is not deleted here. Where one
        is not copied back, because it leads out of the folder or is too big, the output says so at its end.
        What it leaves in the background goes on until this Engine is closed. Output over 4 MiB is cut.
        Raises EngineUnavailableError: the Engine is gone, or the folder is too big or cannot be read.
        """
        folder = folder.resolve()
        archive = pack(folder)
        variables = {name: value for name, value in (environment or {}).items() if name not in NAMES_AN_ENGINE}
        started = time.monotonic()
        with _telling_of_the_end(self.name):
            self._host.api.put_archive(self.name, "/", archive)
            output: list[str] = []

            def say(text: str) -> None:
                output.append(text)
                if on_output and text:
                    on_output(text)

            command = [*RUN, str(timeout), script]
            code = self._run(command, say, workdir=str(folder), environment=variables, timeout=timeout + GRACE_SECONDS)
            chunks, _about = self._host.api.get_archive(self.name, str(folder))
            for sentence in unpack(chunks, folder):
                say(f"{sentence}\n")
        return ScriptResult(code, "".join(output), time.monotonic() - started)

    def request(
        self, url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20
    ) -> Response:
        """Send an HTTP request from inside this container; see `environment.engines.request.request`."""
        asked = {"url": url, "method": method, "timeout": timeout, "wait": wait, "limit": limit}
        output: list[str] = []
        command = [*REQUEST, json.dumps(asked)]
        with _telling_of_the_end(self.name):
            self._run(command, output.append, environment={}, timeout=timeout + wait + GRACE_SECONDS)
        return Response(**json.loads("".join(output)))

    def close(self) -> None:
        """Remove the container with all that was made on this Engine; it may be gone already."""
        # Each pool keeps its connections open until the garbage collector comes upon it.
        pools = self.client.api.get_adapter("https://").poolmanager.pools  # type: ignore[attr-defined] # of requests
        for key in pools.keys():  # noqa: SIM118 - it cannot be iterated over
            pools[key].close()
        self.client.close()
        self._container.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _run(
        self,
        command: Sequence[str],
        say: Callable[[str], None],
        *,
        environment: Mapping[str, str],
        timeout: float,
        workdir: str = "/",
    ) -> int:
        """Run a command in the container, give its output to `say` as it comes, and return its exit code.

        The command limits its own time. Where even that fails, the Engine is ended after `timeout` seconds.
        """
        api = self._host.api
        made = api.exec_create(self.name, list(command), workdir=workdir, environment=dict(environment))
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        with self._container.ended_after(timeout):
            for _stream, data in frames(api, api.exec_start(made["Id"], socket=True)):
                say(decoder.decode(data))
        say(decoder.decode(b"", final=True))
        return int(api.exec_inspect(made["Id"])["ExitCode"])


class _Container:
    """The container around an Engine, known by its name, so that it can be removed whenever it was made."""

    def __init__(self, host: docker.DockerClient, name: str, session: str) -> None:
        self.host = host
        self.name = name
        self.session = session
        self.keys = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{session}-"))
        self._lines = _lines(())

    def boot(
        self, image: str, settings: Mapping[str, str], template: _Template | None, *, making: bool = False
    ) -> dict[str, str]:
        """Create and start it, and return what it says when its Engine is ready.

        Raises _TemplateMissingError, _NameTakenError and EngineUnavailableError.
        """
        import docker

        address = self.host.api.base_url
        for privileged in (False,) if address in _refuses_privileged else (True, False):
            try:
                self._create(image, settings, template, privileged=privileged, making=making)
                self._lines = _lines(frames(self.host.api, self.host.api.attach_socket(self.name)))
                with self.ended_after(READY_SECONDS):
                    self.host.api.start(self.name)
                    ready = self.listen()
            except docker.errors.APIError as error:
                if error.status_code == CONFLICT:
                    raise _NameTakenError from error
                self.remove(keep_keys=True)
                reason = error.explanation
            else:
                if not privileged:
                    _refuses_privileged.add(address)
                return ready
        raise EngineUnavailableError(
            f"The Engine here starts no container for a throwaway Engine: {reason}.",
            "Use an Engine that allows `docker run --privileged`, or grade on it directly: `--engine found`.",
        )

    def _create(
        self, image: str, settings: Mapping[str, str], template: _Template | None, *, privileged: bool, making: bool
    ) -> None:
        from docker.types import LogConfig, Mount

        api = self.host.api
        mounts = []
        if template:
            labels = {TEMPLATE_LABEL: template.purpose}
            mounts.append(Mount("/template", template.volume, read_only=not making, labels=labels))
            settings = {**settings, "DRYDOCK_TEMPLATE": "make" if making else "use"}
        host_config = api.create_host_config(
            auto_remove=True,
            port_bindings={PORT: ("127.0.0.1", None)},
            mounts=mounts,
            # The keys are said on stdout, and belong into no log.
            log_config=LogConfig(type=LogConfig.types.NONE),
            cgroupns="private",
            **({"privileged": True} if privileged else NEARLY_PRIVILEGED),
        )
        if not privileged:
            host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}  # docker-py has no name for these
        api.create_container(
            image,
            name=self.name,
            hostname="engine",
            environment=dict(settings),
            ports=[PORT],
            stop_signal=STOP_SIGNAL,
            labels={SESSION_LABEL: self.session, ENGINE_LABEL: "container"},
            host_config=host_config,
        )

    def listen(self) -> dict[str, str]:
        """Return the next thing that the entry point says."""
        said: dict[str, str] = {}
        last = ""
        for line in self._lines:
            last = line.strip() or last
            if line.startswith("{"):
                said = json.loads(line)
                break
        if said.get("error") == "no template":
            raise _TemplateMissingError
        if not said or "error" in said:
            raise EngineUnavailableError(
                f"A throwaway Engine did not start: {(said.get('error') or last or 'it said nothing').rstrip('.')}.",
                "Grade on the Engine that is there: `--engine found`.",
            )
        for part in ("ca", "cert", "key"):
            if part in said:
                (self.keys / f"{part}.pem").write_text(said[part])
        return said

    def port(self) -> int:
        """Return the port on 127.0.0.1 where its Engine listens."""
        published = self.host.api.inspect_container(self.name)["NetworkSettings"]["Ports"][PORT]
        return int(published[0]["HostPort"])

    @contextlib.contextmanager
    def ended_after(self, seconds: float) -> Iterator[None]:
        """End the container where the block takes longer, so that nobody waits for it for ever."""
        timer = threading.Timer(seconds, self.remove, kwargs={"keep_keys": True})
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def remove(self, *, keep_keys: bool = False) -> None:
        """Remove it with its data, whether it runs, ended or was never made, and the keys to it."""
        import requests

        try:
            _remove(self.host, self.name)
        except requests.exceptions.RequestException:
            pass  # the Engine outside is gone; the next sweep finds what is left
        finally:
            if not keep_keys:
                self._lines.close()
                shutil.rmtree(self.keys, ignore_errors=True)


def sweep(host: docker.DockerClient) -> None:
    """Remove the throwaway Engines on `host` whose owners no longer run, and the keys that those left here."""
    import docker

    for found in host.api.containers(all=True, filters={"label": [ENGINE_LABEL]}):
        if not session_is_alive(found["Labels"].get(SESSION_LABEL, ""), float(found["Created"])):
            # What cannot be removed now must not keep anybody from working; the next sweep tries again.
            with contextlib.suppress(docker.errors.APIError):
                _remove(host, found["Id"])
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        session = folder.name.removeprefix(PREFIX).rpartition("-")[0]
        with contextlib.suppress(FileNotFoundError):  # its owner was quicker
            if not session_is_alive(session, folder.stat().st_ctime):
                shutil.rmtree(folder, ignore_errors=True)


def remove_all(host: docker.DockerClient) -> None:
    """Remove all throwaway Engines whose owners do not run, and all templates that no Engine uses."""
    sweep(host)
    _remove_templates(host, {"label": [TEMPLATE_LABEL]}, keep="")


def _remove(host: docker.DockerClient, container: str) -> None:
    """Remove a container and its volume without a name, and return when both are gone."""
    import docker

    try:
        # Its entry point ends at once; killed outright, it would wait for ever for containers that are paused in it.
        host.api.stop(container, timeout=STOP_SECONDS)
        host.api.remove_container(container, v=True, force=True)
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        if error.status_code != CONFLICT:
            raise
        # The Engine removes it already.
        with contextlib.suppress(docker.errors.NotFound):
            host.api.wait(container, condition="removed")


def _describe_template(
    host: docker.DockerClient, image: str, image_id: str, course_images: Sequence[str]
) -> _Template | None:
    import docker

    if not course_images:
        return None
    references = tuple(sorted(set(course_images)))
    ids = []
    for reference in references:
        try:
            ids.append(host.api.inspect_image(reference)["Id"])
        except docker.errors.ImageNotFound:
            raise EngineUnavailableError(
                f"The image {reference} is not on the Engine here.", "Run `drydock images build`."
            ) from None
    return _Template(
        volume=f"{PREFIX}{_short_digest(FORMAT, image_id, *references, *ids)}",
        purpose=_short_digest(image, *references),
        references=references,
    )


def _short_digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _prepare(
    host: docker.DockerClient, image: str, session: str, template: _Template, progress: Callable[[str], None]
) -> None:
    """Fill the template, or wait for the one who does; whether it is full, the next start sees."""
    import docker
    import requests

    # Who creates the container of this name is the one to do it.
    maker = _Container(host, f"{template.volume}-maker", session)
    try:
        ready = maker.boot(image, {}, template, making=True)
        if "made" not in ready:
            progress(f"Preparing throwaway Engines with {len(template.references)} images; this takes about a minute.")
            _load(host, maker, ready, template.references)
            host.api.kill(maker.name, "SIGTERM")
            maker.listen()
    except _NameTakenError:
        shutil.rmtree(maker.keys, ignore_errors=True)
        progress("Another process prepares throwaway Engines; waiting for it.")
        with contextlib.suppress(
            docker.errors.NotFound, requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError
        ):
            host.api.wait(maker.name, timeout=WAIT_SECONDS, condition="removed")
        sweep(host)  # its owner may have ended in the middle
        return
    except BaseException:
        maker.remove()
        raise
    maker.remove()
    _remove_templates(host, {"label": [f"{TEMPLATE_LABEL}={template.purpose}"]}, keep=template.volume)


def _load(host: docker.DockerClient, maker: _Container, ready: Mapping[str, str], references: Sequence[str]) -> None:
    with contextlib.closing(_new_client(maker.port(), maker.keys, ready["api"])) as client:
        for reference in references:
            for line in client.api.load_image(host.api.get_image(reference)):
                if "error" in line:
                    raise EngineUnavailableError(
                        f"The image {reference} cannot be copied into a throwaway Engine: {line['error']}.",
                        "Remove that image and run `drydock images build`.",
                    )


def _remove_templates(host: docker.DockerClient, filters: Mapping[str, list[str]], keep: str) -> None:
    import docker

    for volume in host.api.volumes(filters=dict(filters))["Volumes"] or []:
        if volume["Name"] != keep:
            try:
                host.api.remove_volume(volume["Name"])
            except docker.errors.APIError as error:
                if error.status_code not in {ABSENT, CONFLICT}:  # conflict: an Engine uses it
                    raise


def _new_client(port: int, keys: Path, version: str) -> docker.DockerClient:
    import docker
    from docker.constants import DEFAULT_DOCKER_API_VERSION as NEWEST
    from docker.utils import version_lt

    client = docker.DockerClient(
        base_url=f"tcp://127.0.0.1:{port}",
        version=version if version_lt(version, NEWEST) else NEWEST,
        timeout=CALL_SECONDS,
        max_pool_size=CONNECTIONS,
        tls=docker.tls.TLSConfig(
            client_cert=(str(keys / "cert.pem"), str(keys / "key.pem")), ca_cert=str(keys / "ca.pem"), verify=True
        ),
    )
    client.api.trust_env = False  # a proxy of the web does not lead to this Engine
    return client


def _lines(arriving: Iterable[tuple[int, bytes]]) -> Generator[str, None, None]:
    rest = b""
    for _stream, data in arriving:
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


@contextlib.contextmanager
def _telling_of_the_end(name: str) -> Iterator[None]:
    """Turn what docker-py raises when the container is gone into a sentence."""
    import docker
    import requests

    try:
        yield
    except (docker.errors.APIError, requests.exceptions.ConnectionError, json.JSONDecodeError) as error:
        raise EngineUnavailableError(
            f"The throwaway Engine {name} is gone, or no longer answers: {error}.", "Run it again."
        ) from error
