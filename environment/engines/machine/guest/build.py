"""Build the guest of the machine Engine from Debian's packages: a kernel, an initial RAM disk, a read-only root.

Nothing of the packages is run, so it takes neither root nor namespaces. What comes out depends on the versions in
packages.lock and on the files beside this one alone: two builds give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from environment.engines import EngineUnavailableError
from environment.images import packages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

HERE = Path(__file__).parent
LOCK = HERE / "packages.lock"
SCRIPT = HERE.parents[1] / "script.py"
SUDO = HERE.parents[1] / "sudo"
PARTS = ("vmlinuz", "initrd", "root.squashfs")
ARCHITECTURE = "amd64"
KERNEL = re.compile(r"^linux-image-\d")
LEFT_OUT = re.compile(
    r"^(boot/(System|config)|lib/udev|usr/(games|include|src)|var/cache|etc/(init|systemd|cron|logrotate|pam)|"
    r"usr/share/(?!ca-certificates|bash|iptables|mime)|usr/lib/(apt|udev|dracut|systemd|tmpfiles|sysusers|sysctl|modules-load)|"
    r"usr/lib/x86_64-linux-gnu/(gconv|perl)|usr/bin/(perl|ctr$|localedef|sqv|containerd-(shim|shim-runc-v1|stress)$)|.*\.a$)"
)
NEEDED = re.compile(r"\(NEEDED\)\s+Shared library: \[(.+)\]")


@dataclass(frozen=True)
class Package:
    """A version of a package, and the digest of its file."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.sha256}"


class Apt:
    """The distribution's archive as this machine's apt knows it, with lists of its own, so that nobody need be root."""

    def __init__(self, folder: Path, progress: Callable[[str], None]) -> None:
        self.folder = folder
        for part in ("etc", "lists/partial", "archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        (folder / "etc/sources.list").write_text("\n".join([*packages.sources_or_error(), ""]))
        settings = {
            "Dir::State": folder,
            "Dir::State::Lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder,
            "Dir::Cache::archives": folder / "archives",
            "Dir::Etc": folder / "etc",
            "Dir::Etc::TrustedParts": "/usr/share/keyrings",
            "APT::Architecture": ARCHITECTURE,
            "APT::Architectures::": ARCHITECTURE,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
        }
        lines = [f'{name} "{value}";' for name, value in settings.items()]
        self._settings = folder / "apt.conf"
        self._settings.write_text("\n".join(["#clear APT::Architectures;", *packages.settings(), *lines, ""]))
        progress("Reading the package lists of Debian …")
        self.run("update")

    def run(self, *words: str, cwd: Path | None = None) -> str:
        """Run apt-get with these settings and return what it prints. Raises EngineUnavailableError with apt's words."""
        done = subprocess.run(
            ["apt-get", "-q", "-y", *words],
            cwd=cwd,
            env=os.environ | {"APT_CONFIG": str(self._settings), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            errors = [line.removeprefix("E: ") for line in done.stderr.splitlines() if line.startswith("E: ")]
            raise EngineUnavailableError(
                f"The packages of the machine cannot be had: {(errors or ['apt gave no reason'])[0].rstrip('.')}.",
                "See whether `apt-get update` works on this machine, then try again.",
            )
        return done.stdout

    def download(self, wanted: Sequence[str], into: Path) -> list[Path]:
        """Download packages, named `name` or `name=version`, and return their files in that order."""
        into.mkdir(parents=True, exist_ok=True)
        self.run("download", *wanted, cwd=into)
        return [next(into.glob(f"{name.partition('=')[0]}_*.deb")) for name in wanted]


def read_lock() -> list[Package]:
    """Return the versions that the guest is made of; the kernel comes first."""
    return [Package(*line.split()) for line in LOCK.read_text().splitlines() if not line.startswith("#")]


def digest() -> str:
    """Name what a guest is made of: two that have the same digest are the same."""
    total = hashlib.sha256()
    for path in sorted(p for p in [*HERE.rglob("*"), SCRIPT] if p.is_file() and p.suffix != ".pyc"):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def build(into: Path, progress: Callable[[str], None] = lambda _: None) -> list[str]:
    """Make the guest's files in the folder `into`; return sentences on packages that differ from packages.lock.

    Where the archive has a version no longer, the one that it has is taken. Raises EngineUnavailableError.
    """
    for tool, its_package in (("dpkg-deb", "dpkg"), ("mksquashfs", "squashfs-tools")):
        if not shutil.which(tool):
            raise EngineUnavailableError(
                f"The machine cannot be built without {tool}, which is not installed.",
                f"Run `sudo apt-get install {its_package}`, then try again.",
            )
    told = []
    with tempfile.TemporaryDirectory(prefix="drydock-guest-") as scratch:
        apt = Apt(Path(scratch, "apt"), progress)
        locked = read_lock()
        progress(f"Downloading the {len(locked)} packages of the machine (about 200 MB) …")
        offered = _offered(apt, [package.name for package in locked])
        wanted = []
        for package in locked:
            version = package.version
            if version not in offered.get(package.name, ()):
                newest = next(iter(offered.get(package.name, ())), "")
                told.append(f"The archive has {package.name} {version} no longer; the machine has {newest or 'none'}.")
                version = newest
            wanted.append(f"{package.name}={version}")
        files = apt.download(wanted, Path(scratch, "packages"))
        for package, file, name in zip(locked, files, wanted, strict=True):
            if name == f"{package.name}={package.version}" and _sha256(file) != package.sha256:
                raise EngineUnavailableError(
                    f"The package {name} is not the file that packages.lock names.",
                    "Do not use this archive; tell its keeper.",
                )
        progress("Unpacking them and making the machine's disk …")
        tree = Path(scratch, "root")
        for file in files:
            _unpack(file, tree)
        _finish(tree, into)
    return told


def relock(progress: Callable[[str], None] = print) -> None:
    """Write packages.lock anew: the packages of packages.txt in their newest versions, and those of their libraries."""
    with tempfile.TemporaryDirectory(prefix="drydock-guest-") as scratch:
        apt = Apt(Path(scratch, "apt"), progress)
        roots = [line for line in (HERE / "packages.txt").read_text().splitlines() if line and line[0] != "#"]
        said = apt.run("install", "--print-uris", *roots)
        names = sorted(re.findall(r"^'\S+' ([^_]+)_", said, re.MULTILINE))
        kernel = next(name for name in names if KERNEL.match(name))
        progress(f"Downloading {len(names)} packages …")
        files = dict(zip(names, apt.download(names, Path(scratch, "packages")), strict=True))
        keep = [kernel, *(name for name in roots if name != "linux-image-amd64")]
        owners: dict[str, str] = {}
        for name, file in files.items():
            for path in _listing(file):
                if ".so" in path.name:
                    owners.setdefault(path.name, name)
        waiting, seen = deque(keep[1:]), set(keep)
        while waiting:
            name = waiting.popleft()
            tree = Path(scratch, "looked-at", name)
            _unpack(files[name], tree)
            for library in sorted(_needed(tree)):
                owner = owners[library]
                if owner not in seen:
                    seen.add(owner)
                    keep.append(owner)
                    waiting.append(owner)
        lines = [str(Package(name, _version(files[name]), _sha256(files[name]))) for name in keep]
    LOCK.write_text("\n".join(["# Written by `python -m environment.engines.machine.guest --relock`.", *lines, ""]))


def _offered(apt: Apt, names: Iterable[str]) -> dict[str, list[str]]:
    """Return the versions of each package that the archive has, the newest first."""
    done = subprocess.run(
        ["apt-cache", "madison", *names],
        env=os.environ | {"APT_CONFIG": str(apt.folder / "apt.conf"), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    offered: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, version, _where = (part.strip() for part in line.split("|"))
        offered.setdefault(name, []).append(version)
    return offered


def _version(file: Path) -> str:
    return subprocess.run(
        ["dpkg-deb", "--field", file, "Version"], check=True, capture_output=True, text=True
    ).stdout.strip()


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _archive(file: Path) -> tarfile.TarFile:
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", file], check=True, capture_output=True).stdout
    return tarfile.open(fileobj=io.BytesIO(unpacked))


def _listing(file: Path) -> list[Path]:
    with _archive(file) as archive:
        return [Path(member.name) for member in archive]


def _unpack(file: Path, tree: Path) -> None:
    """Put a package's files into the tree, where /bin, /lib, /sbin and /lib64 are links into /usr as in Debian."""
    for folder in ("bin", "sbin", "lib", "lib64"):
        (tree / "usr" / folder).mkdir(parents=True, exist_ok=True)
        if not (tree / folder).is_symlink():
            (tree / folder).symlink_to(f"usr/{folder}")
    with _archive(file) as archive:
        for member in archive:
            name = member.name.removeprefix("./").rstrip("/")
            if not name or LEFT_OUT.match(name):
                continue
            # The folder may be a link into /usr; what stands before the name is made in order, as in every package.
            target = (tree / name).parent.resolve() / Path(name).name
            if member.isdir():
                target.mkdir(exist_ok=True)
            elif member.issym():
                _link(target, member.linkname)
            elif member.islnk():
                shutil.copy2(tree / member.linkname, target)
            elif content := archive.extractfile(member):
                target.write_bytes(content.read())
                target.chmod(member.mode & 0o777 | stat.S_IRUSR | stat.S_IWUSR)


def _needed(tree: Path) -> set[str]:
    """Return the names of the libraries that the programs of a tree are linked to."""
    programs = [p for p in tree.rglob("*") if p.is_file() and not p.is_symlink() and p.open("rb").read(4) == b"\x7fELF"]
    shown = subprocess.run(
        ["readelf", "--dynamic", "--wide", *programs], capture_output=True, text=True, check=False
    ).stdout
    return set(NEEDED.findall(shown))


def _finish(tree: Path, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    kernel = next((tree / "boot").glob("vmlinuz-*"))
    shutil.copyfile(kernel, into / "vmlinuz")
    release = kernel.name.removeprefix("vmlinuz-")
    modules = _take_modules(tree, release)
    shutil.rmtree(tree / "boot")
    for path in sorted((HERE / "files").rglob("*")):
        target = tree / path.relative_to(HERE / "files")
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o755 if path.read_bytes().startswith(b"#!") else 0o644)
    authorities = sorted((tree / "usr/share/ca-certificates").rglob("*.crt"))
    certificates = tree / "etc/ssl/certs/ca-certificates.crt"
    certificates.parent.mkdir(parents=True, exist_ok=True)
    certificates.write_bytes(b"".join(path.read_bytes() for path in authorities))
    for folder in ("proc", "sys", "dev", "run", "tmp", "mnt", "root", "home", "var/lib", "var/log"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
    for name in ("iptables", "ip6tables"):
        for suffix in ("", "-save", "-restore"):
            _link(tree / "usr/sbin" / f"{name}{suffix}", "xtables-nft-multi")
    _link(tree / "usr/bin/python3", "python3.13")
    _link(tree / "usr/bin/awk", "mawk")
    _link(tree / "usr/bin/sh", "bash")
    _link(tree / "usr/bin/docker-init", "tini-static")  # it runs in any container
    _link(tree / "usr/local/bin/runc", "crun")  # the same goes before both
    _link(tree / "var/run", "/run")
    shutil.copyfile(SCRIPT, _made(tree / "usr/local/lib/drydock/script.py"))
    shutil.copyfile(SUDO, _made(tree / "usr/local/bin/sudo")).chmod(0o755)
    _write_initrd(tree, modules, into / "initrd")
    disk = into / "root.squashfs"
    disk.unlink(missing_ok=True)
    # Not compressed: to unpack takes long in an emulated processor.
    command = [
        "mksquashfs",
        str(tree),
        str(disk),
        "-noappend",
        "-all-root",
        "-mkfs-time",
        "0",
        "-all-time",
        "0",
        "-no-xattrs",
    ]
    subprocess.run(
        [*command, "-noI", "-noD", "-noF", "-noX", "-quiet", "-no-progress"], check=True, capture_output=True
    )


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _take_modules(tree: Path, release: str) -> list[str]:
    """Keep the kernel modules of modules.txt and what they need, unpacked, and return their names in loading order.

    The names are in the tree too, in /etc/modules. Raises LookupError for one that the kernel does not know.
    """
    folder = tree / "usr/lib/modules" / release
    builtin = {Path(line).name.partition(".")[0].replace("-", "_") for line in (folder / "modules.builtin").open()}
    there = {path.name.partition(".")[0].replace("-", "_"): path for path in folder.rglob("*.ko*")}
    lines = [line.split() for line in (HERE / "modules.txt").read_text().splitlines() if not line.startswith("#")]
    order: list[str] = []
    loaded: dict[str, bytes] = {}

    def take(name: str) -> None:
        if name in loaded or name in builtin:
            return
        if name not in there:
            raise LookupError(f"The kernel {release} has no module {name}.")
        path = there[name]
        data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        loaded[name] = data
        found = re.search(rb"\0depends=([^\0]*)\0", data)
        for other in found[1].decode().split(",") if found else ():
            if other:
                take(other.replace("-", "_"))
        order.append(name)

    for line in lines:
        for name in line:
            take(name)
    shutil.rmtree(tree / "usr/lib/modules")
    for name in order:
        _made(tree / "usr/lib/modules" / f"{name}.ko").write_bytes(loaded[name])
    (tree / "etc/modules").write_text("\n".join([*order, ""]))
    return order


def _write_initrd(tree: Path, modules: Sequence[str], target: Path) -> None:
    """Write what mounts the root: a cpio archive ("newc") with busybox, modules and a script."""
    wanted = [name for name in modules if name in {"squashfs", "overlay", "virtio_blk"} or "virtio_pci" in name]
    files = {
        "init": (0o100755, (HERE / "initrd-init").read_bytes()),
        "busybox": (0o100755, (tree / "usr/bin/busybox").read_bytes()),
        "modules": (0o100644, "\n".join([*wanted, ""]).encode()),
        **{f"{n}.ko": (0o100644, (tree / "usr/lib/modules" / f"{n}.ko").read_bytes()) for n in wanted},
        **dict.fromkeys(("dev", "root", "lower", "upper"), (16877, b"")),
    }
    archive = bytearray()
    for number, (name, (mode, data)) in enumerate([*files.items(), ("TRAILER!!!", (0, b""))], 1):
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        archive += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        archive += b"\0" * (-len(archive) % 4) + data
        archive += b"\0" * (-len(archive) % 4)
    target.write_bytes(archive)
