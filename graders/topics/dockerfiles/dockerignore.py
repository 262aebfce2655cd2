import random
import shutil
import tarfile
from pathlib import Path, PurePosixPath

from graders.author import Answer, Build, Engine, Failed, Image, check, scratch_folder

BASE = "busybox:1.37"
APP = "/app"
GIVEN = (
    "server.sh",
    "web/index.html",
    "web/.well-known/security.txt",
    "services/mail/send.sh",
    "services/mail/.env.example",
)
LEFT_OUT = {".env", ".git", "node_modules"}
PROBE = f"FROM {BASE}\nCOPY . /context\n"
PROBE_COMMAND = (
    f"$ printf 'FROM {BASE}\\nCOPY . /context\\n' | docker build -q -t dd-context -f - . "
    "&& docker run --rm dd-context find /context"
)


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    for name in GIVEN:
        answer.file(name)
    for name, content in _planted(answer).items():
        path = answer.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return engine.build(answer.path)


def _new(answer: Answer) -> str:
    return f"post-{answer.nonce('service')}"


def _planted(answer: Answer) -> dict[str, str]:
    """What the folder holds by the next week: files that the app needs, and files that nobody should get."""
    new = _new(answer)
    passwords = [".env", "services/mail/.env", f"services/{new}/.env", f"services/{new}/eu/.env"]
    history = [".git/config", ".git/logs/HEAD"]
    bulk = [f"{where}node_modules/tiny/index.js" for where in ("", "services/mail/", f"services/{new}/eu/")]
    needed = [name for name in _needed(answer) if name not in GIVEN]
    return (
        dict.fromkeys(needed, "needed\n")
        | dict.fromkeys(passwords, f"PASSWORD={_word(answer, 'password')}\n")
        | dict.fromkeys(history, f"url = https://me:{_word(answer, 'history')}@git.invalid/\n")
        | dict.fromkeys(bulk, f"// {_word(answer, 'bulk')}\n" + random.Random(0).randbytes(100_000).hex())  # noqa: S311 - bulk
    )


def _word(answer: Answer, kind: str) -> str:
    return answer.nonce(kind, 24)


def _needed(answer: Answer) -> list[str]:
    new = _new(answer)
    return [*GIVEN, f"web/{new}.html", f"services/{new}/eu/send.sh", f"services/{new}/.env.example"]


@check(needs=builds, points=2)
def complete(builds: Build, engine: Engine, answer: Answer) -> dict[str, tarfile.TarInfo]:
    """What the app needs is in `/app`: `server.sh`, and all else in `web` and `services`."""
    there = builds.image.archive(APP)
    missing = [name for name in _needed(answer) if f"{APP}/{name}" not in there]
    if missing:
        hidden = all("/." in f"/{name}" for name in missing)
        raise Failed(
            f"The image lacks {_listed(missing)}, which the app needs.",
            hint="A pattern matches more than it should. Which of yours fits this name? A line that begins with `!` "
            "takes names back."
            if hidden
            else "Which pattern fits this name, or the name of a folder above it?",
            evidence=engine.once(
                builds.image, APP, "-type", "f", "!", "-path", "*/node_modules/*", entrypoint="find"
            ).evidence,
        )
    return there


@check(needs=builds, points=2)
def no_passwords(builds: Build, engine: Engine, answer: Answer) -> None:
    """No `.env` is in the image, in no layer of it."""
    absent(builds.image, engine, answer, "password", ".env")


@check(needs=builds, points=1)
def no_history(builds: Build, engine: Engine, answer: Answer) -> None:
    """Nothing from `.git` is in the image, in no layer of it."""
    absent(builds.image, engine, answer, "history", ".git")


@check(needs=builds, points=1)
def no_bulk(builds: Build, engine: Engine, answer: Answer) -> None:
    """Nothing from a `node_modules` is in the image, in no layer of it."""
    absent(builds.image, engine, answer, "bulk", "node_modules")


def absent(image: Image, engine: Engine, answer: Answer, kind: str, name: str) -> None:
    found = image.holds(_word(answer, kind), above=engine.original(BASE))
    if not found:
        return
    there = image.archive(APP)
    if not any(path in there for path in found):
        raise Failed(
            f"A later step removed `{found[0]}`, and the layer below still holds it. "
            "Whoever gets the image gets that layer.",
            hint="What is never sent need not be removed. Which file says what is not sent?",
            evidence=image.history_evidence(),
        )
    at_top = any(path.startswith(f"{APP}/{name}") for path in found)
    raise Failed(
        f"The image holds {_listed(found)}."
        + (f" The `{name}` at the top is left out, those below are not." * (not at_top)),
        hint="A pattern is matched against the whole path from the top of the folder, not against each name in it."
        if not at_top
        else f"Which line of `.dockerignore` leaves out `{name}`?",
        evidence=engine.once(image, APP, "-name", name, entrypoint="find").evidence,
    )


@check(needs=(complete, no_passwords, no_history, no_bulk), points=2)
def not_sent(engine: Engine, answer: Answer) -> None:
    """None of it is sent to the Engine, whatever the Dockerfile copies."""
    with scratch_folder() as folder:
        context = Path(folder) / "context"
        shutil.copytree(answer.path, context, symlinks=True)
        # The name stays, for a Dockerfile may have an ignore file of its own.
        (context / "Dockerfile").write_text(PROBE)
        sent = engine.build(context).image.archive("/context")
    files = {path: member for path, member in sent.items() if not member.isdir()}
    extra = {path: member for path, member in files.items() if LEFT_OUT & set(PurePosixPath(path).parts)}
    if extra:
        size = sum(member.size for member in extra.values())
        raise Failed(
            f"The image is clean, but {_listed([p.removeprefix('/context/') for p in extra])} "
            f"went to the Engine: {size / 1e6:.1f} MB that no image needs, in each build.",
            hint="Leaving a file out of the image is the second step. Which file keeps it at home?",
            evidence=[PROBE_COMMAND, *list(extra)[:12]],
        )


def _listed(paths: list[str]) -> str:
    shown = [f"`{path}`" for path in paths]
    return f"{shown[0]}, {shown[1]} and {len(shown) - 2} more" if len(shown) > 2 else " and ".join(shown)
