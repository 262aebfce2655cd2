"""The page of an author's words is made from the docstrings: `python tests/course/test_author_words.py` writes it."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from pathlib import Path

from graders import author, schema
from graders.engine import QUESTIONS

PAGE = Path(__file__).parents[2] / "graders" / "topics" / "README.md"
OBJECTS = (
    "Engine",
    "Container",
    "Mount",
    "Image",
    "PlatformImage",
    "Program",
    "Volume",
    "Network",
    "Door",
    "Seen",
    "Reach",
    "Plan",
    "Address",
    "Folder",
    "Build",
    "PackageIndex",
    "Registry",
    "Load",
    "Failure",
    "Service",
    "Task",
    "Node",
    "Project",
    "Happened",
    "AfterRestart",
    "Watching",
    "Step",
    "Finished",
    "Response",
    "Answer",
)
FUNCTIONS = ("check", "Failed", "hinted", "scratch_folder", "DrydockError", "NotSupportedError")
REST = {"Attributes", "EXERCISE_LABEL", "TIMED_OUT"}
"""Names that need no word of explanation beside their own."""


def page() -> str:
    return "\n".join(lines()) + "\n"


def lines() -> Iterator[str]:
    yield "# An author's words"
    yield ""
    yield "What a grader imports from `graders.author`, and what exercise.toml may say."
    yield "This page is made from the docstrings: `.venv/bin/python tests/course/test_author_words.py` writes it."
    for name in OBJECTS:
        found = getattr(author, name)
        yield from ("", f"## {name}", "", first_paragraph(found), "", "| word | |", "|---|---|")
        yield from (row(word, member) for word, member in members(found))
    yield from ("", "## Beside them", "", "| word | |", "|---|---|")
    for name in FUNCTIONS:
        yield row(name + signature(getattr(author, name)), getattr(author, name))
    yield from ("", "## exercise.toml", "", "| key | is | says |", "|---|---|---|")
    for key, (kind, meaning) in schema.KEYS.items():
        yield f"| `{key}` | {kind}{'' if key in schema.NEEDED else ', or left out'} | {meaning} |"
    yield from (
        "",
        "## Capabilities",
        "",
        "What `requires` may name. Where an Engine lacks one, the exercise is *not supported* there.",
        "",
    )
    yield ", ".join(f"`{name}`" for name in QUESTIONS) + "."


def members(found: type) -> Iterator[tuple[str, object]]:
    said = fields(found)
    yield from said.items()
    for name, member in vars(found).items():
        if not name.startswith("_") and name not in said and inspect.getdoc(member):
            plain = inspect.isfunction(member)
            yield (name + signature(member) if plain else name), member


def fields(found: type) -> dict[str, str]:
    """What the strings below its fields say; Python keeps none of them at run time."""
    body = ast.parse(textwrap.dedent(inspect.getsource(found))).body[0].body
    strings = {id(field): after.value.value for field, after in itertools.pairwise(body) if isinstance(after, ast.Expr)}
    return {
        one.target.id: strings.get(id(one), "")
        for one in body
        if isinstance(one, ast.AnnAssign) and not one.target.id.startswith("_")
    }


def signature(member: object) -> str:
    target = member.__init__ if inspect.isclass(member) else member  # type: ignore[misc]
    said = [
        f"{p.name}=…"
        if p.default is not p.empty
        else f"*{p.name}"
        if p.kind is p.VAR_POSITIONAL
        else f"**{p.name}"
        if p.kind is p.VAR_KEYWORD
        else p.name
        for p in inspect.signature(target).parameters.values()
        if p.name != "self"
    ]
    return f"({', '.join(said)})"


def row(word: str, member: object) -> str:
    return f"| `{word}` | {first_paragraph(member)} |".replace("||", "|")


def first_paragraph(member: object) -> str:
    return " ".join(
        (member if isinstance(member, str) else inspect.getdoc(member) or "").partition("\n\n")[0].split()
    ).replace("|", "\\|")


def test_the_page_is_as_the_docstrings_say():
    assert PAGE.read_text() == page(), "Renew it: .venv/bin/python tests/course/test_author_words.py"


def test_the_page_names_all_that_an_author_gets():
    assert {*OBJECTS, *FUNCTIONS, *REST} == set(author.__all__)


if __name__ == "__main__":
    PAGE.write_text(page())
