from graders.author import Answer, Build, Engine, Failed, check, hinted

BASE = "python:3.13-slim"
PRIVATE = ("notes/suppliers.txt", "photos/soup.svg")


def _dish(answer: Answer) -> str:
    return f"Stew {answer.nonce('dish')}"


def _private_word(answer: Answer) -> str:
    return f"private-{answer.nonce('private', 24)}"


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    # A dish added just before the build is on no page that was made earlier.
    menu = answer.file("menu.csv")
    menu.write_bytes(menu.read_bytes().rstrip() + f"\n{_dish(answer)},5.20\n".encode())
    for name in PRIVATE:
        (answer.path / name).parent.mkdir(exist_ok=True)
        (answer.path / name).write_text(_private_word(answer))
    return engine.build(answer.path)


@check(needs=builds, points=1)
def right_base(builds: Build) -> None:
    """It starts from `python:3.13-slim`."""
    with hinted("Which instruction chooses the image that yours starts from?"):
        builds.image.starts_from(BASE)


@check(needs=builds, points=1)
def working_directory(builds: Build) -> None:
    """Its working directory is `/app`."""
    seen = builds.image.config.get("WorkingDir") or ""
    if seen.rstrip("/") != "/app":
        raise Failed(
            f"The working directory of the image is `{seen or '/'}`, not `/app`.",
            hint="`cd` in a RUN ends with that RUN. Which instruction sets the directory for all that follows?",
            evidence=builds.image.evidence("{{.Config.WorkingDir}}"),
        )


@check(needs=builds, points=1)
def in_place(builds: Build, engine: Engine, answer: Answer) -> None:
    """`/app/app.py` is the file from your folder."""
    there = builds.image.read("/app/app.py")
    if there is None:
        search = engine.once(builds.image, "/", "-xdev", "-name", "app.py", entrypoint="find")
        where = search.stdout.split()
        raise Failed(
            f"`app.py` is at `{where[0]}`, not in `/app`." if where else "The image holds no `app.py`.",
            hint="The last word of COPY is the place in the image; a place without `/` in front is below WORKDIR.",
            evidence=search.evidence,
        )
    answer.unchanged()
    if not answer.as_given("app.py", there):
        raise Failed(
            "`/app/app.py` is not the `app.py` of your folder.",
            hint="Where does the other content come from?",
            evidence=engine.look(builds.image, "cat", "/app/app.py"),
        )


@check(needs=in_place, points=2)
def made_in_build(builds: Build, answer: Answer, engine: Engine) -> str:
    """Building makes `/app/page.html` from `menu.csv`."""
    page = builds.image.text("/app/page.html")
    if page is None:
        raise Failed(
            "The image holds no `/app/page.html`, so nothing made the page while the image was built.",
            hint="RUN works once, in the build. CMD is noted down and works later, in each container.",
            evidence=engine.look(builds.image, "ls", "-l", "/app"),
        )
    dish = _dish(answer)
    if dish not in page:
        raise Failed(
            f"A dish, “{dish}”, was added to `menu.csv` before this build, and `/app/page.html` lacks it. "
            "The page was made earlier and copied.",
            hint="The page must be made anew in each build, from the `menu.csv` that was copied.",
            evidence=engine.look(builds.image, "cat", "/app/page.html"),
        )
    return dish


@check(needs=made_in_build, points=2)
def answers(builds: Build, engine: Engine, made_in_build: str) -> None:
    """A container started with no arguments serves the page on port 8000."""
    hint = "A container lives as long as its command. Which command does your image give it, word by word?"
    with hinted(hint, builds.image.command_evidence):
        container = engine.run(builds.image, publish=[8000])
        page = container.page(port=8000)
    if made_in_build not in page:
        message = f"Port 8000 of a container of the image answers, and not with the dish “{made_in_build}”."
        raise Failed(message, evidence=container.log_evidence())


@check(needs=builds, points=2)
def only_what_is_needed(builds: Build, engine: Engine, answer: Answer) -> None:
    """Nothing from `notes/` and `photos/` is in the image, in no layer of it."""
    found = builds.image.holds(_private_word(answer), above=engine.original(BASE))
    if found:
        raise Failed(
            f"A layer of the image holds `{'` and `'.join(found)}`. "
            "Whoever gets the image can read it, even when a later step removes it.",
            hint="COPY can take the files one by one, by name. What does `.` name?",
            evidence=builds.image.history_evidence(),
        )
