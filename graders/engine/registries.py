"""A registry of an exercise's own in a container, read where it keeps what was pushed to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from graders.engine import containers, platforms
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from graders.engine.containers import Container
    from graders.engine.platforms import PlatformImage
    from graders.engine.run import Run

IMAGE, PORT = "registry:2", 5000
STORE = "/var/lib/registry/docker/registry/v2"


class Registry:
    """A registry in a container."""

    def __init__(self, container: Container) -> None:
        self.container = container

    @property
    def address(self) -> str:
        """What stands before an image's name: the address and port where it is published."""
        address, port = self.container.running().published(PORT)[0]
        return f"{address}:{port}"

    def tags(self, name: str) -> list[str]:
        """The tags that the image of this name has here."""
        done = self.container.exec("ls", f"{STORE}/repositories/{name}/_manifests/tags")
        return done.stdout.split() if not done.exit_code else []

    def images(self, name: str, tag: str) -> dict[str, PlatformImage]:
        """By platform, what a tag means now; fails, naming the tags that there are, where there is none of the name."""
        link = self.container.text(f"{STORE}/repositories/{name}/_manifests/tags/{tag}/current/link")
        if link is None:
            there = " and ".join(f"`{name}:{other}`" for other in self.tags(name)) or f"no `{name}`"
            raise Failed(
                f"The registry has no `{name}:{tag}`; it has {there}.",
                evidence=[f"$ curl -s {self.address}/v2/{name}/tags/list"],
            )
        return platforms.read(self._blob, link.strip())

    def _blob(self, digest: str) -> bytes:
        algorithm, _, digits = digest.partition(":")
        found = self.container.read(f"{STORE}/blobs/{algorithm}/{digits[:2]}/{digits}/data")
        if found is None:
            raise Failed(f"The registry has no `{digest}`, which the image names.")
        return found


def start(run: Run, name: str) -> Registry:
    """Start an empty registry, which answers."""
    registry = Registry(containers.start(run, IMAGE, name=name, publish=[PORT]))
    response = registry.container.request("/v2/", port=PORT, wait=20)
    if response.status != HTTPStatus.OK:
        raise DrydockError(f"The registry of this exercise {response.seen}.", "Reset the exercise.")
    return registry
