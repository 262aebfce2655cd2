"""Nodes of a swarm: Engines in containers, which can be lost, and are gone with the exercise."""

from __future__ import annotations

import pytest

from graders.cells import make_nodes
from graders.engine import Engine
from graders.engine.cleaning import remove_demos, remove_exercise
from graders.engine.owned import Owned
from graders.errors import UsageError

pytestmark = [pytest.mark.engine, pytest.mark.slow]

BUSYBOX = "busybox:1.37"
NAMES = ("dd-test-1", "dd-test-2", "dd-test-3")


def left(client) -> list[str]:
    volumes = [volume["Name"] for volume in client.api.volumes()["Volumes"] or []]
    containers = [one["Id"] for one in client.api.containers(all=True)]
    return sorted([*volumes, *containers, *(one["Name"] for one in client.api.networks())])


def test_three_nodes_are_a_swarm_run_a_service_together_and_leave_nothing(throwaway):
    before = left(throwaway.client)
    with Engine(throwaway, "swarm/none", session="") as engine:
        first, *workers = engine.make_nodes(*NAMES, network="dd-test", images=[BUSYBOX])
        roles = {one["Hostname"]: one["ManagerStatus"] for one in first.records("node", "ls")}
        assert roles == {NAMES[0]: "Leader", NAMES[1]: "", NAMES[2]: ""}
        first.said(
            "service", "create", "--detach", "--mode", "global", "--init", "--name", "web", BUSYBOX, "sleep", "1d"
        )
        here = [lambda one=one: len(one.records("ps")) == 1 for one in (first, *workers)]
        assert all(engine.wait_until(ran, 30) for ran in here)
        assert workers[0].swarm["ControlAvailable"] is False
        assert engine.node(NAMES[0]).name == NAMES[0]
    remove_exercise(throwaway.client, "swarm/none", Owned(containers=NAMES, networks=("dd-test",)))
    assert left(throwaway.client) == before


def test_a_manager_whose_fellows_are_lost_can_change_nothing_until_it_begins_anew(throwaway):
    with Engine(throwaway, "swarm/none", session="") as engine:
        first, *others = engine.make_nodes(*NAMES, network="dd-test", managers=3)
        roles = {one["Hostname"]: one["ManagerStatus"] for one in first.records("node", "ls")}
        assert roles == {NAMES[0]: "Leader", NAMES[1]: "Reachable", NAMES[2]: "Reachable"}
        engine.side_by_side(*(lambda one=one: one.said("swarm", "leave", "--force") for one in others))
        assert first.docker("node", "update", "--availability", "drain", NAMES[0], timeout=3).exit_code
        first.said("swarm", "init", "--force-new-cluster")
        assert [one["ManagerStatus"] for one in first.records("node", "ls") if one["Hostname"] == NAMES[0]] == [
            "Leader"
        ]


def test_the_cell_that_makes_nodes_can_be_run_again(throwaway):
    before = left(throwaway.client)
    assert make_nodes(throwaway, "2 managers").splitlines() == ["dd-demo-node-1: manager", "dd-demo-node-2: manager"]
    assert make_nodes(throwaway, "1") == "dd-demo-node-1: manager"
    assert [one.name for one in throwaway.client.containers.list(all=True)] == ["dd-demo-node-1"]
    assert remove_demos(throwaway.client) == ["container dd-demo-node-1", "network dd-demo-nodes"]
    assert left(throwaway.client) == before
    with pytest.raises(UsageError):
        make_nodes(throwaway, "many")
