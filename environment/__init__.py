"""Where an Engine and the course's images come from; knows nothing of graders."""

from pathlib import Path

JUPYTER = Path(__file__).parent / "jupyter"
"""A folder of Jupyter configuration, for JUPYTER_CONFIG_PATH."""

CLASSROOM = Path(__file__).parent / "classroom"
"""A folder with nbgrader's configuration for a class."""


class UnavailableError(Exception):
    """Something that is needed cannot be had: `what` happened and the `remedy`, one sentence each."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy
