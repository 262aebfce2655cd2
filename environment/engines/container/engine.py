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

import contextlib
import json
import secrets
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environment.engines import SESSION_LABEL, EngineUnavailableError, Response
from environment.engines.client import new_client, variables_for
from environment.engines.container.image import IMAGE, IN_CONTAINERD, ensure_image, proxies
from environment.engines.frames import frames
from environment.engines.session import session_is_alive
from environment.engines.throwaway import (
    CALL_SECONDS,
    Throwaway,
    inspect_images,
    load_images,
    short_digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from typing import Self

    import docker

    from environment.engines import Kind

__all__ = ["IMAGE", "IN_CONTAINERD", "ContainerEngine", "remove_all", "sweep"]

ENGINE_LABEL = "org.drydock.engine"
TEMPLATE_LABEL = "org.drydock.template"
PREFIX = "drydock-engine-"
FORMAT = "1"
"""Changes when the templates of before can no longer be used."""
PORT = "2376/tcp"
READY_SECONDS = 120
NANOSECONDS = 1e9
WAIT_SECONDS = 10
STOP_SECONDS = 3
STOP_SIGNAL = "SIGUSR1"
"""At this the entry point ends at once; at SIGTERM it stops the Engine in order."""
NEARLY_PRIVILEGED: Mapping[str, Any] = {
    "cap_add": ["ALL"],
    "cap_drop": ["SYS_RESOURCE"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined", "label=disable"],
    "device_cgroup_rules": ["a *:* rwm"],
}
"""As --privileged, without the one capability that an Engine in some virtual machines lacks."""
ABSENT, CONFLICT = 404, 409
REQUEST = ("/usr/bin/python3", "-I", "-S", "/usr/local/lib/drydock/request.py")

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


class ContainerEngine(Throwaway):
    """A throwaway Engine. `start` makes it, `close` removes it with all that was made on it."""

    kind: Kind = "container"

    def __init__(self, container: _Container, image: str, ready: Mapping[str, str], port: int) -> None:
        self.name = container.name
        """The name of its container on the Engine outside."""
        self.why = f"A throwaway Engine, made for this run from {image} in the container {container.name}."
        self.environment = variables_for(f"tcp://127.0.0.1:{port}", container.keys)
        self.client = _connect(port, container.keys, ready["api"])
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

    def _send(self, archive: bytes) -> None:
        with self._telling_of_the_end():
            self._host.api.put_archive(self.name, "/", archive)

    @contextlib.contextmanager
    def _fetch(self, folder: Path) -> Iterator[Iterable[bytes]]:
        with self._telling_of_the_end():
            chunks, _about = self._host.api.get_archive(self.name, str(folder))
            yield chunks

    def processor_seconds(self) -> float:
        """Tell what everything in this container has used of processors, in seconds."""
        used = self._host.api.stats(self.name, stream=False, one_shot=True)["cpu_stats"]["cpu_usage"]["total_usage"]
        return float(used) / NANOSECONDS

    def request(
        self, url: str, *, method: str = "GET", timeout: float = 5, wait: float = 0, limit: int = 1 << 20
    ) -> Response:
        """Send an HTTP request from inside this container; see `environment.engines.request.request`."""
        asked = {"url": url, "method": method, "timeout": timeout, "wait": wait, "limit": limit}
        said: list[bytes] = []
        command = [*REQUEST, json.dumps(asked)]
        seconds = timeout + wait + self.grace
        self._run(command, said.append, folder="/", variables={}, seconds=seconds)
        try:
            return Response(**json.loads(b"".join(said)))
        except json.JSONDecodeError as error:
            raise self._gone(error) from error

    def close(self) -> None:
        """Remove the container with all that was made on this Engine; it may be gone already."""
        # Each pool keeps its connections open until the garbage collector comes upon it.
        pools = self.client.api.get_adapter("https://").poolmanager.pools  # type: ignore[attr-defined] # of requests
        for key in pools.keys():  # noqa: SIM118 - it cannot be iterated over
            pools[key].close()
        self.client.close()
        self._container.remove()

    def _run(
        self,
        command: Sequence[str],
        take: Callable[[bytes], None],
        *,
        folder: str,
        variables: Mapping[str, str],
        seconds: float,
    ) -> int:
        api = self._host.api
        with self._telling_of_the_end():
            made = api.exec_create(self.name, list(command), workdir=folder, environment=dict(variables))
            with self._container.ended_after(seconds):
                for _stream, data in frames(api, api.exec_start(made["Id"], socket=True)):
                    take(data)
            return int(api.exec_inspect(made["Id"])["ExitCode"])

    @contextlib.contextmanager
    def _telling_of_the_end(self) -> Iterator[None]:
        """Turn what docker-py raises when the container is gone into a sentence."""
        import docker
        import requests

        try:
            yield
        except (docker.errors.APIError, requests.exceptions.ConnectionError) as error:
            raise self._gone(error) from error


def with_rights(api: docker.APIClient, *, privileged: bool, **options: Any) -> dict[str, Any]:
    """The host configuration of a container that may do what an Engine does; `options` are docker-py's.

    Some Engines refuse `--privileged`, and take what is nearly the same.
    """
    made: dict[str, Any] = api.create_host_config(
        cgroupns="private", **options, **({"privileged": True} if privileged else NEARLY_PRIVILEGED)
    )
    # docker-py has no name for these
    return made if privileged else made | {"MaskedPaths": [], "ReadonlyPaths": []}


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
        host_config = with_rights(
            api,
            privileged=privileged,
            auto_remove=True,
            port_bindings={PORT: ("127.0.0.1", None)},
            mounts=mounts,
            # The keys are said on stdout, and belong into no log.
            log_config=LogConfig(type=LogConfig.types.NONE),
        )
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
    if not course_images:
        return None
    references = tuple(sorted(set(course_images)))
    ids = [found["Id"] for found in inspect_images(host, references)]
    return _Template(
        volume=f"{PREFIX}{short_digest(FORMAT, image_id, *references, *ids)}",
        purpose=short_digest(image, *references),
        references=references,
    )


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
            with contextlib.closing(_connect(maker.port(), maker.keys, ready["api"])) as client:
                load_images(host, client, template.references)
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


def _remove_templates(host: docker.DockerClient, filters: Mapping[str, list[str]], keep: str) -> None:
    import docker

    for volume in host.api.volumes(filters=dict(filters))["Volumes"] or []:
        if volume["Name"] != keep:
            try:
                host.api.remove_volume(volume["Name"])
            except docker.errors.APIError as error:
                if error.status_code not in {ABSENT, CONFLICT}:  # conflict: an Engine uses it
                    raise


def _connect(port: int, keys: Path, version: str) -> docker.DockerClient:
    import docker

    tls = docker.tls.TLSConfig(
        client_cert=(str(keys / "cert.pem"), str(keys / "key.pem")), ca_cert=str(keys / "ca.pem"), verify=True
    )
    return new_client(f"tcp://127.0.0.1:{port}", version, seconds=CALL_SECONDS, tls=tls)


def _lines(arriving: Iterable[tuple[int, bytes]]) -> Generator[str, None, None]:
    rest = b""
    for _stream, data in arriving:
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
