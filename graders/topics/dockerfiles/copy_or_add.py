import gzip
import io
import tarfile
from pathlib import Path

from graders.author import Answer, Build, Engine, Failed, check

BASE = "busybox:1.37"
PLACE = "/srv/site"
SITE, HANDBOOK, CONF = "site.tar.gz", "handbook.tar.gz", "/etc/site.conf"
OWNER, MODE = 1042, 0o400


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    # A page added just before the build is in no copy that was unpacked earlier.
    _add(answer.file(SITE), _news(answer))
    return engine.build(answer.path)


def _news(answer: Answer) -> str:
    return f"news-{answer.nonce('news')}.html"


def _add(archive: Path, name: str) -> None:
    page = tarfile.TarInfo(name)
    page.size = len(name)
    try:
        with tarfile.open(archive) as old, io.BytesIO() as raw:
            with tarfile.open(fileobj=raw, mode="w") as new:
                for member in old:
                    new.addfile(member, old.extractfile(member) if member.isfile() else None)
                new.addfile(page, io.BytesIO(name.encode()))
            archive.write_bytes(gzip.compress(raw.getvalue(), mtime=0))
    except tarfile.TarError as error:
        message = f"`{archive.name}` in your folder is no tar archive: {error}."
        raise Failed(message, hint="`%reset` brings the file back.") from None


@check(needs=builds, points=2)
def unpacked(builds: Build, engine: Engine) -> None:
    """The files of `site.tar.gz` are in `/srv/site`, unpacked."""
    there = builds.image.archive(PLACE)
    missing = [path for path in (f"{PLACE}/index.html", f"{PLACE}/css/style.css") if path not in there]
    packed = there.get(f"{PLACE}/{SITE}")
    if missing and packed and packed.isdir():
        raise Failed(
            f"The archive was unpacked in a directory that is called `{PLACE}/{SITE}`.",
            hint="An archive is unpacked in the directory that stands last on the line.",
            evidence=engine.look(builds.image, "find", PLACE),
        )
    if missing and packed:
        raise Failed(
            f"`{PLACE}/{SITE}` is there, still packed.",
            hint="One of COPY and ADD unpacks a local archive.",
            evidence=engine.look(builds.image, "find", PLACE),
        )
    if missing:
        found = engine.once(builds.image, "/", "-xdev", "-name", "index.html", entrypoint="find")
        elsewhere = f" One is at `{found.stdout.split()[0]}`." if found.stdout else ""
        raise Failed(
            f"There is no `{missing[0]}` in the image.{elsewhere}",
            hint="An archive is unpacked in the directory that stands last on the line.",
            evidence=found.evidence,
        )


@check(needs=unpacked, points=1)
def follows_archive(builds: Build, engine: Engine, answer: Answer) -> None:
    """They come from the archive that is there when the image is built."""
    news = _news(answer)
    if builds.image.read(f"{PLACE}/{news}") is None:
        raise Failed(
            f"A page, `{news}`, was added to `{SITE}` before this build, and it is not in `{PLACE}`. "
            "The files there were unpacked earlier.",
            hint="Let the build unpack the archive.",
            evidence=engine.look(builds.image, "find", PLACE),
        )


@check(needs=builds, points=1)
def stays_packed(builds: Build, engine: Engine, answer: Answer) -> None:
    """`/srv/site/handbook.tar.gz` is the handbook's archive, packed."""
    if builds.image.read(f"{PLACE}/{HANDBOOK}") != answer.file(HANDBOOK).read_bytes():
        message = f"There is no `{PLACE}/{HANDBOOK}` in the image that is the same file."
        hint = "COPY takes a file as it is."
        if any("handbook.txt" in path for path in builds.image.archive(PLACE)):
            message = "The handbook was unpacked: `handbook.txt` is in the image, and the archive is not."
            hint = "One of COPY and ADD never unpacks."
        raise Failed(message, hint=hint, evidence=engine.look(builds.image, "find", PLACE))


@check(needs=builds, points=1)
def configuration(builds: Build, engine: Engine, answer: Answer) -> tarfile.TarInfo:
    """`/etc/site.conf` is `site.conf`."""
    member = builds.image.archive(CONF).get(CONF)
    if member is None:
        raise Failed(f"There is no `{CONF}` in the image.", evidence=engine.look(builds.image, "ls", "/etc"))
    if not member.isfile():
        hint = "A target that ends with `/` is a directory; a file goes into it, under its own name."
        raise Failed(f"`{CONF}` is a directory.", hint=hint, evidence=engine.look(builds.image, "find", CONF))
    if builds.image.read(CONF) != answer.file("site.conf").read_bytes():
        evidence = engine.look(builds.image, "cat", CONF)
        raise Failed(f"`{CONF}` is not the same file as `site.conf`.", evidence=evidence)
    return member


@check(needs=configuration, points=1)
def owner(configuration: tarfile.TarInfo, builds: Build, engine: Engine) -> None:
    """It belongs to user and group 1042."""
    if (configuration.uid, configuration.gid) != (OWNER, OWNER):
        raise Failed(
            f"`{CONF}` belongs to user {configuration.uid} and group {configuration.gid}.",
            hint="What is copied belongs to root, unless COPY is told another owner. "
            "A name is of use only where the image's own /etc/passwd has it; a number always is.",
            evidence=engine.look(builds.image, "ls", "-ln", CONF),
        )


@check(needs=configuration, points=1)
def mode(configuration: tarfile.TarInfo, builds: Build, engine: Engine) -> None:
    """Its owner alone may read it, and nobody write it: mode 0400."""
    if configuration.mode & 0o7777 != MODE:
        raise Failed(
            f"`{CONF}` has the mode {configuration.mode & 0o7777:04o}.",
            hint="A copied file keeps the mode it has on your disk, unless COPY is told another.",
            evidence=engine.look(builds.image, "ls", "-ln", CONF),
        )


@check(needs=unpacked, points=2)
def archive_gone(builds: Build, engine: Engine, answer: Answer) -> None:
    """`site.tar.gz` itself is in no layer of the image."""
    archive = answer.file(SITE).read_bytes()
    found = [path for path, content in builds.image.layer_files(above=engine.original(BASE)) if content == archive]
    if found:
        raise Failed(
            f"A layer of the image holds `{found[0]}`, the archive. "
            "It takes its space in every copy of the image, even when a later step removes it.",
            hint="Which instruction needs no copy of the archive in the image to unpack it?",
            evidence=builds.image.history_evidence(),
        )
