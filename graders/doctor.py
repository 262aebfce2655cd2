"""What `drydock doctor` finds: the Engine, what it can do, and for each thing missing the one command that mends it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from environment import UnavailableError
from graders import coming
from graders.connect import connect, throwaway_kind
from graders.engine import PROBE_IMAGE, Engine
from graders.engine.capabilities import command_version
from graders.engine.folders import SHARE
from graders.errors import DrydockError
from graders.workspace import find_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from environment.engines import Connection

OLDEST_API = (1, 41)
OLDEST_BUILDX = (0, 13)
CHANGING = {
    "DOCKER_DEFAULT_PLATFORM": "images are pulled and built for that platform",
    "DOCKER_TLS_VERIFY": "your own `docker` commands want certificates",
    "DOCKER_API_VERSION": "your own `docker` commands speak that version of the API, whatever the Engine knows",
    "DOCKER_CONTENT_TRUST": "your own `docker` commands refuse images without a signature",
}
"""Variables that change what the docker command does, and how."""
INSTALL = "bash environment/start.sh --prepare"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` is the command or act that mends it, empty where all is well or nothing can."""

    name: str
    state: str
    """`ok`, `missing` (mend it) or `limited` (some exercises are not supported)."""
    seen: str
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """All findings, in the order in which they are best mended."""

    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing is missing."""
        return all(finding.state != "missing" for finding in self.findings)

    def as_json(self) -> dict[str, object]:
        """The object that `drydock doctor --json` prints."""
        return {"well": self.well, "findings": [asdict(finding) for finding in self.findings]}

    def text(self) -> str:
        """For people."""
        signs = {"ok": "✓", "missing": "✗", "limited": "–"}
        lines = []
        for finding in self.findings:
            lines.append(f"{signs[finding.state]} {finding.name:<18} {finding.seen}")
            if finding.remedy:
                lines.append(f"{'':<21}Mend it: {finding.remedy}")
        return "\n".join([*lines, "", "All is well." if self.well else "Mend what is marked ✗, top first."])


def examine() -> Report:
    """Look at the Engine, the CLI, its plugins, the Engine's capabilities and the course's images."""
    findings = [_cli(), _plugin("buildx", OLDEST_BUILDX), _plugin("compose", (2, 0))]
    try:
        connection = connect("found")
    except (DrydockError, UnavailableError) as error:
        findings.insert(0, Finding("Engine", "missing", error.what, error.remedy))
        return Report(tuple(findings))
    with Engine(connection, "", session="") as engine:
        api = tuple(int(n) for n in engine.info.api.split("."))
        new_enough = api >= OLDEST_API
        findings.insert(
            0,
            Finding(
                "Engine",
                "ok" if new_enough else "missing",
                f"{engine.info.name} (API {engine.info.api}). {connection.why}",
                "" if new_enough else "Update the Engine to 20.10 or newer (26 or newer is best).",
            ),
        )
        findings += [
            Finding(capability, "limited" if problem else "ok", problem or "yes")
            for capability, problem in engine.capabilities.items()
        ]
        findings.append(Finding("image store", "ok", engine.image_store))
        findings.append(_images(connection))
        findings += _folder(engine, find_workspace())
        findings.append(_throwaway(engine))
    findings += settings(os.environ)
    return Report(tuple(findings))


def _version(plugin: str = "") -> tuple[str, tuple[int, ...]]:
    found = re.search(r"\d+(\.\d+)+", command_version(plugin))
    return (found[0], tuple(int(n) for n in found[0].split("."))) if found else ("", ())


def _cli() -> Finding:
    text, _numbers = _version()
    if not text:
        return Finding("docker command", "missing", "There is no `docker` command on this machine.", INSTALL)
    return Finding("docker command", "ok", text)


def _plugin(name: str, oldest: tuple[int, ...]) -> Finding:
    text, numbers = _version(name)
    if numbers >= oldest:
        return Finding(f"docker {name}", "ok", text)
    needed = ".".join(str(n) for n in oldest)
    seen = f"{text} is older than {needed}." if text else f"The docker command has no plugin `{name}`."
    return Finding(f"docker {name}", "missing", seen, INSTALL)


def _images(connection: Connection) -> Finding:
    from environment.images import needed, state

    states = {image.name: state(connection.client, image) for image in needed(connection.client)}
    missing = [name for name, found in states.items() if found == "missing"]
    if missing and (still := coming.look(find_workspace())):
        return Finding("course images", "ok", still.sentence)
    stand_ins = [name for name, found in states.items() if found == "stand-in"]
    if missing:
        return Finding("course images", "missing", f"{', '.join(missing)} missing.", "drydock images build")
    said = f" Stand-ins made from Debian's packages: {', '.join(stand_ins)}." if stand_ins else ""
    return Finding("course images", "ok", f"all {len(states)} are there.{said}")


def _folder(engine: Engine, workspace: Path) -> list[Finding]:
    """Whether containers can have folders of the learner's; nothing where that cannot be tried."""
    if not engine.has_image(PROBE_IMAGE) or not os.access(workspace, os.W_OK):
        return []
    if seen := engine.unseen(workspace):
        return [Finding("your folder", "limited", f"{seen} Exercises that mount it cannot be done.", f"{SHARE}.")]
    return [Finding("your folder", "ok", f"Containers can have folders in {workspace}.")]


def _throwaway(engine: Engine) -> Finding:
    from environment.engines.container import IMAGE

    if throwaway_kind() == "machine":
        return Finding("throwaway Engine", "ok", "A virtual machine of its own.")
    if engine.has_image(IMAGE):
        return Finding("throwaway Engine", "ok", f"{IMAGE} is there.")
    return Finding("throwaway Engine", "limited", "Its image is built when it is first used; that takes some minutes.")


def settings(environ: Mapping[str, str]) -> list[Finding]:
    """What of the learner's own settings changes what docker does, outside of the graders, which heed none of it."""
    found = [
        Finding(name, "limited", f"It is set to `{environ[name]}`: {does}.", f"unset {name}")
        for name, does in CHANGING.items()
        if environ.get(name) and not (name == "DOCKER_TLS_VERIFY" and environ.get("DOCKER_HOST"))
    ]
    folder = Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    builder = environ.get("BUILDX_BUILDER")
    if (
        builder
        and subprocess.run(["docker", "buildx", "inspect", builder], capture_output=True, check=False).returncode
    ):
        seen = f"It names the builder `{builder}`, which is not there: your own `docker build` fails."
        found.append(Finding("BUILDX_BUILDER", "limited", seen, "unset BUILDX_BUILDER"))
    if folder.exists() and not os.access(folder, os.W_OK):
        seen = f"{folder} cannot be written, as after `sudo docker`: your own `docker build` fails."
        found.append(Finding("docker's settings", "limited", seen, f'sudo chown -R "$USER" {folder}'))
    try:
        said = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # finding the Engine has said it
        said = {}
    if isinstance(said, dict) and said.get("proxies"):
        seen = (
            f"{folder / 'config.json'} gives your containers a proxy. Requests from one to another go through it, "
            "unless `noProxy` names the other, and some programs heed no `noProxy`."
        )
        found.append(Finding("proxies", "limited", seen, "take `proxies` out while you do the course"))
    return found
