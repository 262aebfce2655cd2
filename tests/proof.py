"""How much is proven: the standard proof or, with --all, every answer on every path, which can be stopped and resumed.

At the end stands what each exercise and each part of the tests cost, dearest first.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEDGER = ROOT / "build" / "proven.jsonl"
"""What has passed with --all, and the state of the files that it passed in."""
PROVEN = ("environment", "exercises", "graders", "notebooks", "tests", "pyproject.toml")
EXERCISE = re.compile(r"\[(?P<id>[a-z]+/[a-z-]+)\b")
"""Tests of an exercise have its id as, or at the beginning of, their parameters."""
SERIAL = ("class", "machine", "own Engine")
"""Groups of tests that run one after another, the longest first: what begins last ends last."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proof")
    group.addoption("--all", action="store_true", help="prove every answer on every path")
    group.addoption("--resume", action="store_true", help="leave out what passed with --all since a file changed")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "all: proven with --all alone")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Account(config), "account")


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make none of the cases that only --all proves: they are three quarters, and each worker makes them all."""
    if metafunc.config.getoption("--all"):
        return
    for mark in metafunc.definition.iter_markers("parametrize"):
        for cases in (given for given in mark.args[1:2] if isinstance(given, list)):
            wanted = [case for case in cases if not any(of.name == "all" for of in getattr(case, "marks", ()))]
            cases[:] = wanted or cases


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose what is proven, and let what takes longest begin first."""
    done = proven() if config.getoption("--all") and config.getoption("--resume") else set()
    left = [
        item
        for item in items
        if (config.getoption("--all") or not item.get_closest_marker("all")) and _test(item.nodeid) not in done
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(left)])
    items[:] = sorted(left, key=_turn)


def _turn(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    name = group.args[0] if group else ""
    return SERIAL.index(name) if name in SERIAL else len(SERIAL)


def digest() -> str:
    """Tell one state of all that is proven from another."""
    total = hashlib.sha256()
    for name in PROVEN:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts):
                total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def proven() -> set[str]:
    """The tests that passed with --all in the present state of the files."""
    here, lines = digest(), LEDGER.read_text().splitlines() if LEDGER.exists() else []
    return {said["test"] for said in map(json.loads, lines) if said["state"] == here}


class Account:
    """What the tests of a run cost, as the process sees it that gives them out."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: dict[str, float] = defaultdict(float)
        self.begun = time.monotonic(), busy()
        self.state = digest() if config.getoption("--all") else ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = _test(report.nodeid)
        self.seconds[test] += report.duration
        if self.state and report.when == "call" and report.passed:
            LEDGER.parent.mkdir(exist_ok=True)
            with LEDGER.open("a") as file:
                file.write(json.dumps({"state": self.state, "test": test}) + "\n")

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.seconds:
            return
        begun, busy_before = self.begun
        terminalreporter.section("what it cost, in seconds of tests that run side by side")
        for line in [*_table(self.seconds, _exercise), "", *_table(self.seconds, _part)]:
            terminalreporter.line(line)
        wall, processor = time.monotonic() - begun, busy() - busy_before
        terminalreporter.line("")
        terminalreporter.line(f"{wall:.0f} s in all; the machine's processors worked for {processor:.0f} s.")


def _test(nodeid: str) -> str:
    """The name of a test without the group that pytest-xdist adds."""
    return re.sub(r"@[^\]]*$", "", nodeid)


def _exercise(test: str) -> str:
    found = EXERCISE.search(test)
    return found["id"] if found and (ROOT / "exercises" / found["id"]).is_dir() else ""


def _part(test: str) -> str:
    return test.partition("::")[0].removeprefix("tests/")


def _table(seconds: Mapping[str, float], name: Callable[[str], str]) -> list[str]:
    sums: dict[str, float] = defaultdict(float)
    for test, spent in seconds.items():
        sums[name(test)] += spent
    sums.pop("", None)
    return [f"{spent:8.1f}  {key}" for key, spent in sorted(sums.items(), key=lambda item: -item[1]) if spent >= 0.1]


def busy() -> float:
    """Seconds for which processors of this machine have worked since it started; 0 where nothing tells it."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _idle, _wait, irq, soft, *_ = (int(x) for x in stat.read_text().split("\n")[0].split()[1:])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
