"""Run a command as root of an Engine: in its namespaces, its control groups, and under its filter of calls.

Usage: enter.py PLAN, a JSON object: "process" (the file descriptor of a pidfd of the Engine's first process), "groups"
(their name), "folder", "command" (with
its path) and "environment". Input, output and exit code are the command's. Nothing else of this
process gets in: its memory cannot be read there, its files are closed, its variables are left out.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from environment.engines.namespace import kernel
from environment.engines.namespace.groups import Groups

NOT_RUN = 126


def main() -> int:
    """Enter, run the command, and return its exit code."""
    plan = json.loads(sys.argv[1])
    groups = Groups(plan["groups"])
    kernel.hide()
    groups.join()
    kernel.limit_itself()
    # From here on, files are those of the Engine: nothing may be imported any more.
    kernel.enter(plan["process"], kernel.ALL_BUT_USERS | kernel.NEW_USERS)
    kernel.become(0)
    kernel.hide()
    child = os.fork()
    if child == 0:
        try:
            kernel.die_with_parent()
            os.setsid()
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            kernel.close_from(3)
            os.chdir(plan["folder"])
            kernel.refuse_calls()
            os.execve(plan["command"][0], plan["command"], plan["environment"])  # noqa: S606 - it becomes that program
        except OSError as error:
            os.write(2, f"{plan['command'][0]} cannot be run on the Engine: {error}\n".encode())
        finally:
            os._exit(NOT_RUN)
    for number in (0, 1, 2):
        os.close(number)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    sys.exit(main())
