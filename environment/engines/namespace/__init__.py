"""A throwaway Engine in namespaces of the Linux kernel; README.md says why it is made this way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from environment.engines.namespace.engine import (
        Limits,
        NamespaceEngine,
        remove_all,
        sweep,
        unavailable,
    )

__all__ = [
    "Limits",
    "NamespaceEngine",
    "remove_all",
    "sweep",
    "unavailable",
]


def __getattr__(name: str) -> Any:
    """Import on first use: what enters an Engine starts for each script, and needs two of the modules."""
    if name not in __all__:
        raise AttributeError(name)
    from environment.engines.namespace import engine

    return getattr(engine, name)
