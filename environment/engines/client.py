"""A client of an Engine's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import docker

CONNECTIONS = 16
"""That one client keeps open: checks ask side by side."""


def new_client(
    url: str, version: str, *, seconds: int, tls: docker.tls.TLSConfig | bool = False
) -> docker.DockerClient:
    """Return a client of the Engine at `url`, which speaks the newest version of the API that both sides know.

    `version` is the newest of the Engine's; a call may take so many seconds. Over ssh:// the command ssh is used.
    """
    import docker
    from docker.constants import DEFAULT_DOCKER_API_VERSION as NEWEST
    from docker.utils import version_lt

    client = docker.DockerClient(
        base_url=url,
        version=version if version_lt(version, NEWEST) else NEWEST,
        timeout=seconds,
        max_pool_size=CONNECTIONS,
        tls=tls,
        use_ssh_client=True,
    )
    client.api.trust_env = False  # else REQUESTS_CA_BUNDLE and the proxies of the web overrule what reaches the Engine
    return client
