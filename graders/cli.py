"""The command line: `drydock`. What costs time to import is imported where it is used."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import errno
import io
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from environment import JUPYTER, UnavailableError
from environment.engines import KINDS
from graders import authoring
from graders.classroom import commands as classroom_commands
from graders.errors import DrydockError, Failed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from environment.engines import Connection
    from graders.exercise import Exercise

DONE, UNGRADABLE = 0, 3
FIRST_PORT = 8888
PLAIN = {"✓": "+", "✗": "x", "–": "-", "…": "...", "“": '"', "”": '"', "’": "'", "→": "->", "×": "x"}
PLAIN |= {"○": "o", "■": "#", "□": ".", "│": "|", "├": "|", "└": "`", "─": "-"}


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are sentences with exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"See `{self.prog} --help`.")


class _Version(argparse.Action):
    """`--version`, which looks the version up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"drydock {version('drydock')}")
        parser.exit()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 1 to 65535")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    drydock = _Parser(prog="drydock", description="Learn Docker on live containers.")
    drydock.add_argument("--debug", action="store_true", help="show tracebacks")
    drydock.add_argument("--version", action=_Version, help="say which version this is")
    commands = drydock.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        added.set_defaults(run=run)
        added.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks")
        return added

    start = command("start", _start, "prepare Engine, images and workspace, and open JupyterLab")
    start.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    start.add_argument("--workspace", metavar="DIR", type=Path, help="where the learner works (default: ~/drydock)")
    start.add_argument("--port", type=_port, metavar="N", help="JupyterLab's port (default: a free one from 8888)")
    start.add_argument("--prepare", action="store_true", help="do all but open JupyterLab")

    doctor = command("doctor", _doctor, "say what Engine is used and why, what is missing and what mends it")
    doctor.add_argument("--json", action="store_true", help="print JSON")

    listing = command("list", _list, "list topics, exercises, points and progress")
    listing.add_argument("--json", action="store_true", help="print JSON")

    show = command("show", _show, "show what an exercise asks for")
    show.add_argument("exercise", metavar="EXERCISE", help="such as images/first-container")

    command("next", _next, "show the next exercise that is not passed")

    check = command("check", _check, "grade an exercise on the live Engine")
    check.add_argument("exercise", metavar="EXERCISE", help="such as images/first-container")
    check.add_argument("--answer", metavar="DIR", type=Path, help="grade this folder instead of your own")
    check.add_argument("--fresh", action="store_true", help="run the commands on a throwaway Engine first")
    check.add_argument("--engine", choices=KINDS, help="which Engine to grade on")
    check.add_argument("--json", action="store_true", help="print JSON")

    authoring.add(command)

    for name, run, text in (
        ("hint", _hint, "show the next hint"),
        ("solution", _solution, "show a model solution (asks first)"),
        ("reset", _reset, "bring an exercise back to its start, removing what it owns"),
    ):
        added = command(name, run, text)
        added.add_argument("exercise", metavar="EXERCISE", help="such as images/first-container")
        if name == "solution":
            added.add_argument("--yes", action="store_true", help="do not ask")

    clean = command("clean", _clean, "remove all that Drydock made on the Engine")
    clean.add_argument("--images", action="store_true", help="remove the stand-ins of the course's images too")

    _add_pictures(command)

    images = command("images", _images, "see to the images that the course uses")
    actions = images.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("list", "which images are there, and which of them are stand-ins"),
        ("build", "get the missing ones: pulled where a registry can be reached, else built from packages"),
        ("pull", "replace stand-ins by the official images"),
        ("save", "write all of them to one file"),
        ("load", "read all of them from one file"),
    ):
        action = actions.add_parser(name, help=text)
        if name in {"save", "load"}:
            action.add_argument("file", metavar="FILE", type=Path)
        if name == "list":
            action.add_argument("--json", action="store_true", help="print JSON")

    _add_engine(command("engine", _engine, "the Engine that Drydock brings along, in a virtual machine"))

    classroom = commands.add_parser("class", help="grade a class with nbgrader", description="Grade a class.")
    classroom_commands.add(classroom.add_subparsers(dest="action", metavar="ACTION", required=True))
    return drydock


def _add_pictures(command: Callable[..., argparse.ArgumentParser]) -> None:
    layers = command("layers", _layers, "show images' layers: sizes, ages, what is shared and what is hidden")
    layers.add_argument("images", metavar="IMAGE", nargs="+", help="such as busybox:1.37")

    mounts = command("mounts", _mounts, "show what lies under each path of containers: layer, volume, host, memory")
    mounts.add_argument("containers", metavar="CONTAINER", nargs="+", help="such as dd-demo-web")

    topology = command("topology", _topology, "show which containers are in which networks, and what leads to them")
    topology.add_argument(
        "names", metavar="NAME", nargs="*", help="containers, networks or an exercise, where not all are meant"
    )
    topology.add_argument("--watch", action="store_true", help="show it again whenever it changes, until Ctrl-C")


def _add_engine(added: argparse.ArgumentParser) -> None:
    actions = added.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("up", "start it in the background"),
        ("down", "end it, with all that is on it"),
        ("reset", "put a pristine one in its place"),
        ("status", "say how it is"),
        ("prepare", "make what it starts from, which `up` does too where it is missing"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if name == "up":
            action.add_argument("--with-process", metavar="PID", type=int, default=0, help="end it when this ends")
            action.add_argument("--kvm", action="store_true", help="use the processor's help (/dev/kvm), starting anew")
        if name in {"up", "prepare"}:
            action.add_argument("--images", metavar="FILE", type=Path, help="images from `drydock images save`")
        if name == "status":
            action.add_argument("--json", action="store_true", help="print JSON")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done or passed, 1 failed, 2 wrong use, 3 ungradable."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    codecs.register_error("drydock", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="drydock")
    # An orderly end clears up; the default would leave containers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(UNGRADABLE))
    try:
        chosen = parser().parse_args(words)
        code: int = chosen.run(chosen)
        return code
    except (DrydockError, UnavailableError) as error:
        if "--debug" in words:
            raise
        print(error.what, error.remedy, sep="\n", file=sys.stderr)
        return error.exit_code if isinstance(error, DrydockError) else UNGRADABLE
    except KeyboardInterrupt:
        print("Stopped. Nothing was lost; run it again when you like.", file=sys.stderr)
        return UNGRADABLE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if "--debug" in words:
            raise
        known = _explained(error)
        print(known.what, known.remedy, sep="\n", file=sys.stderr)
        return UNGRADABLE


def _explained(error: Exception) -> DrydockError:
    """Sentences for what may happen to any command: a full disk, an Engine that goes away, a fault of ours."""
    if isinstance(error, Failed):
        return DrydockError(error.message, error.hint or "Reset the exercise and try again.")
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOSPC, errno.EDQUOT}:
        where = getattr(error, "filename", None) or tempfile.gettempdir()
        return DrydockError(f"The disk is full, where `{where}` lies.", "Free some space and run it again.")
    if number in {errno.EMFILE, errno.ENFILE}:
        return DrydockError("No more files can be opened here.", "Raise the limit (`ulimit -n 1024`) and run it again.")
    from graders.engine.words import explain

    return explain(error) or DrydockError(
        f"Drydock broke ({type(error).__name__}: {error}).",
        "Run the same command with --debug and report what it prints.",
    )


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Signs that the terminal's encoding lacks, in letters that every encoding has."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - it is registered for that
    return "".join(PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _start(chosen: argparse.Namespace) -> int:
    from environment.images import ensure, needed
    from graders import coming, home
    from graders.connect import connect
    from graders.workspace import build_workspace, find_workspace

    connection = connect("found")
    _say(f"Engine: {connection.why}")
    workspace = (chosen.workspace or find_workspace()).expanduser().resolve()
    for sentence in build_workspace(workspace, connection.why):
        _say(sentence)
    # What the next lesson needs comes first; the rest comes while it is read.
    first = None
    if not chosen.prepare:
        first = coming.needed_first(home.Home(workspace).next()) & {i.name for i in needed(connection.client)}
    ensure(connection.client, connection.environment, first, progress=_say)
    _say(f"Your workspace: {workspace}")
    if not chosen.prepare:
        coming.begin(workspace, connection.environment)
        _open_jupyterlab(chosen, workspace, connection)
    return DONE


def _open_jupyterlab(chosen: argparse.Namespace, workspace: Path, connection: Connection) -> NoReturn:
    """Become JupyterLab, opened on the home page."""
    from graders.notebooks import HOME

    page, port = f"/lab/tree/{HOME}", chosen.port or _free_port()
    # What is said here must stay so: with another port the address would be wrong.
    options = [f"--notebook-dir={workspace}", f"--LabApp.default_url={page}", f"--port={port}"]
    options += ["--ServerApp.port_retries=0", "--Application.log_level=ERROR"]
    if chosen.no_browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    environment = os.environ | dict(connection.environment) | {"DRYDOCK_WORKSPACE": str(workspace)}
    # jupyter finds its kernels and alembic on PATH, also where the environment is not activated.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    # With a token that is known before, JupyterLab does not print its own ten lines.
    token = environment.setdefault("JUPYTER_TOKEN", secrets.token_hex(24))
    # What JupyterLab shows to a learner: no question about news, which needs the internet.
    config = [str(JUPYTER), environment.get("JUPYTER_CONFIG_PATH", "")]
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, config))
    _say_when_it_listens(port, f"Drydock: http://127.0.0.1:{port}{page}?token={token}\nCtrl+C, twice, ends it.")
    command = [sys.executable, "-m", "jupyterlab", *options]
    os.chdir(workspace)  # where its terminals begin
    os.execve(sys.executable, command, environment)  # noqa: S606 - JupyterLab takes this process's place


def _say_when_it_listens(port: int, sentence: str) -> None:
    """Say something as soon as this process, whatever program it is by then, listens on a port."""
    this = os.getpid()
    if os.fork():
        return
    while os.getppid() == this:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            _say(sentence)
            break
        time.sleep(0.1)
    os._exit(0)


def _free_port() -> int:
    """Jupyter's own port, or the next one that nobody listens on."""
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise UsageError(f"The ports from {FIRST_PORT} on are taken.", "Choose one with `--port N`.")


def _doctor(chosen: argparse.Namespace) -> int:
    from graders.doctor import examine

    report = examine()
    print(json.dumps(report.as_json(), indent=1) if chosen.json else report.text())
    return DONE if report.well else 1


def _list(chosen: argparse.Namespace) -> int:
    from graders import home
    from graders.exercise import topics
    from graders.workspace import find_workspace

    if not chosen.json:
        print(home.Home(find_workspace()).text())
        return DONE
    listed = [
        {
            "id": topic.id,
            "title": topic.title,
            "exercises": [
                {"id": e.id, "title": e.title, "points": e.points, "requires": list(e.requires)}
                for e in topic.exercises
            ],
        }
        for topic in topics()
    ]
    print(json.dumps({"topics": listed}, indent=1))
    return DONE


def _check(chosen: argparse.Namespace) -> int:
    from graders import coming, feedback, own, progress
    from graders.check import Outcome
    from graders.connect import connect, throwaway_kind
    from graders.grading import grade
    from graders.workspace import answer_folder, find_workspace

    exercise, workspace = _exercise(chosen.exercise), find_workspace()
    fresh = chosen.fresh or (chosen.answer is not None and (exercise.has_commands or exercise.prepare is not None))
    kind = chosen.engine or (throwaway_kind() if fresh else "found")
    if fresh and kind == "found":
        raise UsageError(
            "The commands of an answer are run on a throwaway Engine, not on your own.",
            "Leave out `--engine found`, or `--fresh` and `--answer`.",
        )
    answer = chosen.answer or answer_folder(workspace, exercise)
    if not answer.is_dir():
        raise UsageError(
            f"There is no folder `{answer}`.",
            "Name the answer's folder with `--answer DIR`." if chosen.answer else "Run `drydock start` first.",
        )
    coming.wait(workspace, exercise.images, _say)
    connection, fresh = connect(kind, _say, requires=exercise.requires), fresh or kind != "found"
    show = (lambda _: None) if chosen.json else feedback.InOrder(exercise, lambda text: print(text, flush=True))
    try:
        if chosen.answer:
            verdict = grade(exercise, connection, answer, fresh=fresh, on_result=show)
        else:
            verdict = own.check(exercise, connection, workspace, answer, fresh=fresh, on_result=show)
    finally:
        connection.close()
    if chosen.json:
        print(json.dumps(verdict.as_json(), indent=1))
    else:
        passed = verdict.outcome is Outcome.PASSED and not chosen.answer
        then = progress.after_pass(workspace, exercise, "drydock ") if passed else own.saved(exercise, answer)
        print(feedback.summary(verdict, then))
    return verdict.exit_code


def _exercise(name: str) -> Exercise:
    from graders.exercise import named

    return named(name)


def _show(chosen: argparse.Namespace) -> int:
    from graders import task
    from graders.workspace import answer_folder, find_workspace

    exercise = _exercise(chosen.exercise)
    print(task.text(exercise, answer_folder(find_workspace(), exercise)))
    return DONE


def _next(chosen: argparse.Namespace) -> int:
    from graders import progress
    from graders.workspace import find_workspace

    exercise = progress.next_exercise(find_workspace())
    if not exercise:
        print("You have passed all exercises.")
        return DONE
    chosen.exercise = exercise.id
    return _show(chosen)


def _hint(chosen: argparse.Namespace) -> int:
    from graders import progress
    from graders.feedback import wrapped
    from graders.workspace import find_workspace

    exercise = _exercise(chosen.exercise)
    number, text, again = progress.next_hint(find_workspace(), exercise)
    print(wrapped(f"Hint {number} of {len(exercise.hints)}: {text}"))
    if again:
        print(wrapped(f"That was the last one; `drydock solution {exercise.id}` shows an answer."))
    return DONE


def _solution(chosen: argparse.Namespace) -> int:
    from graders.exercise import solution_text

    exercise = _exercise(chosen.exercise)
    if not chosen.yes:
        if not sys.stdin.isatty():
            raise UsageError("The solution is shown only when you ask for it.", "Add --yes.")
        if input(f"Show the solution of {exercise.id}? [y/N] ").strip().lower() not in {"y", "yes"}:
            return DONE
    print(solution_text(exercise))
    return DONE


def _reset(chosen: argparse.Namespace) -> int:
    from graders.connect import connect
    from graders.reset import reset
    from graders.workspace import answer_folder, find_workspace

    exercise = _exercise(chosen.exercise)
    connection = connect("found", _say)
    for sentence in reset(exercise, answer_folder(find_workspace(), exercise), connection):
        print(sentence)
    return DONE


def _clean(chosen: argparse.Namespace) -> int:
    from graders.connect import connect
    from graders.reset import clean

    for sentence in clean(connect("found"), images=chosen.images):
        print(sentence)
    return DONE


def _engine(chosen: argparse.Namespace) -> int:
    from environment.engines import machine
    from graders.connect import for_machine
    from graders.workspace import find_workspace

    if chosen.action == "status":
        said = machine.status()
        print(json.dumps(said, indent=1) if chosen.json else machine.describe(said))
        return DONE if said["state"] == "ready" else 1
    if chosen.action == "down":
        print("The machine has ended." if machine.down() else "The machine does not run.")
    elif chosen.action == "reset":
        machine.reset()
        print("A pristine Engine runs. Containers, images and volumes of before are gone; your files are not.")
    elif chosen.action == "prepare":
        snapshot = machine.ensure_snapshot(*for_machine(), progress=_say, archive=chosen.images)
        print(f"The machine is prepared: {snapshot.folder}")
    else:
        if chosen.images:
            machine.ensure_snapshot(None, (), _say, chosen.images)
        machine.up(
            find_workspace().expanduser().resolve(),
            _say,
            images=for_machine,
            owner=chosen.with_process,
            accelerator="kvm" if chosen.kvm else "tcg",
        )
        print(machine.describe(machine.status()))
    return DONE


def _layers(chosen: argparse.Namespace) -> int:
    from graders.connect import connect
    from graders.engine import Engine
    from graders.pictures.layers import drawing
    from graders.pictures.layers.look import look

    with Engine(connect("found"), "", session="") as engine:
        print(drawing.text(look(engine, chosen.images)))
    return DONE


def _mounts(chosen: argparse.Namespace) -> int:
    from graders.connect import connect
    from graders.engine import Engine
    from graders.pictures.mounts import drawing
    from graders.pictures.mounts.look import look

    with Engine(connect("found"), "", session="") as engine:
        print(drawing.text(look(engine, chosen.containers)))
    return DONE


def _topology(chosen: argparse.Namespace) -> int:
    from graders.connect import connect
    from graders.engine import Engine
    from graders.pictures.topology import drawing
    from graders.pictures.topology.look import look, watch

    with Engine(connect("found"), "", session="") as engine:
        if not chosen.watch:
            print(drawing.text(look(engine, chosen.names)))
            return DONE
        with contextlib.suppress(KeyboardInterrupt):
            for picture in watch(engine, chosen.names):
                clear = "\033[H\033[2J" if sys.stdout.isatty() else ""
                print(f"{clear}{drawing.text(picture)}\n", flush=True)
    return DONE


def _images(chosen: argparse.Namespace) -> int:
    from environment import images
    from graders.connect import connect

    connection = connect("found")
    client = connection.client
    if chosen.action == "list":
        states = {image.name: images.state(client, image) for image in images.needed(client)}
        text = [f"{name:<24} {state}" for name, state in states.items()]
        print(json.dumps(states, indent=1) if chosen.json else "\n".join(text))
    elif chosen.action == "build":
        images.ensure(client, connection.environment, progress=_say)
    elif chosen.action == "pull":
        for image in images.needed(client):
            if images.state(client, image) != "official":
                images.pull(client, image, _say)
    elif chosen.action == "save":
        images.save(client, chosen.file, _say)
    else:
        images.load(client, chosen.file, _say)
    return DONE
