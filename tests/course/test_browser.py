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
from graders.exercise import CONTENT, load

pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("own Engine")]

SCREENSHOTS = os.environ.get("DRYDOCK_SCREENSHOTS")
FIRST = "images/first-container"


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
    exercise = load(FIRST)
    remove_exercise(found.client, exercise.id, exercise.owns)


@pytest.fixture
def page(browser, address, workspace) -> Iterator[Page]:
    topic = load(FIRST).topic
    # JupyterLab has saved what another test typed.
    notebooks.write_for_learner(topic, workspace / topic / f"{topic}.ipynb")
    page = browser.open(address)
    expect(page.locator(".jp-Notebook").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=60_000)
    yield page
    page.close()


def cell(page: Page, text: str):
    """The code cell that contains the text; scrolls there, since JupyterLab draws only what is in view."""
    found = page.locator(".jp-CodeCell").filter(has_text=text).first
    page.locator(".jp-WindowedPanel-outer").first.hover()
    for _ in range(200):
        if found.count() and found.is_visible():
            break
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(50)
    found.scroll_into_view_if_needed()
    return found


def run(page: Page, text: str, typed: str | None = None):
    """Run a cell by the keyboard, after typing over it where the learner changes it."""
    found = cell(page, text)
    found.locator(".cm-content").click()
    if typed is not None:
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(typed)
    page.keyboard.press("Control+Enter")
    return cell(page, (typed or text).splitlines()[0])


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


def test_a_notebook_that_was_only_opened_has_nothing_to_save_and_is_trusted(page):
    tab = page.locator(".lm-TabBar-tab.jp-mod-current").filter(has_text=".ipynb")
    expect(tab).to_be_visible()
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))
    expect(page.locator(".jp-StatusItem-trust")).to_have_attribute(
        "title", re.compile("^(Notebook|Active notebook) trusted")
    )


def test_a_learner_does_the_first_exercise_wrong_reads_why_takes_a_hint_and_does_it_right(page, workspace):
    # The kernel may be that of the test before, where the extension is loaded.
    run(page, "load_ext graders", "%reload_ext graders")
    expect(page.locator(".jp-OutputArea-output").filter(has_text="is ready").first).to_be_visible(timeout=60_000)

    wrong = "docker run -d --name dd-web -p 80 nginx:1.26"
    answered = run(page, f"%%answer {FIRST}", f"%%answer {FIRST}\n{wrong}")
    expect(answered.locator(".jp-OutputArea-output").first).to_be_visible(timeout=60_000)
    report = run(page, f"%check {FIRST}").locator("section.drydock")
    expect(report).to_contain_text("not yet", timeout=60_000)
    expect(report).to_contain_text("every machine on your network can reach it")
    report.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(report.locator("details pre")).to_contain_text("docker port dd-web")
    shot(cell(page, f"%check {FIRST}"), "check")

    hinted = run(page, f"%check {FIRST}", f"%hint {FIRST}")
    expect(hinted).to_contain_text("Hint 1 of 3", timeout=60_000)

    run(page, f"%hint {FIRST}", f"%reset {FIRST}")
    expect(cell(page, f"%reset {FIRST}")).to_contain_text("container dd-web", timeout=60_000)
    right = (load(FIRST).folder / "solution" / "commands.sh").read_text()
    answered = run(page, f"%%answer {FIRST}", f"%%answer {FIRST}\n{right}")
    expect(answered.locator(".jp-OutputArea-output").first).to_contain_text("127.0.0.1", timeout=60_000)
    report = run(page, f"%reset {FIRST}", f"%check {FIRST}").locator("section.drydock")
    expect(report).to_contain_text("passed", timeout=60_000)
    shot(page, "passed")

    shown = run(page, f"%check {FIRST}", "%progress")
    expect(shown).to_contain_text(re.compile(r"1 of \d+ exercises"), timeout=60_000)
    assert next(s for s in progress.standings(workspace) if s.exercise.id == FIRST).passed


@pytest.mark.parametrize(("name", "width"), [("Light", 1280), ("Dark", 1280), ("Light", 390), ("Dark", 390)])
def test_the_report_is_readable_in_every_theme_and_width(page, name, width):
    choose_theme(page, name)
    page.set_viewport_size({"width": width, "height": 900})
    if width < 600 and page.locator("#jp-left-stack").is_visible():
        page.keyboard.press("Control+B")
    # The kernel may be that of the test before, where the extension is loaded.
    run(page, "load_ext graders", "%reload_ext graders")
    expect(page.locator(".jp-OutputArea-output").filter(has_text="is ready").first).to_be_visible(timeout=60_000)
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
