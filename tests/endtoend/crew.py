"""Simulator, station and SCADA master as processes of their own, on the site beside this file.

Each is on a leash: it ends when the test's process does, however that ended.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from headworks.cli.demo_site import training_copy
from headworks.model.site import SetpointSignal
from headworks.sim.client import SimError, ask
from headworks.site import load_site

Json = dict[str, Any]
DEADMAN_S = 1.5  # of the simulated watchdog relay
READY_S = 20.0
_SITE = Path(__file__).with_name("site.toml")
_SIM = ("--day", "clear", "--start", "12:00", "--peak-load-kw", "100", "--pv-kw", "400",
        "--ramp-s", "0.2", "--step-s", "0.02", "--deadman-s", str(DEADMAN_S))  # fmt: skip


class Crew:
    """The three processes. `start_all` before the first question, `end` at last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "site.toml"
        self.path.write_text(training_copy(_SITE.read_text(encoding="utf-8"), folder))
        self.site = load_site(self.path)
        self.sim_socket, self.socket = folder / "sim.sock", folder / "station.sock"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._leash = os.pipe()

    def start_all(self) -> None:
        """Simulator, then station, then the master's order of no limit."""
        self.start_sim()
        self.start_station()
        self.start_master()

    def start_sim(self) -> None:
        """Start the simulator and wait until it serves."""
        words = ("serve", "--site", str(self.path), "--socket", str(self.sim_socket))
        self._start("sim", "sim", *words, "--pins", str(self.folder / "pins.sock"), *_SIM)
        self._await("sim", lambda: self._truth_or_none() is not None)

    def start_station(self) -> None:
        """Start the station and wait until it answers."""
        state = str(self.folder / "state")
        words = ("--site", str(self.path), "--socket", str(self.socket), "--state", state)
        self._start("station", "run", *words)
        self._await("station", self._station_answers)

    def start_master(self, kw: str = "none", valid_s: int = 3600) -> None:
        """Order a limit, wait until it is taken, keep beating; the process before, if any, ends."""
        self.kill("master")
        log = self.folder / "master.log"
        before = log.stat().st_size if log.exists() else 0
        words = ("setpoint", "--site", str(self.path), "--kw", kw, "--valid-for", str(valid_s))
        self._start("master", "sim", *words, "--keep", "0.5")
        self._await("master", lambda: b"order " in log.read_bytes()[before:])

    def kill(self, name: str) -> float:
        """SIGKILL a process; the monotonic time just before."""
        now = time.monotonic()
        child = self._running.pop(name, None)
        if child is not None:
            child.kill()
            child.wait()
        return now

    def terminate(self, name: str) -> int:
        """SIGTERM a process and wait; its exit code."""
        child = self._running.pop(name)
        child.send_signal(signal.SIGTERM)
        return child.wait(READY_S)

    def alive(self, name: str) -> bool:
        """Whether a process runs."""
        return self._running[name].poll() is None

    def end(self) -> None:
        """The station first, so that it opens its racks; whatever does not end is killed."""
        try:
            if "station" in self._running and self.alive("station"):
                self.terminate("station")
        finally:
            for name in tuple(self._running):
                self.kill(name)
            for fd in self._leash:
                os.close(fd)

    def truth(self) -> Json:
        """What is true in the plant."""
        status: Json = ask(self.sim_socket, "status")["status"]
        return status

    def inject(
        self, name: str, target: str = "", value: float | None = None, for_s: float | None = None
    ) -> float:
        """Put a fault in; the monotonic time at which it began."""
        more = {"value": value, "for_s": for_s}
        reply = ask(self.sim_socket, "fault", name=name, target=target, **more)
        return float(self.truth()["started_s"] + reply["faults"][0]["since_s"])

    def clear(self, name: str | None = None, target: str = "") -> None:
        """End a fault, or all."""
        ask(self.sim_socket, "clear", name=name, target=target)

    def close_breaker(self) -> None:
        """Close the breaker that an upstream trip opened."""
        ask(self.sim_socket, "reset-breaker")

    def log(self, name: str) -> str:
        """What a process has printed."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def setpoint(self) -> SetpointSignal:
        """The site's setpoint signal."""
        return next(s for s in self.site.signals if isinstance(s, SetpointSignal))

    def _start(self, name: str, *words: str) -> None:
        env = {**os.environ, "HEADWORKS_RUNTIME": str(self.folder)}
        command = [sys.executable, "-m", "headworks.cli.leash", str(self._leash[0]), "--", *words]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                pass_fds=(self._leash[0],), start_new_session=True,
            )  # fmt: skip

    def _await(self, name: str, answers: Any) -> None:
        end_s = time.monotonic() + READY_S
        while not answers():
            assert self.alive(name), f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < end_s, f"{name} is not ready:\n{self.log(name)}"
            time.sleep(0.02)

    def _truth_or_none(self) -> Json | None:
        try:
            return self.truth()
        except SimError:
            return None

    def _station_answers(self) -> bool:
        try:
            Line(self.socket).close()
        except OSError:
            return False
        return True


class Line:
    """A subscription to the station that can also command. Raises OSError where none serves."""

    def __init__(self, path: Path) -> None:
        self._plug = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._plug.settimeout(5.0)
            self._plug.connect(str(path))
        except OSError:
            self._plug.close()
            raise
        self._lines = self._plug.makefile("rb")
        self._waiting: list[Json] = []
        self._last_id = 0

    def subscribe(self) -> Json:
        """The state now; `state` gives those after it."""
        return self._ask({"op": "subscribe"})["state"]

    def state(self) -> Json:
        """The next state that comes."""
        while True:
            message = self._waiting.pop(0) if self._waiting else self._read()
            if message.get("event") == "scan":
                return message["state"]

    def command(self, action: str, target: str) -> Json:
        """Ask for something; the reply, also where it is refused."""
        more = {"actor": "tester", "role": "operator", "note": "end to end"}
        return self._ask({"op": "command", "action": action, "target": target, **more})

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._plug.close()

    def _ask(self, request: Json) -> Json:
        self._last_id += 1
        self._plug.sendall(json.dumps({"id": self._last_id, **request}).encode() + b"\n")
        while True:
            message = self._read()
            if message.get("id") == self._last_id:
                return message
            self._waiting.append(message)

    def _read(self) -> Json:
        line = self._lines.readline()
        if not line:
            raise ConnectionResetError("the station has gone")
        found: Json = json.loads(line)
        return found
