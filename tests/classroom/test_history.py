"""The record of grades: only ever added to, whole after a crash, and safe to show."""

from __future__ import annotations

import json
from dataclasses import replace

from graders.check import CheckResult, EngineInfo, Outcome, Verdict
from graders.classroom.grading import bounded
from graders.classroom.history import History, Key, Record
from graders.errors import DrydockError

KEY = Key("images/limits", "answer", "seed", "grader", "namespace 1")
PASSED = CheckResult("one", "One holds.", Outcome.PASSED, 2, 2)
VERDICT = Verdict("images/limits", (PASSED,), EngineInfo("namespace", "Docker Engine", "1.45"), 1.0, max_points=2)


def record(learner="ada", **changed) -> Record:
    return replace(Record("2026-01-01", "run", "graded", learner, KEY, VERDICT.as_json()), **changed)


def test_a_grade_is_read_as_it_was_written(tmp_path):
    History(tmp_path / "grades").add([record(), record("bob")])
    history = History(tmp_path / "grades")
    assert history.last("ada", "images/limits") == record()
    assert history.graded(KEY) == record("bob")
    assert {r.learner for r in history.latest("images")} == {"ada", "bob"}


def test_a_later_grade_counts_and_the_earlier_one_stays(tmp_path):
    history = History(tmp_path / "grades")
    history.add([record()])
    assert history.last("ada", "images/limits") == record()
    History(tmp_path / "grades").add([record(reason="again")])
    assert history.last("ada", "images/limits").reason == "again"
    assert [r.reason for r in history.of("ada", "images/limits")] == ["graded", "again"]


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path):
    file = tmp_path / "grades"
    History(file).add([record()])
    with file.open("ab") as end:
        end.write(b'{"at": "2026')
    history = History(file)
    assert history.last("ada", "images/limits") == record()
    history.add([record("bob")])
    assert history.last("bob", "images/limits") == record("bob")
    assert len(file.read_bytes().splitlines()) == 3


def test_what_could_not_be_graded_has_no_points_and_is_never_reused(tmp_path):
    broken = replace(VERDICT, problem=DrydockError("The Engine stopped.", "Again."))
    ungradable = record(verdict=broken.as_json())
    history = History(tmp_path / "grades")
    history.add([ungradable])
    assert ungradable.points == 0
    assert history.graded(KEY) is None
    assert history.last("ada", "images/limits") == ungradable


def test_a_verdict_that_was_written_down_is_the_same_verdict():
    failed = replace(PASSED, outcome=Outcome.FAILED, points=0, message="No.", evidence=("$ docker ps",))
    for verdict in (VERDICT, replace(VERDICT, checks=(PASSED, failed), notes=("a note",))):
        assert Verdict.from_json(json.loads(json.dumps(verdict.as_json()))) == verdict
    broken = replace(VERDICT, problem=DrydockError("It stopped.", "Again."))
    assert Verdict.from_json(broken.as_json()).outcome is Outcome.UNGRADABLE


def test_what_an_answer_says_is_cut_and_made_harmless_before_anybody_sees_it():
    hostile = "\x1b]0;title\x07\ud800" + "x" * 10_000_000
    told = replace(PASSED, message=hostile, evidence=(hostile,) * 1000)
    seen = bounded(replace(VERDICT, checks=(told,), notes=(hostile,), problem=DrydockError(hostile, hostile)))
    whole = json.dumps(seen.as_json(), ensure_ascii=False)
    assert len(whole.encode()) < 1_000_000
    assert "\x1b" not in whole
    assert "\ud800" not in whole
