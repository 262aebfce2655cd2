"""What the picture shows, as data: the layers of images, lowest first, and where images part."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Hides:
    """A file of a lower layer that a layer hides: deleted, or something else in its place."""

    path: str
    size: int
    below: int
    deleted: bool


@dataclass(frozen=True)
class Layer:
    """One layer. Sizes are bytes of files."""

    number: int
    digest: str
    size: int
    instruction: str
    created: float
    """Seconds since 1970; 0 or less where no date was kept."""
    hides: tuple[Hides, ...] = ()
    hidden: int = 0
    """Bytes of it that later layers hide."""
    shared: tuple[str, ...] = ()
    """Other images on the Engine that have it, with all below it."""
    ends: tuple[str, ...] = ()
    """Those of them that have no more."""
    settings: tuple[str, ...] = ()
    """The instructions after it that made no layer."""


@dataclass(frozen=True)
class Stack:
    """An image: its layers, lowest first."""

    name: str
    layers: tuple[Layer, ...]
    settings: tuple[str, ...] = ()
    """The instructions before its first layer."""

    @property
    def size(self) -> int:
        """Bytes of all layers together."""
        return sum(layer.size for layer in self.layers)

    @property
    def hidden(self) -> int:
        """Bytes that nobody sees in a container."""
        return sum(layer.hidden for layer in self.layers)


@dataclass(frozen=True)
class Branch:
    """What these images alone have, from here on."""

    depth: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Floor:
    """A layer in the picture. Images that are drawn together may see more or less of it, each by its later layers."""

    depth: int
    layer: Layer
    names: tuple[str, ...]
    """The images that have it."""
    hidden: tuple[tuple[str, int], ...]
    """By image, the bytes of it that are hidden there."""
    last: tuple[str, ...]
    """Those of them that end with it, where others go on."""
    shared_since: int
    """The first of the layers up to this one that the same other images share; 0 where they share the next one too."""


@dataclass(frozen=True)
class Setting:
    """An instruction that made no layer; `only` names the image that has it, where others have not."""

    depth: int
    instruction: str
    only: str


Row = Branch | Floor | Setting


@dataclass(frozen=True)
class Picture:
    """Images beside each other, and the time at which they were looked at."""

    stacks: tuple[Stack, ...]
    now: float

    @property
    def largest(self) -> int:
        """Bytes of the largest layer."""
        return max((layer.size for stack in self.stacks for layer in stack.layers), default=0)

    def rows(self) -> list[Row]:
        """The picture from top to bottom. A layer that images share, with all below it, is there once."""
        names = tuple(stack.name for stack in self.stacks)
        share = len(names) > 1 and _common(self.stacks, 0)
        first = _settings([(stack.name, stack.settings) for stack in self.stacks], 0)
        return [*([Branch(0, names)] if share else []), *first, *_from(self.stacks, 0, 0)]


def _from(stacks: Sequence[Stack], at: int, depth: int) -> Iterator[Row]:
    """The rows of images that are the same up to their layer `at`, from the next one on."""
    since = at + 1
    while layer := _common(stacks, at):
        following = _common(stacks, at + 1)
        is_same = following is not None and following.shared == layer.shared
        last = [stack.name for stack in stacks if len(stack.layers) == at + 1]
        yield Floor(
            depth,
            layer,
            names=tuple(stack.name for stack in stacks),
            hidden=tuple((stack.name, stack.layers[at].hidden) for stack in stacks if stack.layers[at].hidden),
            last=tuple(last if len(last) < len(stacks) else ()),
            shared_since=0 if is_same else since,
        )
        yield from _settings([(stack.name, stack.layers[at].settings) for stack in stacks], depth)
        at, since = at + 1, since if is_same else at + 2
    branches: dict[str, list[Stack]] = {}
    for stack in stacks:
        if at < len(stack.layers):
            branches.setdefault(stack.layers[at].digest, []).append(stack)
    for branch in branches.values():
        yield Branch(depth + 1, tuple(stack.name for stack in branch))
        yield from _from(branch, at, depth + 1)


def _common(stacks: Sequence[Stack], at: int) -> Layer | None:
    """The layer that all have at this place, if they have the same."""
    found = [stack.layers[at] if at < len(stack.layers) else None for stack in stacks]
    first = found[0]
    return first if first and all(one and one.digest == first.digest for one in found) else None


def _settings(of: Sequence[tuple[str, tuple[str, ...]]], depth: int) -> Iterator[Setting]:
    """What all have at the beginning, then what each has of its own."""
    said = [settings for _, settings in of]
    common = len(list(takewhile(lambda same: len(set(same)) == 1, zip(*said, strict=False))))
    yield from (Setting(depth, instruction, "") for instruction in said[0][:common])
    yield from (Setting(depth, instruction, name) for name, settings in of for instruction in settings[common:])
