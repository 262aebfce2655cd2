"""The program that makes missing images while a learner reads: `python -m graders.behind WORKSPACE PARENT`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from environment import UnavailableError
from environment.images import ensure, needed, state
from graders import coming, home
from graders.connect import connect


def main(workspace: Path, parent: int) -> int:
    """Make all images of the course that are missing, and keep the workspace's home page informed."""
    threading.Thread(target=_end_with, args=[parent], daemon=True).start()
    with coming.alone(workspace) as first:
        if not first:
            return 0
        connection = connect("found")
        known = {image.name: image for image in needed(connection.client)}
        missing = [name for name, image in known.items() if state(connection.client, image) == "missing"]
        begun, number = time.time(), len(missing)
        told = threading.Lock()

        def say(sentence: str) -> None:
            print(sentence, flush=True)
            with told:
                missing[:] = [name for name in missing if state(connection.client, known[name]) == "missing"]
                coming.write(workspace, coming.Coming(tuple(missing), number, begun))
                home.renew(workspace)

        try:
            if missing:
                say("Begun.")
                ensure(connection.client, connection.environment, progress=say)
        except UnavailableError as error:
            print(error.what, error.remedy, flush=True)
            return 1
        finally:
            (workspace / coming.STATE).unlink(missing_ok=True)
            home.renew(workspace)
            connection.close()
    return 0


def _end_with(parent: int) -> None:
    """End this process and what it started when the process that began it has ended."""
    while os.getppid() == parent:
        time.sleep(coming.ROUND_SECONDS)
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
