import hashlib
import re

from graders.author import Answer, Build, Container, Engine, Failed, Image, check, hinted

BASE = "python:3.13-slim"
LOCK, APP, SECRET = "requirements.lock", "app.py", ".env"
OLD, NEW = "1.4.0", "1.4.1"
PORT = 5000
STOP_SECONDS, KILLED = 3, 137
SIGTERM = ("SIGTERM", "TERM", "15")
HEALTH_SECONDS = 20
SECOND = 1_000_000_000
OFTEN = {"interval": SECOND, "retries": 1, "start_period": SECOND // 1000}
"""Health check options of the check's own containers, so that nobody waits for a minute."""
Packages = dict[str, tuple[str, str]]
"""Version and time of installation of each Python package in an image, by name."""


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    for name in (LOCK, APP):
        answer.file(name)
    (answer.path / SECRET).write_text(f"PASSWORD={answer.nonce('password', 24)}\n")
    return engine.build(answer.path)


@check(needs=builds, points=1)
def pinned_base(builds: Build) -> None:
    """It starts from `python:3.13-slim`."""
    hint = "A base with a version in its name is the same tomorrow, and its layers are shared with other images."
    with hinted(hint):
        builds.image.starts_from(BASE)


@check(needs=builds, points=2)
def installed(builds: Build, engine: Engine, answer: Answer) -> Packages:
    """The packages of `requirements.lock` are in it, in the versions that it names."""
    packages = engine.installed(builds.image)
    for name, version in re.findall(r"^([\w-]+)==([\w.]+)", answer.file(LOCK).read_text(), re.MULTILINE):
        there = packages.get(name, ("", ""))[0]
        if there != version:
            message = f"`{name}` {version}, which `{LOCK}` names, is not in the image."
            hint = "What is installed when a container starts is installed anew in each, and can fail in each."
            if there:
                message = f"`{name}` is in the image in version {there}; `{LOCK}` says {version}."
                hint = "Without a version, pip takes the newest that it finds. Which file says what was tested?"
            raise Failed(message, hint=hint, evidence=_listed(engine, builds.image))
    return packages


def _listed(engine: Engine, image: Image) -> list[str]:
    return engine.look(image, "find", "/", "-xdev", "-name", "*.dist-info", user="0")


@check(needs=installed, points=1)
def no_developers_tools(installed: Packages, builds: Build, engine: Engine) -> None:
    """`tidecheck`, which is for developers, is not in it."""
    if "tidecheck" in installed:
        raise Failed(
            "`tidecheck` is installed in the image.",
            hint="There are two lock files. Which one is for the image?",
            evidence=_listed(engine, builds.image),
        )


@check(needs=installed, points=1)
def follows_lock(engine: Engine, answer: Answer) -> None:
    """When `requirements.lock` names another version, the next build installs that."""
    with answer.copied() as context:
        wheel = next((context / "wheels").glob(f"tides-{NEW}-*.whl"), None)
        if wheel is None:
            raise Failed(f"`wheels` holds no tides {NEW} any more.", hint="`%reset` brings the files back.")
        lock, line = context / LOCK, f"tides=={NEW}"
        if "--hash" in lock.read_text():
            line += f" --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
        lock.write_text(re.sub(rf"^tides=={re.escape(OLD)}.*$", line, lock.read_text(), flags=re.MULTILINE))
        build = engine.build(context)
    there = engine.installed(build.image).get("tides", ("nothing", ""))[0]
    if there != NEW:
        raise Failed(
            f"`{LOCK}` was changed to tides {NEW}, and the next build installed {there}.",
            hint="The versions stand in one place. Who reads it?",
            evidence=[f"$ sed -i 's/tides==.*/{line[:30]}…/' {LOCK} && {build.command}", *build.listed],
        )


@check(needs=installed, points=2)
def answers(builds: Build, engine: Engine) -> Container:
    """A container started without options answers on port 5000 from outside."""
    with hinted("What does the log say is missing? Was it copied, and to where the command looks for it?"):
        container = engine.run(builds.image, publish=[PORT])
        response = container.request("/", port=PORT, wait=8)
    if response.status == 0 and container.request_inside("/", port=PORT, seconds=1).stdout:
        raise Failed(
            "Inside the container port 5000 answers; from outside nobody gets through. "
            "The server listens on 127.0.0.1, and that is the container's own loopback.",
            hint="On which address must a server in a container listen? `harbour --help` says how to tell it.",
            evidence=container.log_evidence(),
        )
    if response.status != 200:
        hint = "" if response.status else "The log says where the server listens."
        message = f"Port {PORT} of a container of the image {response.seen}."
        raise Failed(message, hint=hint, evidence=container.log_evidence())
    return container


@check(needs=answers, points=2)
def keeps_packages(installed: Packages, engine: Engine, answer: Answer) -> None:
    """A change of `app.py` reaches the image, and does not install the packages again."""
    release = answer.nonce("release")
    with answer.copied() as context:
        app = context / APP
        app.write_text(f'{app.read_text()}\nRELEASE = "{release}"\n')
        build = engine.build(context)
    page = engine.run(build.image, publish=[PORT]).request("/", port=PORT)
    if release not in page.body:
        raise Failed(
            f"`{APP}` was changed to release {release}, and the page of the new image does not say so: "
            f"{page.body.strip() or page.error}",
            evidence=[f"$ {build.command}", *build.listed],
        )
    again = [name for name, found in engine.installed(build.image).items() if installed.get(name) != found]
    if again:
        worked = [step for step in build.own_steps if not step.cached]
        slowest = max(worked, key=lambda step: step.seconds)
        raise Failed(
            f"Editing `{APP}` made `{slowest.instruction}` run again ({slowest.seconds:.1f} s). "
            f"The first step that was not taken from the cache is `{worked[0].instruction}`.",
            hint="Which files does the installation read? Nothing else need be there when it runs.",
            evidence=[f"$ echo '# new' >> {APP} && {build.command}", *build.listed],
        )


@check(needs=answers, points=1)
def unchanged(answers: Container, engine: Engine, answer: Answer) -> None:
    """`app.py`, `wheels` and the lock files are as they were given, and so is `app.py` in the container."""
    engine.unchanged(answer, answers, APP)


@check(needs=answers, points=2)
def not_root(answers: Container, builds: Build, engine: Engine) -> None:
    """It does not run as root."""
    server = engine.listener(answers, PORT)
    if server.user == 0:
        raise Failed(
            f"The server, {server.called}, runs as user 0, root.",
            hint="Which instruction says as whom containers run?",
            evidence=builds.image.evidence("{{.Config.User}}"),
        )


@check(needs=answers, points=2)
def stops(builds: Build, engine: Engine) -> None:
    """It ends within 3 seconds of `docker stop`, with exit code 0."""
    container = engine.run(builds.image, publish=[PORT])
    container.request("/", port=PORT)
    first = container.first_process
    container.stop(STOP_SECONDS)
    if code := container.state["ExitCode"]:
        seen = f"It ended with exit code {code}."
        if code == KILLED:
            seen = f"{STOP_SECONDS} seconds after `docker stop` it still ran, and was killed: exit code {code}."
        hint = "The server ends in good order when it hears of the stop. How does it become process 1?"
        signal = str(builds.image.config.get("StopSignal") or SIGTERM[0])
        if signal not in SIGTERM:
            seen += f" The image says that `docker stop` sends {signal}, not SIGTERM."
            hint = "On SIGTERM the server ends in good order. Which instruction changed the signal?"
        raise Failed(
            f"{seen} The signal went to process 1, which is `{first}`.",
            hint=hint,
            evidence=[*builds.image.command_evidence(), *container.log_evidence()],
        )


@check(needs=answers, points=1)
def healthy(builds: Build, engine: Engine) -> None:
    """Its health check calls it `healthy` while it answers."""
    with hinted("Who notices, at night, that the app no longer answers?"):
        builds.image.health_check()
    container = engine.run(builds.image, healthcheck={"interval": SECOND})
    if not container.becomes("healthy", HEALTH_SECONDS):
        raise Failed(
            f"The app answers, and after {HEALTH_SECONDS} seconds the container is `{container.health}`.",
            hint="Run the command of the health check in a container yourself. What does it say?",
            evidence=container.health_evidence(),
        )


@check(needs=healthy, points=1)
def notices(builds: Build, engine: Engine) -> None:
    """It calls a container `unhealthy` in which nothing answers."""
    container = engine.run(builds.image, "600", entrypoint="sleep", healthcheck=OFTEN)
    if not container.becomes("unhealthy", HEALTH_SECONDS):
        raise Failed(
            "The check started a container of your image with `sleep` in place of the server, and it is "
            f"`{container.health}`.",
            hint="Whom does the health check ask?",
            evidence=[*builds.image.evidence("{{json .Config.Healthcheck}}"), *container.health_evidence()],
        )


@check(needs=builds, points=1)
def no_secret(builds: Build, engine: Engine, answer: Answer) -> None:
    """Nothing from `.env` is in it, in no layer."""
    found = builds.image.holds(answer.nonce("password", 24), above=engine.original(BASE))
    if found:
        raise Failed(
            f"There was a `.env` with a password beside the Dockerfile, and now the image holds it: `{found[0]}`.",
            hint="Copy what the app needs, by name, or keep the rest from being sent. "
            "What a later step removes stays in the layer below.",
            evidence=builds.image.history_evidence(),
        )
