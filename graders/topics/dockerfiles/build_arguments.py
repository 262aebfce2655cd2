import hashlib
import re

from graders.author import Answer, Build, Engine, Failed, Image, check, hinted

DOCKERFILE = "release.Dockerfile"
LABEL = "org.opencontainers.image.version"
LABEL_TEMPLATE = f'{{{{index .Config.Labels "{LABEL}"}}}}'
CONTENT = f"version {LABEL_TEMPLATE}, layers {{{{.RootFS.Layers}}}}"
FILE = "/app/version.txt"
RELEASE, STABLE, CONTAINER = "dd-greeter:release", "dd-greeter:stable", "dd-greeter"


def variables(answer: Answer) -> dict[str, str]:
    """The version of the release and the secret, which differ from learner to learner."""
    numbers = [answer.number(name, 1, 19) for name in ("major", "minor", "patch")]
    return {"VERSION": ".".join(map(str, numbers)), "TOKEN": answer.nonce("token", 24)}


@check(points=1)
def release_builds(engine: Engine, answer: Answer) -> Build:
    """`release.Dockerfile` builds."""
    return engine.build(answer.path, dockerfile=DOCKERFILE, args={"VERSION": _trial(answer)})


@check(points=1)
def unchanged(answer: Answer) -> None:
    """`Dockerfile` is as it was given."""
    answer.unchanged(hint="What is built for the release stands in a file of its own. `%reset` brings the file back.")


def _trial(answer: Answer) -> str:
    return f"0.{answer.nonce('trial', 6)}"


def _says(seen: str) -> str:
    return f"says `{seen}`" if seen else "is empty"


@check(needs=release_builds, points=2)
def version_in_label(release_builds: Build, answer: Answer) -> None:
    """What `--build-arg VERSION=…` gives is in the version label."""
    image, given = release_builds.image, _trial(answer)
    seen = image.labels.get(LABEL)
    if seen is None:
        hint = "LABEL takes name=value; the name is longer than usual."
        raise Failed(f"The image has no label `{LABEL}`.", hint=hint, evidence=image.history_evidence())
    if seen != given:
        says, hint = f"says `{seen}`", "The label must take its value from the build argument `VERSION`."
        if not seen:
            says = "is there and empty: where it is written, `$VERSION` has no value"
            hint = "Where does a build argument begin to be known, and where does that end? Look at FROM."
        elif "$" in seen:
            hint = "Single quotes keep `$` as it is; in double quotes, or in none, the value takes its place."
        evidence = [f"$ {release_builds.command}", *image.evidence(LABEL_TEMPLATE)]
        raise Failed(f"Built with VERSION={given}, the label {says}.", hint=hint, evidence=evidence)


@check(needs=version_in_label, points=1)
def version_in_file(release_builds: Build, answer: Answer) -> None:
    """It is in `/app/version.txt` too."""
    image, given = release_builds.image, _trial(answer)
    seen = image.text(FILE)
    if seen is None:
        raise Failed(f"The image holds no `{FILE}`.", hint="Which instruction runs a command in the build?")
    if seen.strip() != given:
        hint = "A build argument is known from its ARG line on, not before."
        if "$" in seen:
            hint = "Single quotes keep `$` as it is; in double quotes, or in none, the value takes its place."
        raise Failed(
            f"Built with VERSION={given}, `{FILE}` {_says(seen.strip())}.",
            hint=hint,
            evidence=[f"$ {release_builds.command}", *image.history_evidence()],
        )


@check(needs=version_in_file, points=1)
def default_version(engine: Engine, answer: Answer) -> None:
    """Without `--build-arg`, it is version `dev`."""
    build = engine.build(answer.path, dockerfile=DOCKERFILE)
    found = {"the label": build.image.labels.get(LABEL, ""), f"`{FILE}`": (build.image.text(FILE) or "").strip()}
    for where, seen in found.items():
        if seen != "dev":
            raise Failed(
                f"Built without `--build-arg`, {where} {_says(seen)}.",
                hint="An ARG line can give a value for when nobody else does.",
                evidence=[f"$ {build.command}", *build.image.evidence(LABEL_TEMPLATE)],
            )


@check(needs=version_in_label, points=1)
def no_version_at_run_time(release_builds: Build, engine: Engine, answer: Answer) -> None:
    """Its containers have no `VERSION` in their environment."""
    seen = engine.once(release_builds.image, entrypoint="env")
    if any(line.startswith("VERSION=") for line in seen.stdout.splitlines()):
        raise Failed(
            f"A container of the image has VERSION={_trial(answer)} in its environment.",
            hint="ARG is of the build, ENV of the image and all its containers. Which of them does this need?",
            evidence=seen.evidence,
        )


@check(needs=release_builds, points=1)
def greeting(release_builds: Build, engine: Engine) -> None:
    """Its containers greet with `Hello`, or with what `--env GREETING=…` says."""
    image = release_builds.image
    seen = image.env.get("GREETING")
    if seen != "Hello":
        hint = "Which instruction gives a value that is there when a container runs?"
        if seen is not None:
            hint = "What stands behind `ENV GREETING` on its line, quotes, spaces and `=` included, is the value."
        raise Failed(
            "The image does not set `GREETING`." if seen is None else f"The image sets GREETING to `{seen}`.",
            hint=hint,
            evidence=image.evidence("{{.Config.Env}}"),
        )
    for word, options in (("Hello", {}), ("Ahoy", {"GREETING": "Ahoy"})):
        run = engine.once(image, environment={"TOKEN": "any"} | options)
        if not run.stdout.startswith(f"{word}! "):
            raise Failed(
                f"A container of the image does not greet with `{word}`.",
                hint="`greet.sh` reads `GREETING` from its environment. What else sets it?",
                evidence=run.evidence,
            )


@check(needs=release_builds, points=1)
def both_names(engine: Engine) -> Image:
    """One image is called `dd-greeter:release` and `dd-greeter:stable`."""
    with hinted("Which option of `docker build` names the image? It may be given more than once."):
        release, stable = engine.image(RELEASE), engine.image(STABLE)
    if not release.same_as(stable):
        raise Failed(
            f"`{RELEASE}` and `{STABLE}` are two different images.",
            hint="One build can give its image several names.",
            evidence=[*release.evidence(CONTENT), *stable.evidence(CONTENT)],
        )
    return release


@check(needs=(both_names, version_in_label), points=1)
def released(both_names: Image, answer: Answer) -> None:
    """It carries the version `$VERSION`."""
    wanted, seen = variables(answer)["VERSION"], both_names.labels.get(LABEL, "")
    if seen != wanted:
        why, hint = f", and your `$VERSION` is `{wanted}`", "Which option of `docker build` gives an ARG its value?"
        if seen == "development":
            why = f": it was built from `Dockerfile`, not from `{DOCKERFILE}`"
            hint = "`docker build` reads `Dockerfile` where no option names another file."
        evidence = both_names.evidence(LABEL_TEMPLATE)
        raise Failed(f"`{RELEASE}` is version `{seen}`{why}.", hint=hint, evidence=evidence)


@check(needs=both_names, points=2)
def ran_with_token(both_names: Image, engine: Engine, answer: Answer) -> None:
    """The container `dd-greeter` ran from it and signed with your token."""
    with hinted("A container stays after it has ended, unless it was run with `--rm`."):
        container = engine.container(CONTAINER)
    if not container.image.same_as(both_names):
        raise Failed(
            f"`{CONTAINER}` was made from `{container.config['Image']}`, which is not the image `{RELEASE}` of now.",
            hint="A container keeps the image it was made from. After a new build, make a new container.",
            evidence=[*container.evidence("{{.Image}}"), *both_names.evidence("{{.Id}}")],
        )
    code = container.wait_exit(10)["ExitCode"]
    logs = container.logs()
    greeted = re.search(r"^(.*)! This is version", logs, re.MULTILINE)
    signed = f"{greeted[1] if greeted else ''} {variables(answer)['TOKEN']}"
    signature = hashlib.sha256(signed.encode()).hexdigest()[:16]
    if code != 0 or f"signed {signature}" not in logs:
        message = f"`{CONTAINER}` ran, and its signature is not one made with your `$TOKEN`."
        hint = "The variable in the container is called `TOKEN`; its value is that of `$TOKEN` in the cell."
        if code != 0:
            message = f"`{CONTAINER}` ended with exit code {code}."
            hint = "Its log says what it missed. What gives one container a variable?"
        raise Failed(message, hint=hint, evidence=container.log_evidence())


@check(needs=ran_with_token, points=2)
def token_not_in_image(both_names: Image, engine: Engine, answer: Answer) -> None:
    """The token is not in the image: not in its layers, configuration or history."""
    found = both_names.holds(variables(answer)["TOKEN"], above=engine.original("busybox:1.37"))
    if found:
        raise Failed(
            f"The secret token can be read in `{RELEASE}`: it is in {' and '.join(found)}.",
            hint="Build arguments stay in the history of an image. Who needs the token, the build or the container?",
            evidence=[*both_names.evidence("{{.Config.Env}}"), *both_names.history_evidence()],
        )
