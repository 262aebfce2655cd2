"""The images the course uses, and what an Engine has of them."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import docker.errors

from environment import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docker import DockerClient

    Progress = Callable[[str], None]

State = Literal["official", "stand-in", "missing"]

STAND_IN_LABEL = "org.drydock.stand-in"
IMAGE_LABEL = "org.drydock.image"
RECIPE_LABEL = "org.drydock.recipe"

_HERE = Path(__file__).parent


class ImageUnavailableError(UnavailableError):
    """An image cannot be had."""


@dataclass(frozen=True)
class CourseImage:
    """One image of the course: its usual name, and both ways to have it."""

    name: str
    summary: str
    folder: Path
    """The recipe of the stand-in."""
    digest: str = ""
    """Of the official multi-platform index; empty where the tag has to do."""
    base: str = ""
    """The image that the recipe starts from; empty for the one made from packages alone."""
    several_platforms: bool = False
    """Whether it is of use only to an Engine that keeps images for several platforms."""

    @property
    def repository(self) -> str:
        """The name without its tag."""
        return self.name.rpartition(":")[0]

    @property
    def tag(self) -> str:
        """What follows the last colon of the name."""
        return self.name.rpartition(":")[2]

    @property
    def recipe(self) -> str:
        """A hash of the recipe and of the recipes it builds on."""
        content = hashlib.sha256()
        for image in catalogue():
            if image.name == self.base:
                content.update(image.recipe.encode())
        for file in sorted(self.folder.rglob("*")):
            if file.is_file():
                content.update(f"\0{file.relative_to(self.folder).as_posix()}\0".encode())
                content.update(file.read_bytes())
        return content.hexdigest()[:16]


@cache
def catalogue() -> tuple[CourseImage, ...]:
    """The images of catalogue.toml, in its order: a base comes before what is built on it."""
    with (_HERE / "catalogue.toml").open("rb") as file:
        entries = tomllib.load(file)["image"]
    return tuple(CourseImage(**{**entry, "folder": _HERE / entry["folder"]}) for entry in entries)


def keeps_several_platforms(info: Mapping[str, Any]) -> bool:
    """Whether an Engine's image store, by what `docker info` says, has room for one image made for several platforms.

    Containerd's has, which Engine 29 uses on new machines; Docker's own has not.
    """
    kept = dict(entry for entry in info.get("DriverStatus") or [] if len(entry) == 2)  # noqa: PLR2004 - pairs
    return "io.containerd.snapshotter" in str(kept.get("driver-type"))


def needed(client: DockerClient) -> tuple[CourseImage, ...]:
    """The images of the catalogue that this Engine has a use for."""
    several = keeps_several_platforms(client.info())
    return tuple(image for image in catalogue() if several or not image.several_platforms)


def state(client: DockerClient, image: CourseImage) -> State:
    """What the Engine has under the image's usual name."""
    labels = _labels(client, image)
    if labels is None:
        return "missing"
    return "stand-in" if labels.get(STAND_IN_LABEL) == "true" else "official"


def is_outdated(client: DockerClient, image: CourseImage) -> bool:
    """Tell whether the Engine has a stand-in made from another recipe than today's."""
    labels = _labels(client, image) or {}
    return labels.get(STAND_IN_LABEL) == "true" and labels.get(RECIPE_LABEL) != image.recipe


def _labels(client: DockerClient, image: CourseImage) -> dict[str, str] | None:
    try:
        return dict(client.images.get(image.name).labels)
    except docker.errors.ImageNotFound:
        return None
