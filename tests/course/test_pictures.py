"""A picture shows what is on the Engine: read from its archives, drawn from data, as text and for a notebook."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import docker.types
import pytest
from conftest import start_engine

from environment.engines import SESSION_LABEL
from environment.engines.scratch import scratch_folder
from environment.engines.session import current_session
from graders.engine import Engine, Plan, archives
from graders.engine.archives import Entry, Hidden, hidden
from graders.errors import Failed, UsageError
from graders.exercise import exercises
from graders.pictures import canvas
from graders.pictures.layers import drawing
from graders.pictures.layers.look import instruction, look
from graders.pictures.layers.stacks import Branch, Floor, Hides, Layer, Picture, Setting, Stack
from graders.pictures.mounts import drawing as mounted
from graders.pictures.mounts import places
from graders.pictures.mounts.look import look as look_at_mounts
from graders.pictures.topology import drawing as topology
from graders.pictures.topology import members
from graders.pictures.topology.look import look as look_at_topology

EXERCISES = exercises()
BUSYBOX = "busybox:1.37"
SVG = "{http://www.w3.org/2000/svg}"
NOW = 1_800_000_000.0


def packed(members: dict[str, object], mode: str = "w") -> bytes:
    """An archive: bytes are a file, `None` is a folder, `("symlink" or "name", target)` a link."""
    with io.BytesIO() as raw:
        with tarfile.open(fileobj=raw, mode=mode) as archive:
            for name, content in members.items():
                member, contents = tarfile.TarInfo(name), b""
                if content is None:
                    member.type = tarfile.DIRTYPE
                elif isinstance(content, tuple):
                    member.type = tarfile.SYMTYPE if content[0] == "symlink" else tarfile.LNKTYPE
                    member.linkname = content[1]
                else:
                    contents = bytes(content)
                member.size = len(contents)
                archive.addfile(member, io.BytesIO(contents))
        return raw.getvalue()


def described(layers: list[str], digests: list[str]) -> dict[str, bytes]:
    """What an archive says of an image."""
    manifest = [
        {"Config": "other.json", "Layers": []},
        {"Config": "config.json", "Layers": layers},
    ]
    config = {"rootfs": {"diff_ids": digests}, "history": [{"created_by": "CMD"}]}
    return {
        "config.json": json.dumps(config).encode(),
        "other.json": b'{"rootfs": {"diff_ids": ["c"]}}',
        "manifest.json": json.dumps(manifest).encode(),
    }


LOW = {"./etc/": None, "./etc/passwd": b"four", "link": ("symlink", "etc"), "second": ("name", "etc/passwd")}
READ = [
    Entry("etc", 0, is_folder=True),
    Entry("etc/passwd", 4),
    Entry("link"),
    Entry("second", 0, target="etc/passwd"),
]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_an_archive_is_read_whether_its_layers_are_packed_or_not(mode):
    whole = packed(
        {"blobs/low": packed(LOW, mode), "blobs/top": packed({}, mode), "blobs/proof": b"{}"}
        | described(["blobs/low", "blobs/top", "blobs/top"], ["a", "b", "b"])
    )
    in_pieces = [whole[at : at + 700] for at in range(0, len(whole), 700)]
    assert archives.read(in_pieces, ["a", "b", "b"]) == archives.Saved([{"created_by": "CMD"}], [READ, [], []])


def test_an_archive_of_engine_20_has_a_link_for_a_layer_that_is_there_twice():
    parts = {"1/VERSION": b"1.0", "1/layer.tar": packed(LOW), "2/layer.tar": ("symlink", "../1/layer.tar")}
    whole = packed(parts | described(["1/layer.tar", "2/layer.tar"], ["a", "a"]))
    assert archives.read([whole], ["a", "a"]).layers == [READ, READ]


def test_an_archive_that_is_broken_or_another_images_fails_with_a_sentence():
    whole = packed({"low": packed(LOW)} | described(["low"], ["a"]))
    with pytest.raises(Failed, match="does not hold the layers"):
        archives.read([whole], ["b"])
    with pytest.raises(Failed, match="cannot be read"):
        archives.read([whole[: len(whole) // 3]], ["a"])
    with pytest.raises(Failed, match="in a way that is not known here"):
        archives.read([packed({"low": b"(\xb5/\xfd zstd"} | described(["low"], ["a"]))], ["a"])


def test_more_files_than_fit_into_memory_fail_with_a_sentence(monkeypatch):
    monkeypatch.setattr(archives, "ENTRY_LIMIT", 6)
    layer = packed(LOW)
    whole = packed({"low": layer, "top": layer} | described(["low", "top"], ["a", "b"]))
    with pytest.raises(Failed, match="more than 6 files"):
        archives.read([whole], ["a", "b"])


def test_a_large_image_does_not_fill_the_memory():
    inner = tarfile.TarInfo("large")
    inner.size = 256 << 20
    outer = tarfile.TarInfo("low")
    outer.size = inner.size + 3 * tarfile.BLOCKSIZE
    zeros = bytes(1 << 20)
    end = packed(described(["low"], ["a"]))
    chunks: Iterable[bytes] = itertools.chain(
        [outer.tobuf(), inner.tobuf()], itertools.repeat(zeros, 256), [bytes(2 * tarfile.BLOCKSIZE), end]
    )
    tracemalloc.start()
    assert archives.read(chunks, ["a"]).layers == [[Entry("large", 256 << 20)]]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 24 << 20


FOLDER = Entry("a", 0, is_folder=True)


@pytest.mark.parametrize(
    ("low", "top", "gone"),
    [
        ([Entry("f", 5)], [Entry(".wh.f")], [Hidden("f", 5, 1, deleted=True)]),
        ([Entry("f", 5)], [Entry("f", 7)], [Hidden("f", 5, 1, deleted=False)]),
        ([Entry("f", 5)], [Entry("f", 0, is_folder=True), Entry("f/g", 1)], [Hidden("f", 5, 1, deleted=False)]),
        ([FOLDER, Entry("a/f", 5)], [FOLDER, Entry("a/g", 5)], []),
        ([FOLDER, Entry("a/f", 5), Entry("b", 1)], [Entry(".wh.a")], [Hidden("a/f", 5, 1, deleted=True)]),
        ([FOLDER, Entry("a/f", 5)], [Entry("a", 2)], [Hidden("a/f", 5, 1, deleted=True)]),
        (
            [FOLDER, Entry("a/f", 5), Entry("a/g", 6)],
            [FOLDER, Entry("a/f", 1), Entry("a/.wh..wh..opq")],
            [Hidden("a/f", 5, 1, deleted=False), Hidden("a/g", 6, 1, deleted=True)],
        ),
        ([Entry("f", 5), Entry("g", target="f")], [Entry(".wh.f")], []),
        ([Entry("f", 5), Entry("g", target="f")], [Entry(".wh.f"), Entry("g", 5)], [Hidden("g", 5, 1, deleted=False)]),
        ([Entry("f", 5)], [Entry(".wh.g"), Entry("x/.wh.g"), Entry(".wh..wh.plnk", 0, is_folder=True)], []),
        ([Entry("f", 5)], [Entry("g", 1), Entry("g", 2)], []),
    ],
)  # fmt: skip
def test_what_a_layer_hides_of_the_one_below(low, top, gone):
    assert [sorted(one) for one in hidden([low, top])] == [[], gone]


def test_what_was_put_back_is_hidden_by_itself():
    layers = [[Entry("f", 5)], [Entry(".wh.f")], [Entry("f", 6)], [Entry("f", 7)]]
    assert hidden(layers) == [[], [Hidden("f", 5, 1, deleted=True)], [], [Hidden("f", 6, 3, deleted=False)]]


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("RUN /bin/sh -c rm  big\n # buildkit", "RUN rm big"),
        ("RUN |1 TOKEN=abc /bin/sh -c rm big # buildkit", "RUN |1 TOKEN=abc rm big"),
        ("COPY . /srv # buildkit", "COPY . /srv"),
        ('/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'),
        ("/bin/sh -c rm big", "RUN rm big"),
        ("|1 A=b /bin/sh -c rm big", "RUN |1 A=b rm big"),
        ("RUN ash -c echo /bin/sh -c x", "RUN ash -c echo /bin/sh -c x"),
        ("sh -c echo hi", "sh -c echo hi"),
    ],
)
def test_an_instruction_is_shown_as_it_was_written(recorded, shown):
    assert instruction(recorded) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0B"),
        (999, "999B"),
        (1000, "1kB"),
        (2035061, "2.04MB"),
        (999_600, "1MB"),
        (78_512_345, "78.5MB"),
        (3e9, "3GB"),
    ],
)
def test_sizes_are_as_docker_writes_them(count, shown):
    assert canvas.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "seconds"),
        (59, "seconds"),
        (61, "1 minute"),
        (7300, "2 hours"),
        (86400 * 6, "6 days"),
        (86400 * 800, "2 years"),
    ],
)
def test_ages_are_as_docker_says_them(seconds, shown):
    assert drawing.age(NOW - seconds, NOW) == shown
    assert drawing.age(0, NOW) == drawing.age(-62135596800, NOW) == "no date"


BASE = Layer(
    1,
    "sha256:1",
    2_035_061,
    "COPY /rootfs /",
    NOW - 40_000,
    shared=("base:1", "web:1"),
    ends=("base:1",),
    settings=('CMD ["sh"]',),
)
LEAK = Layer(2, "sha256:2", 50_006, "COPY token page /srv/", NOW - 200, hidden=50_000, shared=("web:1",))
GONE = Layer(
    3,
    "sha256:3",
    0,
    "RUN rm /srv/token",
    NOW - 190,
    (Hides("srv/token", 50_000, 2, deleted=True),),
    shared=("web:1",),
    settings=("ENV A=1",),
)
APP = Stack("app:1", (BASE, LEAK, GONE))
OTHER = Stack(
    "other:1",
    (BASE, LEAK, Layer(3, "sha256:4", 7, "RUN echo > /srv/page", NOW - 9, (Hides("srv/page", 6, 2, deleted=False),))),
)
SHORT = Stack("short:1", (BASE,))
ONE, THREE = Picture((APP,), NOW), Picture((APP, OTHER, SHORT), NOW)  # fmt: skip

ONE_TEXT = """\
app:1: 3 layers, 2.09MB, 50kB of it hidden.
Lowest layer first; – is an instruction without a layer.

 1   2.04MB  11 hours    COPY /rootfs /
                         base:1 ends here
                         layer 1 also in web:1
 –                       CMD ["sh"]
 2     50kB  3 minutes   COPY token page /srv/
                         50kB of it hidden by later layers
 3       0B  3 minutes   RUN rm /srv/token
                         hides 50kB of lower layers:
                           deletes /srv/token, 50kB of layer 2
                         layers 2-3 also in web:1
 –                       ENV A=1"""

THREE_TEXT = """\
app:1: 3 layers, 2.09MB, 50kB of it hidden.
other:1: 3 layers, 2.09MB, 50kB of it hidden.
short:1: 1 layer, 2.04MB, nothing hidden.
Lowest layer first; – is an instruction without a layer.

shared by app:1, other:1 and short:1
 1   2.04MB  11 hours    COPY /rootfs /
                         short:1 and base:1 end here
                         layer 1 also in web:1
 –                       CMD ["sh"]
└─ shared by app:1 and other:1
    2     50kB  3 minutes   COPY token page /srv/
                            50kB of it hidden by later layers
                            layer 2 also in web:1
   ├─ app:1
   │   3       0B  3 minutes   RUN rm /srv/token
   │                           hides 50kB of lower layers:
   │                             deletes /srv/token, 50kB of layer 2
   │                           layer 3 also in web:1
   │   –                       ENV A=1
   └─ other:1
       3       7B  seconds     RUN echo > /srv/page
                               hides 6B of lower layers:
                                 replaces /srv/page, 6B of layer 2"""


@pytest.mark.parametrize(("picture", "shown"), [(ONE, ONE_TEXT), (THREE, THREE_TEXT)])
def test_the_text_is_a_tree(picture, shown):
    assert drawing.text(picture) == shown


def test_images_without_a_common_layer_stand_beside_each_other():
    apart = Picture((APP, Stack("scratch:1", (Layer(1, "sha256:9", 1, "COPY a /", 0),), ("ENV B=2",))), NOW)
    assert [row for row in apart.rows() if not isinstance(row, Floor)] == [
        Setting(0, "ENV B=2", "scratch:1"),
        Branch(1, ("app:1",)),
        Setting(1, 'CMD ["sh"]', ""),
        Setting(1, "ENV A=1", ""),
        Branch(1, ("scratch:1",)),
    ]
    assert drawing.text(Picture((Stack("empty:1", ()),), NOW)).startswith("empty:1: 0 layers, 0B, nothing hidden.")


def many(count: int) -> Picture:
    """Images, each with a layer more than the one before and hostile words."""
    words = "RUN echo '<script>&amp;\x1b[31m\u202e' " + "long/" * 60
    layers = [Layer(n, f"sha256:{n}", 10**n % 10**9, words, NOW, hidden=7) for n in range(1, count + 1)]
    gone = tuple(Hides(f"{'deep/' * 20}\udcff{n}", 3, 1, deleted=True) for n in range(9))
    return Picture(
        tuple(
            Stack(f"registry.example.com:5000/{'team/' * n}app:1", (*layers[:n], Layer(n + 1, f"sha256:x{n}", 0, words, 0, gone)))
            for n in range(1, count)
        ),
        NOW,
    )  # fmt: skip


DATA = places.Place("volume", "dd-demo-data")
WRITER = places.Inside(
    "dd-demo-db",
    "postgres:17",
    "root",
    running=True,
    paths=(
        places.Path("/", places.Place("layer", "dd-demo-db"), writable=True),
        places.Path("/run/keys", places.Place("tmpfs", "dd-demo-db /run/keys"), writable=True),
        places.Path("/var/lib/postgresql/data", DATA, writable=True, owner="999:999 drwx------"),
    ),
    written=("A /srv/b", "C /tmp/a", "D /etc/c", "A /x", "A /y"),
)
READER = places.Inside(
    "dd-demo-reader",
    "busybox:1.37",
    "1000",
    running=False,
    paths=(
        places.Path("/", places.Place("layer", "dd-demo-reader"), writable=False),
        places.Path("/cache", places.Place("anonymous", "a67ca03eaf11" + "0" * 52), writable=True, owner="0:0 drwxr-xr-x"),
        places.Path("/data", DATA, writable=False),
        places.Path("/page", places.Place("bind", "/home/me/page"), writable=False, owner="7:7 -rw-r--r--"),
    ),
)  # fmt: skip
MOUNTS = places.Picture((WRITER, READER))
MOUNTS_TEXT = """\
dd-demo-db: runs, image postgres:17, user root
  /                       dd-demo-db's own layer
                          writable
                          above the image postgres:17
                          written: /srv/b, /tmp/a, /etc/c and 2 more
                          goes with the container
  /run/keys               memory (tmpfs)
                          writable
                          goes when the container stops
  /var/lib/postgresql/data
                          volume dd-demo-data
                          writable, 999:999 drwx------
                          also in dd-demo-reader
                          stays until docker volume rm

dd-demo-reader: does not run, image busybox:1.37, user 1000
  /                       dd-demo-reader's own layer
                          read-only
                          above the image busybox:1.37
                          nothing written so far
                          goes with the container
  /cache                  anonymous volume a67ca03eaf11…
                          writable, 0:0 drwxr-xr-x
                          stays after docker rm, goes with docker rm --volumes
  /data                   volume dd-demo-data
                          read-only
                          also in dd-demo-db
                          stays until docker volume rm
  /page                   the host's /home/me/page
                          read-only, 7:7 -rw-r--r--
                          stays: it is the host's"""


def test_the_text_says_what_lies_under_each_path():
    assert mounted.text(MOUNTS) == MOUNTS_TEXT


def test_a_place_that_containers_share_is_drawn_once_and_each_path_leads_to_one():
    image = ET.fromstring(mounted.svg(MOUNTS))
    kinds = [one.get("class") for one in image.iter(f"{SVG}rect")]
    assert sorted(kinds) == sorted([
        "back", "first", "first", "layer", "layer", "tmpfs", "volume", "anonymous", "bind"
    ])  # fmt: skip
    links = [one.get("class") for one in image.iter(f"{SVG}path")]
    assert links.count("link") == 4
    assert links.count("link read") == 3
    said = " ".join("".join(one.itertext()) for one in image.iter(f"{SVG}text"))
    assert "A dashed line is read-only." in said
    for path in ("/run/keys", "/cache", "/data", "/page"):
        assert path in said


def strange() -> places.Picture:
    """Containers with long and hostile names."""
    words = "<script>&amp;\x1b[31m\u202e" + "long/" * 60
    paths = tuple(
        places.Path(f"/{words}{n}", places.Place(kind, f"{words}{n}"), writable=bool(n % 2))
        for n, kind in enumerate(["layer", "volume", "anonymous", "bind", "tmpfs"])
    )
    return places.Picture((places.Inside(words, words, words, running=True, paths=paths, written=(f"A {words}",) * 9),))


FRONT = members.Net("dd-demo-front", "bridge", ("172.18.0.0/16",))
BACK = members.Net("dd-demo-back", "bridge", ("172.19.0.0/16",), internal=True)
NETS = members.Picture(
    (
        members.Member(
            "api", "python:3.13-slim", "runs", (members.Place(BACK, "172.19.0.2", ("data",)), members.Place(FRONT, "172.18.0.2"))
        ),
        members.Member("db", "postgres:17", "ended with exit code 3", (members.Place(BACK),)),
        members.Member("debug", "busybox:1.37", "runs", within="web"),
        members.Member(
            "web", "nginx:1.26", "runs, healthy", (members.Place(FRONT, "172.18.0.3"),),
            (("127.0.0.1:8080", "80/tcp"),), ("/srv is the volume pages",),
        ),
    ),
    (members.Place(FRONT, "172.18.0.9"),),
)  # fmt: skip
NETS_TEXT = """\
dd-demo-back: bridge, 172.19.0.0/16, no way out
├─ api                  172.19.0.2, also called data
└─ db                   no address

dd-demo-front: bridge, 172.18.0.0/16
├─ api                  172.18.0.2
├─ web                  172.18.0.3
└─ and 1 more

api: runs, image python:3.13-slim

db: ended with exit code 3, image postgres:17

debug: runs, image busybox:1.37
  in the network of web

web: runs, healthy, image nginx:1.26
  127.0.0.1:8080 leads to 80/tcp
  /srv is the volume pages"""


def test_the_text_of_a_topology_tells_who_is_where_and_what_leads_there():
    assert topology.text(NETS) == NETS_TEXT
    assert topology.text(members.Picture(())) == "No containers."


PLAN = Plan(
    together=(("web", "api"), ("api", "db"), ("api", "mail")),
    apart=(("web", "db"), ("web", "debug")),
    published=("web",),
    unpublished=("api", "web"),
)
PLAN_TEXT = """\
api: runs, image python:3.13-slim
  ✓ should meet web: both are in dd-demo-front
  ✓ should meet db: both are in dd-demo-back
  ✗ should meet mail, but mail is not there
  ✓ should have no published port: has none

db: ended with exit code 3, image postgres:17
  ✓ should meet api: both are in dd-demo-back
  ✓ should not meet web: they have no network in common

debug: runs, image busybox:1.37
  in the network of web
  ✗ should not meet web, but debug is in the network of web itself

mail: is not there
  ✗ should meet api, but mail is not there

web: runs, healthy, image nginx:1.26
  127.0.0.1:8080 leads to 80/tcp
  /srv is the volume pages
  ✓ should meet api: both are in dd-demo-front
  ✓ should not meet db: they have no network in common
  ✗ should not meet debug, but debug is in the network of web itself
  ✓ should have a published port: has one
  ✗ should have no published port, but has one"""


def test_a_topology_says_beside_what_is_what_should_be_and_marks_the_difference_by_sign_and_word():
    planned = members.beside(NETS, PLAN)
    assert topology.text(planned).endswith(PLAN_TEXT)
    image = ET.fromstring(topology.svg(planned))
    kinds = {"".join(one.itertext())[0]: one.get("class") for one in image.iter(f"{SVG}text")}
    assert (kinds["✓"], kinds["✗"]) == ("quiet", "name")


@pytest.mark.parametrize("exercise", [one for one in EXERCISES if hasattr(one.grader, "PLAN")], ids=lambda one: one.id)
def test_a_plan_is_for_what_the_exercise_owns_and_does_not_contradict_itself(exercise):
    plan = exercise.grader.PLAN
    pairs = [frozenset(pair) for pair in (*plan.together, *plan.apart)]
    assert {*plan.published, *plan.unpublished}.union(*pairs) <= set(exercise.owns.containers)
    assert len(pairs) == len(set(pairs))
    assert not set(plan.published) & set(plan.unpublished)


def test_a_network_is_drawn_once_and_each_address_says_in_words_where_it_leads():
    image = ET.fromstring(topology.svg(NETS))
    kinds = [one.get("class") for one in image.iter(f"{SVG}rect")]
    assert sorted(kinds) == ["back", "first", "first", "first", "first", "net", "net"]
    links = [one.get("class") for one in image.iter(f"{SVG}path")]
    assert (links.count("link"), links.count("link read")) == (3, 1)
    said = " ".join("".join(one.itertext()) for one in image.iter(f"{SVG}text"))
    for words in ("in dd-demo-back", "also called data", "no way out", "3 containers", "no address"):
        assert words in said


def harbour(count: int) -> members.Picture:
    """So many containers with long and hostile names."""
    words = "<script>&amp;\x1b[31m\u202e" + "quay-" * 20
    net = members.Net(words, "bridge", ("fd00::/64",))
    return members.Picture(
        tuple(members.Member(f"{words}{n}", words, words, (members.Place(net, "::1", (words,)),), (("[::]:1", "1/tcp"),))
              for n in range(count))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("drawing", "picture", "names", "told"),
    [
        (
            topology,
            NETS,
            "dd-demo-front",
            "db: ended with exit code 3, image postgres:17; in dd-demo-back at no address",
        ),
        (topology, harbour(30), "quay-", "[::]:1 leads to 1/tcp"),
        (topology, members.Picture(()), "no network", "No containers."),
        (drawing, ONE, "app:1", "3 layers"),
        (drawing, THREE, "other:1", "1 layer"),
        (drawing, many(12), "registry.example.com", "12 layers"),
        (drawing, Picture((Stack("empty:1", ()),), NOW), "empty:1", "0 layers"),
        (mounted, MOUNTS, "dd-demo-reader", "/cache is in anonymous volume a67ca03eaf11"),
        (mounted, strange(), "long/", "memory (tmpfs)"),
    ],
)
def test_the_drawing_is_whole_and_narrow_and_has_a_text_alternative(drawing, picture, names, told):
    image = ET.fromstring(drawing.svg(picture))
    width, height = map(float, image.get("viewBox").split()[2:])
    assert (image.get("role"), width) == ("img", canvas.WIDTH)
    assert re.search(r"width: 100%; max-width: 450px; height: auto", image.get("style"))
    title, described_by = image.get("aria-labelledby").split()
    texts = {one.get("id"): one.text for one in image if one.get("id")}
    assert names in texts[title]
    assert told in texts[described_by]
    for box in image.iter(f"{SVG}rect"):
        assert 0 <= float(box.get("x", 0)) <= float(box.get("x", 0)) + float(box.get("width")) <= width
        assert 0 < float(box.get("height")) + float(box.get("y", 0)) <= height
    for line in image.iter(f"{SVG}text"):
        letters = canvas.SIGN if line.get("class") in {"code", "path", "setting"} else canvas.LETTER
        assert line.get("text-anchor") or float(line.get("x")) + letters * len(line.text) <= width
        assert all(sign.isprintable() for sign in line.text)


def test_the_drawing_says_in_words_what_it_shows_in_colours():
    words = " ".join("".join(one.itertext()) for one in ET.fromstring(drawing.svg(THREE)).iter(f"{SVG}text"))
    assert "50kB of it hidden by later layers" in words
    assert "shared by app:1 and other:1" in words
    for line in ONE_TEXT.splitlines()[3:]:
        for word in line.removeprefix(" –").split():
            assert word in "".join(ET.fromstring(drawing.svg(ONE)).itertext())


@pytest.mark.parametrize(
    "drawn", [drawing.svg(ONE), mounted.svg(MOUNTS), topology.svg(NETS)], ids=["layers", "mounts", "topology"]
)
def test_every_colour_of_the_drawing_has_another_in_the_dark(drawn):
    style = ET.fromstring(drawn).find(f"{SVG}style").text
    light, dark, chosen_light, chosen_dark = (
        dict(re.findall(r"(--\w+): (#\w+)", block)) for block in re.findall(r"{ (--[^}]*)}", style)
    )
    assert (light, dark) == (chosen_light, chosen_dark)
    assert light.keys() == dark.keys() == set(re.findall(r"var\((--\w+)\)", style))
    assert all(light[name] != dark[name] for name in light)
    assert "prefers-color-scheme: dark" in style
    for colours in (light, dark):
        for behind, before in itertools.product(("--own", "--shared", "--back"), ("--ink", "--quiet")):
            assert contrast(colours[behind], colours[before]) >= 4.5


def contrast(*colours: str) -> float:
    """The contrast of two colours, as WCAG 2 counts it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted(map(light, colours))
    return (lighter + 0.05) / (darker + 0.05)


def test_two_drawings_on_a_page_do_not_share_names():
    pages = [drawing.html(ONE), drawing.html(THREE), mounted.html(MOUNTS), mounted.html(strange()), topology.html(NETS)]
    ids = [name for page in pages for name in re.findall(r'\bid="([^"]+)"', page)]
    assert len(ids) == len({*ids}) == 3 + 3 + 2 + 2 + 2


@pytest.mark.parametrize(("drawing", "picture"), [(drawing, many(3)), (mounted, strange())])
def test_what_an_image_or_a_container_says_is_only_shown(drawing, picture):
    page = drawing.html(picture)
    assert "<script" not in page
    assert "\x1b" not in page + drawing.text(picture)
    page.encode()


def test_a_notebook_shows_the_drawing_with_its_text_in_a_fold():
    page = drawing.html(ONE)
    assert page.count("<svg") == 1
    assert unescape(page.partition("<pre>")[2].partition("</pre>")[0]) == ONE_TEXT


def test_a_picture_of_nothing_is_a_sentence():
    with pytest.raises(UsageError, match="Which image"):
        look(None, [])
    with pytest.raises(UsageError, match="Which container"):
        look_at_mounts(None, [])


@pytest.fixture(
    params=["26", "28-containerd", *(pytest.param(name, marks=pytest.mark.all) for name in ("28", "20.10"))]
)
def engine(request, host) -> Iterator[Engine]:
    """An Engine of each kind that keeps images in a way of its own."""
    with (
        start_engine(host, f"drydock/engine:{request.param}") as connection,
        Engine(connection, "", session="") as engine,
    ):
        yield engine


DOCKERFILE = f"""
FROM {BUSYBOX} AS first
ENV A=1
WORKDIR /srv
COPY token page /srv/
RUN rm token && ln -s page link
RUN true
CMD ["httpd", "-f"]
FROM first AS second
RUN echo other > page
FROM first AS third
ENV B=2
COPY page /third
"""


@pytest.mark.engine
def test_the_picture_is_what_the_engine_keeps(engine, monkeypatch):
    with scratch_folder() as name:
        folder = Path(name)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        (folder / "token").write_bytes(os.urandom(50_000))
        (folder / "page").write_text("hello\n")
        for target in ("first", "second", "third"):
            engine.build(folder, target=target, tags=[f"dd-demo-{target}:1"], no_cache=target == "first")
    picture = look(engine, ["dd-demo-second:1", "dd-demo-third:1"])
    second, third = picture.stacks
    for stack in picture.stacks:
        image = engine.image(stack.name)
        made = [one for one in reversed(image.history()) if not re.match(r"(CMD|ENV) ", one["CreatedBy"])]
        assert [layer.digest for layer in stack.layers] == image.layers
        assert [layer.instruction for layer in stack.layers] == [instruction(one["CreatedBy"]) for one in made]
        assert all(abs(layer.created - one["Created"]) <= 1 for layer, one in zip(stack.layers, made, strict=True))
        # The store of containerd counts whole blocks, and folders; Docker's own names in links, where it received an image.
        sizes = [(layer.size, one["Size"]) for layer, one in zip(stack.layers, made, strict=True)]
        assert all(0 <= counted - size <= size // 20 + 24_576 for size, counted in sizes)
        assert "containerd" in engine.image_store or all(size == counted for size, counted in sizes[1:])
    assert [layer.size for layer in second.layers[1:]] == [0, 50_006, 0, 0, 6]
    assert [layer.hidden for layer in second.layers[2:]] == [50_006, 0, 0, 0]
    assert [layer.hidden for layer in third.layers[2:]] == [50_000, 0, 0, 0]
    assert [layer.hides for layer in second.layers[2:]] == [
        (),
        (Hides("srv/token", 50_000, 3, deleted=True),),
        (),
        (Hides("srv/page", 6, 3, deleted=False),),
    ]
    assert [layer.settings for layer in third.layers] == [
        ('CMD ["sh"]', "ENV A=1"),
        (),
        (),
        (),
        ('CMD ["httpd" "-f"]', "ENV B=2"),
        (),
    ]
    assert second.layers[0].ends == (BUSYBOX,)
    assert second.layers[1].shared == second.layers[4].shared == ("dd-demo-first:1",)
    assert second.layers[5].shared == ()
    shown = drawing.text(picture)
    assert "shared by dd-demo-second:1 and dd-demo-third:1" in shown
    assert "dd-demo-first:1 ends here" in shown
    assert "in dd-demo-third:1 only: ENV B=2" in shown
    # One with layers that nothing on the Engine has used before.
    assert len(look(engine, ["nginx:1.26"]).stacks[0].layers) == len(engine.image("nginx:1.26").layers) > 1
    with pytest.raises(Failed, match="no image called `dd-demo-none`"):
        look(engine, ["dd-demo-none"])
    in_terminal(engine, shown)
    in_notebook(engine, shown, monkeypatch)


AGES = re.compile(r"(seconds|\d+ minutes?|\d+ hours?|\d+ days?) +")


def displayed(engine: Engine, monkeypatch: pytest.MonkeyPatch, magic: str, *lines: str) -> list[dict[str, str]]:
    """What a magic displays in a notebook for each of these lines."""
    from IPython.core.interactiveshell import InteractiveShell

    from graders import magics

    shown: list[dict[str, str]] = []
    monkeypatch.setattr(magics, "display", lambda data, **_: shown.append(data))
    course = magics.CourseMagics(InteractiveShell())
    course.connection = engine._run.connection
    for line in lines:
        getattr(course, magic)(line)
    return shown


def in_notebook(engine: Engine, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`%layers` shows the picture with its text, and errors as sentences."""
    picture, nothing, missing = displayed(
        engine, monkeypatch, "layers", "dd-demo-second:1 dd-demo-third:1", "", "dd-demo-none"
    )
    assert AGES.sub("", picture["text/plain"]) == AGES.sub("", shown)
    assert "<svg" in picture["text/html"]
    assert nothing["text/plain"].startswith("Which image?\nWrite its name behind it")
    assert missing["text/plain"].startswith("There is no image called `dd-demo-none`.\n")


def drydock(engine: Engine, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in a terminal, with an Engine."""
    command = [sys.executable, "-m", "graders", *words]
    environment = os.environ | dict(engine._run.connection.environment)
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def in_terminal(engine: Engine, shown: str) -> None:
    """`drydock layers` shows the same as text, and errors as sentences."""
    done = drydock(engine, "layers", "dd-demo-second:1", "dd-demo-third:1", "dd-demo-second:1")
    assert (done.returncode, AGES.sub("", done.stdout)) == (0, AGES.sub("", f"{shown}\n"))
    missing = drydock(engine, "layers", "dd-demo-none")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr == "There is no image called `dd-demo-none`.\n`docker images` lists those that are there.\n"


@pytest.mark.engine
def test_the_picture_of_mounts_is_what_the_engine_mounts(engine, monkeypatch):
    data = engine.make_volume("dd-demo-data", {"/page": b"one"})
    writer = engine.run(
        BUSYBOX, "sleep", "600", name="dd-demo-writer", user="70:70", read_only=True,
        volumes={data.name: {"bind": "/srv/data"}}, tmpfs={"/run/keys": "ro,size=1m"},
    )  # fmt: skip
    reader = engine.run(
        BUSYBOX, "sh", "-c", "chown 7:8 /cache; chmod 750 /cache; echo >/new; rm /etc/passwd; sleep 600",
        name="dd-demo-reader", volumes={data.name: {"bind": "/data", "mode": "ro"}},
        mounts=[docker.types.Mount("/cache", None), docker.types.Mount("/etc/hostname", "/etc/hostname", "bind", read_only=True)],
    )  # fmt: skip
    assert reader.wait_until(lambda _: "D /etc/passwd" in reader.diff())
    picture = look_at_mounts(engine, [writer.name, reader.name, writer.name])
    first, second = picture.containers
    volume = places.Place("volume", data.name)
    assert [(one.path, one.place.kind, one.told) for one in first.paths] == [
        ("/", "layer", "read-only"),
        ("/run/keys", "tmpfs", "read-only"),
        ("/srv/data", "volume", "writable, 0:0 drwxr-xr-x"),
    ]
    assert (first.user, first.written, first.running) == ("70:70", (), True)
    assert [(one.path, one.place.kind, one.told) for one in second.paths] == [
        ("/", "layer", "writable"),
        ("/cache", "anonymous", "writable, 7:8 drwxr-x---"),
        ("/data", "volume", "read-only, 0:0 drwxr-xr-x"),
        ("/etc/hostname", "bind", "read-only, 0:0 -rw-r--r--"),
    ]
    assert second.written == ("D /etc/passwd", "A /new")
    assert picture.sharing(volume, second.name) == (first.name,)
    shown = mounted.text(picture)
    assert drydock(engine, "mounts", writer.name, reader.name).stdout == f"{shown}\n"
    assert drydock(engine, "mounts", "dd-demo-none").stderr.startswith("There is no container called `dd-demo-none`.")
    in_cell, missing = displayed(engine, monkeypatch, "mounts", f"{writer.name} {reader.name}", "dd-demo-none")
    assert in_cell["text/plain"] == shown
    assert "<svg" in in_cell["text/html"]
    assert missing["text/plain"].startswith("There is no container called `dd-demo-none`.")


@pytest.mark.engine
def test_the_picture_of_networks_is_what_the_engine_says(engine, monkeypatch):
    front, back = engine.make_network("dd-demo-front"), engine.make_network("dd-demo-back", internal=True)
    web = engine.create(
        BUSYBOX, "sleep", "600", name="dd-demo-web", network=front.name, ports={"80/tcp": ("127.0.0.1", 18099)},
        tmpfs={"/run": ""}, healthcheck={"test": ["CMD", "true"], "interval": 10**8},
    )  # fmt: skip
    web.start()
    web.wait_healthy()
    back.connect(web, "www")
    engine.create(BUSYBOX, "true", name="dd-demo-job", network=front.name)
    side = engine.create(BUSYBOX, "sleep", "600", name="dd-demo-side", network_mode=f"container:{web.id}")
    side.start()
    theirs = engine.create(
        BUSYBOX, "true", name="dd-demo-of-a-check", network=front.name, labels={SESSION_LABEL: current_session()}
    )
    nets = {net.name: net for net in look_at_topology(engine, [front.name, back.name]).nets}
    assert (nets[back.name].internal, nets[front.name].subnets) == (True, tuple(front.subnets))
    picture = look_at_topology(engine, [web.name, "dd-demo-job", side.name])
    job, beside, first = picture.members
    assert (job.state, job.places[0].address) == ("does not run", "")
    assert (beside.within, beside.places) == (web.name, ())
    assert (first.state, first.ports, first.mounts) == (
        "runs, healthy", (("127.0.0.1:18099", "80/tcp"),), ("/run is memory (a tmpfs)",)
    )  # fmt: skip
    assert [(place.net.name, place.aliases) for place in first.places] == [(back.name, ("www",)), (front.name, ())]
    assert theirs.name not in {member.name for member in look_at_topology(engine, [front.name]).members}
    shown = topology.text(picture)
    assert drydock(engine, "topology", web.name, "dd-demo-job", side.name).stdout == f"{shown}\n"
    assert drydock(engine, "topology", "dd-demo-none").stderr.startswith("There is no container called `dd-demo-none`.")
    in_cell, missing = displayed(engine, monkeypatch, "topology", f"{web.name} dd-demo-job {side.name}", "dd-demo-none")
    assert in_cell["text/plain"] == shown
    assert "<svg" in in_cell["text/html"]
    assert missing["text/plain"].startswith("There is no container called `dd-demo-none`.")


@pytest.mark.engine
def test_the_topology_of_an_exercise_has_its_containers_and_what_should_be(engine):
    front = engine.make_network("dd-toll-front")
    for name in ("dd-toll-web", "dd-toll-db"):
        engine.create(BUSYBOX, "true", name=name, network=front.name)
    lines = topology.text(look_at_topology(engine, ["networking/tiers"])).splitlines()
    assert "  ✗ should not meet dd-toll-db, but both are in dd-toll-front" in lines
    assert "dd-toll-api: is not there" in lines
    assert "  ✓ should have no published port: has none" in lines
    with pytest.raises(UsageError, match="no exercise called `networking/tears`"):
        look_at_topology(engine, ["networking/tears"])


@pytest.mark.engine
def test_a_container_stays_in_the_picture_when_the_one_whose_network_it_had_is_gone(engine):
    gone = engine.create(BUSYBOX, "sleep", "600", name="dd-demo-gone")
    gone.start()
    engine.create(BUSYBOX, "sleep", "600", name="dd-demo-orphan", network_mode=f"container:{gone.id}").start()
    gone.remove()
    (orphan,) = look_at_topology(engine, ["dd-demo-orphan"]).members
    assert orphan.within == gone.id[:12]


@pytest.mark.engine
def test_a_watched_topology_is_shown_again_when_it_changes_and_ends_with_ctrl_c(engine):
    watched = engine.create(BUSYBOX, "sleep", "600", name="dd-demo-watched")
    watched.start()
    command = [sys.executable, "-m", "graders", "topology", "--watch", watched.name]
    environment = os.environ | dict(engine._run.connection.environment)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as shown:
        lines = iter(shown.stdout.readline, "")
        assert next(line for line in lines if line.startswith(watched.name)).startswith("dd-demo-watched: runs")
        watched.kill()
        assert any(line.startswith("dd-demo-watched: ended with exit code 137") for line in lines)
        shown.send_signal(signal.SIGINT)
        assert (shown.wait(30), shown.stderr.read()) == (0, "")
