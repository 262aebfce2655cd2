"""A secret is found however it is written, and not where it is not."""

from __future__ import annotations

import base64
import gzip
import tarfile
import textwrap

import pytest

from graders.engine.disguises import Numbers, about, forms, shows

SECRET = "3c5e0b9f1a7d2468ace02468"
PLAIN = SECRET.encode()


def packed(content: bytes, times: int) -> bytes:
    # Without the time, which would be part of a test's name and differ between workers.
    for _ in range(times):
        content = gzip.compress(content, mtime=0)
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
        gzip.compress(b"nothing", mtime=0),
        gzip.compress(b"broken", mtime=0)[:-9],
        b"\x1f\x8bno archive",
    ],
)
def test_what_holds_no_secret_shows_none(content):
    assert not shows(content, forms(SECRET))


def test_what_is_packed_again_and_again_has_an_end():
    assert not shows(packed(b"token = " + PLAIN, 50), forms(SECRET))


@pytest.mark.parametrize(
    "says",
    [
        {"name": f"srv/{SECRET}"},
        {"linkname": f"../{SECRET}"},
        {"uname": SECRET},
        {"pax_headers": {"SCHILY.xattr.user.note": SECRET}},
        {"pax_headers": {f"SCHILY.xattr.user.{SECRET}": ""}},
        {"pax_headers": {"SCHILY.xattr.user.note": base64.b64encode(PLAIN).decode()}},
    ],
)
def test_a_secret_is_found_beside_the_contents_of_a_file(says):
    member = tarfile.TarInfo("srv/page.txt")
    assert not shows(about(member), forms(SECRET))
    for what, value in says.items():
        setattr(member, what, value)
    assert shows(about(member), forms(SECRET))


def files_of(parts, what):
    for number, part in enumerate(parts):
        member = tarfile.TarInfo(f"srv/note-{number}")
        setattr(member, what, part)
        yield member


@pytest.mark.parametrize("what", ["mtime", "uid", "gid"])
@pytest.mark.parametrize("width", [4, 6, 8])
def test_a_secret_is_found_that_is_put_together_of_times_or_owners(what, width):
    digits = [int(SECRET[at : at + width], 16) for at in range(0, len(SECRET), width)]
    signs = [int.from_bytes(PLAIN[at : at + width // 2], "big") for at in range(0, len(PLAIN), width // 2)]
    for parts in (digits, signs):
        seen = Numbers(forms(SECRET))
        assert any(seen.show(member) for member in files_of([1700000000, 5, *parts, 7], what))


def test_usual_times_and_owners_show_no_secret():
    seen = Numbers(forms(SECRET))
    assert not any(seen.show(member) for member in files_of(range(1700000000, 1700002000), "mtime"))
