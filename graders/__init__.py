"""Graders that inspect live containers: `drydock` on the command line, `%load_ext graders` in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics of the course to a notebook."""
    from graders.magics import load

    load(shell)
