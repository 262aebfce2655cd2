"""What belongs to an exercise on an Engine, by name."""

from __future__ import annotations

from dataclasses import dataclass

PROJECT_LABEL = "com.docker.compose.project"
"""What Compose gives to all that it makes for a project (docker/compose, pkg/api/labels.go)."""
STACK_LABEL = "com.docker.stack.namespace"
"""What `docker stack deploy` gives to all that it makes (docker/cli, cli/compose/convert)."""
SERVICE_LABEL = "com.docker.compose.service"
"""The label with the name of a container's service."""


@dataclass(frozen=True)
class Owned:
    """Names on the learner's Engine that belong to an exercise, so that a reset may remove them."""

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    """Of Compose, with all that it made for them."""
    stacks: tuple[str, ...] = ()
    """Of a swarm, with all that was deployed as a part of them."""
    services: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
