from contextlib import suppress
from functools import partial
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Project, check

SHOP, PROBE, PROFILE, BASE = "shop", "probe", "tools", "busybox:1.37"
PAGE, NEW_PAGE = "app/pages/index.html", "app/pages/offer.html"
SETTINGS, PACKAGES = "app/settings.txt", "app/packages.txt"
SEEN_AT = {
    PAGE: "/www/pages/index.html",
    NEW_PAGE: "/www/pages/offer.html",
    SETTINGS: "/www/settings.txt",
    PACKAGES: "/www/installed.txt",
}
SECONDS = 15
SAME, AGAIN, ANEW, NOTHING = "runs on", "was started again", "was made anew", "serves what was there before"


class Change(NamedTuple):
    """What became of the shop when a file was changed."""

    shop: str
    evidence: list[str]


Changes = dict[str, Change]


@check(points=1)
def up(engine: Engine, answer: Answer) -> Project:
    """`compose.yaml` is as it was, and with the override, `MODE` of `shop` is `development`."""
    answer.unchanged(hint="What is for development stands in `compose.override.yaml`. `%reset` brings the file back.")
    project = engine.project(answer.path)
    project.up(SHOP, build=True)
    shop = project.container(SHOP).running()
    if shop.env.get("MODE") != "development":
        raise Failed(
            f"`MODE` of `{SHOP}` is `{shop.env.get('MODE')}` in development.",
            hint="What stands in both files is taken from the second.",
            evidence=["$ docker compose exec shop printenv MODE", str(shop.env.get("MODE"))],
        )
    return project


@check(needs=up, points=1)
def profile(up: Project, engine: Engine, answer: Answer) -> None:
    """`probe` starts with the profile `tools` alone."""
    with_tools = engine.project(answer.path, variables={"COMPOSE_PROFILES": PROFILE})
    if PROBE in up.services or PROBE not in with_tools.services:
        seen = "would start" if PROBE in up.services else f"is not there with the profile `{PROFILE}` either"
        raise Failed(
            f"`{PROBE}` {seen}{' with each `up`' if PROBE in up.services else ''}.",
            hint="A service names the profiles that it belongs to.",
            evidence=[
                *("$ docker compose config --services", *up.services),
                *(f"$ docker compose --profile {PROFILE} config --services", *with_tools.services),
            ],
        )
    with_tools.up(PROBE)
    with_tools.container(PROBE).from_image(BASE).running()


@check(needs=up, points=1)
def watches(up: Project, engine: Engine, answer: Answer) -> Changes:
    """`docker compose watch` has something to watch."""
    seen: Changes = {}
    with up.watching() as watch:
        for name, path in SEEN_AT.items():
            word, before = answer.nonce(name), _shop(up)
            watch.edit(name, f"{word}\n")
            # Each look is an event as well, so that those of starts alone are waited for.
            served = engine.wait_until(partial(_serves, up, path, word), SECONDS, event="start")
            (container, started), (old, began) = _shop(up), before
            became = ANEW if container != old else AGAIN if started != began else SAME
            told = [f"$ echo changed >{name}", f"$ docker compose exec {SHOP} cat {path}"]
            seen[name] = Change(became if served else NOTHING, told)
    return seen


@check(needs=watches, points=2)
def pages(watches: Changes) -> None:
    """When a page changes or is new, it is served, and the same container runs on."""
    for page in (PAGE, NEW_PAGE):
        _became(watches, page, SAME, "It is read each time somebody asks. What is the least that it needs?")


@check(needs=watches, points=2)
def settings(watches: Changes) -> None:
    """When the settings change, the same container is started again, and reads them."""
    _became(watches, SETTINGS, AGAIN, "`app/serve` reads them when it starts. Does it take another image?")


@check(needs=watches, points=2)
def packages(watches: Changes) -> None:
    """When the packages change, the image is built anew, and the container is made anew from it."""
    _became(watches, PACKAGES, ANEW, "When does `app/Dockerfile` read them?")


def _became(changes: Changes, name: str, wanted: str, hint: str) -> None:
    change = changes[name]
    if change.shop != wanted:
        raise Failed(
            f"`docker compose watch` was running, and `{name}` was changed. `{SHOP}` {change.shop}.",
            hint=hint,
            evidence=["$ docker compose watch &", *change.evidence],
        )


def _shop(project: Project) -> tuple[str, float]:
    """Which container it is, and since when it runs; another one may just be made."""
    found = [(one.id, one.started) for one in project.containers(SHOP) if one.state["Running"]]
    return found[-1] if found else ("", 0.0)


def _serves(project: Project, path: str, word: str) -> bool:
    with suppress(Failed):  # it may just be made anew
        return any(one.state["Running"] and word in (one.text(path) or "") for one in project.containers(SHOP))
    return False
