import re
import time

from graders.author import Answer, Attributes, Build, Container, Engine, Failed, check

HEALTHY_SECONDS, UNHEALTHY_SECONDS = 15, 20
DATA = "departures.csv"
NOTHING_RAN = {-1, 126, 127}
"""Exit codes of a health check whose command could not be started."""
MISSING_TOOL = re.compile(
    r'exec: "([^"]+)": executable file not found|(?:\d+|line \d+): ([^\s:]+): (?:command )?not found'
)
FREEZE = 'for p in /proc/[0-9]*; do grep -q "[k]iosk.py" "$p/cmdline" && kill -STOP "${p#/proc/}"; done; true'
HEALTH = "{{json .State.Health}}"


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=1)
def has_health(builds: Build) -> Attributes:
    """The image has a health check."""
    health = dict(builds.image.config.get("Healthcheck") or {})
    if health.get("Test", ["NONE"])[0] == "NONE":
        raise Failed(
            "The image switches the health check off." if health else "The image has no health check.",
            hint="Which instruction of a Dockerfile tells the Engine how to look after a container?",
            evidence=builds.image.evidence("{{json .Config.Healthcheck}}"),
        )
    return health


@check(needs=has_health, points=2)
def becomes_healthy(builds: Build, has_health: Attributes, engine: Engine) -> tuple[Container, Container]:
    """A container of the image is `healthy` within 15 seconds of its start."""
    to_break, to_freeze = (
        engine.run(builds.image, publish=[8080], restart_policy={"Name": "always"}) for _ in range(2)
    )
    for container in (to_break, to_freeze):
        over = container.wait_until(lambda a: _status(a) == "healthy" or _could_not_run(a), HEALTHY_SECONDS)
        attributes = container.attributes
        if not over or _could_not_run(attributes):
            container.running()
            raise _not_healthy(attributes, has_health)
    return to_break, to_freeze


def _status(attributes: Attributes) -> str:
    return str((attributes["State"].get("Health") or {}).get("Status"))


def _probes(attributes: Attributes) -> list[Attributes]:
    return list((attributes["State"].get("Health") or {}).get("Log") or [])


def _could_not_run(attributes: Attributes) -> bool:
    return any(p["ExitCode"] in NOTHING_RAN or MISSING_TOOL.search(str(p["Output"])) for p in _probes(attributes))


def _not_healthy(attributes: Attributes, health: Attributes) -> Failed:
    probes = _probes(attributes)
    if not probes:
        every = (health.get("Interval") or 30_000_000_000) / 1e9
        return Failed(
            f"After {HEALTHY_SECONDS} seconds the container is `{_status(attributes)}`: "
            f"its health check runs every {every:g} seconds, and has not ended once.",
            hint="How often is it to run? HEALTHCHECK takes options before CMD.",
            evidence=_health_evidence(attributes),
        )
    said = str(probes[-1]["Output"]).strip()
    if missing := MISSING_TOOL.search(said):
        return Failed(
            f"The health check cannot run: there is no `{missing[1] or missing[2]}` in the image.",
            hint="The command runs in the container. Which program that can ask is in this image anyway?",
            evidence=_health_evidence(attributes),
        )
    return Failed(
        f"After {HEALTHY_SECONDS} seconds the container is `{_status(attributes)}`: "
        f"its health check ended with exit code {probes[-1]['ExitCode']}.",
        hint="What did the command say? The Engine keeps the last lines of it.",
        evidence=_health_evidence(attributes),
    )


def _health_evidence(attributes: Attributes) -> list[str]:
    shown = [f"$ docker inspect --format '{HEALTH}' my-container", f"status {_status(attributes)}"]
    for probe in _probes(attributes)[-2:]:
        said = str(probe["Output"]).strip().splitlines()[-1:]
        shown.append(f"exit code {probe['ExitCode']}{': ' if said else ''}{''.join(said)[:200]}")
    return shown


@check(needs=becomes_healthy, points=2)
def notices_errors(becomes_healthy: tuple[Container, Container], has_health: Attributes) -> float:
    """It is `unhealthy` within 20 seconds of the first answer with an error."""
    broken, frozen = becomes_healthy
    # The other one is frozen at the same time, so that nobody waits twice.
    frozen.kill("STOP")
    frozen.exec("sh", "-c", FREEZE, user="0")
    frozen_at = time.monotonic()
    broken.exec("find", "/", "-xdev", "-name", DATA, "-delete", user="0")
    response = broken.request("/", port=8080)
    if response.status != 503:
        raise Failed(
            f"The app was to answer with status 503 when it has no `{DATA}`; "
            + (f"it answers with {response.status}." if response.status else f"it does not answer: {response.error}"),
            hint="`kiosk.py` stays as it is. `%reset` brings it back.",
            evidence=broken.log_evidence(),
        )
    # One that ended was noticed too; that is judged further below.
    noticed = broken.wait_until(lambda a: _status(a) == "unhealthy" or _ended(a), UNHEALTHY_SECONDS)
    if not noticed:
        raise _not_noticed(
            broken, has_health, "answers each request with status 503", "What does the command do with a 503?"
        )
    return frozen_at


def _ended(attributes: Attributes) -> bool:
    return attributes["RestartCount"] > 0 or not attributes["State"]["Running"]


def _not_noticed(container: Container, health: Attributes, broken: str, hint: str) -> Failed:
    attributes = container.attributes
    streak = attributes["State"]["Health"]["FailingStreak"]
    retries = health.get("Retries") or 3
    if 0 < streak < retries:
        broken += f", the health check has failed {streak} times in a row, and {retries} make it `unhealthy`"
        hint = "How many failures, how far apart, fit into 20 seconds?"
    return Failed(
        f"For {UNHEALTHY_SECONDS} seconds the app {broken}; the container is `{_status(attributes)}`.",
        hint=hint,
        evidence=_health_evidence(attributes),
    )


@check(needs=notices_errors, points=2)
def notices_silence(
    becomes_healthy: tuple[Container, Container], notices_errors: float, has_health: Attributes
) -> None:
    """It is `unhealthy` within 20 seconds after the app stops answering."""
    frozen = becomes_healthy[1]
    left = max(0.0, notices_errors + UNHEALTHY_SECONDS - time.monotonic())
    if not frozen.wait_until(lambda a: _status(a) == "unhealthy" or _ended(a), left):
        timeout = (has_health.get("Timeout") or 30_000_000_000) / 1e9
        patient = (
            f"The command may wait {timeout:g} seconds for its answer before that counts as a failure. Who says so?"
        )
        hint = patient if timeout > UNHEALTHY_SECONDS / 3 else "What does the command look at? The app must be asked."
        raise _not_noticed(frozen, has_health, "has answered nothing", hint)


@check(needs=notices_errors, points=1)
def only_looks(becomes_healthy: tuple[Container, Container]) -> None:
    """Nobody ended or restarted the broken container, though `--restart always` was given."""
    broken = becomes_healthy[0]
    attributes = broken.attributes
    if _ended(attributes):
        raise Failed(
            "The health check ended the app. `--restart always` starts what has ended, so the container began anew, "
            "and it is as broken as before.",
            hint="A health check reports. What is to happen then, others decide: a person, or Swarm or Kubernetes.",
            evidence=[
                "$ docker inspect --format '{{.RestartCount}} {{.State.Health.Status}}' my-container",
                f"{attributes['RestartCount']} {_status(attributes)}",
                *broken.logs().strip().splitlines()[-4:],
            ],
        )
