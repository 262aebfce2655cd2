"""Run a command as on a machine whose own Engine is this one: `python tests/within.py IMAGE COMMAND…`, as root.

The Engine is a throwaway one with the course's images, and the command runs in its network, so that ports which its
containers publish on 127.0.0.1 are found there. So the lessons are proven on Engines that are not this machine's:

    python tests/within.py drydock/engine:28-containerd pytest tests/course/test_notebooks.py
"""

from __future__ import annotations

import os
import subprocess
import sys

from conftest import start_engine

from environment.engines.container.engine import PORT
from environment.engines.found import FoundEngine


def main() -> int:
    image, *command = sys.argv[1:]
    own = FoundEngine.find()
    # The command trusts the Engine's own certificate alone.
    mine = {name: value for name, value in os.environ.items() if not name.endswith("_CA_BUNDLE")}
    with start_engine(own.client, image) as engine:
        process = own.client.api.inspect_container(engine.name)["State"]["Pid"]
        variables = dict(engine.environment) | {"DOCKER_HOST": f"tcp://127.0.0.1:{PORT.partition('/')[0]}"}
        entering = ["nsenter", f"--net=/proc/{process}/ns/net", *command]
        return subprocess.run(entering, env=mine | variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
