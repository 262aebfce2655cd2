"""A secret that lies about, in plain or in a form that anybody turns back."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tarfile

UNPACKED = 16 << 20
"""Bytes of packed contents that are looked at."""
GZIP = b"\x1f\x8b"
WIDTHS = (1, 2, 4, 6, 7, 8)
"""Hexadecimal digits of a part of a secret that a file's time or owner is."""
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


def about(member: tarfile.TarInfo) -> bytes:
    """What a record in a layer says in words, beside the contents: names, links, names and values of attributes."""
    pairs = (text for pair in member.pax_headers.items() for text in pair)
    said = [member.name, member.linkname, member.uname, member.gname, *pairs]
    return "\0".join(said).encode(errors="surrogateescape")


class Numbers:
    """The times and owners of file after file, each of which may be a part of a secret."""

    def __init__(self, secret: tuple[bytes, ...]) -> None:
        self._secret = secret
        self._seen: dict[tuple[str, int], str] = {}
        # In hexadecimal digits, a part may be a few signs of the text or as many bytes.
        self._kept = 2 * max(len(form) for form in secret)

    def show(self, member: tarfile.TarInfo) -> bool:
        """Whether the secret is whole with this file, put together of parts of any usual width."""
        shown = False
        for kind, number in (("time", int(member.mtime)), ("owner", member.uid), ("group", member.gid)):
            for width in WIDTHS:
                digits = (self._seen.get((kind, width), "") + f"{abs(number):0{width}x}")[-self._kept :]
                self._seen[kind, width] = digits
                text = bytes.fromhex(digits[len(digits) % 2 :])
                shown = shown or any(form in digits.encode() or form in text for form in self._secret)
        if shown:  # said once
            self._seen.clear()
        return shown


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
