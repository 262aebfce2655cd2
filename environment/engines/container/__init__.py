"""A throwaway Engine in a container: a fence against accidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from environment.engines.container.engine import (
        ENGINE_LABEL,
        IMAGE,
        IN_CONTAINERD,
        ContainerEngine,
        remove_all,
        sweep,
    )

__all__ = [
    "ENGINE_LABEL",
    "IMAGE",
    "IN_CONTAINERD",
    "ContainerEngine",
    "remove_all",
    "sweep",
]


def __getattr__(name: str) -> Any:
    """Import on first use: the namespace Engine takes its image from here alone."""
    if name not in __all__:
        raise AttributeError(name)
    from environment.engines.container import engine

    return getattr(engine, name)
