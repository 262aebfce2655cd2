"""A Compose project of a check's: read by Compose, on the Engine's machine, and gone with the check."""

from __future__ import annotations

import tempfile

import pytest

from environment.engines.session import current_session
from graders.engine import Engine
from graders.engine.cleaning import remove_exercise
from graders.engine.owned import Owned
from graders.errors import Failed

pytestmark = pytest.mark.engine

STACK = """\
version: "3.9"
services:
  db:
    image: busybox:1.37
    container_name: dd-fixed
    command: sh -c "touch /well; exec sleep 600"
    healthcheck: {test: test -e /well, interval: 1s}
    volumes: ["kept:/kept"]
  migrate:
    image: dd-built:1.0
    command: sh -c "echo $$HOME ${SAID:-nothing}; exit 0"
    depends_on: {db: {condition: service_healthy}}
  web:
    build: .
    image: dd-built:1.0
    ports: ["127.0.0.1:18411:80"]
    depends_on: {migrate: {condition: service_completed_successfully}}
volumes: {kept: {name: dd-kept}}
"""


@pytest.fixture
def stack(tmp_path):
    (tmp_path / "compose.yaml").write_text(STACK)
    (tmp_path / "Dockerfile").write_text(
        'FROM busybox:1.37\nRUN mkdir /www && echo hello >/www/index.html\nCMD ["httpd", "-f", "-h", "/www"]\n'
    )
    return tmp_path


def left(client, name):
    api, mine = client.api, {"label": f"com.docker.compose.project={name}"}
    return [
        *api.containers(all=True, filters=mine), *api.networks(filters=mine), *api.volumes(filters=mine)["Volumes"],
        *[image for image in api.images() if any(tag.startswith(name) for tag in image["RepoTags"] or [])],
    ]  # fmt: skip


def test_a_project_starts_in_the_order_that_the_engine_tells_and_is_gone_with_the_check(stack, throwaway, monkeypatch):
    monkeypatch.setenv("COMPOSE_FILE", "another.yaml")
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "another")
    with Engine(throwaway, "compose/test", session=current_session()) as engine:
        project = engine.project(stack, variables={"SAID": "aloud"})
        assert project.services == ["db", "migrate", "web"]
        assert any("`version` is obsolete" in line for line in project.warnings)
        assert project.config["services"]["db"]["container_name"] == "dd-fixed"
        with project.watched() as happened:
            project.up()
        order = [(one.service, one.what) for one in happened if one.what in {"start", "healthy", "die"}]
        assert order == [("db", "start"), ("db", "healthy"), ("migrate", "start"), ("migrate", "die"), ("web", "start")]
        assert [one.exit_code for one in happened if one.what == "die"] == [0]
        assert sorted(happened, key=lambda one: one.at) == happened
        assert project.container("web").exec("nslookup", "-type=a", "dd-fixed").exit_code == 0
        assert project.container("migrate").logs() == "/root aloud\n"
        web = project.container("web")
        assert "hello" in web.page("/", port=80)
        assert web.name.startswith(project.name)
        assert web.published(80)[0][1] != 18411
        with pytest.raises(Failed, match="The service `mail` has no container"):
            project.container("mail")
        project.down()
        assert project.containers() == []
        assert not engine.has_volume("dd-kept")
        assert engine.volumes(label=f"com.docker.compose.project={project.name}")
        second = engine.project(stack)
        second.up("db", wait=True)
        assert second.container("db").health == "healthy"
        names = project.name, second.name
        assert all(left(throwaway.client, name) for name in names)
    assert not any(left(throwaway.client, name) for name in names)


def test_a_script_of_a_project_runs_as_in_ci_and_what_it_leaves_is_gone_with_the_check(stack, throwaway, monkeypatch):
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "another")
    (stack / "test.sh").write_text("docker compose up --detach db && docker compose build web\necho done\nexit 7\n")
    with Engine(throwaway, "compose/test", session=current_session()) as engine:
        project = engine.project(stack)
        with project.watched() as happened:
            done = project.script("test.sh")
        assert (done.command, done.exit_code, done.stdout.strip()[-4:]) == ("bash test.sh", 7, "done")
        assert ("db", "start") in [(one.service, one.what) for one in happened]
        assert project.left() == ["container dd-fixed", f"network {project.name}_default", "volume dd-kept"]
    assert not left(throwaway.client, project.name)
    assert not throwaway.client.images.list("dd-built")


def test_a_reset_removes_a_project_of_the_learners_and_leaves_its_neighbour(stack, throwaway):
    for name, file in (("dd-mine", STACK), ("theirs", STACK.replace("dd-", "their-"))):
        (stack / "compose.yaml").write_text(file.replace("18411", "0"))
        (stack / "commands.sh").write_text(f"docker compose --project-name {name} up --detach")
        assert throwaway.run_script(stack).exit_code == 0
    with Engine(throwaway, "compose/test", session="") as engine:
        owned = Owned(projects=("dd-mine",))
        assert engine.has_any(owned)
        assert 0 < engine.youngest(owned) < 600
        gone = remove_exercise(throwaway.client, "compose/test", owned)
        assert {"container dd-fixed", "image dd-built:1.0", "network dd-mine_default", "volume dd-kept"} < set(gone)
        assert not engine.has_any(owned)
        assert left(throwaway.client, "dd-mine") == []
        assert len(engine.containers(label="com.docker.compose.project=theirs")) == 3


def test_a_project_of_the_start_is_scaled_by_an_answer_and_its_neighbour_is_not_made_anew(tmp_path, throwaway):
    given, answer = tmp_path / "given", tmp_path / "answer"
    file = "services:\n  page: {image: busybox:1.37, command: sleep 600, init: true}\n"
    for folder, scale in ((given, 1), (answer, 2)):
        folder.mkdir()
        (folder / "compose.yaml").write_text(f"{file}  more: {{extends: page, scale: {scale}}}\n")
    (answer / "commands.sh").write_text("docker compose --project-name dd-started up --detach")
    with Engine(throwaway, "compose/test", session="") as engine:
        engine.start_project("dd-started", given)
        begun = engine.scene("dd-started-page-1").running().state["StartedAt"]
        assert throwaway.run_script(answer).exit_code == 0
        assert engine.scene("dd-started-page-1").state["StartedAt"] == begun
        assert engine.has_container("dd-started-more-2")
        remove_exercise(throwaway.client, "compose/test", Owned(projects=("dd-started",)))
        assert left(throwaway.client, "dd-started") == []


def test_what_compose_cannot_read_fails_in_its_own_words(tmp_path, throwaway):
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: ${IMAGE:?say which one}\n")
    with Engine(throwaway, "compose/test", session=current_session()) as engine:
        with pytest.raises(Failed, match="Compose cannot read the project") as refused:
            engine.project(tmp_path)
        assert any("say which one" in line for line in refused.value.evidence)
        with pytest.raises(Failed, match="Compose cannot read") as refused:
            engine.project(tmp_path, files=["none.yaml"])
        assert refused.value.evidence[0] == "$ docker compose --file=none.yaml config"


def test_a_project_reads_files_of_the_engines_machine_and_not_of_the_graders(tmp_path, throwaway):
    outside = tmp_path / "outside.env"
    outside.write_text("SECRET=of-this-machine\n")
    inside = tmp_path / "answer"
    inside.mkdir()
    (inside / "compose.yaml").write_text(f"services:\n  web:\n    image: busybox:1.37\n    env_file: [{outside}]\n")
    with Engine(throwaway, "compose/test", session=current_session()) as engine, pytest.raises(Failed) as refused:
        engine.project(inside)
    assert not any("of-this-machine" in line for line in refused.value.evidence)


def test_volumes_without_a_name_are_gone_with_the_check_though_compose_leaves_them(tmp_path, throwaway):
    learners = throwaway.client.volumes.create().name  # one without a name, which the learner's file names
    (tmp_path / "compose.yaml").write_text(
        "services: {a: {image: 'busybox:1.37', volumes: [/a], command: sleep 600}, "
        "b: {image: 'busybox:1.37', volumes: [/b, 'kept:/kept']}}\n"
        f"volumes: {{kept: {{external: true, name: {learners}}}}}\n"
    )
    before = throwaway.client.api.volumes()["Volumes"] or []
    with Engine(throwaway, "compose/test", session=current_session()) as engine:
        project = engine.project(tmp_path)
        project.up()
        project.compose("rm", "--force", "--stop", "b")
        project.down()
        assert len(throwaway.client.api.volumes()["Volumes"]) == len(before) + 2
    assert (throwaway.client.api.volumes()["Volumes"] or []) == before


def test_what_the_graders_surroundings_set_is_nothing_that_an_answer_said(tmp_path, found, monkeypatch):
    above = {"COMPOSE_FILE": "another.yaml", "COMPOSE_PROJECT_NAME": "another", "COMPOSE_PROFILES": "more"}
    for name, value in {**above, "COMPOSE_ENV_FILES": "none.env", "PRICE": "7", "TOWN": "Bergen"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / ".env").write_text("PRICE=8\nCOMPOSE_PROFILES=more\n")
    answer = tmp_path / "answer"
    answer.mkdir()
    variables = "{PRICE: '${PRICE-none}', TOWN: '${TOWN-none}', HARBOUR: '${HARBOUR-none}'}"
    web = f"{{image: 'busybox:1.37', environment: {variables}}}"
    (answer / "compose.yaml").write_text(f"services:\n  web: {web}\n  mail: {{image: x, profiles: [more]}}\n")
    (answer / ".env").write_text("HARBOUR=east\n")
    with Engine(found, "compose/test", session=current_session()) as engine:
        project = engine.project(answer, variables={"TOWN": "it's Oslo"})
        assert project.services == ["web"]
        seen = project.config["services"]["web"]["environment"]
        assert seen == {"PRICE": "none", "TOWN": "it's Oslo", "HARBOUR": "east"}


POLICIES = """\
services:
  always: &one {image: "busybox:1.37", command: sleep 600, init: true, restart: always}
  unless: {<<: *one, restart: unless-stopped}
  never: {<<: *one, restart: "no"}
"""


def test_a_restart_of_an_engine_is_performed_beside_a_throwaway_one_and_leaves_nothing(tmp_path, throwaway):
    (tmp_path / "compose.yaml").write_text(POLICIES)
    (tmp_path / "look").mkdir()
    look = "find /var/lib/docker -maxdepth 1; pgrep -a 'dockerd|containerd-shim'; ls /sys/class/net; iptables -S"
    (tmp_path / "look" / "commands.sh").write_text(look)
    with Engine(throwaway, "compose/test", session=current_session()) as engine:
        project = engine.project(tmp_path)
        project.up()
        started = {one.name: one.started for one in project.containers()}
        before = throwaway.run_script(tmp_path / "look").output
        after = project.engine_restarted(left=["never", "unless"], stopped=["always", "unless"])
        assert after.left == {"never": "exited", "unless": "running"}
        assert after.stopped == {"always": "running", "unless": "exited"}
        assert {one.name: one.started for one in project.containers()} == started
        assert throwaway.run_script(tmp_path / "look").output == before


def test_the_learners_own_engine_is_never_restarted(tmp_path, found):
    (tmp_path / "compose.yaml").write_text(POLICIES)
    with Engine(found, "compose/test", session=current_session()) as engine:
        project = engine.project(tmp_path)
        assert project.engine_restarted(left=["unless"], stopped=["always"]) is None


def test_compose_watches_beside_a_check_and_is_ended_with_it(tmp_path, throwaway):
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.37\nCOPY page /page\n")
    (tmp_path / "page").write_text("one")
    watched = "{watch: [{path: page, action: sync, target: /page}]}"
    service = f"web: {{build: ., init: true, command: sleep 600, develop: {watched}}}"
    (tmp_path / "compose.yaml").write_text(f"services: {{{service}}}\n")
    place = tmp_path / "look"
    place.mkdir()
    (place / "commands.sh").write_text("pgrep -f 'compose.*watch'")
    with Engine(throwaway, "compose/test", session=current_session()) as engine:
        project = engine.project(tmp_path)
        project.up(build=True)
        web = project.container("web")
        with project.watching() as watch:
            watch.edit("page", "two")
            assert engine.wait_until(lambda: web.text("/page") == "two", timeout=20)
            assert throwaway.run_script(place).exit_code == 0
        assert throwaway.run_script(place).exit_code == 1
        assert web.running().id == project.container("web").id


def test_what_compose_has_nothing_to_watch_for_fails_in_its_own_words(tmp_path, throwaway):
    (tmp_path / "compose.yaml").write_text("services: {web: {image: 'busybox:1.37', command: sleep 600, init: true}}\n")
    with Engine(throwaway, "compose/test", session=current_session()) as engine:
        project = engine.project(tmp_path)
        project.up()
        with pytest.raises(Failed, match="nothing that it watches") as refused, project.watching():
            pass
        assert any("watch" in line for line in refused.value.evidence[1:])
