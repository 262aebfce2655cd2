"""Look at images on the Engine: their records and archives, which say the same whichever store keeps them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from graders.engine.archives import hidden
from graders.engine.run import OWN
from graders.engine.words import when
from graders.errors import UsageError, hinted
from graders.pictures.layers.stacks import Hides, Layer, Picture, Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.engine import Attributes, Engine, Image

UNKNOWN = "(not recorded)"
"""The instruction of a layer of which the image's history says nothing."""


def look(engine: Engine, names: Sequence[str]) -> Picture:
    """The layers of these images. Fails where one is not there."""
    if not names:
        raise UsageError("Which image?", "Write its name behind it, such as `busybox:1.37`, or several names.")
    with hinted("`docker images` lists those that are there."):
        images = [engine.image(name) for name in dict.fromkeys(names)]
    shown = {image.id for image in images}
    others = [image for image in engine.images(dangling=False) if image.id not in shown]
    return Picture(tuple(_stack(image, others) for image in images), time.time())


def _stack(image: Image, others: Sequence[Image]) -> Stack:
    saved, digests = image.saved(), image.layers
    hides = [tuple(Hides(*one) for one in gone) for gone in hidden(saved.layers)]
    before, made = _recorded(saved.history, len(digests))
    layers = []
    for number, (digest, (record, settings)) in enumerate(zip(digests, made, strict=True), start=1):
        sharing = [other for other in others if other.layers[:number] == digests[:number]]
        layers.append(
            Layer(
                number,
                digest,
                size=sum(entry.size for entry in saved.layers[number - 1]),
                instruction=_instruction(record),
                created=when(record.get("created")),
                hides=hides[number - 1],
                hidden=sum(one.size for gone in hides for one in gone if one.below == number),
                shared=_names(sharing),
                ends=_names([other for other in sharing if len(other.layers) == number]),
                settings=settings,
            )
        )
    return Stack(image.reference, tuple(layers), before)


def _recorded(
    history: Sequence[Attributes], count: int
) -> tuple[tuple[str, ...], list[tuple[Attributes, tuple[str, ...]]]]:
    """What came before the first layer; and for each layer its record, and the instructions after it without one."""
    if sum(not record.get("empty_layer") for record in history) != count:
        return (), [({}, ())] * count  # nobody knows which record is whose
    before: list[str] = []
    made: list[tuple[Attributes, list[str]]] = []
    for record in history:
        if record.get("empty_layer"):
            (made[-1][1] if made else before).append(_instruction(record))
        else:
            made.append((record, []))
    return tuple(before), [(record, tuple(settings)) for record, settings in made]


def _instruction(record: Attributes) -> str:
    return instruction(record.get("created_by") or record.get("comment") or UNKNOWN)


def instruction(recorded: str) -> str:
    """An instruction as it stands in a Dockerfile, from what BuildKit or the classic builder recorded of it."""
    said = " ".join(recorded.split()).removesuffix("# buildkit").strip()
    if said.startswith("/bin/sh -c #(nop) "):
        return said.removeprefix("/bin/sh -c #(nop) ").strip()
    arguments, _, command = said.removeprefix("RUN ").partition("/bin/sh -c ")
    if not command or not re.fullmatch(r"(\|\d+ .*)?", arguments):
        return said
    return f"RUN {arguments}{command}"


def _names(images: Sequence[Image]) -> tuple[str, ...]:
    """Their names, those of the shortest first: what others are made from. Not those that graders gave for a while."""
    ordered = sorted(images, key=lambda one: (len(one.layers), one.tags))
    return tuple(tag for image in ordered for tag in image.tags if not tag.startswith(OWN))
