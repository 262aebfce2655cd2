"""A package index of a company's own in a container, and an image whose pip asks it: its log counts downloads."""

from __future__ import annotations

import io
import re
import secrets
import shlex
import zipfile
from typing import TYPE_CHECKING

from graders.engine import containers, images
from graders.errors import Failed

if TYPE_CHECKING:
    from graders.engine.containers import Container
    from graders.engine.images import Image
    from graders.engine.run import Run

SERVER = "nginx:1.26"
FOLDER = "/srv"
# What pip downloaded it keeps only where the index says for how long.
SITE = f"server {{ listen 80; root {FOLDER}; autoindex on; location ~ [.]whl$ {{ expires max; }} }}"
SERVE = f"echo {shlex.quote(SITE)} > /etc/nginx/conf.d/default.conf && exec nginx -g 'daemon off;'"
PIP_CONF = "/etc/pip.conf"
QUESTION = re.compile(r'"GET /simple/([^/ ]+)/ HTTP/')
DOWNLOAD = re.compile(r'"GET /simple/[^/ ]+/([^/ ]+)-py3-none-any[.]whl HTTP/[\d.]+" 200 ')


FIND_INSTALLED = r"find / -xdev -name '*.dist-info' -exec stat -c '%n %y' {}/METADATA ';'"
INSTALLED = re.compile(r"/([^/\s]+)-([^/\s-]+)\.dist-info/METADATA (.+)")


class PackageIndex:
    """A package index (PEP 503) in a container."""

    def __init__(self, container: Container) -> None:
        self.container = container

    def publish(self, *packages: str) -> None:
        """Add packages such as `tides-1.4.0`: a module of that name with its VERSION, as a wheel.

        An archive's comment is not installed with it, so `drydock-wheel-NAME` in an image is a wheel that was kept.
        """
        self.container.put({f"{FOLDER}/simple/{_module(p)}/{p}-py3-none-any.whl": _wheel(p) for p in packages})

    def downloads(self) -> list[str]:
        """What was downloaded since it was started, such as `tides-1.4.0`, in order."""
        return DOWNLOAD.findall(self._log())

    def questions(self) -> list[str]:
        """The packages of which somebody asked what there is, such as `tides`, in order, downloaded or not."""
        return QUESTION.findall(self._log())

    def _log(self) -> str:
        # What was asked before this is in the log when this is.
        mark = secrets.token_hex(8)
        self.container.exec("sh", "-c", f"echo {mark} > /proc/1/fd/1", user="0")
        self.container.wait_log(mark)
        return self.container.logs()


def start(run: Run, name: str) -> PackageIndex:
    """Start an empty index."""
    return PackageIndex(containers.start(run, SERVER, "sh", "-c", SERVE, name=name))


def find(container: Container, image: Image) -> PackageIndex:
    """The index in a container; fails where it does not run, or where the image's pip asks another."""
    hint = f"`docker start {container.name}`, or `%reset`, which makes all of it new."
    if not container.state["Running"]:
        raise Failed(
            f"The package index `{container.name}` does not run.",
            hint=hint,
            evidence=container.evidence("{{.State.Status}}"),
        )
    index = PackageIndex(container)
    if f"//{index.container.address}/" not in (image.text(PIP_CONF) or ""):
        raise Failed(
            f"The package index `{container.name}` has another address than `{PIP_CONF}` of `{image.reference}` says.",
            hint="An Engine that starts anew gives addresses anew. `%reset` makes both new.",
            evidence=container.evidence("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"),
        )
    return index


def make_base(run: Run, base: str, index: PackageIndex, name: str) -> Image:
    """An image made of `base` whose pip asks this index and no other."""
    lines = [
        "[global]",
        f"index-url = http://{index.container.address}/simple/",
        f"trusted-host = {index.container.address}",
        "retries = 1",
        "timeout = 5",
        "disable-pip-version-check = true",
        "root-user-action = ignore",
    ]
    script = f"printf '%s\\n' {shlex.join(lines)} > {PIP_CONF}"
    # A client may give each build a proxy, which knows nothing of this address.
    changes = [f"ENV no_proxy={index.container.address} NO_PROXY={index.container.address}", 'CMD ["python3"]']
    return images.make(run, base, script, name=name, changes=changes)


def installed(run: Run, image: Image) -> dict[str, tuple[str, str]]:
    """Version and time of installation of each Python package in an image, by name."""
    found = containers.once(run, image, "-c", FIND_INSTALLED, entrypoint="sh", user="0").stdout
    return {name: (version, time) for name, version, time in INSTALLED.findall(found)}


def _module(package: str) -> str:
    return package.rpartition("-")[0]


def _wheel(package: str) -> bytes:
    """The smallest wheel that pip installs (binary distribution format, packaging.python.org)."""
    name, _, version = package.rpartition("-")
    about = f"{package}.dist-info"
    texts = {
        f"{name}.py": f'VERSION = "{version}"\n',
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: drydock\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    texts[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in (*texts, f"{about}/RECORD"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
        archive.comment = f"drydock-wheel-{name}".encode()
    return packed.getvalue()
