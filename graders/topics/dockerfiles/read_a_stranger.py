import bz2
import gzip
import lzma
import re

from graders.author import Answer, Build, Engine, Failed, Image, check, hinted

BASE, STRANGER = "busybox:1.37", "dd-stranger:1.0"
PLACE = "/srv/letter"
OF_THE_ENGINE = ("/proc", "/sys", "/dev", "/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab")
"""What an Engine puts into each container."""
LOADED = re.compile(r"(?:load metadata for|^(?:\[[^]]*\] )?FROM) (?:docker\.io/(?:library/)?)?([^\s@]+)")
"""How a build step names an image that it reads; Engine 20.10 loads no metadata for COPY --from."""
TITLE = '{{index .Config.Labels "org.opencontainers.image.title"}}'
SIGNALS = {"2": "SIGINT"}
SETTINGS = {
    "WorkingDir": "working directory",
    "User": "user",
    "ExposedPorts": "exposed port",
    "StopSignal": "stop signal",
}
Files = dict[str, tuple[str, str]]
"""Contents or kind, and owner with mode, of each file of an image, by path."""


def prepare(engine: Engine, answer: Answer) -> None:
    with answer.copied(answer.scene) as context:
        letter = context / "letter.txt"
        letter.write_text(letter.read_text().replace("WORD", _word(answer)))
        image = engine.build(context, tags=[STRANGER]).image
    # Its second name is that of a build, which says nothing to a learner.
    for name in set(image.tags) - {STRANGER}:
        engine.untag(name)


def _word(answer: Answer) -> str:
    return answer.nonce("word", 16)


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=2)
def own_work(builds: Build, engine: Engine) -> None:
    """It is built from `busybox:1.37`, and without the stranger."""
    stranger = engine.image(STRANGER)
    # Whatever an image is called: made of the stranger, it has layers of the stranger.
    own = set(stranger.layers) - set(engine.original(BASE).layers)
    for step in builds.steps:
        loaded = LOADED.search(step.name)
        if not loaded or not engine.has_image(loaded[1]) or not own & set(engine.image(loaded[1]).layers):
            continue
        used, evidence = f"`{loaded[1]}` itself", [f"$ {builds.command}", step.name]
        if loaded[1] != STRANGER:
            used = f"`{loaded[1]}`, which is `{STRANGER}`, itself"
        if engine.image(loaded[1]).id != stranger.id:
            used = f"`{loaded[1]}`, which is made of `{STRANGER}`"
            evidence += engine.evidence("{{range .RootFS.Layers}}{{println .}}{{end}}", STRANGER, loaded[1])
        raise Failed(
            f"The build uses {used}. Where the stranger is not, nothing can be built from your Dockerfile.",
            hint="Take out of the image what cannot be made anew, before the build, and copy it from your folder.",
            evidence=evidence,
        )
    with hinted("The stranger shares its lowest layers with its base, and yours should too."):
        builds.image.starts_from(BASE)


@check(needs=builds, points=2)
def files(builds: Build, engine: Engine) -> tuple[Files, Files]:
    """Its files are those of the stranger, with the same contents."""
    stranger = engine.image(STRANGER)
    wanted, seen = engine.side_by_side(lambda: _files(engine, stranger), lambda: _files(engine, builds.image))
    with hinted("Which instruction of the history made this file, and what did it read?"):
        for path in sorted(wanted.keys() | seen.keys()):
            if path not in seen:
                raise Failed(f"`{path}` is in the stranger, and not in your image.", evidence=_both(engine, builds))
            if path not in wanted:
                raise Failed(f"`{path}` is in your image, and not in the stranger.", evidence=_both(engine, builds))
            if wanted[path][0] != seen[path][0]:
                raise _other_contents(engine, builds, path)
    return wanted, seen


def _other_contents(engine: Engine, builds: Build, path: str) -> Failed:
    mine, theirs = builds.image.read(path) or b"", engine.image(STRANGER).read(path) or b""
    if mine.split() != theirs.split():
        evidence = _both(engine, builds, "cat", path)
        return Failed(f"`{path}` has other contents than in the stranger.", evidence=evidence)
    hint = "`docker cp` takes a file as it is; a terminal (`docker run -t`) and an editor change what ends a line."
    return Failed(
        f"`{path}` has the words that it has in the stranger; spaces or ends of lines are others (`^M` is CR).",
        hint=hint,
        evidence=_both(engine, builds, "cat", "-A", path),
    )


def _files(engine: Engine, image: Image) -> Files:
    skipped = " -o ".join(f"-path {path}" for path in OF_THE_ENGINE)
    find = f"find / -xdev \\( {skipped} \\) -prune -o"
    script = f"{find} -exec stat -c '%n|%F|%u:%g %a' {{}} + && {find} -type f -exec sha256sum {{}} +"
    found: Files = {}
    for line in engine.once(image, "-c", script, entrypoint="sh", user="0").stdout.splitlines():
        if "|" in line:
            path, kind, mode = line.split("|")
            found[path] = (kind, mode)
        else:
            digest, _, path = line.partition("  ")
            found[path] = (digest, found.get(path, ("", ""))[1])
    return found


def _both(engine: Engine, builds: Build, *command: str) -> list[str]:
    """What a command prints in the stranger and in the answer's image, or else a list of their files."""
    program, *arguments = command or ("ls", "-lnR", "/srv")
    both = (engine.image(STRANGER), builds.image)
    return [line for image in both for line in engine.look(image, program, *arguments, user="0")]


@check(needs=files, points=1)
def owners_and_modes(files: tuple[Files, Files], builds: Build, engine: Engine) -> None:
    """They have the same owners and modes."""
    wanted, seen = files
    for path, (_, mode) in sorted(wanted.items()):
        if seen[path][1] != mode:
            raise Failed(
                f"`{path}` has owner and mode `{mode}` in the stranger, and `{seen[path][1]}` in your image.",
                hint="A copied file is root's, with the mode of your disk, unless COPY or RUN says otherwise.",
                evidence=_both(engine, builds),
            )


@check(needs=(files, own_work), points=2)
def follows(engine: Engine, answer: Answer) -> None:
    """With another letter, the image has the other letter, and its seal."""
    word = _word(answer).encode()
    with answer.copied() as context:
        for path in context.rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.write_bytes(_reworded(path.read_bytes(), word))
        image = engine.build(context).image
    put = "The check put another word into your letter and built again; "
    if word[::-1] not in (image.read(f"{PLACE}/letter.txt") or b""):
        raise Failed(
            f"{put}the letter in the image is still the old one.",
            hint="Where does your build take the letter from? It comes from a file in your folder.",
            evidence=engine.look(image, "cat", f"{PLACE}/letter.txt", user="0"),
        )
    compared = engine.once(image, "-c", f"cd {PLACE} && sha256sum -c seal", entrypoint="sh", user="0")
    if compared.exit_code:
        raise Failed(
            f"{put}the seal is still that of the old letter.",
            hint="The stranger's seal was made by a step of its build. Which one?",
            evidence=compared.evidence,
        )


def _reworded(content: bytes, word: bytes) -> bytes:
    """What a file holds, with another word, as long as the old one, so that archives stay whole."""
    for magic, compression in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ", lzma)):
        if content.startswith(magic):
            try:
                return bytes(compression.compress(compression.decompress(content).replace(word, word[::-1])))
            except (OSError, EOFError, lzma.LZMAError):
                break
    return content.replace(word, word[::-1])


@check(needs=builds, points=1)
def command(builds: Build, engine: Engine) -> None:
    """It runs the same command: entrypoint and arguments."""
    with hinted(
        "Two lines of the history say together what runs. It shows lists without their commas; a Dockerfile needs them."
    ):
        _same(builds, engine, {"Entrypoint": "entrypoint", "Cmd": "command"})


@check(needs=builds, points=1)
def environment(builds: Build, engine: Engine) -> None:
    """It sets the same environment."""
    mine, stranger = builds.image, engine.image(STRANGER)
    for name in sorted(mine.env.keys() | stranger.env.keys()):
        seen, wanted = mine.env.get(name), stranger.env.get(name)
        if seen != wanted:
            said = "is not in the stranger's environment" if wanted is None else f"is `{wanted}` in the stranger"
            hint = "Which line of the history sets it? Quotes around a value are not part of it."
            if wanted is None:
                hint = "What is known while building and gone afterwards is set by another instruction than ENV."
            raise Failed(
                f"`{name}` {said}, and {'is not in yours' if seen is None else f'is `{seen}` in your image'}.",
                hint=hint,
                evidence=[*stranger.evidence("{{json .Config.Env}}"), *mine.evidence("{{json .Config.Env}}")],
            )


@check(needs=builds, points=1)
def setting(builds: Build, engine: Engine) -> None:
    """It has the same working directory, user, exposed port and stop signal."""
    with hinted("Each of them has an instruction of its own, and a line in the history."):
        _same(builds, engine, SETTINGS)


def _same(builds: Build, engine: Engine, settings: dict[str, str]) -> None:
    stranger = engine.image(STRANGER)
    for key, name in settings.items():
        seen = builds.image.config.get(key) or None
        if SIGNALS.get(str(seen), seen) != (stranger.config.get(key) or None):
            template = f"{{{{json .Config.{key}}}}}"
            evidence = [*stranger.evidence(template), *builds.image.evidence(template)]
            raise Failed(f"The {name} of your image is not that of the stranger.", evidence=evidence)


@check(needs=builds, points=1)
def labels(builds: Build, engine: Engine) -> None:
    """It carries the same label."""
    stranger = engine.image(STRANGER)
    if builds.image.labels != stranger.labels:
        raise Failed(
            f"The stranger is labelled {_shown(stranger.labels)}, your image {_shown(builds.image.labels)}.",
            hint="Which instruction of the history puts a note on the image?",
            evidence=[*stranger.evidence(TITLE), *builds.image.evidence(TITLE)],
        )


def _shown(labels: dict[str, str]) -> str:
    return ", ".join(f"`{key}={value}`" for key, value in sorted(labels.items())) or "with nothing"
