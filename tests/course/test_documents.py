"""What the documents say is so: links lead somewhere, commands and options exist, Dockerfiles shown build."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from podman import LACKS

from graders.cli import parser
from graders.exercise import exercises, topics
from graders.notebooks import build

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


@pytest.mark.parametrize("topic", [topic.id for topic in topics()])
def test_links_of_a_notebook_lead_to_what_is_in_the_workspace(topic, tmp_path):
    from graders.workspace import build_workspace

    build_workspace(tmp_path)
    text = "\n\n".join(cell.source for cell in build(topic).cells if cell.cell_type == "markdown")
    assert broken(text, tmp_path / topic) == []


@pytest.mark.parametrize("topic", [topic.id for topic in topics()])
def test_every_picture_has_a_text_alternative(topic):
    for cell in build(topic).cells:
        assert "![](" not in cell.source
        assert not re.search(r"<img(?![^>]*\balt=\"[^\"]+\")", cell.source)


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
    titles = " and ".join(f"*{topic.title}* ({len(topic.exercises)} exercises)" for topic in topics())
    assert f"The topics now: {titles}." in " ".join(readme.split())


@pytest.mark.parametrize(
    ("row", "lacks"), [("the machine that Drydock brings", {"real-time"}), ("Podman's Docker API", LACKS)]
)
def test_the_readme_counts_what_an_engine_can_do_right(row, lacks):
    can = [exercise for exercise in exercises() if not lacks & set(exercise.requires)]
    assert f"| {row} | {len(can)} of {len(exercises())} exercises" in (ROOT / "README.md").read_text()


def test_ci_runs_the_readmes_test_command():
    assert "environment/test.sh" in (ROOT / ".ci" / "run").read_text()
