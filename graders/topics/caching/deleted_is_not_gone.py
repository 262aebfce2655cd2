import hashlib
import re

from graders.author import Answer, Build, Engine, Failed, Image, check, hinted

BASE, LEAKY = "busybox:1.37", "dd-leaky:1.0"
NAMES = ["deploy.key", ".netrc", "upload-pass", "ci.token"]
BEFORE = "COPY page.txt ./\n"
SAVED = ["$ docker save dd-leaky:1.0 | tar -x; cat manifest.json; tar -tf LAYER"]


def prepare(engine: Engine, answer: Answer) -> None:
    with answer.copied(answer.scene) as context:
        notes = "".join(f"RUN echo {number} > note.{number}\n" for number in range(_notes(answer)))
        recipe = (context / "Dockerfile").read_text().replace("NAME", _name(answer))
        (context / "Dockerfile").write_text(recipe.replace(BEFORE, BEFORE + notes))
        (context / _name(answer)).write_text(f"{_token(answer)}\n")
        image = engine.build(context, tags=[LEAKY]).image
    for name in set(image.tags) - {LEAKY}:
        engine.untag(name)


def _name(answer: Answer) -> str:
    return answer.shuffled("name", NAMES)[0]


def _notes(answer: Answer) -> int:
    return answer.number("notes", 1, 4)


def _token(answer: Answer) -> str:
    return f"dd-token-{answer.nonce('token', 20)}"


@check(points=1)
def path(answer: Answer) -> None:
    """answers.toml names the file that held the token."""
    said = f"/{answer.said('path', hint='Which layer hides files? `%layers dd-leaky:1.0` says it.').lstrip('/')}"
    if said != f"/srv/{_name(answer)}":
        also = " It was deleted too, but it held no token." if said == "/srv/build.log" else ""
        raise Failed(
            f"answers.toml says that the token was in `{said}`. It was not.{also}",
            hint="A deleted file has left a mark, `.wh.` with its name, in the layer of the step that deleted it.",
            evidence=SAVED,
        )


@check(points=2)
def layer(engine: Engine, answer: Answer) -> None:
    """It says in which layer the token still lies."""
    said = answer.said("layer", hint="The lowest layer is 1. `%layers dd-leaky:1.0` numbers them.")
    # WORKDIR and the page's COPY made one each; the seal, the log and the deletion come behind.
    right = len(engine.original(BASE).layers) + 3 + _notes(answer)
    if said != str(right):
        why = "It does not hold the contents of the token's file."
        if said == str(right + 3):
            why = "That layer hides the file: it holds a mark with the file's name, and no contents."
        elif said.isdecimal() and int(said) > right + 3:
            why = "The image has fewer layers; its history has instructions that made none."
        hint = "Which step brought the file, and how many layers lie below that of this step?"
        raise Failed(f"answers.toml says `layer = {said}`. {why}", hint=hint, evidence=SAVED)


@check(points=2)
def token(answer: Answer) -> None:
    """It says the token."""
    said = answer.said("token", hint="A layer is an archive of files: `tar -xOf LAYER srv/NAME` prints one of them.")
    if said.strip() != _token(answer):
        ours = (answer.given / "token.txt").read_text().strip()
        whose = " It is the one of the folder's `token.txt`." if said.strip() == ours else ""
        raise Failed(
            f"`{said}` is not the token of `{LEAKY}`.{whose}",
            hint="The contents of the file lie in the layer of the step that brought it. Copy them whole.",
            evidence=SAVED,
        )


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    (answer.path / "token.txt").write_text(f"{_other(answer)}\n")
    (answer.path / "page.txt").write_text(_page(answer))
    return engine.build(answer.path, secrets={"token": answer.path / "token.txt"})


def _other(answer: Answer) -> str:
    return answer.nonce("another", 32)


def _page(answer: Answer) -> str:
    return f"The tide comes in at {answer.nonce('page')}.\n"


@check(needs=builds, points=2)
def sealed(engine: Engine, answer: Answer, builds: Build) -> None:
    """The image prints the page, and below it the seal of token and page."""
    done, page = engine.once(builds.image), _page(answer)
    hint = "The seal is `sha256sum` of both, the token first, made by a step that sees the token."
    with hinted(hint, lambda: done.evidence):
        if page.strip() not in done.stdout:
            raise Failed("The image does not print the page of your folder, which the check changed before it built.")
        below = done.stdout.partition(page.strip())[2]
        if not re.search(r"[0-9a-f]{64}", below):
            raise Failed("Below the page stands no seal.")
        if _seal(f"{_other(answer)}\n{page}") not in below:
            why = " It is one of the page alone." if _seal(page) in below else ""
            raise Failed(f"The seal below the page is not that of this build's token and page.{why}")


def _seal(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@check(needs=sealed, points=3)
def nowhere(engine: Engine, answer: Answer, builds: Build) -> None:
    """The token is nowhere in the image: in no layer, in no form, not in its history."""
    image, secret = builds.image, _other(answer)
    found = image.holds(secret, above=engine.original(BASE))
    if found and found[0].startswith("/"):
        raise Failed(
            f"`{found[0]}`, in a layer of the image, {_how(image, found[0], secret)}.",
            hint="Which step has the token in its files when it ends? What a step made is part of the image for ever.",
            evidence=image.history_evidence(),
        )
    if found:
        hint = "What a step says, and what it leaves of a file beside its contents, is kept with the image for all."
        raise Failed(f"The token is in {found[0]}.", hint=hint, evidence=image.history_evidence())


def _how(image: Image, file: str, secret: str) -> str:
    """In which way a file of one of the layers holds the token."""
    if secret in file:
        return "is named after the token"
    if file not in image.archive(file):
        return "holds the token, although a later step deleted the file"
    if sum(path == file for path, _ in image.layer_files()) > 1:
        return "holds the token, although a later step put something else in its place"
    return (
        "holds the token" if secret in (image.text(file) or "") else "holds the token in a form that is easily undone"
    )
