"""The door to an Engine: what graders ask for, each in one word."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

from graders.check import EngineInfo
from graders.engine import (
    builds,
    containers,
    databases,
    folders,
    images,
    keeping,
    load,
    networks,
    packages,
    processes,
    projects,
    registries,
    services,
    swarms,
    volumes,
)
from graders.engine.cleaning import present, youngest
from graders.engine.registries import Registry
from graders.engine.run import Run
from graders.engine.scene import Scene
from graders.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from docker.types import Mount as DockerMount

    from environment.engines import Connection, Response
    from graders.answer import Answer
    from graders.engine.builds import Build
    from graders.engine.capabilities import Capabilities
    from graders.engine.containers import Container
    from graders.engine.folders import Folder
    from graders.engine.images import Image
    from graders.engine.load import Load
    from graders.engine.networks import Door, Network, Reach
    from graders.engine.owned import Owned
    from graders.engine.pace import Pace
    from graders.engine.packages import PackageIndex
    from graders.engine.processes import Process
    from graders.engine.projects import Project
    from graders.engine.services import Service
    from graders.engine.volumes import Volume
    from graders.engine.words import Attributes, Finished

T = TypeVar("T")
STAYS = "It stays as it is. `%reset` brings it back."
"""The hint where a file was changed."""


class Engine:
    """A Docker Engine as graders see it. All that it makes is labelled, and gone when it is closed.

    Without a session, what it makes outlives it and belongs to the exercise.
    """

    def __init__(self, connection: Connection, exercise: str, session: str) -> None:
        self._run = Run(connection, exercise, session)
        self._scene = Scene(self._run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        try:
            self.close()
        except Exception:
            if error is None:  # else what went wrong first says more
                raise

    # What kind of Engine it is

    @property
    def exercise(self) -> str:
        """The id of the exercise that is graded, which all that belongs to it carries as a label."""
        return self._run.exercise

    @property
    def info(self) -> EngineInfo:
        """The Engine in a verdict."""
        about = self._run.about
        return EngineInfo(self._run.connection.kind, about.name, about.api)

    @property
    def about(self) -> Attributes:
        """What `docker info` says."""
        return self._run.about.engine

    @property
    def platform(self) -> str:
        """The platform of the Engine's machine, such as `linux/amd64`."""
        return f"{self._run.about.version['Os']}/{self._run.about.version['Arch']}"

    @property
    def is_podman(self) -> bool:
        """Whether Podman answers as Docker's API."""
        return self._run.about.is_podman

    @property
    def capabilities(self) -> Capabilities:
        """By capability: empty where the Engine has it, else one sentence that says why not."""
        return self._run.capabilities

    @property
    def image_store(self) -> str:
        """Where it keeps images: containerd's store, or Docker's own, with the storage driver."""
        return self._run.about.image_store

    @property
    def pace(self) -> Pace:
        """How fast the Engine is, and time limits that heed it."""
        return self._run.pace

    @property
    def patience(self) -> float:
        """How many times longer than usual to wait, so that slowness of the Engine is no mistake of the learner."""
        return self._run.patience

    def require(self, capabilities: Sequence[str]) -> None:
        """Raise NotSupportedError, saying why, for the first capability the Engine lacks."""
        self._run.require(capabilities)

    # Looking

    def container(self, name: str) -> Container:
        """The container of this name or id; fails, listing what is there, where there is none."""
        return containers.find(self._run, name)

    def containers(self, **filters: str | list[str]) -> list[Container]:
        """All containers that match the filters of `docker ps --all --filter`."""
        return containers.matching(self._run, **filters)

    def has_container(self, name: str) -> bool:
        """Whether there is a container of this name."""
        return containers.exists(self._run, name)

    def image(self, reference: str) -> Image:
        """The image of this name, digest or id; fails, listing what is there, where there is none."""
        return images.find(self._run, reference)

    def images(self, **filters: Any) -> list[Image]:
        """All images that match the filters of `docker images --filter`."""
        return images.matching(self._run, **filters)

    def has_image(self, reference: str) -> bool:
        """Whether there is an image of this name."""
        return images.exists(self._run, reference)

    def volume(self, name: str) -> Volume:
        """The volume of this name; fails, listing what is there, where there is none."""
        return volumes.find(self._run, name)

    def volumes(self, **filters: str | list[str]) -> list[Volume]:
        """All volumes that match the filters of `docker volume ls --filter`, by name."""
        return volumes.matching(self._run, **filters)

    def has_volume(self, name: str) -> bool:
        """Whether there is a volume of this name."""
        return volumes.exists(self._run, name)

    def network(self, name: str) -> Network:
        """The network of this name or id; fails, listing what is there, where there is none."""
        return networks.find(self._run, name)

    def networks(self, **filters: str | list[str]) -> list[Network]:
        """All networks that match the filters of `docker network ls --filter`, by name."""
        return networks.matching(self._run, **filters)

    def has_network(self, name: str) -> bool:
        """Whether there is a network of this name."""
        return networks.exists(self._run, name)

    def service(self, name: str) -> Service:
        """The swarm's service of this name; fails, listing what there is, where there is none, or no swarm."""
        return services.find(self._run, name)

    def node(self, name: str) -> swarms.Node:
        """The node that `make_nodes` made under this name; fails where another container has the name now, or none."""
        return swarms.Node(self._run, self._scene.container(name))

    def overlapping(self, subnet: str) -> list[str]:
        """Who has addresses of a range, as words for a sentence: networks of the Engine, then routes of its machine."""
        return networks.overlapping(self._run, subnet)

    def original(self, reference: str) -> Image:
        """The image that a name stood for before the answer's commands ran, if they ran here."""
        return images.original(self._run, reference)

    def keep_originals(self, references: set[str]) -> None:
        """Remember what these names stand for: whatever an answer does to them, graders start from these images."""
        self._run.originals = {name: self.image(name).id for name in references if self.has_image(name)}

    def scene(self, name: str) -> Container:
        """The container that `prepare` made under this name; fails where another has the name now, or none."""
        return self._scene.container(name)

    def scene_volume(self, name: str) -> Volume:
        """The volume that `prepare` made under this name; fails where another has the name now, or none."""
        return self._scene.volume(name)

    def scene_network(self, name: str) -> Network:
        """The network that `prepare` made under this name; fails where another has the name now, or none."""
        return self._scene.network(name)

    def made(self, name: str) -> str:
        """The id of what `prepare` made under this name: an answer can copy a name, labels and contents, not an id.

        A volume has none; it is the time when it was made.
        """
        return self._scene.made(name)

    def remember(self, name: str, made: str) -> None:
        """Keep, for `made(name)`, the id of something that `prepare` has made within a node, say."""
        self._scene.add(name, made)

    def made_nameless(self) -> list[str]:
        """The ids of the images that `prepare` made without a name."""
        return self._scene.nameless()

    def forgot(self) -> str:
        """The volume in which the Engine kept what `prepare` made, where an answer removed it; else nothing.

        Without it all that asks `made` ends in a verdict that costs nothing. Where unused volumes are what an exercise
        is about, its removal is a mistake like any other.
        """
        return "" if self._scene.is_known else self._scene.volume_name

    def has_any(self, owned: Owned) -> bool:
        """Whether anything of these names is there."""
        return present(self._run.client, owned)

    def youngest(self, owned: Owned) -> float | None:
        """How many seconds ago the newest of these containers was made; None where there is none."""
        return youngest(self._run.client, owned)

    def request(self, url: str, *, wait: float = 0, timeout: float = 5, method: str = "GET") -> Response:
        """An HTTP request from the Engine's machine, trying for `wait` seconds while nobody answers."""
        return self._run.request(url, wait=wait, timeout=timeout, method=method)

    def wait_until(self, holds: Callable[[], bool], timeout: float, **filters: str) -> bool:
        """Whether the test holds within `timeout` seconds; looks again at each event that the filters match."""
        return self._run.wait_until(holds, timeout, **filters)

    def docker(
        self, *arguments: str, cwd: Path | None = None, timeout: float = 120, env: Mapping[str, str] | None = None
    ) -> Finished:
        """Run the docker CLI against this Engine, for at most `timeout` seconds."""
        return self._run.docker(*arguments, cwd=cwd, timeout=timeout, env=env)

    def evidence(self, template: str, *names: str) -> list[str]:
        """`docker inspect --format TEMPLATE` of several objects beside each other and what it prints, for a verdict."""
        return self._run.docker("inspect", "--format", template, *names).evidence

    def sql(self, container: Container, statement: str) -> list[str]:
        """What the PostgreSQL server in a container says, a line a row; asked with a client of the course's image.

        Waits until the server is ready; fails, showing its words and its log, where it refuses or never is.
        """
        return databases.sql(self._run, container, statement)

    def reach(self, *doors: Door) -> Reach:
        """Who reaches whom: each door is tried from the network of the container in which it begins, side by side.

        One that should be open is tried until it is, for 10 seconds at most; another is tried once.
        """
        return networks.reach(self._run, doors)

    @property
    def own_addresses(self) -> list[str]:
        """The IPv4 addresses that the Engine's machine has beside loopback, those of its bridges among them."""
        return networks.own_addresses(self._run)

    def redis(self, container: Container, *command: str) -> list[str]:
        """What the Redis server in a container says to a command, a line a value; see `sql`."""
        return databases.redis(self._run, container, *command)

    def listening_at(self, container: Container) -> list[tuple[str, int]]:
        """The addresses and TCP ports on which anything listens in a container, the Engine's name server left out."""
        return processes.listening_at(self._run, container)

    def listener(self, container: Container, port: int) -> Process:
        """The process that listens on this port in a container, which need not be its process 1; fails without one."""
        return processes.listening(container, port)

    def folder(self, answer: Answer) -> AbstractContextManager[Folder]:
        """The exercise's folder on the Engine's machine, to change as an editor does; the end of `with` puts all back.

        Raises DrydockError where the Engine cannot see that folder, as Docker Desktop one that is not shared.
        """
        files = (path for path in sorted(answer.path.rglob("*")) if path.is_file())
        sign = next(files).relative_to(answer.path).as_posix()
        return folders.opened(self._run, answer.place, sign)

    def unseen(self, path: Path) -> str:
        """Why the Engine cannot mount a folder of this machine, as a sentence; empty where it can."""
        return folders.unseen(self._run, path)

    @contextlib.contextmanager
    def seeing_folder(self, answer: Answer) -> Iterator[None]:
        """Where the block fails, say first whether that is because the Engine cannot see the exercise's folder."""
        try:
            yield
        except Failed:
            with self.folder(answer):
                raise

    def unchanged(self, answer: Answer, container: Container, *names: str, hint: str = STAYS) -> None:
        """See that what exercise.toml calls `unchanged` is so in the folder, and these files of it in a container too.

        Fails, naming the first that is not, whatever name it has in the container.
        """
        answer.unchanged(hint=hint)
        keeping.see_unchanged(answer, container, *names, hint=hint)

    # Doing

    def build(self, context: Path, **options: Any) -> Build:
        """`docker build` of a folder; `options`: dockerfile, target, args, secrets, no_cache, platforms, tags, timeout.

        Fails with the step, its log and its error where it does not build; see `graders.engine.builds.build`.
        """
        return builds.build(self._run, context, **options)

    def run(
        self,
        image: str | Image,
        *command: str,
        publish: Iterable[int] = (),
        wait_healthy: bool = False,
        **options: Any,
    ) -> Container:
        """Start a container that ends with this run, its ports `publish` on 127.0.0.1. `options` are docker-py's.

        Beside its `network`, `aliases` are more names that it has there.
        Fails with the Engine's own words where it cannot start (a command that is not in the image, say).
        """
        name = options.get("name", "")
        try:
            return containers.start(self._run, image, *command, publish=publish, wait_healthy=wait_healthy, **options)
        finally:
            # One whose command cannot be started is there all the same.
            if name and containers.exists(self._run, name):
                self._scene.add_container(containers.find(self._run, name))

    def create(
        self, image: str, *command: str, name: str, labels: Mapping[str, str] | None = None, **options: Any
    ) -> Container:
        """A container that is made and not started, as `docker create` does it. `options` are docker-py's."""
        made = containers.create(self._run, image, *command, name=name, labels=labels or {}, **options)
        self._scene.add_container(made)
        return made

    def nameless(self, *paths: str) -> list[DockerMount]:
        """The option `mounts` of `run` and `create` for a volume without a name at each path.

        `made("CONTAINER:PATH")` is the name that the Engine gives it. It has the exercise's label, so that a reset
        takes it away when an answer has removed the container alone.
        """
        return [volumes.nameless(self._run, path) for path in paths]

    def once(
        self, image: str | Image, *command: str, timeout: float = 60, again: bool = True, **options: Any
    ) -> Finished:
        """`docker run --rm`; exit code 124 when time ran out. What printed nothing runs again, unless not `again`.

        So one that writes, or counts, is run with `again=False`. See `graders.engine.containers.once` for the reason.
        """
        return containers.once(self._run, image, *command, timeout=timeout, again=again, **options)

    def look(self, image: Image, program: str, *arguments: str, user: str | None = None) -> list[str]:
        """What a program prints in a container of the image, in place of what the image runs, for a verdict."""
        return self.once(image, *arguments, entrypoint=program, user=user).evidence

    def installed(self, image: Image) -> dict[str, tuple[str, str]]:
        """Version and time of installation of each Python package in an image, by name."""
        return packages.installed(self._run, image)

    def make_image(self, base: str, script: str = "", **options: Any) -> Image:
        """An image for an exercise to start from: what a shell script leaves in a container of `base`, committed.

        `options` are those of `graders.engine.images.make`: its name, Dockerfile instructions (`changes`), and a folder
        (`content`) whose files are put into the root before.
        """
        made = images.make(self._run, base, script, **options)
        self._scene.add(options.get("name", ""), made.id)
        return made

    def make_volume(
        self,
        name: str,
        contents: Mapping[str, bytes] | None = None,
        labels: Mapping[str, str] | None = None,
        *,
        anonymous: bool = False,
        options: Mapping[str, str] | None = None,
    ) -> Volume:
        """A volume with these files in it, by path from its root; root's, for everyone to read.

        Where it is `anonymous`, the Engine gives it a name, which is then `made(name)`. `options` are those of its
        driver, as `docker volume create --opt` takes them.
        """
        made = volumes.make(self._run, "" if anonymous else name, contents or {}, labels or {}, options)
        if anonymous:
            self._scene.add(name, made.name)
        self._scene.add(made.name, made.created)
        return made

    def make_network(
        self, name: str, *, subnet: str = "", internal: bool = False, labels: Mapping[str, str] | None = None
    ) -> Network:
        """A bridge with this range of addresses, or one that the Engine chooses."""
        made = networks.make(self._run, name, labels or {}, subnet=subnet, internal=internal)
        self._scene.add(name, made.id)
        return made

    def make_nodes(self, *names: str, network: str, managers: int = 1, images: Sequence[str] = ()) -> list[swarms.Node]:
        """Engines in containers of these names on a network of this name, each with these images: a swarm.

        The first of them are its managers, and the very first leads. A learner enters a node by
        `docker exec NAME docker …`.
        """
        made = swarms.make(self._run, names, network=network, managers=managers, images=images)
        for one in made:
            self._scene.add_container(one)
        return [swarms.Node(self._run, one) for one in made]

    def start_index(self, name: str, *, base: str, image: str) -> PackageIndex:
        """Start an empty package index under this name, and make of `base` an image whose pip asks it alone."""
        index = packages.start(self._run, name)
        self._scene.add(name, index.container.id)
        self._scene.add(image, packages.make_base(self._run, base, index, image).id)
        return index

    def index(self, name: str, *, image: str) -> PackageIndex:
        """The package index of this name; fails where it does not run, or the image's pip asks another address."""
        return packages.find(self.scene(name), self.image(image))

    def project(
        self,
        folder: Path,
        *,
        files: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        as_written: bool = False,
    ) -> Project:
        """A Compose project from a copy of a folder, under a name of its own, that meets no copy of the learner's.

        `files` are taken in place of those that Compose looks for; `variables` are the shell's: for what stands
        as `${NAME}` in the files, and for Compose itself, such as COMPOSE_PROFILES.
        """
        return projects.Project(self._run, folder, files=files, variables=variables, as_written=as_written)

    def start_project(self, name: str, folder: Path) -> None:
        """Bring a folder's Compose project up under this name, as a learner would; its containers are `scene`s."""
        for container in projects.start(self._run, name, folder):
            self._scene.add_container(container)

    def start_registry(self, name: str) -> Registry:
        """Start an empty registry under this name, published on 127.0.0.1."""
        registry = registries.start(self._run, name)
        self._scene.add(name, registry.container.id)
        return registry

    def registry(self, name: str) -> Registry:
        """The registry that `prepare` started under this name; fails where another has the name now, or none."""
        return Registry(self.scene(name))

    def load(
        self, url: str, *, source: str | Container | None = None, a_second: float = load.A_SECOND
    ) -> AbstractContextManager[Load]:
        """Send requests in a steady stream while the block of `with` runs, and count what came of them.

        They come from a network of this name, from that of a container, or from the Engine's machine. Fails where
        nobody answers before the block begins. Each asks anew what the name in the URL stands for.
        """
        return load.send(self._run, url, source, a_second)

    def untag(self, reference: str) -> None:
        """Take a name away; the image goes with its last one."""
        images.untag(self._run, reference)

    def side_by_side(self, *actions: Callable[[], T]) -> list[T]:
        """Do several things at the same time and return what each gave; raises what the first of them raised."""
        with ThreadPoolExecutor(len(actions), thread_name_prefix="side-by-side") as pool:
            return [future.result() for future in [pool.submit(action) for action in actions]]

    def close(self) -> None:
        """Remove all that this run made. Never anything else."""
        if not self._run.session:
            self._scene.keep()
        self._run.close()
