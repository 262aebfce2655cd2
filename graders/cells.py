"""What the cells of lessons use beside `docker`: waiting with an end, nodes of a swarm, guesses that are kept."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from typing import TYPE_CHECKING

from graders import progress
from graders.engine import swarms
from graders.engine.cleaning import DEMO, remove_demos
from graders.engine.run import Run
from graders.errors import UsageError
from graders.notebooks import LETTERS, guesses

if TYPE_CHECKING:
    from pathlib import Path

    from environment.engines import Connection
    from graders.exercise import Lesson
    from graders.notebooks import Guess

UNTIL = re.compile(r"(?P<command>.+?)\s+within\s+(?P<seconds>\d+)\s*s", re.DOTALL)
NODES = re.compile(r"(?P<number>[1-5])(?P<managers>\s+managers)?")
ROUND_SECONDS = 0.2


def until(line: str) -> str:
    """Run a command of the shell again and again until it succeeds, and return what it printed then.

    `line` is `COMMAND within N s`. Where time runs out, a sentence says so, and what the command printed last.
    """
    said = UNTIL.fullmatch(line.strip())
    if not said:
        raise UsageError(
            "For how long should it be tried?", "Write the command, then the limit: `%until docker ps within 20 s`."
        )
    seconds = int(said["seconds"])
    deadline = time.monotonic() + seconds
    while True:
        left = max(deadline - time.monotonic(), ROUND_SECONDS)
        try:
            done = subprocess.run(
                ["bash", "-c", said["command"]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=left,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            printed = late.stdout or b""
        else:
            printed = done.stdout
            if not done.returncode:
                return printed.decode(errors="replace")
        if time.monotonic() + ROUND_SECONDS > deadline:
            return f"{printed.decode(errors='replace')}This did not come true within {seconds} seconds.\n"
        time.sleep(ROUND_SECONDS)


def make_nodes(connection: Connection, line: str) -> str:
    """Make a swarm of Engines in containers, which a lesson removes with all that it made, and say who they are.

    `line` is `3` for a manager and two workers, or `3 managers`.
    """
    said = NODES.fullmatch(line.strip())
    if not said:
        raise UsageError("How many nodes?", "Write a number up to 5: `%nodes 3`, or `%nodes 3 managers`.")
    names = [f"{DEMO}node-{number + 1}" for number in range(int(said["number"]))]
    managers = len(names) if said["managers"] else 1
    remove_demos(connection.client, f"{DEMO}node", f"{DEMO}nodes")
    with contextlib.closing(Run(connection, "", session="")) as run:
        run.require(["nodes"])
        swarms.make(run, names, network=f"{DEMO}nodes", managers=managers, images=["busybox:1.37"])
    return "\n".join(f"{name}: {'manager' if number < managers else 'worker'}" for number, name in enumerate(names))


class Guesses:
    """The guess that was asked for last, until the cell after it has shown what is so."""

    def __init__(self) -> None:
        self._asked: tuple[Lesson, int, Guess, int] | None = None
        self._cells_to_come = 0

    def ask(self, lesson: Lesson, number: int) -> str:
        """Ask for a choice by its letter, and return what to say at once: nothing, where a guess was made.

        JupyterLab goes back to the cell that asked. So who runs it again, on the way to the next, is not asked again.
        """
        if self._asked and self._asked[:2] == (lesson, number):
            self._cells_to_come = 2
            return f"Your guess is {LETTERS[self._asked[3]]}. The next cell shows what is so."
        self._asked = None  # another one that was not shown to be so or not is over
        known = guesses(lesson)
        if not 1 <= number <= len(known):
            raise UsageError(f"The lesson `{lesson.id}` asks for {len(known)} guesses.", "Run the cell as it was.")
        guess = known[number - 1]
        letters = LETTERS[: len(guess.choices)]
        try:
            typed = input(f"{', '.join(letters)}? ").strip().lower()
        except NotImplementedError:  # nobody is there to type: the notebook is run as a whole
            return ""
        if typed not in list(letters):
            return "No guess, then." if not typed else f"`{typed}` is none of {', '.join(letters)}."
        self._asked, self._cells_to_come = (lesson, number, guess, letters.index(typed)), 2
        return ""

    def after_cell(self, workspace: Path) -> str:
        """What the last guess was and what came out, after the cell behind it; else nothing."""
        self._cells_to_come -= 1
        if self._asked is None or self._cells_to_come:
            return ""
        lesson, number, guess, chosen = self._asked
        self._asked = None
        right = chosen == guess.right
        progress.record_guess(workspace, lesson.id, number, right=right)
        mine = f"You guessed {LETTERS[chosen]}: {guess.choices[chosen].rstrip('.')}."
        return (
            f"{mine} So it is."
            if right
            else f"{mine} It is {LETTERS[guess.right]}: {guess.choices[guess.right].rstrip('.')}."
        )
