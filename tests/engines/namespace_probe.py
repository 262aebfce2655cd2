"""Try what nobody on an Engine in a namespace may do, and print for each attempt how the kernel refused it.

Usage: namespace_probe.py KNOWN, a JSON object that names things of the machine outside. It runs on the Engine.
"""

# ruff: noqa: PTH103, PTH108, PTH110, PTH123, PTH207 - it asks the kernel, by the kernel's own words

from __future__ import annotations

import ctypes
import errno
import glob
import json
import os
import resource
import socket
import struct
import sys
import time

known = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
found = {}

FILE_SYSTEMS = ("devtmpfs", "debugfs", "tracefs", "securityfs", "configfs", "pstore", "nfs", "9p", "efivarfs")
GROUPS = (b"memory", b"pids,release_agent=/x", b"none,name=drydock-test", b"none,name=x,release_agent=/x")
OF_THE_MACHINE = (
    *(f"/proc/sys/kernel/{name}" for name in ("core_pattern", "modprobe", "panic", "printk", "sysrq")),
    *(f"/proc/sys/vm/{name}" for name in ("overcommit_memory", "panic_on_oom")),
    *("/proc/sys/fs/file-max", "/proc/sys/fs/suid_dumpable", "/proc/sys/net/core/bpf_jit_enable"),
    *("/proc/irq/default_smp_affinity", "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run"),
    "/sys/kernel/mm/transparent_hugepage/enabled",
)
CLOCK = struct.pack("qq", int(time.time()), 0)
ROOM = ctypes.create_string_buffer(300)
CALLS = {
    "settimeofday": (164, CLOCK, None),
    "clock_settime": (227, 0, CLOCK),
    "adjtimex": (159, ROOM),
    "init_module": (175, b"x", 1, b""),
    "finit_module": (313, 0, b"", 0),
    "delete_module": (176, b"none", 0),
    "kexec_load": (246, 0, 0, None, 0),
    "swapon": (167, b"/none", 0),
    "acct": (163, None),
    "syslog": (103, 10, None, 0),
    "bpf": (321, 0, b"", 0),
    "perf_event_open": (298, b"", 0, -1, -1, 0),
    "userfaultfd": (323, 0),
    "io_uring_setup": (425, 1, ROOM),
    "keyctl": (250, 0, -3, 1),
    "add_key": (248, b"user", b"k", b"x", 1, -2),
    "ptrace": (101, 16, known["dockerd"], 0, 0),
    "pidfd_getfd": (438, 0, 3, 0),
    "process_vm_readv": (310, 1, None, 0, None, 0, 0),
    "open_by_handle_at": (304, 0, None, 0),
}


def attempt(name, act, *arguments):
    try:
        act(*arguments)
        found[name] = "REACHED"
    except OSError as error:
        found[name] = errno.errorcode.get(error.errno, str(error))
    except ValueError:  # so Python says that a limit may not be raised
        found[name] = "EPERM"


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def call(number, *arguments):
    check(libc.syscall(ctypes.c_long(number), *arguments))


def mount(kind, options=None, source=b"none", flags=0, place=b"/mnt"):
    check(libc.mount(source, place, kind, flags, options))
    shows = os.path.exists("/mnt/release_agent") or not kind.startswith(b"cgroup")
    libc.umount2(place, 2)
    if not shows:
        raise OSError(errno.EPERM, "only its own groups")


def make_device(kind, major, minor):
    os.mknod("/tmp/node", {"b": 0o60600, "c": 0o20600}[kind], os.makedev(major, minor))
    os.unlink("/tmp/node")


def rewrite(name):
    # The value that is there: a machine that lets it through is not changed.
    with open(name, "rb") as file:
        value = file.read()
    write(name, value)


def write(name, value=b""):
    with open(name, "wb") as file:
        file.write(value)


def read(name):
    with open(name, "rb") as file:
        file.read(1)


def make_socket(family, kind):
    socket.socket(getattr(socket, f"AF_{family}"), kind).close()


def connect(address, port):
    socket.create_connection((address, port), timeout=3).close()


os.makedirs("/mnt", exist_ok=True)
for name, device in known["devices"].items():
    attempt(f"mknod {name}", make_device, *device)
    attempt(f"open {name}", os.open, name, os.O_RDWR)
for kind in FILE_SYSTEMS:
    attempt(f"mount {kind}", mount, kind.encode())
attempt("mount the disk", mount, b"ext4", None, known["disk"].encode())
attempt("mount cgroup2", mount, b"cgroup2")
for options in GROUPS:
    attempt(f"mount cgroup {options}", mount, b"cgroup", options)
for agent in glob.glob("/sys/fs/cgroup/**/release_agent", recursive=True):
    found[agent] = "REACHED"
attempt("devices.allow", write, "/sys/fs/cgroup/devices/devices.allow", b"b *:* rwm")
for name in OF_THE_MACHINE:
    attempt(f"write {name}", rewrite, name)
for name in ("/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/sys/power/state"):
    attempt(f"write {name}", write, name)
attempt("read /proc/kcore", read, "/proc/kcore")
for name, (number, *arguments) in CALLS.items():
    attempt(name, call, number, *arguments)
for family in ("VSOCK", "ALG", "BLUETOOTH", "CAN", "RDS", "TIPC", "QIPCRTR"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        attempt(f"socket {family} {kind}", make_socket, family, kind)
for address, port in known["addresses"]:
    attempt(f"connect {address}", connect, address, port)
attempt("abstract socket", socket.socket(socket.AF_UNIX).connect, "\0" + known["abstract"])
for path in known["paths"]:
    for name in (path, f"/proc/1/root{path}", f"/proc/1/cwd{path}"):
        attempt(f"file {name}", os.stat, name)
attempt("signal", os.kill, known["process"], 0)
for name in glob.glob("/proc/[0-9]*/cmdline"):
    if name != f"/proc/{os.getpid()}/cmdline":
        with open(name) as file:
            if known["sign"] in file.read():
                found[name] = "REACHED"
attempt("another user", os.setreuid, 0, 70000)
attempt("more files", resource.setrlimit, resource.RLIMIT_NOFILE, (1 << 20, 1 << 20))
attempt("priority", os.setpriority, os.PRIO_PROCESS, 0, -5)
attempt("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
attempt("template", mount, b"", None, b"", 0x1000 | 0x20, b"/template")
print(json.dumps(found))
