"""What the learner of an answer reads, as a text that is the same each time: what varies has a placeholder."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from graders.feedback import line, summary

if TYPE_CHECKING:
    from graders.check import CheckResult, Verdict

MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
LONG = r"(?:[Aa]bout an? \w+|[Ll]ess than a second|\d+ (?:second|minute|hour|day|week|month|year)s?)"
VARIES: tuple[tuple[str, str], ...] = (
    (r"\b[0-9a-f]{64}\b", "<id>"),
    (r"\b[0-9a-f]{12}\b", "<id>"),
    (r"\b([a-z]+):\[\d+\]", r"\1:[<id>]"),
    (r"\bseal [0-9a-f]{8}\b", "seal <id>"),
    (r"\b(dd-[a-z_-]+)(?:\.[0-9a-z]{25}){2}\b", r"\1.<id>"),
    (r"\b[0-9a-z]{25}\b", "<id>"),
    (r"({{\.State\.Pid}}.*\n)\d+", r"\1<id>"),
    (r"(process of `[^`]*` is not )`\d+`", r"\1`<id>`"),
    (r"(On the machine )\d+( is\b)", r"\1<id>\2"),
    (r"\bprocess (?!1\b)\d+", "process <id>"),
    (r"(\[error\] )\d+#\d+:", r"\1<id>#<id>:"),
    (r"\b\d+ orders\b", "<number> orders"),
    (r"\b(Of )\d+( requests in )\d+\.\d+( seconds, )\d+( failed)", r"\1<number>\2<number>\3<number>\4"),
    (r"(\btickets at )\d( of the\b)", r"\1<number>\2"),
    (r"(\$ docker diff .*)(?:\n[ACD] /.*)+", r"\1\n<changes>"),
    (r"\b(buildkit-mount)\d+", r"\1<id>"),
    (r"(?:/[^\s/`]+)*/drydock-[^\s/`]+(?=/)", "/<folder>"),
    (r"\bdrydock-[a-z]+-[0-9a-z_.-]*[0-9a-z]", "<name>"),
    (r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d)?(?: [+-]\d{4} UTC)?", "<time>"),
    (r"(<time>) UTC \[\d+\]", r"\1 UTC [<id>]"),
    (r"\bPID \d+", "PID <id>"),
    (r"\b(checkpoint record at )[0-9A-F]+/[0-9A-F]+", r"\1<place>"),
    (rf"\b\d\d/{MONTH}/\d{{4}}[ :]\d\d:\d\d:\d\d(?: [+-]\d{{4}})?|\b{MONTH} [ \d]\d \d\d:\d\d\b", "<time>"),
    (rf"{LONG} ago", "<time> ago"),
    (rf"\bUp {LONG}", "Up <time>"),
    (r"\b\d+ MB together\b", "<number> MB together"),
    (r"(?m)^\d[\d.]*[kMG]?B(?=\t|$)", "<size>"),
    (r"\b\d+\.\d+ (s|seconds)\b", r"<number> \1"),
    (r"(had not ended after )\d+( seconds)", r"\1<number>\2"),
    (r"(\d\.\d+|\]|::|localhost):(?:3[2-9]|[45]\d|6[0-5])\d{3}\b", r"\1:<port>"),
    # The Engine's own ranges are /16, and /20 where those are taken.
    (r"\b192\.168\.\d+\.\d+/20\b", "<address>/16"),
    (r"\b(?:172\.\d+|192\.168)\.\d+\.\d+\b", "<address>"),
    (r"Docker Engine \d[\w.+]*", "Docker Engine <version>"),
    (r"\b\d+\.\d+\.\d+-[\w.+-]*\w(?: #\d+ [^`;\n]*)?", "<version>"),
    (r"\b(\d\.\d)\.\d{10}\b", r"\1.<time>"),
    (r"\t(?:Up|Created|Exited|Restarting|Dead|Removal)\b.*", "\t<status>"),
    (r"\b((?:re)?started(?: it)?(?: again)?) \d+ times\b", r"\1 <number> times"),
    (r"(?<=\S) {3,}", "   "),
    (r"\b(tmpfs) +[\d.]+[KMGT] .*(?= /)", r"\1 <size>"),
    (r"The connection was (?:closed|reset) [^.]*\.", "The connection was <ended>."),
    (r"(?:<time> \[notice\] .*(?:\n|$))+", "<time> [notice] …\n"),
    (r'.*"GET /health HTTP.*\n?', ""),
    (r".*: SIGTERM, closing(?:\n|$)", ""),
    (r"(\$ docker logs .*\n)(?:.*\n)*?( *KeyboardInterrupt)", r"\1<frames>\n\2"),
)
"""What varies from run to run or from machine to machine, and its placeholder: ids and numbers of processes, nginx's
among them, names that a run makes, sizes of layers, times, how long ago, how long it took, ports that the Engine chose,
addresses, versions of Engine and kernel, the size of a place in memory, the folder of an answer, what containers in a
list do by now, how often the Engine has started one again, widths of columns, how a connection ends that nobody listens
to, how many processes nginx tells of, how often a health check has asked, where in its log a database stopped, how much
a program did and said before it was stopped and where that met it, and which of a container's changes come last. Nonces
do not: the seed is fixed."""
SHOWN = "      "
"""What stands before each line of evidence (graders/feedback.py)."""


def steady(text: str) -> str:
    """The text with placeholders for what varies."""
    for pattern, placeholder in VARIES:
        text = re.sub(pattern, placeholder, text)
    return text


def read_by_learner(verdict: Verdict) -> str:
    """All that a terminal shows of a verdict, steady. What varies is replaced before lines are broken."""
    notes = tuple(steady(note) for note in verdict.notes)
    lines = [*(line(_steady(result)) for result in verdict.checks), steady(summary(replace(verdict, notes=notes)))]
    return "\n".join(lines) + "\n"


def same(one: str, other: str) -> bool:
    """Whether two texts say the same. What a command prints may come in any order: two streams have none, nor files.

    How far the columns of a table are apart depends on what is in them, also where that has a placeholder.
    """
    return _unordered(one) == _unordered(other)


def _unordered(text: str) -> list[list[str]]:
    """The lines of a text in parts: what a command prints, sorted, and each other line alone."""
    parts: list[list[str]] = []
    follows = False
    for shown in re.sub(r"(?<=\S) {2,}", "   ", text).splitlines():
        printed = shown.startswith(SHOWN) and not shown.startswith(f"{SHOWN}$ ")
        if printed and follows:
            parts[-1].append(shown)
        else:
            parts.append([shown])
        follows = printed
    return [sorted(part) for part in parts]


def _steady(result: CheckResult) -> CheckResult:
    return replace(
        result,
        message=steady(result.message),
        hint=steady(result.hint),
        evidence=(steady("\n".join(result.evidence)).rstrip("\n"),) if result.evidence else (),
    )
