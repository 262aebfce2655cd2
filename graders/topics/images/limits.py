from graders.author import Answer, Attributes, Container, Engine, Failed, check

LIMITED, GREEDY = "dd-limited", "dd-greedy"
MEGABYTE = 1 << 20
PLENTY = 512 * MEGABYTE
"""More than `dd-greedy` asks for."""
USUAL_PERIOD = 100_000
"""Microseconds for which a quota of processor time counts, where none are given."""
CAUSE = "code {{.State.ExitCode}}, killed for memory: {{.State.OOMKilled}}, memory limit: {{.HostConfig.Memory}}"
ENDED = {
    0: (
        "got all the memory it asked for and ended well",
        "Without a limit of its own, a container may use all memory of the machine.",
    ),
    137: (
        "was killed, with code 137, but not by the kernel for its memory: somebody else sent the signal",
        "Let it run the command of the exercise, and leave the killing to the kernel.",
    ),
}
POLICY = "{{.HostConfig.RestartPolicy}}, restarted {{.RestartCount}} times"
POLICIES = {
    "no": "leaves it as it ended",
    "always": "starts it again for ever, whatever its exit code is",
    "unless-stopped": "starts it again until somebody stops it, whatever its exit code is",
}


def variables(answer: Answer) -> dict[str, str]:
    return {
        "MEMORY": str(answer.number("memory", 32, 64)),
        "CPUS": f"0.{answer.number('cpus', 21, 79)}",
        "PIDS": str(answer.number("pids", 16, 40)),
        "RESTARTS": str(answer.number("restarts", 2, 4)),
    }


@check(points=1)
def running(engine: Engine) -> Container:
    """`dd-limited` runs, made from `busybox:1.37`."""
    return engine.container(LIMITED).running().from_image("busybox:1.37")


@check(needs=running, points=1)
def memory(running: Container, answer: Answer) -> int:
    """`dd-limited` may use `$MEMORY` megabytes of memory."""
    wanted = int(variables(answer)["MEMORY"])
    limit = running.host_config["Memory"]
    if limit != wanted * MEGABYTE:
        hint = "Which unit has the number? `40m` are 40 megabytes."
        raise Failed(
            f"`{LIMITED}` may use {in_megabytes(limit)} of memory, not {wanted} MB.",
            hint=hint if limit else "`docker run --help` lists a limit for memory.",
            evidence=running.evidence("memory {{.HostConfig.Memory}}"),
        )
    return int(limit)


@check(needs=memory, points=1)
def no_swap(running: Container, memory: int) -> None:
    """`dd-limited` gets no swap on top of its memory."""
    both = running.host_config["MemorySwap"] or 2 * memory
    if both != memory:
        swap = in_megabytes(0 if both < 0 else both - memory)
        raise Failed(
            f"`{LIMITED}` may use {swap} of swap on top of its memory.",
            hint="`--memory-swap` is the sum of memory and swap. Left out, it is twice the memory.",
            evidence=running.evidence("memory {{.HostConfig.Memory}}, with swap {{.HostConfig.MemorySwap}}"),
        )


@check(needs=running, points=1)
def processor(running: Container, answer: Answer) -> None:
    """`dd-limited` may use `$CPUS` of one processor."""
    wanted = variables(answer)["CPUS"]
    given = running.host_config
    share = given.get("NanoCpus", 0) / 1e9 or max(given["CpuQuota"], 0) / (given["CpuPeriod"] or USUAL_PERIOD)
    shown = "processors {{.HostConfig.NanoCpus}} / 1000000000, quota {{.HostConfig.CpuQuota}} of each "
    shown += "{{.HostConfig.CpuPeriod}} microseconds"
    if not share:
        raise Failed(
            f"The processor time of `{LIMITED}` has no limit. {in_place_of_a_quota(running)}.",
            hint="One option of `docker run` takes a number of processors, and the number may be a fraction.",
            evidence=running.evidence(shown),
        )
    if abs(share - float(wanted)) > 0.001:
        said = f"`{LIMITED}` may use {share:g} processors, not {wanted}."
        raise Failed(said, evidence=running.evidence(shown))


def in_place_of_a_quota(container: Container) -> str:
    given = container.host_config
    if given.get("CpuShares"):
        return "Shares are a weight that counts only while others want the processor too"
    if given.get("CpusetCpus"):
        return f"It is kept on processor {given['CpusetCpus']}, but may use all of that"
    return "It may use every processor of the machine"


@check(needs=running, points=1)
def processes(running: Container, answer: Answer) -> None:
    """`dd-limited` may have `$PIDS` processes at once."""
    wanted = int(variables(answer)["PIDS"])
    limit = running.host_config.get("PidsLimit") or 0
    if limit != wanted:
        ulimit = any(limit["Name"] == "nproc" for limit in running.host_config.get("Ulimits") or [])
        why = " `--ulimit nproc` counts the processes of a user, not of a container." if ulimit else ""
        number = limit if limit > 0 else "as many processes as the machine can hold"
        raise Failed(
            f"`{LIMITED}` may have {number}, not {wanted}.{why}",
            hint="A process id is a PID, and `docker run` can limit their number.",
            evidence=running.evidence("{{with .HostConfig.PidsLimit}}{{.}} processes{{else}}no limit{{end}}"),
        )


@check(points=2)
def ended_for_memory(engine: Engine) -> Container:
    """The kernel ended `dd-greedy`, because it wanted more memory than it may have."""
    container = engine.container(GREEDY).from_image("python:3.13-slim")
    state: Attributes = {}

    def has_ended(attributes: Attributes) -> bool:
        state.update(attributes["State"])  # what is started again soon looks different
        return state["OOMKilled"] or state["Status"] in {"exited", "restarting"}

    ended = container.wait_until(has_ended, timeout=20)
    code = state["ExitCode"]
    if state["OOMKilled"] or (code == 137 and is_killed_for_its_limit(container)):
        return container
    seen, hint = ENDED.get(code, (f"ended with code {code}, and not for its memory", "What does it log?"))
    if not ended:
        seen, hint = f"is {state['Status']}", "It must run its command to be ended."
    # As it was seen: asked again, one that is started again may run.
    killed, limit = str(state["OOMKilled"]).lower(), container.host_config["Memory"]
    shown = f"code {code}, killed for memory: {killed}, memory limit: {limit}"
    command = f"$ docker inspect --format '{CAUSE}' {GREEDY}"
    raise Failed(f"`{GREEDY}` {seen}.", hint=hint, evidence=[command, shown, *container.log_evidence()])


@check(needs=ended_for_memory, points=1)
def greedy_memory(ended_for_memory: Container, answer: Answer) -> None:
    """`dd-greedy` may use `$MEMORY` megabytes of memory."""
    wanted, limit = int(variables(answer)["MEMORY"]), ended_for_memory.host_config["Memory"]
    if limit != wanted * MEGABYTE:
        raise Failed(
            f"`{GREEDY}` may use {in_megabytes(limit)} of memory, not {wanted} MB.",
            hint="Both containers get the same limit for memory.",
            evidence=ended_for_memory.evidence("memory {{.HostConfig.Memory}}"),
        )


@check(needs=ended_for_memory, points=1)
def restarted(ended_for_memory: Container, answer: Answer) -> None:
    """`dd-greedy` was started again `$RESTARTS` times, and then no more."""
    wanted, container = int(variables(answer)["RESTARTS"]), ended_for_memory
    policy = container.host_config["RestartPolicy"]
    name, limit = policy["Name"] or "no", policy["MaximumRetryCount"]
    if name != "on-failure":
        seen = f"The restart policy of `{GREEDY}` is `{name}`, which {POLICIES.get(name, 'is another one')}."
        hint = "One policy looks at the exit code, and can count."
    elif limit != wanted:
        ends = f"gives up after {limit} restarts" if limit else "never gives up"
        seen = f"Docker starts `{GREEDY}` again when it fails, and {ends}. It should give up after {wanted}."
        hint = "`on-failure` takes a number behind a colon."
    else:
        container.wait_exit()
        count = container.attributes["RestartCount"]
        if count == wanted:
            return
        seen = f"`{GREEDY}` was started again {count} times, not {wanted}: somebody stopped it or set the policy late."
        hint = "Start it once more and let Docker do the rest."
    raise Failed(seen, hint=hint, evidence=container.evidence(POLICY))


def is_killed_for_its_limit(container: Container) -> bool:
    """Whether one like it is killed too, and not when it may have more; some Engines miss the kernel's report."""
    if not container.host_config["Memory"]:
        return False
    alike, free = container.twin(), container.twin(Memory=PLENTY, MemorySwap=PLENTY)
    return [twin.ends_within(10) and twin.state["ExitCode"] == 137 for twin in (alike, free)] == [True, False]


def in_megabytes(number: int) -> str:
    """A limit of memory, where 0 is none."""
    return f"{number / MEGABYTE:g} MB" if number else "any amount"
