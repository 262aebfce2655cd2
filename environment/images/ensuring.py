"""Having every image, whichever way works."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

import docker.errors

from environment.images.building import build
from environment.images.catalogue import (
    CourseImage,
    ImageUnavailableError,
    State,
    catalogue,
    is_outdated,
    needed,
    state,
)
from environment.images.pulling import RegistryUnavailableError, pull

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docker import DockerClient

    from environment.images.catalogue import Progress

SIDE_BY_SIDE = 2


def ensure(
    client: DockerClient,
    environment: Mapping[str, str],
    names: Iterable[str] | None = None,
    progress: Progress = print,
    images: Sequence[CourseImage] | None = None,
) -> dict[str, State]:
    """See that the Engine has the images (all that it has a use for, or those of `names`), and tell how it has each.

    An image that is there is kept. One that is missing is pulled, or made from packages where no registry can be
    reached. A stand-in whose recipe has changed is made again; where that fails, it is kept. `images` is the catalogue
    to choose from. Raises ImageUnavailableError when all that could be had is there and something is still missing.
    """
    known = catalogue() if images is None else tuple(images)
    chosen = list(needed(client)) if names is None and images is None else _chosen(known, names)
    report = _one_at_a_time(progress)
    missing = [image for image in chosen if state(client, image) == "missing"]
    missing = _pull_all(client, missing, report)
    outdated = [image for image in chosen if is_outdated(client, image)]
    problems = _build_all(client, environment, known, [*missing, *outdated], report)
    states = {image.name: state(client, image) for image in chosen}
    for name, problem in problems.items():
        if states.get(name) != "missing" and name in states:
            report(f"{name}: kept as it is, made from an older recipe. {problem.what}")
    lost = [name for name in states if states[name] == "missing"]
    if lost:
        first = next((problems[name] for name in lost if name in problems), None) or next(iter(problems.values()))
        more = f" {len(lost)} images are missing: {', '.join(lost)}." if len(lost) > 1 else ""
        raise ImageUnavailableError(f"{first.what}{more}", first.remedy)
    return states


def _chosen(known: Sequence[CourseImage], names: Iterable[str] | None) -> list[CourseImage]:
    if names is None:
        return list(known)
    wanted = set(names)
    if strange := sorted(wanted - {image.name for image in known}):
        what = f"The course has no image {strange[0]}."
        raise ImageUnavailableError(what, "See its images with `drydock images list`.")
    return [image for image in known if image.name in wanted]


def _pull_all(client: DockerClient, images: Sequence[CourseImage], progress: Progress) -> list[CourseImage]:
    """Pull what a registry has; what is left is to be made."""
    left: list[CourseImage] = []
    for number, image in enumerate(images):
        try:
            pull(client, image, progress)
        except RegistryUnavailableError as error:
            progress(f"{error.what} The images are made from packages instead.")
            return [*left, *images[number:]]
        except ImageUnavailableError as error:
            progress(f"{error.what} It is made from packages instead.")
            left.append(image)
    return left


def _build_all(
    client: DockerClient,
    environment: Mapping[str, str],
    known: Sequence[CourseImage],
    images: Sequence[CourseImage],
    progress: Progress,
) -> dict[str, ImageUnavailableError]:
    """Make images side by side, each after its base, and return what went wrong by name."""
    problems: dict[str, ImageUnavailableError] = {}
    bases = {image.base for image in images}
    needed = [
        image
        for image in known
        if image in images
        or (image.name in bases and (state(client, image) == "missing" or is_outdated(client, image)))
    ]

    def attempt(image: CourseImage) -> None:
        if image.base in problems and state(client, base_of[image.name]) == "missing":
            problems[image.name] = problems[image.base]
            return
        before = _id(client, image)
        try:
            build(environment, image, progress)
        except ImageUnavailableError as error:
            problems[image.name] = error
            return
        progress(f"{image.name}: ready")
        if before and before != _id(client, image):
            _remove_if_unused(client, before)

    base_of = {image.name: base for image in needed for base in needed if base.name == image.base}
    while needed:
        waiting = [image for image in needed if any(image.base == other.name for other in needed)]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(attempt, [image for image in needed if image not in waiting]))
        needed = waiting
    return problems


def _id(client: DockerClient, image: CourseImage) -> str:
    try:
        return str(client.images.get(image.name).id)
    except docker.errors.ImageNotFound:
        return ""


def _remove_if_unused(client: DockerClient, identity: str) -> None:
    """Remove the stand-in that a new one took the name from, unless it has another name or a container."""
    with suppress(docker.errors.APIError):
        if not client.images.get(identity).tags:
            client.images.remove(identity)


def _one_at_a_time(progress: Progress) -> Progress:
    lock = Lock()

    def report(sentence: str) -> None:
        with lock:
            progress(sentence)

    return report
