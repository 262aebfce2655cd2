"""Temporary folders go with the process that made them, whatever ends it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from environment.engines.scratch import PREFIX, scratch_folder, sweep_scratch

MAKE_AND_WAIT = """
from environment.engines.scratch import scratch_folder
folder = scratch_folder()
print(folder.name, flush=True)
input()
"""

SWEEP = """
from environment.engines.scratch import sweep_scratch
print("begun", flush=True)
while True:
    sweep_scratch()
"""


@contextlib.contextmanager
def another_process(*within: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process that uses a temporary folder until it is killed, and this folder."""
    command = [*within, sys.executable, "-c", MAKE_AND_WAIT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        folder = Path(process.stdout.readline().decode().strip())
        (folder / "file").touch()
        yield process, folder


def test_what_a_killed_process_left_is_removed_and_what_others_use_stays():
    others = [Path(tempfile.mkdtemp(prefix=prefix)) for prefix in ("drydock-", f"{PREFIX}of-a-learner-")]
    with scratch_folder() as ours, another_process() as (process, left):
        sweep_scratch()
        assert (left / "file").exists()
        process.kill()
        process.wait()
        assert left.exists()
        sweep_scratch()
        assert not left.exists()
        assert Path(ours).exists()
    assert not Path(ours).exists()
    for folder in others:
        folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="A PID namespace needs root here.")
def test_the_folder_of_a_process_in_another_pid_namespace_stays_while_that_runs():
    with another_process("unshare", "--pid", "--fork", "--kill-child", "--") as (process, left):
        sweep_scratch()
        assert (left / "file").exists()
        process.kill()
        process.stdout.read()  # ends with the last process of the namespace
        sweep_scratch()
        assert not left.exists()


def test_a_folder_is_there_however_often_others_sweep_meanwhile():
    with contextlib.ExitStack() as sweeping:
        for _ in range(2):
            other = subprocess.Popen([sys.executable, "-c", SWEEP], stdout=subprocess.PIPE)
            sweeping.callback(sweeping.enter_context(other).kill)
            assert other.stdout.readline() == b"begun\n"
        for _ in range(300):
            with scratch_folder() as folder:
                Path(folder, "file").touch()
