"""Every exercise proves its grader: the start fails, right answers pass, each wrong answer fails exactly its own check.

Here as `%check` grades them; tests/classroom/test_same_verdict.py grades them once more, as a class does.
"""

from __future__ import annotations

import contextlib
from functools import partial

import pytest
from answers import EXERCISES
from conftest import ENGINE_IMAGE, start_engine

from environment.engines.container import IMAGE
from graders.connect import container_image
from graders.engine.sharing import SharedEngine
from graders.proving import answers, faults, misjudged, prove
from graders.variants import Variant


LEFT_TO_ALL = {
    "caching/cache-mount": {"wrong/company_base", "wrong/follows_lock--environment-kept", "wrong/not_in_image--copied"},
    "caching/deleted-is-not-gone": {"wrong/token--cut"},
    "caching/layer-cache": {"right/stage-of-packages", "wrong/installs_nothing_again--copied-first-and-again"},
    "caching/one-tag-two-machines": {
        "right/a-stage-for-each",
        "wrong/answers--no-entrypoint",
        "wrong/one_tag--last-push-wins",
        "wrong/pushed--another-release",
    },
    "caching/parallel-stages": {
        "right/manual-of-the-page",
        "wrong/keeps_others--all-copied",
        "wrong/manual--no-command",
        "wrong/side_by_side--after-the-copy",
    },
    "caching/repair": {
        "right/one-stage-for-all-work",
        "wrong/keeps_charts--copied-first",
        "wrong/keeps_tool--one-step",
        "wrong/small--order-alone",
    },
    "caching/target": {
        "right/nothing-copied",
        "wrong/no_tests--from-the-tests",
        "wrong/release_image--other-stage",
        "wrong/release_stops--at-the-start",
    },
    "caching/what-invalidates": {"right/tried-out", "wrong/stages--same-through-all-stages"},
    "compose/development": {"right/folder-with-exceptions", "wrong/packages--restarted", "wrong/pages--one-alone"},
    "compose/down-and-up": {
        "right/long-form-and-override",
        "right/one-name-and-away-from-the-file",
        "wrong/summer--another-key",
        "wrong/survives--in-memory",
    },
    "compose/microservices": {"right/answer-in-a-file"},
    "compose/rebuild-one": {"right/override"},
    "compose/repair": {"right/long-form"},
    "compose/restart": {"right/override"},
    "compose/scale": {"right/range"},
    "compose/test-stack": {"right/a-run"},
    "compose/two-copies": {"right/override-takes-out"},
    "compose/wait-for-healthy": {"right/base-and-override", "wrong/stays_away--migration-that-cannot-fail"},
    "dockerfiles/build-arguments": {
        "right/one-argument-two-stages",
        "wrong/default_version",
        "wrong/ran_with_token--forgot-token",
        "wrong/released--forgot-build-arg",
        "wrong/token_not_in_image--argument",
        "wrong/unchanged",
    },
    "dockerfiles/cmd-or-entrypoint": {"wrong/arguments_whole--first-two"},
    "dockerfiles/health": {
        "wrong/notices_errors--always-well",
        "wrong/notices_silence--looks-at-the-file",
        "wrong/stays_healthy--well-only-once",
    },
    "dockerfiles/production-app": {
        "right/virtual-environment",
        "wrong/follows_lock--versions-in-the-dockerfile",
        "wrong/healthy--no-curl",
        "wrong/keeps_packages--everything-first",
        "wrong/no_developers_tools",
        "wrong/no_secret--everything-copied",
        "wrong/not_root",
        "wrong/notices--always-well",
        "wrong/pinned_base--copied",
        "wrong/stops--pipe",
        "wrong/unchanged--hashes-taken-out",
    },
    "dockerfiles/read-a-stranger": {
        "wrong/follows--flattened-first",
        "wrong/labels",
        "wrong/owners_and_modes--copied-as-it-is",
        "wrong/setting--no-port",
    },
    "images/first-container": {"right/follows-the-log-at-the-end"},
    "images/life-cycle": {"wrong/stopped--ignored-the-signal"},
    "images/repair": {
        "right/all-new",
        "right/feed-asked-until-it-answers",
        "wrong/blog--mended-but-not-started",
        "wrong/blog_page--replaced",
        "wrong/cache--kept-busy",
        "wrong/desk--command-forgotten",
        "wrong/desk_signs--any-value",
        "wrong/feed--no-health-check",
        "wrong/stats--another-server",
        "wrong/stats_limited--no-limit",
        "wrong/web--not-published",
    },
    "networking/alias-and-balance": {"right/connected-afterwards", "wrong/follows--proxy-that-remembers"},
    "networking/bad-gateway": {"right/in-two-steps", "wrong/follows--believed-ten-minutes"},
    "networking/inside-localhost": {"wrong/made_again--built-elsewhere"},
    "networking/only-door": {"wrong/only--a-way-in-beside-it"},
    "networking/repair": {
        "right/another-front-network",
        "wrong/named--an-address-for-a-name",
        "wrong/reached--no-network-in-common",
        "wrong/right--nobody-knows-db",
    },
    "swarm/balance": {"right/in-python", "wrong/porter--one-replica"},
    "swarm/placement": {
        "right/step-by-step",
        "wrong/archive--anywhere",
        "wrong/everywhere--two-replicas",
        "wrong/follows--by-name",
        "wrong/mended--left",
    },
    "swarm/quorum": {"right/restarted", "wrong/kept--begun-anew", "wrong/majority--alone", "wrong/runs--drained"},
    "swarm/repair": {"right/all-in-one-network", "wrong/key--any-file", "wrong/node--a-worker"},
    "swarm/resources": {"right/in-python"},
    "swarm/rolling-update": {
        "right/in-python",
        "wrong/changes--for-one-table",
        "wrong/spares--asks-for-the-program",
        "wrong/takes_back--goes-on",
    },
    "swarm/secrets-and-configs": {"right/by-hand-over-the-api"},
    "swarm/stack": {"right/a-delay-and-a-network", "wrong/filled--again-and-again"},
    "volumes/backup-and-restore": {
        "right/base-backup",
        "wrong/files_at_rest--copied-through-the-container",
        "wrong/goes_on--left-frozen",
        "wrong/whole--one-table-after-the-other",
    },
    "volumes/keep-the-data": {"wrong/survives--cleared-at-each-start"},
    "volumes/ownership": {"wrong/new_volume--given-by-hand"},
    "volumes/repair": {
        "right/compose",
        "wrong/departures--removed-before-the-copy",
        "wrong/departures_kept--in-no-volume",
        "wrong/pilots--as-root",
    },
    "volumes/upgrade-the-database": {"wrong/none_left--below-the-path"},
}
"""The dearest answers of the dearest exercises, which the standard proof leaves out."""


def engine_image(exercise) -> str:
    """The image of the Engine that grades an exercise: one that can do it, where the usual one cannot."""
    able = container_image(exercise.requires)
    return ENGINE_IMAGE if able == IMAGE else able


def standard(exercise) -> list[Variant]:
    """The answers of an exercise in the standard proof: of the wrong ones the first for each check.

    The solution is graded where its lesson runs (tests/course/test_notebooks.py), if the usual Engine can do it.
    """
    left = {f"{exercise.id}/{name}" for name in LEFT_TO_ALL.get(exercise.id, ())}
    if engine_image(exercise) == IMAGE:
        left.add(f"{exercise.id}/solution")
    return [answer for answer in answers(exercise, every=False) if answer.id not in left]


@pytest.fixture(scope="session")
def engines(host):
    """By image, an Engine for one answer after another, and a new one where an answer left something."""
    with contextlib.ExitStack() as open_until_the_end:
        images = {engine_image(exercise) for exercise in EXERCISES.values()}
        yield {
            image: open_until_the_end.enter_context(SharedEngine(partial(start_engine, host, image)))
            for image in images
        }


@pytest.mark.engine
@pytest.mark.parametrize(
    "answer",
    [
        # One worker grades all answers of an exercise, on an Engine that they share.
        pytest.param(
            answer,
            id=answer.id,
            marks=[pytest.mark.xdist_group(exercise.id), *([] if answer in standard(exercise) else [pytest.mark.all])],
        )
        for exercise in EXERCISES.values()
        for answer in answers(exercise, every=True)
    ],
)
def test_an_answer_is_judged_as_it_must_be_and_reads_its_text(answer, engines):
    image = engine_image(answer.exercise)
    proof = prove(answer, engines[image])
    # Another version says some things in other words.
    usual = image == container_image(answer.exercise.requires)
    problem = proof.problem if usual else misjudged(answer, proof.verdict)
    assert not problem, problem


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_is_complete(exercise):
    assert faults(exercise) == []


@pytest.mark.parametrize(("exercise", "names"), LEFT_TO_ALL.items(), ids=LEFT_TO_ALL)
def test_what_is_left_out_by_name_would_be_in_the_standard_proof(exercise, names):
    assert {f"{exercise}/{name}" for name in names} <= {
        answer.id for answer in answers(EXERCISES[exercise], every=False)
    }
