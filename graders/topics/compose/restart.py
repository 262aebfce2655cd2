from graders.author import AfterRestart, Answer, Engine, Failed, Project, check

RADIO, SIREN, TIDE = "radio", "siren", "tide"
MORE = 3
SECONDS = 20
FAULT = "echo {} >/tmp/fault"
POLICY = "{{.HostConfig.RestartPolicy}}"
SURVIVED_BY = {"always": {"left", "stopped"}, "on-failure": {"left", "stopped"}, "unless-stopped": {"left"}}
"""What runs after a restart of the Engine, of what was left running and what was stopped by hand; both had a signal."""


@check(points=2)
def up(engine: Engine, answer: Answer) -> Project:
    """Images and commands are as they were; `radio` and `siren` run, and `tide` ends well and is not run again."""
    project = engine.project(answer.path, variables={"OFFICE": "open"})
    given = engine.project(answer.given, variables={"OFFICE": "open"})
    for service in (RADIO, SIREN, TIDE):
        now, first = ((one.config["services"].get(service) or {}) for one in (project, given))
        if other := [key for key in ("image", "entrypoint", "command") if now.get(key) != first.get(key)]:
            raise Failed(
                f"`{other[0]}` of `{service}` is not what it was.",
                hint="It is the Engine that is to start a service again. `%reset` brings the file back.",
                evidence=[f"$ docker compose config {service}", f"{other[0]}: {now.get(other[0])}"],
            )
    project.up()
    for service in (RADIO, SIREN):
        project.container(service).running()
    tide = project.container(TIDE)
    tide.wait_until(lambda seen: seen["State"]["Status"] == "exited" or seen["RestartCount"] > 0, SECONDS)
    if tide.attributes["RestartCount"] or tide.state["Status"] != "exited" or tide.state["ExitCode"]:
        raise Failed(
            f"The office was open. `{TIDE}` should end with 0 and stay so, and did not.",
            hint="Which policies start again what has ended well?",
            evidence=tide.evidence(POLICY),
        )
    return project


@check(needs=up, points=2)
def crashed(up: Project) -> None:
    """When its program fails, the Engine starts `radio` again, and `siren` whenever its program ends."""
    for service, code in ((RADIO, 1), (SIREN, 0)):
        container = up.container(service)
        container.exec("sh", "-c", FAULT.format(code))
        back = container.wait_until(
            lambda seen: seen["RestartCount"] > 0 or seen["State"]["Status"] == "exited", SECONDS
        )
        if not container.attributes["RestartCount"]:
            seen = f"`{service}` stays down" if back else "did not"
            raise Failed(
                f"The program in `{service}` was told to end, with exit code {code}, and {seen}.",
                hint="Which policies start again what ended so?",
                evidence=[
                    f'$ docker compose exec {service} sh -c "{FAULT.format(code)}"',
                    *container.evidence(POLICY),
                    *container.evidence("{{.State.Status}}, exit code {{.State.ExitCode}}"),
                ],
            )


@check(needs=up, points=2)
def tries(engine: Engine, answer: Answer) -> None:
    """A `tide` that fails is tried three more times, and then no more."""
    project = engine.project(answer.path, variables={"OFFICE": "closed"})
    project.up(TIDE)
    tide = project.container(TIDE)
    tide.wait_until(lambda seen: seen["State"]["Status"] == "exited" or seen["RestartCount"] > MORE, SECONDS)
    again = int(tide.attributes["RestartCount"])
    ended, failed = tide.state["Status"] == "exited", tide.state["ExitCode"] != 0
    if not (ended and failed and again == MORE):
        seen = f"was tried {again} more times, and then no more" if failed else "ended with 0"
        raise Failed(
            f"The office was closed, and `{TIDE}` {seen if ended else 'was tried again and again'}.",
            hint="The first run is none of the three. Which policy looks at the exit code, and counts?",
            evidence=["$ OFFICE=closed docker compose up --detach", *tide.evidence(POLICY)],
        )


@check(needs=[crashed, tries, up], points=3)
def restarted(up: Project) -> None:
    """After a restart of the Engine (never of your own), `radio` is as it was before, and `siren` runs."""
    done = up.engine_restarted(left=[RADIO], stopped=[RADIO, SIREN])
    after = done or _noted(up)
    for service, before, seen, wanted in (
        (RADIO, "Left running", after.left[RADIO], "running"),
        (RADIO, "Stopped by hand", after.stopped[RADIO], "exited"),
        (SIREN, "Stopped by hand", after.stopped[SIREN], "running"),
    ):
        if seen != wanted:
            how = "A throwaway one was restarted." if done else "So its policy says: your own was not restarted."
            raise Failed(
                f"{before}, `{service}` is {seen} after a restart of the Engine, not {wanted}. {how}",
                hint="Which policy remembers that somebody stopped it, and which forgets?",
                evidence=up.container(service).evidence(POLICY),
            )


def _noted(project: Project) -> AfterRestart:
    """What a restart would bring back, by the policies that the Engine has noted."""
    noted = {one: project.container(one).host_config["RestartPolicy"]["Name"] for one in (RADIO, SIREN)}
    seen = {
        when: {one: "running" if when in SURVIVED_BY.get(name, ()) else "exited" for one, name in noted.items()}
        for when in ("left", "stopped")
    }
    return AfterRestart(**seen)
