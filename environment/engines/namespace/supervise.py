"""Make the namespaces of one Engine, keep them as long as the owner lives, and remove all of it afterwards.

Usage: supervise.py PLAN, a JSON object with the fields of `Plan`. One line of JSON is printed when the Engine is ready:
what entrypoint.py says and {"process", "socket"}, or else {"error"}. It ends when its standard input is closed or says
"end", when the owner ends in any way, or when the Engine does. A line "stop" there stops the Engine in order.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from environment.engines.namespace import kernel
from environment.engines.namespace.groups import Groups, Limits

READY_SECONDS = 120
ROUND_SECONDS = 0.05
IDS = 1 << 16
FREE_NUMBERS = 100
"""File descriptors from here on are in nobody's way."""
COUNTS = {
    "max_user_namespaces": 50,
    "max_mnt_namespaces": 1000,
    "max_pid_namespaces": 500,
    "max_net_namespaces": 200,  # each holds kernel memory that counts for no control group
    "max_ipc_namespaces": 500,
    "max_uts_namespaces": 500,
    "max_cgroup_namespaces": 500,
    "max_inotify_instances": 120,
}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
FOR_CONTAINERS = {"memory": 300 << 20, "processes": 150}
"""What the Engine keeps for itself."""
PROGRAM = ("/usr/bin/tini", "-s", "--", "/usr/bin/python3", "-I", "-B", "/usr/local/lib/drydock/entrypoint.py")
UNSEEN = kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS


LEFT_TO_OWNER = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class OwnerGoneError(Exception):
    """Nobody waits for this Engine any more."""


@dataclass(frozen=True)
class Plan:
    """What to make: `folder` is this Engine's, `image` is copied for its data, `tree` and `template` are shared.

    `held` are file descriptors to keep open to the end, which lock what the Engine uses; `slot` is one of them.
    """

    owner: int
    name: str
    folder: str
    user: int
    image: str
    tree: str
    template: str
    making: bool
    limits: Limits
    slot: int
    held: list[int]


class Ears:
    """What the process that becomes the Engine says, line by line."""

    def __init__(self, pipe: int, owner: int) -> None:
        self.pipe = pipe
        self._rest = b""
        self._poll = select.poll()
        for source in (pipe, owner, 0):
            self._poll.register(source, select.POLLIN)

    def line(self) -> str:
        """Return the next line, without its end. Raises OSError where none comes, OwnerGoneError."""
        while b"\n" not in self._rest:
            ready = [source for source, _ in self._poll.poll(READY_SECONDS * 1000)]
            if not ready:
                raise OSError(0, f"nothing was heard of it for {READY_SECONDS} s")
            if self.pipe not in ready:
                raise OwnerGoneError
            came = os.read(self.pipe, 1 << 16)
            if not came:
                said = self._rest.decode(errors="replace").strip() or "its first process ended at once"
                raise OSError(0, said)
            self._rest += came
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace")

    def message(self) -> dict[str, object]:
        """Return the next line that is an object, and raise as OSError an error that it holds."""
        while not (line := self.line()).startswith("{"):
            continue
        said: dict[str, object] = json.loads(line)
        if "error" in said:
            raise OSError(0, str(said["error"]))
        return said


class Supervisor:
    """The Engine of a plan, from its first folder to the last."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.groups = Groups(plan.name)
        self.folder = Path(plan.folder)
        self.owner = os.pidfd_open(plan.owner)
        self.keeper = 0
        self.first = -1
        self.ears: Ears | None = None

    def run(self) -> int:
        """Start, wait for the end, and return the exit code."""
        try:
            if os.getppid() != self.plan.owner:
                raise OwnerGoneError
            self._start()
            self._watch()
        except OwnerGoneError:
            return 1
        except OSError as error:
            print(json.dumps({"error": error.strerror or str(error)}), flush=True)
            return 1
        finally:
            self._end()
        return 0

    def _start(self) -> None:
        plan = self.plan
        self.folder.mkdir(mode=0o700)
        api = socket.socket(socket.AF_UNIX)
        api.bind(str(self.folder / "sock"))
        (self.folder / "sock").chmod(0o600)
        api.listen(64)
        self.groups.make(plan.limits, plan.user)
        self._make_stage()
        heard, said = os.pipe()
        waited, go = os.pipe()
        self.keeper = os.fork()
        if self.keeper == 0:
            os.close(heard)
            os.close(go)
            Keeper(plan, self.groups, api.fileno(), said, waited).run()
        os.close(said)
        os.close(waited)
        self.ears = Ears(heard, self.owner)
        self._expect("users")
        for kind in ("uid", "gid"):
            Path(f"/proc/{self.keeper}/{kind}_map").write_text(f"0 {plan.user} {IDS}")
        self._show_folders()
        os.write(go, b".")
        process = int(self._expect("process"))
        self.first = os.pidfd_open(process)
        self.groups.set_apart(self.keeper)
        os.write(go, b".")
        ready = self.ears.message() | {"process": process, "socket": os.fstat(api.fileno()).st_ino}
        api.close()
        print(json.dumps(ready), flush=True)

    def _make_stage(self) -> None:
        """Mount the data, where nobody but this process sees it."""
        kernel.unshare(kernel.NEW_MOUNTS)
        kernel.mount("none", "/", flags=kernel.RECURSIVE | kernel.PRIVATE)
        stage = self.folder / "stage"
        stage.mkdir()
        kernel.mount("tmpfs", str(stage), "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, "mode=711,size=1m")
        # Later names are relative to it: the Engine's user may enter this folder, but not those that it lies in.
        os.chdir(stage)
        for name in ("image", "data", "tree", "template", "root"):
            Path(name).mkdir()
        copy = self.folder / "data.img"
        subprocess.run(["cp", "--sparse=always", self.plan.image, str(copy)], check=True)
        kernel.mount_image(copy, "image")
        copy.unlink()  # it lives as long as it is mounted, and no longer

    def _show_folders(self) -> None:
        users = os.open(f"/proc/{self.keeper}/ns/user", os.O_RDONLY)
        try:
            kernel.bind_with_ids("image", "data", users)
            kernel.unmount("image")
            kernel.bind_with_ids(self.plan.tree, "tree", users, flags=kernel.READ_ONLY | kernel.NO_DEVICES)
            if self.plan.template:
                flags = kernel.NO_DEVICES | (0 if self.plan.making else kernel.READ_ONLY)
                kernel.bind_with_ids(self.plan.template, "template", users, flags=flags)
        finally:
            os.close(users)

    def _expect(self, word: str) -> str:
        """Wait for a line that begins with a word, and return the rest."""
        assert self.ears  # noqa: S101 - there is somebody to hear
        line = self.ears.line()
        if not line.startswith(word):
            raise OSError(0, json.loads(line)["error"] if line.startswith("{") else line)
        return line.removeprefix(word).strip()

    def _watch(self) -> None:
        """Return when the owner or the Engine ends, or the owner says so."""
        assert self.ears  # noqa: S101 - it was started
        sources = select.poll()
        for source in (self.owner, 0, self.first):
            sources.register(source, select.POLLIN)
        if not self.plan.making:
            os.close(self.ears.pipe)  # from now on, anybody on the Engine might speak
        while True:
            ready = [source for source, _ in sources.poll()]
            if self.first in ready or self.owner in ready:
                break
            if b"stop" not in os.read(0, 1 << 10):
                return
            signal.pidfd_send_signal(self.first, signal.SIGTERM)
        if self.plan.making and self.owner not in ready:
            print(json.dumps(self.ears.message()), flush=True)

    def _end(self) -> None:
        """Kill all that runs there, and remove groups, mounts and folder."""
        if self.first >= 0:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                signal.pidfd_send_signal(self.first, signal.SIGKILL)
            # It ends after all others in its namespace; what is paused there must be woken, or it cannot.
            while not select.select([self.first], [], [], ROUND_SECONDS)[0]:
                self.groups.thaw()
        self.groups.kill()
        if self.keeper:
            os.waitpid(self.keeper, 0)
        os.chdir("/")
        for name in ("data", "image", "tree", "template", "."):
            try:
                kernel.unmount(str(self.folder / "stage" / name))
            except OSError:
                continue  # it was not mounted yet
        self.groups.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.ftruncate(self.plan.slot, 0)


class Keeper:
    """The process that makes the namespaces, and then waits for the first process in them."""

    def __init__(self, plan: Plan, groups: Groups, api: int, said: int, waited: int) -> None:
        self.plan = plan
        self.groups = groups
        self.api = api
        self.said = said
        self.waited = waited

    def run(self) -> NoReturn:
        """Do it, say what goes wrong, and end."""
        code = 1
        try:
            for number in self.plan.held:
                os.close(number)
            for name in (*LEFT_TO_OWNER, signal.SIGPIPE):
                signal.signal(name, signal.SIG_DFL)
            code = self._keep()
        except OSError as error:
            self._say(json.dumps({"error": error.strerror or str(error)}))
        finally:
            os._exit(code)

    def _say(self, line: str) -> None:
        os.write(self.said, f"{line}\n".encode())

    def _wait(self) -> None:
        if not os.read(self.waited, 1):
            raise OSError(0, "the supervisor is gone")

    def _keep(self) -> int:
        supervisor = os.getppid()
        self.groups.join()
        kernel.limit_itself()
        # Before there is a user namespace, so that it belongs to this user, and what it counts is not counted for root.
        kernel.become(self.plan.user)
        kernel.unshare(kernel.NEW_USERS)
        self._say("users")
        self._wait()
        kernel.become(0)
        for name, limit in COUNTS.items():
            Path(f"/proc/sys/user/{name}").write_text(str(limit))
        self._nest()
        kernel.unshare(kernel.ALL_BUT_USERS)
        kernel.die_with_parent()
        if os.getppid() != supervisor:
            return 1
        first = os.fork()
        if first == 0:
            First(self).run()
        self._say(f"process {first}")
        os.close(self.api)
        os.close(self.said)
        os.close(self.waited)
        os.waitpid(first, 0)
        return 0

    def _nest(self) -> None:
        """Enter a second user namespace, whose root cannot raise the limits of the first."""
        reading, writing = os.pipe()
        here = os.getpid()
        mapper = os.fork()
        if mapper == 0:
            code = 1
            try:
                os.read(reading, 1)
                for kind in ("uid", "gid"):
                    Path(f"/proc/{here}/{kind}_map").write_text(f"0 0 {IDS}")
                code = 0
            finally:
                os._exit(code)
        kernel.unshare(kernel.NEW_USERS)
        kernel.hide(hidden=False)  # else its maps could not be opened
        os.write(writing, b".")
        _, status = os.waitpid(mapper, 0)
        kernel.hide()
        os.close(reading)
        os.close(writing)
        if status:
            raise OSError(0, "the second user namespace could not be mapped")


class First:
    """The first process of the Engine's namespaces: it mounts what the Engine sees, and becomes its entry point."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.plan = keeper.plan

    def run(self) -> NoReturn:
        """Do it; say what goes wrong."""
        try:
            kernel.die_with_parent()
            self.keeper._wait()  # noqa: SLF001 - its own beginning
            kernel.mount("none", "/", flags=kernel.RECURSIVE | kernel.SLAVE)
            options = "lowerdir=tree,upperdir=data/root/up,workdir=data/root/work,userxattr"
            kernel.mount("overlay", "root", "overlay", 0, options)
            self._mount_system()
            self._mount_devices()
            self._mount_groups()
            for source, place in {"data/docker": "root/var/lib/docker", "template": "root/template"}.items():
                Path(place).mkdir(exist_ok=True)
                kernel.mount(source, place, flags=kernel.BIND)
            kernel.enter_root("root")
            kernel.mount("none", "/", flags=kernel.RECURSIVE | kernel.SHARED)
            kernel.set_host_name("engine")
            kernel.refuse_calls()
            self._settle_files()
            self.keeper.said = 1
            os.execve(PROGRAM[0], PROGRAM, self._environment())  # noqa: S606 - it becomes that program
        except OSError as error:
            self.keeper._say(json.dumps({"error": error.strerror or str(error)}))  # noqa: SLF001
        finally:
            os._exit(1)

    def _mount_system(self) -> None:
        kernel.mount("proc", "root/proc", "proc", UNSEEN)
        kernel.mount("sysfs", "root/sys", "sysfs", UNSEEN)
        kernel.mount("tmpfs", "root/run", "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, "mode=755,size=64m")

    def _mount_devices(self) -> None:
        kernel.mount("tmpfs", "root/dev", "tmpfs", kernel.NO_SUID, "mode=755,size=1m")
        for name in DEVICES:
            Path("root/dev", name).touch()
            kernel.mount(f"/dev/{name}", f"root/dev/{name}", flags=kernel.BIND)
        for name in ("pts", "shm", "mqueue"):
            Path("root/dev", name).mkdir()
        terminals = "newinstance,ptmxmode=0666,mode=620"
        kernel.mount("devpts", "root/dev/pts", "devpts", kernel.NO_SUID | kernel.NO_PROGRAMS, terminals)
        kernel.mount("shm", "root/dev/shm", "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, "size=64m")
        kernel.mount("mqueue", "root/dev/mqueue", "mqueue", UNSEEN)
        links = {"ptmx": "pts/ptmx", "fd": "/proc/self/fd"}
        links |= {name: f"/proc/self/fd/{number}" for number, name in enumerate(("stdin", "stdout", "stderr"))}
        for name, target in links.items():
            Path("root/dev", name).symlink_to(target)

    def _mount_groups(self) -> None:
        top = "root/sys/fs/cgroup"
        mounts = self.keeper.groups.mounts
        if mounts[0].is_version_2:
            kernel.mount("cgroup", top, "cgroup2", UNSEEN)
            return
        kernel.mount("tmpfs", top, "tmpfs", UNSEEN, "mode=755,size=1m")
        for hierarchy in mounts:
            names = hierarchy.options
            folder = Path(top, names.removeprefix("name="))
            folder.mkdir()
            kernel.mount(
                "cgroup", str(folder), "cgroup", UNSEEN, f"none,{names}" if names.startswith("name=") else names
            )
            for name in names.split(",") if "," in names else []:
                Path(top, name).symlink_to(folder.name)

    def _settle_files(self) -> None:
        """Keep the API's socket as number 3, and what is said; no file of the machine stays open."""
        nothing = os.open("/dev/null", os.O_RDWR)
        sources = [nothing, self.keeper.said, self.keeper.said, self.keeper.api]
        copies = [fcntl.fcntl(source, fcntl.F_DUPFD, FREE_NUMBERS) for source in sources]
        for number, copy in enumerate(copies):
            os.dup2(copy, number, inheritable=True)
        kernel.close_from(len(copies))

    def _environment(self) -> dict[str, str]:
        limits = self.plan.limits
        making = {"DRYDOCK_TEMPLATE": "make"} if self.plan.making else {}
        return making | {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "DRYDOCK_SOCKET": "3",
            "DRYDOCK_MEMORY": str(limits.memory - FOR_CONTAINERS["memory"]),
            "DRYDOCK_PROCESSES": str(limits.processes - FOR_CONTAINERS["processes"]),
        }


def main() -> int:
    """Read the plan and follow it."""
    # Only the owner's end, or its word, ends this process; an interrupt at the terminal goes to the owner.
    for number in LEFT_TO_OWNER:
        signal.signal(number, signal.SIG_IGN)
    fields = json.loads(sys.argv[1])
    return Supervisor(Plan(**fields | {"limits": Limits(**fields["limits"])})).run()


if __name__ == "__main__":
    sys.exit(main())
