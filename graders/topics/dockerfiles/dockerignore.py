import random
import tarfile
from pathlib import PurePosixPath

from graders.author import Answer, Build, Engine, Failed, check

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


def _planted(answer: Answer) -> dict[str, str]:
    """What the folder holds by the next week: files that the app needs, and files that nobody should get."""
    new = f"services/post-{answer.nonce('service')}"
    passwords = [".env", "services/mail/.env", f"{new}/.env", f"{new}/eu/.env"]
    history = [".git/config", ".git/logs/HEAD"]
    bulk = [f"{where}node_modules/tiny/index.js" for where in ("", "services/mail/", f"{new}/eu/")]
    noise = random.Random(0).randbytes(100_000).hex()  # noqa: S311 - bulk
    return (
        dict.fromkeys(_needed(answer)[len(GIVEN) :], "needed\n")
        | dict.fromkeys(passwords, f"PASSWORD={answer.nonce('.env', 24)}\n")
        | dict.fromkeys(history, f"url = https://me:{answer.nonce('.git', 24)}@git.invalid/\n")
        | dict.fromkeys(bulk, f"// {answer.nonce('node_modules', 24)}\n{noise}")
    )


def _needed(answer: Answer) -> list[str]:
    new = f"post-{answer.nonce('service')}"
    return [*GIVEN, f"web/{new}.html", f"services/{new}/eu/send.sh", f"services/{new}/.env.example"]


@check(needs=builds, points=2)
def complete(builds: Build, engine: Engine, answer: Answer) -> dict[str, tarfile.TarInfo]:
    """What the app needs is in `/app`: `server.sh`, and all else in `web` and `services`."""
    there = builds.image.archive(APP)
    missing = [name for name in _needed(answer) if f"{APP}/{name}" not in there]
    if missing:
        hint = "Which pattern fits this name, or the name of a folder above it?"
        if all("/." in f"/{name}" for name in missing):
            hint = "A pattern matches more than it should. Which of yours fits this name? "
            hint += _odd_line(answer, order=True) or "A line that begins with `!` takes names back."
        raise Failed(
            f"The image lacks {_listed(missing)}, which the app needs.",
            hint=hint,
            evidence=engine.look(builds.image, "find", APP, "-type", "f", "!", "-path", "*/node_modules/*"),
        )
    return there


@check(needs=builds, points=2)
def no_passwords(builds: Build, engine: Engine, answer: Answer) -> None:
    """No `.env` is in the image, in no layer of it."""
    _absent(".env", builds, engine, answer)


@check(needs=builds, points=1)
def no_history(builds: Build, engine: Engine, answer: Answer) -> None:
    """Nothing from `.git` is in the image, in no layer of it."""
    _absent(".git", builds, engine, answer)


@check(needs=builds, points=1)
def no_bulk(builds: Build, engine: Engine, answer: Answer) -> None:
    """Nothing from a `node_modules` is in the image, in no layer of it."""
    _absent("node_modules", builds, engine, answer)


def _odd_line(answer: Answer, *, order: bool = False) -> str:
    """A hint where a line of .dockerignore means something else than its writer meant."""
    file = answer.path / ".dockerignore"
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for line in patterns:
        if line[:1] in {'"', "'"}:
            return f"Quotes are part of a pattern: what does `{line}` match?"
        if " #" in line:
            return f"A comment has a line of its own: all of `{line}` is one pattern."
    taken_back = [number for number, line in enumerate(patterns) if line.startswith("!")]
    if order and taken_back and not all(line.startswith("!") for line in patterns[taken_back[0] :]):
        return "Of all lines that fit a name, the last one decides. What stands below your `!`?"
    return ""


def _absent(name: str, builds: Build, engine: Engine, answer: Answer) -> None:
    image = builds.image
    found = image.holds(answer.nonce(name, 24), above=engine.original(BASE))
    there = image.archive(APP) if found else {}
    if found and not any(path in there for path in found):
        raise Failed(
            f"A later step removed `{found[0]}`, and the layer below still holds it. "
            "Whoever gets the image gets that layer.",
            hint="What is never sent need not be removed. Which file says what is not sent?",
            evidence=image.history_evidence(),
        )
    if found:
        which, hint = "", f"Which line of `.dockerignore` leaves out `{name}`?"
        if not any(path.startswith(f"{APP}/{name}") for path in found):
            which = f" The `{name}` at the top is left out, those below are not."
            hint = (
                "A pattern is matched against the whole path from the top of the folder, not against each name in it."
            )
        hint = _odd_line(answer) or hint
        evidence = engine.look(image, "find", APP, "-name", name)
        raise Failed(f"The image holds {_listed(found)}.{which}", hint=hint, evidence=evidence)


@check(needs=(complete, no_passwords, no_history, no_bulk), points=2)
def not_sent(engine: Engine, answer: Answer) -> None:
    """None of it is sent to the Engine, whatever the Dockerfile copies."""
    with answer.copied() as context:
        # The name stays, for a Dockerfile may have an ignore file of its own.
        (context / "Dockerfile").write_text(PROBE)
        sent = engine.build(context).image.archive("/context")
    extra = [path for path, file in sent.items() if not file.isdir() and LEFT_OUT & set(PurePosixPath(path).parts)]
    if extra:
        size = sum(sent[path].size for path in extra)
        raise Failed(
            f"The image is clean, but {_listed([p.removeprefix('/context/') for p in extra])} "
            f"went to the Engine: {size / 1e6:.1f} MB that no image needs, in each build.",
            hint="Leaving a file out of the image is the second step. Which file keeps it at home?",
            evidence=[PROBE_COMMAND, *extra[:12]],
        )


def _listed(paths: list[str]) -> str:
    shown = [f"`{path}`" for path in paths]
    return f"{shown[0]}, {shown[1]} and {len(shown) - 2} more" if len(shown) > 2 else " and ".join(shown)
