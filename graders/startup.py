"""Python's startup file in JupyterLab: notebooks have the course's magics at once, also after a restart."""

from IPython import get_ipython

if (shell := get_ipython()) is not None:
    from graders.magics import CourseMagics

    shell.register_magics(CourseMagics(shell))
