import re
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from graders.author import Answer, Build, Engine, Failed, check, scratch_folder

CHANGES, LIST = "dd-changes:1.0", "changes.txt"
PAGES, FERRY, PACKAGES = "server/serve.sh", "lines/ferry.txt", "packages.txt"
STEPS = "ABCDEFGHIJ"
PREPARE = '$ try=$(mktemp -d); cp -r . "$try"; cd "$try"; date > release.txt; docker build -q .'


class Change(NamedTuple):
    """Something that a colleague might do: how the list says it, and what a shell in the folder does for it."""

    said: str
    typed: str = ""
    args: Mapping[str, str] = {}
    restored: str = ""
    """The file that is put back after a build in between."""


class Case(NamedTuple):
    """One change, by its number for this learner, with the steps that they say run again, and what the builder did."""

    number: int
    change: Change
    predicted: set[str]
    build: Build


Cases = dict[str, Case]


def prepare(engine: Engine, answer: Answer) -> None:
    with scratch_folder() as folder:
        lines = [f"{number}: {change.said}\n" for number, change in enumerate(_changes(answer).values(), 1)]
        (Path(folder) / LIST).write_text("".join(lines))
        engine.make_image("busybox:1.37", content=Path(folder), name=CHANGES, changes=[f'CMD ["cat", "/{LIST}"]'])


def _changes(answer: Answer) -> dict[str, Change]:
    """By kind, in an order of this learner, whose files and values are others than a neighbour's too."""

    def one(name: str, *items: str) -> str:
        return answer.shuffled(name, list(items))[0]

    def word(kind: str) -> str:
        # No two the same: what one change has built, another would find in the cache.
        return f"night-{answer.nonce(kind, 4)}"

    touched, reverted = one("touched", PAGES, FERRY, PACKAGES), one("reverted", PAGES, FERRY, PACKAGES)
    mode, other = answer.shuffled("mode", [PAGES, PACKAGES])
    argument, old = one("argument", "REGION", "NUMBER"), one("variable", "COLOUR=green", "PORT=8080")
    value = str(answer.number("value", 1024, 9999))
    new = f"{old.partition('=')[0]}={value}"
    line = f'echo "{word("reverted")}" >> {reverted}'
    put_back = f"cp {reverted} /tmp/kept; {line}; docker build -q .; cp /tmp/kept {reverted}"
    kinds = {
        "touched": Change(f"touch {touched}"),
        "mode": Change(f"chmod 700 {mode}"),
        "content": Change(f'echo "{word("content")}" >> {one("content", other, FERRY)}'),
        "ignored": Change(f'echo "{word("ignored")}" >> server/debug.log'),
        "reverted": Change(f"{line}; build; take the line out again", put_back, restored=reverted),
        "argument": Change(f"docker build --build-arg {argument}={value} .", ":", args={argument: value}),
        "variable": Change(f"in the Dockerfile, ENV {old} becomes ENV {new}", f"sed -i.old s/{old}/{new}/ Dockerfile"),
        "unused": Change(f'echo "echo {word("unused")}" >> tests/all.sh'),
        "same": Change(f'echo "# {word("same")}" >> {FERRY}'),
    }
    return {kind: kinds[kind] for kind in answer.shuffled("order", list(kinds))}


@check(points=1)
def complete(engine: Engine, answer: Answer) -> Cases:
    """answers.toml says for each change which steps run again."""
    changes = _changes(answer)
    predicted = [_predicted(answer, f"change-{number}") for number in range(1, len(changes) + 1)]
    with answer.copied(answer.given) as folder:
        # The first step of all copies it: nothing that was built before this run can be reused.
        (folder / "release.txt").write_text(f"release {uuid.uuid4()}\n")
        engine.build(folder)
        built = [_built(engine, answer, folder, change) for change in changes.values()]
    numbered = zip(changes.items(), predicted, built, strict=True)
    return {kind: Case(at, change, said, done) for at, ((kind, change), said, done) in enumerate(numbered, 1)}


def _predicted(answer: Answer, name: str) -> set[str]:
    said = answer.said(name, hint=f"`docker run --rm {CHANGES}` shows the changes.")
    text = re.sub(r"\bAND\b|\bSTEPS?\b|[\s,;.+&/]", "", said.upper())
    if text in {"NONE", "NOTHING", "NO"}:
        return set()
    text = re.sub("([A-J])[-–]([A-J])", lambda ends: STEPS[STEPS.index(ends[1]) : STEPS.index(ends[2]) + 1], text)
    if not set(text) <= set(STEPS):
        hint = f'Letters such as {name} = "B C", or {name} = "none".'
        raise Failed(f"`answers.toml` says `{said[:60]}` for `{name}`, which names no steps.", hint=hint)
    return set(text)


def _built(engine: Engine, answer: Answer, folder: Path, change: Change) -> Build:
    """The second build: a copy of the folder that was just built, with the change."""
    with answer.copied(folder) as context:
        if change.restored:
            kept = (context / change.restored).read_bytes()
            subprocess.run(["sh", "-c", change.said.partition(";")[0]], cwd=context, check=True)
            engine.build(context)
            (context / change.restored).write_bytes(kept)
        else:
            subprocess.run(["sh", "-c", change.typed or change.said], cwd=context, check=True)
        return engine.build(context, args=change.args)


@check(needs=complete, points=5)
def files(complete: Cases, answer: Answer) -> None:
    """Files: what a time, a mode, contents, an ignored file and a change taken back do is as you predict."""
    _compare(
        answer,
        complete,
        touched="`touch` writes a new time. Is the time of a file in the key of a COPY?",
        mode="A mode is copied with its file. Which step copies this one, and what stands on that step?",
        content="Find the step that copies the file. Which steps stand on it, in its stage and in others?",
        ignored="What `.dockerignore` leaves out is not sent. Can the builder see that it changed?",
        reverted="The cache keeps more than the last build. Was this state of the folder built before?",
    )


@check(needs=complete, points=2)
def values(complete: Cases, answer: Answer) -> None:
    """Values: what another `--build-arg` and another `ENV` do is as you predict."""
    _compare(
        answer,
        complete,
        argument="An ARG counts from its line on. Which kind of step is given its value, even if it does not use it?",
        variable="An ENV is there while a RUN below it runs. Has the COPY of a file anything to do with it?",
    )


@check(needs=complete, points=2)
def stages(complete: Cases, answer: Answer) -> None:
    """Stages: what a change in another stage than the last does is as you predict."""
    _compare(
        answer,
        complete,
        unused="Which stages does the last one need?",
        same="What becomes of a comment in step C? `COPY --from=` compares what it copies, as any COPY does.",
    )


def _compare(answer: Answer, cases: Cases, **hints: str) -> None:
    """Fails where the builder did something else than was predicted, showing the first such step and no other."""
    for kind, case in cases.items():
        if kind in hints:
            _same(answer, case, hints[kind])


def _same(answer: Answer, case: Case, hint: str) -> None:
    instructions = dict(re.findall(r"^# ([A-J])\n(.*)$", (answer.given / "Dockerfile").read_text(), re.MULTILINE))
    steps = {step.instruction: step for step in case.build.steps}
    done = {letter: steps.get(text) for letter, text in instructions.items()}
    ran = {letter for letter, step in done.items() if step and not step.cached}
    for letter in sorted(ran ^ case.predicted):
        step, change = done[letter], case.change
        seen = f"step {letter} ran again, and you did not name it"
        if letter not in ran:
            seen = f"you say that step {letter} runs again, and the builder {'reused it' if step else 'left it out'}"
        words = " ".join(instructions[letter].split()[:2])
        options = "".join(f"--build-arg {name}={value} " for name, value in change.args.items())
        command = f"docker build --progress=plain {options}. 2>&1 | grep -A1 '{words}'"
        typed = "" if change.typed == ":" else f"{change.typed or change.said}; "
        shown = [step.name, "CACHED" if step.cached else "DONE"] if step else []
        raise Failed(
            f"Change {case.number}, `{change.said}`: {seen}.",
            hint=hint,
            evidence=[PREPARE, f"$ {typed}{command}", *shown],
        )
