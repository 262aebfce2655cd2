"""Services of a swarm: what graders see of them, and what a reset takes away."""

from __future__ import annotations

import time

import pytest
from docker.types import RestartPolicy, ServiceMode

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


def test_what_a_notebook_left_of_a_swarm_is_removed(swarm):
    for name in ("dd-demo-lamp", "dd-demonstration"):
        create(swarm, name, 1)
    assert remove_demos(swarm) == ["service dd-demo-lamp"]
    assert [one.name for one in swarm.services.list()] == ["dd-demonstration"]


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
