import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial

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
    rates = re.findall(r"^rate *= *(\d*)", text, re.MULTILINE)
    wanted = "3 berths, {} a metre".format("\n".join(rates))
    hint = "Which file does the program read? And what else does it need, that a mount may cover?"
    with engine.seeing_folder(answer), hinted(hint):
        desk = engine.container(TARIFF).running()
        response = desk.request(PAGE)
        if not response.body.startswith(wanted):
            seen = f"says `{response.body.strip()[:60]}`" if response.status == 200 else response.seen
            raise Failed(f"`{TARIFF}` {seen}, in place of `{wanted} …`.", evidence=desk.mount_evidence())
    return desk


@check(needs=answers, points=1)
def in_place(answers: Container, engine: Engine, answer: Answer) -> Container:
    """When somebody writes into the file, the next request has the new rate."""
    with engine.folder(answer) as folder, hinted("Does the program read your file, or a copy that was made once?"):
        edited(engine, answer, answers, folder.edit, "Somebody wrote `{}` into `{}`.")
    return answers


@check(needs=in_place, points=3)
def renamed(in_place: Container, engine: Engine, answer: Answer) -> None:
    """When an editor saves it as a new file under the old name, the next request has the new rate."""
    hint = "What exactly was mounted: the file of then, or the place where the file of now is found?"
    with engine.folder(answer) as folder, hinted(hint):
        did = "An editor saved `{}` in `{}`, as a new file under the old name."
        edited(engine, answer, in_place, folder.replace, did)


def edited(engine: Engine, answer: Answer, desk: Container, change: Callable[[str, str], None], did: str) -> None:
    began = desk.state["StartedAt"]
    for turn in (1, 2):
        rate = answer.number(f"{did} {turn}", 100, 999)
        change(FILE, f"rate = {rate}\n")
        at_once = says(desk, rate)
        later = at_once or engine.wait_until(partial(says, desk, rate), AFTERWARDS)
        if desk.state["StartedAt"] != began:
            seen = f"`{FILE}` was edited, and `{TARIFF}` was restarted for it. Who asks meanwhile gets no answer."
        elif at_once:
            continue
        elif later:
            seen = f"`{FILE}` was edited, and `{TARIFF}` has the new rate a while later: something copies the file."
        else:
            seen = f"{did.format(f'rate = {rate}', FILE)} `{TARIFF}` still says `{desk.page(PAGE).strip()}`."
        raise Failed(seen, evidence=desk.mount_evidence())


def says(desk: Container, rate: int) -> bool:
    with suppress(Failed):  # one that is restarted just now does not run
        return f" {rate} a metre" in desk.request(PAGE, wait=1).body
    return False
