import json
import re
import shlex

from graders.author import Answer, Container, Engine, Failed, check

REGISTRY = "dd-registry"
PORT = 5000
OLD, NEW = "1.0", "1.1"
STABLE, PINNED = "dd-stable", "dd-pinned"
NAMED_BY_TAG = re.compile(r"(127\.0\.0\.1|localhost):\d+/app:stable")
NAMED_BY_DIGEST = re.compile(r"(127\.0\.0\.1|localhost):\d+/app(:[\w.-]+)?@(?P<digest>sha256:[0-9a-f]{64})")
TAG = "/var/lib/registry/docker/registry/v2/repositories/app/_manifests/tags/stable"
"""Where a registry keeps which digest a tag means now (current), and which ones it has meant (index)."""
NAME = "{{.Config.Image}}"


def version(answer: Answer, number: str) -> str:
    return f"app {number}, build {answer.nonce(number)}"


def prepare(engine: Engine, answer: Answer) -> None:
    engine.start_registry(REGISTRY)
    for number in (OLD, NEW):
        script = f"mkdir /app; echo {shlex.quote(version(answer, number))} > /app/version"
        engine.make_image("busybox:1.37", script, name=f"dd-app:{number}", changes=['CMD ["cat", "/app/version"]'])


@check(points=1)
def pushed(engine: Engine) -> Container:
    """The registry on this machine has `app` with the tag `stable`."""
    # Another one that is a registry will do: what was pushed to it is looked for.
    registry = engine.container(REGISTRY).running().from_image("registry:2")
    tags, evidence = asked(registry, "/v2/app/tags/list", "tags")
    if "stable" in tags:
        return registry
    if tags:
        raise Failed(
            f"The registry has `app` with {named(tags)}, but not with the tag `stable`.",
            hint="A release moves one name that all use. What is its tag?",
            evidence=evidence,
        )
    there, catalog = asked(registry, "/v2/_catalog", "repositories")
    if there:
        seen = f"has {named(there)}, but no `app`"
        hint = "The name in the registry is what stands between its address and the colon of the tag."
    else:
        seen = "on this machine is empty: nothing was pushed to it"
        hint = (
            "`docker push` sends an image where its name says, and without a registry in it the name says docker.io. "
            "A tag alone sends nothing."
        )
    raise Failed(f"The registry {seen}.", hint=hint, evidence=[*evidence, *catalog])


def asked(registry: Container, path: str, key: str) -> tuple[list[str], list[str]]:
    """What a registry lists there, and the evidence."""
    response = registry.request(path, port=PORT)
    listed = json.loads(response.body)[key] if response.status == 200 else []
    return listed or [], [f"$ curl -s {registry.url(path, port=PORT)}", response.body.strip()]


@check(needs=pushed, points=2)
def moved(pushed: Container) -> str:
    """In the registry, the tag `stable` has moved from one image to another."""
    now = pushed.exec("cat", f"{TAG}/current/link").stdout.strip()
    seen = pushed.exec("ls", f"{TAG}/index/sha256")
    if len(seen.stdout.split()) < 2:
        raise Failed(
            f"In the registry, `app:stable` has always meant one image, {short(now)}.",
            hint="`docker tag` moves the name on your Engine only. What tells the registry?",
            evidence=seen.evidence,
        )
    return now


@check(needs=moved, points=1)
def by_tag(engine: Engine, answer: Answer) -> None:
    """`dd-stable` was made from `app:stable` of the registry, and has printed version 1.1."""
    container = engine.container(STABLE)
    name = container.config["Image"]
    if not NAMED_BY_TAG.fullmatch(name):
        raise Failed(
            f"`{STABLE}` was made from `{name}`, which is not `app:stable` of the registry.",
            hint="The name that you pushed is the name that you run.",
            evidence=container.evidence(NAME),
        )
    hint = "A container keeps the image it was made from, whatever becomes of the tag. When was it made?"
    must_print(container, version(answer, NEW), NEW, hint)


@check(needs=moved, points=2)
def by_digest(engine: Engine) -> tuple[Container, str]:
    """`dd-pinned` was made from an image of the registry that was named by its digest."""
    container = engine.container(PINNED)
    name = container.config["Image"]
    if match := NAMED_BY_DIGEST.fullmatch(name):
        return container, match["digest"]
    seen = f"by a tag, `{name}`, which can move at any time"
    if re.fullmatch(r"(sha256:)?[0-9a-f]{12,64}", name):
        seen = "by the id that the image has on this Engine. The registry does not know ids"
    elif "/app" not in name:
        seen = f"by the name `{name}` of this Engine, not from the registry"
    raise Failed(
        f"`{PINNED}` names its image {seen}.",
        hint="REGISTRY/NAME@DIGEST names an image for good. `docker push` prints the digest.",
        evidence=container.evidence(NAME),
    )


@check(needs=by_digest, points=1)
def pulled(pushed: Container, by_digest: tuple[Container, str]) -> None:
    """The image of `dd-pinned` was pulled from the registry by this digest."""
    digest = short(by_digest[1])
    # Who pushes may ask too, before the registry has it.
    if not re.search(rf'/app/manifests/{re.escape(by_digest[1])} HTTP/[\d.]+" 200', pushed.logs()):
        raise Failed(
            f"Nobody has asked the registry for {digest}: `{PINNED}` runs what was on the Engine already.",
            hint="`docker pull` asks the registry, and takes a digest in place of a tag.",
            evidence=[f"$ docker logs {REGISTRY} 2>&1 | grep /app/manifests/{digest}"],
        )


@check(needs=by_digest, points=2)
def unmoved(moved: str, by_digest: tuple[Container, str], answer: Answer) -> None:
    """`dd-pinned` has printed version 1.0, although the tag has moved on."""
    container, digest = by_digest
    if digest == moved:
        raise Failed(
            f"`{PINNED}` runs {short(digest)}, which is what `app:stable` means now. Version {OLD} has another digest.",
            hint="Read the digest when you have pushed version 1.0, before the tag moves.",
            evidence=container.log_evidence(),
        )
    must_print(container, version(answer, OLD), OLD)


def must_print(container: Container, wanted: str, number: str, hint: str = "") -> None:
    """Fails where the container's image is not this version, and where it did not run and print it."""
    held = (container.image.text("/app/version") or "nothing").strip()
    if held != wanted:
        seen = f"`{container.name}` is not version {number}: its image holds `{held}`."
        raise Failed(seen, hint=hint, evidence=container.log_evidence())
    if not container.started:
        raise Failed(
            f"`{container.name}` was made, but never run, so it has not printed its version.",
            hint="`docker create` makes a container, `docker start` lets it run. One command does both.",
            evidence=container.evidence("{{.State.Status}}"),
        )
    if wanted not in container.logs():
        raise Failed(
            f"`{container.name}` ran, but did not print `{wanted}`.",
            hint="What stands behind the image's name takes the place of the image's own command.",
            evidence=[*container.evidence("{{json .Config.Cmd}}"), *container.log_evidence()],
        )


def named(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def short(digest: str) -> str:
    return digest[: len("sha256:") + 12]
