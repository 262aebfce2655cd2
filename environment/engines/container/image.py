"""The image of a throwaway Engine: three versions of Docker, one with both image stores, from Debian's packages."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from environment.engines import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import docker

HERE = Path(__file__).parent
IMAGE = "drydock/engine:26"
IN_CONTAINERD = "drydock/engine:28-containerd"
"""It keeps images as Engine 29 does on new machines, and one image for several platforms; Debian has no 29."""
RECIPE_LABEL = "org.drydock.recipe"
"""On the images made here: what they were made of."""


@dataclass(frozen=True)
class Recipe:
    """A Debian suite whose packages are that version of Docker, and the arguments of the Dockerfile."""

    suite: str
    arguments: Mapping[str, str] = field(default_factory=dict)


RECIPES: Mapping[str, Recipe] = {
    "drydock/engine:20.10": Recipe(
        "bookworm",
        # The suite's own Compose is of version 1, and it has no buildx.
        {"PACKAGES": "docker.io docker-buildx/trixie docker-compose/trixie", "NEWER_SUITE": "trixie"},
    ),
    IMAGE: Recipe("trixie"),
    "drydock/engine:28": Recipe("forky"),
    IN_CONTAINERD: Recipe("forky", {"STORE": "containerd"}),
}


def ensure_image(host: docker.DockerClient, image: str, progress: Callable[[str], None]) -> str:
    """Return the id of the image of a throwaway Engine, which is made first where it is missing or its files changed.

    Raises EngineUnavailableError where it can be neither found nor made.
    """
    import docker

    digest = _digest()
    found = None
    try:
        found = host.images.get(image)
    except docker.errors.ImageNotFound:
        if image not in RECIPES:
            raise EngineUnavailableError(
                f"There is no image {image} for a throwaway Engine.", f"Choose one of {', '.join(RECIPES)}."
            ) from None
    else:
        if image not in RECIPES or found.labels.get(RECIPE_LABEL) == digest:
            return str(found.id)
    progress(f"Making the image {image} of a throwaway Engine from Debian's packages; this takes about a minute.")
    recipe = RECIPES[image]
    made = _build(host, image, recipe, _find_base(host, recipe.suite), digest)
    if found and found.id != made:
        with contextlib.suppress(docker.errors.APIError):  # an Engine made from it still runs
            host.api.remove_image(str(found.id))
    return made


def _find_base(host: docker.DockerClient, suite: str) -> str:
    """Name an image of the suite: the official one where it is there or comes, else one made on this machine."""
    import docker

    official, own = f"debian:{suite}-slim", f"drydock/debian:{suite}"
    for name in (official, own):
        try:
            host.images.get(name)
        except docker.errors.ImageNotFound:
            continue
        return name
    if shutil.which("mmdebstrap") and (archive := _debian_archive()):
        _bootstrap(host, suite, archive, own)
        return own
    return official  # the build pulls it


def _debian_archive() -> str:
    """Return the address of the Debian archive that this machine's apt uses, or nothing."""
    shown = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(LABEL) $(SITE)", "Created-By: Packages"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return next((line.split()[1] for line in shown.stdout.splitlines() if line.startswith("Debian ")), "")


def _bootstrap(host: docker.DockerClient, suite: str, archive: str, name: str) -> None:
    made = subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", *_apt_options(), suite, "-", archive],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        raise EngineUnavailableError(
            f"mmdebstrap could not make a Debian {suite}: {_first_error(made.stderr.decode(errors='replace'))}.",
            f"Run `docker pull debian:{suite}-slim`, or `mmdebstrap {suite} /dev/null` to see more.",
        )
    repository, _, tag = name.partition(":")
    label = f"LABEL {RECIPE_LABEL}={suite}"
    host.api.import_image_from_data(made.stdout, repository=repository, tag=tag, changes=[label])


def _apt_options() -> list[str]:
    """Return the options of this machine's apt that say how old an archive's index may be, which mmdebstrap ignores."""
    name = "Acquire::Check-Valid-Until"
    shown = subprocess.run(["apt-config", "shell", "SET", name], check=False, capture_output=True, text=True)
    value = shown.stdout.partition("=")[2].strip().strip("'")
    return [f'--aptopt={name} "{value}"'] if value else []


def _first_error(said: str) -> str:
    """Return what apt names as the error, else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it gave no reason"]
    return next((line.removeprefix("E: ") for line in lines if line.startswith("E: ")), lines[-1]).rstrip(".")


def _files() -> list[tuple[str, Path]]:
    """Return the build context: names in it, and the files here."""
    scripts = [HERE / "entrypoint.py", *(HERE.parent / name for name in ("script.py", "request.py", "sudo"))]
    return [("Dockerfile", HERE / "Dockerfile"), *((f"drydock/{path.name}", path) for path in scripts)]


def _digest() -> str:
    total = hashlib.sha256()
    for name, path in _files():
        total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _build(host: docker.DockerClient, image: str, recipe: Recipe, base: str, digest: str) -> str:
    import docker

    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, path in _files():
            member = tarfile.TarInfo(name)
            content = path.read_bytes()
            member.size, member.mode = len(content), path.stat().st_mode & 0o755 | 0o644
            tar.addfile(member, io.BytesIO(content))
    context.seek(0)
    try:
        built, _log = host.images.build(
            fileobj=context,
            custom_context=True,
            tag=image,
            buildargs={"BASE": base, "RECIPE": digest, **recipe.arguments, **proxies()},
            rm=True,
            forcerm=True,
        )
    except docker.errors.BuildError as error:
        said = "".join(str(line.get("stream") or line.get("error") or "") for line in error.build_log)
        # The Engine colours what was written to stderr.
        reason = _first_error(re.sub(r"\x1b\[[0-9;]*m", "", said))
        raise EngineUnavailableError(
            f"The image {image} could not be built: {reason}.",
            f"See that this machine reaches Debian's packages, or run `docker pull debian:{recipe.suite}-slim`.",
        ) from error
    except docker.errors.APIError as error:
        raise EngineUnavailableError(
            f"The image {image} could not be built: {error.explanation or error}.",
            f"Run `docker pull debian:{recipe.suite}-slim`, or install mmdebstrap on a Debian machine.",
        ) from error
    return str(built.id)


def proxies() -> dict[str, str]:
    """Return this machine's settings for a proxy of the web."""
    names = ("http_proxy", "https_proxy", "no_proxy")
    return {name: os.environ[name] for both in names for name in (both, both.upper()) if os.environ.get(name)}
