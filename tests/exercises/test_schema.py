"""A mistake in exercise.toml, or in what checks ask for, is one sentence when the exercise is loaded."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest
from answers import EXERCISES

from graders import schema
from graders.check import check
from graders.errors import DrydockError
from graders.exercise import Exercise

GOOD = """
title = "Rename"
minutes = 5
kind = ["commands"]
hints = ["one", "two", "three"]
requires = ["compose"]
[owns]
containers = ["dd-before"]
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "exercises/images/rename").mkdir(parents=True)
    return tmp_path / "exercises/images/rename/exercise.toml"


def test_what_is_right_is_read_with_tuples(file):
    file.write_text(GOOD)
    said = schema.read(file)
    assert said["hints"] == ("one", "two", "three")
    assert said["owns"] == {"containers": ("dd-before",)}


@pytest.mark.parametrize(
    ("line", "changed", "sentence"),
    [
        ("title", 'titles = "Rename"', "names the key `titles`, which does not exist. Did you mean `title`?"),
        ("minutes", "", "has no key `minutes`. Add `minutes`, a whole number."),
        ("minutes", 'minutes = "5"', "`minutes` in `exercises/images/rename/exercise.toml` is '5', and not a whole"),
        ("minutes", "minutes = true", "`minutes` in `exercises/images/rename/exercise.toml` is True, and not"),
        ("hints", "hints = [1]", "`hints` in `exercises/images/rename/exercise.toml` is [1], and not a list of texts."),
        ("kind", 'kind = ["command"]', "names the kind `command`, which does not exist. Did you mean `commands`?"),
        ("kind", "kind = []", "has no kind. Name where the answer stands: `commands`, `files`, `questions`."),
        ("requires", 'requires = ["composer"]', "capability `composer`, which does not exist. Did you mean `compose`?"),
        ("requires", 'unchanged = ["a.py"]', "says that `a.py` is unchanged, which is not in `start/`."),
        ("containers", 'container = ["dd-x"]', "object in `owns` `container`, which does not exist. Did you mean"),
        ("containers", 'containers = "dd-x"', "is 'dd-x', and not a list of texts."),
        (
            "containers",
            'containers = ["web"]',
            "owns `web`, which could be a learner's own. Let its name begin with `dd-`.",
        ),
        ("title", "title =", "cannot be read: Invalid value (at line 2, column 8). Mend that line."),
    ],
)
def test_a_mistake_is_a_sentence_that_names_the_file_and_the_key(file, line, changed, sentence):
    file.write_text(re.sub(rf"^{line}\b.*$", changed, GOOD, flags=re.MULTILINE))
    with pytest.raises(DrydockError, match=re.escape(sentence)) as error:
        schema.read(file)
    assert "exercises/images/rename/exercise.toml" in str(error.value)


def test_where_there_is_no_file_it_says_so(file):
    with pytest.raises(DrydockError, match=r"There is no file `exercises/images/rename/exercise.toml`."):
        schema.read(file)


@check()
def elsewhere():
    """It is another grader's."""


def plain():
    """It is no check."""


@pytest.mark.parametrize("need", [elsewhere, plain, [plain]], ids=["of another grader", "a function", "in a list"])
def test_a_check_that_needs_no_check_of_its_grader_is_a_sentence(need):
    @check(needs=need)
    def renamed():
        """It is renamed."""

    name = getattr(need, "name", "plain")
    with pytest.raises(
        DrydockError, match=rf"The check `renamed` in `rename.py` needs `{name}`, which is no check above"
    ):
        schema.agreeing([renamed], "rename.py")


def test_a_check_that_asks_for_what_it_does_not_get_is_a_sentence(monkeypatch):
    grader = ModuleType("graders.topics.images.rename")
    grader.__file__ = "/course/graders/topics/images/rename.py"

    @check()
    def renamed(enigne):
        """It is renamed."""

    grader.renamed = renamed
    monkeypatch.setitem(sys.modules, grader.__name__, grader)
    exercise = Exercise("images/rename", "Rename", 5, (), ("commands",))
    with pytest.raises(DrydockError, match=r"`renamed` in `graders/topics/images/rename.py` asks for `enigne`"):
        _ = exercise.checks


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_every_exercise_of_the_course_keeps_to_it(exercise):
    assert exercise.checks
