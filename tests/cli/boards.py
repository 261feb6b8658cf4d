"""A site with sensor boards in the simulator, with or without its station, and `headworks board`."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from headworks.cli.demo_site import TEMPLATE, training_copy
from headworks.sim.client import SimError, ask

READY_S = 25.0
ENDS_S = 60.0


class Plant:
    """Processes of one folder; `root` of a board is its file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site.toml"
        self.site.write_text(training_copy(TEMPLATE.read_text(encoding="utf-8"), folder))
        self.env = {**os.environ, "HEADWORKS_RUNTIME": str(folder)}
        self.env["HEADWORKS_STATE"] = str(folder / "state")
        self._running: list[subprocess.Popen[bytes]] = []

    def simulator(self) -> None:
        self._start("sim", "serve", "--site", str(self.site), "--socket", str(self._sim_socket))
        self.until(lambda: all(b["state"] == "run" for b in self.truth().values()))

    def station(self) -> None:
        self._start("run", "--site", str(self.site))
        self.until(lambda: self.board("list", "--json").stdout.count("in use by the station") == 3)

    @property
    def _sim_socket(self) -> Path:
        return self.folder / "sim.sock"

    def truth(self) -> dict[str, dict]:
        """What is true of every board."""
        return {b["name"]: b for b in ask(self._sim_socket, "status")["status"]["boards"]}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "headworks", "board", *words]

    def board(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.env, cwd=self.folder, input=stdin or "",
            capture_output=True, text=True, timeout=ENDS_S, check=False,
        )  # fmt: skip

    def _start(self, *words: str) -> None:
        with (self.folder / f"{words[0]}.log").open("wb") as log:
            command = [sys.executable, "-m", "headworks", *words]
            self._running.append(subprocess.Popen(command, env=self.env, stdout=log, stderr=log))

    def until(self, holds) -> None:
        end_s = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(SimError, KeyError):
                if holds():
                    return
            assert time.monotonic() < end_s, self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(
            log.read_text(errors="replace")[-2000:] for log in self.folder.glob("*.log")
        )

    def end(self) -> None:
        for process in reversed(self._running):
            process.terminate()
            process.wait(READY_S)


@contextlib.contextmanager
def plant(folder: Path, *, station: bool = False) -> Iterator[Plant]:
    made = Plant(folder)
    try:
        made.simulator()
        if station:
            made.station()
        yield made
    finally:
        made.end()


def rows(made: Plant) -> dict[str, dict]:
    """What `board list` says, by name."""
    return {row["name"]: row for row in json.loads(made.board("list", "--json").stdout)}


def root(made: Plant, name: str) -> Path:
    """The file system of a board."""
    return next(made.folder.rglob(f"{name}/main.py")).parent


def _hears_signals() -> None:
    """Whatever this test was started with: nohup and shells in the background ignore some."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def started(made: Plant, *words: str) -> subprocess.Popen[str]:
    """A command at work on a board, from the moment when that is on the way to its prompt."""
    child = subprocess.Popen(
        made.command(*words), env=made.env, cwd=made.folder, stderr=subprocess.PIPE,
        text=True, preexec_fn=_hears_signals,  # noqa: PLW1509
    )  # fmt: skip
    said = []
    while line := child.stderr.readline():
        said.append(line)
        if "prompt" in line:
            return child
    raise AssertionError(f"it ended with {child.wait(ENDS_S)}: {''.join(said)}")


def unplugged(made: Plant, name: str, *words: str, after_s: float) -> str:
    """What a command says whose board is pulled out and plugged in again in the middle."""
    child = started(made, *words)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(after_s)
    pulled = {"name": "board-unplugged", "target": name, "for_s": 1.0}
    ask(made.folder / "sim.sock", "fault", **pulled)
    said = child.communicate(timeout=ENDS_S)[1]
    assert "Traceback" not in said
    assert child.returncode in (0, 1)
    if child.returncode:
        assert "run the same command again" in said.splitlines()[-1], said
    made.until(lambda: made.truth()[name]["state"] in ("run", "repl"))
    return said


def interrupted(
    made: Plant, *words: str, after_s: float = 0.0, by: int = signal.SIGINT, times: int = 1
) -> list[str]:
    """What a command says that is ended once a board is on the way to its prompt."""
    child = started(made, *words)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(after_s)
    for _ in range(times):
        child.send_signal(by)
    assert child.wait(ENDS_S) == 130
    said = child.stderr.read()
    child.stderr.close()
    assert "Traceback" not in said
    return said.splitlines()
