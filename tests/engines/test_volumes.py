"""Words for volumes and mounts: what is in them, who uses them, and that looking changes nothing."""

from __future__ import annotations

import itertools

import pytest
from docker.types import Mount as DockerMount

from environment.engines.session import current_session
from graders.engine import Engine, mounts, volumes
from graders.engine.cleaning import remove_exercise
from graders.engine.mounts import Mount
from graders.engine.owned import Owned
from graders.errors import DrydockError, Failed
from graders.exercise import exercises
from graders.reset import clean

# One after another: they are about one volume, on one Engine.
pytestmark = pytest.mark.xdist_group("ddtest-volume")

BUSYBOX = "busybox:1.37"
ANONYMOUS = "0" * 64


def test_the_innermost_mount_is_what_lies_under_a_path():
    found = mounts.mounts(
        {
            "Mounts": [
                {"Type": "volume", "Name": "data", "Source": "/somewhere", "Destination": "/srv/", "RW": True},
                {"Type": "bind", "Source": "/home/me/page", "Destination": "/srv/page", "RW": False},
            ],
            "HostConfig": {"Tmpfs": {"/run/keys": "ro,size=1m"}},
        }
    )
    assert found == [
        Mount("tmpfs", "", "/run/keys", False),
        Mount("volume", "data", "/srv", True),
        Mount("bind", "/home/me/page", "/srv/page", False),
    ]
    assert mounts.covering(found, "/srv/page/index.html") == found[2]
    assert mounts.covering(found, "/srv/pages") == found[1]
    assert mounts.covering(found, "/run") is None


def test_a_volume_without_a_name_of_its_own_is_anonymous():
    assert Mount("volume", ANONYMOUS, "/data", True).is_anonymous
    assert not Mount("volume", "data", "/data", True).is_anonymous
    assert not Mount("bind", ANONYMOUS, "/data", True).is_anonymous
    assert [Mount("volume", "data", "/a", True).told, Mount("bind", "/b", "/b", True).told] == [
        "the volume `data`",
        "the host's `/b`",
    ]


@pytest.fixture
def engine(found):
    with Engine(found, "notebooks", session=current_session()) as engine:
        yield engine


@pytest.fixture
def volume(engine):
    return engine.make_volume("ddtest-volume", {"/page.txt": b"one\n", "/sub/more.txt": b"two\n"})


def shell(engine, script, *, volume):
    return engine.once(BUSYBOX, "sh", "-c", script, again=False, volumes={volume: {"bind": "/data"}})


@pytest.mark.engine
def test_contents_modes_and_owners_are_known(engine, volume):
    shell(engine, "cd /data; chmod 640 page.txt; chown 70:71 page.txt; ln -s page.txt link; ln page.txt twice",
          volume=volume.name)  # fmt: skip
    found = volume.files()
    assert sorted(found) == ["/", "/link", "/page.txt", "/sub", "/sub/more.txt", "/twice"]
    page = found["/page.txt"]
    assert (page.kind, page.mode, page.user, page.group) == ("file", 0o640, 70, 71)
    assert (found["/link"].kind, found["/link"].content) == ("link", "page.txt")
    assert found["/twice"].content == page.content != found["/sub/more.txt"].content
    assert volume.text("/sub/more.txt") == "two\n"
    assert volume.text("/absent") is None
    assert volume.listing_evidence("sub")[-1].endswith("more.txt")


@pytest.mark.engine
@pytest.mark.parametrize(
    "change", ["chmod 600 page.txt", "chown 7 page.txt", "echo three >page.txt", "mkdir new", "rm page.txt"]
)
def test_the_digest_changes_with_whatever_changes_in_it(engine, volume, change):
    before = volume.digest
    assert volume.digest == before
    shell(engine, f"cd /data; {change}", volume=volume.name)
    assert volume.digest != before


@pytest.mark.engine
def test_what_lies_in_a_volume_is_searched_packed_or_not(engine, volume):
    packed = """
        mkdir /packed /data/packed; echo entry-7 >/packed/entry-2; cd /packed
        tar -cf /data/packed/plain entry-2; echo entry-8 | gzip >/data/packed/one
        echo entry-9 >/packed/entry-3; tar -czf /data/packed/two entry-3
        tar -cf - -C /data/packed two | bzip2 >/data/sub/three
        rm /data/packed/two
    """
    shell(engine, packed, volume=volume.name)
    assert volume.greatest("packed", "entry-[0-9]", "/entry-[0-9]", "absent") == ["entry-8", "/entry-2", ""]
    assert volume.greatest("sub", "entry-[0-9]", "^t.*o$") == ["entry-9", "two"]
    assert volume.greatest("absent", "entry") == [""]


@pytest.mark.engine
def test_what_a_volume_holds_is_compared_with_what_was_put_into_it(engine, volume):
    contents = {"page.txt": b"one\n", "sub/more.txt": b"two\n"}
    assert volume.holds(contents)
    assert not volume.holds(contents | {"page.txt": b"two\n"})
    assert not volume.holds({"page.txt": b"one\n"})
    assert not volume.holds(contents | {"absent.txt": b""})
    shell(engine, "chmod 600 /data/page.txt", volume=volume.name)
    assert not volume.holds(contents)


@pytest.mark.engine
def test_volumes_without_a_name_are_remembered_and_go_with_a_reset(engine):
    loose = engine.make_volume("ddtest-loose", {"page.txt": b"one\n"}, anonymous=True)
    engine.create(BUSYBOX, "true", name="ddtest-box", mounts=engine.nameless("/spool", "/cache"))
    held = [engine.made("ddtest-box:/spool"), engine.made("ddtest-box:/cache")]
    assert loose.is_anonymous
    assert loose.name == engine.made("ddtest-loose") == engine.scene_volume(engine.made("ddtest-loose")).name
    assert {m.source for m in engine.container("ddtest-box").mounts} == set(held)
    assert engine.volume(held[0]).is_anonymous
    assert engine.volume(held[0]).labels["org.drydock.exercise"] == "notebooks"
    assert volumes.ANONYMOUS_LABEL in engine.volume(held[0]).labels
    engine.docker("rm", "ddtest-box")
    assert all(map(engine.has_volume, [loose.name, *held]))
    engine.close()
    assert not any(map(engine.has_volume, [loose.name, *held]))


@pytest.mark.engine
def test_a_volume_without_a_name_goes_with_its_container_where_that_is_asked_for(engine):
    engine.create(BUSYBOX, "true", name="ddtest-box", mounts=engine.nameless("/spool"))
    engine.docker("rm", "--volumes", "ddtest-box")
    assert not engine.has_volume(engine.made("ddtest-box:/spool"))


@pytest.mark.engine
def test_it_is_known_when_an_answer_removed_what_says_what_was_made(found):
    with Engine(found, "notebooks", session="") as outside:
        outside.make_volume("ddtest-volume")
        assert not outside.forgot()
    with Engine(found, "notebooks", session=current_session()) as engine:
        assert not engine.forgot()
        engine.docker("volume", "rm", "ddtest-volume", "drydock-scene-notebooks")
        assert engine.forgot() == "drydock-scene-notebooks"


@pytest.mark.engine
def test_a_volume_is_made_with_the_options_of_its_driver(engine):
    engine.make_volume("ddtest-memory", options={"type": "tmpfs", "device": "tmpfs", "o": "size=64k"})
    assert shell(engine, "stat -f -c %T /data", volume="ddtest-memory").stdout == "tmpfs\n"


@pytest.mark.engine
def test_looking_leaves_an_empty_volume_empty(engine):
    empty = engine.make_volume("ddtest-empty")
    assert list(empty.files()) == ["/"]
    assert list(empty.files()) == ["/"]
    assert empty.users == []


@pytest.mark.engine
def test_a_link_out_of_a_volume_is_not_followed(engine, volume):
    shell(engine, "ln -s /etc/passwd /data/out; ln -s / /data/root", volume=volume.name)
    found = volume.files()
    assert found["/out"].content == "/etc/passwd"
    assert volume.text("/out") is None
    assert not [path for path in found if path.startswith("/root/")]


@pytest.mark.engine
def test_a_volume_with_too_many_files_fails_with_a_sentence(engine, volume, monkeypatch):
    monkeypatch.setattr(volumes, "ENTRY_LIMIT", 50)
    shell(engine, "cd /data; for i in $(seq 100); do : >$i; done", volume=volume.name)
    with pytest.raises(Failed, match="holds more than can be looked at"):
        volume.files()
    monkeypatch.setattr(volumes, "ENTRY_LIMIT", 1000)
    monkeypatch.setattr(volumes, "SIZE_LIMIT", 1 << 20)
    shell(engine, "truncate -s 2000000 /data/big", volume=volume.name)
    with pytest.raises(Failed, match="1 MB"):
        volume.files()


@pytest.mark.engine
def test_a_file_that_grows_while_it_is_read_is_read_to_where_it_was(engine, volume):
    writer = engine.run(
        BUSYBOX, "sh", "-c", "while :; do echo more; done >/data/log", volumes={volume.name: {"bind": "/data"}}
    )
    assert engine.wait_until(lambda: "/log" in volume.files(), 10)
    for _ in range(5):
        assert "/log" in volume.files()
    assert [user.id for user in volume.users] == [writer.id]
    assert volume.users_evidence()[0].startswith("$ docker ps --all --filter volume=ddtest-volume")


@pytest.mark.engine
def test_users_are_those_of_this_volume_and_not_of_one_whose_name_begins_so(engine, volume):
    other = engine.make_volume("ddtest-volume-2")
    engine.run(BUSYBOX, "sleep", "60", volumes={other.name: {"bind": "/data"}})
    assert volume.users == []


@pytest.mark.engine
def test_a_container_made_anew_has_what_lies_outside_of_the_first_and_nothing_else(engine, volume):
    first = engine.run(
        BUSYBOX, "sleep", "60",
        mounts=[DockerMount("/data", volume.name), DockerMount("/nameless", None)],
        tmpfs={"/memory": "size=1m"},
    )  # fmt: skip
    first.exec("sh", "-c", "for i in / /data /nameless /memory; do echo here >$i/written; done")
    anew = first.made_anew()
    kinds = {mount.target: mount.kind for mount in anew.mounts}
    assert kinds == {"/data": "volume", "/nameless": "volume", "/memory": "tmpfs"}
    assert anew.text("/data/written") == "here\n"
    assert anew.text("/nameless/written") is None
    assert anew.text("/written") is None
    assert anew.exec("cat", "/memory/written").exit_code == 1
    assert first.mount("/nameless/written").is_anonymous
    assert "at /data, writable: true" in "\n".join(first.mount_evidence())


@pytest.mark.engine
def test_a_container_made_anew_from_a_newer_image_has_its_files_and_a_part_of_a_volume_again(engine, volume):
    part = DockerMount("/data", volume.name) | {"VolumeOptions": {"Subpath": "sub"}}
    first = engine.run(BUSYBOX, "sleep", "60", mounts=[part])
    anew = first.made_anew(image=engine.make_image(BUSYBOX, "echo newer >/page", changes=["CMD sh"]))
    assert anew.text("/page") == "newer\n"
    assert anew.exec("ls", "/data").stdout == "more.txt\n"


@pytest.mark.engine
def test_a_volume_made_again_under_the_old_name_is_known(engine, volume):
    assert engine.scene_volume(volume.name).name == volume.name
    engine.wait_until(lambda: False, 1.1)  # the Engine writes down when it was made to the second
    volume.remove()
    engine.docker("volume", "create", "--label", "org.drydock.exercise=notebooks", volume.name)
    with pytest.raises(Failed, match="another volume"):
        engine.scene_volume(volume.name)
    engine.volume(volume.name).remove()  # it has no label of this run


@pytest.mark.engine
def test_a_volume_of_an_exercise_that_a_learners_container_uses_stays_with_a_sentence(engine, volume):
    user = engine.run(BUSYBOX, "sleep", "60", name="ddtest-mine", volumes={volume.name: {"bind": "/data"}})
    with pytest.raises(DrydockError, match="the container `ddtest-mine` uses it"):
        remove_exercise(engine._run.client, "ddtest/none", Owned(volumes=(volume.name,)))
    assert user.running().text("/data/page.txt") == "one\n"


@pytest.mark.engine
def test_nothing_of_a_learners_goes_that_is_called_nearly_as_an_exercise_calls_its_things(
    throwaway, monkeypatch, tmp_path
):
    owns = [exercise.owns for exercise in exercises()]
    nearly = itertools.cycle(["{}-old", "my-{}", "{}2"])
    names = {name for owned in owns for name in (*owned.volumes, *owned.containers, *owned.networks)}
    decoys = {pattern.format(name) for pattern, name in zip(nearly, sorted(names), strict=False)} - names
    networks = {f"my-{name}" for owned in owns for name in owned.networks}
    client = throwaway.client
    with Engine(throwaway, "notebooks", session="") as engine:
        mounted = [*(f"{name}:/data/{name}" for name in decoys), "/more"]
        client.containers.create(BUSYBOX, name="mine", volumes=mounted)
        client.containers.run(BUSYBOX, ["sh", "-c", "echo all >/more/of-it"], volumes_from=["mine"], remove=True)
        for name in decoys:
            client.containers.create(BUSYBOX, name=name)
        for name in networks:
            client.networks.create(name)
        volumes = {volume.name for volume in engine.volumes()}
        assert len(volumes) == len(decoys) + 1
        # An anonymous volume that two containers have stays with the one that is the learner's.
        name = next(name for owned in owns for name in owned.containers)
        client.containers.create(BUSYBOX, name=name, volumes_from=["mine"])
        monkeypatch.setenv("DRYDOCK_STATE", str(tmp_path))  # other tests may need what is in ours
        clean(throwaway)
        assert not engine.has_container(name)
        assert {volume.name for volume in engine.volumes()} == volumes
        assert {*decoys, "mine"} == {container.name for container in engine.containers()}
        assert networks <= {network.name for network in client.networks.list()}
        assert engine.container("mine").mount("/more").is_anonymous
        assert engine.volume(engine.container("mine").mount("/more").source).text("/of-it") == "all\n"


@pytest.mark.engine
def test_a_copy_has_all_that_is_in_a_volume_at_one_moment(engine, volume):
    shell(engine, "cd /data; chmod 640 page.txt; chown 70:71 page.txt; ln -s page.txt link", volume=volume.name)
    assert volume.copied().digest == volume.digest
    writer = engine.run(
        BUSYBOX, "sh", "-c", "while :; do echo >>/data/a; echo >>/data/z; done",
        volumes={volume.name: {"bind": "/data"}},
    )  # fmt: skip
    for _ in range(3):
        copy = volume.copied()
        assert len(copy.text("/a") or "") - len(copy.text("/z") or "") in {0, 1}
    assert writer.running().started
    with writer.paused(), writer.paused():
        assert writer.state["Paused"]
    assert not writer.state["Paused"]


@pytest.mark.engine
def test_a_volume_that_holds_too_much_is_not_copied(engine, volume, monkeypatch):
    monkeypatch.setattr(volumes, "SIZE_LIMIT", 1 << 20)
    shell(engine, "dd if=/dev/zero of=/data/big bs=1000 count=3000", volume=volume.name)
    with pytest.raises(Failed, match="cannot be copied"):
        volume.copied()


@pytest.mark.engine
def test_a_container_made_anew_has_a_copy_where_it_shall(engine, volume):
    first = engine.run(BUSYBOX, "sleep", "60", volumes={volume.name: {"bind": "/data"}})
    anew = first.made_anew(instead={volume.name: volume.copied().name})
    anew.exec("sh", "-c", "echo more >/data/page.txt")
    assert (anew.text("/data/page.txt"), first.text("/data/page.txt")) == ("more\n", "one\n")


@pytest.mark.engine
@pytest.mark.parametrize(("option", "filled"), [("", True), (":nocopy", False)])
def test_a_container_made_anew_has_a_new_volume_where_it_shall_and_fills_it_as_the_first_did(
    engine, volume, option, filled
):
    image = engine.make_image(BUSYBOX, "mkdir -m 770 /data; echo shipped >/data/page.txt", changes=["CMD sh"])
    engine.docker("run", "-d", "--name", "ddtest-first", "-v", f"{volume.name}:/data{option}", image.id, "sleep", "60")
    first = engine.container("ddtest-first")
    try:
        anew = first.made_anew(instead={volume.name: ""})
        assert anew.mount("/data").is_anonymous
        assert anew.text("/data/page.txt") == ("shipped\n" if filled else None)
        assert first.text("/data/page.txt") == "one\n"
    finally:
        first.remove()
    named = anew.mount("/data").source
    anew.remove()
    assert not engine.has_volume(named)
