"""What all tests share: what the machine may lack, the flag for long sweeps, and the count.

With HEADWORKS_REQUIRE_ALL=1 whatever the machine lacks is a failure; only `long` may be left out.
HEADWORKS_REPORT names a file to write the counts and the skips to, for tools/check.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is late; what is slow is measured in tools/bench, never by a test's deadline.
settings.register_profile("headworks", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("headworks")

REQUIRE_ALL = os.environ.get("HEADWORKS_REQUIRE_ALL") == "1"
LONG = "long: run with --long"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the heavier sweeps too")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Count(), "headworks-count")


def _missing(what: str) -> str | None:
    """Why a need is not met here, or None.

    `program:NAME` (of the environment too), `module:NAME`, `file:PATH`, `linux`, or `tmpfs`, which
    is the right to mount one.
    """
    kind, _, name = what.partition(":")
    if kind == "program":
        places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        return None if shutil.which(name, path=places) else f"{name} is not installed"
    if kind == "module":
        return None if find_spec(name) else f"the module {name} is not installed"
    if kind == "file":
        return None if Path(name).exists() else f"{what} is not there"
    if kind == "linux":
        return None if sys.platform == "linux" else "this needs Linux"
    if kind == "tmpfs":
        return None if _may_mount() else "a small disk of its own needs the right to mount (root)"
    return f"unknown need {what!r}"


@cache
def _may_mount() -> bool:
    """Whether a tmpfs can be mounted here; found out by doing it."""
    if shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
        if subprocess.run(words, capture_output=True, check=False).returncode != 0:
            return False
        subprocess.run(["umount", "-l", folder], check=True)
        return True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason=LONG))
        for mark in item.iter_markers("needs"):
            reason = _missing(mark.args[0])
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


class Count:
    """Counts outcomes and keeps why a test was skipped; decides whether skips are allowed."""

    def __init__(self) -> None:
        self.outcomes = {"passed": 0, "failed": 0, "skipped": 0}
        self.skips: dict[str, list[str]] = {}
        self.fell: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.fell.append(report.nodeid)
        if report.skipped:
            self._skip(report)
        elif report.failed or report.when == "call":
            self.outcomes[report.outcome] += 1

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skip(report)

    def _skip(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        where = report.longrepr
        reason = where[2] if isinstance(where, tuple) else str(where)
        self.outcomes["skipped"] += 1
        self.skips.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        lacking = [reason for reason in self.skips if reason != LONG]
        if REQUIRE_ALL and lacking and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if os.environ.get("HEADWORKS_REPORT"):
            found = {**self.outcomes, "skips": self.skips, "lacking": lacking, "fell": self.fell}
            Path(os.environ["HEADWORKS_REPORT"]).write_text(json.dumps(found), encoding="utf-8")

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for reason, tests in sorted(self.skips.items()):
            terminalreporter.write_line(f"skipped {len(tests)}: {reason}")
        if REQUIRE_ALL and any(reason != LONG for reason in self.skips):
            terminalreporter.write_line("HEADWORKS_REQUIRE_ALL=1: these skips are failures")
