"""The images the course uses: official ones where a registry can be reached, stand-ins of the same name where not."""

from environment.images.archive import load, save
from environment.images.building import build
from environment.images.catalogue import (
    STAND_IN_LABEL,
    CourseImage,
    ImageUnavailableError,
    State,
    catalogue,
    is_outdated,
    keeps_several_platforms,
    needed,
    state,
)
from environment.images.ensuring import ensure
from environment.images.pulling import RegistryUnavailableError, pull

__all__ = [
    "STAND_IN_LABEL",
    "CourseImage",
    "ImageUnavailableError",
    "RegistryUnavailableError",
    "State",
    "build",
    "catalogue",
    "ensure",
    "is_outdated",
    "keeps_several_platforms",
    "load",
    "needed",
    "pull",
    "save",
    "state",
]
