"""A throwaway Engine that answers share: an Engine costs about as much as the grading of one answer."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from environment.engines.scratch import scratch_folder
from graders.engine.cleaning import SWARM, remove_network, remove_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from environment.engines import Connection

Records = list[dict[str, Any]]
SETTLE_SECONDS = 2
"""How long the processes around a container may take to end after it."""
LOOK = """
cat /proc/[0-9]*/comm
echo
[ -z "$SINCE" ] || find / -xdev \\( -path /run -o -path /var/log -o -path "$TEMPORARY/drydock-*" \\
    -o -path /root/.docker/buildx -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf \\) -prune \\
    -o ! -type d -cnewer "$SINCE" -print
touch "$KEPT"
"""
"""What runs on the machine of an Engine, and what files are new since the last look, less what looking touches."""
STAMP = "/run/drydock-looked"


@dataclass(frozen=True)
class State:
    """What is on an Engine: ids and names."""

    containers: frozenset[str]
    images: frozenset[tuple[str, str]]
    networks: frozenset[str]
    volumes: frozenset[str]
    builds: frozenset[str]
    """The records of the build cache; with one more, a step of a later build is cached that would not be."""

    @classmethod
    def of(cls, connection: Connection) -> State:
        """Look at an Engine."""
        api = connection.client.api
        images: Records = api.images(all=True)
        return cls(
            containers=frozenset(found["Id"] for found in api.containers(all=True)),
            images=frozenset((image["Id"], name) for image in images for name in _names(image)),
            networks=frozenset(found["Id"] for found in api.networks()),
            volumes=frozenset(found["Name"] for found in api.volumes()["Volumes"] or ()),
            builds=frozenset(found["ID"] for found in api.df()["BuildCache"] or ()),
        )


def _names(image: dict[str, Any]) -> list[str]:
    """The names of an image, those by digest too, and an empty one, so that it counts where it has none."""
    found = [*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())]
    return ["", *(name for name in found if "<none>" not in name)]


class SharedEngine:
    """Lends a throwaway Engine to one answer after another, and takes a new one where an answer left something.

    `start` starts one. `started` counts them.
    """

    def __init__(self, start: Callable[[], Connection]) -> None:
        self.started = 0
        self._start = start
        self._lent: _Lent | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextlib.contextmanager
    def lend(self, *, scripts: bool) -> Iterator[Connection]:
        """A clean Engine for one answer. `scripts` says whether the answer runs commands on the Engine's machine."""
        # Cleaned when it is wanted again and not before: the last answer's Engine is just closed.
        if self._lent and not self._lent.cleaned():
            self.close()
        if not self._lent:
            self._lent = _Lent(self._start())
            self.started += 1
        if scripts:
            self._lent.expect_scripts()
        try:
            yield self._lent.connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the Engine that is lent at the moment."""
        if self._lent:
            self._lent.connection.close()
        self._lent = None


class _Lent:
    """An Engine and what it was like before its first answer."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._before = State.of(connection)
        self._running: Counter[str] | None = None

    def expect_scripts(self) -> None:
        """Remember what runs on the Engine's machine, to compare it with afterwards."""
        if self._running is None:
            self._running, _ = self._look()

    def cleaned(self) -> bool:
        """Remove what the last answer left, and say whether the Engine is what it was."""
        try:
            self._clean()
            return State.of(self.connection) == self._before and self._is_quiet()
        except Exception:  # an Engine that no longer answers is not clean
            return False

    def _clean(self) -> None:
        import docker.errors

        api = self.connection.client.api
        self._leave_swarm()
        left = State.of(self.connection)
        for container in left.containers - self._before.containers:
            api.remove_container(container, force=True, v=True)
        for network in left.networks - self._before.networks:
            api.remove_network(network)
        for volume in left.volumes - self._before.volumes:
            with contextlib.suppress(docker.errors.NotFound):  # it went with its container
                api.remove_volume(volume, force=True)
        # Names first: the last one takes the image with it.
        for image, name in sorted(left.images - self._before.images, key=lambda found: not found[1]):
            with contextlib.suppress(docker.errors.NotFound):
                api.remove_image(name or image, force=True)
        if left.builds - self._before.builds:
            # All of it, which nobody may do to a learner's Engine. This one is the proof's own.
            api.prune_builds(all=True)

    def _leave_swarm(self) -> None:
        """Leave a swarm that an answer began, its services and networks first: afterwards they could not be removed."""
        import docker.errors

        client = self.connection.client
        if client.info()["Swarm"]["LocalNodeState"] == "inactive":
            return
        with contextlib.suppress(docker.errors.APIError):  # no manager, or one without a leader, takes no word
            for service in client.api.services():
                remove_service(client, service["ID"])
            for network in client.api.networks(filters={"scope": SWARM}):
                if not network["Ingress"]:  # that one comes with the swarm, and goes with it
                    remove_network(client, network["Id"])
        client.api.leave_swarm(force=True)

    def _is_quiet(self) -> bool:
        """Whether the answers' commands left no process and no file on the Engine's machine."""
        if self._running is None:
            return True
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            running, files = self._look()
            if files or running == self._running or time.monotonic() > deadline:
                return not files and running == self._running

    def _look(self) -> tuple[Counter[str], list[str]]:
        with scratch_folder() as name:
            folder = Path(name)
            (folder / "look.sh").write_text(LOOK)
            since = "" if self._running is None else STAMP
            said = {"SINCE": since, "KEPT": STAMP, "TEMPORARY": tempfile.gettempdir()}
            done = self.connection.run_script(folder, "look.sh", environment=said)
        running, _, files = done.output.partition("\n\n")
        return Counter(running.split("\n")), files.split("\n")[:-1]
