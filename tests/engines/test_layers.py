"""Borders between folders that import-linter does not see, since it follows packages alone."""

from __future__ import annotations

import ast
from pathlib import Path

ENVIRONMENT = Path(__file__).parents[2] / "environment"


def imported(file: Path) -> set[str]:
    """The packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_environment_imports_nothing_of_graders():
    files = {file: imported(file) for file in ENVIRONMENT.rglob("*.py")}
    assert ENVIRONMENT / "classroom/nbgrader_config.py" in files
    assert [str(file) for file, names in files.items() if "graders" in names] == []
