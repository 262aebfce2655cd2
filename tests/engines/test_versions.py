"""The graders say the same on Engine 20.10, on 28 with either image store and through Podman's Docker API as on 26.

What an Engine cannot do is not supported there, and never a failed check.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from answers import EXERCISES, graded, shown
from conftest import start_engine
from podman import LACKS as PODMAN_LACKS
from podman import PACKAGES, Podman, missing, save_images

from environment.engines import Connection
from environment.engines.found import FoundEngine
from graders.check import Outcome
from graders.engine import Engine
from graders.engine.sharing import SharedEngine
from graders.errors import Failed, NotSupportedError
from graders.exercise import Exercise
from graders.proving import failed
from graders.variants import Kind, laid_out, variants

pytestmark = [pytest.mark.engine, pytest.mark.slow]

VERSIONS = {name: f"drydock/engine:{name}" for name in ("20.10", "28", "28-containerd")}
"""The last keeps images as Engine 29 does on new machines."""
OF_THE_MACHINE = {
    "memory-limit",
    "swap-limit",
    "cpu-limit",
    "pids-limit",
    "same-kernel",
    "swarm-ingress",
    "buildkit",
    "compose",
}
"""What the kernel and the docker command decide, whatever the Engine's version is."""
LACKS = {
    "20.10": {"heredoc", "no-cache-filter", "multi-platform"},
    "28": {"multi-platform"},
    "28-containerd": set(),
}

PODMAN_DIFFERS = {
    "dockerfiles/first-image/right/mounted-for-the-step": "RUN --mount takes absolute targets only",
    "dockerfiles/cmd-or-entrypoint/wrong/builds--option-without-brackets": "CMD may begin with an option",
    "dockerfiles/copy-or-add/wrong/owner--unknown-name": "COPY --chown with an unknown name ends the build",
    "images/configure/right/all-by-hand": "--publish takes no range of ports",
    "images/filters/right/prune-with-a-filter": "--filter status=dead is refused",
    "images/first-container/right/free-port-by-range": "--publish takes no range of ports",
    "images/shared-kernel/right/all-from-outside": "`docker top` shows the numbers inside, and takes no options of ps",
}
"""Answers whose commands or Dockerfile mean something else to Podman, and fail for what the learner sees there."""


KINDS = (*VERSIONS, "podman")


def _parity(turn: int) -> int:
    """0 or 1 in turn, and the other way round each time that all Engines had their turn."""
    return (turn + turn // len(KINDS)) % 2


def chosen(offset: int, *kinds: Kind, on: Sequence[str] = KINDS) -> list[object]:
    """The answers of these kinds on each of these Engines.

    In the standard proof is one of each exercise on one of them: which Engine that is goes round, and every second
    exercise has its right answer there (`offset` 0), the others their wrong one (1).
    """
    return [
        pytest.param(
            answer,
            *([kind] if on == tuple(VERSIONS) else []),
            id=f"{answer.id}-{kind}",
            marks=[]
            if number == 0 and (_parity(turn), KINDS[turn % len(KINDS)]) == (offset, kind)
            else [pytest.mark.all],
        )
        for turn, exercise in enumerate(EXERCISES.values())
        for number, answer in enumerate(variants(exercise, *kinds))
        for kind in on
    ]


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """A version of Docker Engine."""
    return request.param


@pytest.fixture(scope="session")
def engines(host) -> Iterator[Mapping[str, SharedEngine]]:
    """A throwaway Engine of each version, which answers share."""
    with contextlib.ExitStack() as open_until_the_end:
        yield {
            version: open_until_the_end.enter_context(SharedEngine(partial(start_engine, host, image)))
            for version, image in VERSIONS.items()
        }


@pytest.fixture
def other(engines, version) -> Iterator[Connection]:
    """A throwaway Engine of that version."""
    with engines[version].lend(scripts=True) as engine:
        yield engine


def unsupported(exercise: Exercise, capabilities: Mapping[str, str]) -> str:
    """Why the exercise cannot be done on an Engine, empty where it can."""
    return next((capabilities[need] for need in exercise.requires if capabilities[need]), "")


@pytest.mark.parametrize(("answer", "version"), chosen(0, "solution", "right", on=tuple(VERSIONS)))
def test_a_right_answer_passes_on_each_engine_that_can_do_the_exercise(answer, other):
    verdict = graded(answer, other)
    if why := unsupported(answer.exercise, Engine(other, answer.exercise.id, "").capabilities):
        assert isinstance(verdict.problem, NotSupportedError)
        assert why in verdict.problem.what
    else:
        assert verdict.outcome is Outcome.PASSED, shown(verdict)


@pytest.mark.parametrize(("answer", "version"), chosen(1, "wrong", on=tuple(VERSIONS)))
def test_a_wrong_answer_fails_the_same_check_on_each_engine_that_can_do_the_exercise(answer, other):
    verdict = graded(answer, other)
    if unsupported(answer.exercise, Engine(other, answer.exercise.id, "").capabilities):
        assert isinstance(verdict.problem, NotSupportedError)
    else:
        assert failed(verdict) == [answer.check], shown(verdict)
        assert verdict.outcome is Outcome.FAILED, shown(verdict)


def test_an_engine_lacks_what_its_version_lacks_and_no_more(other, version):
    lacking = {name for name, why in Engine(other, "", "").capabilities.items() if why}
    assert lacking - OF_THE_MACHINE == LACKS[version] - OF_THE_MACHINE


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder for Podman, which takes no path longer than 50 characters."""
    with tempfile.TemporaryDirectory(prefix="podman-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def storage() -> Iterator[Path]:
    """Podman's storage with the course's images."""
    if os.geteuid():
        pytest.skip("Podman's tests need root, for namespaces of their own.")
    if lacking := missing():
        pytest.skip(f"Podman's tests need {', '.join(lacking)}: apt-get install --no-install-recommends {PACKAGES}")
    with short_folder() as folder:
        save_images(folder / "s", folder / "images")
        yield folder / "images"


@pytest.fixture
def podman(storage) -> Iterator[Podman]:
    """A Podman service of its own for one test."""
    with short_folder() as folder:
        service = Podman(folder / "s", storage)
        yield service
        service.close()


def as_docker(podman: Podman, exercise: str) -> Engine:
    """Podman as graders see it, from outside of its namespaces."""
    return Engine(FoundEngine.find({"DOCKER_HOST": podman.url}), exercise, "")


@pytest.mark.parametrize("answer", chosen(0, "solution", "right", on=("podman",)))
def test_a_right_answer_passes_through_podmans_docker_api_if_it_can_do_the_exercise(answer, podman):
    with laid_out(answer) as folder:
        verdict = podman.grade(answer.exercise.id, folder)
    if why := unsupported(answer.exercise, as_docker(podman, answer.exercise.id).capabilities):
        assert (verdict["outcome"], verdict["checks"]) == ("ungradable", [])
        assert why in verdict["message"]
    else:
        assert verdict["outcome"] == ("failed" if answer.id in PODMAN_DIFFERS else "passed"), verdict


@pytest.mark.parametrize("answer", chosen(1, "wrong", on=("podman",)))
def test_a_wrong_answer_fails_the_same_check_through_podmans_docker_api(answer, podman):
    with laid_out(answer) as folder:
        verdict = podman.grade(answer.exercise.id, folder)
    if why := unsupported(answer.exercise, as_docker(podman, answer.exercise.id).capabilities):
        assert why in verdict["message"]
    else:
        names = [check["name"] for check in verdict["checks"] if check["outcome"] == "failed"]
        assert verdict["outcome"] == "failed", verdict
        assert names == [answer.check] or answer.id in PODMAN_DIFFERS, verdict


def test_podman_lacks_no_more_than_its_version_of_debian_12(podman):
    lacking = {name for name, why in as_docker(podman, "").capabilities.items() if why}
    assert lacking - OF_THE_MACHINE <= PODMAN_LACKS
    assert "buildkit" in lacking


def test_where_there_is_no_buildkit_a_build_names_its_steps_and_the_one_that_fails(podman, tmp_path):
    engine = as_docker(podman, "")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM busybox:1.37\nRUN echo one\n")
    step = engine.build(tmp_path).step("RUN")
    assert (step.name, step.cached, step.log) == ("RUN echo one", False, "one\n")
    assert engine.build(tmp_path).step("RUN").cached
    dockerfile.write_text("FROM busybox:1.37\nRUN echo two; exit 3\n")
    with pytest.raises(Failed) as failure:
        engine.build(tmp_path)
    assert failure.value.message == "The image does not build: step `RUN echo two; exit 3` ends with exit code 3."
    assert "two" in failure.value.evidence


def test_where_there_is_no_buildkit_a_build_with_a_secret_is_not_supported(podman, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.37\n")
    with pytest.raises(NotSupportedError, match="Podman's Docker API has no BuildKit"):
        as_docker(podman, "").build(tmp_path, secrets={"token": tmp_path / "Dockerfile"})


def test_nothing_of_podman_outlives_its_service(storage):
    with short_folder() as folder:
        service = Podman(folder / "s", storage)
        container = service.client.containers.run("busybox:1.37", ["sleep", "1d"], detach=True)
        assert container.id in running()
        service.close()
        assert container.id not in running()
        assert str(folder) not in running() + Path("/proc/mounts").read_text()
    assert not list(Path("/sys/fs/cgroup").glob(f"**/libpod-{container.id}*"))


def running() -> str:
    """The command lines of all processes."""
    return subprocess.run(["ps", "-ewwo", "args"], stdout=subprocess.PIPE, text=True, check=True).stdout
