"""A Podman service for tests, in namespaces of its own: its containers, mounts and firewall rules end with it.

Run as a program in these namespaces, it grades one answer and prints the verdict: `podman.py EXERCISE FOLDER`.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import docker

from environment.engines.found import FoundEngine
from environment.images import needed
from graders.exercise import load
from graders.grading import grade

PROGRAMS = ("podman", "unshare", "nsenter", "ip")
LACKS = {
    "heredoc",
    "no-cache-filter",
    "multi-platform",
    "oom-killed",
    "health-checks",
    "stop-grace",
    "chosen-port",
    "local-registry",
    "swarm",
    "nodes",
    "swarm-ingress",
    "docker-networks",
    "volumes-at-rest",
    "owner-from-image",
}
"""The capabilities that Debian 12's version lacks, beside BuildKit."""
PACKAGES = "podman netavark aardvark-dns catatonit iproute2"
NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child")
ROOT = Path(__file__).parent.parent
CGROUPS = Path("/sys/fs/cgroup")
# The first line tells the process's number outside. Podman finds the socket as fd 3, as a service of systemd does.
# Some of its files are where no option leads elsewhere: locks, networks, a cache.
SERVICE = """
exec 3<&0 < /dev/null
read -r pid rest < /proc/self/stat && echo "$pid"
mount -t proc proc /proc && ip link set lo up
for place in /run /dev/shm /var/lib; do mount -t tmpfs tmpfs "$place"; done
(
    export LISTEN_PID=$BASHPID LISTEN_FDS=1 TMPDIR=$PWD
    exec podman --root "$PWD/root" --runroot "$PWD/run" --tmpdir "$PWD/tmp" --network-config-dir "$PWD/networks" \
        --storage-driver overlay --cgroup-manager cgroupfs --events-backend file system service --time=0
) &
wait
"""


def missing() -> list[str]:
    """The programs that are needed and not here."""
    return [program for program in PROGRAMS if not shutil.which(program)]


class Podman:
    """A Podman service with the course's images; `folder` holds all of it. With `images`, a folder of `save_images`."""

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        self.folder = folder
        folder.mkdir()
        if images:
            # Layers are never written to, so links will do.
            subprocess.run(["cp", "--archive", "--link", images, folder / "root"], check=True)
        (folder / "containers.conf").write_text(_settings())
        self.url = f"unix://{folder}/podman.sock"
        with socket.socket(socket.AF_UNIX) as listening, (folder / "log").open("wb") as log:
            listening.bind(str(folder / "podman.sock"))
            listening.listen()
            self.process = subprocess.Popen(
                [*NAMESPACES, "bash", "-c", SERVICE],
                cwd=folder,
                env={**os.environ, "CONTAINERS_CONF": str(folder / "containers.conf")},
                stdin=listening,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout
        self.pid = int(self.process.stdout.readline())
        self.client = docker.DockerClient(base_url=self.url, version="1.41", timeout=120)
        with contextlib.ExitStack() as undo:
            undo.callback(self.process.kill)
            self.client.ping()  # answered as soon as the service has begun
            undo.pop_all()

    def grade(self, exercise: str, answer: Path) -> dict[str, Any]:
        """The verdict on an answer, as `drydock check --json` prints it."""
        inside = ["nsenter", "--target", str(self.pid), "--net", "--mount", "--pid", "--"]
        done = subprocess.run(
            [*inside, sys.executable, __file__, exercise, str(answer)],
            # Its Docker API knows no BuildKit, which the docker command would ask for.
            env={**os.environ, "DOCKER_HOST": self.url, "DOCKER_BUILDKIT": "0", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            check=True,
        )
        return dict(json.loads(done.stdout))

    def close(self) -> None:
        """End the service and all that runs on it. Its folder stays."""
        try:
            there = self.client.containers.list(all=True, ignore_removed=True)
            for container in sorted(there, key=lambda c: c.attrs["Created"], reverse=True):
                container.remove(force=True, v=True)  # with its cgroup, and before the one whose network it shares
        finally:
            self.client.close()
            self.process.kill()
            self.process.communicate()  # ends when all that was started in the namespaces has ended
        for parent in (CGROUPS / "libpod_parent", *CGROUPS.glob("*/libpod_parent")):
            for group in (parent / "conmon", parent):
                with contextlib.suppress(OSError):  # another Podman uses it
                    group.rmdir()


def save_images(folder: Path, into: Path) -> None:
    """Load the course's images from this machine's Engine into Podman and keep its storage, for links to it."""
    podman = Podman(folder)
    try:
        names = [image.name for image in needed(podman.client)]
        there = {**os.environ, "DOCKER_HOST": podman.url}
        with subprocess.Popen(["docker", "save", *names], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "load"], stdin=saved.stdout, env=there, check=True, stdout=subprocess.DEVNULL)
        for name in names:
            # A name without a registry is `localhost/…` once loaded; pulled, it is Docker Hub's.
            image = podman.client.images.get(f"localhost/{name}")
            image.tag(*f"docker.io/library/{name}".rsplit(":", 1))
            podman.client.images.remove(f"localhost/{name}")
    finally:
        podman.close()
    (folder / "root").rename(into)
    # Its data base names the folder that it was made in.
    shutil.rmtree(into / "libpod")


def _settings() -> str:
    """Limits that this machine lets Podman set; its own are higher."""
    files, processes = (resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    processes = min(n for n in (processes, int(Path("/proc/sys/kernel/pid_max").read_text())) if n >= 0)
    return f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'


if __name__ == "__main__":
    engine = FoundEngine.find({**os.environ})
    print(json.dumps(grade(load(sys.argv[1]), engine, Path(sys.argv[2]), fresh=True).as_json()))
    engine.close()
