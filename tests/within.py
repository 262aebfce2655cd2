"""Run a command as on a machine whose own Engine is this one: `python tests/within.py IMAGE COMMAND…`, as root.

The Engine is a throwaway one with the course's images, and the command runs in its network, so that ports which its
containers publish on 127.0.0.1 are found there. Its temporary folders are seen on the Engine's machine too, at the same
path, so that containers can mount what lies in them. So the lessons are proven on Engines that are not this machine's:

    python tests/within.py drydock/engine:28-containerd pytest tests/course/test_notebooks.py
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile

from conftest import start_engine

from environment.engines.container.engine import PORT
from environment.engines.found import FoundEngine

OPEN_TREE, MOVE_MOUNT = 428, 429
CLONE, CLOSE_ON_EXEC, EMPTY_PATH, HERE = 1, os.O_CLOEXEC, 4, -100
"""Numbers of Linux's calls and of what they are told: see open_tree(2), move_mount(2)."""
MOUNTS = 0x20000
libc = ctypes.CDLL(None, use_errno=True)


def share(folder: str, process: int) -> None:
    """Mount a folder of this machine at the same path where a process of a container has its files."""
    tree = called(libc.syscall(OPEN_TREE, HERE, folder.encode(), CLONE | CLOSE_ON_EXEC))
    child = os.fork()
    if not child:  # it has entered there, and does not come back
        with open(f"/proc/{process}/ns/mnt") as mounts:  # noqa: PTH123
            called(libc.setns(mounts.fileno(), MOUNTS))
        os.makedirs(folder)  # noqa: PTH103
        called(libc.syscall(MOVE_MOUNT, tree, b"", HERE, folder.encode(), EMPTY_PATH))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    os.close(tree)
    if status:
        raise OSError(f"{folder} could not be shared.")


def called(answer: int) -> int:
    """What a call of Linux gave; raises OSError where it failed."""
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def main() -> int:
    image, *command = sys.argv[1:]
    own = FoundEngine.find()
    # The command trusts the Engine's own certificate alone.
    mine = {name: value for name, value in os.environ.items() if not name.endswith("_CA_BUNDLE")}
    with start_engine(own.client, image) as engine, tempfile.TemporaryDirectory() as folder:
        process = own.client.api.inspect_container(engine.name)["State"]["Pid"]
        share(folder, process)
        variables = (
            {"TMPDIR": folder} | dict(engine.environment) | {"DOCKER_HOST": f"tcp://127.0.0.1:{PORT.partition('/')[0]}"}
        )
        entering = ["nsenter", f"--net=/proc/{process}/ns/net", *command]
        return subprocess.run(entering, env=mine | variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
