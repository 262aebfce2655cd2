"""A secret is found however it is written, and not where it is not."""

from __future__ import annotations

import base64
import gzip
import textwrap

import pytest

from graders.engine.disguises import forms, shows

SECRET = "3c5e0b9f1a7d2468ace02468"
PLAIN = SECRET.encode()


def packed(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = gzip.compress(content)
    return content


@pytest.mark.parametrize(
    "content",
    [
        b"token = " + PLAIN + b"\n",
        b"edoc " + PLAIN[::-1],
        PLAIN.hex().encode(),
        *(base64.b64encode(b"x" * before + PLAIN + b"y" * behind) for before in range(4) for behind in range(4)),
        "\n".join(textwrap.wrap(base64.b64encode(b"user:" + PLAIN).decode(), 12)).encode(),
        packed(b"token = " + PLAIN, 1),
        packed(base64.b64encode(PLAIN), 2),
    ],
)
def test_a_secret_is_found_however_it_is_written(content):
    assert shows(content, forms(SECRET))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        PLAIN[:-1],
        base64.b64encode(b"user:" + PLAIN[:12]),
        gzip.compress(b"nothing"),
        gzip.compress(b"broken")[:-9],
        b"\x1f\x8bno archive",
    ],
)
def test_what_holds_no_secret_shows_none(content):
    assert not shows(content, forms(SECRET))


def test_what_is_packed_again_and_again_has_an_end():
    assert not shows(packed(b"token = " + PLAIN, 50), forms(SECRET))
