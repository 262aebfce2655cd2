from graders.author import Answer, Attributes, Container, Engine, Failed, Finished, check

LIMITED = "dd-limited"
GREEDY = "dd-greedy"
MEGABYTE = 1 << 20
UNLIMITED = 1 << 60
"""Without a limit, control groups of version 1 show a number near the largest there is."""
CAUSE = "code {{.State.ExitCode}}, killed for memory: {{.State.OOMKilled}}, memory limit: {{.HostConfig.Memory}}"


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
    container = engine.container(LIMITED).running()
    name = container.config["Image"]
    if not container.made_from("busybox:1.37"):
        raise Failed(
            f"`{LIMITED}` was made from `{name}`, not from `busybox:1.37`.",
            evidence=container.evidence("{{.Config.Image}}"),
        )
    return container


@check(needs=running, points=1)
def memory(running: Container, answer: Answer) -> int:
    """It may use `$MEMORY` megabytes of memory."""
    wanted = int(variables(answer)["MEMORY"])
    seen = kept_by_kernel(running, "memory.max", "memory/memory.limit_in_bytes")
    limit = as_bytes(seen.stdout)
    if limit != wanted * MEGABYTE:
        raise Failed(
            f"`{LIMITED}` may use {in_megabytes(limit)} of memory, not {wanted} MB.",
            hint="`docker run --help` lists a limit for memory."
            if limit == UNLIMITED
            else "Which unit has the number? `40m` are 40 megabytes.",
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
        raise Failed(
            f"`{LIMITED}` may use {in_megabytes(swap)} of swap on top of its memory.",
            hint="`--memory-swap` is the sum of memory and swap. Left out, it is twice the memory.",
            evidence=[
                *running.evidence("memory {{.HostConfig.Memory}}, with swap {{.HostConfig.MemorySwap}}"),
                *seen.evidence,
            ],
        )


@check(needs=running, points=1)
def processor(running: Container, answer: Answer) -> None:
    """It may use `$CPUS` of one processor."""
    wanted = variables(answer)["CPUS"]
    seen = kept_by_kernel(running, "cpu.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")
    quota, period = seen.stdout.split()
    given = running.host_config
    if quota in {"max", "-1"}:
        if given.get("CpuShares"):
            why = "Shares are a weight that counts only while others want the processor too"
        elif given.get("CpusetCpus"):
            why = f"It is kept on processor {given['CpusetCpus']}, but may use all of that"
        else:
            why = "It may use every processor of the machine"
        raise Failed(
            f"The processor time of `{LIMITED}` has no limit. {why}.",
            hint="One option of `docker run` takes a number of processors, and the number may be a fraction.",
            evidence=seen.evidence,
        )
    if abs(int(quota) / int(period) - float(wanted)) > 0.001:
        raise Failed(
            f"`{LIMITED}` may use {int(quota) / int(period):g} processors, not {wanted}: "
            f"{quota} of every {period} microseconds.",
            evidence=seen.evidence,
        )


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

    container.wait_until(has_ended, timeout=20)
    if state["OOMKilled"] or (state["ExitCode"] == 137 and ends_alone_with_137(engine, container)):
        return container
    if state["Status"] not in {"exited", "restarting"}:
        seen = f"is {state['Status']}"
        hint = "It must run its command to be ended."
    elif state["ExitCode"] == 137:
        seen = "was killed, with code 137, but not by the kernel for its memory: somebody else sent the signal"
        hint = "Let it run the command of the exercise, and leave the killing to the kernel."
    elif state["ExitCode"] == 0:
        seen = "got all the memory it asked for and ended well"
        hint = "Without a limit of its own, a container may use all memory of the machine."
    else:
        seen = f"ended with code {state['ExitCode']}, and not for its memory"
        hint = "What does it log?"
    raise Failed(
        f"`{GREEDY}` {seen}.",
        hint=hint,
        evidence=[
            *container.evidence(CAUSE),
            *container.log_evidence(),
        ],
    )


@check(needs=ended_for_memory, points=2)
def restarted(ended_for_memory: Container, answer: Answer) -> None:
    """It was started again `$RESTARTS` times, and then no more."""
    wanted = int(variables(answer)["RESTARTS"])
    container = ended_for_memory
    policy = container.host_config["RestartPolicy"]
    name, limit = policy["Name"] or "no", policy["MaximumRetryCount"]
    policy_evidence = container.evidence("{{.HostConfig.RestartPolicy}}, restarted {{.RestartCount}} times")
    if name != "on-failure":
        does = {
            "no": "leaves it as it ended",
            "always": "starts it again for ever, whatever its exit code is",
            "unless-stopped": "starts it again until somebody stops it, whatever its exit code is",
        }.get(name, "is another one")
        raise Failed(
            f"The restart policy of `{GREEDY}` is `{name}`, which {does}.",
            hint="One policy looks at the exit code, and can count.",
            evidence=policy_evidence,
        )
    if limit != wanted:
        ends = f"gives up after {limit} restarts" if limit else "never gives up"
        raise Failed(
            f"Docker starts `{GREEDY}` again when it fails, and {ends}. It should give up after {wanted}.",
            hint="`on-failure` takes a number behind a colon.",
            evidence=policy_evidence,
        )
    container.wait_exit()
    count = container.attributes["RestartCount"]
    if count != wanted:
        raise Failed(
            f"`{GREEDY}` was started again {count} times, not {wanted}: somebody stopped it or set the policy late.",
            hint="Start it once more and let Docker do the rest.",
            evidence=policy_evidence,
        )


def ends_alone_with_137(engine: Engine, container: Container) -> bool:
    """Whether another container made the same way is killed too; some Engines miss the kernel's report of the first."""
    made, limits = container.config, container.host_config
    if not limits["Memory"]:
        return False
    twin = engine.run(
        container.image,
        *(made["Cmd"] or []),
        entrypoint=made["Entrypoint"] or [],
        environment=container.env,
        mem_limit=limits["Memory"],
        memswap_limit=limits["MemorySwap"],
    )
    return twin.wait_until(lambda a: a["State"]["Status"] == "exited", timeout=5) and twin.state["ExitCode"] == 137


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
