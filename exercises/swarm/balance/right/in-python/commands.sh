python3 - <<'END'
import docker
from docker.types import EndpointSpec, NetworkAttachmentConfig, ServiceMode

client = docker.from_env()
if client.info()["Swarm"]["LocalNodeState"] != "active":
    client.swarm.init(advertise_addr="127.0.0.1")
office = client.networks.create("dd-office", driver="overlay", attachable=True)
create = client.services.create
joined = [NetworkAttachmentConfig(office.id, aliases=["clerk"])]
three = ServiceMode("replicated", replicas=3)
create("dd-clerk:1.0", name="dd-clerks", mode=three, networks=joined, endpoint_spec=EndpointSpec(mode="dnsrr"))
own, mesh = EndpointSpec(ports={18496: (8080, "tcp", "host")}), EndpointSpec(ports={18497: 8080})
create("dd-clerk:1.0", name="dd-porter", mode="global", endpoint_spec=own)
create("dd-clerk:1.0", name="dd-window", mode=ServiceMode("replicated", replicas=2), endpoint_spec=mesh)
END
