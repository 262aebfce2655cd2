"""Clients of an Engine: docker-py's, and the variables that turn the docker CLI to an Engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import docker

CONNECTIONS = 16
"""That one client keeps open: checks ask side by side."""

NAMES_AN_ENGINE = {
    "DOCKER_HOST",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
}
"""Variables that would turn the docker CLI of a script to another Engine than the script's."""


def naming_no_engine(variables: Mapping[str, str] | None) -> dict[str, str]:
    """Return the variables that a script may have, whatever its caller gives it."""
    return {name: value for name, value in (variables or {}).items() if name not in NAMES_AN_ENGINE}


def variables_for(url: str, keys: Path | None = None) -> dict[str, str]:
    """Return the variables with which the docker CLI reaches an Engine, with TLS if there is a folder of keys.

    An empty value counts as none: what else the surroundings say must not speak against this Engine.
    """
    return {
        "DOCKER_HOST": url,
        "DOCKER_TLS": "",
        "DOCKER_TLS_VERIFY": "1" if keys else "",
        "DOCKER_CERT_PATH": str(keys or ""),
        "DOCKER_CONTEXT": "",
        "DOCKER_API_VERSION": "",
        "BUILDX_BUILDER": "",
    }


def new_client(
    url: str, version: str, *, seconds: int, tls: docker.tls.TLSConfig | bool = False
) -> docker.DockerClient:
    """Return a client of the Engine at `url`, which speaks the newest version of the API that both sides know.

    `version` is the newest of the Engine's; a call may take so many seconds. Over ssh:// the command ssh is used.
    """
    import docker
    from docker.constants import DEFAULT_DOCKER_API_VERSION as NEWEST
    from docker.utils import version_lt
    from docker.utils.proxy import ProxyConfig

    client = docker.DockerClient(
        base_url=url,
        version=version if version_lt(version, NEWEST) else NEWEST,
        timeout=seconds,
        max_pool_size=CONNECTIONS,
        tls=tls,
        use_ssh_client=True,
    )
    # Proxies of the web in docker's settings are for the learner's containers, not for those of a grader.
    client.api._proxy_configs = ProxyConfig()  # type: ignore[attr-defined]  # noqa: SLF001 - docker-py keeps it there
    client.api.trust_env = False  # else REQUESTS_CA_BUNDLE and the proxies of the web overrule what reaches the Engine
    return client
