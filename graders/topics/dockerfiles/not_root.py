import re

from graders.author import Answer, Build, Container, Engine, Failed, check, hinted

DATA = "/data"
ENTRIES = f"{DATA}/entries.txt"
FOR_EVERYONE = ("/tmp", "/var/tmp", "/run/lock", DATA)  # noqa: S108
HOME = re.compile(r"/home/[^/]+(/\.[^/]+)?")
"""What `useradd --create-home` makes."""
OK = 200
REFUSED = re.compile(r"^PermissionError: .*'(/[^'/]*)", re.MULTILINE)
"""The top of what the app was refused, in its log."""
STRANGER = "64123:64123"


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    with hinted("Below USER, the steps of the build work as that user too. Which of them need root?"):
        return engine.build(answer.path)


@check(needs=builds, points=1)
def answers(builds: Build, engine: Engine) -> Container:
    """A container started with no options answers on port 8080."""
    with hinted("USER creates no user (a number needs none), and the user must be allowed to read what the app needs."):
        container = engine.run(builds.image, publish=[8080])
        if container.request(port=8080).status != OK:
            raise _unanswered(container)
    return container


def _unanswered(container: Container) -> Failed:
    seen, refused = container.request(port=8080).seen, REFUSED.search(container.logs())
    if not refused:
        return Failed(f"Port 8080 of a container of the image {seen}.", evidence=container.log_evidence())
    return Failed(
        f"Port 8080 of a container of the image {seen}. The app was refused `{refused[1]}`.",
        hint="As whom does the app run, to whom does that belong, and is the user in that group?",
        evidence=[*container.exec("ls", "-ldn", refused[1], user="0").evidence, *container.log_evidence()],
    )


@check(needs=answers, points=2)
def not_root(answers: Container, builds: Build, engine: Engine) -> str:
    """The app does not run as root."""
    app = engine.listener(answers, 8080)
    if app.user == 0:
        raise Failed(
            f"The app, {app.called}, runs as user 0, root.",
            hint="Which instruction says as whom containers run? The last one of its kind counts.",
            evidence=[*builds.image.evidence("{{.Config.User}}"), *answers.log_evidence()],
        )
    return f"{app.user}:{app.group}"


@check(needs=answers, points=1)
def unchanged(answers: Container, engine: Engine, answer: Answer) -> None:
    """`guestbook` is as it was given, in the folder and in the container."""
    engine.unchanged(answer, answers, "guestbook")


@check(needs=not_root, points=1)
def by_number(builds: Build) -> None:
    """The image names the user by number."""
    user = str(builds.image.config.get("User") or "")
    if not user.partition(":")[0].isdecimal():
        raise Failed(
            f"The image names its user `{user}`; which number that is, only a look into the image tells."
            if user
            else "The image names no user: its containers begin as root and change later.",
            hint="USER takes a number as well as a name.",
            evidence=builds.image.evidence("{{.Config.User}}"),
        )


@check(needs=not_root, points=2)
def keeps_entries(answers: Container, answer: Answer, not_root: str) -> None:
    """It keeps entries in `/data/entries.txt`."""
    word = answer.nonce("entry")
    response = answers.request(f"/{word}", port=8080, method="POST")
    listed = answers.exec("ls", "-ldn", DATA, user=not_root)
    if response.status != 201:
        raise Failed(
            f"User {not_root.partition(':')[0]} cannot write an entry: {response.body.strip() or response.error}.",
            hint="To whom does `/data` belong, and who may write there?",
            evidence=[*listed.evidence, *answers.log_evidence()],
        )
    if word not in answers.request("/", port=8080).body or word.encode() not in (answers.read(ENTRIES) or b""):
        raise Failed(
            f"The app took an entry, and `{ENTRIES}` does not hold it.",
            hint="The app's file stays as it is. `%reset` brings it back.",
            evidence=answers.exec("ls", "-ln", DATA, user=not_root).evidence,
        )


@check(needs=keeps_entries, points=1)
def data_of_its_own(answers: Container) -> None:
    """Other users cannot write to `/data`."""
    if answers.exec("test", "-w", DATA, user=STRANGER).exit_code == 0:
        raise Failed(
            f"Everyone in the container may write to `{DATA}`, for instance user {STRANGER.partition(':')[0]}.",
            hint="A directory is better given to the one user who needs it than opened for all.",
            evidence=answers.exec("ls", "-ldn", DATA, user=STRANGER).evidence,
        )


@check(needs=not_root, points=1)
def writes_only_there(answers: Container, not_root: str) -> None:
    """The app's user can write to no other file or directory that the image brings along."""
    pruned = [word for path in FOR_EVERYONE for word in ("-path", path, "-o")][:-1]
    search = ["find", "/", "-xdev", "(", *pruned, ")", "-prune", "-o", "!", "-type", "l", "-writable", "-print"]
    found = answers.exec(*search, user=not_root)
    writable = [path for path in found.stdout.splitlines() if not HOME.fullmatch(path)]
    if writable:
        raise Failed(
            f"User {not_root.partition(':')[0]} can write to `{writable[0]}`. "
            "Whoever finds a hole in the app can then change more than its data.",
            hint="What belongs to root can be read and run by others. What did you give away, and to whom?",
            evidence=[f"$ {found.command}", *writable[:12]],
        )
