"""Words for containers that are easily wrong: twins, limits of time and of output, and what prepare made."""

from __future__ import annotations

import contextlib
import json
import time
from functools import partial

import pytest
from docker.types import Mount

from environment.engines.found import FoundEngine
from environment.engines.session import current_session
from graders.engine import Engine, twins
from graders.engine.containers import EXEC_SECONDS, Container
from graders.engine.scene import SCENE_LABEL
from graders.errors import DrydockError, Failed

pytestmark = pytest.mark.engine

MADE = {
    "Id": "0123456789abcdef",
    "Config": {"Hostname": "0123456789ab", "Image": "a:1", "Labels": {"mine": "1"}, "Entrypoint": None, "Cmd": ["a"]},
    "HostConfig": {
        "NetworkMode": "default",
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "80"}]},
        "AutoRemove": True,
        "RestartPolicy": {"Name": "always"},
        "Binds": ["/a:/a"],
        "Init": True,
        "Memory": 5,
    },
    "Mounts": [{"Type": "bind", "Source": "/a", "Destination": "/a", "RW": True, "Propagation": "rprivate"}],
    "NetworkSettings": {"Networks": {"bridge": {}, "more": {}}},
}


@pytest.fixture(scope="module")
def engine():
    with Engine(FoundEngine.find(), "notebooks", session=current_session()) as engine:
        yield engine


def test_a_twin_has_all_but_names_ports_and_what_follows_its_end():
    body = twins.body(MADE, "sha256:1", (), {"Memory": 7}, {"ours": "2"})
    host = body["HostConfig"]
    assert "Hostname" not in body
    assert body["Image"] == "sha256:1"
    assert (body["Entrypoint"], body["Cmd"], body["Labels"]) == ([], ["a"], {"mine": "1", "ours": "2"})
    assert (host["PortBindings"], host["AutoRemove"], host["RestartPolicy"]) == ({}, False, {"Name": "no"})
    shared = {"Type": "bind", "Source": "/a", "Target": "/a", "ReadOnly": False}
    assert (host["Binds"], host["Mounts"]) == (None, [shared | {"BindOptions": {"Propagation": "rprivate"}}])
    assert (host["Init"], host["Memory"]) == (True, 7)
    assert twins.more_networks(MADE) == ["more"]


@pytest.mark.parametrize(
    ("published", "url"),
    [
        ([("127.0.0.1", 8080)], "http://127.0.0.1:8080/"),
        ([("0.0.0.0", 8080), ("::", 8080)], "http://127.0.0.1:8080/"),
        ([("::1", 8080)], "http://[::1]:8080/"),
        ([("::", 8080)], "http://[::1]:8080/"),
    ],
)
def test_an_ipv6_address_is_put_into_brackets(monkeypatch, published, url):
    monkeypatch.setattr(Container, "running", lambda self: self)
    monkeypatch.setattr(Container, "published", lambda _self, _port: published)
    assert Container(None, None).url() == url


def test_a_twin_that_shares_a_network_names_no_host():
    joined = MADE | {"HostConfig": MADE["HostConfig"] | {"NetworkMode": "container:x"}}
    joined["Config"] = MADE["Config"] | {"Hostname": "other", "ExposedPorts": {"80/tcp": {}}}
    body = twins.body(joined, "sha256:1", ("sleep", "1"), {}, {})
    assert "Hostname" not in body
    assert "ExposedPorts" not in body
    assert (body["Entrypoint"], body["Cmd"]) == ([], ["sleep", "1"])


def test_a_twin_has_what_its_first_was_given_and_what_was_written_into_it(engine):
    options = {
        "environment": {"SEEN": "yes"},
        "working_dir": "/srv",
        "mounts": [Mount("/data", None), Mount("/scratch", None, type="tmpfs")],
        "mem_limit": "64m",
        "hostname": "harbour",
        "init": True,
        "stdin_open": True,
        "restart_policy": {"Name": "always"},
    }
    first = engine.run("busybox:1.37", "cat", publish=[80], **options)
    first.exec("sh", "-c", "echo layer > /written; echo volume > /data/written")
    started = first.started
    twin = first.twin()
    look = "cat /written /data/written; pwd; hostname; echo $SEEN; grep -c scratch /proc/mounts; cat /proc/1/comm"
    assert twin.exec("sh", "-c", look).stdout.split() == (
        ["layer", "volume", "/srv", "harbour", "yes", "1", first.exec("cat", "/proc/1/comm").stdout.strip()]
    )
    assert twin.host_config["Memory"] == 64 << 20
    assert not twin.published_ports
    assert not twin.ends_within(0)
    assert first.started == started
    other = first.twin("sleep", "600")
    assert "sleep 600" in other.exec("ps").stdout
    # The volume goes with the one that it was made for, if nobody else has it then.
    for container in (other, twin, first):
        container.remove()


def test_nothing_that_is_run_in_a_container_is_without_an_end(engine):
    container = engine.run("busybox:1.37", "sleep", "600")
    started = time.monotonic()
    done = container.exec("sh", "-c", "echo begun; sleep 300", timeout=1)
    assert (done.exit_code, done.stdout) == (124, "begun\n")
    assert "(stopped after" in done.stderr
    with pytest.raises(Failed, match="had not ended after"):
        container.exec("sh", "-c", "sleep 301")
    assert time.monotonic() - started < EXEC_SECONDS * engine.patience + 15
    with pytest.raises(Failed, match="prints without end"):
        container.exec("yes")
    assert "yes" not in container.exec("ps").stdout.split()
    container.remove()


def test_what_is_removed_or_ends_while_it_is_looked_at_fails_with_a_sentence(engine):
    ended = engine.run("busybox:1.37", "true")
    ended.wait_exit()
    with pytest.raises(Failed, match="is not running: it exited with code 0"):
        ended.exec("true")
    ended.remove()
    looks = [
        lambda: ended.state,
        ended.logs,
        ended.diff,
        ended.start,
        ended.stop,
        ended.kill,
        partial(ended.exec, "id"),
    ]
    for look in [*looks, partial(ended.wait_log, "word"), partial(ended.wait_until, lambda _: False, 1)]:
        with pytest.raises(Failed, match="was removed while it was looked at"):
            look()


def test_a_file_that_gets_shorter_while_it_is_read_is_read_again(engine):
    script = "head -c 9000000 /dev/zero >/long; while :; do cp /long /seen; : >/seen; done"
    container = engine.run("busybox:1.37", "sh", "-c", script)
    assert container.wait_until(lambda _: container.entry("/seen") is not None, 20)
    sizes = set()
    for _ in range(30):
        with contextlib.suppress(Failed):  # it may change with each look, and that is said
            sizes.add(len(container.read("/seen") or b""))
    assert sizes
    container.remove()


def test_a_log_without_end_is_listened_to_for_a_while(engine):
    container = engine.run("busybox:1.37", "sh", "-c", "echo ready; yes")
    assert container.wait_log("ready")
    assert not container.wait_log("never", timeout=1)
    container.remove()


@pytest.mark.parametrize("says", ["word", "else"])
def test_what_a_twin_prints_is_known_though_it_ends_at_once(engine, says):
    container = engine.run("busybox:1.37", "echo", says)
    assert container.twin_prints("word") == (says == "word")
    container.remove()


def test_a_twin_whose_first_word_got_lost_is_asked_again(engine):
    volume = engine.make_volume("ddtest-second", {})
    script = "[ -e /kept/once ] && echo word; : >/kept/once"
    container = engine.create("busybox:1.37", "sh", "-c", script, name="ddtest-twice", volumes=[f"{volume.name}:/kept"])
    assert container.twin_prints("word")
    container.remove()


@pytest.mark.parametrize("seconds", [1, 6])
def test_a_silent_server_is_asked_for_as_long_as_was_said(engine, seconds):
    server = engine.run("busybox:1.37", "sh", "-c", "while nc -l -p 80 -w 60; do :; done")
    started = time.monotonic()
    asked = server.request_inside(seconds=seconds)
    assert asked.exit_code == 1
    assert len(asked.evidence) == 2
    assert time.monotonic() - started < 2 * (2 * seconds * engine.patience + 12)
    server.remove()


def test_a_frozen_container_holds_its_port_and_answers_nothing(engine):
    server = engine.run("busybox:1.37", "httpd", "-f", "-h", "/etc", init=True)
    assert server.request_inside("/hostname").exit_code == 0
    server.freeze()
    assert server.exec("wget", "-q", "-T", "1", "-O", "-", "http://127.0.0.1/hostname").exit_code
    assert ":80 " in server.exec("netstat", "-ltn").stdout
    server.remove()


def test_what_prints_nothing_and_writes_can_be_run_once(throwaway):
    with Engine(throwaway, "notebooks", session=current_session()) as engine:
        options = {"mounts": [Mount("/v", "counted")]}
        engine.once("busybox:1.37", "sh", "-c", "echo run >>/v/runs", again=False, **options)
        assert engine.once("busybox:1.37", "cat", "/v/runs", **options).stdout == "run\n"


def test_what_prepare_made_is_known_in_another_process_and_not_by_its_name_or_labels(throwaway):
    with Engine(throwaway, "images/exec-or-run", session="") as engine:
        engine.run("busybox:1.37", "sleep", "600", name="dd-live")
        nameless = engine.make_image("busybox:1.37", changes=['CMD ["sh"]', "LABEL a=b"])
    client = throwaway.client
    with Engine(throwaway, "images/exec-or-run", session=current_session()) as engine:
        live = engine.scene("dd-live")
        assert engine.made_nameless() == [nameless.id]
        labels = live.config["Labels"]
        client.containers.get("dd-live").rename("old")
        client.containers.run("busybox:1.37", ["sleep", "600"], name="dd-live", labels=labels, detach=True)
        with pytest.raises(Failed, match="another container than the one of this exercise, which is called `old` now"):
            engine.scene("dd-live")
        client.containers.get("old").remove(force=True)
        with pytest.raises(Failed, match="which is gone"):
            engine.scene("dd-live")
        (kept,) = [v for v in client.volumes.list() if SCENE_LABEL in (v.attrs["Labels"] or {})]
        assert json.loads(kept.attrs["Labels"][SCENE_LABEL])["ids"] == {"dd-live": live.id}
        kept.remove()
        with pytest.raises(DrydockError, match="%reset"):
            engine.scene("dd-live")


def test_a_log_is_shown_with_what_is_printed_a_moment_later_where_it_is_still_empty(engine):
    container = engine.run("busybox:1.37", "sh", "-c", "sleep 0.3; echo late; exec sleep 600")
    assert container.log_evidence()[1:] == ["late"]
    container.remove()
