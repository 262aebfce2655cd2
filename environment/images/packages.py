"""The distribution's package archive as this machine's apt knows it, for builds that need it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from environment.images.catalogue import ImageUnavailableError

ARCHIVE_VARIABLE = "DRYDOCK_DEBIAN_ARCHIVE"
SUITE = "trixie"

# Whether an archive can be reached depends on these settings of apt; the rest is the machine's own business.
_SETTINGS = re.compile(r"^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date)(?=[: ]).*;$", re.MULTILINE)
_CERTIFICATES = (os.environ.get("SSL_CERT_FILE", ""), "/etc/ssl/certs/ca-certificates.crt")
_ELSEWHERE = "Let Docker reach a registry, or read a file made on another machine with `drydock images load FILE`."


def sources() -> list[str]:
    """Apt's source lines for the suite that the images are made of; empty where this machine knows no Debian archive.

    The archive is the one of the environment variable DRYDOCK_DEBIAN_ARCHIVE, or that of the machine's own apt sources.
    """
    named = os.environ.get(ARCHIVE_VARIABLE, "").strip()
    if named:
        return [f"deb {named} {SUITE} main"]
    targets = _output("apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(SITE)", "Created-By: Packages")
    found: dict[str, str] = {}
    for line in targets.splitlines():
        origin, label, site = line.split("|", 2)
        if origin == "Debian" and site.startswith(("http:", "https:")):
            found.setdefault(label, site)
    suites = {"Debian": (SUITE, f"{SUITE}-updates"), "Debian-Security": (f"{SUITE}-security",)}
    return [f"deb {found[label]} {suite} main" for label in suites if label in found for suite in suites[label]]


def sources_or_error() -> list[str]:
    """Apt's source lines; without any, an error that says what this machine lacks."""
    lines = sources()
    if lines:
        return lines
    if not _output("apt-get", "--version"):
        what = "Images can be made from packages on Debian only, and this machine has no apt."
        raise ImageUnavailableError(what, _ELSEWHERE)
    if not _output("apt-get", "indextargets", "--format", "$(SITE)"):
        what = "apt has not read its package lists yet, so the address of Debian's archive is not known."
        raise ImageUnavailableError(what, "Run `sudo apt-get update`, then try again.")
    what = f"This machine's apt sources name no Debian archive (and {ARCHIVE_VARIABLE} is not set)."
    raise ImageUnavailableError(what, _ELSEWHERE)


def settings() -> list[str]:
    """The lines of apt's configuration that say how archives are reached: proxies, and checks of dates."""
    return [match.group() for match in _SETTINGS.finditer(_output("apt-config", "dump"))]


def certificates() -> Path | None:
    """The file of certificate authorities that this machine trusts."""
    return next((Path(name) for name in _CERTIFICATES if name and Path(name).is_file()), None)


def check_tools() -> None:
    """Raise an error that names the missing tool where a Debian cannot be made from packages."""
    if not _output("mmdebstrap", "--version"):
        what = "mmdebstrap, which makes a small Debian from packages, is not installed."
        raise ImageUnavailableError(
            what, "Run `sudo apt-get install mmdebstrap debian-archive-keyring`, then try again."
        )
    if os.geteuid() and not shutil.which("newuidmap"):
        what = "Only root can make a Debian from packages while newuidmap is not installed."
        raise ImageUnavailableError(what, "Run `sudo apt-get install uidmap`, then try again.")
    if not any(Path("/usr/share/keyrings").glob(f"debian-archive-{SUITE}-stable.*")):
        what = f"This machine lacks the keys that Debian {SUITE} is signed with."
        raise ImageUnavailableError(what, "Run `sudo apt-get install debian-archive-keyring`, then try again.")


def _output(*command: str) -> str:
    """What a command prints; empty where it is not installed or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
