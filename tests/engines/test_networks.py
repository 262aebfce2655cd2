"""Who reaches whom is measured from where each container stands, and said so that a learner can try it."""

from __future__ import annotations

import pytest
from conftest import start_engine
from docker.types import EndpointConfig

from environment.engines.found import FoundEngine
from environment.engines.session import current_session
from graders.engine import Door, Engine, Reach, Seen
from graders.errors import DrydockError, Failed

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("networks")]

BUSYBOX, PYTHON = "busybox:1.37", "python:3.13-slim"
FRONT, BACK = "ddtest-front", "ddtest-back"
PAGE = "mkdir /page; echo {text} >/page/index.html; exec httpd -f -p {where} -h /page"
SERVER = ("httpd", "-f", "-p", "80")
ECHO = (
    "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', 53))\n"
    "while True: said, who = s.recvfrom(99); s.sendto(said[::-1], who)"
)


@pytest.fixture(scope="module")
def engine():
    with Engine(FoundEngine.find(), "networking", session=current_session()) as engine:
        yield engine


@pytest.fixture(scope="module")
def app(engine):
    """A page in front, one that only itself can see, an API in both networks, and a store behind."""
    front, back = engine.make_network(FRONT), engine.make_network(BACK, internal=True)
    page = {"web": "80", "shy": "127.0.0.1:80", "api": "80"}
    made = {
        name: engine.run(BUSYBOX, "sh", "-c", PAGE.format(text=name, where=where), name=f"ddtest-{name}", network=FRONT)
        for name, where in page.items()
    }
    made["store"] = engine.run(PYTHON, "python", "-c", ECHO, name="ddtest-store", network=BACK)
    back.connect(made["api"], "ddtest-service")
    yield made | {"front": front, "back": back}
    for container in made.values():
        container.remove()


def test_each_way_is_tried_from_the_network_of_the_container_it_begins_in(engine, app):
    web, api, shy = app["web"], app["api"], app["shy"]
    doors = {
        Door(web, "ddtest-api", 80): "answers",
        Door(web, "ddtest-api", 81, is_open=False): "refused",
        Door(web, "ddtest-shy", 80, is_open=False): "refused",
        Door(shy, "127.0.0.1", 80): "answers",
        Door(web, "ddtest-store", 53, is_open=False): "no such name",
        Door(web, app["store"].addresses[BACK].ip, 53, is_open=False): "no answer",
        Door(app["store"], "192.0.2.1", 80, is_open=False): "no way there",
        Door(api, "ddtest-store", 53, protocol="udp", says="tide"): "answers",
        Door(api, "ddtest-store", 54, is_open=False, protocol="udp"): "refused",
    }
    seen = engine.reach(*doors)
    assert {door: one.how for door, one in seen.seen.items()} == doors
    assert seen.wrong == []
    assert next(one.text for door, one in seen.seen.items() if door.protocol == "udp") == "edit"


def test_what_a_page_says_is_read_by_name_and_from_the_engines_machine(engine, app):
    address = app["web"].addresses[FRONT].ip
    by_name = Door(app["api"], "ddtest-web", 80, protocol="http")
    outside = Door(None, address, 80, protocol="http")
    missing = Door(app["api"], "ddtest-web", 80, protocol="http", says="/none")
    seen = engine.reach(by_name, outside, missing).seen
    assert [seen[by_name].text, seen[outside].text] == ["200 web\n", "200 web\n"]
    assert seen[missing].text.startswith("404 ")


def test_a_name_is_asked_for_the_addresses_of_all_who_have_it(engine, app):
    both = [engine.run(BUSYBOX, *SERVER, network=FRONT, aliases=["ddtest-both"]) for _ in range(2)]
    doors = [
        Door(app[start], "ddtest-both", 80, is_open=False, protocol="name") for start in ("web", "store")
    ]  # those behind are told nothing of it
    seen = engine.reach(*doors).seen
    assert seen[doors[0]].text.split() == sorted(one.addresses[FRONT].ip for one in both)
    assert seen[doors[1]] == ("no such name", "")
    assert doors[0].target == "ddtest-both"
    assert doors[0].shown.endswith("--network container:ddtest-web busybox:1.37 nslookup -type=a ddtest-both")
    for one in both:
        one.remove()


def test_a_port_whose_proxy_takes_every_connection_is_not_open_for_that(engine, app):
    deaf = engine.run(BUSYBOX, "sleep", "60", publish=[80])
    (_, port), *_ = deaf.published(80)
    (door,) = doors = [Door(None, "127.0.0.1", port, is_open=False)]
    assert not engine.reach(*doors).seen[door].is_open
    deaf.remove()


def test_a_table_shows_what_should_be_beside_what_is(engine, app):
    web = app["web"]
    seen = engine.reach(
        Door(web, "ddtest-api", 80, is_open=False), Door(web, "ddtest-web", 80), Door(app["api"], "ddtest-web", 80)
    )
    assert seen.evidence == [
        "from        ddtest-api:80      ddtest-web:80",
        "ddtest-web  answers, must not  answers",
        "ddtest-api                     answers",
        "$ docker run --rm -i --network container:ddtest-web busybox:1.37 nc -w 2 ddtest-api 80",
    ]


def test_a_table_shows_no_command_where_no_client_of_the_course_could_try_it():
    door = Door(None, "192.0.2.1", 53, protocol="udp", says="tide")
    assert Reach({door: Seen("no answer", "")}).evidence == [
        "from         192.0.2.1:53/udp",
        "the machine  no answer, must answer",
    ]


def test_a_way_that_opens_late_is_waited_for(engine, app):
    late = engine.run(BUSYBOX, "sh", "-c", "sleep 2; " + PAGE.format(text="late", where="80"), network=FRONT)
    door = Door(app["web"], late.addresses[FRONT].ip, 80)
    assert engine.reach(door).seen[door].is_open
    late.remove()


def test_a_matrix_of_many_ways_is_measured_whole(engine, app):
    names = [name for name in ("web", "shy", "api") for _ in range(4)]
    doors = [Door(app[name], f"ddtest-{other}", 1000 + n, is_open=False)
             for name in names for n, other in enumerate(names)]  # fmt: skip
    seen = engine.reach(*doors).seen
    assert list(seen) == list(dict.fromkeys(doors))
    assert {one.how for one in seen.values()} == {"refused"}


def test_one_that_has_ended_is_said_so_before_anything_is_measured(engine):
    ended = engine.run(BUSYBOX, "true", name="ddtest-ended")
    ended.wait_exit()
    with pytest.raises(Failed, match="is not running: it exited with code 0"):
        engine.reach(Door(ended, "127.0.0.1", 80))
    ended.remove()


def test_a_container_tells_its_addresses_and_names_in_each_network(app):
    api = app["api"].addresses
    assert list(api) == [BACK, FRONT]
    assert api[BACK].aliases == ("ddtest-service",)
    assert api[FRONT].aliases == ()
    assert api[FRONT].ip.rsplit(".", 1)[0] == api[FRONT].gateway.rsplit(".", 1)[0]


def test_a_network_tells_who_is_in_it_and_how_it_was_made(engine, app):
    front, back = engine.network(FRONT), engine.network(BACK)
    assert [member.name for member in front.members] == ["ddtest-api", "ddtest-shy", "ddtest-web"]
    assert (front.is_internal, back.is_internal, front.driver) == (False, True, "bridge")
    assert engine.has_network(FRONT)
    assert not engine.has_network("ddtest-fro")
    assert engine.scene_network(FRONT).id == front.id
    with pytest.raises(Failed, match="no network called `ddtest-none`"):
        engine.network("ddtest-none")


@pytest.fixture(scope="module")
def lent(host):
    """An Engine of its own, whose machine may get routes: a network has one range, and a VPN another one."""
    with start_engine(host) as connection, Engine(connection, "networking", session="lent") as engine:
        engine.make_network("ddtest-corp", subnet="10.52.16.0/20")
        opened = "ip link add vpn0 type bridge; ip link set vpn0 up; ip route add 10.53.0.0/16 dev vpn0; ip route"
        engine.once(BUSYBOX, "sh", "-c", opened, network_mode="host", cap_add=["NET_ADMIN"])
        yield engine


def test_a_range_that_another_network_has_ends_in_a_sentence_that_names_both(lent):
    with pytest.raises(DrydockError) as refused:
        lent.make_network("ddtest-again", subnet="10.52.31.0/24")
    assert refused.value.what == (
        "The network `ddtest-again` cannot have 10.52.31.0/24: the network `ddtest-corp` (10.52.16.0/20) has addresses "
        "of that."
    )
    assert not lent.has_network("ddtest-again")


def test_a_range_that_a_vpn_has_ends_in_a_sentence_that_names_both(lent):
    with pytest.raises(DrydockError) as refused:
        lent.make_network("ddtest-again", subnet="10.53.1.0/24")
    assert refused.value.what == (
        "The network `ddtest-again` cannot have 10.53.1.0/24: the route `10.53.0.0/16 dev vpn0` of the Engine's "
        "machine has addresses of that."
    )
    assert lent.make_network("ddtest-beside", subnet="10.54.0.0/24").subnets == ["10.54.0.0/24"]


def test_where_all_ranges_are_taken_it_is_said_who_has_them(lent):
    halves = "for half in 0.0.0.0/1 128.0.0.0/1; do ip route $0 $half dev vpn0; done; ip route"
    lent.once(BUSYBOX, "sh", "-c", halves, "add", network_mode="host", cap_add=["NET_ADMIN"])
    try:
        with pytest.raises(DrydockError) as refused:
            lent.make_network("ddtest-any")
        # A range that is asked for by number goes before a way to everywhere.
        assert lent.make_network("ddtest-asked", subnet="10.55.0.0/24").subnets == ["10.55.0.0/24"]
    finally:
        lent.once(BUSYBOX, "sh", "-c", halves, "del", network_mode="host", cap_add=["NET_ADMIN"])
    assert "The network `ddtest-any` cannot be made: " in refused.value.what
    assert "the route `128.0.0.0/1 dev vpn0` of the Engine's machine" in refused.value.what


def test_a_container_leaves_a_network_for_a_while_and_comes_back_as_it_was(lent):
    network = lent.network("ddtest-corp")
    one = lent.run(BUSYBOX, *SERVER, name="ddtest-one", network="ddtest-corp", aliases=["ddtest-page"])
    fixed = lent.run(BUSYBOX, *SERVER, name="ddtest-two")
    network.connect(fixed, address="10.52.16.77")
    began = {container: container.state["StartedAt"] for container in (one, fixed)}
    assert [container.addresses["ddtest-corp"].asked_for for container in (one, fixed)] == ["", "10.52.16.77"]
    for container in (one, fixed):
        with network.without(container) as had:
            assert had.ip
            assert "ddtest-corp" not in container.addresses
    assert fixed.addresses["ddtest-corp"].ip == "10.52.16.77"
    assert lent.reach(door := Door(fixed, "ddtest-page", 80)).seen[door].is_open
    assert {container: container.state["StartedAt"] for container in (one, fixed)} == began


def test_the_interface_of_a_bridge_is_on_the_engines_machine(engine, app):
    found = engine.once(BUSYBOX, "ls", "/sys/class/net", network_mode="host").stdout.split()
    assert app["front"].interface in found


def test_one_more_container_can_stand_beside_another_under_its_name(engine, app):
    other = engine.run(PYTHON, "python", "-c", ECHO, network=BACK, aliases=["ddtest-store", "ddtest-echo"])
    assert other.addresses[BACK].aliases == ("ddtest-store", "ddtest-echo")
    asked = "import socket; print(len(socket.gethostbyname_ex('ddtest-store')[2]))"
    done = engine.once(PYTHON, "python", "-c", asked, network_mode=f"container:{app['api'].id}")
    assert done.stdout == "2\n"
    other.remove()


def test_the_machine_tells_its_addresses_beside_loopback(engine, app):
    own = engine.own_addresses
    assert app["web"].addresses[FRONT].gateway in own
    assert not [address for address in own if address.startswith("127.")]
    quiet, loud = engine.run(BUSYBOX, *SERVER, publish=[80]), engine.create(
        BUSYBOX, *SERVER, name="ddtest-loud", ports={"80/tcp": None}
    )  # fmt: skip
    loud.start()
    doors = [Door(None, address, container.published(80)[0][1], container is loud)
             for container in (quiet, loud) for address in own]  # fmt: skip
    assert engine.reach(*doors).wrong == []
    for container in (quiet, loud):
        container.remove()


def test_where_anything_listens_is_told_by_the_kernel_whatever_the_image_has(engine, app):
    assert engine.listening_at(app["shy"]) == [("127.0.0.1", 80)]
    assert engine.listening_at(app["store"]) == []  # it listens for UDP alone
    assert [port for _, port in engine.listening_at(app["web"])] == [80]


def test_another_like_it_knows_others_by_the_same_names(engine, app):
    mine = {FRONT: EndpointConfig("1.41", links={"ddtest-web": "page.of.others"})}
    first = engine.create(
        BUSYBOX, "sleep", "60", name="ddtest-links", network=FRONT, networking_config=mine
    )  # fmt: skip
    first.start()
    for other in (first, first.made_anew(), first.twin()):
        assert engine.reach(door := Door(other, "page.of.others", 80)).seen[door].is_open
        other.remove()
