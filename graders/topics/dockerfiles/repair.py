import re

from graders.author import Answer, Build, Container, Engine, Failed, check, hinted

DATA, NOTES = "/data", "/data/notes.txt"


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
    hint = "Which command does the image give its containers, word by word, and what became of it?"
    with hinted(hint, builds.image.command_evidence):
        container = engine.run(builds.image, publish=[8080])
        if not container.wait_log("shelf.py: listening"):
            container.running()
            message = "A container of the image runs, and no shelf has started in it after 10 seconds."
            raise Failed(message, evidence=container.log_evidence())
    return container


@check(needs=starts, points=1)
def code_unchanged(starts: Container, engine: Engine, answer: Answer) -> None:
    """`shelf.py` and `frame.py` are as they were given, in the folder and in the container."""
    hint = "The app is right; how its image is made is not. `%reset` keeps a copy of your files."
    engine.unchanged(answer, starts, "shelf.py", "frame.py", hint=hint)


@check(needs=starts, points=2)
def answers(starts: Container) -> Container:
    """The page answers on port 8080 from outside the container."""
    response = starts.request("/", port=8080, wait=5)
    if response.status != 200:
        inside = "" if response.status else starts.request_inside("/", port=8080, seconds=1).stdout
        raise Failed(
            f"Published, port 8080 {response.seen}." + " Inside the container it answers." * bool(inside),
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
def not_root(answers: Container, builds: Build, engine: Engine) -> None:
    """It does not run as root."""
    shelf = engine.listener(answers, 8080)
    if shelf.user == 0:
        raise Failed(
            f"The shelf, {shelf.called}, runs as user 0, root. "
            "So it may write anywhere, and so may whoever finds a hole in it.",
            hint="The user was right; what the user may do was not.",
            evidence=[*builds.image.evidence("{{.Config.User}}"), *answers.log_evidence()],
        )
