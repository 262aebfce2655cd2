from graders.author import Answer, Container, Engine, Failed, check

IMAGE = "nginx:1.26"
TWINS = ("dd-twin-a", "dd-twin-b")
MOUNTS = {"bind": "bind mount", "volume": "volume", "tmpfs": "tmpfs mount"}
PAGE = "/usr/share/nginx/html/index.html"
ANEW = "A container that is made anew begins with the image's page."


def variables(answer: Answer) -> dict[str, str]:
    return {"WORD": f"twin-{answer.nonce('word')}"}


@check(points=1)
def both_run(engine: Engine) -> tuple[Container, Container]:
    """`dd-twin-a` and `dd-twin-b` both run."""
    first, second = (engine.container(name).running() for name in TWINS)
    return first, second


@check(needs=both_run, points=1)
def changed(both_run: tuple[Container, Container], answer: Answer) -> str:
    """The page of `dd-twin-a` holds your word."""
    word = variables(answer)["WORD"]
    first, second = both_run
    page = first.text(PAGE) or ""
    if word in page:
        return word
    if word in (second.text(PAGE) or ""):
        seen, hint = f"does not hold `{word}`; the page of `dd-twin-b` does", "Which of the two was to be changed?"
    elif page == (first.image.text(PAGE) or ""):
        seen = f"is still the image's own, without `{word}`"
        hint = f"{ANEW} And a `>` outside of quotes is your shell's."
    elif not page.strip() or "$WORD" in page:
        seen = f"was changed, but `{word}` is not in it: the shell that wrote it knew no variable WORD"
        hint = "Inside single quotes your own shell leaves `$WORD` alone, and the container has no such variable."
    else:
        seen, hint = f"does not hold `{word}`", "Look at what your command wrote."
    raise Failed(f"The page of `dd-twin-a` {seen}.", hint=hint, evidence=first.exec("head", "-n", "4", PAGE).evidence)


@check(needs=[both_run, changed], points=1)
def image_as_it_was(engine: Engine, both_run: tuple[Container, Container], changed: str) -> None:
    """The image `nginx:1.26` has kept its own page."""
    page = engine.image(IMAGE).text(PAGE) or ""
    # What the name stood for when a twin was made, if it was made by the name.
    before = next((twin.image.text(PAGE) for twin in both_run if twin.config["Image"] == IMAGE), page)
    if changed in page or page != before:
        seen = f"the page with `{changed}`" if changed in page else "another page"
        raise Failed(
            f"`{IMAGE}` itself now has {seen}, so every new container begins with it.",
            hint="A change needs no image to last. Give the name back to the old image: "
            f"docker tag {both_run[0].attributes['Image'][7:19]} {IMAGE}",
            evidence=engine.docker("run", "--rm", "--entrypoint", "head", IMAGE, "-n", "4", PAGE).evidence,
        )


@check(needs=[both_run, image_as_it_was], points=1)
def one_image(both_run: tuple[Container, Container], engine: Engine) -> None:
    """Both were made from the same image, `nginx:1.26`."""
    ids = {str(twin.attributes["Image"]) for twin in both_run}
    names = [str(twin.config["Image"]) for twin in both_run]
    if len(ids) == 1 and all(twin.made_from(IMAGE) for twin in both_run):
        return
    made = f"`dd-twin-a` was made from `{names[0]}`, `dd-twin-b` from `{names[1]}`"
    raise Failed(
        f"{made}: two images." if len(ids) > 1 else f"{made}, not from `{IMAGE}`.",
        hint="The word belongs into a container, not into an image.",
        evidence=engine.evidence("{{.Name}} {{.Config.Image}} {{.Image}}", *TWINS),
    )


@check(needs=[both_run, one_image], points=1)
def in_its_layer(both_run: tuple[Container, Container]) -> Container:
    """The change stands in the writable layer of `dd-twin-a`."""
    twin = both_run[0]
    if any(line[2:] == PAGE for line in twin.diff()):
        return twin
    over = [m for m in twin.attributes["Mounts"] if f"{PAGE}/".startswith(f"{m['Destination'].rstrip('/')}/")]
    kept = f" A {MOUNTS[over[0]['Type']]} lies over `{over[0]['Destination']}` and keeps it." if over else ""
    raise Failed(
        f"The page of `dd-twin-a` is not in the container's own layer.{kept}",
        hint="Make the container without a mount, and change the file that the image brings.",
        evidence=twin.evidence("{{range .Mounts}}{{.Type}} on {{.Destination}} {{end}}"),
    )


@check(needs=[both_run, changed, one_image], points=1)
def only_there(both_run: tuple[Container, Container], changed: str, engine: Engine) -> None:
    """`dd-twin-b` still shows the page of the image."""
    twin = both_run[1]
    if twin.read(PAGE) != twin.image.read(PAGE):
        too = changed in (twin.text(PAGE) or "")
        seen = f"holds `{changed}` too" if too else "is not the one of the image any more"
        raise Failed(
            f"The page of `dd-twin-b` {seen}. Only `dd-twin-a` was to be changed.",
            hint=ANEW,
            evidence=engine.docker("diff", twin.name).evidence,
        )


@check(needs=in_its_layer, points=1)
def survived(in_its_layer: Container) -> None:
    """The change is older than the last stop of `dd-twin-a`: it survived stop and start."""
    twin = in_its_layer
    times = "stopped {{.State.FinishedAt}}, started {{.State.StartedAt}}"
    if not twin.finished:
        raise Failed(
            "`dd-twin-a` was never stopped, so nothing shows yet that its change survives that.",
            hint="Stop it and start it again. Making it anew is something else.",
            evidence=twin.evidence(times),
        )
    # The change time, unlike the modification time, cannot come along with a copied file.
    seen = twin.exec("stat", "-L", "-c", "%.Z", PAGE)
    written = float(seen.stdout or "nan")
    if not written < twin.finished:
        raise Failed(
            "The page of `dd-twin-a` was written after the container's last stop, so it has not survived one yet.",
            hint="First the change, then stop and start, and then leave the page alone.",
            evidence=[*twin.evidence(times), *twin.exec("stat", "-L", "-c", "changed %z", PAGE).evidence],
        )
