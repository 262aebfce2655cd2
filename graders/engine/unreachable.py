"""What a build wanted from a network that is not there: nobody's mistake, so no verdict."""

from __future__ import annotations

import re

from graders.engine.words import familiar
from graders.errors import DrydockError

_BUILDER = re.compile(
    r"dial tcp|no such host|i/o timeout|connection refused|connection reset|network is unreachable|no route to host"
    r"|tls handshake|temporary failure|server misbehaving|proxyconnect|deadline exceeded|toomanyrequests|x509:"
    r"|: EOF$",
    re.IGNORECASE,
)
"""What Docker and Podman say where a registry or a server cannot be reached; one that answers says something else."""
_COMMAND = re.compile(
    r"temporary failure (?:resolving|in name resolution)|could not contact dns|network is unreachable|no route to host"
    r"|could not resolve (?:host: |')?\S*\.\w|unable to resolve host address .\S*\.\w|bad address '\S*\.\w"
    r"|name or service not known|no address associated with hostname|getaddrinfo (?:eai_again|enotfound)"
    r"|failed to establish a new connection|connection (?:broken by|timed out)|certificate verify failed"
    r"|temporary error \(try again later\)|could not connect to \S*\.\w"
    r"|failed to fetch https?:|dial tcp: lookup",
    re.IGNORECASE,
)
"""What apt, pip, apk, npm, curl, wget and git say there. A name without a dot is a container's, not the network's."""
_IMAGE = re.compile(
    r"(?:load metadata for |source metadata for |docker-image://|^(?:\[[^]]*\] )?FROM |docker://)(?P<name>[^\s:,\"]+"
    r"(?::\d+/[^\s:,\"]+)?(?::[\w.-]+)?)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s\"']+")


def by_the_builder(step: str, reason: str, frontend: str) -> str:
    """What the builder itself could not fetch: an image, a frontend, a file of ADD; empty where that is not it."""
    if not _BUILDER.search(reason):
        return ""
    found = _IMAGE.search(step) or _IMAGE.search(reason)
    name = familiar(found["name"]) if found else ""
    if frontend and ("resolve image config" in step or name == familiar(frontend) or frontend in reason):
        return f"the frontend `{frontend}` of its syntax line"
    if name:
        return f"the image `{name}`, which is not on this Engine"
    address = _ADDRESS.search(step)
    return f"`{address[0]}`" if address else "something from the network"


def by_a_command(log: str) -> str:
    """What a command in the build said of the network that it missed; empty where it missed none."""
    line = next((line.strip() for line in log.splitlines() if _COMMAND.search(line)), "")
    return f"the network, and has none: {line[:100]}" if line else ""


def error(who: str, missing: str) -> DrydockError:
    """Sentences for what could not be fetched."""
    return DrydockError(
        f"{who} needs {missing}.".replace("..", "."),
        "It could not be fetched from here, so nothing is judged. See that the name is right; else use what the "
        "exercise brings, or check again where the network is.",
    )
