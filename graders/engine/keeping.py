"""Whether files that stay as they are did so where they are at work: an image can hold a changed copy of its own."""

from __future__ import annotations

import difflib
import hashlib
from typing import TYPE_CHECKING

from graders.errors import Failed

if TYPE_CHECKING:
    from graders.answer import Answer
    from graders.engine.containers import Container

_FIND = r"""
all() { find / -xdev "(" -path /proc -o -path /sys -o -path /dev ")" -prune -o -type f ! -name "*.pyc" "$@"; }
{ all -name "$1" -print; [ -z "$3" ] || all -size "-$2k" -exec grep -lF -e "$3" -e "$4" {} +; } 2> /dev/null |
    sort -u | while read -r path; do sha256sum "$path"; done
"""
"""Files of this name, and those below a size that hold one of two lines of it, whatever they are called."""
_FEWEST_LINES = 10
"""A file of fewer lines has none that tell it from others."""


def see_unchanged(answer: Answer, container: Container, *names: str, hint: str) -> None:
    """See that the container works with these files as the learner received them, under whatever name."""
    for name in names:
        given = (answer.given / name).read_bytes().replace(b"\r\n", b"\n")
        lines = given.decode().splitlines()
        marks = sorted(lines, key=len)[-2:] if len(lines) >= _FEWEST_LINES else ["", ""]
        size = str(len(given) * 2 // 1024 + 2)
        look = container.exec("sh", "-c", _FIND, "sh", name, size, *marks, user="0")
        found = [(path, digest) for digest, _, path in (line.partition("  ") for line in look.stdout.splitlines())]
        kept = {hashlib.sha256(text).hexdigest() for text in (given, given.replace(b"\n", b"\r\n"))}
        kept.add(hashlib.sha256(answer.file(name).read_bytes()).hexdigest())
        for path, digest in found:
            if digest not in kept:
                there = (container.text(path) or "").splitlines()
                compared = [line for line in difflib.ndiff(lines, there) if line[0] in "+-"]
                changes = [f"{'<' if line[0] == '-' else '>'}{line[1:]}" for line in compared]
                raise Failed(
                    f"`{path}` in the container is not `{name}` as you received it.",
                    hint=hint,
                    evidence=[f"$ docker exec {container.called} cat {path} | diff {name} -", *changes[:6]],
                )
        if not found:
            raise Failed(f"`{name}`, as you received it, is nowhere in the container.", hint=hint)
