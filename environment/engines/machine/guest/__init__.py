"""The guest of the machine Engine: what it is made of, and how it is built."""

from environment.engines.machine.guest.build import PARTS, build, digest

__all__ = ["PARTS", "build", "digest"]
