"""What tools/check runs, inside the environment, and the table that it ends with.

Decides nothing about any single tool; their settings stand in pyproject.toml.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lib import firmware, suite, wheel
from lib.suite import Work

ROOT = Path(__file__).resolve().parent.parent.parent
LONG = "long: run with --long"
COVERAGE = [
    "--cov=headworks.control",
    "--cov-branch",
    "--cov-report=term-missing:skip-covered",
    "--cov-fail-under=100",
]
IMPORTS = "from importlinter.cli import lint_imports_command as c; c(prog_name='lint-imports')"


@dataclass
class Result:
    """How one step went: `ok`, `failed` or `skipped`, with one short remark."""

    name: str
    state: str
    seconds: float = 0.0
    remark: str = ""
    skips: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A name and what does the work."""

    name: str
    work: Work


def tool(*arguments: str) -> Work:
    """A tool of the environment; its output is shown only if it fails."""

    def work() -> tuple[bool, str, Mapping[str, list[str]]]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            print(done.stdout.rstrip(), flush=True)
        lines = done.stdout.strip().splitlines()
        return done.returncode == 0, lines[-1] if lines else "", {}

    return work


def of_firmware(look: Callable[[Path], str], remark: str) -> Work:
    """A check of the firmware that tells of mistakes, or of none."""

    def work() -> tuple[bool, str, Mapping[str, list[str]]]:
        told = look(ROOT)
        if told:
            print(told.rstrip(), flush=True)
        return not told, told.splitlines()[0] if told else remark, {}

    return work


def built_wheel() -> tuple[bool, str, Mapping[str, list[str]]]:
    """The wheel in an empty environment."""
    try:
        return True, wheel.try_out(ROOT), {}
    except wheel.WheelError as error:
        print(error, flush=True)
        return False, str(error).splitlines()[0], {}


def steps(options: argparse.Namespace) -> list[Step]:
    """The steps in the order in which they fail fastest."""
    extra = ["--long"] if options.long else []
    covered = [] if options.quick else COVERAGE
    found = [
        Step("ruff check", tool("-m", "ruff", "check", "--quiet", ".")),
        Step("ruff format", tool("-m", "ruff", "format", "--check", "--quiet", ".")),
        Step("mypy strict", tool("-m", "mypy")),
        Step("import-linter", tool("-c", IMPORTS)),
        Step("firmware types", of_firmware(firmware.types, "with the stubs of rp2 and esp32")),
        Step("mpy-cross", of_firmware(firmware.compiled, "every file for every chip")),
        Step("tests", suite.tests(extra, covered)),
    ]
    return found if options.quick else [*found, Step("wheel", built_wheel)]


def run(step: Step) -> Result:
    """Do one step and say so."""
    print(f"== {step.name}", flush=True)
    began = time.monotonic()
    passed, remark, skips = step.work()
    return Result(step.name, "ok" if passed else "failed", time.monotonic() - began, remark, skips)


def verdict(results: list[Result], require_all: bool) -> bool:
    """Whether everything that had to pass did. A skip counts as a failure when all is required."""
    for result in results:
        lacking = [reason for reason in result.skips if reason != LONG]
        if require_all and lacking and result.state == "ok":
            result.state, result.remark = "failed", f"skipped: {lacking[0]}"
    return all(result.state == "ok" for result in results)


def table(results: list[Result]) -> str:
    """Each step, how it went and how long it took; then what this machine lacks."""
    width = max(len(result.name) for result in results)
    lines = []
    for result in results:
        took = f"{result.state:<7} {result.seconds:7.1f} s"
        lines.append(f"{result.name:<{width}}  {took}  {result.remark}".rstrip())
    for result in results:
        for reason, names in sorted(result.skips.items()):
            lines.append(f"{'':<{width}}  skipped {len(names):>5}    {reason}")
    return "\n".join(lines)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of tools/check."""
    parser = argparse.ArgumentParser(
        prog="tools/check", description="Every check and test that this machine can run."
    )
    parser.add_argument("--quick", action="store_true", help="no coverage and no wheel")
    parser.add_argument("--long", action="store_true", help="the heavier sweeps too")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run every step, even after a failure; 0 when all passed."""
    results = [run(step) for step in steps(parse(arguments))]
    good = verdict(results, os.environ.get("HEADWORKS_REQUIRE_ALL") == "1")
    total = sum(result.seconds for result in results)
    print(f"\n{table(results)}\n{'all good' if good else 'FAILED'} in {total:.0f} s", flush=True)
    return 0 if good else 1
