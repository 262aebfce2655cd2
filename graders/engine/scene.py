"""What `prepare` made, by ids remembered from the start: an answer can copy names, labels and contents, not these."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import docker.errors

from environment.engines import EXERCISE_LABEL
from graders.engine import containers, networks, volumes
from graders.engine.run import OWN
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from graders.engine.containers import Container
    from graders.engine.networks import Network
    from graders.engine.run import Run
    from graders.engine.volumes import Volume
    from graders.engine.words import Attributes

SCENE_LABEL = "org.drydock.scene"
"""The label of a volume that holds nothing; it says which ids `prepare` made under which names."""


@dataclass
class Scene:
    """Ids by name, and of what has no name.

    Where the commands of an answer run after `prepare` in the same process, they are kept in its memory. A learner's
    `%check` is another process than the `%reset` before: there the Engine itself keeps them, as the label of a volume,
    so that they are gone with the Engine, cannot come from another one, and need no place to write to.
    """

    _run: Run
    _ids: dict[str, str] = field(default_factory=dict)
    _nameless: list[str] = field(default_factory=list)

    def add(self, name: str, made: str) -> None:
        """Remember the id of what was just made."""
        if name:
            self._ids[name] = made
        else:
            self._nameless.append(made)

    def add_container(self, made: Container) -> None:
        """Remember the id of a container, and as `CONTAINER:PATH` the names that the Engine gave to its volumes."""
        self.add(made.name, made.id)
        for mount in made.mounts:
            if mount.is_anonymous:
                self.add(f"{made.name}:{mount.target}", mount.source)

    def keep(self) -> None:
        """Let the Engine remember, for another process."""
        if not self._ids and not self._nameless:
            return
        api = self._run.client.api
        with contextlib.suppress(docker.errors.NotFound):  # one of this name would keep its label
            api.remove_volume(self.volume_name, force=True)
        said = json.dumps({"ids": self._ids, "nameless": self._nameless})
        api.create_volume(self.volume_name, labels=self._run.labels | {SCENE_LABEL: said})

    @property
    def is_known(self) -> bool:
        """Whether it is still known what was made."""
        return bool(self._ids or self._nameless) or volumes.exists(self._run, self.volume_name)

    def made(self, name: str) -> str:
        """The id of what was made under this name."""
        made = self._ids.get(name) or self._kept()["ids"].get(name)
        if not made:
            raise self._forgotten(f"`{name}` is not in the label of the volume `{self.volume_name}`")
        return made

    def nameless(self) -> list[str]:
        """The ids of images that were made without a name."""
        return self._nameless or list(self._kept()["nameless"])

    def container(self, name: str) -> Container:
        """The container that was made under this name; fails where another has the name now, or none."""
        container, made = containers.find(self._run, name), self.made(name)
        if container.id != made:
            others = containers.matching(self._run, id=made)
            now = f"is called `{others[0].name}` now" if others else "is gone"
            raise Failed(
                f"`{name}` is another container than the one of this exercise, which {now}.",
                hint="`%reset` brings it back.",
                evidence=container.evidence("{{.Name}} was created at {{.Created}}"),
            )
        return container

    def volume(self, name: str) -> Volume:
        """The volume that was made under this name; fails where another has the name now, or none."""
        volume, made = volumes.find(self._run, name), self.made(name)
        # One that somebody makes under the name of another has not its labels, unless they are copied.
        if volume.created != made or EXERCISE_LABEL not in volume.labels:
            raise Failed(
                f"`{name}` is another volume than the one of this exercise, which is gone.",
                hint="`%reset` brings it back.",
                evidence=volume.evidence("{{.Name}} was created at {{.CreatedAt}}"),
            )
        return volume

    def network(self, name: str) -> Network:
        """The network that was made under this name; fails where another has the name now, or none."""
        network = networks.find(self._run, name)
        if network.id != self.made(name):
            raise Failed(
                f"`{name}` is another network than the one of this exercise, which is gone.",
                hint="`%reset` brings it back.",
                evidence=network.evidence("{{.Name}} was created at {{.Created}}"),
            )
        return network

    @property
    def volume_name(self) -> str:
        """The volume whose label says what was made."""
        return f"{OWN}scene-{self._run.exercise.replace('/', '-')}"

    def _kept(self) -> Attributes:
        try:
            kept = self._run.client.api.inspect_volume(self.volume_name)
        except docker.errors.NotFound:
            raise self._forgotten(f"the volume `{self.volume_name}`, whose label says it, is gone") from None
        found: Attributes = json.loads(kept["Labels"][SCENE_LABEL])
        return found

    def _forgotten(self, why: str) -> DrydockError:
        return DrydockError(
            f"Your Engine does not know any more what this exercise began with: {why}.",
            f"Run `%reset {self._run.exercise}`, then your commands once more. Nothing else brings it back.",
        )
