"""An answer that an exercise ships with is laid out from the solution and from what differs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from graders.errors import DrydockError
from graders.variants import Variant, laid_out, lay_out, one_for_each_check, variants


@dataclass(frozen=True)
class Fake:
    """An exercise as far as its answers go."""

    folder: Path
    id: str = "topic/name"
    topic: str = "topic"
    name: str = "name"


@pytest.fixture
def exercise(tmp_path) -> Fake:
    files = {
        "start/Dockerfile": "",
        "solution/Dockerfile": "FROM busybox:1.37\n",
        "solution/why.md": "It works.\n",
        "solution/app/run.sh": "echo run\n",
        "solution/app/empty": "",
        "right/other/Dockerfile": "FROM busybox\n",
        "wrong/builds--no-script/absent.txt": "app/run.sh\n",
        "wrong/builds--no-app/absent.txt": "app\n",
        "wrong/starts/app/new/file": "",
        "wrong/starts/says.txt": "…\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "solution/app/run.sh").chmod(0o755)
    (tmp_path / "solution/link").symlink_to("Dockerfile")
    (tmp_path / "right/other/link").symlink_to("app")
    return Fake(tmp_path)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


SOLUTION = {"Dockerfile", "app", "app/run.sh", "app/empty", "link"}


def test_an_exercise_has_its_answers_in_order_with_what_they_prove(exercise):
    assert [v.id.removeprefix("topic/name/") for v in variants(exercise)] == [
        "start",
        "solution",
        "right/other",
        "wrong/builds--no-app",
        "wrong/builds--no-script",
        "wrong/starts",
    ]
    assert [v.check for v in variants(exercise, "wrong")] == ["builds", "builds", "starts"]
    assert [v.name for v in one_for_each_check(exercise)] == ["builds--no-app", "starts"]


@pytest.mark.parametrize(
    ("kind", "name", "laid"),
    [
        ("start", "", {"Dockerfile"}),
        ("solution", "", SOLUTION),
        ("right", "other", SOLUTION),
        ("wrong", "builds--no-script", SOLUTION - {"app/run.sh"}),
        ("wrong", "builds--no-app", {"Dockerfile", "link"}),
        ("wrong", "starts", SOLUTION | {"app/new", "app/new/file"}),
    ],
)
def test_an_answer_is_the_solution_without_what_it_lacks_with_its_own_files_on_top(exercise, kind, name, laid):
    with laid_out(Variant(exercise, kind, name)) as folder:
        assert names(folder) == laid
    assert not folder.exists()


def test_modes_and_links_are_kept_and_a_link_is_not_written_through(exercise, tmp_path):
    folder = lay_out(Variant(exercise, "right", "other"), tmp_path / "laid")
    assert (folder / "app/run.sh").stat().st_mode & 0o777 == 0o755
    assert str((folder / "link").readlink()) == "app"
    assert (folder / "Dockerfile").read_text() == "FROM busybox\n"
    assert (exercise.folder / "solution/Dockerfile").read_text() == "FROM busybox:1.37\n"


def test_an_answer_cannot_lack_what_the_solution_does_not_have(exercise, tmp_path):
    (exercise.folder / "wrong/builds--no-app/absent.txt").write_text("ap\n")
    with pytest.raises(DrydockError, match=r"`topic/name/wrong/builds--no-app/absent.txt` names `ap`"):
        lay_out(Variant(exercise, "wrong", "builds--no-app"), tmp_path / "laid")
