"""A site with sensor boards in the simulator, with or without its station, and `headworks board`."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
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


class Typist:
    """A command on a terminal of 80 by 24, and a person in front of it."""

    def __init__(
        self, command: list[str], env: dict[str, str], folder: Path, term: str = "xterm"
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            command, env={**env, "TERM": term}, cwd=folder, stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def until(self, *words: str) -> str:
        """Read until all these words have been drawn since the last call."""
        end_s = time.monotonic() + READY_S
        while not all(word in self.seen for word in words):
            left_s = end_s - time.monotonic()
            ready = select.select([self._master], [], [], max(left_s, 0.0))[0]
            assert ready, f"{words} did not appear in {self.seen[-1500:]!r}"
            data = os.read(self._master, 65536)
            if b"\x1b[6n" in data:
                os.write(self._master, b"\x1b[1;1R")  # where the cursor is, as a terminal says
            self.seen += data.decode(errors="replace")
        seen, self.seen = self.seen, ""
        return seen

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def ended(self) -> int:
        """Its exit code; what it still draws is taken in."""
        end_s = time.monotonic() + READY_S
        while self.process.poll() is None:
            assert time.monotonic() < end_s
            if select.select([self._master], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    os.read(self._master, 65536)
        os.close(self._master)
        return self.process.returncode
