from graders.author import Answer, Container, Engine, Failed, Response, check, hinted

BOARD, NOTICES, TIDES = "dd-board", "dd-notices", "tides.txt"


@check(points=1)
def served(engine: Engine, answer: Answer) -> Container:
    """`dd-board` publishes port 80 and answers there with the files of `dd-notices`."""
    wanted = answer.file(f"{NOTICES}/{TIDES}").read_bytes().decode(errors="replace")
    lacks = "`docker run` has an option that publishes a port, and one that gives a folder to the container."
    with engine.seeing_folder(answer), hinted(lacks):
        board = engine.container(BOARD).running()
        response = board.request(f"/{TIDES}")
        if response.body != wanted:
            raise Failed(
                f"For `/{TIDES}`, `{BOARD}` {told(response)}. It is not the file of your folder.",
                hint="Look at what was mounted. Docker makes a folder that is not there, and it is empty. "
                "A name without a slash is a volume's.",
                evidence=board.mount_evidence(),
            )
    return board


@check(needs=served, points=2)
def seen(served: Container, engine: Engine, answer: Answer) -> Container:
    """With the next request the page has a file that was changed in `dd-notices`, or is new there."""
    new = f"dd-{answer.nonce('name')}.txt"
    with engine.folder(answer) as folder:
        for change, name, did in (
            (folder.edit, TIDES, "changed"),
            (folder.replace, TIDES, "saved as an editor does, as a new file under the old name"),
            (folder.add, new, "put there"),
        ):
            change(f"{NOTICES}/{name}", answer.nonce(did))
            response = served.request(f"/{name}")
            if response.body != answer.nonce(did):
                raise Failed(
                    f"`{NOTICES}/{name}` was {did}. For `/{name}`, `{BOARD}` {told(response)}.",
                    hint="Does the server read your folder, all of it, or something that was filled from it once?",
                    evidence=served.mount_evidence(),
                )
    return served


@check(needs=seen, points=2)
def read_only(seen: Container, engine: Engine, answer: Answer) -> None:
    """No process in `dd-board` can write into `dd-notices`, not even root."""
    with engine.folder(answer) as folder:
        place = folder.written_through(seen, NOTICES)
    if place:
        raise Failed(
            f"Root in `{BOARD}` can write into `{NOTICES}`: a file that was made at `{place}` in the container was in "
            "your folder.",
            hint="Modes and users hold back others, not root. What refuses also root is the mount; look at each that "
            "leads to the folder.",
            evidence=seen.mount_evidence(),
        )


def told(response: Response) -> str:
    if response.status != 200:
        return response.seen
    return f"answers with `{(response.body.splitlines() or [''])[0][:40]}`"
