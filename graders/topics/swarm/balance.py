from graders.author import Answer, Container, Engine, Failed, Service, check

OFFICE, CLERKS, PORTER, WINDOW = "dd-office", "dd-clerks", "dd-porter", "dd-window"
IMAGE, TOOLS, PORT, PAGE = "dd-clerk:1.0", "busybox:1.37", 8080, "/cgi-bin/clerk"
PORTER_PORT, WINDOW_PORT, MESH = 18496, 18497, "swarm-ingress"
CLERKS_WANTED, WINDOWS_WANTED = 3, 2
STARTS, ASKED = 15, 40
"""Seconds until all tasks run, and how often is asked at most: one of three that answers is never missed by chance."""
LOOKS = f"""
nslookup -type=a {CLERKS} | sed -n '/^Name/,$s/^Address: *//p'
echo
for turn in $(seq {ASKED}); do wget -T 3 -q -O - http://{CLERKS}:{PORT}{PAGE} || break; done
"""
PUBLISHED = {"Protocol": "tcp", "TargetPort": PORT, "PublishedPort": WINDOW_PORT, "PublishMode": "ingress"}
COMMAND = 'CMD ["clerk"]'
PORTS = "{{json .Spec.EndpointSpec}}"


def prepare(engine: Engine, answer: Answer) -> None:
    programs = "chmod +x /bin/clerk /srv/cgi-bin/clerk"
    engine.make_image("busybox:1.37", programs, content=answer.scene / "clerk", name=IMAGE, changes=[COMMAND])


@check(points=1)
def office(engine: Engine) -> None:
    """`dd-office` is an overlay network that any container can join."""
    told = engine.network(OFFICE).evidence("{{.Driver}} attachable: {{.Attachable}}")
    if told[-1] != "overlay attachable: true":
        raise Failed(
            f"`{OFFICE}` is no overlay network that a container outside of all services can join.",
            hint="A swarm keeps its networks to its services, if it is not told otherwise. Networks are not changed: "
            "remove it, and make it anew.",
            evidence=told,
        )


@check(needs=office, points=3)
def clerks(engine: Engine) -> None:
    """In there the name `dd-clerks` leads to the addresses of three containers, and each of the three answers."""
    found = _running(engine, CLERKS, CLERKS_WANTED)
    own = sorted(joined.ip for one in found for name, joined in one.addresses.items() if name == OFFICE)
    said = engine.once(TOOLS, "sh", "-c", LOOKS, network=OFFICE)
    led, _, answers = said.stdout.partition("\n\n")
    if sorted(led.split()) != own or {*answers.splitlines()} != {_answer(one) for one in found}:
        leads, met = {*led.split()}, {*answers.splitlines()} - {""}
        ways = f"{len(leads & {*own})} of the {CLERKS_WANTED} clerks' own addresses, and to {len(leads - {*own})} other"
        raise Failed(
            f"The name `{CLERKS}` leads to the {CLERKS_WANTED} clerks, and {len(met)} have answered."
            if leads == {*own}
            else f"The name `{CLERKS}` leads to {ways}.",
            hint="Who stands between a name and the tasks, if you say nothing?",
            evidence=_wanted(engine, CLERKS),
        )


@check(points=2)
def porter(engine: Engine) -> None:
    """Each node has its own `dd-porter`, which answers at port 18496 of that node."""
    [found] = _running(engine, PORTER, None)
    said = engine.request(f"http://127.0.0.1:{PORTER_PORT}{PAGE}", wait=5)
    if f"{PORT}/tcp" not in found.published_ports or said.body.strip() != _answer(found):
        raise Failed(
            f"Port {PORTER_PORT} of the node is no port of the porter's container.",
            hint="A port can be the whole swarm's, or that of the node on which the task runs.",
            evidence=[*_wanted(engine, PORTER), *found.port_evidence()],
        )


@check(points=2)
def window(engine: Engine) -> None:
    """Port 18497 leads through the routing mesh to both replicas of `dd-window`."""
    found = _running(engine, WINDOW, WINDOWS_WANTED)
    if engine.service(WINDOW).attributes["Endpoint"]["Spec"].get("Ports") != [PUBLISHED]:
        raise Failed(
            f"`{WINDOW}` is not asked through the mesh, from port {WINDOW_PORT} to port {PORT} of its containers.",
            hint="`docker service create --publish` says both ports, and the mode.",
            evidence=_wanted(engine, WINDOW),
        )
    if not engine.capabilities[MESH]:
        # At its loopback a node is not asked through the mesh; at each of its other addresses it is.
        url = f"http://{engine.own_addresses[0]}:{WINDOW_PORT}{PAGE}"
        answers = [engine.request(url, wait=10).body.strip() for _ in range(4 * WINDOWS_WANTED)]
        if {*answers} != {_answer(one) for one in found}:
            raise Failed("Not all replicas answer there.", evidence=[f"$ curl {url}", *sorted({*answers})])


def _running(engine: Engine, name: str, replicas: int | None) -> list[Container]:
    """The containers of a service that wants so many replicas of the image, or with None one on each node."""
    service: Service = engine.service(name)
    if service.image != IMAGE or service.replicas != replicas or service.is_global != (replicas is None):
        wanted = f"{replicas} replicas" if replicas else "one task on each node"
        shown = "{{.Name}} {{.Mode}} {{.Image}}"
        raise Failed(
            f"`{name}` wants {service.wants} of `{service.image}`. It is to want {wanted}, of `{IMAGE}`.",
            evidence=engine.docker("service", "ls", "--filter", f"name={name}", "--format", shown).evidence,
        )
    return service.lasting(replicas or 1, STARTS)


def _wanted(engine: Engine, name: str) -> list[str]:
    return engine.docker("service", "inspect", "--format", PORTS, name).evidence


def _answer(clerk: Container) -> str:
    return f"clerk {clerk.id[:12]}"
