import re
from collections.abc import Mapping
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, check

IMAGE, LIST, PLACE = "dd-locker:1.0", "cases.txt", "/locker"
NAMES = ["anchor", "bell", "chart", "flag", "lamp", "rope", "sail", "torch"]
IN_IMAGE = 3
NOTHING = {"none", "nothing", "empty"}


class Case(NamedTuple):
    """A volume or a folder of the host that is mounted, and what is done with it before `ls` shows what is in it."""

    option: str = f"VOLUME:{PLACE}"
    before: str = ""
    """The commands before the last one; RUN stands for `docker run` with this image and option."""
    contents: Mapping[str, bytes] = {}
    """What is in it, not from the image."""
    removes: str = ""
    """What a first container of the image removes."""


class Told(NamedTuple):
    """A case by its number for this learner, with what they predict, and what `ls` showed."""

    number: int
    case: Case
    predicted: set[str]
    shown: set[str]


Cases = dict[str, Told]


def files(answer: Answer) -> tuple[list[str], str]:
    """The files that the image has in its locker, and one that it has not."""
    names = answer.shuffled("names", NAMES)
    return sorted(names[:IN_IMAGE]), names[IN_IMAGE]


def cases(answer: Answer) -> dict[str, Case]:
    """By kind, in an order of this learner."""
    (one, *_), other = files(answer)
    fill = f"docker run --rm -v VOLUME:/x busybox:1.37 touch /x/{other}; "
    kinds = {
        "new": Case(),
        "read_only": Case(f"VOLUME:{PLACE}:ro"),
        "nocopy": Case(f"VOLUME:{PLACE}:nocopy"),
        "full": Case(before=fill, contents={other: b""}),
        "partly": Case(before=f"RUN rm {PLACE}/{one}; ", removes=f"{PLACE}/{one}"),
        "emptied": Case(before=f"RUN sh -c 'rm {PLACE}/*'; ", removes=f"{PLACE}/*"),
        "folder": Case(f'"$PWD/VOLUME:{PLACE}"', before="mkdir VOLUME; "),
    }
    return {kind: kinds[kind] for kind in answer.shuffled("order", list(kinds))}


def line(number: int, case: Case) -> str:
    """The commands of a case, as the learner reads them."""
    run = f"docker run --rm -v {case.option} {IMAGE}"
    return f"{case.before}RUN ls {PLACE}".replace("RUN", run).replace("VOLUME", f"dd-locker-{number}")


def prepare(engine: Engine, answer: Answer) -> None:
    lines = "\n".join(f"{number}: {line(number, case)}" for number, case in enumerate(cases(answer).values(), 1))
    script = f"mkdir {PLACE}; cd {PLACE}; touch {' '.join(files(answer)[0])}; cat >/{LIST} <<'END'\n{lines}\nEND"
    engine.make_image("busybox:1.37", script, name=IMAGE, changes=[f'CMD ["cat", "/{LIST}"]'])


@check(points=1)
def complete(engine: Engine, answer: Answer) -> Cases:
    """answers.toml says for each case which files are shown."""
    known = enumerate(cases(answer).items(), 1)
    predicted = [(number, kind, case, said(answer, f"case-{number}")) for number, (kind, case) in known]
    shown = engine.side_by_side(*(lambda k=kind, c=case: seen(engine, k, c) for _, kind, case, _ in predicted))
    return {kind: Told(n, case, names, found) for (n, kind, case, names), found in zip(predicted, shown, strict=True)}


def said(answer: Answer, question: str) -> set[str]:
    text = answer.said(question, hint=f"`docker run --rm {IMAGE}` shows the cases.")
    names = set(re.findall(r"[a-z0-9-]+", text.lower())) - {"and"}
    if names <= NOTHING:
        return set()
    if unknown := sorted(names - set(NAMES)):
        hint = f'Names of files such as {question} = "anchor bell", or {question} = "none".'
        raise Failed(
            f"`answers.toml` says `{text[:60]}` for `{question}`. No file is called `{unknown[0]}`.", hint=hint
        )
    return names


def seen(engine: Engine, kind: str, case: Case) -> set[str]:
    """What `ls` shows, done on this Engine now with a volume of the check's."""
    image = engine.image(engine.made(IMAGE))
    volume = engine.make_volume(f"case {kind}", case.contents, anonymous=True)
    # The place of a volume that nobody has mounted yet is an empty folder of the Engine's machine.
    source = str(volume.attributes["Mountpoint"]) if kind == "folder" else volume.name
    mounted = {source: {"bind": PLACE, "mode": case.option.partition(f"{PLACE}:")[2] or "rw"}}
    if case.removes:
        engine.once(image, "sh", "-c", f"rm {case.removes}", again=False, volumes=mounted)
    return set(engine.once(image, "sh", "-c", f"ls {PLACE}; echo .", volumes=mounted).stdout.split()) - {"."}


@check(needs=complete, points=3)
def new_volumes(complete: Cases) -> None:
    """New volumes: what a plain one shows, one that is read-only, and one with `nocopy`, is as you predict."""
    compare(
        complete,
        new="Where would the first files of a volume come from?",
        read_only="`:ro` says what the container may do. Who fills a new volume, and when?",
        nocopy="What is it that is not copied?",
    )


@check(needs=complete, points=3)
def used_volumes(complete: Cases) -> None:
    """Volumes with a past: what one shows that was written to, thinned out or emptied is as you predict."""
    compare(
        complete,
        full="Which volumes does Docker fill? And are two folders ever laid over each other?",
        partly="Docker does not ask whether a file is missing. What does it ask?",
        emptied="Docker does not know whether a volume was ever used. What does it look at?",
    )


@check(needs=complete, points=2)
def folder(complete: Cases) -> None:
    """A folder of the host: what an empty one shows is as you predict."""
    compare(complete, folder="Does Docker write into folders of yours?")


def compare(told: Cases, **hints: str) -> None:
    """Fails where a case showed something else than was predicted, naming one file that is wrong and no other."""
    for kind in (kind for kind in told if kind in hints):
        number, case, predicted, shown = told[kind]
        for name in sorted(predicted ^ shown):
            wrong = "it is shown, and you did not name it" if name in shown else "you name it, and it is not shown"
            raise Failed(
                f"Case {number}, the file `{name}`: {wrong}.",
                hint=hints[kind],
                evidence=[f"$ {line(number, case)}"],
            )
