import shlex

from graders.author import Answer, Build, Engine, Failed, check

STORE, BASE = "dd-store", "dd-store-tools:1.0"
HANDED = "token.txt"
FILE = "/app/catalogue.txt"
COMMAND = f"docker build --secret id=token,src={HANDED} --tag dd-catalogue ."
# Who asks with a token gets its first digits back, which shows with which one was asked, and tells nobody the rest.
SITE = """
map $http_authorization $who { "~^Bearer (?<start>[0-9a-f]{6})[0-9a-f]{18}$" $start; }
server {
    listen 80;
    location / {
        default_type text/plain;
        if ($who = "") { return 401 "no valid token"; }
        return 200 "Catalogue of boats, issued to $who\\n";
    }
}
"""


def prepare(engine: Engine, _answer: Answer) -> None:
    serve = f"echo {shlex.quote(SITE)} > /etc/nginx/conf.d/default.conf && exec nginx -g 'daemon off;'"
    store = engine.run("nginx:1.26", "sh", "-c", serve, name=STORE)
    # A client may give each build a proxy, which knows nothing of this address.
    changes = [f"ENV STORE=http://{store.address} no_proxy={store.address}", 'CMD ["sh"]']
    engine.make_image("busybox:1.37", name=BASE, changes=changes)


@check(points=1)
def builds(engine: Engine, answer: Answer) -> tuple[Build, str]:
    """It builds with `--secret id=token,src=token.txt`."""
    store = engine.scene(STORE)
    if not store.state["Running"] or engine.image(BASE).env.get("STORE") != f"http://{store.address}":
        raise Failed(
            f"The store `{STORE}` does not run at the address that `{BASE}` knows.",
            hint="An Engine that starts anew gives addresses anew. `%reset` makes both new.",
            evidence=store.evidence("{{.State.Status}}"),
        )
    token = answer.nonce("token", 24)
    (answer.path / HANDED).write_text(f"{token}\n")
    # A secret is no part of a step's key: the cache has what another token brought.
    return engine.build(answer.path, secrets={"token": answer.path / HANDED}, no_cache=True), token


@check(needs=builds, points=2)
def downloaded(builds: tuple[Build, str], engine: Engine) -> None:
    """`/app/catalogue.txt` was downloaded with the token in the build, and a container prints it without a network."""
    build, token = builds
    seen, wanted = build.image.text(FILE), f"issued to {token[:6]}"
    if seen is None or wanted not in seen:
        says = (
            f"`{FILE}` is another one than the store gives for this token" if seen else f"the image holds no `{FILE}`"
        )
        raise Failed(
            f"The build ended well, and {says}.",
            hint="The token is there while the image is built, not when a container starts. Which step asks the store?",
            evidence=[f"$ {COMMAND}", *build.listed, *engine.look(build.image, "cat", FILE)],
        )
    run = engine.once(build.image, network_mode="none")
    if wanted not in run.output:
        raise Failed("A container of the image does not print the catalogue.", evidence=run.evidence)


@check(needs=downloaded, points=3)
def not_in_image(builds: tuple[Build, str], engine: Engine) -> None:
    """The token is not in the image: in no layer, in no name, not in its history or variables."""
    build, token = builds
    found = build.image.holds(token, above=engine.original("busybox:1.37"))
    if found:
        places = [f"`{place}`" if place.startswith("/") else place for place in found[:2]]
        raise Failed(
            f"Whoever gets the image gets the token: it is in {' and '.join(places)}.",
            hint="Who wrote it there? A layer keeps what a step leaves, and a later step cannot take it back.",
            evidence=[f"$ {COMMAND}", *build.image.history_evidence()],
        )


@check(needs=downloaded, points=2)
def not_in_log(builds: tuple[Build, str]) -> None:
    """It is not in the build's log."""
    build, token = builds
    for step in build.steps:
        lines = [line for line in step.log.splitlines() if token in line]
        if lines:
            raise Failed(
                f"The log of the build shows the token: step `{step.instruction}` printed it.",
                hint="Logs of builds are kept, and read by many. Who prints what it is about to do?",
                evidence=[f"$ {COMMAND} --progress=plain", lines[0].replace(token, f"{token[:3]}…")],
            )


@check(needs=downloaded, points=2)
def needs_secret(builds: tuple[Build, str], engine: Engine, answer: Answer) -> None:
    """Without the secret the build ends with an error."""
    try:
        build = engine.build(answer.path, no_cache=True)
    except Failed:
        return
    why, hint = f"`{FILE}` is not the catalogue", "Which exit code has the step then? The mount can demand a secret."
    if builds[1][:6] in (build.image.text(FILE) or ""):
        why = f"it took the token from `{HANDED}` in the folder, which goes to the builder with all the rest"
        hint = "A secret may lie anywhere, outside of the folder too. Which kind of mount takes what `--secret` hands?"
    raise Failed(
        f"Without `--secret` the build ends well too: {why}.",
        hint=hint,
        evidence=["$ docker build --no-cache --tag dd-catalogue .", *engine.look(build.image, "cat", FILE)],
    )
