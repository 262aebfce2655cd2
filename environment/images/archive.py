"""One file with all images of the course, for a workshop without a network."""

from __future__ import annotations

import json
import os
import tarfile
import zlib
from typing import TYPE_CHECKING

import docker.errors
import requests

from environment.images.catalogue import CourseImage, ImageUnavailableError, needed, state
from environment.images.progress import MEGABYTE, Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from docker import DockerClient

    from environment.images.catalogue import Progress

_BLOCK = 1 << 20


def save(client: DockerClient, path: Path, progress: Progress, images: Sequence[CourseImage] | None = None) -> None:
    """Write all images that the Engine has a use for (or `images`) to one file, in the format of `docker save`.

    A file that is there is replaced only when the new one is complete. Raises ImageUnavailableError where an image is
    missing, the Engine breaks off, or the file cannot be written.
    """
    images = needed(client) if images is None else images
    if missing := [image.name for image in images if state(client, image) == "missing"]:
        what = f"The Engine has no {_listed(missing)}."
        raise ImageUnavailableError(what, "Run `drydock images pull` or `drydock images build`, then save again.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    progress(f"{len(images)} images are written to {path}")
    try:
        with part.open("wb") as file:
            _write(client, images, file.fileno(), progress)
        part.replace(path)
    except OSError as error:
        # requests' errors are OSErrors too, and have no errno.
        if isinstance(error, requests.RequestException):
            raise ImageUnavailableError(f"The Engine broke off: {error}.", "See `drydock doctor`.") from error
        what = f"{path} cannot be written: {error.strerror}."
        raise ImageUnavailableError(what, "Choose a folder that exists and has about a gigabyte of room.") from error
    finally:
        part.unlink(missing_ok=True)


def _write(client: DockerClient, images: Sequence[CourseImage], descriptor: int, progress: Progress) -> None:
    # docker-py's own method saves one image; the Engine's saves many, with layers they share written once.
    address = f"{client.api.base_url}/v{client.api.api_version}/images/get"
    interval = Interval(progress)
    written = 0
    with client.api.get(address, params={"names": [image.name for image in images]}, stream=True) as answer:
        answer.raise_for_status()
        for block in answer.iter_content(_BLOCK):
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            written += len(block)
            interval.say(f"{written // MEGABYTE} MB written")
    os.fsync(descriptor)
    interval.say_now(f"{written // MEGABYTE} MB written, all there")


def load(client: DockerClient, path: Path, progress: Progress, images: Sequence[CourseImage] | None = None) -> None:
    """Read all images that the Engine has a use for (or `images`) from a file that `save` wrote.

    Nothing is read from a file that lacks one. Raises ImageUnavailableError with what is wrong with the file.
    """
    images = needed(client) if images is None else images
    again = "Write it again on a machine that has the images: `drydock images save FILE`."
    names = _names_in(path, again)
    # It may have been written where the Engine has no use for one that is for several platforms.
    if missing := [i.name for i in images if i.name not in names and not i.several_platforms]:
        raise ImageUnavailableError(f"{path} has no {_listed(missing)}.", again)
    images = [image for image in images if image.name in names]
    progress(f"{len(images)} images are read from {path}")
    try:
        interval = Interval(progress)
        for message in client.api.load_image(_blocks(path, interval), quiet=False):
            if error := message.get("error"):
                raise ImageUnavailableError(f"The Engine did not take {path}: {error}.", again)
            interval.say("The Engine unpacks the images")
    except docker.errors.APIError as error:
        raise ImageUnavailableError(f"The Engine did not take {path}: {error.explanation}.", again) from error
    progress("The Engine has the images")


def _names_in(path: Path, again: str) -> set[str]:
    try:
        with tarfile.open(path) as archive:
            # In a file that broke off, this meets the end too early.
            entries = archive.getmembers()
            manifest = next((entry for entry in entries if entry.name == "manifest.json"), None)
            content = archive.extractfile(manifest) if manifest else None
            listed = json.load(content) if content else []
        return {name for entry in listed for name in entry["RepoTags"] or ()}
    except (tarfile.TarError, zlib.error, EOFError, ValueError, KeyError, TypeError) as error:
        raise ImageUnavailableError(f"{path} is not a whole file of images.", again) from error
    except OSError as error:
        what = f"{path} cannot be read: {error.strerror or error}."
        raise ImageUnavailableError(what, "Give the path of a file that `drydock images save` wrote.") from error


def _blocks(path: Path, interval: Interval) -> Iterator[bytes]:
    total = path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
            interval.say(f"{file.tell() // MEGABYTE} of {total // MEGABYTE} MB read")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
