import re
import time

from graders.author import Answer, Attributes, Build, Container, DrydockError, Engine, Failed, check, hinted

HEALTHY_SECONDS, UNHEALTHY_SECONDS = 15, 20
DATA = "departures.csv"
OUT_OF_TIME, KEPT_PROBES = -1, 5
"""The exit code of a health check that took too long, and how many probes an Engine remembers."""
NOTHING_RAN = {-1, 126, 127}
"""Exit codes of a health check whose command could not be started."""
MISSING_TOOL = re.compile(
    r'exec: "([^"]+)": executable file not found|(?:\d+|line \d+): ([^\s:]+): (?:command )?not found'
)
Started = tuple[Container, Container, Container]
"""One to break, one to freeze, one to leave alone."""
FREEZE = 'for p in /proc/[0-9]*; do grep -q "[k]iosk.py" "$p/cmdline" && kill -STOP "${p#/proc/}"; done; true'


@check(points=1)
def builds(engine: Engine, answer: Answer) -> Build:
    """The Dockerfile builds."""
    return engine.build(answer.path)


@check(needs=builds, points=1)
def has_health(builds: Build) -> Attributes:
    """The image has a health check."""
    with hinted("Which instruction of a Dockerfile tells the Engine how to look after a container?"):
        return builds.image.health_check()


@check(needs=has_health, points=2)
def becomes_healthy(builds: Build, has_health: Attributes, engine: Engine) -> Started:
    """A container of the image is `healthy` within 15 seconds of its start."""
    if (first := _first_probe(has_health)) > HEALTHY_SECONDS:  # a slow Engine is given more time, which would do
        raise Failed(
            f"The health check runs for the first time {first:g} seconds after the start. Until then the container is "
            "`starting`.",
            hint="How often is it to run? HEALTHCHECK takes options before CMD; without one it is every 30 seconds.",
            evidence=builds.image.evidence("{{json .Config.Healthcheck}}"),
        )
    to_break, to_freeze, left_alone = (
        engine.run(builds.image, publish=[8080], restart_policy={"Name": "always"}) for _ in range(3)
    )
    for container in (to_break, to_freeze, left_alone):
        over = container.becomes("healthy", HEALTHY_SECONDS, or_else=_could_not_run)
        if not over or _could_not_run(container.attributes):
            container.running()
            raise _not_healthy(container, has_health)
    return to_break, to_freeze, left_alone


def _could_not_run(attributes: Attributes) -> bool:
    probes = (attributes["State"].get("Health") or {}).get("Log") or []
    return any(p["ExitCode"] in NOTHING_RAN or MISSING_TOOL.search(str(p["Output"])) for p in probes)


def _not_healthy(container: Container, health: Attributes) -> Failed:
    probes = container.probes
    missing = MISSING_TOOL.search(str(probes[-1]["Output"])) if probes else None
    message = f"After {HEALTHY_SECONDS} seconds the container is `{container.health}`: its health check "
    if missing:
        message = f"The health check cannot run: there is no `{missing[1] or missing[2]}` in the image."
        hint = "The command runs in the container. Which program that can ask is in this image anyway?"
    elif probes:
        message += f"ended with exit code {probes[-1]['ExitCode']}."
        hint = "What did the command say? The Engine keeps the last lines of it."
    else:
        message += f"runs every {_seconds(health, 'Interval'):g} seconds, and has not ended once."
        hint = "How often is it to run? HEALTHCHECK takes options before CMD."
    return Failed(message, hint=hint, evidence=container.health_evidence())


def _seconds(health: Attributes, option: str, usual: float = 30) -> float:
    return float(health.get(option) or usual * 1e9) / 1e9


def _first_probe(health: Attributes) -> float:
    """How soon after the start the first probe can begin (https://docs.docker.com/reference/dockerfile/#healthcheck)."""
    interval = _seconds(health, "Interval")
    return min(interval, _seconds(health, "StartInterval", usual=5)) if health.get("StartPeriod") else interval


@check(needs=becomes_healthy, points=1)
def unchanged(becomes_healthy: Started, engine: Engine, answer: Answer) -> None:
    """`kiosk.py` is as it was given, in the folder and in the container."""
    engine.unchanged(answer, becomes_healthy[2], "kiosk.py")


@check(needs=becomes_healthy, points=1)
def stays_healthy(becomes_healthy: Started, has_health: Attributes) -> None:
    """It stays `healthy` as long as the app is well."""
    left_alone, seen = becomes_healthy[2], [probe["Start"] for probe in becomes_healthy[2].probes]
    enough = min(has_health.get("Retries") or 3, KEPT_PROBES - 1) + 1

    def later(attributes: Attributes) -> list[Attributes]:
        return [probe for probe in attributes["State"]["Health"]["Log"] or [] if probe["Start"] not in seen]

    left_alone.wait_until(
        lambda a: a["State"]["Health"]["Status"] == "unhealthy" or len(later(a)) >= enough, UNHEALTHY_SECONDS
    )
    failed = [probe for probe in left_alone.probes if probe["Start"] not in seen and probe["ExitCode"]]
    if left_alone.health != "unhealthy" and (not failed or len(failed) < len(later(left_alone.attributes))):
        return
    if all(probe["ExitCode"] == OUT_OF_TIME for probe in failed):
        raise DrydockError(
            "The app was left alone, and its health check, which had answered, did not end in its time any more.",
            "See that the Engine is not overloaded and check again.",
        )
    raise Failed(
        f"The app was left alone and answers; its health check was well at first, and then failed {len(failed)} times.",
        hint="The command runs again and again in the same container. What does it find there the second time?",
        evidence=left_alone.health_evidence(),
    )


@check(needs=becomes_healthy, points=2)
def notices_errors(becomes_healthy: Started, has_health: Attributes) -> float:
    """It is `unhealthy` within 20 seconds of the first answer with an error."""
    broken, frozen, _ = becomes_healthy
    # The other one is frozen at the same time, so that nobody waits twice.
    frozen.kill("STOP")
    frozen.exec("sh", "-c", FREEZE, user="0")
    frozen_at = time.monotonic()
    broken.exec("find", "/", "-xdev", "-name", DATA, "-delete", user="0")
    try:
        response = broken.request("/", port=8080)
    except Failed:
        # One that its health check has ended before it was asked is judged further below.
        if _ended(broken.attributes):
            return frozen_at
        raise
    if response.status != 503:
        raise Failed(
            f"The app was to answer with status 503 when it has no `{DATA}`; it {response.seen}.",
            hint="`kiosk.py` stays as it is. `%reset` brings it back.",
            evidence=broken.log_evidence(),
        )
    hint = "What does the command do with a 503?"
    _see_noticed(broken, has_health, UNHEALTHY_SECONDS, "answers each request with status 503", hint)
    return frozen_at


def _see_noticed(container: Container, health: Attributes, left: float, does: str, hint: str) -> None:
    # One that ended was noticed too; that is judged further below.
    if container.becomes("unhealthy", left, or_else=_ended):
        return
    streak, retries = container.state["Health"]["FailingStreak"], health.get("Retries") or 3
    if 0 < streak < retries:
        does += f", the health check has failed {streak} times in a row, and {retries} make it `unhealthy`"
        hint = f"How many failures, how far apart, fit into {UNHEALTHY_SECONDS} seconds?"
    raise Failed(
        f"For {UNHEALTHY_SECONDS} seconds the app {does}; the container is `{container.health}`.",
        hint=hint,
        evidence=container.health_evidence(),
    )


def _ended(attributes: Attributes) -> bool:
    return attributes["RestartCount"] > 0 or not attributes["State"]["Running"]


@check(needs=notices_errors, points=2)
def notices_silence(becomes_healthy: Started, notices_errors: float, has_health: Attributes) -> None:
    """It is `unhealthy` within 20 seconds after the app stops answering."""
    hint, timeout = "What does the command look at? The app must be asked.", _seconds(has_health, "Timeout")
    if timeout > UNHEALTHY_SECONDS / 3:
        hint = f"The command may wait {timeout:g} seconds for its answer before that counts as a failure. Who says so?"
    left = max(0.0, notices_errors + UNHEALTHY_SECONDS - time.monotonic())
    _see_noticed(becomes_healthy[1], has_health, left, "has answered nothing", hint)


@check(needs=notices_errors, points=1)
def only_looks(becomes_healthy: Started) -> None:
    """Nobody ended or restarted the broken container, though `--restart always` was given."""
    broken = becomes_healthy[0]
    if _ended(broken.attributes):
        raise Failed(
            "The health check ended the app. `--restart always` starts what has ended, so the container began anew, "
            "and it is as broken as before.",
            hint="A health check reports. What is to happen then, others decide: a person, or Swarm or Kubernetes.",
            evidence=broken.evidence("restarted {{.RestartCount}} times"),
        )
