import re
from typing import NamedTuple

from graders.author import Answer, Engine, Failed, Project, check

TEST, SCRIPT = "test", "test.sh"
FETCH, RECIPE, TRY = "desk/fetch", "desk/Dockerfile", "tests/try"
OTHER_COAT = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s\\n' "
SECONDS, TIMED_OUT = 60, 124
"""How long a run may take, and its exit code where it took longer."""


class Ran(NamedTuple):
    """What came of a run of the script."""

    exit_code: int
    ended: list[int]
    """How the containers of the tests ended."""
    faults: list[str]
    left: list[str]

    @property
    def told(self) -> str:
        """How it went, as the end of a sentence without its full stop."""
        late = self.exit_code == TIMED_OUT
        how = f"did not end within {SECONDS} seconds" if late else f"ended with {self.exit_code}"
        return how if self.ended else f"{how}, and the tests were not run"

    @property
    def evidence(self) -> list[str]:
        """The script as a learner runs it, what the tests found, its exit code, and how the tests ended."""
        tests = [f"# the tests ended with {code}" for code in self.ended] or ["# the tests were not run"]
        return [f"$ bash {SCRIPT}; echo $?", *self.faults, str(self.exit_code), *tests]

    def see_nothing_left(self, why: str) -> None:
        """Fails where there is still anything of the project."""
        if self.left:
            raise Failed(
                f"{why} When the script had ended, there was still this of the project: {self.left[0]}.",
                hint="What does `docker compose down` leave, and does the script come to it in each case?",
                evidence=[*self.evidence, "Still there:", *self.left],
            )


@check(points=3)
def red(engine: Engine, answer: Answer) -> Project:
    """With a desk that gives back the wrong coat, the tests are run, the code is not 0, and nothing is left."""
    answer.unchanged()
    answer.file(SCRIPT)
    project, code = engine.project(answer.path), answer.number("code", 3, 99)
    write(project, TRY, answer.file(TRY).read_text().replace("faults=1", f"faults={code}"))
    write(project, FETCH, OTHER_COAT + answer.nonce("coat") + "\n")
    changed = f"The check changed `{FETCH}` to give back the wrong coat, and `{TRY}` to end with {code} then."
    ran = run(project)
    if ran.exit_code in {0, TIMED_OUT} or code not in ran.ended:
        raise Failed(
            f"{changed} The script {ran.told}.",
            hint="Who runs the tests that lie in `tests`, and whose exit code does the script end with?",
            evidence=ran.evidence,
        )
    ran.see_nothing_left(changed)
    return project


@check(needs=red, points=3)
def green(red: Project, answer: Answer) -> Project:
    """With a desk that is right, the tests are run, the script ends with 0, and nothing is left."""
    for name in (TRY, FETCH):
        write(red, name, answer.file(name).read_text())
    ran = run(red)
    if ran.exit_code or {*ran.ended} != {0}:
        raise Failed(
            f"The check made the desk right again, and the script {ran.told}.",
            hint="When may the tests begin, and of which files were the images made? The tests say what they met.",
            evidence=ran.evidence,
        )
    ran.see_nothing_left("The desk was right.")
    return red


@check(needs=green, points=2)
def unbuilt(green: Project) -> None:
    """With a desk that cannot be built, the code is not 0, and nothing is left."""
    write(green, RECIPE, (green.folder / RECIPE).read_text() + "COPY hooks /\n")
    changed = f"The check added `COPY hooks /` to `{RECIPE}`, and there is no such file."
    ran = run(green)
    if ran.exit_code in {0, TIMED_OUT}:
        raise Failed(
            f"{changed} The script {ran.told}.",
            hint="Which desk was tested, if this one could not be built? What does a script do after a command failed?",
            evidence=ran.evidence,
        )
    ran.see_nothing_left(changed)


def run(project: Project) -> Ran:
    """Run the script, and take away what it left, so that the next run begins with nothing."""
    with project.watched() as happened:
        done = project.script(SCRIPT, timeout=SECONDS)
    if left := project.left():
        project.compose("down", "--volumes", "--remove-orphans")
    codes = [one.exit_code for one in happened if one.service == TEST and one.what == "die"]
    faults = re.findall(r"not ok - .*", done.stdout)
    return Ran(done.exit_code, [code for code in codes if code is not None], faults, left)


def write(project: Project, name: str, text: str) -> None:
    (project.folder / name).write_text(text)
