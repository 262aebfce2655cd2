from collections.abc import Callable
from contextlib import suppress

from graders.author import Answer, Container, Engine, Failed, check, hinted

IMAGE, TARIFF = "dd-tariff:1.0", "dd-tariff"
FILE, PAGE = "settings/tariff.conf", "/cgi-bin/price"
AFTERWARDS = 5
"""Seconds in which a new rate may come that did not come at once, so that what brings it can be told."""


def prepare(engine: Engine, answer: Answer) -> None:
    engine.make_image(
        "busybox:1.37",
        "chmod +x /harbour/www/cgi-bin/price",
        content=answer.scene,
        name=IMAGE,
        changes=['CMD ["httpd", "-f", "-h", "/harbour/www"]'],
    )


@check(points=1)
def answers(engine: Engine, answer: Answer) -> Container:
    """`dd-tariff` answers with the number of berths and the rate of `settings/tariff.conf`."""
    text = answer.file(FILE).read_bytes().decode(errors="replace")
    rates = [line.partition("=")[2].strip() for line in text.splitlines() if line.startswith("rate")]
    wanted = f"3 berths, {''.join(rates)} a metre"
    with hinted("Which file does the program read? And what else does it need, that a mount may cover?"):
        desk = engine.container(TARIFF).running()
        response = desk.request(PAGE)
        if not response.body.startswith(wanted):
            with engine.folder(answer):  # it says so where the Engine cannot see the folder
                seen = f"says `{response.body.strip()[:60]}`" if response.status == 200 else response.seen
                raise Failed(f"`{TARIFF}` {seen}, in place of `{wanted} …`.", evidence=desk.mount_evidence())
    return desk


@check(needs=answers, points=1)
def in_place(answers: Container, engine: Engine, answer: Answer) -> Container:
    """When somebody writes into the file, the next request has the new rate."""
    with engine.folder(answer) as folder:
        edited(engine, answer, answers, folder.edit, "Somebody wrote")
    return answers


@check(needs=in_place, points=3)
def renamed(in_place: Container, engine: Engine, answer: Answer) -> None:
    """When an editor saves it as a new file under the old name, the next request has the new rate."""
    with engine.folder(answer) as folder:
        edited(engine, answer, in_place, folder.replace, "An editor saved, as a new file under the old name,")


def edited(engine: Engine, answer: Answer, desk: Container, change: Callable[[str, str], None], did: str) -> None:
    began = desk.state["StartedAt"]
    for turn in ("first", "second"):
        rate = answer.number(f"{did} {turn}", 100, 999)

        def has_it(wanted: str = f" {rate} a metre") -> bool:
            with suppress(Failed):  # one that is restarted just now does not run
                return wanted in desk.request(PAGE, wait=1).body
            return False

        change(FILE, f"rate = {rate}\n")
        at_once = has_it()
        later = at_once or engine.wait_until(has_it, AFTERWARDS)
        evidence = desk.mount_evidence()
        if desk.state["StartedAt"] != began:
            raise Failed(
                f"`{TARIFF}` was restarted when the file had changed. Who asks meanwhile gets no answer.",
                hint="After a restart the file is mounted anew. What would make the mount itself right?",
                evidence=desk.evidence("started at {{.State.StartedAt}}"),
            )
        if later and not at_once:
            raise Failed(
                f"The new rate of `{FILE}` came to `{TARIFF}` a while later: something copies the file.",
                hint="A copy is always behind. Let the program read the file itself.",
                evidence=evidence,
            )
        if not later:
            raise Failed(
                f"{did} `rate = {rate}` to `{FILE}`. `{TARIFF}` still says `{desk.page(PAGE).strip()}`.",
                hint="What exactly was mounted: the file of then, or the place where the file of now is found?",
                evidence=evidence,
            )
