"""The image for Binder, built as Binder builds it, in a pod as strict as Binder's: a learner's first minutes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import docker
import pytest
from chromium import Chromium, chromium
from conftest import execute
from docker.models.containers import Container
from playwright.sync_api import Page, expect
from test_browser import FIRST, cell, ready, run

from environment.engines import SESSION_LABEL
from environment.engines.session import current_session
from environment.images import archive, packages
from graders.exercise import lessons, load, topics
from graders.notebooks import HOME

pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("own Engine")]

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "environment" / "binder"
TOKEN = "a-token-of-this-test"
SECRET = "/run/secrets/ca.crt"
HUB = ["jupyter-lab", "--ip=0.0.0.0", "--port=8888", f"--IdentityProvider.token={TOKEN}"]
LISTENING = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}
"""127.0.0.1 and ::1, as /proc/net writes them on the processors that are in use."""
HOLDER = """
for process in /proc/[0-9]*; do
    if ls -l $process/fd 2>/dev/null | grep -q "socket:\\[$0\\]"; then tr '\\0' ' ' <$process/cmdline; exit; fi
done
"""
"""Prints the command line of the process that has a socket, by its inode."""
ALONE = "until grep -q ' 0100007F:[0-9A-F]* 00000000:0000 0A ' /proc/net/tcp; do sleep 0.2; done"
BUSYBOX = "busybox:1.37"


def clean_copy(target: Path) -> None:
    """Put into a folder what a clone of the repository has."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists() or (ROOT / name).is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)


def how_packages_are_reached() -> list[str]:
    """Options of repo2docker that let its build reach the package index as this machine does."""
    options = []
    index = subprocess.run(["pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False)
    if index.returncode == 0:
        options += ["--build-arg", f"PIP_INDEX_URL={index.stdout.strip()}"]
    if authorities := packages.certificates():
        options += ["--build-arg", f"PIP_CERT={SECRET}"]
        secret = ["--secret", f"id=ca.crt,src={authorities}"]
        options += [f"--DockerEngine.extra_buildx_build_args={word}" for word in secret]
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        if name in os.environ:
            options += ["--build-arg", f"{name}={os.environ[name]}"]
    return options


@pytest.fixture(scope="module")
def image(found, host, tmp_path_factory) -> Iterator[str]:
    """The image that repo2docker makes of a clone of the repository with the course's images beside the Dockerfile."""
    folder, name = tmp_path_factory.mktemp("clone"), f"drydock-binder-{os.getpid()}"
    clean_copy(folder)
    command = ["jupyter-repo2docker", "--no-run", "--image-name", name, "--user-id", "1000", "--user-name", "jovyan"]
    command += ["--label", f"{SESSION_LABEL}={current_session()}"]
    # The Engine's own builder has the image that the Dockerfile starts from; another that the user chose may not.
    builder = subprocess.run(
        ["docker", "context", "inspect", "--format", "{{.Name}}"], capture_output=True, text=True, check=True
    )
    archive.save(host, folder / "environment" / "binder" / "images.tar", lambda _: None)
    try:
        built = subprocess.run(
            [*command, *how_packages_are_reached(), str(folder)],
            env={**os.environ, **found.environment, "BUILDX_BUILDER": builder.stdout.strip()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert built.returncode == 0, built.stdout[-5000:]
        yield name
    finally:
        for left in host.images.list(name=name):
            host.images.remove(left.id, force=True)
        shutil.rmtree(folder)


class Pod:
    """A container with no privilege at all, 1 GB and one processor, as a hub starts it."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.started = time.monotonic()

    def wait_for_jupyterlab(self) -> None:
        said = b""
        for line in self.container.logs(stream=True):
            said += line
            if b"is running at:" in said:
                return
        pytest.fail(said.decode())

    def run(self, *command: str) -> str:
        """What a command in the pod prints, in the surroundings of JupyterLab."""
        words = ["sh", "-c", 'export DOCKER_HOST="unix:///tmp/drydock-$(id -u)/own/docker.sock"; exec "$@"', "sh"]
        code, said = execute(self.container, *words, *command)
        assert code == 0, said
        return said

    def wait_for_engine(self) -> None:
        self.run("drydock", "engine", "up")

    @property
    def address(self) -> str:
        self.container.reload()
        return f"http://127.0.0.1:{self.container.ports['8888/tcp'][0]['HostPort']}"

    def post(self, path: str) -> None:
        """Ask JupyterLab's server for something, as its page does."""
        asked = Request(
            f"{self.address}/{path}", data=b"{}", headers={"Authorization": f"token {TOKEN}"}, method="POST"
        )
        with urlopen(asked, timeout=60):
            pass

    def listening(self) -> tuple[set[int], set[str]]:
        """The ports on which something in the pod listens for others, and what listens for the pod alone."""
        rows = [line.split() for line in self.run("cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()]
        heard = [(*row[1].split(":"), row[9]) for row in rows if row[3] == LISTENING]
        alone = {self.run("sh", "-c", HOLDER, inode).strip() for address, _, inode in heard if address in LOOPBACK}
        return {int(port, 16) for address, port, _ in heard if address not in LOOPBACK}, alone


@contextmanager
def pod(host: docker.DockerClient, image: str, processors: float = 1) -> Iterator[Pod]:
    """A pod in which JupyterLab starts."""
    container = host.containers.create(
        image,
        HUB,
        user="1000:1000",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit="1g",
        memswap_limit="1g",
        nano_cpus=int(processors * 10**9),
        ports={"8888/tcp": ("127.0.0.1", None)},
    )
    try:
        container.start()
        yield Pod(container)
    finally:
        container.remove(force=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as browser:
        yield browser


def open_course(started: Pod, browser: Chromium) -> Page:
    """The first lesson in JupyterLab, reached from the home page."""
    page = browser.open(f"{started.address}/?token={TOKEN}")
    ready(page, HOME)
    assert page.url.endswith(f"/lab/tree/{HOME}")
    page.locator(".drydock-home a.go").click()
    ready(page, lessons()[0].file)
    return page


def answer_wrongly(page: Page) -> None:
    """The first exercise, answered as one does who publishes a port to everybody, and its verdict."""
    wrong = "docker run -d --name dd-web -p 80 nginx:1.26"
    answered = run(page, f"%%answer {FIRST}", f"%%answer {FIRST}\n{wrong}")
    expect(answered.locator(".jp-OutputArea-output").first).to_be_visible(timeout=120_000)
    report = run(page, f"%check {FIRST}").locator("section.drydock")
    expect(report).to_contain_text("not yet", timeout=120_000)
    expect(report).to_contain_text("every machine on your network can reach it")


def test_a_learner_who_comes_by_the_badge_does_an_exercise_wrong_then_right(host, image, browser, record_property):
    with pod(host, image) as started:

        def note(what: str) -> None:
            record_property(f"from the pod's start until {what}", f"{time.monotonic() - started.started:.1f} s")

        started.wait_for_jupyterlab()
        note("JupyterLab answers")
        started.wait_for_engine()
        note("the Engine is ready")
        page = open_course(started, browser)
        note("the course is ready")
        answer_wrongly(page)
        note("the first verdict")

        run(page, f"%check {FIRST}", f"%reset {FIRST}")
        expect(cell(page, f"%reset {FIRST}")).to_contain_text("container dd-web", timeout=120_000)
        right = (load(FIRST).folder / "solution" / "commands.sh").read_text()
        answered = run(page, f"%%answer {FIRST}", f"%%answer {FIRST}\n{right}")
        expect(answered.locator(".jp-OutputArea-output").first).to_contain_text("127.0.0.1", timeout=120_000)
        report = run(page, f"%reset {FIRST}", f"%check {FIRST}").locator("section.drydock")
        expect(report).to_contain_text("passed", timeout=120_000)
        note("the exercise has passed")
        page.close()


def test_nothing_but_jupyterlab_listens_on_a_port_that_others_reach(host, image):
    with pod(host, image) as started:
        started.wait_for_jupyterlab()
        started.wait_for_engine()
        started.post("api/terminals")
        assert started.listening() == ({8888}, set())
        started.post("api/kernels")
        started.run("timeout", "60", "sh", "-c", ALONE)
        others, alone = started.listening()
        assert others == {8888}
        assert len(alone) == 1
        assert "ipykernel_launcher" in alone.pop()


def test_the_engine_listens_for_its_user_alone(host, image):
    with pod(host, image) as started:
        started.wait_for_engine()
        socket = started.run("sh", "-c", 'stat --format "%a %u" "${DOCKER_HOST#unix://}"')
        assert socket.split() == ["600", "1000"]


# It may be ended too: a machine's memory is given back only when the machine has ended.
FILL_MEMORY = """
import os, select, sys
kept = []
machine = os.pidfd_open(int(sys.argv[1]))
while not select.select([machine], [], [], 0.05)[0]:
    kept.append(b"x" * (8 << 20))
"""


def test_a_pod_whose_memory_runs_out_loses_the_machine_and_gets_another(host, image):
    with pod(host, image) as started:
        started.wait_for_jupyterlab()
        started.wait_for_engine()
        qemu = started.run("sh", "-c", "grep -l qemu-system /proc/[0-9]*/comm | cut -d / -f 3").strip()
        started.run("sh", "-c", 'python -c "$1" "$2" || [ $? = 137 ]', "sh", FILL_MEMORY, qemu)
        asking = 'until drydock engine status | grep "because memory ran out here"; do sleep 0.2; done'
        started.run("timeout", "60", "sh", "-c", asking)
        assert started.run("docker", "run", "--rm", BUSYBOX, "echo", "again") == "again\n"
        started.post("api/kernels")
        started.container.reload()
        assert started.container.attrs["State"]["Running"]


def test_the_end_of_jupyterlab_ends_the_machine(host, image):
    with pod(host, image) as started:
        started.wait_for_jupyterlab()
        started.wait_for_engine()
        table = started.container.top()
        which, what = table["Titles"].index("PID"), table["Titles"].index("CMD")
        assert any("qemu-system" in row[what] for row in table["Processes"])
        started.post("api/shutdown")
        assert started.container.wait()["StatusCode"] == 0
        assert [row[what] for row in table["Processes"] if Path("/proc", row[which]).exists()] == []


def test_a_home_that_is_empty_gets_the_workspace(host, image):
    """As where a JupyterHub gives each learner a disk."""
    begin = "rm -rf /home/jovyan/drydock; exec drydock-start ls -A drydock"
    listed = host.containers.run(image, [begin], entrypoint=["sh", "-c"], working_dir="/home/jovyan", remove=True)
    assert {".drydock", *(topic.id for topic in topics())} <= set(listed.decode().split())


def test_each_learner_has_values_of_their_own(host, image):
    seeds = {host.containers.run(image, ["cat", ".drydock-seed"], remove=True) for _ in range(2)}
    assert len(seeds) == 2


def test_the_image_serves_a_jupyterhub_too(host, image):
    version = host.containers.run(image, ["jupyterhub-singleuser", "--version"], remove=True).decode()
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", version)


def test_jupyterlab_opens_on_the_home_page():
    settings = json.loads((BINDER / "jupyter" / "jupyter_lab_config.json").read_text())
    assert settings["LabApp"]["default_url"] == f"/lab/tree/{HOME}"
    assert (ROOT / ".binder").resolve() == BINDER
