"""What answers.toml may hold, and what is said of the rest."""

from __future__ import annotations

import pytest

from graders.answer import Answer
from graders.errors import Failed

CAUSES = ("done", "out-of-memory")


def chosen(folder, text):
    (folder / "answers.toml").write_text(text)
    with Answer(folder) as answer:
        return answer.chosen("cause", CAUSES)


@pytest.mark.parametrize("said", ['cause = "out-of-memory"', 'CAUSE = "Out of  Memory "', "cause = 'OUT_OF_MEMORY'"])
def test_letter_case_and_hyphens_do_not_count(tmp_path, said):
    assert chosen(tmp_path, said) == "out-of-memory"


def test_nor_do_they_in_a_choice(tmp_path):
    (tmp_path / "answers.toml").write_text('a = "ENV_FILE"\nb = "--env-file"\nc = "env-file"\n')
    with Answer(tmp_path) as answer:
        assert [answer.chosen(name, ("env_file", "--env-file")) for name in "abc"] == [
            "env_file",
            "--env-file",
            "env_file",
        ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "gives no `cause` yet"),
        ('cause = " "', "gives no `cause` yet"),
        ("cause = 137", "says `137` for `cause`, which is none of `done`, `out-of-memory`"),
        ('cause = ["done"]', "gives a list for `cause`"),
        ("cause = { it = 1 }", "gives a table for `cause`"),
        ("cause = 12e45678", "gives a number with a fraction or a power of ten for `cause`"),
        ("cause = 2026-11-27", "gives a date or a time for `cause`"),
        ("cause = 12:30:00", "gives a date or a time for `cause`"),
        ("cause = true", "gives `true` or `false` for `cause`"),
        (f"cause = 0x{'f' * 5000}", "too long to be an answer"),
        (f"cause = {'1' * 5000}", "cannot be read: it holds what no answer needs"),
        (f"cause = {'[' * 5000}", "cannot be read: it holds what no answer needs"),
        ("cause = done", "cannot be read: "),
    ],
)
def test_what_is_no_answer_is_explained(tmp_path, said, told):
    with pytest.raises(Failed, match="answers.toml") as failed:
        chosen(tmp_path, said)
    assert told in failed.value.message
