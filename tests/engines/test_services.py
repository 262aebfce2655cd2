"""Services of a swarm: what graders see of them, and what a reset takes away."""

from __future__ import annotations

import time

import pytest
from docker.types import (
    ConfigReference,
    Resources,
    RestartPolicy,
    RollbackConfig,
    SecretReference,
    ServiceMode,
    UpdateConfig,
)

from graders.engine import Engine
from graders.engine.cleaning import present, remove_demos, remove_exercise
from graders.engine.owned import Owned
from graders.errors import Failed

pytestmark = pytest.mark.engine

BUSYBOX = "busybox:1.37"


@pytest.fixture
def swarm(throwaway):
    """The client of an Engine that is a swarm of one."""
    throwaway.client.swarm.init(advertise_addr="127.0.0.1")
    return throwaway.client


@pytest.fixture
def engine(throwaway):
    with Engine(throwaway, "swarm/none", session="") as engine:
        yield engine


def create(client, name: str, replicas: int = 2, **options) -> None:
    mode = ServiceMode("replicated", replicas=replicas)
    client.services.create(BUSYBOX, ["sleep", "1d"], name=name, mode=mode, init=True, **options)


def test_an_engine_in_no_swarm_is_said_so_and_how_to_begin_one(engine):
    with pytest.raises(Failed) as failure:
        engine.service("web")
    assert "no manager of a swarm" in failure.value.message
    assert "docker swarm init" in failure.value.hint


def test_a_service_that_is_not_there_is_said_with_those_that_are(swarm, engine):
    create(swarm, "shop", 1)
    with pytest.raises(Failed) as failure:
        engine.service("web")
    assert "no service `web`" in failure.value.message
    assert any("shop" in line for line in failure.value.evidence)


def test_a_task_that_ended_has_another_in_its_place(swarm, engine):
    create(swarm, "web", restart_policy=RestartPolicy("any", delay=0))
    web = engine.service("web")
    assert (web.image, web.replicas) == (BUSYBOX, 2)
    assert web.runs(2, 20)
    first, second = web.containers()
    first.kill()
    assert web.runs(2, 20, without=frozenset({first.id}))
    assert second.id in {one.id for one in web.containers()}
    assert [one.slot for one in web.tasks()] == [1, 2]


def test_a_task_that_nobody_wants_any_more_is_not_waited_for(swarm, engine):
    create(swarm, "web", restart_policy=RestartPolicy("none"))
    web = engine.service("web")
    assert web.runs(2, 20)
    killed, _ = web.containers()
    killed.kill()
    began = time.monotonic()
    assert not web.runs(2, 300, without=frozenset({killed.id}))
    assert time.monotonic() - began < 100
    assert "non-zero exit (137)" in "\n".join(web.evidence())


def test_a_service_on_each_node_has_no_number_of_replicas(swarm, engine):
    swarm.services.create(BUSYBOX, ["sleep", "1d"], name="web", mode="global", init=True)
    web = engine.service("web")
    assert web.replicas is None
    assert web.runs(1, 20)


def test_a_reset_takes_the_exercises_services_away_and_leaves_the_swarm_and_the_learners_own(swarm, throwaway):
    owned = Owned(services=("dd-web",), secrets=("dd-key",), configs=("dd-conf",), stacks=("dd-shop",))
    for name in ("dd-web", "web", "dd-shop_front"):
        labels = {"com.docker.stack.namespace": "dd-shop"} if name.startswith("dd-shop") else {}
        create(swarm, name, 1, labels=labels)
    for name in ("dd-key", "key"):
        swarm.secrets.create(name=name, data=b"x")
    swarm.configs.create(name="dd-conf", data=b"x")
    assert present(swarm, owned)
    gone = remove_exercise(swarm, "swarm/none", owned)
    assert sorted(gone) == ["config dd-conf", "secret dd-key", "service dd-shop_front", "service dd-web"]
    assert [one.name for one in swarm.services.list()] == ["web"]
    assert [one.name for one in swarm.secrets.list()] == ["key"]
    assert not [one for one in swarm.containers.list(all=True) if one.name.startswith("dd-")]
    assert not present(swarm, owned)
    assert swarm.info()["Swarm"]["LocalNodeState"] == "active"


def test_the_network_of_a_stack_goes_with_its_tasks(swarm, engine):
    stack = {"com.docker.stack.namespace": "dd-shop"}
    swarm.networks.create("dd-shop_default", driver="overlay", labels=stack)
    create(swarm, "dd-shop_front", 2, labels=stack, networks=["dd-shop_default"])
    assert engine.wait_until(lambda: len(swarm.containers.list()) == 2, 20)
    gone = remove_exercise(swarm, "swarm/none", Owned(stacks=("dd-shop",)))
    assert gone == ["service dd-shop_front", "network dd-shop_default"]


def test_a_task_that_ended_well_and_is_wanted_no_more_is_a_former_one(swarm, engine):
    options = {"name": "once", "restart_policy": RestartPolicy("on-failure", delay=0)}
    swarm.services.create(BUSYBOX, ["true"], **options)
    once = engine.service("once")
    assert engine.wait_until(lambda: not once.tasks(), 20)
    assert [one.state for one in once.former()] == ["complete"]
    assert not once.former("failed")
    assert not once.repeats()
    swarm.services.get("once").update(restart_policy=RestartPolicy("any", delay=0), fetch_current_spec=True)
    assert engine.wait_until(once.repeats, 20)


def test_a_task_tells_which_secrets_and_configs_it_has_and_a_former_one_which_it_had(swarm, engine):
    key, later = (swarm.secrets.create(name=name, data=b"x").id for name in ("key-1", "key-2"))
    conf = swarm.configs.create(name="conf-1", data=b"x").id
    configs = [ConfigReference(conf, "conf-1", "etc/conf")]
    create(swarm, "web", 1, secrets=[SecretReference(key, "key-1", "key")], configs=configs)
    web = engine.service("web")
    assert web.runs(1, 20)
    (before,) = web.tasks()
    swarm.services.get("web").update(secrets=[SecretReference(later, "key-2", "/etc/key")], fetch_current_spec=True)
    assert web.current(20)
    assert [one.given.get("/etc/key") for one in web.tasks()] == ["key-2"]
    assert before.given == {"/run/secrets/key": "key-1", "/etc/conf": "conf-1"}
    assert {one.given.get("/run/secrets/key") for one in web.former()} == {"key-1"}


def test_what_a_notebook_left_of_a_swarm_is_removed(swarm):
    for name in ("dd-demo-lamp", "dd-demonstration"):
        create(swarm, name, 1)
    assert remove_demos(swarm) == ["service dd-demo-lamp"]
    assert [one.name for one in swarm.services.list()] == ["dd-demonstration"]


def test_an_update_is_waited_for_and_a_bad_one_is_taken_back(swarm, engine):
    monitor = 10**9
    quick = UpdateConfig(failure_action="rollback", monitor=monitor)
    create(swarm, "web", 1, update_config=quick, rollback_config=RollbackConfig(monitor=monitor))
    web = engine.service("web")
    assert web.runs(1, 20)
    engine.make_image(BUSYBOX, name="web:2")
    assert web.updated("web:2", 60) == "completed"
    assert web.image == "web:2"
    engine.make_image(BUSYBOX, "rm /bin/sleep", name="web:bad", changes=['CMD ["true"]'])
    assert web.updated("web:bad", 60) == "rollback_completed"
    assert web.image == "web:2"
    assert web.update_evidence()[1:] == ["rollback_completed web:2"]


def test_a_job_is_waited_for_and_runs_once_more(swarm, engine):
    mode = ServiceMode("replicated-job", replicas=2, concurrency=1)
    swarm.services.create(BUSYBOX, ["true"], name="job", mode=mode, restart_policy=RestartPolicy("on-failure"))
    job = engine.service("job")
    assert (job.replicas, job.completions) == (None, 2)
    first = job.completed(30)
    assert len(first) == 2
    assert first[1].made >= first[0].since
    job.run_again()
    second = job.completed(30)
    assert [one.iteration for one in (*first, *second)] == [0, 0, 1, 1]


def test_what_cannot_be_placed_waits_and_says_why(swarm, engine):
    third = swarm.info()["NCPU"] * 10**9 // 3
    create(swarm, "web", 3, resources=Resources(cpu_reservation=third))
    web = engine.service("web")
    assert web.completions is None
    assert web.runs(3, 20)
    web.scale(4)
    assert engine.wait_until(lambda: any(one.error for one in web.tasks()), 20)
    waits = [one for one in web.tasks() if one.state != "running"]
    assert ["insufficient resources" in one.error for one in waits] == [True]


def test_a_task_that_no_node_may_have_is_placed_nowhere_and_says_why(swarm, engine):
    create(swarm, "web", 1, constraints=["node.labels.roof == yes"])
    web = engine.service("web")
    assert not web.placed(1)
    assert "no suitable node" in "\n".join(web.why())


def test_a_task_that_ends_again_and_again_does_not_last_and_what_it_printed_is_told(swarm, engine):
    swarm.services.create(
        BUSYBOX, ["sh", "-c", "echo no key; exit 3"], name="web", restart_policy=RestartPolicy("any", delay=0)
    )
    with pytest.raises(Failed) as failure:
        engine.service("web").lasting(1, 3)
    assert "No task of `web` runs on" in failure.value.message
    assert [line for line in failure.value.evidence if "non-zero exit (3)" in line]
    assert "no key" in failure.value.evidence


def test_tasks_that_go_on_last(swarm, engine):
    create(swarm, "web")
    web = engine.service("web")
    assert web.placed(5)
    assert [one.id for one in web.lasting(2, 20)] == [one.id for one in web.containers()]
