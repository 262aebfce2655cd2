"""A learner's hour in a real browser: JupyterLab opens, an exercise is done wrong, then right, and progress shows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium, chromium
from playwright.sync_api import Locator, Page, expect

from graders import notebooks, progress
from graders.engine.cleaning import remove_exercise
from graders.exercise import CONTENT, lesson_of, lessons, load

pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("own Engine")]

SCREENSHOTS = os.environ.get("DRYDOCK_SCREENSHOTS")
FIRST, FILES = "images/first-container", "dockerfiles/first-image"
LESSON = lesson_of(load(FIRST))


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("learner") / "drydock"


@pytest.fixture(scope="module")
def address(workspace, found) -> Iterator[str]:
    """JupyterLab as the README's command starts it; its address with the token."""
    process = subprocess.Popen(
        [sys.executable, "-m", "graders", "start", "--no-browser", "--workspace", str(workspace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=CONTENT,
        start_new_session=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if url := re.search(r"http://(127\.0\.0\.1|localhost):\d+/lab\S*token=\S+", line):
            break
    else:
        pytest.fail("".join(lines))
    # What JupyterLab says later must be read, or it would wait for somebody to.
    with Path(os.devnull).open("w") as nowhere, subprocess.Popen(["cat"], stdin=process.stdout, stdout=nowhere):
        yield url[0]
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
    for exercise in (load(FIRST), load(FILES)):
        remove_exercise(found.client, exercise.id, exercise.owns)


@pytest.fixture
def visit(browser, address, workspace):
    """A function that opens a file of the workspace in JupyterLab, as if nothing was open before."""
    pages = []

    def opened(path: str = notebooks.HOME, width: int = 1280) -> Page:
        if path != notebooks.HOME:  # JupyterLab has saved what another test typed
            notebooks.write_for_learner(
                next(x for x in lessons() if path == f"{x.topic}/{x.file}"), workspace / path.partition("/")[0]
            )
        page = browser.open(f"{address.replace(notebooks.HOME, path)}&reset", width=width)
        pages.append(page)
        ready(page, path)
        if width < 600 and page.locator("#jp-left-stack").is_visible():
            page.keyboard.press("Control+B")
        return page

    yield opened
    for page in pages:
        page.close()


def ready(page: Page, path: str) -> None:
    """Wait until a notebook is shown and its kernel waits for it."""
    expect(page.locator(f".lm-TabBar-tab.jp-mod-current[title*='{path.rpartition('/')[2]}']")).to_be_visible(
        timeout=60_000
    )
    expect(page.get_by_text("Drydock | Idle")).to_be_visible(timeout=60_000)


def panel(page: Page) -> Locator:
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def scrolled_to(page: Page, found: Locator) -> Locator:
    """The element, after scrolling there, since JupyterLab draws only what is in view."""
    panel(page).locator(".jp-WindowedPanel-outer").hover()
    for _ in range(200):
        if found.count() and found.first.is_visible():
            break
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(50)
    found.first.scroll_into_view_if_needed()
    return found.first


def cell(page: Page, text: str) -> Locator:
    """The code cell that contains the text."""
    return scrolled_to(page, panel(page).locator(".jp-CodeCell").filter(has_text=text))


def run(page: Page, text: str, typed: str | None = None) -> Locator:
    """Run a cell by the keyboard, after typing over it where the learner changes it."""
    cell(page, text).locator(".cm-content").click()
    if typed is not None:
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(typed)
    page.keyboard.press("Control+Enter")
    return cell(page, (typed or text).splitlines()[0])


def in_terminal(page: Page, typed: str, done: Path) -> str:
    """What a command prints in the terminal that has the focus; `done` is a file for it."""
    page.keyboard.type(f"{{ {typed}; }} > {done} 2>&1; echo $? >> {done}\n")
    while not done.exists() or not done.read_text().strip().rpartition("\n")[2].isdecimal():
        page.wait_for_timeout(100)
    return done.read_text()


def shot(shown: Page | Locator, name: str) -> None:
    """A picture of a page, or of one thing on it."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        shown.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"))


def choose_theme(page: Page, name: str) -> None:
    """Choose JupyterLab's theme as a learner does, in the Settings menu."""
    page.locator(".lm-MenuBar-item").filter(has_text="Settings").click()
    page.locator(".lm-Menu-item").filter(has_text=re.compile("^Theme$")).hover()
    page.locator(".lm-Menu-item").filter(has_text=re.compile(f"^JupyterLab {name}$")).click()
    light = "true" if name == "Light" else "false"
    expect(page.locator(f"body[data-jp-theme-light={light}]")).to_be_attached(timeout=60_000)


@pytest.mark.parametrize(("name", "width"), [("Light", 1280), ("Dark", 1280), ("Light", 390), ("Dark", 390)])
def test_the_home_page_is_what_opens_and_leads_on_by_the_keyboard(visit, name, width):
    page = visit(width=width)
    choose_theme(page, name)
    home = panel(page).locator(".drydock-home")
    expect(home).to_contain_text(f"of {len(lessons())} lessons")
    assert home.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    contrast = home.locator("li").evaluate_all(CONTRAST)
    assert min(contrast) >= 4.5, contrast
    shot(page, f"home-{name.lower()}-{width}")
    home.locator("a.go").focus()
    page.keyboard.press("Enter")
    ready(page, LESSON.file)
    expect(panel(page).locator("h1")).to_contain_text(LESSON.title)
    shot(page, f"lesson-{name.lower()}-{width}")


def test_a_small_screen_is_led_to_a_page_that_has_the_lesson_alone(visit):
    link = panel(visit()).locator(".drydock-home p.alone a")
    expect(link).to_be_hidden()
    page = visit(width=390)
    link = panel(page).locator(".drydock-home p.alone a")
    with page.expect_popup() as opened:
        link.click()
    alone = opened.value
    expect(alone.locator(".jp-Notebook h1")).to_contain_text(LESSON.title, timeout=60_000)
    first = alone.locator(".jp-CodeCell").first
    first.locator(".cm-content").click()
    alone.keyboard.press("Control+Enter")
    expect(first.locator(".jp-OutputArea-output").first).to_contain_text("hello", timeout=60_000)
    assert alone.evaluate("document.documentElement.scrollWidth") <= 390
    shot(alone, "lesson-alone-390")
    alone.close()


def test_a_notebook_that_was_only_opened_has_nothing_to_save_and_is_trusted(visit):
    page = visit(f"{LESSON.topic}/{LESSON.file}")
    tab = page.locator(".lm-TabBar-tab.jp-mod-current").filter(has_text=".ipynb")
    expect(tab).to_be_visible()
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))
    expect(page.locator(".jp-StatusItem-trust")).to_have_attribute(
        "title", re.compile("^(Notebook|Active notebook) trusted")
    )


def test_a_learner_does_the_first_exercise_wrong_reads_why_takes_a_hint_does_it_right_and_goes_on(visit, workspace):
    page = visit()
    panel(page).locator(".drydock-home a.go").click()
    ready(page, LESSON.file)

    wrong = "docker run -d --name dd-web -p 80 nginx:1.26"
    answered = run(page, f"%%answer {FIRST}", f"%%answer {FIRST}\n{wrong}")
    expect(answered.locator(".jp-OutputArea-output").first).to_be_visible(timeout=60_000)
    report = run(page, f"%check {FIRST}").locator("section.drydock")
    expect(report).to_contain_text("not yet", timeout=60_000)
    expect(report).to_contain_text("every machine on your network can reach it")
    expect(report.locator("footer")).to_contain_text("exit code 0")
    report.locator("summary", has_text="See it yourself").focus()
    page.keyboard.press("Enter")
    expect(report.locator("details pre").first).to_contain_text("docker port dd-web")
    shot(cell(page, f"%check {FIRST}"), "check")

    for number, hint in enumerate(load(FIRST).hints, 1):
        report.locator("summary", has_text=f"Hint {number} of 3").focus()
        page.keyboard.press("Enter")
        expect(report.locator("details.hint p").nth(number - 1)).to_contain_text(hint.split("`")[0][:30])
    expect(report).to_contain_text("That was the last one")

    run(page, f"%check {FIRST}", f"%reset {FIRST}")
    expect(cell(page, f"%reset {FIRST}")).to_contain_text("container dd-web", timeout=60_000)
    expect(cell(page, f"%reset {FIRST}")).to_contain_text("The cell above still has what you wrote")
    right = (load(FIRST).folder / "solution" / "commands.sh").read_text()
    answered = run(page, f"%%answer {FIRST}", f"%%answer {FIRST}\n{right}")
    expect(answered.locator(".jp-OutputArea-output").first).to_contain_text("127.0.0.1", timeout=60_000)
    report = run(page, f"%reset {FIRST}", f"%check {FIRST}").locator("section.drydock")
    expect(report).to_contain_text("passed", timeout=60_000)
    shot(page, "passed")
    assert next(s for s in progress.standings(workspace) if s.exercise.id == FIRST).passed

    report.locator("a", has_text=lessons()[1].title).click()
    ready(page, lessons()[1].file)
    scrolled_to(page, panel(page).locator("a", has_text=re.compile("^Home$"))).click()
    ready(page, notebooks.HOME)
    expect(panel(page).locator(".drydock-home a.go")).to_contain_text(f"Go on: {lessons()[1].title}", timeout=20_000)


def test_a_guess_is_typed_and_compared_with_what_the_next_cell_shows(visit):
    page, guess = visit(f"{LESSON.topic}/{LESSON.file}"), notebooks.guesses(LESSON)[0]
    asked = cell(page, f"%guess {LESSON.id} 1")
    asked.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(asked.locator(".jp-Stdin-input")).to_be_focused(timeout=20_000)
    page.keyboard.type(f"{notebooks.LETTERS[guess.right]}\n")
    expect(asked.locator(".jp-Stdin-input")).to_have_count(0)
    # JupyterLab is back at the cell that asked: a second Shift+Enter goes on.
    page.keyboard.press("Shift+Enter")
    expect(asked).to_contain_text("The next cell shows what is so.", timeout=20_000)
    page.keyboard.press("Shift+Enter")
    said = panel(page).locator("[role=status]", has_text=f"You guessed {notebooks.LETTERS[guess.right]}")
    expect(said).to_contain_text("So it is.", timeout=60_000)


def test_a_file_opens_beside_the_text_and_is_checked_as_it_stands_there(visit, workspace):
    lesson = lesson_of(load(FILES))
    page = visit(f"{lesson.topic}/{lesson.file}")
    scrolled_to(page, panel(page).locator("button", has_text="Open Dockerfile beside")).focus()
    page.keyboard.press("Enter")
    editor = page.locator(".jp-FileEditor .cm-content")
    expect(editor).to_be_visible(timeout=60_000)
    expect(panel(page)).to_be_visible()
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text((load(FILES).folder / "solution" / "Dockerfile").read_text())
    # Nobody saves it; that is seen to.
    expect(page.locator(".lm-TabBar-tab[title*=Dockerfile]")).not_to_have_class(
        re.compile("jp-mod-dirty"), timeout=20_000
    )
    report = run(page, f"%check {FILES}").locator("section.drydock")
    expect(report).to_contain_text("passed", timeout=120_000)
    shot(page, "beside")


def test_what_is_typed_over_a_slow_network_is_saved_without_a_question(visit):
    page = visit(f"{LESSON.topic}/{LESSON.file}")
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 1200, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", slow)
    tab = page.locator(".lm-TabBar-tab.jp-mod-current").filter(has_text=".ipynb")
    cell(page, f"%%answer {FIRST}").locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n# later")
    expect(tab).to_have_class(re.compile("jp-mod-dirty"))
    # A save asks the server three times. One that begins meanwhile takes the first for somebody else's.
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"), timeout=60_000)
    expect(page.locator(".jp-Dialog")).to_have_count(0)


def test_a_kernel_that_was_restarted_checks_at_once(visit):
    page = visit(f"{LESSON.topic}/{LESSON.file}")
    page.locator(".lm-MenuBar-item").filter(has_text="Kernel").click()
    page.locator(".lm-Menu-item[data-command='kernelmenu:restart']").click()
    page.locator(".jp-Dialog button", has_text="Restart").click()
    expect(page.get_by_text("Drydock | Idle")).to_be_visible(timeout=60_000)
    expect(run(page, f"%check {FIRST}").locator("section.drydock header")).to_contain_text(
        re.compile("passed|not yet"), timeout=60_000
    )


def test_a_terminal_stands_in_the_exercises_folder_and_knows_drydock_and_its_values(visit, workspace, tmp_path):
    exercise = load("images/limits")
    lesson = lesson_of(exercise)
    page = visit(f"{lesson.topic}/{lesson.file}")
    scrolled_to(page, panel(page).locator("button", has_text="Open a terminal")).click()
    page.locator(".jp-Terminal.jp-mod-focused, .jp-Terminal .xterm").first.click()
    said = in_terminal(page, "echo $PWD $MEMORY; drydock check .", tmp_path / "said")
    assert said.splitlines()[0].startswith(str(workspace / lesson.topic / exercise.place) + " ")
    assert re.fullmatch(r"\d+", said.splitlines()[0].rpartition(" ")[2])
    assert f"{exercise.id}: not yet" in said


@pytest.mark.parametrize(("name", "width"), [("Light", 1280), ("Dark", 1280), ("Light", 390), ("Dark", 390)])
def test_the_report_is_readable_in_every_theme_and_width(visit, name, width):
    page = visit(f"{LESSON.topic}/{LESSON.file}", width)
    choose_theme(page, name)
    report = run(page, f"%check {FIRST}").locator("section.drydock")
    expect(report.locator("li").first).to_be_visible(timeout=60_000)
    expect(report.locator("header")).to_contain_text(re.compile("passed|not yet"), timeout=60_000)
    shot(page, f"report-{name.lower()}-{width}")
    contrast = report.locator("li").evaluate_all(CONTRAST)
    assert min(contrast) >= 4.5, contrast
    assert report.evaluate("e => e.scrollWidth <= e.clientWidth + 1")


# Contrast of the text with what is behind it, as WCAG 2.1 defines it.
CONTRAST = """items => {
  const parts = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 || m[3] > 0 ? m : null };
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
  const behind = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c) return c } return [255, 255, 255] };
  return items.flatMap(i => [...i.children]).map(e => { const a = light(parts(getComputedStyle(e).color)), b = light(behind(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) });
}"""
