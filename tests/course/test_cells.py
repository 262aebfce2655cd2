"""Cells of lessons wait with an end, remove only what lessons made, and keep guesses until they are answered."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient

from graders import cells, progress
from graders.errors import UsageError
from graders.exercise import lessons
from graders.notebooks import CHOICE, KERNEL, LETTERS, Guess, build, guesses
from graders.workspace import build_workspace

ASKING = next(lesson for lesson in lessons() if guesses(lesson))


def test_until_prints_what_the_command_says_when_it_succeeds(tmp_path):
    marks = tmp_path / "marks"
    said = cells.until(f"echo x >> {marks}; wc -l < {marks} | tr -d ' '; test $(wc -l < {marks}) -ge 3 within 20 s")
    assert said == "3\n"


@pytest.mark.parametrize("command", ["echo not yet; false", "echo not yet; sleep 60"], ids=["fails", "hangs"])
def test_until_ends_and_says_so(command):
    assert cells.until(f"{command} within 1 s") == "not yet\nThis did not come true within 1 seconds.\n"


def test_until_without_an_end_is_refused():
    with pytest.raises(UsageError, match="For how long"):
        cells.until("docker ps")


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.id)
def test_a_guess_has_a_question_two_to_four_choices_and_one_that_is_so(lesson):
    text = lesson.source.read_text()
    assert len(guesses(lesson)) == text.count("```{guess}")
    for block in re.findall(r"^```\{guess\}\n(.*?)\n```", text, re.MULTILINE | re.DOTALL):
        guess = Guess.read(block)
        assert guess.question
        assert 2 <= len(guess.choices) <= len(LETTERS)
        assert [one["right"] for one in CHOICE.finditer(block)].count("x") == 1


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.id)
def test_behind_a_guess_comes_a_cell_that_shows_what_is_so(lesson):
    code = [cell for cell in build(lesson, keep_expected=True).cells if cell.cell_type == "code"]
    asked = [number for number, cell in enumerate(code) if cell.metadata.get("part") == "guess"]
    assert len(asked) == len(guesses(lesson))
    assert all("expect" in code[number + 1].metadata for number in asked)


def test_no_lesson_waits_without_an_end():
    for lesson in lessons():
        for cell in build(lesson).cells:
            for loop in re.findall(r"^.*(?<![-%])\buntil\b.*\bdo\b.*$", cell.source, re.MULTILINE):
                assert re.search(r"\btimeout \d+", loop), f"{lesson.id}: {loop}"


class Typed:
    """Somebody who types at every question."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.asked: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.words.pop(0)


def test_a_guess_is_compared_after_the_next_cell_and_kept(tmp_path, monkeypatch):
    guess = guesses(ASKING)[0]
    wrong = next(n for n in range(len(guess.choices)) if n != guess.right)
    typed = Typed(LETTERS[wrong].upper(), LETTERS[guess.right])
    monkeypatch.setattr("builtins.input", typed)
    asking = cells.Guesses()
    for says in (f"It is {LETTERS[guess.right]}:", "So it is."):
        assert asking.ask(ASKING, 1) == ""
        assert asking.after_cell(tmp_path) == ""  # the cell that asked
        assert says in asking.after_cell(tmp_path)
        assert asking.after_cell(tmp_path) == ""
    assert typed.asked[0].startswith("a, b")
    assert progress.guessed(tmp_path) == (0, 1)  # the first of each question counts


def test_who_runs_the_cell_of_a_guess_again_on_the_way_to_the_next_is_not_asked_again(tmp_path, monkeypatch):
    right = LETTERS[guesses(ASKING)[0].right]
    monkeypatch.setattr("builtins.input", Typed(right))
    asking = cells.Guesses()
    asking.ask(ASKING, 1)
    assert asking.after_cell(tmp_path) == ""
    assert asking.ask(ASKING, 1) == f"Your guess is {right}. The next cell shows what is so."
    assert asking.after_cell(tmp_path) == ""
    assert "So it is." in asking.after_cell(tmp_path)


@pytest.mark.parametrize(("typed", "says"), [("", "No guess, then."), ("q", "`q` is none of a, b")])
def test_no_guess_is_no_harm(tmp_path, monkeypatch, typed, says):
    monkeypatch.setattr("builtins.input", Typed(typed))
    asking = cells.Guesses()
    assert says in asking.ask(ASKING, 1)
    assert [asking.after_cell(tmp_path) for _ in range(3)] == ["", "", ""]


def test_a_lesson_that_is_run_as_a_whole_is_not_stopped_by_a_guess(tmp_path, monkeypatch):
    build_workspace(tmp_path)
    monkeypatch.setenv("DRYDOCK_WORKSPACE", str(tmp_path))
    asked, then = nbformat.v4.new_code_cell(f"%guess {ASKING.id} 1"), nbformat.v4.new_code_cell("1 + 1")
    book = nbformat.v4.new_notebook(cells=[asked, then], metadata={"kernelspec": KERNEL})
    NotebookClient(book, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert book.cells[0].outputs == []
    assert [output.data["text/plain"] for output in book.cells[1].outputs] == ["2"]
