"""All tests, a process for each folder, some side by side; and a second trial for those that fell.

Most tests wait for something on a clock of its own, beside others on two cores. One that fell is
run once more when all is quiet. Where it passes then it counts, and is named in the table: its
cause is to be found. Where it falls again, or more than `UNSTEADY` fell, or one that tests the
decision, which knows no clock, the step fails.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
# Folders of tests begin in this order, others after them: the longest must not be left for the end.
FIRST = ("prompt", "cli", "endtoend", "field", "control", "tools", "pi", "web")
SIDE_BY_SIDE = 4  # most tests wait for something; with more, two cores make clocks late
UNSTEADY = 3  # so many may fall beside others and pass alone
DECISION = "control"
Work = Callable[[], tuple[bool, str, Mapping[str, list[str]]]]  # passed, remark, skips


@dataclass(frozen=True)
class Ran:
    """One process of pytest: its exit code, and what it reported."""

    code: int
    report: Mapping[str, Any]

    @property
    def fell(self) -> list[str]:
        """The tests that did not pass; empty where it failed for another reason."""
        return list(dict.fromkeys(self.report.get("fell", [])))


def tests(arguments: list[str], covered: list[str]) -> Work:
    """All tests. The output of a folder is shown when it has ended; skips are kept with reasons.

    `covered` goes to the folder that tests the decision.
    """

    def work() -> tuple[bool, str, Mapping[str, list[str]]]:
        with tempfile.TemporaryDirectory(prefix="headworks-check-") as name:
            places = folders(ROOT / "tests")
            words = [
                [*arguments, *(covered if place == DECISION else []), f"tests/{place}"]
                for place in places
            ]
            with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
                ran = list(pool.map(run, places, words, [Path(name)] * len(places)))
            again = second_trial(ran)
            passed = bool(again) and run("alone", [*arguments, *again], Path(name)).code == 0
        good = passed if again else not any(one.code for one in ran)
        remark, skips = added_up([one.report for one in ran], len(again) if passed else 0)
        named = [f"passed alone: {name}" for name in again if passed]
        return good, "; ".join([remark, *named]), skips

    return work


def second_trial(ran: Sequence[Ran]) -> list[str]:
    """The tests to run once more; none where all passed, or where that would not help."""
    failed = [one for one in ran if one.code]
    names = [name for one in failed for name in one.fell]
    explained = all(one.code == 1 and one.fell for one in failed)
    decides = any(name.startswith(f"tests/{DECISION}/") for name in names)
    return names if explained and not decides and len(names) <= UNSTEADY else []


def folders(tests: Path) -> list[str]:
    """All folders of tests, in the order in which they begin."""
    found = sorted(path.parent.name for path in tests.glob("*/__init__.py"))
    return sorted(found, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def run(place: str, words: list[str], reports: Path) -> Ran:
    """One process of pytest; `place` names it."""
    report = reports / f"{place}.json"
    env = {**os.environ, "HEADWORKS_REPORT": str(report)}
    env["COVERAGE_FILE"] = str(reports / f"{place}.coverage")
    began_s = time.monotonic()
    done = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--durations=5", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        text=True,
        errors="replace",
    )
    with done.stdout as said:
        text = said.read()
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    took_s, busy_s = time.monotonic() - began_s, used.ru_utime + used.ru_stime
    print(f"-- {place}, {took_s:.0f} s, {busy_s:.0f} s of a core\n{text.rstrip()}", flush=True)
    return Ran(done.returncode, json.loads(report.read_text()) if report.exists() else {})


def added_up(
    reports: Sequence[Mapping[str, Any]], alone: int = 0
) -> tuple[str, Mapping[str, list[str]]]:
    """The counts of all folders, and all skips by reason. `alone`: fell first, passed alone."""
    found = {
        key: sum(report.get(key, 0) for report in reports)
        for key in ("passed", "failed", "skipped")
    }
    found["passed"] += alone
    found["failed"] -= alone
    skips: dict[str, list[str]] = {}
    for report in reports:
        for reason, names in report.get("skips", {}).items():
            skips.setdefault(reason, []).extend(names)
    return ", ".join(f"{count} {key}" for key, count in found.items()), skips
