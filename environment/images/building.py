"""Making stand-ins from the distribution's packages."""

from __future__ import annotations

import os
import re
import subprocess
from collections import deque
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from environment.engines.scratch import scratch_folder
from environment.images import packages
from environment.images.catalogue import (
    IMAGE_LABEL,
    RECIPE_LABEL,
    STAND_IN_LABEL,
    CourseImage,
    ImageUnavailableError,
)
from environment.images.progress import Interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from environment.images.catalogue import Progress

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Docker's names of architectures that are not Debian's.
_DEBIAN_NAMES = {"arm": "armhf", "386": "i386", "ppc64le": "ppc64el"}
# What BuildKit and mmdebstrap put before the words of the command that runs.
_PREFIX = re.compile(r"^(#\d+ (\d+\.\d+ )?|[IW]: )")
_REMEDY = "See whether `sudo apt-get update` works on this machine, then try again."


def build(environment: Mapping[str, str], image: CourseImage, progress: Progress) -> None:
    """Make the stand-in of `image` on the Engine that `environment` leads the docker command to.

    Raises ImageUnavailableError with what this machine lacks, or with the last error of the build.
    """
    environment = {**os.environ, **environment}
    progress(f"{image.name}: made from packages (about {10 if image.base else 20} s)")
    with scratch_folder() as name:
        if image.base:
            _build_from_dockerfile(environment, image, Path(name), progress)
        else:
            _build_from_packages(environment, image, Path(name), progress)


def _labels(image: CourseImage) -> dict[str, str]:
    return {STAND_IN_LABEL: "true", IMAGE_LABEL: image.name, RECIPE_LABEL: image.recipe}


def _build_from_packages(environment: Mapping[str, str], image: CourseImage, scratch: Path, progress: Progress) -> None:
    lines = packages.sources_or_error()
    packages.check_tools()
    architecture = _run(("docker", "version", "--format", "{{.Server.Arch}}"), environment, image, progress)[-1]
    options = [f"--architectures={_DEBIAN_NAMES.get(architecture, architecture)}"]
    options += [f"--aptopt={line.removesuffix(';')}" for line in packages.settings()]
    if any(line.startswith("deb https:") for line in lines):
        options.append("--include=ca-certificates")
    archive = scratch / "rootfs.tar"
    _run(("sh", str(image.folder / "rootfs.sh"), str(archive), *lines, "--", *options), environment, image, progress)
    changes = ['CMD ["bash"]', f"ENV PATH={_PATH}", *(f"LABEL {key}={value}" for key, value in _labels(image).items())]
    arguments = [part for change in changes for part in ("--change", change)]
    message = "A small Debian from the distribution's packages"
    _run(("docker", "import", *arguments, "--message", message, str(archive), image.name), environment, image, progress)


def _build_from_dockerfile(
    environment: Mapping[str, str], image: CourseImage, scratch: Path, progress: Progress
) -> None:
    # How this machine reaches the archive goes in as secrets: the image keeps nothing of it.
    settings = packages.settings()
    secrets = {"apt.conf": scratch / "apt.conf"}
    if lines := packages.sources():
        secrets["sources.list"] = scratch / "sources.list"
        secrets["sources.list"].write_text("\n".join([*lines, ""]), encoding="utf-8")
        settings += ['Dir::Etc::SourceList "/run/secrets/sources.list";', 'Dir::Etc::SourceParts "-";']
    if authorities := packages.certificates():
        secrets["ca.crt"] = authorities
        settings.append('Acquire::https::CaInfo "/run/secrets/ca.crt";')
    secrets["apt.conf"].write_text("\n".join([*settings, ""]), encoding="utf-8")

    command = ["docker", "build", "--progress", "plain", "--network", "host", "--tag", image.name]
    for key, value in _labels(image).items():
        command += ["--label", f"{key}={value}"]
    for key, file in secrets.items():
        command += ["--secret", f"id={key},src={file}"]
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        if name in environment:
            command += ["--build-arg", name]
    builder = _run(("docker", "context", "inspect", "--format", "{{.Name}}"), environment, image, progress)[-1]
    # The Engine's own builder has the image that the recipe starts from; another that the user chose may not.
    environment = {**environment, "DOCKER_BUILDKIT": "1", "BUILDX_BUILDER": builder}
    _run([*command, str(image.folder)], environment, image, progress)


def _run(command: Sequence[str], environment: Mapping[str, str], image: CourseImage, progress: Progress) -> deque[str]:
    """Run a command, reporting now and then what it is at, and return the last lines it printed."""
    last: deque[str] = deque(maxlen=100)
    interval = Interval(progress)
    try:
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe, as asked
            for line in process.stdout:
                if words := _PREFIX.sub("", line).strip():
                    last.append(words)
                    interval.say(f"{image.name}: {shorten(words, 80, placeholder='…')}")
    except FileNotFoundError:
        what = f"The command `{command[0]}` is not installed, so {image.name} cannot be made."
        raise ImageUnavailableError(what, f"Install {command[0]}, then try again.") from None
    if process.returncode:
        raise ImageUnavailableError(f"{image.name} could not be made: {_reason(last)}", _REMEDY)
    return last


def _reason(lines: deque[str]) -> str:
    """The line of a failed command that says most: apt's error, or else the first that calls itself one."""
    errors = [line for line in lines if line.startswith("E: ")]
    errors += [line for line in lines if line.lower().startswith("error")]
    reason = next(iter([*errors, *reversed(lines)]), "it ended without a word").removeprefix("E: ")
    return reason if reason.endswith(".") else f"{reason}."
