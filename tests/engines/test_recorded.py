"""What an Engine of API 1.52, as Engine 29 has it, leaves out of its answers is read as empty.

No package of Engine 29 is in Debian: these are answers as its documentation describes them.
"""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator

import docker
import pytest
from docker.constants import DEFAULT_DOCKER_API_VERSION

from environment.engines.client import new_client
from graders.engine import containers, images
from graders.engine.run import Run
from graders.engine.twins import body

ANSWERS = {
    "/containers/dd-web/json": {
        "Id": "ab" * 32,
        "Name": "/dd-web",
        "Image": "sha256:" + "cd" * 32,
        "RestartCount": 0,
        "Created": "2026-01-15T12:00:00.123456789Z",
        "Config": {"Hostname": "abababababab", "Image": "nginx:1.26"},
        "HostConfig": {"NetworkMode": "bridge"},
        "State": {
            "Status": "exited",
            "Running": False,
            "ExitCode": 0,
            "StartedAt": "2026-01-15T12:00:00.5Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
        },
        "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}},
    },
    f"/images/sha256:{'cd' * 32}/history": [],
    "/images/nginx:1.26/json": {"Id": "sha256:" + "cd" * 32, "RootFS": {"Type": "layers"}, "Config": {}},
}
ANSWERS[f"/containers/{'ab' * 32}/json"] = ANSWERS["/containers/dd-web/json"]
"""No entry point, user, variables, labels, mounts or ports, and no address at the top of NetworkSettings."""


class Recorded(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = ANSWERS.get(re.sub(r"^/v[\d.]+", "", self.path))
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"message": "no such object"} if found is None else found).encode())

    def log_message(self, *_: object) -> None:
        pass


class Connection:
    kind = "found"

    def __init__(self, client: docker.DockerClient) -> None:
        self.client = client


@pytest.fixture
def run() -> Iterator[Run]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorded) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = new_client(f"tcp://127.0.0.1:{server.server_address[1]}", "1.52", seconds=5)
        yield Run(Connection(client), "a/b", "")
        client.close()
        server.shutdown()


def test_the_clients_speak_a_version_that_it_still_takes():
    assert tuple(map(int, DEFAULT_DOCKER_API_VERSION.split("."))) >= (1, 44)


def test_a_container_is_read_though_all_that_is_empty_is_left_out(run):
    found = containers.find(run, "dd-web")
    assert (found.env, found.published(80), found.published_ports, found.health, found.probes) == (
        {},
        [],
        [],
        "none",
        [],
    )
    assert (found.config["Entrypoint"], found.config["User"], found.host_config["Memory"]) == (None, None, None)
    assert found.finished == 0
    assert found.made_from("nginx:1.26")
    assert body(found.attributes, "nginx:1.26", (), {}, {})["HostConfig"]["PortBindings"] == {}


def test_an_image_is_read_though_all_that_is_empty_is_left_out(run):
    found = images.find(run, "nginx:1.26")
    assert (found.env, found.labels, found.layers, found.tags, found.size) == ({}, {}, [], [], 0)
    assert (found.config["Cmd"], found.config["Healthcheck"]) == (None, None)
