"""The course's images: their contracts, and the ways to have them."""

from __future__ import annotations

import io
import json
import shutil
import socket
import tarfile
import urllib.request
import uuid
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import docker
import docker.errors
import pytest
from conftest import execute

from environment.images import (
    CourseImage,
    ImageUnavailableError,
    RegistryUnavailableError,
    build,
    catalogue,
    ensure,
    is_outdated,
    load,
    pull,
    save,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.containers import Container

    Run = Callable[..., Container]

IMAGES = {image.name: image for image in catalogue()}
RECIPES = Path(__file__).parents[2] / "environment" / "images"
SESSION = f"images-{uuid.uuid4().hex[:8]}"
LABELS = {"org.drydock.session": SESSION}


@pytest.fixture(scope="module")
def engine_client() -> Iterator[DockerClient]:
    """The machine's Engine with the course's images; what the tests leave on it is removed."""
    client = docker.from_env()
    ensure(client, {}, IMAGES)
    yield client
    for container in client.containers.list(all=True, filters={"label": f"org.drydock.session={SESSION}"}):
        container.remove(force=True, v=True)
    for network in client.networks.list(filters={"label": f"org.drydock.session={SESSION}"}):
        network.remove()
    for volume in client.volumes.list(filters={"label": f"org.drydock.session={SESSION}"}):
        volume.remove()
    client.close()


@pytest.fixture
def run(engine_client: DockerClient, name: str) -> Iterator[Run]:
    """Start a container that is removed after the test, before its images are; `files` are put into it first."""
    containers = []

    def start(image: str, *command: str, files: dict[str, bytes] | None = None, **options: Any) -> Container:
        container = engine_client.containers.create(image, list(command) or None, labels=LABELS, **options)
        containers.append(container)
        if files:
            container.put_archive("/", packed(files))
        container.start()
        return container

    yield start
    for container in containers:
        container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def network(engine_client: DockerClient) -> str:
    return str(engine_client.networks.create(SESSION, labels=LABELS).name)


@pytest.fixture
def name(engine_client: DockerClient) -> Iterator[str]:
    """A name for images of this test alone; images under it are removed after."""
    own = f"drydock-test-{uuid.uuid4().hex[:8]}"
    yield own
    for image in engine_client.api.images():
        for reference in [*(image["RepoTags"] or ()), *(image["RepoDigests"] or ())]:
            if own in reference:
                # A digest goes with the last tag of its repository.
                with suppress(docker.errors.ImageNotFound):
                    engine_client.images.remove(reference)


@pytest.fixture
def registry(run: Run) -> str:
    """A registry on this machine: the address of its API."""
    container = run("registry:2", ports={"5000/tcp": ("127.0.0.1", None)})
    wait_for_log(container, "listening on")
    return f"127.0.0.1:{port_of(container, '5000/tcp')}"


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def wait_for_log(container: Container, text: str, times: int = 1) -> str:
    """Read the log as it comes until `text` was said; fails with the log when the container ends before."""
    log = ""
    for chunk in cast("Iterator[bytes]", container.logs(stream=True, follow=True)):
        log += chunk.decode(errors="replace")
        if log.count(text) >= times:
            return log
    pytest.fail(f"The container ended without saying {text!r}:\n{log}")


def output(container: Container) -> str:
    """What a container printed, when it has ended well; started again if it printed nothing, as Engine.once does."""
    code = container.wait()["StatusCode"]
    if not container.logs():
        container.start()
        code = container.wait()["StatusCode"]
    log = str(container.logs().decode())
    assert code == 0, log
    return log


def inside(container: Container, *command: str) -> str:
    code, said = execute(container, *command)
    assert code == 0, said
    return said


def port_of(container: Container, port: str) -> str:
    container.reload()
    return str((container.ports[port] or [])[0]["HostPort"])


def page(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}") as answer:
        return str(answer.read().decode())


def exit_code_after_stop(container: Container) -> int:
    container.stop(timeout=60)
    container.reload()
    return int(container.attrs["State"]["ExitCode"])


def layers(client: DockerClient, image: str) -> list[str]:
    return list(client.images.get(image).attrs["RootFS"]["Layers"])


def a_recipe(folder: Path, text: str = "FROM busybox:1.37\nCOPY greeting /\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(text)
    (folder / "greeting").write_text("hello\n")
    return folder


# The catalogue


def test_every_image_has_a_usual_name_a_recipe_and_a_digest() -> None:
    assert len(IMAGES) == len(catalogue()) >= 8
    for image in catalogue():
        assert f"{image.repository}:{image.tag}" == image.name
        assert any((image.folder / file).is_file() for file in ("Dockerfile", "rootfs.sh")), image.name
        algorithm, _, digits = image.digest.partition(":")
        assert algorithm == "sha256"
        assert len(bytes.fromhex(digits)) == 32
        assert image.summary


def test_a_base_comes_before_what_is_built_on_it() -> None:
    seen = [""]
    for image in catalogue():
        assert image.base in seen
        if image.base:
            assert f"FROM {image.base}" in (image.folder / "Dockerfile").read_text()
        seen.append(image.name)


def test_no_recipe_names_a_package_archive() -> None:
    for file in RECIPES.rglob("*"):
        if file.is_file() and file.suffix != ".pyc":
            assert "http://" not in file.read_text(), file
            assert "https://" not in file.read_text(), file


def test_a_recipe_is_another_when_a_file_or_its_base_is(tmp_path: Path) -> None:
    folder = a_recipe(tmp_path)
    image = CourseImage("a:1", "", folder)
    first = image.recipe
    assert CourseImage("a:1", "", folder).recipe == first
    assert CourseImage("a:1", "", folder, base="debian:trixie-slim").recipe != first
    (folder / "greeting").write_text("goodbye\n")
    assert image.recipe != first


# What the course relies on, in official images and stand-ins alike


CONFIGURATION: dict[str, dict[str, Any]] = {
    "debian:trixie-slim": {"Cmd": ["bash"]},
    "busybox:1.37": {"Cmd": ["sh"]},
    "python:3.13-slim": {"Cmd": ["python3"]},
    "nginx:1.26": {
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Cmd": ["nginx", "-g", "daemon off;"],
        "ExposedPorts": {"80/tcp": {}},
        "StopSignal": "SIGQUIT",
    },
    "redis:8.0": {
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["redis-server"],
        "ExposedPorts": {"6379/tcp": {}},
        "Volumes": {"/data": {}},
        "WorkingDir": "/data",
    },
    "postgres:17": {
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["postgres"],
        "ExposedPorts": {"5432/tcp": {}},
        "Volumes": {"/var/lib/postgresql/data": {}},
        "StopSignal": "SIGINT",
    },
    "registry:2": {
        "Entrypoint": ["/entrypoint.sh"],
        "Cmd": ["/etc/docker/registry/config.yml"],
        "ExposedPorts": {"5000/tcp": {}},
        "Volumes": {"/var/lib/registry": {}},
    },
    "gcc:14": {"Cmd": ["bash"]},
    "golang:1.24": {"Cmd": ["bash"], "WorkingDir": "/go"},
}


@pytest.mark.engine
@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_configured_as_documented(engine_client: DockerClient, image: str) -> None:
    seen = engine_client.images.get(image).attrs["Config"]
    for key in ("Entrypoint", "Cmd", "ExposedPorts", "Volumes", "StopSignal"):
        assert (seen.get(key) or None) == CONFIGURATION[image].get(key), key
    assert (seen["WorkingDir"] or "/") == CONFIGURATION[image].get("WorkingDir", "/")
    assert not seen["User"]


@pytest.mark.engine
def test_a_stand_in_says_so_and_shares_the_base_layer(engine_client: DockerClient) -> None:
    for image in catalogue():
        if state(engine_client, image) != "stand-in":
            continue
        labels = engine_client.images.get(image.name).labels
        assert labels["org.drydock.image"] == image.name
        assert labels["org.drydock.recipe"] == image.recipe
        if image.base and image.name != "busybox:1.37":
            assert layers(engine_client, image.name)[0] == layers(engine_client, image.base)[0]


@pytest.mark.engine
def test_debian_is_trixie_with_a_shell_and_apt(run: Run) -> None:
    said = output(
        run("debian:trixie-slim", "bash", "-c", ". /etc/os-release; echo $VERSION_CODENAME; apt-get --version")
    )
    assert said.startswith("trixie\napt ")


@pytest.mark.engine
def test_debian_comes_without_manuals_and_package_lists(run: Run) -> None:
    assert not output(
        run("debian:trixie-slim", "find", "/usr/share/man", "/var/lib/apt/lists", "-type", "f", "-size", "+0")
    )


@pytest.mark.engine
def test_busybox_has_its_tools_in_bin_and_users(run: Run) -> None:
    script = (
        "for tool in ash awk httpd ip nc nslookup timeout wget; do [ -x /bin/$tool ] || echo $tool is missing; done"
    )
    assert output(run("busybox:1.37", "sh", "-c", script)) == ""
    assert output(run("busybox:1.37", "env", "true")) == ""
    assert output(run("busybox:1.37", "id", user="nobody")).startswith("uid=65534(nobody) gid=65534(nobody)")


# What the official image has (busybox's own list of commands) and a Dockerfile of this course would use.
COMMANDS = {
    "busybox:1.37": "[ addgroup adduser ash awk base64 basename bunzip2 cat chgrp chmod chown chpasswd chroot clear cmp cp "
    "cpio crond cut date dd delgroup deluser df diff dirname dos2unix du echo ed egrep env expr false find free getopt "
    "getty grep groups gunzip gzip head hexdump hostname httpd id ifconfig install ip kill killall less ln login ls md5sum "
    "mkdir mkfifo mknod mkpasswd mktemp more mount mountpoint mv nc netstat nice nohup nproc nslookup od passwd paste "
    "patch pgrep pidof ping pkill printenv printf ps pwd readlink realpath renice reset rm rmdir route sed seq setpriv "
    "setsid sh sha1sum sha256sum sha512sum shuf sleep sort start-stop-daemon stat strings stty su sync sysctl "
    "syslogd tac tail tar tee telnet test time timeout top touch tr traceroute true truncate tty umount uname uniq "
    "unix2dos unlink unxz unzip uptime usleep vi watch wc wget which whoami xargs xxd xz yes zcat",
    "debian:trixie-slim": "apt-get awk bash chown chpasswd find getent grep groupadd gzip hostname "
    "id install ln login mount passwd perl sed setpriv setsid sh sha256sum su tar timeout useradd userdel usermod",
    "python:3.13-slim": "apt-get awk bash find getent grep groupadd gzip install pip pip3 python python3 sed "
    "setpriv sh sha256sum su tar timeout useradd usermod",
}


@pytest.mark.engine
@pytest.mark.parametrize("image", COMMANDS)
def test_an_image_has_the_commands_of_the_official_one(run: Run, image: str) -> None:
    script = 'for name in "$@"; do command -v "$name" > /dev/null || echo "$name is missing"; done; echo looked'
    assert output(run(image, "sh", "-c", script, "sh", *COMMANDS[image].split())) == "looked\n"


@pytest.mark.engine
def test_busybox_makes_and_removes_users_and_groups(run: Run) -> None:
    script = """
        adduser -D -H -u 1042 site && addgroup -S app && adduser -S -G app app && adduser site app
        adduser -D -g "" -h /srv/x -s /bin/sh x
        grep -e ^site -e ^app -e ^x /etc/passwd /etc/group; id -u site; stat -c %U:%G /srv/x; [ -e /home/site ] || echo none
        adduser -D site 2>&1; deluser site; delgroup app 2>&1; id site 2>&1
    """
    assert output(run("busybox:1.37", "sh", "-c", f"{script}\ntrue")).splitlines() == [
        "/etc/passwd:site:x:1042:1042:Linux User,,,:/home/site:/bin/sh",
        "/etc/passwd:app:x:100:101:Linux User,,,:/home/app:/bin/false",
        "/etc/passwd:x:x:1000:1000::/srv/x:/bin/sh",
        "/etc/group:site:x:1042:",
        "/etc/group:app:x:101:site",
        "/etc/group:x:x:1000:",
        "1042",
        "x:x",
        "none",
        "adduser: user 'site' in use",
        "delgroup: 'app' is a primary group",
        "id: unknown user site",
    ]


@pytest.mark.engine
def test_busybox_finds_and_ends_processes_by_name(run: Run) -> None:
    script = "sleep 99 & sleep 0.2; pgrep -l sleep | cut -d ' ' -f 2; pkill sleep; wait; pgrep sleep || echo gone"
    assert output(run("busybox:1.37", "sh", "-c", script)) == "sleep\ngone\n"


@pytest.mark.engine
def test_anyone_may_write_to_tmp_in_busybox(run: Run) -> None:
    assert output(run("busybox:1.37", "sh", "-c", "echo hi > /tmp/a; cat /tmp/a", user="1000")) == "hi\n"


@pytest.mark.engine
def test_busybox_reaches_another_container_by_its_name(run: Run, network: str) -> None:
    web = run(
        "busybox:1.37", "httpd", "-f", "-v", files={"/index.html": b"ahoy"}, network=network, name=f"{SESSION}-web"
    )
    script = f"until wget -q -O - http://{web.name}; do :; done"
    assert output(run("busybox:1.37", "sh", "-c", script, network=network)).endswith("ahoy")


@pytest.mark.engine
def test_python_is_in_usr_local_under_both_names(run: Run) -> None:
    script = "for name in python python3 pip; do command -v $name; done; python -c 'import sqlite3, ssl, zlib, ctypes, sys; print(sys.version_info[:2])'"
    lines = output(run("python:3.13-slim", "sh", "-c", script)).splitlines()
    assert lines == ["/usr/local/bin/python", "/usr/local/bin/python3", "/usr/local/bin/pip", "(3, 13)"]


def a_wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr("mooring.py", "knots = 8\n")
        about = "mooring-1.0.dist-info"
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: mooring\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in [*wheel.namelist(), f"{about}/RECORD"]))
    return buffer.getvalue()


@pytest.mark.engine
@pytest.mark.parametrize("user", ["root", "1000"])
def test_pip_installs_without_asking_for_leave(run: Run, user: str) -> None:
    script = "pip install --no-index /mooring-1.0-py3-none-any.whl >&2 && cd / && python -c 'import mooring; print(mooring.__file__)'"
    container = run(
        "python:3.13-slim", "sh", "-c", script,
        user=user, environment={"HOME": "/tmp"}, files={"/mooring-1.0-py3-none-any.whl": a_wheel()},
    )  # fmt: skip
    place = "/usr/local/lib/python3.13" if user == "root" else "/tmp/.local/lib/python3.13"
    assert output(container).endswith(f"{place}/site-packages/mooring.py\n")


@pytest.mark.engine
def test_python_makes_virtual_environments_with_pip(run: Run) -> None:
    script = "python -m venv /venv && /venv/bin/pip --version"
    assert " from /venv/lib/python3.13/site-packages/pip " in output(run("python:3.13-slim", "sh", "-c", script))


@pytest.mark.engine
def test_python_has_compiled_its_library_and_pip_so_that_programs_start_at_once(run: Run) -> None:
    program = run("python:3.13-slim", "python", "-c", "import http.server, pip._internal.cli.main")
    assert program.wait()["StatusCode"] == 0
    assert [change["Path"] for change in program.diff() or [] if change["Path"].endswith(".pyc")] == []


@pytest.mark.engine
def test_nginx_serves_the_page_and_logs_to_its_output(run: Run) -> None:
    web = run("nginx:1.26", ports={"80/tcp": ("127.0.0.1", None)})
    wait_for_log(web, "start worker process")
    assert "nginx" in page(f"127.0.0.1:{port_of(web, '80/tcp')}/")
    wait_for_log(web, '"GET / HTTP/1.1" 200')
    assert b"GET /" not in web.logs(stdout=False)
    assert "nginx/1.26" in web.logs(stdout=False).decode()


@pytest.mark.engine
def test_nginx_serves_files_and_configuration_from_the_usual_places(run: Run) -> None:
    more = b"server { listen 81; location / { return 200 'second'; } }"
    files = {"/usr/share/nginx/html/index.html": b"own page", "/etc/nginx/conf.d/more.conf": more}
    web = run("nginx:1.26", files=files, ports=dict.fromkeys(("80/tcp", "81/tcp"), ("127.0.0.1", None)))
    wait_for_log(web, "start worker process")
    assert page(f"127.0.0.1:{port_of(web, '80/tcp')}/") == "own page"
    assert page(f"127.0.0.1:{port_of(web, '81/tcp')}/") == "second"
    assert "listen" in inside(web, "cat", "/etc/nginx/conf.d/default.conf")


@pytest.mark.engine
def test_nginx_fills_templates_from_the_environment(run: Run) -> None:
    template = b"server { listen 80 default_server; location / { return 200 '$GREETING $request_method'; } }"
    web = run(
        "nginx:1.26",
        files={"/etc/nginx/templates/default.conf.template": template},
        environment={"GREETING": "ahoy"},
        ports={"80/tcp": ("127.0.0.1", None)},
    )
    wait_for_log(web, "start worker process")
    assert page(f"127.0.0.1:{port_of(web, '80/tcp')}/") == "ahoy GET"


@pytest.mark.engine
def test_nginx_workers_are_the_user_nginx_and_it_stops_cleanly(run: Run) -> None:
    web = run("nginx:1.26")
    wait_for_log(web, "start worker process")
    assert inside(web, "id", "nginx").startswith("uid=101(nginx) gid=101(nginx)")
    titles = web.top(ps_args="-eo pid,uid,args")["Processes"]
    assert {uid for _, uid, *words in titles if "worker" in " ".join(words)} == {"101"}
    assert exit_code_after_stop(web) == 0


@pytest.mark.engine
def test_nginx_ends_with_1_and_names_the_line_when_its_configuration_is_wrong(run: Run) -> None:
    web = run("nginx:1.26", files={"/etc/nginx/conf.d/default.conf": b"server {\n  lissten 80;\n}\n"})
    assert web.wait()["StatusCode"] == 1
    assert "/etc/nginx/conf.d/default.conf:2" in web.logs(stdout=False).decode()


@pytest.mark.engine
def test_redis_answers_other_containers_as_the_user_redis(run: Run, network: str) -> None:
    store = run("redis:8.0", network=network, name=f"{SESSION}-store")
    wait_for_log(store, "Ready to accept connections")
    client = run("redis:8.0", "redis-cli", "-h", store.name, "set", "colour", "blue", network=network)
    assert output(client).strip() == "OK"
    assert inside(store, "stat", "-c", "%u:%g", "/data").strip() == "999:999"
    assert "Uid:\t999\t" in inside(store, "cat", "/proc/1/status")
    assert exit_code_after_stop(store) == 0


@pytest.mark.engine
def test_redis_takes_options_and_a_configuration_file(run: Run) -> None:
    files = {"/usr/local/etc/redis.conf": b"maxmemory 7mb\n"}
    store = run("redis:8.0", "/usr/local/etc/redis.conf", "--requirepass", "knot", files=files)
    wait_for_log(store, "Ready to accept connections")
    assert "NOAUTH" in inside(store, "redis-cli", "ping")
    assert "7340032" in inside(store, "redis-cli", "-a", "knot", "config", "get", "maxmemory")
    assert output(run("redis:8.0", "--version")).startswith("Redis server v=8.0")


@pytest.mark.engine
def test_redis_keeps_its_data_in_a_volume(engine_client: DockerClient, run: Run) -> None:
    volume = engine_client.volumes.create(f"{SESSION}-redis", labels=LABELS).name
    first = run("redis:8.0", "--appendonly", "yes", volumes={volume: {"bind": "/data"}})
    wait_for_log(first, "Ready to accept connections")
    inside(first, "redis-cli", "set", "colour", "blue")
    exit_code_after_stop(first)
    second = run("redis:8.0", "--appendonly", "yes", volumes={volume: {"bind": "/data"}})
    wait_for_log(second, "Ready to accept connections")
    assert inside(second, "redis-cli", "get", "colour").strip() == "blue"


@pytest.mark.engine
def test_postgres_refuses_to_start_without_a_password(run: Run) -> None:
    database = run("postgres:17")
    assert database.wait()["StatusCode"] == 1
    assert "POSTGRES_PASSWORD" in database.logs().decode()


READY = "database system is ready to accept connections"


@pytest.mark.engine
def test_postgres_makes_the_user_and_database_and_runs_the_init_files(run: Run, network: str) -> None:
    files = {
        "/docker-entrypoint-initdb.d/1-table.sql": b"CREATE TABLE boat (name text); INSERT INTO boat VALUES ('Ada');",
        "/docker-entrypoint-initdb.d/2-more.sh": b'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "INSERT INTO boat VALUES (\'Bob\')"',
    }
    variables = {"POSTGRES_PASSWORD": "knot", "POSTGRES_USER": "skipper", "POSTGRES_DB": "harbour"}
    database = run("postgres:17", environment=variables, files=files, network=network, name=f"{SESSION}-db")
    log = wait_for_log(database, READY, times=2)
    assert "PostgreSQL init process complete; ready for start up." in log
    assert "Uid:\t999\t" in inside(database, "cat", "/proc/1/status")

    def ask(password: str) -> Container:
        query = ("psql", "-h", database.name, "-U", "skipper", "-Atc", "SELECT name FROM boat ORDER BY name", "harbour")
        return run("postgres:17", *query, environment={"PGPASSWORD": password}, network=network)

    assert output(ask("knot")) == "Ada\nBob\n"
    wrong = ask("wrong")
    assert wrong.wait()["StatusCode"] == 2
    assert "password authentication failed" in wrong.logs().decode()
    assert exit_code_after_stop(database) == 0


@pytest.mark.engine
def test_postgres_keeps_its_data_in_a_volume_and_does_not_begin_again(engine_client: DockerClient, run: Run) -> None:
    volume = engine_client.volumes.create(f"{SESSION}-postgres", labels=LABELS).name
    options: dict[str, Any] = {
        "environment": {"POSTGRES_PASSWORD_FILE": "/run/password"},
        "files": {"/run/password": b"knot\n"},
        "volumes": {volume: {"bind": "/var/lib/postgresql/data"}},
    }
    first = run("postgres:17", **options)
    wait_for_log(first, READY, times=2)
    inside(first, "psql", "-U", "postgres", "-c", "CREATE TABLE boat ()")
    assert exit_code_after_stop(first) == 0
    second = run("postgres:17", volumes=options["volumes"])
    log = wait_for_log(second, READY)
    assert "init process complete" not in log
    assert inside(second, "psql", "-U", "postgres", "-Atc", "SELECT count(*) FROM boat").strip() == "0"


@pytest.mark.engine
def test_postgres_sorts_as_english_and_takes_server_options(run: Run) -> None:
    variables = {"POSTGRES_HOST_AUTH_METHOD": "trust"}
    database = run("postgres:17", "-c", "max_connections=42", environment=variables)
    wait_for_log(database, READY, times=2)
    assert inside(database, "psql", "-U", "postgres", "-Atc", "SHOW max_connections").strip() == "42"
    query = "SELECT datcollate FROM pg_database WHERE datname = 'postgres'"
    assert inside(database, "psql", "-U", "postgres", "-Atc", query).strip() == "en_US.utf8"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("variables", "files", "setting", "value"),
    [
        ({}, {}, "data_checksums", "off"),
        ({"POSTGRES_INITDB_ARGS": "--data-checksums"}, {}, "data_checksums", "on"),
        ({"TZ": "Europe/Berlin"}, {}, "log_timezone", "Europe/Berlin"),
        ({"LC_MESSAGES": "C"}, {}, "lc_messages", "C"),
        ({}, {"/usr/share/postgresql/17/postgresql.conf.sample": b"work_mem = 9MB\n"}, "work_mem", "9MB"),
    ],
)
def test_postgres_begins_as_its_settings_say(run: Run, variables: Any, files: Any, setting: str, value: str) -> None:
    database = run("postgres:17", environment={"POSTGRES_PASSWORD": "knot", **variables}, files=files)
    log = wait_for_log(database, READY, times=2)
    assert ("as a copy" in log) == (not variables and not files)
    assert inside(database, "psql", "-U", "postgres", "-Atc", f"SHOW {setting}").strip() == value


@pytest.mark.engine
def test_the_registry_takes_and_gives_images_without_a_login(
    engine_client: DockerClient, registry: str, name: str
) -> None:
    engine_client.images.get("busybox:1.37").tag(f"{registry}/{name}", "1")
    list(engine_client.api.push(f"{registry}/{name}", tag="1", stream=True, decode=True))
    assert json.loads(page(f"{registry}/v2/_catalog")) == {"repositories": [name]}
    engine_client.images.remove(f"{registry}/{name}:1")
    engine_client.images.pull(f"{registry}/{name}", tag="1")
    assert layers(engine_client, f"{registry}/{name}:1") == layers(engine_client, "busybox:1.37")


@pytest.mark.engine
def test_the_registry_is_set_by_variables_and_stops_cleanly(run: Run) -> None:
    own = run("registry:2", environment={"REGISTRY_HTTP_ADDR": ":5001"}, ports={"5001/tcp": ("127.0.0.1", None)})
    wait_for_log(own, "listening on")
    assert page(f"127.0.0.1:{port_of(own, '5001/tcp')}/v2/") == "{}"
    assert inside(own, "ls", "-d", "/var/lib/registry").strip() == "/var/lib/registry"
    own.stop(timeout=60)
    own.reload()
    assert own.attrs["State"]["ExitCode"] in {0, 2}


@pytest.mark.engine
def test_gcc_compiles_static_and_shared_programs(run: Run) -> None:
    source = b'#include <stdio.h>\nint main(void) { puts("ahoy"); return 0; }\n'
    script = "command -v gcc && gcc -O2 -static -o a hello.c && ./a && make -s hello && ./hello && gcc -dumpversion"
    lines = output(run("gcc:14", "sh", "-c", script, files={"/hello.c": source})).splitlines()
    assert lines[:3] == ["/usr/local/bin/gcc", "ahoy", "ahoy"]
    assert lines[3].startswith("14")


@pytest.mark.engine
def test_golang_compiles_for_other_machines_than_its_own(run: Run) -> None:
    source = b'package main\n\nfunc main() { println("ahoy") }\n'
    machines = "for GOARCH in amd64 arm64; do export GOARCH; go build -o a-$GOARCH hello.go || exit; done"
    native = "./a-$(unset GOARCH; go env GOARCH) 2>&1; head -c 20 a-amd64 a-arm64 | od -An -tx1 -v; go version; go env GOPATH"
    said = output(run("golang:1.24", "sh", "-c", f"{machines}; {native}", files={"/go/hello.go": source})).splitlines()
    assert said[0] == "ahoy"
    assert "3e 00" in "".join(said)
    assert "b7 00" in "".join(said)
    assert " go1.24" in said[-2]
    assert said[-1] == "/go"


# Making stand-ins


@pytest.fixture
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing listens on port 1, so the Engine is refused at once.
    monkeypatch.setenv("DRYDOCK_REGISTRY", "127.0.0.1:1/library")


@pytest.mark.engine
def test_without_a_registry_images_are_made_and_it_is_asked_once(
    engine_client: DockerClient, name: str, tmp_path: Path, no_registry: None
) -> None:
    said: list[str] = []
    digest = f"sha256:{'0' * 64}"
    images = [
        CourseImage(f"{name}/{tag}:1", "", a_recipe(tmp_path / tag), digest, "busybox:1.37")
        for tag in ("one", "two", "three")
    ]
    states = ensure(engine_client, {}, progress=said.append, images=images)
    assert set(states.values()) == {"stand-in"}
    assert len([line for line in said if "cannot be used" in line]) == 1
    for image in images:
        assert f"{image.name}: ready" in said
        assert not is_outdated(engine_client, image)


@pytest.mark.engine
def test_images_that_are_there_are_kept(engine_client: DockerClient) -> None:
    before = {name: engine_client.images.get(name).id for name in IMAGES}
    said: list[str] = []
    ensure(engine_client, {}, progress=said.append)
    assert not said
    assert {name: engine_client.images.get(name).id for name in IMAGES} == before


@pytest.mark.engine
def test_a_base_is_made_before_the_image_that_is_asked_for(
    engine_client: DockerClient, name: str, tmp_path: Path, no_registry: None
) -> None:
    below = CourseImage(f"{name}/below:1", "", a_recipe(tmp_path / "below"), base="busybox:1.37")
    above = CourseImage(f"{name}/above:1", "", a_recipe(tmp_path / "above", f"FROM {below.name}\n"), base=below.name)
    assert ensure(engine_client, {}, [above.name], lambda _: None, [below, above]) == {above.name: "stand-in"}
    assert state(engine_client, below) == "stand-in"


@pytest.mark.engine
def test_a_stand_in_of_an_older_recipe_is_made_again(
    engine_client: DockerClient, name: str, tmp_path: Path, no_registry: None
) -> None:
    image = CourseImage(f"{name}:1", "", a_recipe(tmp_path), base="busybox:1.37")
    ensure(engine_client, {}, progress=lambda _: None, images=[image])
    first = engine_client.images.get(image.name)
    (tmp_path / "greeting").write_text("goodbye\n")
    assert is_outdated(engine_client, image)
    ensure(engine_client, {}, progress=lambda _: None, images=[image])
    assert not is_outdated(engine_client, image)
    assert layers(engine_client, image.name) != first.attrs["RootFS"]["Layers"]
    with pytest.raises(docker.errors.ImageNotFound):
        engine_client.images.get(str(first.id))


@pytest.mark.engine
def test_a_stand_in_that_cannot_be_made_again_is_kept(
    engine_client: DockerClient, name: str, tmp_path: Path, no_registry: None
) -> None:
    image = CourseImage(f"{name}:1", "", a_recipe(tmp_path), base="busybox:1.37")
    ensure(engine_client, {}, progress=lambda _: None, images=[image])
    a_recipe(tmp_path, "FROM busybox:1.37\nRUN echo 'E: the archive is on fire' && false\n")
    said: list[str] = []
    assert ensure(engine_client, {}, progress=said.append, images=[image]) == {image.name: "stand-in"}
    assert said[-1].startswith(f"{image.name}: kept as it is, made from an older recipe.")
    assert said[-1].endswith("the archive is on fire.")


@pytest.mark.engine
def test_an_image_that_cannot_be_had_is_named_with_the_reason(
    engine_client: DockerClient, name: str, tmp_path: Path, no_registry: None
) -> None:
    broken = a_recipe(tmp_path / "broken", "FROM busybox:1.37\nRUN echo 'E: the archive is on fire' && false\n")
    images = [
        CourseImage(f"{name}/broken:1", "", broken, base="busybox:1.37"),
        CourseImage(f"{name}/whole:1", "", a_recipe(tmp_path / "whole"), base="busybox:1.37"),
    ]
    with pytest.raises(ImageUnavailableError) as caught:
        ensure(engine_client, {}, progress=lambda _: None, images=images)
    assert caught.value.what == f"{name}/broken:1 could not be made: the archive is on fire."
    assert caught.value.remedy
    assert state(engine_client, images[0]) == "missing"
    assert state(engine_client, images[1]) == "stand-in"


@pytest.mark.engine
def test_a_name_that_the_course_does_not_have_is_refused(engine_client: DockerClient) -> None:
    with pytest.raises(ImageUnavailableError, match="The course has no image nginx:0"):
        ensure(engine_client, {}, ["nginx:0"])


@pytest.mark.parametrize(
    ("tools", "words"),
    [
        ([], "this machine has no apt"),
        (["apt-get", "apt-config"], "mmdebstrap, which makes a small Debian from packages, is not installed"),
    ],
)
def test_what_the_machine_lacks_to_make_a_debian_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: list[str], words: str
) -> None:
    if not all(shutil.which(tool) for tool in tools):
        pytest.skip("this machine has no apt")
    for tool in tools:
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageUnavailableError) as caught:
        build({}, IMAGES["debian:trixie-slim"], lambda _: None)
    assert words in caught.value.what
    assert caught.value.remedy


def test_a_missing_docker_command_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageUnavailableError, match="The command `docker` is not installed"):
        build({}, IMAGES["busybox:1.37"], lambda _: None)


@pytest.mark.engine
@pytest.mark.slow
def test_a_debian_is_made_from_packages_and_keeps_nothing_of_the_build(
    engine_client: DockerClient, run: Run, name: str
) -> None:
    if not shutil.which("mmdebstrap"):
        pytest.skip("this machine has no mmdebstrap")
    image = CourseImage(f"{name}:1", "", IMAGES["debian:trixie-slim"].folder)
    said: list[str] = []
    build({}, image, said.append)
    assert said[0].startswith(f"{image.name}: ")
    assert engine_client.images.get(image.name).labels["org.drydock.recipe"] == image.recipe
    assert output(run(image.name, "ls", "/etc/apt/apt.conf.d")).split() == ["01autoremove", "70debconf", "docker"]
    assert output(run(image.name, "apt-get", "update")).count("Get:") >= 2


# Pulling


@pytest.fixture
def offered(engine_client: DockerClient, registry: str, name: str) -> CourseImage:
    """An image that the registry on this machine has, and the Engine has not."""
    engine_client.images.get("busybox:1.37").tag(f"{registry}/library/{name}", "1")
    answers = list(engine_client.api.push(f"{registry}/library/{name}", tag="1", stream=True, decode=True))
    engine_client.images.remove(f"{registry}/library/{name}:1")
    digest = next(answer["aux"]["Digest"] for answer in answers if "aux" in answer)
    return CourseImage(f"{name}:1", "", RECIPES / "busybox", digest, "debian:trixie-slim")


@pytest.mark.engine
def test_an_image_is_pulled_by_its_digest_and_gets_its_usual_name(
    engine_client: DockerClient, registry: str, offered: CourseImage
) -> None:
    said: list[str] = []
    pull(engine_client, offered, said.append, f"{registry}/library")
    image = engine_client.images.get(offered.name)
    assert f"{registry}/library/{offered.repository}@{offered.digest}" in image.attrs["RepoDigests"]
    assert said[0] == f"{offered.name}: pulled from {registry}/library"


@pytest.mark.engine
def test_an_image_without_a_digest_is_pulled_by_its_tag(
    engine_client: DockerClient, registry: str, offered: CourseImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRYDOCK_REGISTRY", f"{registry}/library/")
    pull(engine_client, CourseImage(offered.name, "", offered.folder), lambda _: None)
    assert [tag for tag in engine_client.images.get(offered.name).tags if offered.repository in tag] == [offered.name]


@pytest.mark.engine
def test_ensure_pulls_rather_than_makes(
    engine_client: DockerClient, registry: str, offered: CourseImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRYDOCK_REGISTRY", f"{registry}/library")
    said: list[str] = []
    ensure(engine_client, {}, progress=said.append, images=[offered])
    assert not any("made from packages" in line for line in said)
    assert layers(engine_client, offered.name) == layers(engine_client, "busybox:1.37")


@pytest.mark.engine
def test_a_digest_that_the_registry_lacks_is_named(
    engine_client: DockerClient, registry: str, offered: CourseImage
) -> None:
    digest = f"sha256:{'0' * 64}"
    with pytest.raises(ImageUnavailableError) as caught:
        pull(
            engine_client, CourseImage(offered.name, "", offered.folder, digest), lambda _: None, f"{registry}/library"
        )
    assert not isinstance(caught.value, RegistryUnavailableError)
    assert caught.value.what == f"{registry}/library has no {offered.repository} with the digest {digest}."
    assert state(engine_client, offered) == "missing"


@pytest.mark.engine
def test_a_registry_that_refuses_is_told_from_a_missing_image(engine_client: DockerClient, no_registry: None) -> None:
    with pytest.raises(RegistryUnavailableError, match=r"127\.0\.0\.1:1/library cannot be used: connection refused"):
        pull(engine_client, IMAGES["busybox:1.37"], lambda _: None)


@pytest.mark.engine
def test_a_registry_that_never_answers_is_given_up(engine_client: DockerClient) -> None:
    # The kernel accepts the connection, and nobody ever speaks.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RegistryUnavailableError, match=f"{address} did not answer within 8 seconds"):
            pull(engine_client, IMAGES["busybox:1.37"], lambda _: None, address)


# One file with all images


@pytest.fixture
def two_images(engine_client: DockerClient, name: str) -> list[CourseImage]:
    images = [CourseImage(f"{name}/{tag}:1", "", RECIPES / "busybox") for tag in ("one", "two")]
    for image in images:
        engine_client.images.get("busybox:1.37").tag(image.repository, image.tag)
    return images


@pytest.mark.engine
def test_images_saved_to_a_file_come_back_from_it(
    engine_client: DockerClient, two_images: list[CourseImage], tmp_path: Path
) -> None:
    path = tmp_path / "a folder" / "all images.tar"
    path.parent.mkdir()
    said: list[str] = []
    save(engine_client, path, said.append, two_images)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    for image in two_images:
        engine_client.images.remove(image.name)
    load(engine_client, path, said.append, two_images)
    for image in two_images:
        assert layers(engine_client, image.name) == layers(engine_client, "busybox:1.37")
        assert not is_outdated(engine_client, IMAGES["busybox:1.37"])
    assert [said[0], said[-2], said[-1]] == [
        f"2 images are written to {path}",
        f"2 images are read from {path}",
        "The Engine has the images",
    ]


@pytest.mark.engine
def test_an_image_that_is_missing_is_named_and_no_file_is_written(
    engine_client: DockerClient, two_images: list[CourseImage], tmp_path: Path
) -> None:
    path = tmp_path / "images.tar"
    path.write_text("an older file")
    engine_client.images.remove(two_images[1].name)
    with pytest.raises(ImageUnavailableError, match=f"The Engine has no {two_images[1].name}"):
        save(engine_client, path, lambda _: None, two_images)
    assert path.read_text() == "an older file"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.engine
def test_a_file_that_cannot_be_written_is_said(
    engine_client: DockerClient, two_images: list[CourseImage], tmp_path: Path
) -> None:
    with pytest.raises(ImageUnavailableError, match=r"images\.tar cannot be written: No such file or directory"):
        save(engine_client, tmp_path / "nowhere" / "images.tar", lambda _: None, two_images)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImageUnavailableError, match="folder cannot be written: Is a directory"):
        save(engine_client, tmp_path / "folder", lambda _: None, two_images)
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


@pytest.mark.engine
def test_a_file_that_lacks_an_image_is_not_read(
    engine_client: DockerClient, two_images: list[CourseImage], tmp_path: Path
) -> None:
    path = tmp_path / "images.tar"
    save(engine_client, path, lambda _: None, two_images[:1])
    for image in two_images:
        engine_client.images.remove(image.name)
    with pytest.raises(ImageUnavailableError, match=f"has no {two_images[1].name}"):
        load(engine_client, path, lambda _: None, two_images)
    assert state(engine_client, two_images[0]) == "missing"


@contextmanager
def as_it_was(client: DockerClient, images: list[CourseImage]) -> Iterator[None]:
    before = [client.images.get(image.name).id for image in images]
    yield
    assert [client.images.get(image.name).id for image in images] == before


@pytest.mark.engine
def test_a_file_that_is_something_else_is_refused(
    engine_client: DockerClient, two_images: list[CourseImage], tmp_path: Path
) -> None:
    whole = tmp_path / "whole.tar"
    save(engine_client, whole, lambda _: None, two_images)
    broken = tmp_path / "broken.tar"
    broken.write_bytes(whole.read_bytes()[:-100_000])
    text = tmp_path / "text.tar"
    text.write_text("no archive")
    other = tmp_path / "other.tar"
    other.write_bytes(packed({"readme": b"another archive"}))
    strange = tmp_path / "strange.tar"
    strange.write_bytes(packed({"manifest.json": b"[3]"}))
    with as_it_was(engine_client, two_images):
        for path in (broken, text, strange):
            with pytest.raises(ImageUnavailableError, match=f"{path.name} is not a whole file of images"):
                load(engine_client, path, lambda _: None, two_images)
        with pytest.raises(ImageUnavailableError, match=r"other\.tar has no "):
            load(engine_client, other, lambda _: None, two_images)
        with pytest.raises(ImageUnavailableError, match="missing cannot be read: No such file or directory"):
            load(engine_client, tmp_path / "missing", lambda _: None, two_images)
        with pytest.raises(ImageUnavailableError, match="cannot be read: Is a directory"):
            load(engine_client, tmp_path, lambda _: None, two_images)
