"""Where the Engine comes from that the course uses, by kind; what it must have; and what is warmed up on it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from environment.engines import KINDS, Connection
from environment.engines.found import FoundEngine
from environment.engines.scratch import sweep_scratch
from environment.engines.session import current_session
from graders.engine.builds import warm
from graders.engine.cleaning import sweep
from graders.errors import UsageError
from graders.exercise import CONTENT, exercises

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    import docker

    from environment.engines.container import ContainerEngine
    from environment.engines.namespace import Limits


def connect(
    kind: str = "found",
    progress: Callable[[str], None] = lambda _: None,
    *,
    requires: Collection[str] = (),
    internet: bool = True,
    limits: Limits | None = None,
) -> Connection:
    """An Engine of this kind. Raises EngineUnavailableError or DrydockError with what to do.

    Of the throwaway Engines in containers it is one that has what an exercise `requires`, where there is one.

    `internet` says whether a throwaway Engine in a container or a machine reaches the outside; one in a namespace never
    does.
    `limits` are those of an Engine in a namespace.
    """
    sweep_scratch()
    if kind not in KINDS:
        raise UsageError(f"There is no Engine of the kind `{kind}`.", f"Choose one of {', '.join(KINDS)}.")
    if kind == "machine":
        from environment.engines.machine import MachineEngine

        host, names = for_machine()
        return MachineEngine.start(host, course_images=names, progress=progress, internet=internet)
    found = FoundEngine.find()
    if kind == "found":
        sweep(found.client)
        return found
    if kind == "container":
        image = container_image(requires)
        return throwaway(found.client, found.environment, image, progress, internet=internet)
    from environment.engines.namespace import Limits as Bounds
    from environment.engines.namespace import NamespaceEngine

    return NamespaceEngine.start(
        found.client,
        session=current_session(),
        course_images=_course_images(found.client),
        progress=progress,
        limits=limits or Bounds(),
        warm=build_solutions,
        warm_key=_builds_digest(),
    )


SEVERAL_PLATFORMS = "multi-platform"
"""The capability that the usual throwaway Engine lacks, since its image store keeps an image for one platform alone."""


def container_image(requires: Collection[str]) -> str:
    """The image of a throwaway Engine that has what an exercise requires."""
    from environment.engines.container import IMAGE, IN_CONTAINERD

    return IN_CONTAINERD if SEVERAL_PLATFORMS in requires else IMAGE


def throwaway(
    host: docker.DockerClient,
    environment: Mapping[str, str],
    image: str,
    progress: Callable[[str], None] = lambda _: None,
    *,
    internet: bool = True,
) -> ContainerEngine:
    """A throwaway Engine of this image in a container of the Engine `host`, with the course's images of use to it.

    `environment` leads the docker command to `host`.
    """
    from environment.engines.container import IN_CONTAINERD, ContainerEngine
    from environment.images import catalogue, ensure

    names = _course_images(host)
    if image == IN_CONTAINERD:
        # The Engine that the images are copied from may have no use for these itself.
        several = [i.name for i in catalogue() if i.several_platforms]
        ensure(host, environment, several, progress)
        names += several
    return ContainerEngine.start(
        host,
        image=image,
        session=current_session(),
        course_images=names,
        progress=progress,
        internet=internet,
    )


def throwaway_kind() -> str:
    """The kind of throwaway Engine that fits the Engine here: beside a machine another machine, else a container."""
    from environment.engines.machine import own_machine

    return "machine" if own_machine(FoundEngine.find().endpoint.path) else "container"


def for_machine() -> tuple[docker.DockerClient | None, list[str]]:
    """The Engine to copy images from into a machine, and their names; none where the only Engine is the machine's."""
    from environment.engines import EngineUnavailableError
    from environment.engines.machine import own_machine

    try:
        found = FoundEngine.find()
    except EngineUnavailableError:
        return None, []
    return (None, []) if own_machine(found.endpoint.path) else (found.client, _course_images(found.client))


def _course_images(host: docker.DockerClient) -> list[str]:
    from environment.images import catalogue, state

    return [i.name for i in catalogue() if not i.several_platforms and state(host, i) != "missing"]


def _builds() -> list[Path]:
    """The model solutions that are built; not those of answers whose commands could look for them on the Engine."""
    found = [e.folder / "solution" for e in exercises() if not e.has_commands]
    return [folder for folder in found if (folder / "Dockerfile").is_file()]


def _builds_digest() -> str:
    total = hashlib.sha256()
    for folder in _builds():
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            total.update(str(path.relative_to(CONTENT)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def build_solutions(_client: object, environment: Mapping[str, str]) -> None:
    """Build the model solutions, so that the steps of a usual answer are in the build cache."""
    for folder in _builds():
        warm(folder, environment)
