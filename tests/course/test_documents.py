"""What the documents say is so: links lead somewhere, commands and options exist, Dockerfiles shown build."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from podman import LACKS

from graders.cli import parser
from graders.exercise import exercises, lessons, topics
from graders.notebooks import HOME, build

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for pattern in ("*.md", "environment/**/*.md") for path in ROOT.glob(pattern)
)


def anchors(text: str) -> set[str]:
    """Anchors of headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken(text: str, folder: Path) -> list[str]:
    found = []
    for link in LINK.findall(text):
        parts = urlsplit(link)
        if parts.scheme:
            if parts.scheme != "https" or not parts.hostname:
                found.append(link)
        elif not (folder / parts.path).exists() or not (parts.path or parts.fragment in anchors(text)):
            found.append(link)
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_of_a_document_lead_somewhere(document):
    assert broken((ROOT / document).read_text(), (ROOT / document).parent) == []


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    from graders.workspace import build_workspace

    folder = tmp_path_factory.mktemp("workspace")
    build_workspace(folder)
    return folder


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.id)
def test_links_of_a_lesson_lead_to_what_is_in_the_workspace(lesson, workspace):
    text = "\n\n".join(cell.source for cell in build(lesson).cells if cell.cell_type == "markdown")
    assert broken(text, workspace / lesson.topic) == []


def test_links_of_the_home_page_lead_to_every_lesson(workspace):
    page = nbformat.read(workspace / HOME, as_version=4).cells[0].outputs[0].data["text/html"]
    assert {workspace / link for link in re.findall(r'href="([^"]+)"', page)} >= {
        workspace / lesson.topic / lesson.file for lesson in lessons()
    }


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.id)
def test_every_picture_has_a_text_alternative(lesson):
    for cell in build(lesson).cells:
        assert "![](" not in cell.source
        assert not re.search(r"<img(?![^>]*\balt=\"[^\"]+\")", cell.source)


@pytest.mark.parametrize("picture", sorted((ROOT / "notebooks").rglob("*.svg")), ids=lambda picture: picture.name)
def test_every_colour_of_a_picture_has_another_in_the_dark(picture):
    text = picture.read_text()
    dark = text.partition("@media (prefers-color-scheme: dark)")[2].partition("</style>")[0]
    for kind, colour in set(re.findall(r'(fill|stroke)="(#[0-9a-f]+)"', text.replace(dark, ""))):
        assert re.search(rf'\[{kind}="{colour}"\] {{ {kind}: #[0-9a-f]{{6}} }}', dark), (kind, colour)


def test_the_readme_shows_both_commands_and_the_options_of_the_first():
    readme = (ROOT / "README.md").read_text()
    assert "    bash environment/start.sh\n" in readme
    assert "    bash environment/test.sh\n" in readme
    helped = subprocess.run(
        ["bash", ROOT / "environment" / "start.sh", "--help"], capture_output=True, text=True, check=True
    )
    for option in re.findall(r"^\| `(--[a-z-]+)", readme, re.MULTILINE):
        assert option in helped.stdout


def test_every_command_that_the_readme_names_exists():
    commands = set(parser()._subparsers._group_actions[0].choices)
    named = set(re.findall(r"\bdrydock ([a-z]+)\b(?! is| has)", (ROOT / "README.md").read_text()))
    assert named - commands == set()


def test_the_readme_counts_the_exercises_right():
    readme = (ROOT / "README.md").read_text()
    *titles, last = [f"*{topic.title}* ({len(topic.exercises)} exercises)" for topic in topics()]
    assert f"The topics now: {', '.join(titles)} and {last}." in " ".join(readme.split())


@pytest.mark.parametrize(
    ("row", "lacks"),
    [
        ("the machine that Drydock brings", {"real-time", "multi-platform", "nodes"}),
        ("Docker Engine 26 and 28", {"multi-platform"}),
        ("Podman's Docker API", LACKS | {"buildkit"}),
        ("Docker Engine 20.10", {"heredoc", "no-cache-filter", "multi-platform"}),
    ],
)
def test_the_readme_counts_what_an_engine_can_do_right(row, lacks):
    can = [exercise for exercise in exercises() if not lacks & set(exercise.requires)]
    assert f"| {row} | {len(can)} of {len(exercises())} exercises" in (ROOT / "README.md").read_text()


def test_ci_runs_the_readmes_test_command():
    assert "environment/test.sh" in (ROOT / ".ci" / "run").read_text()
