"""Images on the Engine: what they hold, layer by layer, and making one for an exercise to start from."""

from __future__ import annotations

import json
import os
import shlex
import tarfile
import tempfile
from typing import TYPE_CHECKING, Any

import docker.errors

from graders.engine import archives, disguises, files, platforms
from graders.engine.words import SHOWN_LINES, Attributes, Settings, decoded, environment, familiar
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from graders.engine.platforms import PlatformImage
    from graders.engine.run import Run


class Image:
    """An image on the Engine."""

    def __init__(self, run: Run, attributes: Attributes, reference: str) -> None:
        self._run = run
        self.attributes = attributes
        self.reference = reference

    @property
    def id(self) -> str:
        """`sha256:…`; differs between image stores for the same content, so compare `layers` across Engines."""
        return str(self.attributes["Id"])

    @property
    def config(self) -> Attributes:
        """Config of `docker image inspect`: Cmd, Entrypoint, Env, WorkingDir, User, ExposedPorts and so on."""
        return Settings(self.attributes.get("Config") or {})

    @property
    def labels(self) -> dict[str, str]:
        """Labels without Drydock's own."""
        return {k: v for k, v in (self.config.get("Labels") or {}).items() if not k.startswith("org.drydock.")}

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that the image sets."""
        return environment(self.config)

    @property
    def layers(self) -> list[str]:
        """Digests of the layers, first one lowest."""
        return list(self.attributes.get("RootFS", {}).get("Layers") or [])

    @property
    def tags(self) -> list[str]:
        """All names of this image."""
        return [familiar(name) for name in self.attributes.get("RepoTags") or []]

    @property
    def size(self) -> int:
        """Bytes of all layers together, unpacked."""
        # `Size` of inspect counts packed contents too where containerd keeps the images.
        return sum(int(record.get("Size") or 0) for record in self.history())

    def same_as(self, other: Image) -> bool:
        """Whether both have the same layers and configuration; ids differ between two builds of the same."""
        return self.id == other.id or (self.layers == other.layers and _chosen(self) == _chosen(other))

    def history(self) -> list[Attributes]:
        """Records of `docker history`, newest first."""
        return list(self._run.client.api.history(self.id))

    def archive(self, path: str) -> dict[str, tarfile.TarInfo]:
        """Everything at and below an absolute path in the image, by absolute path; empty where there is nothing."""
        return {name: member for name, member, _ in self._members(path)}

    def read(self, path: str) -> bytes | None:
        """Contents of one file in the image (links are followed by one step), or None where it is absent."""
        for name, member, content in self._members(path):
            if name != path.rstrip("/"):  # below a directory
                return None
            if member.isfile():
                return content
            if member.issym():
                return self.read(os.path.normpath(os.path.join(os.path.dirname(path), member.linkname)))  # noqa: PTH118, PTH120 - a path in the image
        return None

    def text(self, path: str) -> str | None:
        """The same as text."""
        found = self.read(path)
        return None if found is None else decoded(found)

    def based_on(self, base: Image) -> bool:
        """Whether its lowest layers are all those of the other image, in the same order."""
        return self.layers[: len(base.layers)] == base.layers

    def starts_from(self, reference: str) -> None:
        """See that it is based on what a name stood for before the answer's commands; fails, showing both's layers."""
        base, template = original(self._run, reference), "{{range .RootFS.Layers}}{{println .}}{{end}}"
        if not self.based_on(base):
            raise Failed(
                f"The lowest layers of your image are not those of `{reference}`.",
                evidence=[*self.evidence(template), *base.evidence(template)],
            )

    def health_check(self) -> Attributes:
        """Healthcheck of its configuration; fails where it has none, or switches it off."""
        found = dict(self.config.get("Healthcheck") or {})
        if (found.get("Test") or ["NONE"])[0] == "NONE":
            raise Failed(
                "The image switches the health check off." if found else "The image has no health check.",
                evidence=self.evidence("{{json .Config.Healthcheck}}"),
            )
        return found

    def holds(self, secret: str, *, above: Image | None = None) -> list[str]:
        """Names of files, in any layer and in the configuration, that contain the text, deleted ones included.

        In their contents, names, links, attributes, times or owners; as it is, backwards, in base64, in hexadecimal
        digits or in gzip.
        """
        forms = disguises.forms(secret)
        found, numbers = [], disguises.Numbers(forms)
        for member, content in self._layer_members(above):
            if numbers.show(member):
                found.append(f"the times or owners of files up to /{member.name}")
            if disguises.shows(disguises.about(member), forms) or disguises.shows(content, forms):
                found.append(f"/{member.name}")
        if disguises.shows(json.dumps([self.attributes, self.history()], ensure_ascii=False).encode(), forms):
            found.append("the image's configuration or history")
        return list(dict.fromkeys(found))

    def layer_files(self, *, above: Image | None = None) -> Iterator[tuple[str, bytes]]:
        """Path and contents of each plain file in each layer, deleted ones included; `above` leaves out its layers."""
        return ((f"/{member.name}", content) for member, content in self._layer_members(above) if member.isfile())

    def _layer_members(self, above: Image | None) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
        skipped = len(above.layers) if above and self.based_on(above) else 0
        with tempfile.TemporaryFile() as saved:
            files.save(self._run.client.api.get_image(self.id), saved, f"The image `{self.reference}`")
            with tarfile.open(fileobj=saved) as outer:
                manifest = json.loads(files.content(outer, outer.getmember("manifest.json")))
                for name in manifest[0]["Layers"][skipped:]:
                    with tarfile.open(fileobj=outer.extractfile(name)) as layer:
                        yield from ((m, files.content(layer, m) if m.isfile() else b"") for m in layer)

    def platforms(self) -> dict[str, PlatformImage]:
        """By platform, such as `linux/arm64`, each image that is kept under this one's name."""
        with tempfile.TemporaryFile() as saved:
            files.save(self._run.client.api.get_image(self.id), saved, f"The image `{self.reference}`")
            with tarfile.open(fileobj=saved) as archive:

                def blob(digest: str) -> bytes:
                    return files.content(archive, archive.getmember(f"blobs/{digest.replace(':', '/')}"))

                return platforms.read(blob, self.id)

    def saved(self) -> archives.Saved:
        """What `docker save` says of it: its history, lowest first, and names and sizes of each layer's files."""
        return archives.read(self._run.client.api.get_image(self.id), self.layers)

    def evidence(self, template: str) -> list[str]:
        """`docker image inspect --format TEMPLATE` and what it prints, for a verdict."""
        return self._evidence("image", "inspect", "--format", template)

    def command_evidence(self) -> list[str]:
        """What its containers run, by its Entrypoint and Cmd, for a verdict."""
        return self.evidence("{{json .Config.Entrypoint}} {{json .Config.Cmd}}")

    def history_evidence(self) -> list[str]:
        """`docker history` with the newest steps, for a verdict."""
        return self._evidence("history", "--no-trunc", "--format", "{{.CreatedBy}}")

    def size_evidence(self) -> list[str]:
        """`docker history` with the size of what the newest steps left, for a verdict."""
        return self._evidence("history", "--format", "{{.Size}}\t{{.CreatedBy}}")

    def _evidence(self, *words: str) -> list[str]:
        output = self._run.docker(*words, self.id).output.strip().splitlines()
        return [f"$ {shlex.join(['docker', *words, self.reference])}", *output[:SHOWN_LINES]]

    def _members(self, path: str) -> Iterator[tuple[str, tarfile.TarInfo, bytes]]:
        container = self._run.client.containers.create(self.id, ["-"], labels=self._run.labels, entrypoint=["-"])
        try:
            # Podman's archive of a path makes root the owner of all.
            podman = self._run.about.is_podman
            yield from files.exported(container.export(), path) if podman else files.archived(container, path)
        finally:
            container.remove(v=True)


_OF_A_BUILD = {"Hostname", "Domainname", "Image", "Labels"}
"""What is in an image's configuration of the container that the classic builder made it of, or is compared apart."""


def _chosen(image: Image) -> dict[str, Any]:
    """What was chosen of an image's configuration, without what is empty, which some Engines leave out."""
    kept = {key: value for key, value in image.config.items() if value and key not in _OF_A_BUILD}
    return kept | {"Labels": image.labels}


def find(run: Run, reference: str) -> Image:
    """The image of this name, digest or id; fails, listing what is there, where there is none."""
    try:
        return Image(run, dict(run.client.api.inspect_image(reference)), reference)
    except docker.errors.ImageNotFound:
        listed = run.listed("images", "--format", "{{.Repository}}:{{.Tag}}")
        raise Failed(f"There is no image called `{reference}`.", evidence=listed) from None


def exists(run: Run, reference: str) -> bool:
    """Whether there is an image of this name."""
    try:
        run.client.api.inspect_image(reference)
    except docker.errors.ImageNotFound:
        return False
    return True


def matching(run: Run, **filters: Any) -> list[Image]:
    """All images that match the filters of `docker images --filter`."""
    return [find(run, found["Id"]) for found in run.client.api.images(filters=filters)]


def untag(run: Run, reference: str) -> None:
    """Take a name away; the image goes with its last one."""
    run.client.api.remove_image(reference)


def original(run: Run, reference: str) -> Image:
    """The image that a name stood for before the answer's commands ran, if they ran here."""
    return find(run, run.originals.get(reference, reference))


def make(  # noqa: PLR0913 - what an image is made of
    run: Run, base: str, script: str = "", *, content: Path | None = None, name: str = "", changes: Sequence[str] = ()
) -> Image:
    """What a shell script leaves in a container of `base`, committed; without a name it is dangling.

    What is in the folder `content` is put into its root before. `changes` are Dockerfile instructions, as
    `docker commit --change` takes them: name a CMD, or the script is it.
    """
    container = run.client.containers.create(run.originals.get(base, base), ["sh", "-c", script], labels=run.labels)
    try:
        if content:
            container.put_archive("/", files.packed(content))
        if script:
            container.start()
        code = container.wait()["StatusCode"] if script else 0
        if code:
            words = container.logs().decode(errors="replace").strip()
            raise DrydockError(
                f"An image of this exercise could not be made from `{base}` (exit code {code}: {words}).",
                "See that the Engine has space left, and reset the exercise.",
            )
        repository, _, tag = name.partition(":")
        made = container.commit(repository or None, tag or None, changes=list(changes))
    finally:
        container.remove(force=True, v=True)
    return find(run, name or str(made.id))
