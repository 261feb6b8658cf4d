"""Processes of a measurement: the peer, the station or a baseline, their memory and time.

All run on one processor, the last one, as in the figures that ours are compared with, and before
everything else on the machine; where the system does not allow that they run as they may.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchlib import sites

TOOLS = Path(__file__).resolve().parent.parent
HAVE_AFFINITY = hasattr(os, "sched_setaffinity")
MEASURED, STOPWATCH = 10, 20  # priorities: what arrives is timed before the sender goes on
STOP_S = 15.0  # a station that takes longer to end is ended


class BenchError(Exception):
    """A case cannot be measured; the text says what went wrong."""


def pin(pid: int = 0) -> None:
    """Let a process (0: this one) run on the last processor only."""
    if HAVE_AFFINITY:
        os.sched_setaffinity(pid, {max(os.sched_getaffinity(0))})


def prefer(pid: int, priority: int) -> None:
    """Let a process run before all others of the machine, where we may say so."""
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(priority))
    except (AttributeError, OSError):
        return  # not root, or another system: the figures then hold what others take away


@contextmanager
def process(
    words: Sequence[str], log: Path, priority: int = MEASURED, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A pinned process with its errors in a file; it is ended with the block.

    Its modules are compiled once for all processes of a bench, as pip compiles what it installs.
    """
    environment = os.environ | {"PYTHONPATH": str(TOOLS), "PYTHONPYCACHEPREFIX": _compiled().name}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, *words], stderr=errors, env=environment, **options
        )
        pin(child.pid)
        prefer(child.pid, priority)
        try:
            yield child
        finally:
            _end(child)


@lru_cache(maxsize=1)
def _compiled() -> "tempfile.TemporaryDirectory[str]":
    """The folder of compiled modules, until this process ends; a checkout stays as it is."""
    return tempfile.TemporaryDirectory(prefix="headworks-bench-compiled-")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class Peer:
    """The peer process, spoken to by lines."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self.ports = self._line()["ready"]

    def trials(self, count: int, phase_s: float, settle_s: float = 0.05) -> list[dict]:
        """Run a row of trials. Raises BenchError where a trial does not come to an end."""
        self._say({"op": "trials", "count": count, "phase_s": phase_s, "settle_s": settle_s})
        results = []
        for _ in range(count):
            line = self._line()
            if "failed" in line:
                raise BenchError(f"trial {len(results) + 1}: {line['failed']}")
            results.append(line)
        return results

    def stats(self) -> dict:
        """When each meter was asked since the last call, and the first reply (monotonic s)."""
        self._say({"op": "stats"})
        return self._line()

    def first_reply(self, deadline_s: float = 30.0) -> float:
        """When the first reply with a power went out, as soon as it has."""
        end = time.monotonic() + deadline_s
        while not (first := self.stats()["first_reply"]):
            if time.monotonic() > end:
                raise BenchError("no meter was read")
            time.sleep(0.05)
        return first

    def _say(self, order: dict) -> None:
        self._child.stdin.write(json.dumps(order).encode() + b"\n")
        self._child.stdin.flush()

    def _line(self) -> dict:
        line = self._child.stdout.readline()
        if not line:
            raise BenchError("the peer ended")
        return json.loads(line)


class Folder:
    """A folder of one measurement: site file, socket, logs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def peer(self, shape: sites.Shape) -> Iterator[Peer]:
        """The peer for a site of this shape."""
        words = ["-m", "benchlib.peer", json.dumps(sites.config(shape))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with process(words, self.path / "peer.log", STOPWATCH, **pipes) as child:
            yield Peer(child)

    @contextmanager
    def station(self, shape: sites.Shape, peer: Peer) -> Iterator[subprocess.Popen[bytes]]:
        """The whole station, as `headworks run` starts it, its log in a file."""
        site = self.path / "site.toml"
        site.write_text(sites.site_file(shape, peer.ports))
        state = self.path / "state"
        words = ["-m", "headworks", "run", "--site", str(site), "--socket", str(self.socket)]
        words += ["--state", str(state)]
        with process(words, self.log, stdout=subprocess.DEVNULL) as child:
            yield child

    @contextmanager
    def bare(self, *words: object) -> Iterator[subprocess.Popen[bytes]]:
        """A baseline script."""
        script = ["-m", "benchlib.bare", *map(str, words)]
        with process(script, self.path / "bare.log", stdout=subprocess.DEVNULL) as child:
            yield child

    @property
    def socket(self) -> Path:
        """The station's socket."""
        return self.path / "station.sock"

    @property
    def log(self) -> Path:
        """The station's log."""
        return self.path / "station.log"


@contextmanager
def folder() -> Iterator[Folder]:
    """A temporary folder; where a case fails, the end of the station's log is told."""
    with tempfile.TemporaryDirectory(prefix="headworks-bench-") as name:
        here = Folder(Path(name))
        try:
            yield here
        except BenchError as error:
            log = here.log.read_text(errors="replace")[-2000:] if here.log.exists() else ""
            raise BenchError(f"{error}\n{log}") from error


def memory_mb(pid: int) -> float:
    """Resident memory of a process, from /proc (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise BenchError(f"process {pid} has ended")


def processor_s(pid: int) -> float:
    """Processor time that a process has used in all of its threads, from /proc (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
