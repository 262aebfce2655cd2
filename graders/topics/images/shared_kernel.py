import re

from graders.author import Answer, Container, Engine, Failed, Finished, check

NAMESPACE = ("readlink", "/proc/self/ns/pid")


@check(points=1)
def guest(engine: Engine) -> Container:
    """`dd-guest` runs, from `debian:trixie-slim`."""
    return engine.container("dd-guest").running().from_image("debian:trixie-slim")


@check(needs=guest, points=1)
def own_namespace(guest: Container, engine: Engine) -> str:
    """The processes of `dd-guest` have a namespace of their own."""
    looks = f"readlink /proc/self/ns/pid; readlink /proc/{guest.state['Pid']}/ns/pid"
    machines, _, guests = engine.once("busybox:1.37", "sh", "-c", looks, pid_mode="host").stdout.strip().partition("\n")
    guests = guests or guest.exec(*NAMESPACE).stdout.strip()  # an Engine may not let one container look at another
    if guests == machines:
        raise Failed(
            f"`dd-guest` shares the machine's process namespace, {machines}, and sees all its processes.",
            hint="Containers have one of their own unless they are told otherwise. What did you ask for?",
            evidence=guest.evidence("PidMode={{.HostConfig.PidMode}}"),
        )
    return guests


@check(needs=guest, points=1)
def host_kernel(engine: Engine, answer: Answer) -> None:
    """`host_kernel` is the kernel of the machine."""
    hint = "Only the release is asked for; `uname --help` knows which option prints it."
    compare(answer, "host_kernel", engine.docker("info", "--format", "{{.KernelVersion}}"), hint, kernel_of(engine))


@check(needs=guest, points=1)
def guest_kernel(guest: Container, engine: Engine, answer: Answer) -> None:
    """`guest_kernel` is the kernel that `dd-guest` sees."""
    hint = "Files such as /etc/os-release come from the image. Which command asks the kernel?"
    seen, kernel = guest.exec("uname", "-r"), kernel_of(engine)
    if seen.stdout.strip() != kernel:  # a program of that name, and not the kernel
        seen = guest.exec("cat", "/proc/sys/kernel/osrelease")
    compare(answer, "guest_kernel", seen, hint, kernel)


def kernel_of(engine: Engine) -> str:
    """The release of the one kernel there is, from the Engine: a program in a container may be another than it was."""
    return str(engine.about["KernelVersion"])


def compare(answer: Answer, name: str, seen: Finished, hint: str, release: str) -> None:
    given = said(answer, name)
    if given.casefold() != release.casefold():
        shown = given if len(given) < 60 else f"{given[:56]} …"
        message = f"`{name}` says `{shown}`; the kernel itself says another release."
        raise Failed(message, hint=hint, evidence=seen.evidence)


@check(needs=guest, points=2)
def host_pid(guest: Container, engine: Engine, answer: Answer) -> None:
    """`host_pid` is the number that the machine gives to the first process of `dd-guest`."""
    given, pid = said(answer, "host_pid"), str(guest.state["Pid"])
    if given == pid:
        return
    message = f"The first process of `dd-guest` is not `{given}`."
    found = engine.once("busybox:1.37", "cat", f"/proc/{given}/comm", pid_mode="host") if given.isdigit() else None
    if given == "1":
        message, hint = "1 is the number of the process inside of `dd-guest`.", "Who can see it from outside?"
    elif found and not found.exit_code and (name := found.stdout.strip()):
        message += f" On the machine {given} is `{name}`, another process."
        hint = "`docker top` and `docker inspect` know the number."
    else:
        message += " The machine has no such process now."
        hint = "Each start gives a container new numbers."
    raise Failed(message, hint=hint, evidence=guest.evidence("{{.State.Pid}}"))


@check(needs=[guest, own_namespace, host_pid], points=1)
def pid_namespace(guest: Container, engine: Engine, own_namespace: str, answer: Answer) -> None:
    """`pid_namespace` is the process namespace of that process."""
    given = said(answer, "pid_namespace")
    number = re.search(r"\d{5,}", given)
    if number and number[0] in own_namespace:
        return
    whose = "That is not a process namespace of `dd-guest`"
    if number and number[0] in of_the_machine(engine):
        whose = "That is the process namespace of the machine, not the one of `dd-guest`"
    raise Failed(
        f"`pid_namespace` says `{given}`. {whose}.",
        hint="/proc/PID/ns holds one link for each kind of namespace. Whose PID did you look at, and which link?",
        evidence=guest.exec("ls", "-l", "/proc/self/ns").evidence,
    )


def said(answer: Answer, name: str) -> str:
    return answer.said(name, hint="Let a command of yours write its output there.")


def of_the_machine(engine: Engine) -> str:
    return engine.once("busybox:1.37", *NAMESPACE, pid_mode="host").stdout
