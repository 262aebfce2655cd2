"""The `# syntax=` line of a Dockerfile, which names the frontend that is to read it."""

from __future__ import annotations

import re

_DIRECTIVE = re.compile(r"#\s*([a-z][a-z0-9]*)\s*=\s*(\S.*?)\s*", re.IGNORECASE)
_STOCK = re.compile(r"(?:[\w.-]+(?::\d+)?/)*docker/dockerfile(?:-upstream)?(?:[:@].*)?")
_LATER_FLAGS = re.compile(r"unknown flag: -*(?:parents|exclude|link|checksum|keep-git-dir|unpack|security|device)\b")
"""Options of instructions that some frontends know and others do not; another unknown one is a slip of the pen."""


def named(dockerfile: str) -> str:
    """The frontend that a Dockerfile asks for; empty where it asks for none."""
    return next((value for _, key, value in _directives(dockerfile) if key == "syntax"), "")


def is_stock(frontend: str) -> bool:
    """Whether it is Docker's own, of which each Engine with BuildKit has one built in."""
    return bool(_STOCK.fullmatch(frontend))


def without(dockerfile: str) -> str:
    """The text without its syntax line, all instructions on their lines: an Engine reads it without fetching anything.

    Other directives stand before the first line that is none, so they move up.
    """
    found = _directives(dockerfile)
    lines = dockerfile.splitlines(keepends=True)
    for at, key, _ in found:
        if key == "syntax":
            lines.insert(found[-1][0], re.sub(r"[^\r\n]", "", lines.pop(at)))
            break
    return "".join(lines)


def wants_another(said: str) -> bool:
    """Whether a build failed at something that a newer frontend knows."""
    return bool(_LATER_FLAGS.search(said))


def _directives(dockerfile: str) -> list[tuple[int, str, str]]:
    """Number of the line, key and value of each directive: they stand at the top, before anything else."""
    found = []
    for number, line in enumerate(dockerfile.removeprefix("\ufeff").splitlines()):
        if number == 0 and line.startswith("#!"):
            continue
        directive = _DIRECTIVE.fullmatch(line)
        if not directive:
            break
        found.append((number, directive[1].lower(), directive[2]))
    return found
