docker swarm init --advertise-addr 127.0.0.1
python3 - <<'END'
import docker
from docker.types import EndpointSpec, Healthcheck, UpdateConfig

SECOND = 10**9
client = docker.from_env()
client.networks.create("dd-harbour", driver="overlay", attachable=True)
client.services.create(
    "dd-tides:1.0",
    name="dd-tides",
    networks=["dd-harbour"],
    endpoint_spec=EndpointSpec(mode="dnsrr"),
    healthcheck=Healthcheck(test=["CMD", "wget", "-q", "-O", "/dev/null", "localhost:8080/tide"], interval=SECOND, retries=9),
    update_config=UpdateConfig(parallelism=0, order="start-first", failure_action="rollback", monitor=SECOND),
)
END
