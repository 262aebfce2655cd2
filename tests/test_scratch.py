"""Temporary folders go with the process that made them, whatever ends it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from environment.engines.scratch import _prefix, scratch_folder, sweep_scratch

MAKE_AND_WAIT = """
from environment.engines.scratch import scratch_folder
folder = scratch_folder()
print(folder.name, flush=True)
input()
"""


def test_what_a_killed_process_left_is_removed_and_what_others_use_stays():
    others = [Path(tempfile.mkdtemp(prefix=prefix)) for prefix in ("drydock-", f"{_prefix()}not-a-process-")]
    with (
        scratch_folder() as ours,
        subprocess.Popen([sys.executable, "-c", MAKE_AND_WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
    ):
        left = Path(other.stdout.readline().decode().strip())
        (left / "file").touch()
        sweep_scratch()
        assert (left / "file").exists()
        other.kill()
        other.wait()
        assert left.exists()
        sweep_scratch()
        assert not left.exists()
        assert Path(ours).exists()
    assert not Path(ours).exists()
    for other_folder in others:
        other_folder.rmdir()
