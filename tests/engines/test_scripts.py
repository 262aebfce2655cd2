"""The commands of the README, run as a newcomer runs them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
import pytest
from conftest import execute

from environment.engines import SESSION_LABEL
from environment.engines.container.image import _find_base
from environment.engines.session import current_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker.models.containers import Container

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / "environment"
SCRIPTS = [ROOT / ".ci/run", *sorted(ENVIRONMENT.rglob("*.sh"))]
LOCKS = ["requirements.lock", "requirements-test.lock"]


def bash(*words: object, cwd: Path | str = "/", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run bash without standard input, and keep what it prints."""
    return subprocess.run(
        ["bash", *map(str, words)],
        cwd=cwd,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ROOT)))
def test_bash_understands_the_script(script: Path) -> None:
    assert bash("-n", script).returncode == 0


@pytest.mark.parametrize("script", ["start.sh", "test.sh"])
def test_the_command_explains_itself_from_any_folder(script: str, tmp_path: Path) -> None:
    ran = bash(ENVIRONMENT / script, "--help", cwd=tmp_path)
    assert ran.returncode == 0
    assert f"Usage: bash environment/{script}" in ran.stdout


def test_start_explains_every_option_that_it_takes() -> None:
    shown = bash(ENVIRONMENT / "start.sh", "--help").stdout
    assert re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE) == [
        "--prepare",
        "--no-browser",
        "--workspace",
        "--port",
        "--help",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--prepared"], "There is no option --prepared."),
        (["--port"], "The option --port needs a value."),
        (["--workspace"], "The option --workspace needs a value."),
    ],
)
def test_a_wrong_option_of_start_is_said_before_anything_is_done(options: list[str], said: str) -> None:
    ran = bash(ENVIRONMENT / "start.sh", *options)
    assert ran.returncode == 2
    assert ran.stderr.splitlines() == [said, "See: bash environment/start.sh --help"]


@pytest.mark.engine
def test_start_again_keeps_what_the_learner_wrote(tmp_path: Path) -> None:
    workspace = tmp_path / "my workspace"
    first = bash(ENVIRONMENT / "start.sh", "--prepare", "--workspace", workspace)
    assert first.returncode == 0, first.stderr
    written = sorted(path for path in workspace.rglob("*") if path.name in {"Dockerfile", "answers.toml"})
    assert written
    for path in written:
        path.write_text("# mine\n", encoding="utf-8")
    (workspace / "notes.txt").write_text("mine\n", encoding="utf-8")
    again = bash(ENVIRONMENT / "start.sh", "--prepare", "--workspace", workspace)
    assert again.returncode == 0, again.stderr
    assert "Installing" not in again.stdout
    assert {path.read_text(encoding="utf-8") for path in written} == {"# mine\n"}
    assert (workspace / "notes.txt").read_text(encoding="utf-8") == "mine\n"


# --- the lock files


@pytest.mark.parametrize("lock", [*LOCKS, "installer.lock"])
def test_every_package_of_a_lock_has_one_version_and_hashes(lock: str) -> None:
    text = (ENVIRONMENT / lock).read_text(encoding="utf-8")
    packages = [block for block in re.split(r"\n(?=\S)", text) if block.strip()]
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9._-]+==\S+", package), package
        assert "--hash=sha256:" in package, package


@pytest.mark.parametrize("lock", [*LOCKS, "installer.lock"])
def test_no_lock_names_a_package_index(lock: str) -> None:
    text = (ENVIRONMENT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^--?[a-z]*(index|find-links|trusted)", text, re.MULTILINE)


def test_a_learner_and_the_tests_have_the_same_versions() -> None:
    learner, tests = (versions(lock) for lock in LOCKS)
    assert learner.items() <= tests.items()


def test_every_dependency_of_the_project_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    locked = versions("requirements.lock")
    assert [word for word in wanted if normal(re.split(r"[\[<>=!~ ;]", word)[0]) not in locked] == []


def versions(lock: str) -> dict[str, str]:
    """The versions of a lock by package and, for those that differ between Pythons, by marker."""
    text = (ENVIRONMENT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9._-]+)==([^\s;]+)(?: ; ([^\\\n]*))?", text, re.MULTILINE)
    names = [name for name, _, _ in pins]
    return {normal(name) if names.count(name) == 1 else f"{name} {when}": version for name, version, when in pins}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# --- the Python environment


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project in a folder with a difficult name, whose lock has only what builds the project."""
    folder = tmp_path / "it's a copy"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("environment", "graders", "notebooks", "exercises"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    text = (ENVIRONMENT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text)
    wanted = ("editables=", "hatchling=", "packaging=", "pathspec=", "pluggy=", "tomlkit=", "trove-classifiers=")
    chosen = "\n".join(block for block in blocks if block.startswith(wanted)) + "\n"
    (folder / "environment/requirements.lock").write_text(chosen, encoding="utf-8")
    return folder


def installed(folder: Path) -> bool:
    """Whether the console script of the environment runs."""
    ran = subprocess.run([folder / ".venv/bin/drydock", "--help"], capture_output=True, text=True, check=False)
    return ran.returncode == 0 and "usage: drydock" in ran.stdout


def test_the_environment_is_made_once_and_follows_the_lock_and_the_folder(copy: Path) -> None:
    first = bash(copy / "environment/python.sh")
    assert first.returncode == 0, first.stderr
    assert "Installing 7 Python packages" in first.stdout
    assert installed(copy)
    again = bash(copy / "environment/python.sh")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    with (copy / "environment/requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    changed = bash(copy / "environment/python.sh")
    assert "Installing 7 Python packages" in changed.stdout
    assert "Making the Python environment" not in changed.stdout
    assert bash(copy / "environment/python.sh").stdout == ""

    there = copy.rename(copy.with_name("moved"))
    moved = bash(there / "environment/python.sh")
    assert moved.returncode == 0, moved.stderr
    assert "Making the Python environment" in moved.stdout
    assert installed(there)


@pytest.mark.parametrize(
    "links", [lambda wheels: {"PIP_FIND_LINKS": str(wheels)}, lambda _: {}], ids=["variable", "file"]
)
def test_packages_come_from_where_pip_is_told_to_look(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: Callable[[Path], dict[str, str]]
) -> None:
    locks = [copy / "environment" / name for name in ("requirements.lock", "installer.lock")]
    wheels = tmp_path / "wheels"
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels)]
    subprocess.run([*download, *(word for lock in locks for word in ("-r", str(lock)))], check=True)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    # Elsewhere nothing is found, in no cache either; a variable goes before a file, which may have several values.
    settings = tmp_path / "pip.conf"
    settings.write_text(
        f"[global]\nindex-url = file://{tmp_path}/nowhere\n[install]\nfind-links =\n  {tmp_path}\n  {wheels}\n"
    )
    home = {"HOME": str(tmp_path), "UV_CACHE_DIR": str(tmp_path / "cache"), "PIP_CACHE_DIR": str(tmp_path / "cache")}
    told = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": str(settings)} | links(wheels)
    made = bash(copy / "environment/python.sh", **told, **home)
    assert made.returncode == 0, made.stderr
    assert "Installed 7 packages" in (copy / "build/logs/python.log").read_text(encoding="utf-8")
    assert installed(copy)


def test_pip_installs_the_packages_where_the_installer_cannot_be_had(copy: Path) -> None:
    lock = copy / "environment/installer.lock"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", lock.read_text(encoding="utf-8")))
    made = bash(copy / "environment/python.sh")
    assert made.returncode == 0, made.stderr
    assert installed(copy)
    assert not (copy / ".venv/bin/uv").exists()


def test_an_interrupted_run_is_repaired_by_the_next(copy: Path) -> None:
    running = subprocess.Popen(
        ["bash", copy / "environment/python.sh"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert running.stdout is not None
    with running.stdout:
        for line in running.stdout:
            if line.startswith("Installing 7"):
                os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    again = bash(copy / "environment/python.sh")
    assert again.returncode == 0, again.stderr
    assert "Making the Python environment" in again.stdout
    assert installed(copy)


def test_a_package_that_is_not_what_the_lock_says_is_refused_and_the_log_shown(copy: Path) -> None:
    lock = copy / "environment/requirements.lock"
    wrong = re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", lock.read_text(encoding="utf-8"))
    lock.write_text(wrong, encoding="utf-8")
    refused = bash(copy / "environment/python.sh")
    assert refused.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr
    assert f"The whole log: {copy}/build/logs/python.log" in refused.stderr
    assert "The Python packages could not be installed." in refused.stderr


def test_two_runs_at_once_make_one_environment(copy: Path) -> None:
    command = ["bash", str(copy / "environment/python.sh")]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    printed = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], printed
    assert sum("Installing 7 Python packages" in text for text in printed) == 1
    assert installed(copy)


# --- install.sh on machines that have only a base system


@pytest.fixture(scope="module")
def host() -> Iterator[docker.DockerClient]:
    with closing(docker.from_env(timeout=600)) as client:
        yield client


class Machine:
    """A fresh Debian 12 in a container in which an Engine can run; the project is in `/srv/a project`."""

    def __init__(self, container: Container) -> None:
        self.container = container

    def run(self, command: str, user: str = "root") -> tuple[int, str]:
        """Run a bash command; its exit code and all it printed."""
        return execute(self.container, "bash", "-c", command, user=user, workdir="/srv/a project")

    def must(self, command: str) -> str:
        code, output = self.run(command)
        assert code == 0, output
        return output.strip()


@pytest.fixture
def machine(host: docker.DockerClient) -> Iterator[Machine]:
    options: dict[str, Any] = {
        "image": _find_base(host, "bookworm"),
        "command": ["sleep", "infinity"],
        "init": True,
        "labels": {SESSION_LABEL: current_session()},
        "volumes": {str(ENVIRONMENT): {"bind": "/srv/a project/environment", "mode": "ro"}},
    }
    # A container of its own cgroup folder, in which the Engine inside makes further ones.
    inside = {"volumes": options["volumes"] | {"/sys/fs/cgroup": {"bind": "/sys/fs/cgroup", "mode": "rw"}}}
    narrower = {
        "cap_add": ["ALL"],
        "security_opt": ["seccomp=unconfined", "systempaths=unconfined"],
        "device_cgroup_rules": ["a *:* rwm"],
        **inside,
    }
    container = start(host, options | {"privileged": True}, options | narrower)
    try:
        yield Machine(container)
    finally:
        container.remove(force=True, v=True)


def start(host: docker.DockerClient, *ways: dict[str, Any]) -> Container:
    """Start a container in the first of the ways that the Engine allows."""
    refusal = None
    for way in ways:
        created = host.containers.create(**way, mounts=[docker.types.Mount("/var/lib/docker", None)])
        try:
            created.start()
        except docker.errors.APIError as error:
            created.remove(force=True, v=True)
            refusal = error
        else:
            return created
    assert refusal is not None
    raise refusal


INSTALL = "bash environment/engines/install.sh"


@pytest.mark.engine
@pytest.mark.slow
def test_a_bare_debian_12_gets_an_engine(machine: Machine) -> None:
    printed = machine.must(INSTALL)
    assert "Docker Engine 26" in printed
    assert machine.must("docker version --format '{{.Server.Version}}'").startswith("26.")
    assert "buildx" in machine.must("docker buildx version")
    assert re.match(r"v?2\.", machine.must("docker compose version --short"))
    assert machine.must("dpkg-query --show --showformat '${Version}' libc6 runc").count("deb12") == 2

    before = machine.must("pidof dockerd")
    assert "answers" in machine.must(INSTALL)
    assert machine.must("pidof dockerd") == before

    machine.must("kill $(pidof dockerd); while pidof dockerd; do sleep 0.1; done")
    assert "Installing" not in machine.must(INSTALL)
    assert machine.must("docker version --format '{{.Server.Version}}'").startswith("26.")


@pytest.mark.all
@pytest.mark.engine
@pytest.mark.slow
def test_a_user_with_sudo_gets_an_engine_from_sources_in_the_newer_form(machine: Machine) -> None:
    machine.must(
        "apt-get update && apt-get install -y --no-install-recommends sudo && useradd --create-home ada &&"
        "echo 'ada ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ada && chown ada ."
    )
    site = machine.must(
        "apt-get indextargets --format '$(SITE)' 'Codename: bookworm' 'Created-By: Packages' | head -n 1"
    )
    machine.must("rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*")
    deb822 = f"Types: deb\\nURIs: {site}\\nSuites: bookworm bookworm-updates\\nComponents: main\\n"
    machine.must(f"printf '{deb822}' > /etc/apt/sources.list.d/debian.sources")
    code, printed = machine.run(INSTALL, user="ada")
    assert code == 0, printed
    assert "ada joins the group docker" in printed
    assert "Docker Engine 26" in printed
    assert machine.must("runuser -u ada -- sg docker -c \"docker version --format '{{.Server.Version}}'\"").startswith(
        "26."
    )


@pytest.mark.all
@pytest.mark.engine
@pytest.mark.slow
def test_an_older_engine_that_runs_gets_only_the_plugins_it_lacks(machine: Machine) -> None:
    machine.must("apt-get update && apt-get install -y --no-install-recommends docker.io")
    machine.must("setsid dockerd > /var/log/dockerd.log 2>&1 & until docker version; do sleep 0.1; done")
    before = machine.must("pidof dockerd")
    printed = machine.must(INSTALL)
    assert "There is an Engine, but not: buildx Compose v2." in printed
    assert machine.must("pidof dockerd") == before
    assert machine.must("docker version --format '{{.Client.Version}} {{.Server.Version}}'").count("20.10.") == 2
    assert "buildx" in machine.must("docker buildx version")
    assert re.match(r"v?2\.", machine.must("docker compose version --short"))


@pytest.mark.engine
@pytest.mark.slow
def test_without_the_rights_of_root_it_is_said_what_to_ask_for(machine: Machine) -> None:
    code, printed = machine.run(INSTALL, user="nobody")
    assert code == 1
    assert printed.splitlines() == [
        "There is no Docker Engine on this machine, and nobody may not install one.",
        "Ask someone with the rights of root to run: bash '/srv/a project/environment/engines/install.sh' && usermod -aG docker nobody",
    ]
    machine.must("chmod a+w .")
    code, printed = machine.run("bash environment/start.sh", user="nobody")
    assert code == 1
    assert "apt-get update && apt-get install --no-install-recommends python3 python3-venv" in printed


@pytest.mark.all
@pytest.mark.engine
@pytest.mark.slow
def test_what_someone_else_wrote_for_apt_is_kept(machine: Machine) -> None:
    preferences = "/etc/apt/preferences.d/drydock-engine"
    machine.must(f"echo 'Explanation: mine' > {preferences}")
    before = machine.must("find /etc/apt -type f -exec sha256sum {} +")
    code, printed = machine.run(INSTALL)
    assert code == 1
    assert f"{preferences} is there already and someone else wrote it.\nRename it" in printed
    assert machine.must("find /etc/apt -type f -exec sha256sum {} +") == before


@pytest.mark.engine
def test_a_wrong_docker_host_is_said_and_nothing_installed() -> None:
    ran = bash(ENVIRONMENT / "engines/install.sh", DOCKER_HOST="tcp://127.0.0.1:9")
    assert ran.returncode == 1
    assert ran.stderr.startswith("DOCKER_HOST names the Engine at tcp://127.0.0.1:9, but it refuses connections")
    assert ran.stdout == ""


@pytest.mark.engine
def test_an_engine_that_is_there_is_used() -> None:
    ran = bash(ENVIRONMENT / "engines/install.sh")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "answers" in ran.stdout or "names it" in ran.stdout


def test_the_ci_runs_the_tests_of_the_readme() -> None:
    assert bash(ROOT / ".ci/run", "--help").stdout == bash(ENVIRONMENT / "test.sh", "--help").stdout
