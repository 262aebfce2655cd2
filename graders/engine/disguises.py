"""A secret that lies about, in plain or in a form that anybody turns back."""

from __future__ import annotations

import base64
import zlib

UNPACKED = 16 << 20
"""Bytes of packed contents that are looked at."""
GZIP = b"\x1f\x8b"
DEPTH = 3
"""How often something may be packed: there are archives that unpack to themselves."""


def forms(secret: str) -> tuple[bytes, ...]:
    """The secret as it is, backwards, in hexadecimal digits, and the part of its base64 that no neighbour changes."""
    plain = secret.encode()
    packed = []
    for before in range(3):  # three bytes become four signs; those at the ends are shared with the neighbours
        encoded = base64.b64encode(bytes(before) + plain)
        packed.append(encoded[-(-before * 4 // 3) : len(encoded) - (4 if (before + len(plain)) % 3 else 0)])
    return (plain, plain[::-1], plain.hex().encode(), *packed)


def shows(content: bytes, secret: tuple[bytes, ...], depth: int = DEPTH) -> bool:
    """Whether contents show one of these forms, also where lines were broken, or packed by gzip."""
    if any(form in content for form in secret):
        return True
    if content.startswith(GZIP) and depth:
        try:
            return shows(zlib.decompressobj(wbits=31).decompress(content, UNPACKED), secret, depth - 1)
        except zlib.error:
            return False
    joined = content.replace(b"\n", b"")
    return len(joined) < len(content) <= UNPACKED and any(form in joined for form in secret)
