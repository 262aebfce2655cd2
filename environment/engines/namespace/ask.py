"""Send a request from the network of an Engine, with the programs of this machine; its answer is JSON on stdout.

Usage: ask.py PLAN, a JSON object: "process" (the file descriptor of a pidfd of the Engine's first process) and
"request", the arguments of `environment.engines.request.answer`. Only the network is the Engine's; what runs there
sees nothing of this process, which has no rights on this machine either.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - names are looked up with it, when files can no longer be read
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from environment.engines.namespace import kernel
from environment.engines.request import answer

NOBODY = 65534


def main() -> None:
    """Enter the network, become nobody, and ask."""
    plan = json.loads(sys.argv[1])
    kernel.enter(plan["process"], kernel.NEW_NETWORK)
    kernel.close_from(3)
    kernel.limit_itself()
    kernel.become(NOBODY)
    json.dump(answer(**plan["request"]), sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # a thread may still wait for a name


if __name__ == "__main__":
    main()
