"""Taking away what Drydock made on an Engine, and never anything else."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

import docker
import docker.errors

from environment.engines import EXERCISE_LABEL, SESSION_LABEL
from environment.engines.container import ENGINE_LABEL
from environment.engines.session import session_is_alive
from graders.engine.events import wait_until
from graders.engine.owned import PROJECT_LABEL, STACK_LABEL, Owned
from graders.engine.words import when
from graders.errors import DrydockError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graders.engine.words import Attributes

REMOVAL_SECONDS = 10
ON_THIS_MACHINE = re.compile(r"^(?:127\.0\.0\.1|localhost):\d+/")
"""How an image's name begins in a registry on the Engine's own machine."""
SWARM = "swarm"
"""The scope of a network that is a swarm's."""
RUN_LABEL = "org.drydock.run"
DEMO = "dd-demo-"
"""How the names begin that cells of the notebooks give to what they make."""


def remove_labelled(client: docker.DockerClient, label: str, *, of_sessions: bool = True) -> None:
    """Remove containers, networks, volumes and images that carry a label (`key` or `key=value`).

    Throwaway Engines are left to those who made them. Without `of_sessions`, what running checks made stays.
    """
    api, filters = client.api, {"label": label}

    def chosen(records: Iterable[Attributes]) -> list[Attributes]:
        spared = {ENGINE_LABEL} if of_sessions else {ENGINE_LABEL, SESSION_LABEL}
        return [record for record in records if not spared & set(record.get("Labels") or {})]

    for container in chosen(api.containers(all=True, filters=filters)):
        with contextlib.suppress(docker.errors.NotFound):
            api.remove_container(container["Id"], force=True, v=True)
    for network in chosen(api.networks(filters=filters)):
        with contextlib.suppress(docker.errors.APIError):
            # A container of the learner's that is on it leaves it, and goes on.
            for container in api.inspect_network(network["Id"]).get("Containers") or ():
                with contextlib.suppress(docker.errors.APIError):  # one that goes meanwhile
                    api.disconnect_container_from_network(container, network["Id"], force=True)
            api.remove_network(network["Id"])
    for volume in chosen(api.volumes(filters=filters)["Volumes"] or []):
        with contextlib.suppress(docker.errors.APIError):
            api.remove_volume(volume["Name"], force=True)
    for image in chosen(api.images(filters=filters)):
        for name in image.get("RepoTags") or [image["Id"]]:
            # One that a container of the learner's uses stays.
            with contextlib.suppress(docker.errors.APIError):
                api.remove_image(image["Id"] if name == "<none>:<none>" else name)


def sweep(client: docker.DockerClient) -> None:
    """Remove what runs left behind whose process is gone. Ryuk would miss builds and needs an image of its own."""
    filters = {"label": SESSION_LABEL}
    records = [
        *client.api.containers(all=True, filters=filters),
        *client.api.networks(filters=filters),
        *(client.api.volumes(filters=filters)["Volumes"] or []),
        *client.api.images(filters=filters),
    ]
    newest: dict[str, float] = {}
    for record in records:
        session = record["Labels"][SESSION_LABEL]
        newest[session] = max(newest.get(session, 0), _made_at(record))
    for session, made_at in newest.items():
        if not session_is_alive(session, made_at):
            remove_labelled(client, f"{SESSION_LABEL}={session}")


def _made_at(record: Attributes) -> float:
    """When something was made, in seconds since 1970; lists tell it in three ways, and an old Engine not of volumes."""
    told = record.get("Created") or record.get("CreatedAt") or ""
    return float(told) if isinstance(told, int) else when(str(told)) if told else time.time()


def _by_name(client: docker.DockerClient, owned: Owned) -> Owned:
    """The same, with the names of all that Compose made for its projects, and Swarm for its stacks."""
    api = client.api
    if (owned.stacks or owned.services or owned.secrets or owned.configs) and not manages(client):
        # Only a manager can be asked for them, and an Engine that is none has none.
        owned = replace(owned, stacks=(), services=(), secrets=(), configs=())
    for stack in owned.stacks:
        part = {"label": f"{STACK_LABEL}={stack}"}
        owned = replace(
            owned,
            services=(*owned.services, *(one["Spec"]["Name"] for one in api.services(filters=part))),
            secrets=(*owned.secrets, *(one["Spec"]["Name"] for one in api.secrets(filters=part))),
            configs=(*owned.configs, *(one["Spec"]["Name"] for one in api.configs(filters=part))),
            networks=(*owned.networks, *(one["Name"] for one in api.networks(filters=part))),
        )
    for project in owned.projects:
        mine = {"label": f"{PROJECT_LABEL}={project}"}
        images = [name for found in api.images(filters=mine) for name in found["RepoTags"] or [found["Id"]]]
        owned = replace(
            owned,
            containers=(
                *owned.containers,
                *(one["Names"][0].removeprefix("/") for one in api.containers(all=True, filters=mine)),
            ),
            images=(*owned.images, *sorted({*images} - {*owned.images})),
            networks=(*owned.networks, *(one["Name"] for one in api.networks(filters=mine))),
            volumes=(*owned.volumes, *(one["Name"] for one in api.volumes(filters=mine)["Volumes"] or ())),
        )
    return owned


def present(client: docker.DockerClient, owned: Owned) -> bool:
    """Whether anything of these names is on the Engine."""
    api, owned = client.api, _by_name(client, owned)
    looks = (
        (owned.services, api.inspect_service),
        (owned.secrets, api.inspect_secret),
        (owned.configs, api.inspect_config),
        (owned.containers, api.inspect_container),
        (owned.images, api.inspect_image),
        (owned.networks, api.inspect_network),
        (owned.volumes, api.inspect_volume),
    )
    return any(_found(look, name) for names, look in looks for name in names)


def youngest(client: docker.DockerClient, owned: Owned) -> float | None:
    """How many seconds ago the newest of these containers was made, by the Engine's clock; None where there is none."""
    made = []
    for name in _by_name(client, owned).containers:
        with contextlib.suppress(docker.errors.NotFound):
            made.append(when(client.api.inspect_container(name)["Created"]))
    return when(client.info()["SystemTime"]) - max(made) if made else None


def manages(client: docker.DockerClient) -> bool:
    """Whether the Engine is a manager of a swarm; only such a one is asked for services."""
    return bool((client.info().get("Swarm") or {}).get("ControlAvailable"))


def remove_service(client: docker.DockerClient, name: str) -> None:
    """Remove a service by name or id, and the containers of its tasks on this node without any grace."""
    service, node = client.api.inspect_service(name)["ID"], client.info()["Swarm"]["NodeID"]
    client.api.remove_service(service)
    deadline = time.monotonic() + REMOVAL_SECONDS
    containers = {"label": f"com.docker.swarm.service.id={service}"}

    def gone() -> bool:
        # A task that was just given to this node still makes its container. No list can be asked for those of a
        # service that is gone.
        tasks = [task for task in client.api.tasks() if (task["ServiceID"], task.get("NodeID")) == (service, node)]
        left = client.api.containers(all=True, filters=containers)
        for container in left:
            with contextlib.suppress(docker.errors.APIError):  # the swarm was quicker
                client.api.remove_container(container["Id"], force=True, v=True)
        return not tasks and not left

    while not gone() and time.monotonic() < deadline:  # no event tells of tasks
        time.sleep(0.1)


def remove_network(client: docker.DockerClient, name: str) -> None:
    """Remove a network; one of a swarm as soon as its tasks have left it, a moment after their containers are gone."""
    deadline = time.monotonic() + REMOVAL_SECONDS
    while True:
        try:
            client.api.remove_network(name)
        except docker.errors.NotFound:
            raise
        except docker.errors.APIError:
            if time.monotonic() > deadline or client.api.inspect_network(name)["Scope"] != SWARM:
                raise
            time.sleep(0.1)
        else:
            return


def _found(look: Callable[[str], object], name: str) -> bool:
    try:
        look(name)
    except docker.errors.NotFound:
        return False
    return True


def _goes(client: docker.DockerClient, name: str) -> bool:
    """Whether somebody else is just removing this container, as `docker run --rm` does, and done with it soon."""
    deadline = time.monotonic() + REMOVAL_SECONDS
    return wait_until(
        client,
        lambda: not _found(client.api.inspect_container, name),
        lambda: deadline - time.monotonic(),
        {"container": name},
    )


def remove_exercise(client: docker.DockerClient, exercise: str, owned: Owned) -> list[str]:
    """Remove what an exercise owns and what was made for it, and say what went.

    With an image goes the same name in a registry on this machine, whose port nobody knows beforehand.
    """
    named = {name for found in client.api.images() for name in found["RepoTags"] or ()}
    pushed = tuple(sorted(name for name in named if ON_THIS_MACHINE.sub("", name, count=1) in {*owned.images} - {name}))
    owned = _by_name(client, replace(owned, images=(*owned.images, *pushed)))
    gone = _remove(
        client, owned, "of this exercise", "Something else on your Engine uses it; remove that and reset again."
    )
    remove_labelled(client, f"{EXERCISE_LABEL}={exercise}", of_sessions=False)
    return gone


def remove_demos(client: docker.DockerClient, *only: str) -> list[str]:
    """Remove what cells of the notebooks made and later cells did not remove, and say what went.

    `only` names what goes where that is not all; with `dd-demo-page` go `dd-demo-page:1.0` and `dd-demo-page-2` too.
    """
    api = client.api

    def meant(name: str) -> bool:
        return not only or any(name == one or name.startswith((f"{one}-", f"{one}:")) for one in only)

    def ours(names: Iterable[str]) -> tuple[str, ...]:
        plain = (name.removeprefix("/") for name in names)
        return tuple(name for name in plain if name.startswith(DEMO) and meant(name))

    swarm = manages(client)
    left = Owned(
        services=ours(found["Spec"]["Name"] for found in (api.services() if swarm else ())),
        secrets=ours(found["Spec"]["Name"] for found in (api.secrets() if swarm else ())),
        configs=ours(found["Spec"]["Name"] for found in (api.configs() if swarm else ())),
        containers=ours(name for found in api.containers(all=True) for name in found["Names"] or ()),
        images=ours(name for found in api.images() for name in found["RepoTags"] or ()),
        networks=ours(found["Name"] for found in api.networks()),
        volumes=ours(found["Name"] for found in api.volumes()["Volumes"] or ()),
    )
    return _remove(client, left, "of a notebook", "Something else on your Engine uses it; remove that and clean again.")


def _remove(client: docker.DockerClient, owned: Owned, whose: str, remedy: str) -> list[str]:
    gone: list[str] = []
    collections: tuple[tuple[str, tuple[str, ...], Callable[[str], object]], ...] = (
        # First, or it would make its containers anew.
        ("service", owned.services, lambda n: remove_service(client, n)),
        ("secret", owned.secrets, client.api.remove_secret),
        ("config", owned.configs, client.api.remove_config),
        ("container", owned.containers, lambda n: client.api.remove_container(n, force=True, v=True)),
        ("network", owned.networks, lambda n: remove_network(client, n)),
        ("volume", owned.volumes, lambda n: client.api.remove_volume(n, force=True)),
        ("image", owned.images, lambda n: client.api.remove_image(n, force=False)),
    )
    for kind, names, remove in collections:
        for name in names:
            try:
                remove(name)
                gone.append(f"{kind} {name}")
            except docker.errors.NotFound:
                continue
            except docker.errors.APIError as error:
                if kind == "container" and error.status_code == HTTPStatus.CONFLICT and _goes(client, name):
                    gone.append(f"{kind} {name}")
                    continue
                why = (kind == "volume" and _users(client, name)) or error.explanation or error
                raise DrydockError(f"The {kind} `{name}` {whose} cannot be removed: {why}.", remedy) from None
    return gone


def _users(client: docker.DockerClient, volume: str) -> str:
    """What containers mount a volume, as a part of a sentence; empty where none does."""
    found = client.api.containers(all=True, filters={"volume": volume})
    names = [
        f"`{name.removeprefix('/')}`"
        for one in found
        if any(mount.get("Name") == volume for mount in one["Mounts"])  # the filter takes a path, too
        for name in one["Names"] or ()
    ]
    if len(names) > 1:
        return f"the containers {', '.join(names)} use it"
    return f"the container {names[0]} uses it" if names else ""
