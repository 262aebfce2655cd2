import time

from graders.author import Answer, Build, Engine, Failed, PackageIndex, check, hinted

INDEX, BASE = "dd-wheels", "dd-wheels-python:3.13"
APP, LOCK = "app.py", "requirements.txt"
WHEEL = "drydock-wheel-"
"""What each wheel of the index holds, and nothing that is installed from it."""
Packages = dict[str, str]
"""Version of each Python package, by name."""


def prepare(engine: Engine, _answer: Answer) -> None:
    engine.start_index(INDEX, base="python:3.13-slim", image=BASE).publish(
        "harbour-1.0.0", "pilot-1.0.0", "tides-1.0.0"
    )


@check(points=1)
def builds(engine: Engine, answer: Answer) -> tuple[Build, Packages, PackageIndex]:
    """The Dockerfile builds."""
    index = engine.index(INDEX, image=BASE)
    # What no builder can have downloaded yet.
    asked = dict.fromkeys(("harbour", "pilot", "tides"), f"1.0.{int(time.time())}")
    index.publish(*(f"{name}-{version}" for name, version in asked.items()))
    (answer.path / LOCK).write_text(_lock(asked))
    (answer.path / APP).write_text(_app(answer))
    return engine.build(answer.path), asked, index


@check(needs=builds, points=1)
def company_base(builds: tuple[Build, Packages, PackageIndex]) -> None:
    """It starts from `dd-wheels-python:3.13`."""
    with hinted("What the company changes in its base, a mirror's address or a certificate, reaches who starts there."):
        builds[0].image.starts_from(BASE)


@check(needs=builds, points=1)
def installed(builds: tuple[Build, Packages, PackageIndex], engine: Engine) -> Packages:
    """The packages of `requirements.txt` are installed in it, in the versions that the file names."""
    build, asked, _ = builds
    _see_installed(engine, build, asked, f"`{LOCK}` names")
    return asked


@check(needs=installed, points=1)
def answers(builds: tuple[Build, Packages, PackageIndex], engine: Engine, answer: Answer) -> None:
    """A container of it prints what `app.py` prints."""
    run = engine.once(builds[0].image, network_mode="none")
    if _said(answer) not in run.output:
        hint = "What is missing, by what it printed? Which step should have copied it, and to where?"
        raise Failed(f"A container of the image does not print “{_said(answer)}, …”.", hint=hint, evidence=run.evidence)


@check(needs=answers, points=3)
def downloads_only_new(
    builds: tuple[Build, Packages, PackageIndex], engine: Engine, answer: Answer
) -> tuple[Build, Packages]:
    """When `requirements.txt` has changed, the next build downloads what is new, and nothing else."""
    _, asked, index = builds
    new = {"harbour": asked["harbour"].replace("1.0.", "1.1."), "tides": asked["tides"]}
    index.publish(f"harbour-{new['harbour']}")
    before = len(index.downloads())
    with answer.copied() as context:
        (context / LOCK).write_text(_lock(new))
        build = engine.build(context)
    fetched = index.downloads()[before:]
    again = sorted({package.rpartition("-")[0] for package in fetched if package != f"harbour-{new['harbour']}"})
    if again:
        raise Failed(
            f"Only `harbour` was new, and the next build downloaded {' and '.join(f'`{name}`' for name in again)} too.",
            hint="Where does `pip` look for what it has downloaded before, and what is there when the step begins? "
            "`pip cache dir` says the place.",
            evidence=[
                f"$ sed -i s/harbour==.*/harbour==1.1/ {LOCK} && {build.command}",
                *build.listed,
                f"$ docker logs {INDEX} | grep -o '[^/]*[.]whl' | tail -n {len(fetched)}",
                *(f"{package}-py3-none-any.whl" for package in fetched),
            ],
        )
    return build, new


@check(needs=downloads_only_new, points=1)
def follows_lock(downloads_only_new: tuple[Build, Packages], engine: Engine) -> None:
    """That build has what the file says then, and nothing else."""
    build, new = downloads_only_new
    if "pilot" in engine.installed(build.image):
        raise Failed(
            f"`pilot` is gone from `{LOCK}`, and the next image still has it.",
            hint="A cache may save work; it may not change the result. Keep what was downloaded, not what was "
            "installed.",
            evidence=_listed(engine, build),
        )
    _see_installed(engine, build, new, f"`{LOCK}` was changed to")


@check(needs=downloads_only_new, points=2)
def not_in_image(builds: tuple[Build, Packages, PackageIndex], engine: Engine) -> None:
    """What pip downloaded is in no layer of the image."""
    image = builds[0].image
    found = image.holds(WHEEL, above=engine.image(BASE))
    if found:
        below = " and ".join(sorted({f"`{'/'.join(path.split('/')[:3])}`" for path in found}))
        raise Failed(
            f"What `pip` downloaded is in a layer of the image: {len(found)} files below {below}.",
            hint="A later step cannot take it away again. What a step only borrows need not be removed.",
            evidence=image.history_evidence(),
        )


def _said(answer: Answer) -> str:
    return f"high water at {answer.nonce('water', 6)}"


def _app(answer: Answer) -> str:
    return (answer.given / APP).read_text().replace("high water at noon", _said(answer))


def _lock(packages: Packages) -> str:
    return "".join(f"{name}=={version}\n" for name, version in packages.items())


def _listed(engine: Engine, build: Build) -> list[str]:
    return engine.look(build.image, "find", "/", "-xdev", "-name", "*.dist-info", user="0")


def _see_installed(engine: Engine, build: Build, wanted: Packages, who: str) -> None:
    there = engine.installed(build.image)
    for name, version in wanted.items():
        if there.get(name, ("",))[0] != version:
            seen = f"which is there in version {there[name][0]}" if name in there else "which is not in the image"
            raise Failed(
                f"{who} `{name}=={version}`, {seen}.",
                hint="Where did the step install it, and is that folder a part of the image, or only lent to the step?",
                evidence=_listed(engine, build),
            )
