"""Start dockerd in this container, and say on stdout how to reach it.

One line of JSON is printed when the Engine is ready: {"ca", "cert", "key"} (PEM) for a client of port 2376 and {"api"},
or else {"error"}. SIGUSR1 ends all at once, SIGTERM stops the Engine in order.
DRYDOCK_TEMPLATE says what becomes of the volume on /template: "use" starts with the images in it; "make" keeps there
what is loaded until SIGTERM, and says {"made"} at the end.
DRYDOCK_STORE=containerd says that images lie in containerd's store, as with Engine 29, and not in Docker's own.
DRYDOCK_SOCKET=3 says that the host hands over a listening socket in place of the port; then there are no keys, and
control groups are mounted already. DRYDOCK_MEMORY (bytes) and DRYDOCK_PROCESSES limit all containers together.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

DATA = Path("/var/lib/docker")
ROOT = Path("/template/root")
SKELETON = Path("/template/skeleton")
CONTAINERD = "/run/containerd/containerd.sock"
SOCKET = "/var/run/docker.sock"
NOT_SHARED = {"containerd", "containers", "tmp", "runtimes", "backingFsBlockDev"}
"""What dockerd makes anew."""
IN_CONTAINERD = os.environ.get("DRYDOCK_STORE") == "containerd"
CONTENT = "containerd/io.containerd.content.v1.content"
SNAPSHOTS = "containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"
"""Where containerd keeps blobs, and the unpacked layers of its store."""
KEYS = Path("/run/drydock")
LOG = Path("/var/log/dockerd.log")
DAYS_VALID = "2"
CGROUPS = Path("/sys/fs/cgroup")
NETWORK = """\
link set lo up
link add eth0 type veth peer name eth0-end
link set eth0-end up
addr add 198.18.0.2/24 dev eth0
link set eth0 up
"""
"""What a machine without a network has: an address of its own, and a cable that leads nowhere."""
HOSTS = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 engine\n"
"""What Docker writes into a container, and nobody into a namespace."""
BY_HAND = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
"""How a service learns of a socket that it is given: its own number of a process is part of it."""


def call(*command: str) -> bool:
    """Run a command quietly; return whether it succeeded."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def open_cgroups() -> None:
    """Let this container divide its own share of memory, processors and processes among the containers inside it."""
    call("mount", "-o", "remount,bind,rw", "/sys")
    call("mount", "--make-rshared", "/")
    if is_version_1():
        mounted = set()
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            fields = line.split()
            if fields[fields.index("-") + 1] == "cgroup":
                call("mount", "-o", "remount,bind,rw", fields[4])
                mounted |= set(fields[-1].split(","))
        # Where one that is in use is not mounted, containerd misses that a container ran out of memory.
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            names = line.split(":")[1]
            if names and not set(names.split(",")) & mounted:
                (CGROUPS / names).mkdir(exist_ok=True)
                call("mount", "-t", "cgroup", "-o", names, "cgroup", str(CGROUPS / names))
    else:
        call("mount", "-o", "remount,bind,rw", str(CGROUPS))


def is_version_1() -> bool:
    """Tell whether each resource has control groups of its own."""
    return not (CGROUPS / "cgroup.controllers").exists()


def hand_on_controllers() -> None:
    """Move all processes into a leaf: version 2 allows none in a group that hands controllers on."""
    leaf = CGROUPS / "drydock"
    leaf.mkdir(exist_ok=True)
    for process in (CGROUPS / "cgroup.procs").read_text().split():
        try:
            (leaf / "cgroup.procs").write_text(process)
        except ProcessLookupError:  # it ended meanwhile
            continue
    for name in (CGROUPS / "cgroup.controllers").read_text().split():
        with suppress(OSError):  # one that cannot be handed on costs its limits, not the Engine
            (CGROUPS / "cgroup.subtree_control").write_text(f"+{name}")


def limit_containers(memory: str, processes: str) -> None:
    """Leave a part of the whole to the Engine itself, so that containers that take all do not end it."""
    if is_version_1():
        limits = {"memory/docker/memory.limit_in_bytes": memory, "pids/docker/pids.max": processes}
    else:
        limits = {"docker/memory.max": memory, "docker/pids.max": processes}
    for name, limit in limits.items():
        (CGROUPS / name).parent.mkdir(exist_ok=True)
        (CGROUPS / name).write_text(limit)


def choose_iptables() -> None:
    """Use the older kernel interface where the kernel lacks nf_tables."""
    if not call("iptables", "-nL"):
        for tool in ("iptables", "ip6tables"):
            call("update-alternatives", "--set", tool, f"/usr/sbin/{tool}-legacy")


def close_internet() -> None:
    """Refuse new connections to the outside; who is root in here can undo it."""
    outward = ("-o", "eth0", "-m", "conntrack", "--ctstate", "NEW", "-j", "REJECT")
    # dockerd keeps what it finds in DOCKER-USER, and asks that chain first.
    call("iptables", "-N", "DOCKER-USER")
    for chain in ("DOCKER-USER", "OUTPUT"):
        if not call("iptables", "-I", chain, *outward):
            message = "iptables cannot close the way to the internet"
            raise OSError(message)


def make_keys() -> dict[str, str]:
    """Make one certificate for the server and one for the client; each side trusts just the other's."""
    for side in ("server", "client"):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *(
                    "-days",
                    DAYS_VALID,
                    "-subj",
                    f"/CN=drydock {side}",
                    "-addext",
                    "subjectAltName=IP:127.0.0.1,DNS:localhost",
                ),
                *(
                    "-addext",
                    "keyUsage=critical,digitalSignature,keyCertSign",
                    "-addext",
                    f"extendedKeyUsage={side}Auth",
                ),
                *("-keyout", f"{KEYS}/{side}.key", "-out", f"{KEYS}/{side}.pem"),
            ],
            check=True,
            capture_output=True,
        )
    keys = {"ca": "server.pem", "cert": "client.pem", "key": "client.key"}
    content = {name: (KEYS / file).read_text() for name, file in keys.items()}
    (KEYS / "client.key").unlink()
    return content


def end_at_once(_number: int, _frame: FrameType | None) -> None:
    """End, and all processes with it. What is paused must be woken, or it cannot die (cgroups version 1)."""
    for state in (CGROUPS / "freezer").rglob("freezer.state"):
        with suppress(OSError):  # a container ended meanwhile
            state.write_text("THAWED")
    os._exit(0)


def say(message: dict[str, str]) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Services:
    """The two services of an Engine, each of which tells when it is ready, as it would tell systemd."""

    def __init__(self) -> None:
        self.address = str(KEYS / "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.address)
        signal.signal(signal.SIGCHLD, self._tell_end)

    def start(self, *command: str, sockets: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        """Start a service."""
        environment = os.environ | {"NOTIFY_SOCKET": self.address}
        with LOG.open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log, pass_fds=sockets)

    def wait(self, name: str, service: subprocess.Popen[bytes]) -> None:
        """Wait until the service that was started last is ready. Raises OSError if it ends instead."""
        while b"READY=1" not in self.notify.recv(4096).splitlines():
            if service.poll() is not None:
                last = LOG.read_text(errors="replace").strip().splitlines()[-1:]
                message = f"{name} ended at once: {' '.join(last)}"
                raise OSError(message)

    def _tell_end(self, _number: int, _frame: FrameType | None) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"ENDED", self.address)


def start_containerd(services: Services, data: Path) -> subprocess.Popen[bytes]:
    """Start containerd apart from dockerd, which would ask for it only once a second."""
    config = KEYS / "containerd.toml"
    unused = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
    config.write_text(f"version = 2\ndisabled_plugins = {json.dumps(unused)}\n")
    folders = (f"--root={data}/containerd", "--state=/run/containerd")
    return services.start("containerd", f"--config={config}", f"--address={CONTAINERD}", *folders)


def start_dockerd(services: Services, data: Path, handed: int | None) -> subprocess.Popen[bytes]:
    """Start dockerd and wait until it is ready."""
    command = (
        *("dockerd", f"--data-root={data}", f"--containerd={CONTAINERD}"),
        "--feature=containerd-snapshotter=true" if IN_CONTAINERD else "--storage-driver=overlay2",
        f"--host=unix://{SOCKET}",
    )
    if handed is None:
        dockerd = services.start(
            *(*command, "--host=tcp://0.0.0.0:2376", "--tlsverify", f"--tlscacert={KEYS}/client.pem"),
            *(f"--tlscert={KEYS}/server.pem", f"--tlskey={KEYS}/server.key"),
        )
    else:
        # Nobody answers for names there; a container's own loopback says so at once.
        choices = ("--host=fd://", "--dns=127.0.0.1", "--log-opt=max-size=10m", "--log-opt=max-file=2")
        dockerd = services.start("sh", "-c", BY_HAND, "sh", *command, *choices, sockets=(handed,))
        os.close(handed)
    services.wait("dockerd", dockerd)
    return dockerd


def begin(services: Services, *, use: bool, making: bool) -> subprocess.Popen[bytes]:
    """Lay out the data and start containerd: beside each other, but where its own store is part of the data."""
    containerd = None if IN_CONTAINERD else start_containerd(services, DATA)
    if making:
        shutil.rmtree(ROOT, ignore_errors=True)
    elif use:
        subprocess.run(["cp", "-a", f"{SKELETON}/.", str(DATA)], check=True)
        if IN_CONTAINERD:
            share_content()
    return containerd or start_containerd(services, ROOT if making else DATA)


def api_version() -> str:
    """Ask the Engine for the newest version of its API."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(SOCKET)
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        head = connection.makefile().read()
    return next(line.partition(":")[2].strip() for line in head.splitlines() if line.lower().startswith("api-version:"))


def make_skeleton() -> None:
    """Describe the template for other Engines: a copy in which the folders of layers, built ones too, are links."""
    new = SKELETON.with_suffix(".new")
    place, content = (SNAPSHOTS, "fs") if IN_CONTAINERD else ("overlay2", "diff")
    layers = {folder.parent.name for folder in (ROOT / place).glob(f"*/{content}")}
    anew = NOT_SHARED - {"containerd"} if IN_CONTAINERD else NOT_SHARED

    def leave_out(folder: str, names: list[str]) -> list[str]:
        here = Path(folder)
        if here.parent == ROOT / place and here.name in layers:
            return [content, "work"]
        if here == ROOT / CONTENT:
            return names
        return [name for name in names if name in anew and here in {ROOT, ROOT / "volumes"}]

    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(ROOT, new, symlinks=True, ignore=leave_out)
    for layer in layers:
        (new / place / layer / content).symlink_to(ROOT / place / layer / content)
        if (ROOT / place / layer / "work").exists():
            (new / place / layer / "work").mkdir(mode=0o700)
        if not IN_CONTAINERD:
            # Moby's overlay2 then mounts a layer read-only for `docker save`; it cannot write through a link.
            (new / place / layer / "committed").touch()
    new.rename(SKELETON)


def share_content() -> None:
    """Show the template's blobs beneath those that this Engine will add: containerd takes no links for blobs."""
    upper, work = DATA / "containerd-content", DATA / "containerd-work"
    for folder in (upper, work, DATA / CONTENT):
        folder.mkdir(parents=True, exist_ok=True)
    layers = f"lowerdir={ROOT / CONTENT},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(DATA / CONTENT)], check=True)


def main() -> int:
    """Start, wait for the end, and return dockerd's exit code."""
    signal.signal(signal.SIGUSR1, end_at_once)
    template = os.environ.pop("DRYDOCK_TEMPLATE", "")
    making = template == "make"
    is_made = SKELETON.exists()
    if template == "use" and not is_made:
        say({"error": "no template"})
        return 1
    if making and is_made:
        say({"made": "before"})
        return 0
    KEYS.mkdir(mode=0o700, exist_ok=True)
    handed = int(os.environ["DRYDOCK_SOCKET"]) if "DRYDOCK_SOCKET" in os.environ else None
    if handed is None:
        open_cgroups()
    else:
        Path("/etc/hosts").write_text(HOSTS)
        subprocess.run(["ip", "-batch", "-"], input=NETWORK.encode(), check=True, capture_output=True)
        # Each that wants out is told at once that there is no way, and not one a second.
        Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0")
    if not is_version_1():
        hand_on_controllers()
    if "DRYDOCK_MEMORY" in os.environ:
        limit_containers(os.environ["DRYDOCK_MEMORY"], os.environ["DRYDOCK_PROCESSES"])
    services = Services()
    containerd = begin(services, use=bool(template) and not making, making=making)
    choose_iptables()
    if os.environ.pop("DRYDOCK_INTERNET", "") == "no":
        close_internet()
    keys = make_keys() if handed is None else {}
    services.wait("containerd", containerd)
    dockerd = start_dockerd(services, ROOT if making else DATA, handed)
    signal.signal(signal.SIGTERM, lambda _number, _frame: dockerd.terminate())
    say(keys | {"api": api_version()})
    code = dockerd.wait()
    if making and code == 0:
        make_skeleton()
        say({"made": "now"})
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, subprocess.SubprocessError) as error:
        say({"error": f"The Engine's container could not be set up: {error}"})
        sys.exit(1)
