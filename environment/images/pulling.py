"""Getting official images from a registry."""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import docker.errors

from environment.images.catalogue import CourseImage, ImageUnavailableError
from environment.images.progress import MEGABYTE, Interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from environment.images.catalogue import Progress

REGISTRY_VARIABLE = "DRYDOCK_REGISTRY"
FIRST_WORD = 8.0
"""Seconds in which a registry must begin to answer."""

_REMEDY = (
    "Check the network, name a mirror in DRYDOCK_REGISTRY, or read a file made on another machine with "
    "`drydock images load FILE`."
)


class RegistryUnavailableError(ImageUnavailableError):
    """The registry itself does not answer or does not serve us, so other images need not be tried."""


def pull(client: DockerClient, image: CourseImage, progress: Progress, registry: str | None = None) -> None:
    """Get the official image by its digest (without one, by its tag) and give it its usual name.

    `registry`, or else the environment variable DRYDOCK_REGISTRY, is what stands before the image's name, as in
    `mirror.example:5000/library`; without either it is Docker Hub. Raises RegistryUnavailableError where the registry
    does not answer within seconds, ImageUnavailableError where it lacks the image or breaks off.
    """
    prefix = (registry or os.environ.get(REGISTRY_VARIABLE, "")).strip().rstrip("/")
    place = prefix or "Docker Hub"
    repository = f"{prefix}/{image.repository}" if prefix else image.repository
    progress(f"{image.name}: pulled from {place}")
    interval = Interval(progress)
    layers: dict[str, tuple[int, int]] = {}
    for message in _messages(client, repository, image.digest or image.tag, image, place):
        if error := message.get("error"):
            raise ImageUnavailableError(f"{image.name} did not arrive whole from {place}: {_reason(error)}", _REMEDY)
        size = message.get("progressDetail") or {}
        if message.get("status") == "Downloading" and "total" in size:
            layers[message["id"]] = (size["current"], size["total"])
        done, total = (sum(numbers) // MEGABYTE for numbers in zip(*layers.values(), strict=True)) if layers else (0, 0)
        interval.say(f"{image.name}: {done} of {total} MB" if total else f"{image.name}: {message.get('status', '')}")

    if image.digest:
        client.images.get(f"{repository}@{image.digest}").tag(image.repository, image.tag)
    elif prefix:
        client.images.get(f"{repository}:{image.tag}").tag(image.repository, image.tag)
        client.images.remove(f"{repository}:{image.tag}")


def _messages(
    client: DockerClient, repository: str, version: str, image: CourseImage, place: str
) -> Iterator[dict[str, Any]]:
    """What the Engine says while it pulls.

    The Engine may wait minutes for a registry that does not answer, so it is asked in a thread that can be left.
    """
    said: SimpleQueue[dict[str, Any] | BaseException | None] = SimpleQueue()

    def ask() -> None:
        try:
            for message in client.api.pull(repository, tag=version, stream=True, decode=True):
                said.put(message)
            said.put(None)
        except BaseException as error:  # raised again where somebody can hear it
            said.put(error)

    threading.Thread(target=ask, daemon=True, name=f"pull {image.name}").start()
    wait: float | None = FIRST_WORD
    while True:
        try:
            message = said.get(timeout=wait)
        except Empty:
            what = f"{place} did not answer within {FIRST_WORD:.0f} seconds."
            raise RegistryUnavailableError(what, _REMEDY) from None
        wait = None
        if message is None:
            return
        if isinstance(message, docker.errors.NotFound):
            what = f"{place} has no {image.repository} with {'the digest' if image.digest else 'the tag'} {version}."
            remedy = "Name another mirror in DRYDOCK_REGISTRY, or make the image with `drydock images build`."
            raise ImageUnavailableError(what, remedy)
        if isinstance(message, docker.errors.APIError):
            what = f"{place} cannot be used: {_reason(message.explanation or str(message))}"
            raise RegistryUnavailableError(what, _REMEDY)
        if isinstance(message, BaseException):
            raise message
        yield message


def _reason(explanation: object) -> str:
    """The end of the Engine's chain of causes, which names the first of them."""
    return str(explanation).strip().rsplit(": ", 1)[-1].rstrip(".") + "."
