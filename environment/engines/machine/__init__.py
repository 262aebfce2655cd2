"""An Engine in a virtual machine; README.md says why it is made this way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from environment.engines.machine.engine import (
        MachineEngine,
        describe,
        down,
        ensure_snapshot,
        own_machine,
        own_socket,
        remove_all,
        request_through,
        reset,
        status,
        sweep,
        up,
    )

__all__ = [
    "MachineEngine",
    "describe",
    "down",
    "ensure_snapshot",
    "own_machine",
    "own_socket",
    "remove_all",
    "request_through",
    "reset",
    "status",
    "sweep",
    "up",
]


def __getattr__(name: str) -> Any:
    """Import on first use: who looks for the learner's own machine needs its folder alone."""
    if name not in __all__:
        raise AttributeError(name)
    from environment.engines.machine import engine

    return getattr(engine, name)
