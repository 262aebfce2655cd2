import re
import shutil
from pathlib import Path

from graders.author import Answer, Build, Engine, Failed, Image, check, scratch_folder

BASE, STRANGER = "busybox:1.37", "dd-stranger:1.0"
PLACE = "/srv/letter"
DOCKERFILE = f"""\
FROM {BASE}
LABEL org.opencontainers.image.title="A stranger"
ENV LAMP=lit GREETING="Good evening"
ARG EDITION=3
WORKDIR {PLACE}
COPY --chown=1007:1008 --chmod=640 letter.txt ./
RUN sha256sum letter.txt > seal
RUN echo "edition $EDITION" > edition && chmod 600 edition && chown 1007 edition
EXPOSE 7070
STOPSIGNAL SIGINT
USER 1007:1008
ENTRYPOINT ["cat"]
CMD ["letter.txt", "edition"]
"""
OF_THE_ENGINE = ("/proc", "/sys", "/dev", "/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab")
"""What an Engine puts into each container."""
LOADED = re.compile(r"(?:load metadata for|^(?:\[[^]]*\] )?FROM) (?:docker\.io/(?:library/)?)?(\S+)")
"""How a build step names an image that it reads; Engine 20.10 loads no metadata for COPY --from."""
TITLE = '{{index .Config.Labels "org.opencontainers.image.title"}}'
SIGNALS = {"2": "SIGINT"}


def prepare(engine: Engine, answer: Answer) -> None:
    with scratch_folder() as folder:
        (Path(folder) / "Dockerfile").write_text(DOCKERFILE)
        (Path(folder) / "letter.txt").write_text(
            f"Dear finder,\nthe word is {_word(answer)}.\nWhat I was made from is lost. Read me.\n"
        )
        image = engine.build(Path(folder), tags=[STRANGER]).image
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
    stranger, base = engine.image(STRANGER), engine.original(BASE)
    for step in builds.steps:
        loaded = LOADED.search(step.name)
        if loaded and engine.has_image(loaded[1]) and engine.image(loaded[1]).id == stranger.id:
            name = f"`{loaded[1]}`" + (f", which is `{STRANGER}`," if loaded[1] != STRANGER else "")
            raise Failed(
                f"The build uses {name} itself. Where the stranger is not, nothing can be built from your Dockerfile.",
                hint="Take out of the image what cannot be made anew, before the build, and copy it from your folder.",
                evidence=[f"$ {builds.command}", step.name],
            )
    if builds.image.layers[: len(base.layers)] != base.layers:
        layers = "{{range .RootFS.Layers}}{{println .}}{{end}}"
        raise Failed(
            f"The lowest layers of your image are not those of `{BASE}`.",
            hint="The stranger shares its lowest layers with its base, and yours should too.",
            evidence=[*builds.image.evidence(layers), *base.evidence(layers)],
        )


@check(needs=builds, points=2)
def files(builds: Build, engine: Engine) -> tuple[dict[str, str], dict[str, str]]:
    """Its files are those of the stranger, with the same contents."""
    stranger = engine.image(STRANGER)
    found: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    engine.side_by_side(
        lambda: found.update(stranger=_files(engine, stranger)), lambda: found.update(mine=_files(engine, builds.image))
    )
    (wanted, wanted_modes), (seen, seen_modes) = found["stranger"], found["mine"]
    evidence = [*_listing(engine, stranger), *_listing(engine, builds.image)]
    hint = "Which instruction of the history made this file, and what did it read?"
    for path in sorted(wanted.keys() | seen.keys()):
        if path not in seen:
            raise Failed(f"`{path}` is in the stranger, and not in your image.", hint=hint, evidence=evidence)
        if path not in wanted:
            raise Failed(f"`{path}` is in your image, and not in the stranger.", hint=hint, evidence=evidence)
        if wanted[path] != seen[path]:
            raise Failed(
                f"`{path}` has other contents than in the stranger.",
                hint=hint,
                evidence=[
                    *engine.once(stranger, path, entrypoint="cat", user="0").evidence,
                    *engine.once(builds.image, path, entrypoint="cat", user="0").evidence,
                ],
            )
    return wanted_modes, seen_modes


def _files(engine: Engine, image: Image) -> tuple[dict[str, str], dict[str, str]]:
    """Contents (or kinds) and owners with modes, by path."""
    skipped = " -o ".join(f"-path {path}" for path in OF_THE_ENGINE)
    found = f"find / -xdev \\( {skipped} \\) -prune -o"
    script = f"{found} -exec stat -c '%n|%F|%u:%g %a' {{}} + && {found} -type f -exec sha256sum {{}} +"
    kinds: dict[str, str] = {}
    modes: dict[str, str] = {}
    for line in engine.once(image, "-c", script, entrypoint="sh", user="0").stdout.splitlines():
        if "|" in line:
            path, kind, mode = line.split("|")
            kinds.setdefault(path, kind)
            modes[path] = mode
        else:
            digest, _, path = line.partition("  ")
            kinds[path] = digest
    return kinds, modes


def _listing(engine: Engine, image: Image) -> list[str]:
    return engine.once(image, "-lnR", "/srv", entrypoint="ls", user="0").evidence


@check(needs=files, points=1)
def owners_and_modes(files: tuple[dict[str, str], dict[str, str]], builds: Build, engine: Engine) -> None:
    """They have the same owners and modes."""
    wanted, seen = files
    for path, mode in sorted(wanted.items()):
        if seen[path] != mode:
            raise Failed(
                f"`{path}` has owner and mode `{mode}` in the stranger, and `{seen[path]}` in your image.",
                hint="A copied file is root's, with the mode of your disk, unless COPY or RUN says otherwise.",
                evidence=[*_listing(engine, engine.image(STRANGER)), *_listing(engine, builds.image)],
            )


@check(needs=(files, own_work), points=2)
def follows(engine: Engine, answer: Answer) -> None:
    """With another letter, the seal is that of the other letter."""
    word = _word(answer).encode()
    with scratch_folder() as folder:
        context = Path(folder) / "context"
        shutil.copytree(answer.path, context, symlinks=True)
        # As long as the old word, so that archives stay whole.
        for path in context.rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.write_bytes(path.read_bytes().replace(word, word[::-1]))
        image = engine.build(context).image
    compared = engine.once(image, "-c", f"cd {PLACE} && sha256sum -c seal", entrypoint="sh", user="0")
    if compared.exit_code:
        raise Failed(
            "The check put another word into your letter and built again; the seal is still that of the old letter.",
            hint="The stranger's seal was made by a step of its build. Which one?",
            evidence=compared.evidence,
        )


@check(needs=builds, points=1)
def command(builds: Build, engine: Engine) -> None:
    """It runs the same command: entrypoint and arguments."""
    hint = (
        "Two lines of the history say together what runs. It shows lists without their commas; a Dockerfile needs them."
    )
    _same(builds.image, engine, "Entrypoint", "entrypoint", hint)
    _same(builds.image, engine, "Cmd", "command", hint)


@check(needs=builds, points=1)
def environment(builds: Build, engine: Engine) -> None:
    """It sets the same environment."""
    stranger = engine.image(STRANGER)
    if builds.image.env != stranger.env:
        name = min(dict(set(builds.image.env.items()) ^ set(stranger.env.items())))
        mine, wanted = builds.image.env.get(name), stranger.env.get(name)
        said = f"is `{wanted}` in the stranger" if wanted is not None else "is not in the stranger's environment"
        seen = f"is `{mine}` in your image" if mine is not None else "is not in yours"
        hint = "What is known while building and gone afterwards is set by another instruction than ENV."
        if wanted is not None:
            hint = "Which line of the history sets it? Quotes around a value are not part of it."
        raise Failed(
            f"`{name}` {said}, and {seen}.",
            hint=hint,
            evidence=[*stranger.evidence("{{json .Config.Env}}"), *builds.image.evidence("{{json .Config.Env}}")],
        )


@check(needs=builds, points=1)
def setting(builds: Build, engine: Engine) -> None:
    """It has the same working directory, user, exposed port and stop signal."""
    hint = "Each of them has an instruction of its own, and a line in the history."
    _same(builds.image, engine, "WorkingDir", "working directory", hint)
    _same(builds.image, engine, "User", "user", hint)
    _same(builds.image, engine, "ExposedPorts", "exposed port", hint)
    _same(builds.image, engine, "StopSignal", "stop signal", hint)


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


def _same(image: Image, engine: Engine, key: str, name: str, hint: str) -> None:
    stranger = engine.image(STRANGER)
    wanted, seen = (i.config.get(key) or None for i in (stranger, image))
    if SIGNALS.get(str(seen), seen) != wanted:
        template = f"{{{{json .Config.{key}}}}}"
        raise Failed(
            f"The {name} of your image is not that of the stranger.",
            hint=hint,
            evidence=[*stranger.evidence(template), *image.evidence(template)],
        )
