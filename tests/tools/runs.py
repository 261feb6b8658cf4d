"""Runs the demo as a process, as a person or a script would, and looks for what it left."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ENDS_S = 40.0


class Demo:
    """A running demo. `children` are simulator, station and boards once `until` has seen a state."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.states: list[dict[str, Any]] = []
        self.children: list[psutil.Process] = []

    def lines(self) -> Iterator[dict[str, Any]]:
        """Its lines as they come, until it closes its output."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = json.loads(line)
            if found["event"] == "scan":
                self.states.append(found)
            yield found

    def until(self, seen: Any) -> dict[str, Any]:
        """The first state for which `seen` holds. Fails when the demo ends before."""
        for state in self.lines():
            self.children = self.children or psutil.Process(self.process.pid).children(
                recursive=True
            )
            if seen(state):
                return state
        raise AssertionError(f"the demo ended first, exit code {self.process.wait(ENDS_S)}")

    def until_it_has_children(self) -> None:
        """Return as soon as it has started a process. Fails when it ends before."""
        while not self.children:
            assert self.process.poll() is None, "the demo ended first"
            self.children = psutil.Process(self.process.pid).children(recursive=True)

    def rest(self) -> dict[str, Any]:
        """Its last line, which must be the summary."""
        return list(self.lines())[-1]

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(ENDS_S)

    def left(self) -> list[psutil.Process]:
        """Its processes that are still there; they are given their time to end."""
        return psutil.wait_procs(self.children, timeout=ENDS_S)[1]


def named(demo: Demo, word: str) -> psutil.Process:
    """The child whose command line holds `word`: "serve" or "run"."""
    return next(child for child in demo.children if word in child.cmdline())


def command(*words: str) -> list[str]:
    """The demo's command line: a clear noon, where surplus is certain."""
    return [sys.executable, "-m", "headworks", "demo", *words]


def environment(folder: Path) -> dict[str, str]:
    """Sockets and temporary files below `folder`."""
    return {**os.environ, "HEADWORKS_RUNTIME": str(folder / "run"), "TMPDIR": str(folder)}


@contextmanager
def running(folder: Path, *words: str, **more: Any) -> Iterator[Demo]:
    """A demo with --json; whatever of it is still there at the end is killed."""
    noon = ("--json", "--day", "clear", "--start", "11:00")
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    process = subprocess.Popen(
        command(*noon, *words), env=environment(folder), start_new_session=True, **options
    )
    demo = Demo(process)
    try:
        yield demo
    finally:
        for one in [process, *demo.children]:
            if isinstance(one, subprocess.Popen) or one.is_running():
                one.kill()
        process.wait(ENDS_S)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def some_rack_on(state: dict[str, Any]) -> bool:
    """Whether a rack is running or starting."""
    return any(rack["on"] for rack in state["racks"])
