"""What a build that fails comes to: the learner's mistake, or something that could not be fetched."""

from __future__ import annotations

import base64
import json

import pytest

from graders.engine import Build, Step, frontends, unreachable
from graders.engine.watching import FETCHING_SECONDS, SERVING_SECONDS, STEP_SECONDS, StepWatch


@pytest.mark.parametrize(
    ("text", "frontend", "without"),
    [
        ("# syntax=docker/dockerfile:1\n\nFROM a\n", "docker/dockerfile:1", "\n\nFROM a\n"),
        ("#Syntax = docker/dockerfile:1\r\nFROM a\r\n", "docker/dockerfile:1", "\r\nFROM a\r\n"),
        ("# syntax=docker/dockerfile:1\n# escape=`\nFROM a", "docker/dockerfile:1", "# escape=`\n\nFROM a"),
        ("#!/x\n# check=skip=all\n# syntax=a/b\nFROM a", "a/b", "#!/x\n# check=skip=all\n\nFROM a"),
        ("# A comment.\n# syntax=docker/dockerfile:1\nFROM a\n", "", "# A comment.\n# syntax=docker/dockerfile:1\nFROM a\n"),
        ("FROM a\n", "", "FROM a\n"),
    ],
)
def test_the_syntax_line_is_taken_out_and_no_other_line_moves(text: str, frontend: str, without: str) -> None:
    assert frontends.named(text) == frontend
    assert frontends.without(text) == without


@pytest.mark.parametrize("name", ["docker/dockerfile:1", "docker.io/docker/dockerfile:1.7-labs", "docker/dockerfile@sha256:1"])
def test_dockers_own_frontend_is_known_by_all_its_names(name: str) -> None:
    assert frontends.is_stock(name)
    assert not frontends.is_stock("r2d4/mockerfile")


@pytest.mark.parametrize(
    ("step", "reason", "frontend", "wanted"),
    [
        (
            "[internal] load metadata for docker.io/library/alpine:3.20",
            'alpine:3.20: failed to resolve source metadata for docker.io/library/alpine:3.20: failed to do request: Head "…": '
            "dial tcp: lookup registry-1.docker.io: no such host",
            "",
            "the image `alpine:3.20`, which is not on this Engine",
        ),
        (
            "resolve image config for docker-image://docker.io/docker/dockerfile:1-labs",
            "failed to do request: dial tcp: i/o timeout",
            "docker/dockerfile:1-labs",
            "the frontend `docker/dockerfile:1-labs` of its syntax line",
        ),
        ("[2/2] ADD https://a.example/b /b", "Get: dial tcp: i/o timeout", "", "`https://a.example/b`"),
        ("[internal] load metadata for docker.io/library/alpine3:3", "pull access denied, repository does not exist", "", ""),
        ("[2/3] COPY a b", '"/a": not found', "", ""),
    ],
)
def test_what_the_builder_could_not_reach_is_named(step: str, reason: str, frontend: str, wanted: str) -> None:
    assert unreachable.by_the_builder(step, reason, frontend) == wanted


@pytest.mark.parametrize(
    ("log", "network"),
    [
        ("W: Failed to fetch http://archive.example/debian/dists/trixie/InRelease  Temporary failure resolving", True),
        ("wget: bad address 'example.com'", True),
        ("wget: bad address 'dd-desk'", False),
        ("curl: (6) Could not resolve host: example.com", True),
        ("wget: can't connect to remote host (127.0.0.1): Connection refused", False),
        ("ERROR: No matching distribution found for harbour==1.2.0", False),
    ],
)
def test_a_command_that_missed_the_network_is_told_from_one_that_missed_something_else(log: str, *, network: bool) -> None:
    assert bool(unreachable.by_a_command(f"first\n{log}\nlast")) is network


def a_record(instruction: str, log: str = "") -> str:
    record = {
        "vertexes": [{"digest": "a", "name": f"[2/2] {instruction}", "started": "2026-01-01T00:00:00Z"}],
        "logs": [{"vertex": "a", "data": base64.b64encode(log.encode()).decode()}] if log else [],
    }
    return json.dumps(record, indent=2)


@pytest.mark.parametrize(
    ("instruction", "log", "limit"),
    [
        ("RUN python app.py", "", STEP_SECONDS),
        ("RUN python app.py", "app.py: serving on port 8000", SERVING_SECONDS),
        ("RUN pip install flask", "", FETCHING_SECONDS),
    ],
)
def test_a_step_that_does_not_end_is_stopped_and_named(
    monkeypatch: pytest.MonkeyPatch, instruction: str, log: str, limit: float
) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    watch = StepWatch(1000, patience=2, classic=False)
    for line in a_record(instruction, log).splitlines(keepends=True):
        watch.take(line)
    now += 2 * limit - 1
    assert not watch.is_over()
    now += 2
    assert watch.is_over()
    assert watch.overdue
    assert watch.overdue.instruction == instruction
    assert watch.overdue.log == log


def test_a_step_that_has_ended_is_watched_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = StepWatch(1000, patience=1, classic=False)
    watch.take(a_record("RUN make"))
    watch.take(json.dumps({"vertexes": [{"digest": "a", "name": "RUN make", "completed": "2026-01-01T00:00:01Z"}]}))
    later = watch.seconds
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert not watch.running


def test_the_classic_builder_is_watched_by_what_it_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    watch = StepWatch(1000, patience=1, classic=True)
    for line in ("Step 1/2 : FROM a\n", "Step 2/2 : RUN python app.py\n", " ---> Running in 1\n"):
        watch.take(line)
    now = STEP_SECONDS + 1
    assert watch.is_over()
    assert watch.overdue
    assert watch.overdue.instruction == "RUN python app.py"


def test_steps_of_a_dockerfile_are_told_from_the_builders_own_whatever_they_are_called() -> None:
    names = [
        "[internal] load build definition from Dockerfile",
        "[linux/arm64 internal] load metadata for docker.io/library/busybox:1.37",
        "[auth] library/busybox:pull token for registry-1.docker.io",
        "[internal 1/3] FROM docker.io/library/busybox:1.37",
        "[internal 2/3] RUN echo 'FROM here on #7 CACHED'",
        "[linux/amd64->arm64 build 2/2] COPY --from=internal /x /x",
        "exporting to image",
    ]
    steps = tuple(Step(name, cached=False, seconds=0, started=0, completed=0, error="", log="") for name in names)
    build = Build(None, steps, "docker build .")  # type: ignore[arg-type] # what was made is not looked at
    assert [step.name for step in build.own_steps] == names[4:6]
    assert [build.worked_on(step) for step in build.own_steps] == ["", "linux/amd64"]
