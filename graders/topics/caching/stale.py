import hashlib
from pathlib import Path

from graders.author import Answer, Engine, Failed, Image, check, hinted, scratch_folder

REGISTRY = "dd-shelf"
OLD, NEW = "dd-forecast:1.0", "dd-forecast:2.0"
GROUND, TOOLS, NEWS = "/etc/ground.txt", "/app/tools.txt", "/app/news.txt"


def _licence(answer: Answer) -> str:
    return f"licence {answer.nonce('licence', 24)}\n"


def _ground(answer: Answer, number: int) -> str:
    return f"ground {number}, build {answer.nonce(f'ground {number}')}"


def _args(engine: Engine) -> dict[str, str]:
    """What each build wants: where the registry is."""
    return {"REGISTRY": engine.registry(REGISTRY).address}


def prepare(engine: Engine, answer: Answer) -> None:
    engine.start_registry(REGISTRY)
    args = _args(engine)

    def base(name: str, text: str) -> str:
        """An image that is called so, as if it had been pulled from the registry."""
        with scratch_folder() as folder:
            file = Path(folder) / GROUND.strip("/")
            file.parent.mkdir()
            file.write_text(f"{text}\n")
            image = engine.make_image("busybox:1.37", content=Path(folder))
        engine.docker("tag", image.id, f"{args['REGISTRY']}/{name}")
        return f"{args['REGISTRY']}/{name}"

    kit, new = base("kit:1", "kit 1"), base("ground:stable", _ground(answer, 2))
    for name in (kit, new):
        engine.docker("push", "--quiet", name)
    # What the registry has now is not here: under the same name is what it had before.
    engine.untag(new)
    base("ground:stable", _ground(answer, 1))
    with scratch_folder() as folder:
        licence = Path(folder) / "licence"
        licence.write_text(_licence(answer))
        # Without the cache, or an attempt from before a reset could be found there.
        build = engine.build(answer.given, args=args, secrets={"licence": licence}, no_cache=True, tags=[OLD])
    for name in set(build.image.tags) - {OLD}:
        engine.untag(name)


@check(points=1)
def built(engine: Engine, answer: Answer) -> Image:
    """`dd-forecast:2.0` was built from the Dockerfile, which is as you received it."""
    answer.unchanged()
    with hinted(
        "Which step ended the build with an error, and why did it have to run? `%reset` fills an emptied cache again."
    ):
        image = engine.image(NEW)
    # Not the base's: the last steps of the last stage.
    newest, old = ([record["CreatedBy"] for record in made.history()[:3]] for made in (image, engine.image(OLD)))
    if newest != old:
        raise Failed(
            f"`{NEW}` was not built from this Dockerfile: its last steps are others than those of `{OLD}`.",
            hint="Whoever builds next has this Dockerfile and the cache, and no other file of yours.",
            evidence=image.history_evidence(),
        )
    return image


@check(needs=built, points=2)
def new_base(built: Image, engine: Engine, answer: Answer) -> None:
    """It stands on ground 2, the base that the registry has now."""
    seen = (built.text(GROUND) or "no ground").strip()
    if seen != _ground(answer, 2):
        raise Failed(
            f"`{NEW}` stands on `{seen}`; in the registry, `ground:stable` is `{_ground(answer, 2)}`.",
            hint="A build takes the base that is on the Engine, with or without a cache. What asks the registry?",
            evidence=engine.look(built, "cat", GROUND),
        )


@check(needs=built, points=2)
def fresh_news(built: Image, engine: Engine) -> None:
    """Its news were fetched after those of `dd-forecast:1.0`."""
    old, seen = ((image.text(NEWS) or "").strip() for image in (engine.image(OLD), built))
    if seen in {old, ""}:
        raise Failed(
            f"The news of `{NEW}` are those of `{OLD}`: {seen or 'none'}.",
            hint="The text of the step is the same, so its old result was found. What makes one stage run again?",
            evidence=[line for name in (OLD, NEW) for line in engine.look(engine.image(name), "cat", NEWS)],
        )


@check(needs=built, points=2)
def reused(built: Image, engine: Engine, answer: Answer) -> None:
    """Its tools are those that were made with the licence."""
    wanted = hashlib.sha256(_licence(answer).encode()).hexdigest()[:16]
    seen = (built.text(TOOLS) or "none").strip()
    if seen != wanted:
        raise Failed(
            f"The tools of `{NEW}` were made again, and not with the licence: `{seen}` in place of `{wanted}`.",
            hint="The stage must not run. `%reset` brings its right result back; then let only what is stale run.",
            evidence=engine.look(built, "cat", TOOLS),
        )


@check(needs=reused, points=1)
def kept(engine: Engine, answer: Answer) -> None:
    """Whoever builds next finds the tools in the build cache."""
    command = "$ docker build --target tools --build-arg REGISTRY=$(docker port dd-shelf 5000) ."
    try:
        engine.build(answer.given, args=_args(engine), target="tools")
    except Failed as failed:
        raise Failed(
            "The result of the stage `tools` is in the build cache no longer: its step would have to run again.",
            hint="What empties the cache takes the results of all builds. `%reset` brings these back.",
            evidence=[command, *failed.evidence[-1:]],
        ) from None
