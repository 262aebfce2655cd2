"""The calls of the Linux kernel that make a machine within the machine, for which Python has no names.

They are described in the kernel's own manual pages: namespaces(7), user_namespaces(7), mount_setattr(2), seccomp(2).
Numbers are those of x86-64.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import resource
import signal
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NEW_MOUNTS, NEW_CGROUPS, NEW_NAME, NEW_IPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
ALL_BUT_USERS = NEW_MOUNTS | NEW_CGROUPS | NEW_NAME | NEW_IPC | NEW_PROCESSES | NEW_NETWORK

READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS, NO_ACCESS_TIMES = 0x1, 0x2, 0x4, 0x8, 0x400
BIND, RECURSIVE, PRIVATE, SLAVE, SHARED = 0x1000, 0x4000, 0x40000, 0x80000, 0x100000
DETACH = 2

OPEN_TREE, MOVE_MOUNT, CLOSE_RANGE, MOUNT_SETATTR, PIVOT_ROOT = 428, 429, 436, 442, 155
HERE = -100
CLONE_TREE, CLOSE_ON_EXEC, WHOLE_TREE = 0x1, 0o2000000, 0x8000
EMPTY_SOURCE, EMPTY_PATH = 0x4, 0x1000
MAP_IDS = 0x100000

SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SECCOMP, SECCOMP_FILTER = 1, 4, 22, 2

LOOP_GET_FREE, LOOP_CONFIGURE, LOOP_AUTOCLEAR = 0x4C82, 0x4C0A, 4
LOOP_CONFIG = "=I 56x I 240x"
"""Of struct loop_config: the file and, in the struct loop_info64 in it, the flags; all else is zero."""

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _call(what: str, number: int, *arguments: int | bytes | None) -> int:
    wide = [ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value) for value in arguments]
    return _check(int(_libc.syscall(ctypes.c_long(number), *wide)), what)


# Namespaces


def unshare(flags: int) -> None:
    """Leave the namespaces of these kinds for new ones."""
    _check(_libc.unshare(flags), "unshare")


def enter(process: int, flags: int) -> None:
    """Enter the namespaces of these kinds of the process that a file descriptor stands for (pidfd_open)."""
    _check(_libc.setns(process, flags), "setns")


def die_with_parent() -> None:
    """Be killed when the parent ends. A change of user undoes it."""
    _check(_libc.prctl(SET_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0), "prctl")


def hide(*, hidden: bool = True) -> None:
    """Keep the memory and the open files of this process from others of its user."""
    _check(_libc.prctl(SET_DUMPABLE, int(not hidden), 0, 0, 0), "prctl")


def become(user: int) -> None:
    """Become this user, with a group of the same number and no other."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def close_from(first: int) -> None:
    """Close all file descriptors from this one on."""
    _call("close_range", CLOSE_RANGE, first, 0xFFFFFFFF, 0)


def limit_itself() -> None:
    """Allow no memory dumps, and no more open files than 65536."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = min(1 << 16, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def set_host_name(name: str) -> None:
    """Name this machine."""
    _check(_libc.sethostname(name.encode(), len(name)), "sethostname")


# Mounts


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system, or with BIND a folder or file."""
    arguments = [word.encode() or None for word in (source, target, kind, options)]
    result = _libc.mount(*arguments[:3], ctypes.c_ulong(flags), arguments[3])
    _check(result, f"mount {kind or source} on {target}")


def unmount(target: str, flags: int = 0) -> None:
    """Take a mount away."""
    _check(_libc.umount2(target.encode(), flags), f"umount {target}")


def bind_with_ids(source: str, target: str, users: int, *, flags: int = 0) -> None:
    """Show a folder at another place, where its owners are those of a user namespace (its file descriptor)."""
    tree = _call("open_tree", OPEN_TREE, HERE, source.encode(), CLONE_TREE | CLOSE_ON_EXEC | WHOLE_TREE)
    try:
        attributes = struct.pack("=4Q", MAP_IDS | flags, 0, 0, users)
        _call(f"mount_setattr {source}", MOUNT_SETATTR, tree, b"", EMPTY_PATH, attributes, len(attributes))
        _call("move_mount", MOVE_MOUNT, tree, b"", HERE, target.encode(), EMPTY_SOURCE)
    finally:
        os.close(tree)


def mount_image(image: Path, target: str) -> None:
    """Mount a file that holds an ext4 file system; its loop device goes when the last mount of it does."""
    backing = os.open(image, os.O_RDWR | os.O_CLOEXEC)
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    config = struct.pack(LOOP_CONFIG, backing, LOOP_AUTOCLEAR)
    device = -1
    try:
        while device < 0:
            number = fcntl.ioctl(control, LOOP_GET_FREE)
            name = f"/dev/loop{number}"
            if not Path(name).exists():  # where no udev makes it
                os.mknod(name, 0o060600, os.makedev(7, number))
            device = os.open(name, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.ioctl(device, LOOP_CONFIGURE, config)
            except OSError as error:
                os.close(device)
                device = -1
                if error.errno != errno.EBUSY:  # somebody else was quicker
                    raise
        mount(name, target, "ext4", NO_SUID | NO_DEVICES | NO_ACCESS_TIMES, "noinit_itable")
    finally:
        for number in (backing, control, device):
            if number >= 0:
                os.close(number)


def enter_root(folder: str) -> None:
    """Make a mounted folder the root of this mount namespace, and let go of the one before."""
    os.chdir(folder)
    _call("pivot_root", PIVOT_ROOT, b".", b".")
    unmount(".", DETACH)
    os.chdir("/")


# Calls that are refused

X86_64, OTHER_ABI = 0xC000003E, 0x40000000
LOAD, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
CALL_NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, REFUSE = 0x7FFF0000, 0x50000
SOCKET = 41
FAMILIES = {"UNIX": 1, "INET": 2, "INET6": 10, "NETLINK": 16, "PACKET": 17}
"""All others are refused: AF_VSOCK, for one, belongs to no namespace and leads to the host of a virtual machine."""
ABSENT = {
    "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "memfd_secret": 447,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "add_key": 248, "request_key": 249, "keyctl": 250,
}  # fmt: skip
"""Said to be unknown, so that programs do without: much of the kernel stands behind them, and an Engine needs none."""
FORBIDDEN = {
    # The whole machine's.
    "acct": 163, "adjtimex": 159, "clock_adjtime": 305, "clock_settime": 227, "delete_module": 176,
    "finit_module": 313, "init_module": 175, "ioperm": 173, "iopl": 172, "kexec_file_load": 320, "kexec_load": 246,
    "quotactl": 179, "quotactl_fd": 443, "reboot": 169, "settimeofday": 164, "swapoff": 168, "swapon": 167,
    "syslog": 103,
    # Old, or rarely used and often broken.
    "fanotify_init": 300, "kcmp": 312, "lookup_dcookie": 212, "modify_ldt": 154, "move_pages": 279,
    "nfsservctl": 180, "open_by_handle_at": 304, "sysfs": 139, "uselib": 134, "ustat": 136, "vmsplice": 278,
    # With them, root in a privileged container would take over dockerd unseen.
    "pidfd_getfd": 438, "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101,
}  # fmt: skip


def _program() -> Iterable[tuple[int, int, int, int]]:
    """Yield the filter: code, how many to skip if so, how many if not, value."""
    unknown, forbidden = REFUSE | errno.ENOSYS, REFUSE | errno.EPERM
    yield LOAD, 0, 0, ARCHITECTURE
    yield IF_EQUAL, 1, 0, X86_64
    yield RETURN, 0, 0, unknown
    yield LOAD, 0, 0, CALL_NUMBER
    yield IF_AT_LEAST, 0, 1, OTHER_ABI
    yield RETURN, 0, 0, unknown
    for calls, answer in ((ABSENT, unknown), (FORBIDDEN, forbidden)):
        for number in calls.values():
            yield IF_EQUAL, 0, 1, number
            yield RETURN, 0, 0, answer
    yield IF_EQUAL, 1, 0, SOCKET
    yield RETURN, 0, 0, ALLOW
    yield LOAD, 0, 0, FIRST_ARGUMENT
    for family in FAMILIES.values():
        yield IF_EQUAL, 0, 1, family
        yield RETURN, 0, 0, ALLOW
    yield RETURN, 0, 0, REFUSE | errno.EAFNOSUPPORT


def refuse_calls() -> None:
    """Refuse the calls above to this process and to all that come from it; needs root of a user namespace."""
    program = [struct.pack("=HBBI", *line) for line in _program()]
    text = ctypes.create_string_buffer(b"".join(program))
    about = struct.pack("@HP", len(program), ctypes.addressof(text))
    _check(_libc.prctl(SET_SECCOMP, SECCOMP_FILTER, ctypes.c_char_p(about), 0, 0), "seccomp")
