"""Images come while a learner reads, and whoever needs one that is not there yet waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from environment.images import catalogue, state
from graders import coming, home
from graders.coming import Coming
from graders.exercise import CONTENT, lessons
from graders.workspace import build_workspace

SOME = Coming(("nginx:1.26", "gcc:14"), 4, time.time() - 30)


def made_by_somebody(workspace: Path) -> subprocess.Popen[bytes]:
    """A process that holds the lock of who makes images."""
    (workspace / ".drydock").mkdir()
    code = "import fcntl, sys; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace / coming.LOCK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    return process


def test_the_first_lesson_needs_the_images_that_its_text_and_its_exercise_name():
    assert coming.needed_first(lessons()[0]) == {"busybox:1.37", "python:3.13-slim", "nginx:1.26"}
    assert coming.needed_first(None) == set()


def test_what_still_comes_is_told_with_a_bar_and_how_long():
    some = Coming(SOME.missing, SOME.number, time.time() - 30)
    assert (
        some.sentence
        == "■" * 10 + "□" * 10 + " 2 of 4 more images are ready, about 30 s left: nginx:1.26, gcc:14 still come."
    )
    assert "left" not in Coming(("nginx:1.26",), 1, time.time()).sentence


def test_whoever_needs_an_image_that_is_being_made_waits_and_is_told(tmp_path):
    with made_by_somebody(tmp_path) as somebody:
        coming.write(tmp_path, SOME)
        told = []
        waiting = threading.Thread(target=coming.wait, args=[tmp_path, ["gcc:14"], told.append])
        waiting.start()
        coming.wait(tmp_path, ["busybox:1.37"], told.append)  # there already
        while not told:
            assert waiting.is_alive()
        coming.write(tmp_path, Coming(("nginx:1.26",), 4, SOME.begun))
        waiting.join(10)
        assert not waiting.is_alive()
        assert told[-1] == "The images are ready."
        somebody.communicate()


def test_nobody_waits_for_images_that_nobody_makes_any_more(tmp_path):
    with made_by_somebody(tmp_path) as somebody:
        coming.write(tmp_path, SOME)
        assert coming.look(tmp_path)
        somebody.communicate()
    assert coming.look(tmp_path) is None
    coming.wait(tmp_path, ["gcc:14"], pytest.fail)


@pytest.mark.engine
@pytest.mark.slow
def test_a_missing_image_is_made_behind_and_the_home_page_tells(throwaway, tmp_path):
    build_workspace(tmp_path)
    busybox = next(image for image in catalogue() if image.name == "busybox:1.37")
    throwaway.client.images.remove(busybox.name, force=True)
    code = (
        "import os, sys, time; from pathlib import Path; from graders import coming; place = Path(sys.argv[1]);"
        "coming.begin(place, dict(os.environ)); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=CONTENT, env=os.environ | dict(throwaway.environment), stdin=subprocess.PIPE
    ) as beginner:  # fmt: skip
        while "0 of 1 more images" not in (tmp_path / home.FRAGMENT).read_text():
            time.sleep(0.05)
        coming.wait(tmp_path, [busybox.name], lambda _: None)
        assert state(throwaway.client, busybox) == "stand-in"
        while coming.look(tmp_path):
            time.sleep(0.05)
        assert "more images" not in home.Home(tmp_path).text()
        beginner.communicate()


@pytest.mark.engine
@pytest.mark.slow
def test_who_makes_images_ends_with_who_began_it(throwaway, tmp_path):
    build_workspace(tmp_path)
    throwaway.client.images.remove("busybox:1.37", force=True)
    code = (
        "import os, sys; from pathlib import Path; from graders import coming;"
        "coming.begin(Path(sys.argv[1]), dict(os.environ)); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=CONTENT, env=os.environ | dict(throwaway.environment), stdin=subprocess.PIPE
    ) as beginner:  # fmt: skip
        while not coming.look(tmp_path):
            time.sleep(0.05)
        beginner.communicate()
    while coming.look(tmp_path):
        time.sleep(0.05)
    assert coming.look(tmp_path) is None
