"""What JupyterLab does for a learner; read where JUPYTER_CONFIG_PATH names this folder."""

# ruff: noqa: INP001 - a configuration file, in no package
import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined] # noqa: F821 - given by Jupyter

# What is open and where stands in the learner's workspace, which begins with the table of contents beside the text.
if "DRYDOCK_WORKSPACE" in os.environ:
    c.LabApp.workspaces_dir = str(Path(os.environ["DRYDOCK_WORKSPACE"], ".drydock", "lab"))
