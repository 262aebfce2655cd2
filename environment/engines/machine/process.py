"""One virtual machine with a Docker Engine in it: QEMU, and the line to it.

The line is SSH over two serial ports of the guest, one for each direction: it carries the Engine's API, commands and
requests side by side, and no port of this machine is opened for it. Over one port for both it would hang now and then:
sshd waits for the way in and the way out at once, and Linux (drivers/char/virtio_console.c) takes what has come from
the port's ring while it looks at the second, after it has looked at the first, and then wakes nobody.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from environment.engines import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Accelerator = Literal["tcg", "kvm"]
QEMU = "qemu-system-x86_64"
MEMORY = 512
"""MiB of the guest."""
OLDEST_QEMU = (7, 0)
READ_ONLY_MEMORY = (8, 2)
"""The first QEMU that maps a memory file which it may not write."""
SHARED_TAG = "workspace"
READY_SECONDS = 180
CALL_SECONDS = 60
TO_GUEST, FROM_GUEST = "org.drydock.in", "org.drydock.out"
LINE_IS_FREE = b"The line is free."
KERNEL_OPTIONS = (
    "console=ttyS0 quiet loglevel=3 mitigations=off nokaslr norandmaps random.trust_cpu=on cryptomgr.notests panic=1 "
    "audit=0 apparmor=0 tsc=reliable hpet=disable"
)
SSH_OPTIONS = (
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "PreferredAuthentications=none",
    "IdentityFile=none",
    "IdentityAgent=none",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ExitOnForwardFailure=yes",
    "StreamLocalBindMask=0177",
    "StreamLocalBindUnlink=yes",
)
EVENTS = {"capability": "events", "state": True}
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class MachineEndedError(Exception):
    """The machine ended, or does not answer; the message is half a sentence that says which."""


def qemu_version() -> tuple[int, ...]:
    """Return the version of QEMU. Raises EngineUnavailableError where it, or SSH, is not installed or too old."""
    for program, package in ((QEMU, "qemu-system-x86"), ("qemu-img", "qemu-utils"), ("ssh", "openssh-client")):
        if not shutil.which(program):
            raise EngineUnavailableError(
                f"The Engine that Drydock brings needs {program}, which is not installed.",
                "Run `sudo apt-get install --no-install-recommends qemu-system-x86 qemu-utils openssh-client "
                f"squashfs-tools`, or ask for the package {package}.",
            )
    said = subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", said)
    version = tuple(int(part) for part in found.groups()) if found else ()
    if version < OLDEST_QEMU:
        raise EngineUnavailableError(
            f"The Engine that Drydock brings needs QEMU {OLDEST_QEMU[0]}; this is {'.'.join(map(str, version))}.",
            "Install a newer QEMU.",
        )
    return version


def _value(path: Path) -> str:
    """A path as a value in one of QEMU's lists of options."""
    return str(path).replace(",", ",,")


def die_with_parent() -> None:
    """Let the kernel end this process when the thread that started it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_first() -> None:
    """Let the kernel end this process with the thread that started it, and before all others where memory runs out."""
    die_with_parent()
    Path("/proc/self/oom_score_adj").write_text("1000")


def memory_kills() -> int:
    """Return how often memory ran out here and the kernel ended a process for it.

    Counted is what is in this process's control group: a session, a container or a pod. 0 where nothing counts it.
    """
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _number, controllers, path = line.split(":", 2)
        version_1 = "memory" in controllers.split(",")
        top = "/sys/fs/cgroup/memory" if version_1 else "/sys/fs/cgroup"
        for folder in (top + path, top):  # in a container, its own group is at the top
            with contextlib.suppress(OSError):
                said = Path(folder, "memory.oom_control" if version_1 else "memory.events").read_text()
                if found := re.search(r"^oom_kill (\d+)", said, re.MULTILINE):
                    return int(found[1])
    return 0


@dataclass(frozen=True)
class Disks:
    """What a machine starts from: the guest's folder, the disk of its Engine, and whether both are left as they are."""

    guest: Path
    data: Path
    throwaway: bool


class Monitor:
    """QEMU's own control socket, see "QEMU Machine Protocol" in its documentation."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._lock = threading.Lock()
        self._socket.settimeout(CALL_SECONDS)
        self._file = self._socket.makefile("rw", encoding="utf-8")
        self._read()
        self("qmp_capabilities")

    def __call__(self, command: str, **arguments: Any) -> Any:
        """Run a command and return what it returns. Raises MachineEndedError."""
        with self._lock:
            self._send({"execute": command, "arguments": arguments})
            while True:
                said = self._read()
                if "error" in said:
                    raise MachineEndedError(f"QEMU refused {command}: {said['error'].get('desc', '')}")
                if "return" in said:
                    return said["return"]

    def wait_for_migration(self) -> None:
        """Wait until the state that is being read or written is complete. Raises MachineEndedError."""
        with self._lock:
            while True:
                said = self._read()
                if said.get("event") == "MIGRATION":
                    status = said["data"]["status"]
                    if status == "completed":
                        return
                    if status == "failed":
                        raise MachineEndedError("its state could not be read or written")

    def human(self, line: str) -> str:
        """Run a command of the human monitor and return what it prints."""
        return str(self("human-monitor-command", **{"command-line": line}))

    def _send(self, message: Mapping[str, object]) -> None:
        try:
            self._file.write(json.dumps(message) + "\n")
            self._file.flush()
        except OSError as error:
            raise MachineEndedError("QEMU has ended") from error

    def _read(self) -> dict[str, Any]:
        try:
            line = self._file.readline()
        except OSError as error:
            raise MachineEndedError("QEMU does not answer") from error
        if not line:
            raise MachineEndedError("QEMU has ended")
        said: dict[str, Any] = json.loads(line)
        return said

    def close(self) -> None:
        """Let go of the socket."""
        with contextlib.suppress(OSError):  # what was not sent is lost
            self._file.close()
        self._socket.close()


class Machine:
    """A virtual machine whose sockets and files are in a folder of its own. `end` ends it, however far it came.

    Paths of sockets may have 107 bytes, so the folder's may have 80.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"
        self._control = folder / "ssh"
        self._qemu: subprocess.Popen[bytes] | None = None
        self._ssh: subprocess.Popen[bytes] | None = None
        self._line_ends: list[socket.socket] = []
        self.monitor: Monitor | None = None
        self.ended = False

    def start(  # noqa: PLR0913 - each is a choice of the caller, by name
        self,
        disks: Disks,
        *,
        memory: Path,
        state: Path | None = None,
        accelerator: Accelerator = "tcg",
        shared: Path | None = None,
        internet: bool = True,
    ) -> None:
        """Start it: with `state` as it was when that was written, together with `memory`; else from the beginning.

        `shared` is the folder that the guest can mount. Without `internet` it reaches nothing, this machine included.
        Raises MachineEndedError.
        """
        command = self._command(disks, memory, accelerator, shared, restore=state is not None, internet=internet)
        (ours, theirs), (to_guest, comes), (from_guest, goes) = (socket.socketpair() for _ in range(3))
        self._line_ends = [to_guest, from_guest]
        given = {"qmp": theirs.fileno(), "in": comes.fileno(), "out": goes.fileno()}
        for name, descriptor in given.items():
            command += ["-chardev", f"socket,id={name},fd={descriptor}"]
        log = self.folder / "qemu.log"
        with theirs, comes, goes, log.open("wb") as opened:
            self._qemu = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=opened,
                stderr=opened,
                pass_fds=list(given.values()),
                env=os.environ | {"TMPDIR": str(self.folder)},
                preexec_fn=end_first,  # noqa: PLW1509 - it only asks the kernel for something
            )
        try:
            self.monitor = Monitor(ours)
            if state:
                self._restore(state)
        except MachineEndedError as ended:
            said = log.read_text(errors="replace").strip().splitlines() or [str(ended)]
            raise MachineEndedError(said[-1].removeprefix(f"{QEMU}: ")) from None

    def _command(  # noqa: PLR0913 - see start
        self,
        disks: Disks,
        memory: Path,
        accelerator: Accelerator,
        shared: Path | None,
        *,
        restore: bool,
        internet: bool,
    ) -> list[str]:
        tcg = accelerator == "tcg"
        nothing = self.folder / "nothing"
        nothing.mkdir(exist_ok=True)
        share = "on"
        if restore:
            share = "off,readonly=on,rom=off" if qemu_version() >= READ_ONLY_MEMORY else "off"
        data = f"if=none,id=data,file={_value(disks.data)},format=qcow2,cache=unsafe,discard=unmap"
        data += ",werror=report,rerror=report"  # a full disk here is the guest's trouble, and stops nothing
        network = "user,id=net" + ("" if internet else ",restrict=on")
        return [
            *(QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
            *("-machine", "pc-q35-7.2,memory-backend=memory"),
            *("-accel", "tcg,thread=multi,tb-size=256" if tcg else "kvm", "-cpu", "qemu64" if tcg else "host"),
            *("-smp", "1", "-m", str(MEMORY)),
            *("-object", f"memory-backend-file,id=memory,size={MEMORY}M,mem-path={_value(memory)},share={share}"),
            *("-kernel", str(disks.guest / "vmlinuz"), "-initrd", str(disks.guest / "initrd")),
            *("-append", f"{KERNEL_OPTIONS} drydock.accelerator={accelerator}"),
            *("-serial", f"file:{_value(self.folder / 'console.log')}"),
            *("-drive", f"if=none,id=root,file={_value(disks.guest / 'root.squashfs')},format=raw,readonly=on"),
            *("-device", "virtio-blk-pci,drive=root"),
            *("-drive", data + (",snapshot=on" if disks.throwaway else "")),
            *("-device", "virtio-blk-pci,drive=data"),
            *("-netdev", network, "-device", "virtio-net-pci,netdev=net,romfile="),
            *("-device", "virtio-rng-pci", "-device", "vmgenid,guid=auto", "-rtc", "base=utc,clock=host"),
            *("-fsdev", f"local,id=shared,path={_value(shared or nothing)},security_model=none"),
            *("-device", f"virtio-9p-pci,fsdev=shared,mount_tag={SHARED_TAG}"),
            *("-device", "virtio-serial-pci", "-mon", "chardev=qmp,mode=control"),
            *("-device", f"virtserialport,chardev=in,name={TO_GUEST}"),
            *("-device", f"virtserialport,chardev=out,name={FROM_GUEST}"),
            *(("-incoming", "defer") if restore else ()),
        ]

    def _restore(self, state: Path) -> None:
        monitor = self._monitor()
        monitor("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}, EVENTS])
        path = self.folder / "state.sock"
        monitor("migrate-incoming", uri=f"unix:{path}")
        with socket.socket(socket.AF_UNIX) as giving, state.open("rb") as opened:
            giving.connect(str(path))
            giving.sendfile(opened)
            giving.shutdown(socket.SHUT_WR)
            monitor.wait_for_migration()
        path.unlink(missing_ok=True)
        monitor("cont")

    def freeze(self, state: Path) -> None:
        """Stop it and write the state of its devices; its memory is in its file. It can then only be ended."""
        monitor = self._monitor()
        monitor("stop")
        monitor("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}, EVENTS])
        path = self.folder / "state.sock"
        with socket.socket(socket.AF_UNIX) as listening, state.open("wb") as opened:
            listening.bind(str(path))
            listening.listen(1)
            monitor("migrate", uri=f"unix:{path}")
            with listening.accept()[0] as taking:
                while piece := taking.recv(1 << 20):
                    opened.write(piece)
            monitor.wait_for_migration()
        monitor("quit")
        self.process.wait(CALL_SECONDS)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of QEMU."""
        if self._qemu is None:
            raise MachineEndedError("it was not started")
        return self._qemu

    @property
    def line(self) -> subprocess.Popen[bytes]:
        """The process of the line."""
        if self._ssh is None:
            raise MachineEndedError("there is no line to it")
        return self._ssh

    def _monitor(self) -> Monitor:
        if self.monitor is None:
            raise MachineEndedError("it was not started")
        return self.monitor

    def open_line(self, seconds: float = READY_SECONDS) -> None:
        """Open the line, and the Engine's socket, when the guest answers. Raises MachineEndedError."""
        self._control.unlink(missing_ok=True)  # one of before is in the way
        options = [*SSH_OPTIONS, "ControlMaster=yes", "ProxyCommand=-"]  # over its standard input and output
        command = [*self._ssh_command(options), "-N", "-L", f"{self.socket}:/run/docker.sock"]
        # SSH runs the local command when the line is up.
        command += ["-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo up >&2", "root@machine"]
        to_guest, from_guest = self._line_ends
        with to_guest, from_guest:
            # The guest waits for this word on a line of its own; what an earlier line left unread comes before it.
            to_guest.sendall(b"\nbegin\n")
            self._ssh = subprocess.Popen(
                command,
                stdin=from_guest.fileno(),
                stdout=to_guest.fileno(),
                stderr=subprocess.PIPE,
                env=os.environ | {"SHELL": "/bin/sh"},  # what another prints when it starts would go to the guest
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it only asks the kernel for a signal
            )
        assert self._ssh.stderr  # noqa: S101 - asked for
        timer = threading.Timer(seconds, self._ssh.kill)
        timer.daemon = True
        timer.start()
        try:
            said = self._ssh.stderr.readline().decode(errors="replace").strip()
        finally:
            timer.cancel()
        if said != "up":
            raise MachineEndedError(said or f"it did not answer within {seconds:g} s")

    def close_line(self) -> None:
        """Close the line, and return when the guest knows it: frozen before, it would go on with this one."""
        self._ask_line("exit")
        self.line.wait(CALL_SECONDS)
        give_up = time.monotonic() + CALL_SECONDS
        while LINE_IS_FREE not in (self.folder / "console.log").read_bytes():
            if time.monotonic() > give_up:
                raise MachineEndedError("it holds on to its line")
            time.sleep(0.05)  # no event tells

    def _ssh_command(self, options: Sequence[str]) -> list[str]:
        words = [word for option in (f"ControlPath={self._control}", *options) for word in ("-o", option)]
        return ["ssh", "-F", "none", *words]

    def command(self, words: Sequence[str], environment: Mapping[str, str] | None = None) -> list[str]:
        """Return the command that runs a command in the guest; its input, output and exit code are those of that."""
        variables = [f"{name}={value}" for name, value in (environment or {}).items()]
        inside = shlex.join([*(("env", *variables) if variables else ()), *words])
        return [*self._ssh_command(["ControlMaster=no", "ProxyCommand=false"]), "-T", "machine", inside]

    def run(self, *words: str, given: bytes = b"", seconds: float = CALL_SECONDS) -> str:
        """Run a command in the guest and return what it prints. Raises MachineEndedError."""
        try:
            done = subprocess.run(self.command(words), input=given, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired as late:
            raise MachineEndedError(f"it did not answer within {seconds:g} s") from late
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise MachineEndedError(f"`{shlex.join(words)}` ended with exit code {done.returncode} in it: {said}")
        return done.stdout.decode(errors="replace")

    def forward(self, here: str, there: str) -> str:
        """Lead connections to `here`, an address with a port or a path, on to `there`; return why not, or nothing."""
        return self._ask_line("forward", "-L", f"{here}:{there}")

    def stop_forward(self, here: str, there: str) -> None:
        """Take no more connections at `here`."""
        self._ask_line("cancel", "-L", f"{here}:{there}")

    def _ask_line(self, what: str, *options: str) -> str:
        command = [*self._ssh_command(["ControlMaster=no", "StreamLocalBindMask=0177"]), "-O", what]
        try:
            done = subprocess.run(
                [*command, *options, "machine"], capture_output=True, text=True, timeout=CALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"the machine did not answer within {CALL_SECONDS:g} s"
        return done.stderr.strip() if done.returncode else ""

    def end(self) -> None:
        """End it, however far it came."""
        self.ended = True
        if self.monitor:
            self.monitor.close()
        for process in (self._ssh, self._qemu):
            if process:
                process.kill()
                process.wait()
                if process.stderr:
                    process.stderr.close()
        for end in self._line_ends:
            end.close()
