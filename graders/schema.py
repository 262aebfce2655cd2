"""What exercise.toml may say, and what the checks of a grader may ask for: one sentence for each mistake."""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Any

from graders.engine.capabilities import QUESTIONS
from graders.errors import DrydockError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from graders.check import Check

KEYS: Mapping[str, tuple[str, str]] = {
    "title": ("a text", "What it is called."),
    "minutes": ("a whole number", "How long it takes a learner."),
    "kind": (
        "a list of texts",
        "Where the answer is: `commands` (commands.sh), `files`, `questions` (answers.toml).",
    ),
    "hints": ("a list of texts", "Three or more, each giving away a little more."),
    "seconds": ("a whole number", "How long its commands may take; 60 if nothing is said."),
    "requires": ("a list of texts", "Capabilities without which an Engine cannot do it."),
    "images": ("a list of texts", "Images of the course that it uses."),
    "unchanged": ("a list of texts", "Files and folders of start/ that stay as they are, in the folder and in images."),
    "owns": (
        "a table",
        "Names of what a reset removes: `containers`, `images`, `networks`, `volumes`, `projects`, `stacks`, …",
    ),
}
"""By key: what its value is, and what it says."""
NEEDED = ("title", "minutes", "kind", "hints")
KINDS = ("commands", "files", "questions")
OWNED = ("containers", "images", "networks", "volumes", "projects", "stacks", "services", "secrets", "configs")
PREFIX = "dd-"
"""How all names begin that belong to an exercise."""


def read(file: Path) -> dict[str, Any]:
    """What an exercise.toml says, its lists as tuples. Raises DrydockError with one sentence for the first mistake."""
    shown = "/".join(file.parts[-4:])
    try:
        said = tomllib.loads(file.read_text())
    except FileNotFoundError:
        raise DrydockError(f"There is no file `{shown}`.", "`drydock new` writes one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DrydockError(f"`{shown}` cannot be read: {error}.", "Mend that line.") from None
    _all_known(shown, "key", said, KEYS)
    for key in NEEDED:
        if key not in said:
            raise DrydockError(f"`{shown}` has no key `{key}`.", f"Add `{key}`, {KEYS[key][0]}.")
    for key, value in said.items():
        if not _is(KEYS[key][0], value):
            raise DrydockError(f"`{key}` in `{shown}` is {value!r}, and not {KEYS[key][0]}.", "Mend that line.")
    if not said["kind"]:
        raise DrydockError(f"`{shown}` has no kind.", f"Name where the answer stands: {_listed(KINDS)}.")
    _all_known(shown, "kind", said["kind"], KINDS)
    _all_known(shown, "capability", said.get("requires", ()), QUESTIONS)
    for name in said.get("unchanged", ()):
        if not (file.parent / "start" / name).exists():
            raise DrydockError(
                f"`{shown}` says that `{name}` is unchanged, which is not in `start/`.", "Mend the name."
            )
    owned = _owned(shown, said.get("owns", {}))
    return {key: tuple(v) if isinstance(v, list) else v for key, v in said.items()} | {"owns": owned}


def agreeing(checks: Iterable[Check], shown: str) -> tuple[Check, ...]:
    """The checks of a grader. Raises DrydockError where one of them asks for what it cannot get."""
    earlier: list[Check] = []
    for check in checks:
        for need in check.needs:
            if need not in earlier:
                name = getattr(need, "name", getattr(need, "__name__", repr(need)))
                raise DrydockError(
                    f"The check `{check.name}` in `{shown}` needs `{name}`, which is no check above it.",
                    "Name in `needs` only checks of this grader that are defined earlier.",
                )
        given = {"engine", "answer", *(need.name for need in check.needed())}
        for parameter in check.parameters:
            if parameter not in given:
                raise DrydockError(
                    f"The check `{check.name}` in `{shown}` asks for `{parameter}`, which it does not get.",
                    "A check gets `engine`, `answer`, and the checks in its `needs` by their names.",
                )
        earlier.append(check)
    return tuple(earlier)


def _owned(shown: str, owns: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    _all_known(shown, "kind of object in `owns`", owns, OWNED)
    for key, names in owns.items():
        if not _is("a list of texts", names):
            raise DrydockError(f"`owns.{key}` in `{shown}` is {names!r}, and not a list of texts.", "Mend that line.")
        for name in names:
            if not name.startswith(PREFIX):
                raise DrydockError(
                    f"`{shown}` owns `{name}`, which could be a learner's own.", f"Let its name begin with `{PREFIX}`."
                )
    return {key: tuple(names) for key, names in owns.items()}


def _all_known(shown: str, what: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise DrydockError(
                f"`{shown}` names the {what} `{name}`, which does not exist.",
                f"Did you mean `{near[0]}`?" if near else f"There are {_listed(known)}.",
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _is(wanted: str, value: object) -> bool:
    """Whether a value is what KEYS says."""
    if wanted == "a list of texts":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    kind = {"a text": str, "a whole number": int, "a table": dict}[wanted]
    return isinstance(value, kind) and not isinstance(value, bool)
