"""What an Engine may lack: one question for each capability, asked when somebody needs the answer."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from environment.engines import MACHINE_LABEL
from environment.images import keeps_several_platforms

if TYPE_CHECKING:
    import docker

    from graders.engine.words import Attributes


ASKING = "python:3.13-slim"
ASK_FOR_IPVS = """
import socket, struct
netlink, generic, get_family, name_of_it = socket.AF_NETLINK, 16, 3, 2
said = struct.pack("=BBHHH5s3x", get_family, 1, 0, 9, name_of_it, b"IPVS")
asking = socket.socket(netlink, socket.SOCK_RAW, generic)
asking.send(struct.pack("=IHHII", 16 + len(said), generic, 1, 1, 0) + said)
length, kind, _, _, _, error = struct.unpack_from("=IHHIIi", asking.recv(4096))
raise SystemExit(kind == 2 and error != 0)
"""
"""Asks the kernel for the family of messages that IPVS understands: see genetlink in its documentation."""


@dataclass
class About:
    """What an Engine and the docker command say of themselves, each asked once and only when it is needed."""

    client: docker.DockerClient

    @cached_property
    def engine(self) -> Attributes:
        """What `docker info` says."""
        return dict(self.client.info())

    @cached_property
    def version(self) -> Attributes:
        """What `docker version` says of the server."""
        return dict(self.client.version())

    @cached_property
    def name(self) -> str:
        """The program and its version, such as `Docker Engine 26.1.5`."""
        component = (self.version.get("Components") or [{"Name": "Engine"}])[0]["Name"]
        program = "Docker Engine" if component == "Engine" else component
        return f"{program} {str(self.version['Version']).split('+')[0]}"

    @property
    def api(self) -> str:
        """The version of its API."""
        return str(self.version["ApiVersion"])

    @property
    def image_store(self) -> str:
        """Where it keeps images: in containerd's store, as Engine 29 does on new machines, or in Docker's own."""
        containerd = keeps_several_platforms(self.engine)
        return f"{'containerd' if containerd else 'Docker'}'s ({self.engine.get('Driver', 'unknown')})"

    @property
    def is_podman(self) -> bool:
        """Whether Podman answers as Docker's API."""
        return "Podman" in self.name

    @property
    def release(self) -> tuple[int, ...]:
        """The first two numbers of its version."""
        return tuple(int(number) for number in re.findall(r"\d+", self.version["Version"])[:2])


def command_version(plugin: str = "") -> str:
    """What the docker command, or a plugin of it, says of its version; empty where it is not there."""
    if not shutil.which("docker"):
        return ""
    words = ["docker", plugin, "version"] if plugin else ["docker", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _plugin(name: str, problem: str) -> str:
    return "" if command_version(name) else problem


def _buildkit(about: About) -> str:
    if about.is_podman:
        return "Podman's Docker API has no BuildKit."
    return _plugin("buildx", "The docker CLI has no buildx plugin.")


def _since_23(problem: str) -> Callable[[About], str]:
    def asked(about: About) -> str:
        old = tuple(int(number) for number in about.api.split(".")) < (1, 42)
        return _buildkit(about) or (problem if old else "")

    return asked


def _multi_platform(about: About) -> str:
    if problem := _buildkit(about):
        return problem
    if keeps_several_platforms(about.engine):
        return ""
    return (
        "Its image store keeps an image for one platform only. Containerd's keeps one for several: set "
        '`"features": {"containerd-snapshotter": true}` in /etc/docker/daemon.json and restart Docker, or tick '
        "*Use containerd for pulling and storing images* in Docker Desktop's settings."
    )


def _plain_registry(about: About) -> bool:
    return "127.0.0.0/8" in ((about.engine.get("RegistryConfig") or {}).get("InsecureRegistryCIDRs") or [])


def _runs_with(about: About, *options: str) -> bool:
    """Whether one of these is among the Engine's security options, such as `name=rootless`."""
    return any(f"name={option}" in said for said in about.engine.get("SecurityOptions") or [] for option in options)


def _watch(_about: About) -> str:
    said = re.search(r"\d+\.\d+", command_version("compose"))
    recent = said and tuple(int(number) for number in said[0].split(".")) >= (2, 23)
    return "" if recent else "Its Compose is older than 2.23, and `docker compose watch` cannot restart a service."


def _nodes(about: About) -> str:
    """What keeps the Engine from running other Engines in containers."""
    if about.is_podman:
        return "Podman has no Swarm."
    if _runs_with(about, "rootless", "userns"):
        return "Its containers have not the rights that an Engine needs (rootless, or `userns-remap`)."
    if any(label.startswith(MACHINE_LABEL) for label in about.engine.get("Labels") or []):
        return "The machine that it runs in holds what one Engine needs, and nothing for a second one."
    return ""


def _swarm_ingress(about: About) -> str:
    """Asked of the kernel by a container: IPVS is loaded when it is first asked for, where it is to be had."""
    import docker.errors

    if about.is_podman:
        return "Podman has no Swarm."
    try:
        about.client.images.get(ASKING)
    except docker.errors.ImageNotFound:
        return f"Whether its kernel has IPVS is asked in a container of `{ASKING}`, and that image is not there."
    try:
        about.client.containers.run(ASKING, ["python", "-c", ASK_FOR_IPVS], remove=True, network_mode="none")
    except docker.errors.ContainerError:
        return "Its kernel has no IPVS, without which no virtual address of Swarm's answers."
    return ""


def _unless(problem: str, has: Callable[[About], object]) -> Callable[[About], str]:
    return lambda about: "" if has(about) else problem


QUESTIONS: Mapping[str, Callable[[About], str]] = {
    "buildkit": _buildkit,
    "heredoc": _since_23("Its BuildKit is older than Engine 23 and knows no heredocs."),
    "no-cache-filter": _since_23("Docker before 23 knows no `docker build --no-cache-filter`."),
    "multi-platform": _multi_platform,
    "compose": lambda _: _plugin("compose", "The docker CLI has no Compose plugin."),
    "watch": _watch,
    "memory-limit": _unless("It cannot limit memory.", lambda about: about.engine.get("MemoryLimit")),
    "swap-limit": _unless("It cannot limit swap.", lambda about: about.engine.get("SwapLimit")),
    "cpu-limit": _unless("It cannot limit CPU time.", lambda about: about.engine.get("CpuCfsQuota")),
    "pids-limit": _unless("It cannot limit the number of processes.", lambda about: about.engine.get("PidsLimit")),
    "same-kernel": _unless(
        "Docker Desktop runs its Engine in a virtual machine.",
        lambda about: about.engine.get("OperatingSystem") != "Docker Desktop",
    ),
    "same-users": _unless(
        "It gives the users of containers other numbers outside than inside (rootless, or `userns-remap`).",
        lambda about: not _runs_with(about, "rootless", "userns"),
    ),
    "oom-killed": _unless(
        "Podman before 5.0 does not tell that a container was ended for its memory.",
        lambda about: not about.is_podman or about.release >= (5, 0),
    ),
    "stop-grace": _unless(
        "Podman before 4.7 leaves a container no time to end at `docker stop`.",
        lambda about: not about.is_podman or about.release >= (4, 7),
    ),
    "chosen-port": _unless(
        "Podman does not tell a port that was asked for from a chosen one.", lambda about: not about.is_podman
    ),
    "own-ports": _unless(
        "A program beside it opens the published ports, outside of the machine that its containers see.",
        lambda about: about.engine.get("OperatingSystem") != "Docker Desktop" and not _runs_with(about, "rootless"),
    ),
    "health-checks": _unless(
        "Podman leaves health checks to systemd, and its Docker API does not show those of an image.",
        lambda about: not about.is_podman,
    ),
    "local-registry": _unless("It wants HTTPS of a registry on its own machine, which has none.", _plain_registry),
    "swarm": _unless("Podman has no Swarm.", lambda about: not about.is_podman),
    "nodes": _nodes,
    "swarm-ingress": _swarm_ingress,
    "docker-networks": _unless(
        "Podman's networks are not cut off from each other, and it tells names and publishes ports by other rules.",
        lambda about: not about.is_podman,
    ),
    "volumes-at-rest": _unless(
        "Podman reaches the volumes of a container only while it runs.", lambda about: not about.is_podman
    ),
    "owner-from-image": _unless(
        "Podman gives a new volume to the user of the first container that mounts it, whatever its image says.",
        lambda about: not about.is_podman,
    ),
    "real-time": _unless(
        "Its processor is emulated, so that everything takes longer.",
        lambda about: f"{MACHINE_LABEL}=tcg" not in (about.engine.get("Labels") or []),
    ),
}
"""By capability, as exercise.toml names it under `requires`: a sentence that says what the Engine lacks, or nothing."""


@dataclass
class Capabilities(Mapping[str, str]):
    """By capability: empty where the Engine has it, else one sentence that says why not. Each is asked once."""

    about: About
    _known: dict[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = QUESTIONS[name](self.about)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(QUESTIONS)

    def __len__(self) -> int:
        return len(QUESTIONS)
