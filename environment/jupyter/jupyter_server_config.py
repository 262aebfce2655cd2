"""What JupyterLab's server does for a learner; read where JUPYTER_CONFIG_PATH names this folder."""

# ruff: noqa: INP001 - a configuration file, in no package
from pathlib import Path

c = get_config()  # type: ignore[name-defined] # noqa: F821 - given by Jupyter

# Exercises have files such as .dockerignore, which JupyterLab would refuse to open.
c.ContentsManager.allow_hidden = True
# As a login shell, which is Jupyter's choice, a terminal would lose the PATH on which `drydock` is.
c.ServerApp.terminado_settings = {
    "shell_command": ["bash", "--rcfile", str(Path(__file__).with_name("terminal.bash")), "-i"]
}
# nbgrader's pages are for classes; who has one starts JupyterLab in the class's folder.
c.ServerApp.jpserver_extensions = {
    f"nbgrader.server_extensions.{name}": False
    for name in ("formgrader", "validate_assignment", "assignment_list", "course_list")
}
