"""The only package that talks to Docker: docker-py inspects, the docker CLI builds, testcontainers runs and waits.

`run` is the ground, `engine` the door, and between them lies one module for each kind of Docker object. They hold a
`Run`, never the `Engine`, so that no two modules need each other.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graders.engine.addresses import Address
    from graders.engine.builds import Build, Step
    from graders.engine.capabilities import QUESTIONS, Capabilities
    from graders.engine.containers import PROBE_IMAGE, Container
    from graders.engine.developing import Watching
    from graders.engine.engine import Engine
    from graders.engine.folders import Folder
    from graders.engine.images import Image
    from graders.engine.load import Failure, Load
    from graders.engine.mounts import Mount
    from graders.engine.networks import Door, Network, Plan, Reach, Seen
    from graders.engine.packages import PackageIndex
    from graders.engine.platforms import PlatformImage, Program
    from graders.engine.processes import Process
    from graders.engine.projects import Happened, Project
    from graders.engine.registries import Registry
    from graders.engine.restarts import AfterRestart
    from graders.engine.services import Service, Task
    from graders.engine.swarms import Node
    from graders.engine.volumes import Volume
    from graders.engine.words import Attributes, Finished

__all__ = [
    "PROBE_IMAGE",
    "QUESTIONS",
    "Address",
    "AfterRestart",
    "Attributes",
    "Build",
    "Capabilities",
    "Container",
    "Door",
    "Engine",
    "Failure",
    "Finished",
    "Folder",
    "Happened",
    "Image",
    "Load",
    "Mount",
    "Network",
    "Node",
    "PackageIndex",
    "Plan",
    "PlatformImage",
    "Process",
    "Program",
    "Project",
    "Reach",
    "Registry",
    "Seen",
    "Service",
    "Step",
    "Task",
    "Volume",
    "Watching",
]

_MODULES = {
    "addresses": ("Address",),
    "builds": ("Build", "Step"),
    "capabilities": ("QUESTIONS", "Capabilities"),
    "containers": ("PROBE_IMAGE", "Container"),
    "developing": ("Watching",),
    "engine": ("Engine",),
    "folders": ("Folder",),
    "images": ("Image",),
    "load": ("Failure", "Load"),
    "mounts": ("Mount",),
    "networks": ("Door", "Network", "Plan", "Reach", "Seen"),
    "packages": ("PackageIndex",),
    "platforms": ("PlatformImage", "Program"),
    "processes": ("Process",),
    "projects": ("Happened", "Project"),
    "registries": ("Registry",),
    "restarts": ("AfterRestart",),
    "services": ("Service", "Task"),
    "swarms": ("Node",),
    "volumes": ("Volume",),
    "words": ("Attributes", "Finished"),
}


def __getattr__(name: str) -> Any:
    """Import on first use: a list of exercises needs no docker-py."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"graders.engine.{module}"), name)
    raise AttributeError(name)
