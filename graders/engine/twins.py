"""How a container is made that is like another in all that can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graders.engine.words import Attributes

SHARED = {"bind", "volume"}
"""Kinds of mounts whose contents lie outside of a container."""
SHORT_ID = 12


def body(  # noqa: PLR0913 - what a container is made of
    of: Attributes,
    image: str,
    command: Sequence[str],
    host: Mapping[str, object],
    labels: Mapping[str, str],
    *,
    copy: bool = False,
) -> Attributes:
    """What the API wants to make a container from `image` that is configured as the one that was inspected.

    With `copy` an empty volume is filled from the image, as with a first `docker run`, if the first one's was.

    Left out is what belongs to one container alone: its names in networks, its ports on the host, and what happens when
    it has ended (a restart, its removal), for a twin is looked at then.
    """
    config, host_config = dict(of["Config"]), dict(of["HostConfig"])
    joins = str(host_config.get("NetworkMode") or "").startswith("container:")
    if joins or config.get("Hostname") == of["Id"][:SHORT_ID]:
        config.pop("Hostname", None)
    if joins:  # then the Engine refuses what the other container decides
        config.pop("ExposedPorts", None)
    config.pop("MacAddress", None)
    # What is mounted of a volume where it is not the whole is told by the option alone.
    options = [(m["Target"], m.get("VolumeOptions") or {}) for m in host_config.get("Mounts") or []]
    parts = {target: more["Subpath"] for target, more in options if more.get("Subpath")}
    unfilled = {target for target, more in options if more.get("NoCopy")} | _unfilled(host_config.get("Binds") or [])
    config |= {"Image": image, "Labels": dict(config.get("Labels") or {}) | dict(labels)}
    # Empty means none, null the image's.
    config |= {"Entrypoint": [], "Cmd": list(command)} if command else {"Entrypoint": config.get("Entrypoint") or []}
    host_config |= {
        "PortBindings": {},
        "PublishAllPorts": False,
        "AutoRemove": False,
        "RestartPolicy": {"Name": "no"},
        "ContainerIDFile": "",
        # Podman tells them by the kernel's names, and takes them by Docker's alone.
        "Ulimits": [
            limit | {"Name": limit["Name"].removeprefix("RLIMIT_").lower()}
            for limit in host_config.get("Ulimits") or []
        ],
        # Anonymous volumes stand in no option: what is mounted is read from the original itself.
        "Binds": None,
        "VolumesFrom": None,
        "Mounts": [
            *(
                _shared(
                    mount,
                    parts.get(mount["Destination"], ""),
                    copy=copy and mount["Destination"] not in unfilled,
                )
                for mount in of.get("Mounts") or []
                if mount["Type"] in SHARED
            ),
            *(mount for mount in host_config.get("Mounts") or [] if mount["Type"] not in SHARED),
        ],
    }
    network = str(host_config.get("NetworkMode") or "")
    linked = [":".join(link) for link in links(of, network)]
    # Names that it alone knows others by are settings of its place in a network.
    ends = {"NetworkingConfig": {"EndpointsConfig": {network: {"Links": linked}}}} if linked else {}
    return config | ends | {"HostConfig": host_config | dict(host)}


def _unfilled(binds: Sequence[str]) -> set[str]:
    """The paths at which `--volume NAME:PATH:nocopy` mounts."""
    parted = [bind.split(":") for bind in binds]
    return {path for _, path, *more in parted if "nocopy" in ",".join(more).split(",")}


def _shared(mount: Attributes, part: str, *, copy: bool) -> Attributes:
    """The option that mounts the same once more; `VolumesFrom` would, but Engines refuse it beside a tmpfs."""
    bind = mount["Type"] == "bind"
    of_volume = {"NoCopy": not copy} | ({"Subpath": part} if part else {})
    more = {"BindOptions": {"Propagation": mount["Propagation"]}} if bind else {"VolumeOptions": of_volume}
    source = mount["Source" if bind else "Name"]
    return {
        "Type": mount["Type"],
        "Source": source,
        "Target": mount["Destination"],
        "ReadOnly": not mount["RW"],
        **more,
    }


def more_networks(of: Attributes) -> list[str]:
    """The networks that it was put into beside the one it was made in."""
    mode = of["HostConfig"].get("NetworkMode") or "default"
    first = "bridge" if mode == "default" else mode
    found: Mapping[str, Attributes] = of["NetworkSettings"].get("Networks") or {}
    return [name for name, joined in found.items() if first not in {name, joined.get("NetworkID")}]


def links(of: Attributes, network: str) -> list[tuple[str, str]]:
    """Whom it knows by another name in a network, given by name or id: the container and that name."""
    places: Mapping[str, Attributes] = of["NetworkSettings"].get("Networks") or {}
    mine = [joined for name, joined in places.items() if network in {name, joined.get("NetworkID")}]
    told = [str(link).partition(":") for joined in mine for link in joined.get("Links") or []]
    return [(container, alias or container) for container, _, alias in told]
