import hashlib
import re

from graders.author import Answer, Build, Container, Engine, Failed, check

GIVEN = {
    "shelf.py": "196d31d817e34c87eaf9fc4f09175d8781b0004ce72373f6b09c4626ae37bbcb",
    "frame.py": "c0b22820082c0b1c06d2f8a878ae7aeff999c615f0c736d4984dcec804f1fd60",
}
"""SHA-256 of the app's files as the learner receives them."""
CONFIG = "{{json .Config.Entrypoint}} {{json .Config.Cmd}}"
DATA, NOTES = "/data", "/data/notes.txt"


@check(points=1)
def code_unchanged(answer: Answer) -> None:
    """`shelf.py` and `frame.py` are as they were given."""
    for name, digest in GIVEN.items():
        content = answer.file(name).read_bytes().replace(b"\r\n", b"\n")
        if hashlib.sha256(content).hexdigest() != digest:
            raise Failed(
                f"`{name}` was changed.",
                hint="The app is right; how its image is made is not. `%reset` keeps a copy of your files.",
            )


@check(points=2)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    try:
        return engine.build(answer.path)
    except Failed as failed:
        missing = re.search(r'"/(\S+)": not found', failed.message)
        if missing and (answer.path / missing[1]).is_file():
            raise Failed(
                f"{failed.message} And yet `{missing[1]}` is in the folder.",
                hint="The builder sees what was sent to it. What decides that?",
                evidence=failed.evidence,
            ) from None
        raise


@check(needs=builds, points=2)
def starts(builds: Build, engine: Engine) -> Container:
    """A container started without options keeps running: the shelf has started in it."""
    try:
        container = engine.run(builds.image, publish=[8080])
        if container.wait_log("shelf.py: listening"):
            return container
        container.running()
    except Failed as ended:
        raise Failed(
            ended.message,
            hint="Which command does the image give its containers, word by word, and what became of it?",
            evidence=[*ended.evidence, *builds.image.evidence(CONFIG)],
        ) from None
    raise Failed(
        "A container of the image runs, and no shelf has started in it after 10 seconds.",
        hint="Which command does the image give its containers?",
        evidence=[*builds.image.evidence(CONFIG), *container.log_evidence()],
    )


@check(needs=starts, points=2)
def answers(starts: Container) -> Container:
    """The page answers on port 8080 from outside the container."""
    response = starts.request("/", port=8080, wait=5)
    if response.status != 200:
        seen = f"answers with status {response.status}" if response.status else f"does not answer: {response.error}"
        inside = "" if response.status else starts.request_inside("/", port=8080, seconds=1).stdout
        raise Failed(
            f"Published, port 8080 {seen}" + " Inside the container it answers." * bool(inside),
            hint="The log says on which address the shelf listens. From where can that address be reached?",
            evidence=starts.log_evidence(),
        )
    return starts


@check(needs=answers, points=2)
def owner(answers: Container, builds: Build) -> None:
    """It is the shelf of Ada."""
    title = answers.request("/", port=8080).body.partition("\n")[0]
    if title != "The shelf of Ada":
        raise Failed(
            f"The page is titled “{title}”.",
            hint="`shelf.py` reads the name from its environment. Which instruction sets that for each container?",
            evidence=[*builds.image.evidence("{{json .Config.Env}}"), *builds.image.history_evidence()],
        )


@check(needs=owner, points=2)
def keeps_notes(answers: Container, answer: Answer) -> None:
    """It keeps a note that somebody adds, in `/data/notes.txt`."""
    note = answer.nonce("note")
    response = answers.request(f"/{note}", port=8080, method="POST")
    if response.status != 201:
        raise Failed(
            f"A note cannot be added: {response.body.strip() or response.error}.",
            hint="As whom does the shelf run, and who may write there?",
            evidence=[*answers.exec("ls", "-ldn", DATA, user="0").evidence, *answers.log_evidence()],
        )
    if note not in answers.request("/", port=8080).body or note.encode() not in (answers.read(NOTES) or b""):
        raise Failed(
            f"A note was taken, and `{NOTES}` does not hold it.",
            evidence=answers.exec("ls", "-ln", DATA, user="0").evidence,
        )


@check(needs=keeps_notes, points=1)
def not_root(answers: Container, builds: Build) -> None:
    """It does not run as root."""
    status = answers.exec("cat", "/proc/1/status", user="0").stdout
    if re.search(r"^Uid:\s+\d+\s+0\s", status, re.MULTILINE):
        raise Failed(
            "The shelf runs as user 0, root. So it may write anywhere, and so may whoever finds a hole in it.",
            hint="The user was right; what the user may do was not.",
            evidence=[*builds.image.evidence("{{.Config.User}}"), *answers.log_evidence()],
        )
