from graders.author import Answer, Attributes, Container, Engine, Failed, Finished, check

LIMITED, GREEDY = "dd-limited", "dd-greedy"
MEGABYTE = 1 << 20
UNLIMITED = 1 << 60
"""Without a limit, control groups of version 1 show a number near the largest there is."""
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
    """It may use `$MEMORY` megabytes of memory."""
    wanted = int(variables(answer)["MEMORY"])
    seen = kept_by_kernel(running, "memory.max", "memory/memory.limit_in_bytes")
    limit = as_bytes(seen.stdout)
    if limit != wanted * MEGABYTE:
        hint = "Which unit has the number? `40m` are 40 megabytes."
        raise Failed(
            f"`{LIMITED}` may use {in_megabytes(limit)} of memory, not {wanted} MB.",
            hint="`docker run --help` lists a limit for memory." if limit == UNLIMITED else hint,
            evidence=seen.evidence,
        )
    return limit


@check(needs=memory, points=1)
def no_swap(running: Container, memory: int) -> None:
    """It gets no swap on top of its memory."""
    seen = kept_by_kernel(running, "memory.swap.max", "memory/memory.memsw.limit_in_bytes")
    swap = as_bytes(seen.stdout)
    if "memsw" in seen.command and swap < UNLIMITED:
        swap -= memory  # version 1 counts memory and swap together
    if swap:
        asked = running.evidence("memory {{.HostConfig.Memory}}, with swap {{.HostConfig.MemorySwap}}")
        raise Failed(
            f"`{LIMITED}` may use {in_megabytes(swap)} of swap on top of its memory.",
            hint="`--memory-swap` is the sum of memory and swap. Left out, it is twice the memory.",
            evidence=[*asked, *seen.evidence],
        )


@check(needs=running, points=1)
def processor(running: Container, answer: Answer) -> None:
    """It may use `$CPUS` of one processor."""
    wanted = variables(answer)["CPUS"]
    seen = kept_by_kernel(running, "cpu.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")
    quota, period = seen.stdout.split()
    if quota in {"max", "-1"}:
        raise Failed(
            f"The processor time of `{LIMITED}` has no limit. {in_place_of_a_quota(running)}.",
            hint="One option of `docker run` takes a number of processors, and the number may be a fraction.",
            evidence=seen.evidence,
        )
    share = int(quota) / int(period)
    if abs(share - float(wanted)) > 0.001:
        said = f"`{LIMITED}` may use {share:g} processors, not {wanted}: {quota} of every {period} microseconds."
        raise Failed(said, evidence=seen.evidence)


def in_place_of_a_quota(container: Container) -> str:
    given = container.host_config
    if given.get("CpuShares"):
        return "Shares are a weight that counts only while others want the processor too"
    if given.get("CpusetCpus"):
        return f"It is kept on processor {given['CpusetCpus']}, but may use all of that"
    return "It may use every processor of the machine"


@check(needs=running, points=1)
def processes(running: Container, answer: Answer) -> None:
    """It may have `$PIDS` processes at once."""
    wanted = variables(answer)["PIDS"]
    seen = kept_by_kernel(running, "pids.max", "pids/pids.max")
    if seen.stdout.strip() != wanted:
        ulimit = any(limit["Name"] == "nproc" for limit in running.host_config.get("Ulimits") or [])
        why = " `--ulimit nproc` counts the processes of a user, not of a container." if ulimit else ""
        number = seen.stdout.strip().replace("max", "as many processes as the machine can hold")
        raise Failed(
            f"`{LIMITED}` may have {number}, not {wanted}.{why}",
            hint="A process id is a PID, and `docker run` can limit their number.",
            evidence=seen.evidence,
        )


@check(points=2)
def ended_for_memory(engine: Engine) -> Container:
    """The kernel ended `dd-greedy`, because it wanted more memory than it may have."""
    container = engine.container(GREEDY)
    state: Attributes = {}

    def has_ended(attributes: Attributes) -> bool:
        state.update(attributes["State"])  # what is started again soon looks different
        return state["OOMKilled"] or state["Status"] in {"exited", "restarting"}

    ended = container.wait_until(has_ended, timeout=20)
    code = state["ExitCode"]
    if state["OOMKilled"] or (code == 137 and ends_alone_with_137(container)):
        return container
    seen, hint = ENDED.get(code, (f"ended with code {code}, and not for its memory", "What does it log?"))
    if not ended:
        seen, hint = f"is {state['Status']}", "It must run its command to be ended."
    raise Failed(f"`{GREEDY}` {seen}.", hint=hint, evidence=[*container.evidence(CAUSE), *container.log_evidence()])


@check(needs=ended_for_memory, points=2)
def restarted(ended_for_memory: Container, answer: Answer) -> None:
    """It was started again `$RESTARTS` times, and then no more."""
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


def ends_alone_with_137(container: Container) -> bool:
    """Whether another container made the same way is killed too; some Engines miss the kernel's report of the first."""
    limits = container.host_config
    if not limits["Memory"]:
        return False
    twin = container.twin(mem_limit=limits["Memory"], memswap_limit=limits["MemorySwap"])
    return twin.ends_within(5) and twin.state["ExitCode"] == 137


def kept_by_kernel(container: Container, version_2: str, *version_1: str) -> Finished:
    """What the control group shows inside the container; older kernels have other files."""
    for files in ([version_2], version_1):
        seen = container.exec("cat", *(f"/sys/fs/cgroup/{file}" for file in files))
        if seen.exit_code == 0:
            return seen
    raise Failed(f"`{container.name}` does not show its limits in /sys/fs/cgroup.", evidence=seen.evidence)


def as_bytes(text: str) -> int:
    return UNLIMITED if text.strip() == "max" else min(int(text), UNLIMITED)


def in_megabytes(number: int) -> str:
    return "any amount" if number == UNLIMITED else f"{number / MEGABYTE:g} MB"
