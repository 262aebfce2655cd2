from pathlib import Path

from graders.author import Answer, Container, Engine, Failed, Image, check, hinted, scratch_folder

NAME, OLD, NEW, VOLUME = "dd-notices", "dd-notices:1", "dd-notices:2", "dd-notices-www"
SITE, UPLOADS = "/srv/www", "/srv/www/uploads"
PORT, OWNER = 8080, "1042"
FOLDER, MODE, OK = f"{UPLOADS}/march", f"{OWNER}:{OWNER} ", 200
IMAGE = (f"USER {OWNER}:{OWNER}", f"EXPOSE {PORT}", f'CMD ["httpd", "-f", "-p", "{PORT}", "-h", "{SITE}"]')
ADD = 'umask 077; mkdir -p "${0%/*}"; printf %s "$1" >"$0"'
MOUNTED = "What is mounted hides what the image has at that path. Which of the two do you want to see there?"

BACK = "`%reset` brings everything back."


def pages(answer: Answer, version: int) -> dict[str, str]:
    """The pages of an image by path; one of them came with version 2."""
    text = f"Harbour office, version {version}, {answer.nonce(f'version-{version}', 6)}\n"
    return {f"{SITE}/index.html": text} | ({f"{SITE}/tides.html": f"Tides. {text}"} if version > 1 else {})


def uploads(answer: Answer) -> dict[str, str]:
    """What was uploaded, by path."""
    names = ("stowage.txt", "march/manifest.txt", ".order")
    return {f"{UPLOADS}/{name}": f"{name} {answer.nonce(name)}" for name in names}


def prepare(engine: Engine, answer: Answer) -> None:
    def image(name: str, version: int) -> None:
        files = "; ".join(f"echo '{text.strip()}' >{path}" for path, text in pages(answer, version).items())
        script = f"mkdir -p {UPLOADS}; chown {OWNER}:{OWNER} {UPLOADS}; {files}"
        engine.make_image("busybox:1.37", script, name=name, changes=IMAGE)

    engine.side_by_side(lambda: image(OLD, 1), lambda: image(NEW, 2))
    mounted = {VOLUME: {"bind": SITE}}
    first = engine.run(OLD, name=NAME, volumes=mounted)
    for path, text in uploads(answer).items():
        first.exec("sh", "-c", ADD, path, text)
    first.remove()
    engine.run(NEW, name=NAME, volumes=mounted, publish=[PORT])


@check(points=2)
def answers_new(engine: Engine, answer: Answer) -> Container:
    """`dd-notices` runs from `dd-notices:2`, and answers with its pages through a published port."""
    container = engine.container(NAME).running().of(engine.image(engine.made(NEW)))
    old = pages(answer, 1)
    for path, text in pages(answer, 2).items():
        response = container.request(path.removeprefix(SITE), port=PORT)
        if response.status != OK or response.body != text:
            what = response.seen if response.status != OK else f"is not that of `{NEW}`"
            what = f"is that of `{OLD}`" if response.body == old.get(path) else what
            raise Failed(
                f"`{NAME}` runs from `{NEW}`, but its page {path.removeprefix(SITE)} {what}.",
                hint=MOUNTED,
                evidence=container.mount_evidence(),
            )
    return container


@check(needs=answers_new, points=3)
def uploads_kept(answers_new: Container, answer: Answer) -> None:
    """All uploads are at `/srv/www/uploads` with contents, owners and modes, and the service can add to them."""
    with hinted(evidence=answers_new.look("ls", "-lnRA", UPLOADS).evidence.copy):
        for path, text in uploads(answer).items():
            if (seen := answers_new.text(path)) != text:
                what = "is not there" if seen is None else "has other contents"
                raise Failed(f"The upload `{path}` {what}.", hint=f"What do you see there, and what is hidden? {BACK}")
        for path, mode in {FOLDER: f"{MODE}700", **dict.fromkeys(uploads(answer), f"{MODE}600")}.items():
            if (seen := answers_new.look("stat", "-c", "%u:%g %a", path).stdout.strip()) != mode:
                hint = f"What keeps the owner and the mode of what is copied? {BACK}"
                raise Failed(f"`{path}` had the owner and mode `{mode}`, and has `{seen}`.", hint=hint)
        if answers_new.exec("test", "-w", UPLOADS, user=OWNER).exit_code:
            evidence = answers_new.look("ls", "-lnd", UPLOADS).evidence
            raise Failed(
                f"The service, user {OWNER}, cannot add to `{UPLOADS}`.", hint="Whose is it?", evidence=evidence
            )


@check(needs=uploads_kept, points=3)
def next_version(answers_new: Container, engine: Engine, answer: Answer) -> None:
    """Run with the same options from `dd-notices:3`, it answers with that one's pages, and has the uploads."""
    anew = answers_new.made_anew(image=third(engine, answer))
    put = "The check made a `dd-notices:3` and ran it with the options of yours"
    with hinted(evidence=answers_new.mount_evidence):
        for path, text in pages(answer, 3).items():
            if (seen := anew.request_inside(path.removeprefix(SITE), port=PORT).stdout) != text:
                what = "with an older page" if seen else "with no page"
                raise Failed(f"{put}: it answers {path.removeprefix(SITE)} {what}.", hint=MOUNTED)
        for path, text in uploads(answer).items():
            if anew.text(path) != text:
                raise Failed(
                    f"{put}: it has not the upload `{path}`.", hint="Do the uploads lie outside of the container?"
                )


def third(engine: Engine, answer: Answer) -> Image:
    """The next version, as somebody else would make it."""
    with scratch_folder() as folder:
        site = Path(folder) / SITE.lstrip("/")
        site.mkdir(parents=True)
        for path, text in pages(answer, 3).items():
            (site / Path(path).name).write_text(text)
        return engine.make_image(engine.made(NEW), content=Path(folder), changes=IMAGE)
