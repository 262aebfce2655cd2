"""Volumes on the Engine: what lies in them, and who uses them. What looks at them changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import io
import posixpath
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import docker.errors
from docker.types import Mount

from environment.engines.files import Chunks
from graders.engine import containers, files
from graders.engine.containers import PROBE_IMAGE
from graders.engine.mounts import ANONYMOUS
from graders.engine.words import Attributes, decoded
from graders.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graders.engine.containers import Container
    from graders.engine.run import Run

PLACE = "/volume"
"""Where a volume is mounted to be looked at."""
ENTRY_LIMIT = 20_000
SIZE_LIMIT = 1 << 30
"""Files and folders, and bytes, that a volume may hold."""
SHOWN_FILES = 8
ANONYMOUS_LABEL = "com.docker.volume.anonymous"
"""What an Engine since 23 puts on a volume for which nobody has a name."""
READ_AT_ONCE = 1 << 18
COPY_SECONDS = 120
COPY = """
[ $(du -sk "$0" | cut -f1) -le $2 ] || exit 3
ulimit -f $(($2 * 2)) && cp -a "$0/." "$1"
"""
"""Copies a folder with owners, modes and times where it holds no more kilobytes than that."""
TELLS_CREATION = (1, 42)
"""The version of Docker's API since which a volume's time is that of its making."""
SEARCHED_WITH = "postgres:17"
"""The course's image that unpacks most: gzip, xz and zstd, and what pg_dump writes."""
SEARCH_SECONDS = 120
SEARCH = r"""
ulimit -f $LIMIT
packed() {
    find "$1" -type f -size +0 -exec perl -e 'for (@ARGV) {
        open F, "<", $_ or next;
        read F, my $begin, 262;
        print "$1\t$_\n" if $begin =~ /^(PGDMP|BZh|\x1f\x8b|\x28\xb5\x2f\xfd|\xfd7zXZ)/ or $begin =~ /^.{257}(ustar)/s;
    }' {} +
}
unpack() {
    packed "$1" | while IFS="$(printf '\t')" read -r kind file; do
        to=$(mktemp -d /tmp/unpacked/XXXXXXXX)
        case $kind in
        PGDMP) pg_restore --file="$to/dump" "$file" ;;
        ustar) tar --extract --file "$file" --directory "$to" ;;
        BZh) perl -MIO::Uncompress::Bunzip2=bunzip2 -e 'bunzip2 @ARGV' "$file" "$to/file" ;;
        *) zstd --decompress --quiet --stdout --force "$file" >"$to/file" ;;
        esac </dev/null
        [ "$2" = 1 ] || unpack "$to" $(($2 - 1))
    done
}
mkdir /tmp/unpacked
unpack "$0" 4 2>/dev/null
for pattern; do
    last=$({ find "$0" /tmp/unpacked; grep -rhaoE -e "$pattern" "$0" /tmp/unpacked; } |
        grep -oE -e "$pattern" | LC_ALL=C sort | tail -n 1 | head -c 300)
    printf '%s\n' "$last"
done
"""
"""Prints, for each pattern, the last text that matches it in names and contents of files, unpacked where packed."""
KINDS = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.REGTYPE: "file", tarfile.LNKTYPE: "file"}


class Entry(NamedTuple):
    """A file, folder or link in a volume."""

    kind: str
    """`file`, `folder`, `link`, or `other` for a device or a pipe."""
    mode: int
    user: int
    group: int
    content: str
    """The SHA-256 of a file's contents, the target of a link, nothing for others."""


class Volume:
    """A volume on the Engine."""

    def __init__(self, run: Run, attributes: Attributes) -> None:
        self._run = run
        self.attributes = attributes
        """What `docker volume inspect` prints."""

    @property
    def name(self) -> str:
        """Its name; 64 hexadecimal digits where nobody gave it one."""
        return str(self.attributes["Name"])

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody gave it a name."""
        return bool(ANONYMOUS.fullmatch(self.name))

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return dict(self.attributes.get("Labels") or {})

    @property
    def created(self) -> str:
        """When it was made, as the Engine writes it: to the second; an Engine before 23 does not know."""
        # It tells when something in the volume's root was changed last.
        known = tuple(map(int, self._run.about.api.split("."))) >= TELLS_CREATION
        return str(self.attributes.get("CreatedAt") or "") if known else "unknown"

    @property
    def users(self) -> list[Container]:
        """The containers that mount it, running or not."""
        # The filter takes a part of a name, and a path, too.
        found = containers.matching(self._run, volume=self.name)
        return [one for one in found if any(m.kind == "volume" and m.source == self.name for m in one.mounts)]

    def files(self) -> dict[str, Entry]:
        """What is in it, by path from its root `/`, which is there too; fails where it holds too much to be looked at.

        It is read through a container that never runs, so that nothing changes by looking.
        """
        found: dict[str, Entry] = {}
        left = SIZE_LIMIT
        for member, stream in self._members("/."):
            left -= member.size
            if left < 0 or len(found) >= ENTRY_LIMIT:
                raise Failed(
                    f"The volume `{self.name}` holds more than can be looked at: {ENTRY_LIMIT:,} files and folders, or "
                    f"{SIZE_LIMIT >> 20:,} MB.",
                    evidence=[f"$ docker run --rm -v {self.name}:{PLACE}:ro busybox du -sh {PLACE}"],
                )
            path = posixpath.normpath(f"/{member.name}")
            kind = KINDS.get(member.type, "other")
            if member.islnk():  # a second name has the contents of the first
                content = found[posixpath.normpath(f"/{member.linkname}")].content
            elif member.isfile():
                content = hashlib.sha256(stream.read()).hexdigest() if stream else ""
            else:
                content = member.linkname
            # Engine 20.10 tells the kind in it, too.
            found[path] = Entry(kind, member.mode & 0o7777, member.uid, member.gid, content)
        return found

    @property
    def digest(self) -> str:
        """One value for all that is in it: paths, contents, modes and owners."""
        return hashlib.sha256(repr(sorted(self.files().items())).encode()).hexdigest()

    def holds(self, contents: Mapping[str, bytes]) -> bool:
        """Whether it holds just these files, by path from its root, each as `make_volume` writes it."""
        want = {
            posixpath.normpath(f"/{path}"): Entry("file", 0o644, 0, 0, hashlib.sha256(text).hexdigest())
            for path, text in contents.items()
        }
        return want == {path: entry for path, entry in self.files().items() if entry.kind != "folder"}

    def read(self, path: str) -> bytes | None:
        """Contents of one file in it, by its path from the volume's root; None where there is none."""
        for member, stream in self._members(path):
            if member.size > files.FILE_LIMIT:
                raise Failed(f"The file `{path}` in the volume `{self.name}` is too big to be looked at.")
            return stream.read() if stream else None
        return None

    def text(self, path: str) -> str | None:
        """The same as text."""
        found = self.read(path)
        return None if found is None else decoded(found)

    def greatest(self, path: str, *patterns: str) -> list[str]:
        """Of each regular expression the match that sorts last, or nothing; in names and contents at and below a path.

        What is packed is looked into: tar archives and what pg_dump writes, compressed or not, one in another too.
        """
        place = posixpath.join(PLACE, path.lstrip("/"))
        done = containers.once(
            self._run,
            SEARCHED_WITH,
            "-c",
            SEARCH,
            place,
            *patterns,
            entrypoint="sh",
            environment={"LIMIT": str(SIZE_LIMIT >> 9)},
            volumes={self.name: {"bind": PLACE, "mode": "ro"}},
            network_mode="none",
            timeout=SEARCH_SECONDS,
        )
        found = done.stdout.splitlines()
        if len(found) != len(patterns):
            raise Failed(
                f"What lies in `{path}` of the volume `{self.name}` takes too long to be looked at.",
                evidence=self.listing_evidence(path),
            )
        return found

    def evidence(self, template: str) -> list[str]:
        """`docker volume inspect --format TEMPLATE` and what it prints, for a verdict."""
        return self._run.docker("volume", "inspect", "--format", template, self.name).evidence

    def users_evidence(self) -> list[str]:
        """`docker ps` with the containers that mount it, for a verdict."""
        shown = "{{.Names}}\t{{.Status}}"
        return self._run.listed("ps", "--all", "--filter", f"volume={self.name}", "--format", shown)

    def listing_evidence(self, path: str = "") -> list[str]:
        """`ls -ln` of a folder in it and what it prints, for a verdict."""
        place = posixpath.join(PLACE, path.lstrip("/")).rstrip("/")
        mounted = {self.name: {"bind": PLACE, "mode": "ro"}}
        done = containers.once(self._run, PROBE_IMAGE, "ls", "-lnA", place, volumes=mounted, network_mode="none")
        lines = done.stdout.splitlines()
        shown = "\n".join(lines[: SHOWN_FILES + 1] + ["…"] * (len(lines) > SHOWN_FILES + 1))
        command = f"docker run --rm -v {self.name}:{PLACE}:ro busybox ls -lnA {place}"
        return replace(done, stdout=shown, command=command).evidence

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write files into it, by path from its root; folders above them are made. All is root's."""
        with self._mounted() as container:
            container.put({posixpath.join(PLACE, path.lstrip("/")): text for path, text in contents.items()})

    def copied(self) -> Volume:
        """Another volume with the same in it, owners and modes too, as it is at one moment; gone with this run.

        The containers that mount it are paused meanwhile, so that a database finds its files as after a power cut.
        """
        copy = make(self._run, self._run.unique("copy"), {}, {})
        place = f"{PLACE}-copy"
        mounted = {self.name: {"bind": PLACE, "mode": "ro"}, copy.name: {"bind": place}}
        script = ["sh", "-c", COPY, PLACE, place, str(SIZE_LIMIT >> 10)]
        with contextlib.ExitStack() as stack:
            for user in self.users:
                stack.enter_context(user.paused())
            done = containers.once(
                self._run, PROBE_IMAGE, *script, volumes=mounted, network_mode="none", again=False, timeout=COPY_SECONDS
            )
        if done.exit_code:
            seen = replace(done, command=f"docker run --rm -v {self.name}:{PLACE}:ro busybox du -sh {PLACE}")
            raise Failed(f"The volume `{self.name}` cannot be copied.", evidence=seen.evidence)
        return copy

    def remove(self) -> None:
        """`docker volume rm`."""
        with contextlib.suppress(docker.errors.NotFound):
            self._run.client.api.remove_volume(self.name)

    @contextlib.contextmanager
    def _mounted(self) -> Iterator[Container]:
        """A container that has it at `/volume`, and is never started, so that nothing in it can write there.

        Mounted read-only it could not be read on an Engine in a namespace: the kernel refuses the second mount.
        """
        api = self._run.client.api
        mount = Mount(PLACE, self.name, no_copy=True)
        image = self._run.originals.get(PROBE_IMAGE, PROBE_IMAGE)
        host = api.create_host_config(mounts=[mount], network_mode="none")
        made = api.create_container(
            image, ["true"], host_config=host, labels=self._run.labels, name=self._run.unique("look")
        )
        container = containers.find(self._run, made["Id"])
        try:
            yield container
        finally:
            container.remove()

    def _members(self, path: str) -> Iterator[tuple[tarfile.TarInfo, io.BufferedReader | None]]:
        """Members of the archive of a path in it, as they come; none where the path is absent."""
        api = self._run.client.api
        with self._mounted() as container:
            try:
                chunks, _ = api.get_archive(container.id, posixpath.join(PLACE, path.lstrip("/")))
            except docker.errors.NotFound:
                return
            with contextlib.closing(chunks):
                raw = io.BufferedReader(Chunks(chunks))
                try:
                    with tarfile.open(fileobj=raw, mode="r|", bufsize=READ_AT_ONCE) as archive:
                        while member := archive.next():
                            yield member, archive.extractfile(member) if member.isreg() else None  # type: ignore[misc]
                            archive.members.clear()  # type: ignore[attr-defined] # it would keep all that it has read
                except (tarfile.TarError, EOFError) as error:
                    raise Failed(
                        f"The volume `{self.name}` changed so much while it was looked at that it cannot be read "
                        f"({error})."
                    ) from None


def find(run: Run, name: str) -> Volume:
    """The volume of this name; fails, listing what is there, where there is none."""
    try:
        return Volume(run, dict(run.client.api.inspect_volume(name)))
    except docker.errors.NotFound:
        listed = run.listed("volume", "ls", "--format", "{{.Name}}")
        raise Failed(f"There is no volume called `{name}`.", evidence=listed) from None


def exists(run: Run, name: str) -> bool:
    """Whether there is a volume of this name."""
    try:
        run.client.api.inspect_volume(name)
    except docker.errors.NotFound:
        return False
    return True


def matching(run: Run, **filters: str | list[str]) -> list[Volume]:
    """All volumes that match the filters of `docker volume ls --filter`, by name."""
    found = run.client.api.volumes(filters=dict(filters))["Volumes"] or []
    return [Volume(run, one) for one in sorted(found, key=lambda one: str(one["Name"]))]


def make(
    run: Run,
    name: str,
    contents: Mapping[str, bytes],
    labels: Mapping[str, str],
    options: Mapping[str, str] | None = None,
) -> Volume:
    """A volume with these files in it, by path from its root; without a name the Engine gives it one."""
    own = {} if name else {ANONYMOUS_LABEL: ""}
    said = dict(options or {}) or None
    made = run.client.api.create_volume(name or None, driver_opts=said, labels=run.labels | dict(labels) | own)
    volume = Volume(run, made)
    if contents:
        volume.write(contents)
    return volume


def nameless(run: Run, path: str) -> Mount:
    """What mounts a volume without a name at a path of a container that is made."""
    # As `docker run --volume PATH` makes it: where it is asked for as a mount, Engine 26 leaves this label out, and
    # `docker volume prune` leaves the volume.
    return Mount(path, None, labels=run.labels | {ANONYMOUS_LABEL: ""})
