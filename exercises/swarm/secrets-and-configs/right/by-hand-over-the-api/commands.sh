docker swarm init --advertise-addr 127.0.0.1
python3 - <<'END'
import time
from pathlib import Path

import docker
from docker.types import ConfigReference, SecretReference

client = docker.from_env()


def given(number):
    key, notice = f"dd-customs-key-{number}", f"dd-customs-notice-{number}"
    secret = client.secrets.create(name=key, data=Path(f"key-{number}.txt").read_bytes())
    config = client.configs.create(name=notice, data=Path(f"notice-{number}.txt").read_bytes())
    return {
        "secrets": [SecretReference(secret.id, key, "key")],
        "configs": [ConfigReference(config.id, notice, "/etc/notice")],
    }


service = client.services.create("dd-customs:1.0", name="dd-customs", **given(1))
while not any(task["Status"]["State"] == "running" for task in service.tasks()):
    time.sleep(0.2)
service.reload()
service.update(**given(2), fetch_current_spec=True)
client.secrets.get("dd-customs-key-1").remove()
client.configs.get("dd-customs-notice-1").remove()
END
