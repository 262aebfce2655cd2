"""Keep one machine: start it, lead its published ports here, notice its end, and leave nothing behind.

Usage: keeper.py PLAN, a JSON object with the fields of `Plan`. One line of JSON is printed when the Engine
answers, {"api"}, or else {"error"}. It ends at SIGTERM, when its standard input is closed (unless it is detached), when
the process that it is kept for ends, or when its machine does and is not replaced.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from environment.engines.machine.process import (
    SHARED_TAG,
    Accelerator,
    Disks,
    Machine,
    MachineEndedError,
    memory_kills,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Port = tuple[str, int]

STATUS = "status.json"
CONTROL = "control.sock"
RETRIES = 3
"""So often a machine that ended within a minute is replaced."""
SHORT = 60
LOOPBACK = "127.0.0.1"
UDP_INSIDE = "UDP that is published for 127.0.0.1 alone"
"""QEMU hands UDP to the guest's network card, where this does not listen."""
FILTERS = {"type": ["container", "service"], "event": ["create", "start", "die", "destroy", "update", "remove"]}
SERVICE = "com.docker.swarm.service.id"
"""The label of a service's containers."""
HOST_IN_GUEST = "10.0.2.2"
"""How the guest names this machine, see "Networking" in QEMU's documentation."""


@dataclass(frozen=True)
class Plan:
    """What to keep. `folder` is for this machine alone and is removed at the end. Without `state` it boots anew.

    `owner` is a process whose end ends the machine, or 0; `detached` outlives the one who started it; `ports` leads
    published ports here; `shared` is the folder that containers can mount under the same path.
    """

    folder: str
    guest: str
    data: str
    memory: str
    state: str
    accelerator: Accelerator = "tcg"
    shared: str = ""
    owner: int = 0
    detached: bool = False
    ports: bool = False
    internet: bool = True
    proxies: dict[str, str] = field(default_factory=dict)


class _OverUnixSocket(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, target: str, timeout: float = 60) -> Any:
    """Ask the Engine at a socket. Raises MachineEndedError."""
    connection = _OverUnixSocket(path, timeout)
    try:
        connection.request("GET", target)
        return json.load(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise MachineEndedError(f"its Engine does not answer: {error}") from error
    finally:
        connection.close()


class Ports:
    """Leads the ports that containers and services publish to this machine's loopback, as they come and go.

    A container's port is led here as soon as the container is made, so that it answers when the container runs.
    Each question to the Engine makes the learner's own commands slower, so nothing is asked without need.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.led: set[Port] = set()
        self.refused: dict[int, str] = {}
        self._of: dict[str, set[Port]] = {}
        self._of_services: set[Port] = set()
        self._publish_nothing: set[str] = set()

    def watch(self) -> None:
        """Follow the Engine's events until the machine is ended."""
        while not self.machine.ended:
            connection = _OverUnixSocket(self.machine.socket, 60)
            with contextlib.suppress(OSError, http.client.HTTPException, MachineEndedError, ValueError):
                connection.connect()
                connection.sock.settimeout(None)
                connection.request("GET", f"/events?filters={quote(json.dumps(FILTERS))}")
                self._follow(connection.getresponse())
            connection.close()
            time.sleep(0.5)  # the Engine starts again; no event tells when it answers

    def _follow(self, events: http.client.HTTPResponse) -> None:
        self._of.clear()
        for container in ask(self.machine.socket, "/containers/json"):
            self._look_at(container["Id"])
        self._look_at_services()
        self._lead_what_is_published()
        while line := events.readline():
            event = json.loads(line)
            name, action = event["Actor"]["ID"], event["Action"]
            if event["Type"] == "container":
                if action in {"die", "destroy"}:
                    self._of.pop(name, None)
                elif name not in self._publish_nothing:
                    self._look_at(name)
                if action == "destroy":
                    self._publish_nothing.discard(name)
            # A service's port may be chosen late, and goes without an event when the Swarm is left.
            if event["Type"] == "service" or SERVICE in event["Actor"]["Attributes"]:
                self._look_at_services()
            self._lead_what_is_published()

    def _look_at(self, name: str) -> None:
        about = ask(self.machine.socket, f"/containers/{name}/json")
        made, now = about.get("HostConfig", {}), about.get("NetworkSettings", {})
        if not made.get("PortBindings") and not made.get("PublishAllPorts"):
            self._publish_nothing.add(name)
            return
        self._of[name] = {
            (UDP_INSIDE if protocol == "udp" and binding["HostIp"].startswith("127.") else protocol, int(port))
            for inside, bindings in (now.get("Ports") or made.get("PortBindings") or {}).items()
            for protocol in [inside.partition("/")[2]]
            for binding in bindings or ()
            if (port := binding.get("HostPort", "")).isdecimal() and int(port)
        }

    def _look_at_services(self) -> None:
        self._of_services.clear()
        swarm = ask(self.machine.socket, "/info")["Swarm"]
        if swarm["LocalNodeState"] == "active" and swarm["ControlAvailable"]:
            for service in ask(self.machine.socket, "/services"):
                published = service.get("Endpoint", {}).get("Ports", [])
                self._of_services |= {(p["Protocol"], p["PublishedPort"]) for p in published if "PublishedPort" in p}

    def _lead_what_is_published(self) -> None:
        wanted = self._of_services.union(*self._of.values())
        before = self.led.copy(), self.refused.copy()
        for protocol, port in self.led - wanted:
            self._stop(protocol, port)
        for port in [port for port in self.refused if port not in {number for _, number in wanted}]:
            del self.refused[port]
        for protocol, port in wanted - self.led:
            self._lead(protocol, port)
        if before != (self.led, self.refused):
            write_status(self.machine.folder, led=sorted(port for _, port in self.led), refused=self.refused)

    def _lead(self, protocol: str, port: int) -> None:
        here = f"{LOOPBACK}:{port}"
        if protocol == "tcp":
            problem = self.machine.forward(here, here)
        elif protocol == "udp" and self.machine.monitor:  # SSH carries TCP alone
            problem = self.machine.monitor.human(f"hostfwd_add net udp:{here}-:{port}").strip()
        else:
            problem = f"{protocol} stays in the machine"
        if problem:
            self.refused[port] = problem
        else:
            self.led.add((protocol, port))
            self.refused.pop(port, None)

    def _stop(self, protocol: str, port: int) -> None:
        here = f"{LOOPBACK}:{port}"
        if protocol == "tcp":
            self.machine.stop_forward(here, here)
        elif self.machine.monitor:
            self.machine.monitor.human(f"hostfwd_remove net udp:{here}")
        self.led.discard((protocol, port))


_status_lock = threading.Lock()


def write_status(folder: Path, **changed: object) -> None:
    """Say how the machine is, in a file of its folder."""
    with _status_lock:
        file = folder / STATUS
        status = json.loads(file.read_text()) if file.exists() else {}
        new = file.with_suffix(".new")
        new.write_text(json.dumps(status | changed))
        new.replace(file)


class Keeper:
    """Keeps the machine of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folder = Path(plan.folder)
        self.machine = Machine(self.folder)
        self._replaced: list[dict[str, object]] = []
        self._kills = 0
        self._starting = False
        self._woken, self._wake = os.pipe()
        self._control = socket.socket(socket.AF_UNIX)
        self._control.bind(str(self.folder / CONTROL))
        self._control.listen()

    def stop(self, _number: int, _frame: object) -> None:
        """End what is done; for signals."""
        if self._starting:
            raise SystemExit
        # Raised while a process is being waited for, it would leave that process locked for ever.
        os.write(self._wake, b".")

    def start(self) -> str:
        """Start a machine and return the version of its Engine's API. Raises MachineEndedError."""
        self._starting = True
        try:
            return self._start()
        finally:
            self._starting = False

    def _start(self) -> str:
        plan = self.plan
        self.machine = Machine(self.folder)
        self._kills = memory_kills()
        self.machine.start(
            Disks(Path(plan.guest), Path(plan.data), throwaway=True),
            memory=Path(plan.memory) if plan.state else self.folder / "memory",
            state=Path(plan.state) if plan.state else None,
            accelerator=plan.accelerator,
            shared=Path(plan.shared) if plan.shared else None,
            internet=plan.internet,
        )
        self.machine.open_line()
        self.machine.run("sh", "-c", self._first_commands())
        version = str(ask(self.machine.socket, "/version", timeout=120)["ApiVersion"])
        if plan.ports:
            threading.Thread(target=Ports(self.machine).watch, daemon=True).start()
        write_status(self.folder, state="ready", keeper=os.getpid(), since=time.time(), replaced=self._replaced)
        return version

    def _first_commands(self) -> str:
        """The commands that make the guest this machine's: its clock, its shared folder, its proxies."""
        ready = "until docker version >/dev/null 2>&1; do sleep 0.2; done"
        commands = ["set -e", f"date -s @{time.time():.3f} >/dev/null", *([] if self.plan.state else [ready])]
        if self.plan.shared:
            options = "trans=virtio,version=9p2000.L,access=client,msize=262144,cache=none"
            folder = shlex.quote(self.plan.shared)
            commands += [f"mkdir -p {folder}", f"mount -t 9p -o {options} {SHARED_TAG} {folder}"]
        for name, value in self.plan.proxies.items():
            # What listens here has another address there.
            seen = value.replace("//localhost", f"//{HOST_IN_GUEST}").replace(f"//{LOOPBACK}", f"//{HOST_IN_GUEST}")
            commands.append(f"printf 'export %s=%s\\n' {name} {shlex.quote(shlex.quote(seen))} >>/run/engine.env")
        if self.plan.proxies:  # it reads them only when it starts
            commands += [
                "kill $(cat /run/docker.pid)",
                "while [ -e /run/docker.pid ]; do sleep 0.1; done",
                ready,
            ]
        return "\n".join(commands)

    def keep(self) -> None:
        """Return when the machine has ended for good."""
        poll = select.poll()
        for source in (self._control.fileno(), self._woken):
            poll.register(source, select.POLLIN)
        while True:
            ended = [os.pidfd_open(process.pid) for process in (self.machine.process, self.machine.line)]
            for descriptor in ended:
                poll.register(descriptor, select.POLLIN)
            ready = {descriptor for descriptor, _ in poll.poll()}
            for descriptor in ended:
                poll.unregister(descriptor)
                os.close(descriptor)
            if self._woken in ready:
                return
            if self._control.fileno() in ready:
                self._answer()
            elif not self._replace(self._why_it_ended()):
                return

    def _why_it_ended(self) -> str:
        try:
            # Where QEMU ends, the line ends a moment before or after.
            self.machine.process.wait(1)
        except subprocess.TimeoutExpired:
            return "it did not answer any more, as when its memory is full"
        if memory_kills() > self._kills:
            return "memory ran out here, and its QEMU was ended for that (close notebooks and terminals that you left)"
        return "its QEMU ended"

    def _answer(self) -> None:
        """Do what somebody asks at the control socket: only this user can."""
        asking, _ = self._control.accept()
        with asking:
            asking.settimeout(5)
            with contextlib.suppress(OSError):  # who asked is gone
                if asking.recv(100).strip() == b"reset":
                    done = self._replace("you asked for a new one")
                    asking.sendall(b"done\n" if done else b"failed\n")

    def _replace(self, why: str) -> bool:
        """Start a new machine in place of this one; False where that does not succeed."""
        if not self.plan.detached:
            return False
        lately = [one for one in self._replaced if time.time() - float(str(one["when"])) < SHORT]
        self.machine.end()
        if len(lately) >= RETRIES and why != "you asked for a new one":
            write_status(self.folder, state="ended", why=why)
            return False
        self._replaced.append({"when": time.time(), "why": why})
        write_status(self.folder, state="starting", replaced=self._replaced, led=[], refused={})
        try:
            self.start()
        except MachineEndedError as error:
            return self._replace(str(error))
        return True

    def end(self) -> None:
        """End the machine and remove its folder."""
        self.machine.end()
        self._control.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _end_with(descriptor: int) -> None:
    """End this process when nobody is there for whom it keeps the machine, whatever it waits for."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    waiting.poll()
    os.kill(os.getpid(), signal.SIGTERM)


def main(plan: Plan) -> None:
    """Keep it until the end."""
    os.umask(0o077)
    keeper = Keeper(plan)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, keeper.stop)
    watched = [*(() if plan.detached else (0,)), *((os.pidfd_open(plan.owner),) if plan.owner else ())]
    for descriptor in watched:
        threading.Thread(target=_end_with, args=(descriptor,), daemon=True).start()
    try:
        try:
            said: Mapping[str, str] = {"api": keeper.start()}
        except MachineEndedError as error:
            said = {"error": str(error)}
        with contextlib.suppress(BrokenPipeError):  # who started it is gone
            print(json.dumps(said), flush=True)
        if "api" in said:
            if plan.detached:
                null = os.open(os.devnull, os.O_RDWR)
                os.dup2(null, 1)
                os.close(null)
            keeper.keep()
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        keeper.end()


if __name__ == "__main__":
    main(Plan(**json.loads(sys.argv[1])))
