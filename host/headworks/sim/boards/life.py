"""The life of one simulated board: started, restarted, hung, unplugged, and what its pins do.

Follows the faults that act on the board. The watchdog bites here, outside of the program, as
on a chip.
"""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from headworks.hardware.mcu import load_mcu
from headworks.hardware.sensor import load_sensor
from headworks.model.site import BoardSpec
from headworks.sim.boards import wires
from headworks.sim.boards.config import Config
from headworks.sim.boards.image import Firmware
from headworks.sim.boards.line import Line
from headworks.sim.boards.process import Run
from headworks.sim.boards.prompt import REBOOT, Prompt
from headworks.sim.boards.python import BoardPython
from headworks.sim.world import World

BOOT_S = 0.3  # of a reset: a chip's own start before the first line of a program; ours
_ANALOGUE_S = 0.5  # between two looks at what changes slowly
_RESET, _WATCHDOG, _REPL = 3, 4, 5  # exit codes of the shim
_ENDS = {_RESET: "reset", _WATCHDOG: "watchdog", _REPL: "maint"}
_ONCE = ("board-crash", "board-hang")
_FLASHED = ("board-boot-loop", "wrong-config")  # a person comes with a cable


class Life:
    """One board of the site. `run` lives until cancelled; `tick` moves its world on."""

    def __init__(
        self,
        spec: BoardSpec,
        raw: bytes,
        world: World,
        line: Line,
        python: BoardPython,
    ) -> None:
        self.spec = spec
        mcus = load_sensor(spec.model).mcus
        self._flash_bytes = min(load_mcu(mcu).flash_bytes for mcu in mcus)
        self._raw = raw
        self._config: Config = json.loads(raw)
        self._world = world
        self._line = line
        self._python = python
        self._truth = world.boards[spec.name]
        self._truth.on = {output["name"]: False for output in self._config.get("outputs", ())}
        self._outputs = {str(o["pin"]): o for o in self._config.get("outputs", ())}
        self._wdt_s = self._config["wdt_ms"] / 1000.0
        self._run: Run | None = None
        self._prompt = Prompt(self._type)
        self._power = asyncio.Event()
        self._power.set()
        self._sent: dict[str, str] = {}
        self._analogue: dict[str, str] = {}
        self._analogue_s = float("-inf")
        self._fed_s: float | None = None
        self._killed = ""  # why the program that runs has been ended from outside
        self._acted: set[str] = set()  # faults that act once and have done so
        self._flashed = ""  # the fault with which it was flashed
        line.join(spec.name, self._hear)

    @property
    def owns_line(self) -> bool:
        """Whether the port goes with the board, as a USB board's does."""
        return str(self._config["link"]["kind"]) == "usb"

    async def run(self, firmware: Firmware, root: Path) -> None:
        """Start the program again and again, as the chip does."""
        firmware.flash(root, self._raw)
        cause = "power-on"
        while True:
            await self._power.wait()
            self._flash(firmware, root)
            cause = await self._once(root, cause, firmware.shim)
            await asyncio.sleep(BOOT_S)

    def tick(self, t_s: float) -> None:
        """Let faults act and the watchdog bite, and tell the pins what has changed."""
        self._plug()
        if self._run is None:
            return
        self._act(self._run)
        self._watch(self._run)
        if t_s - self._analogue_s >= _ANALOGUE_S:
            self._analogue_s = t_s
            self._sense()
        self._tell(self._run)

    def hurry(self) -> None:
        """Tell the pins at once what a fault has changed."""
        if self._run is not None:
            self._tell(self._run)

    def stop(self) -> None:
        """Take the power away; its task is cancelled by the owner."""
        self._kill("unplugged")

    def _kill(self, why: str) -> None:
        if self._run is not None:
            self._killed = why
            self._run.kill()

    async def _once(self, root: Path, cause: str, shim: Path) -> str:
        """From a start to an end; the cause of the next start."""
        run = Run(self._said, self._pin)
        self._fed_s, self._killed = None, ""
        self._sense()
        self._sent = self._pins()
        is_repl = cause == "maint" or not (root / "main.py").exists()
        words = self._python.repl(root) if is_repl else (*self._python.command, "main.py")
        lines = list(wires.changes({}, self._sent))
        await run.start(words, root, self._environment(cause, shim), lines)
        self._run = run
        self._truth.state = "repl" if is_repl else "run"
        self._truth.starts += not is_repl
        self._tell(run)
        try:
            code = await run.wait()
        finally:
            self._run = None
            self._truth.dark("restarts" if self._power.is_set() else "off")
        return self._ended(code, is_repl)

    def _ended(self, code: int, is_repl: bool) -> str:
        """Count why it ended; what the next start will find as its cause."""
        if is_repl and code == 0:
            self._line.send(self.spec.name, REBOOT)
            return "maint" if self._prompt.reboot() else "soft"
        self._prompt.leave()
        why = self._killed or _ENDS.get(code, f"exit {code}")
        self._truth.ends[why] += 1
        if why in ("watchdog", "maint"):
            return why
        return "power-on" if self._killed else "soft"

    def _environment(self, cause: str, shim: Path) -> Mapping[str, str]:
        own = {
            "PYTHONPATH": str(shim),
            "MICROPYPATH": f"{shim}:.frozen",
            "HEADWORKS_SHIM_UID": uid(self.spec),
            "HEADWORKS_SHIM_CAUSE": cause,
            "HEADWORKS_SHIM_FLASH": str(self._flash_bytes),
        }
        return {**os.environ, **own}

    def _flash(self, firmware: Firmware, root: Path) -> None:
        """Flash it anew where a fault of what lies on it came or went."""
        wanted = self._wanted_flash()
        if wanted == self._flashed:
            return
        self._flashed = wanted
        firmware.flash(root, self._raw)
        if wanted == "wrong-config":
            firmware.configure(root, self._raw[:-1] + b',"other":1}')
        elif wanted:
            firmware.spoil(root)

    def _wanted_flash(self) -> str:
        return next((fault for fault in _FLASHED if self._is(fault)), "")

    def _is(self, fault: str) -> bool:
        return self._world.faults.get(fault, self.spec.name) is not None

    def _plug(self) -> None:
        """Pull or put in the plug as the fault says."""
        wanted = not self._is("board-unplugged")
        if wanted == self._power.is_set():
            return
        if wanted:
            if self.owns_line:
                self._line.open()
            self._power.set()
            return
        self._power.clear()
        if self.owns_line:
            self._line.unplug()
        self.stop()

    def _act(self, run: Run) -> None:
        """Faults that act at once and once, each time they are put in."""
        for name in _ONCE:
            if not self._is(name):
                self._acted.discard(name)
            elif name not in self._acted:
                self._acted.add(name)
                if name == "board-crash":
                    run.tell(["crash"])
                else:
                    self._truth.state = "hung"
                    run.freeze()
        if self._wanted_flash() != self._flashed:
            self._kill("flashed")

    def _watch(self, run: Run) -> None:
        """End a program that has not fed its watchdog; what waits to be read counts."""
        if self._fed_s is None or time.monotonic() - self._fed_s < self._wdt_s:
            return
        run.read_pins()
        if time.monotonic() - self._fed_s >= self._wdt_s:
            self._kill("watchdog")

    def _sense(self) -> None:
        """What its sensors see now; a stuck one keeps what it saw."""
        self._analogue |= wires.analogue(self._world, self.spec.name, self._config)

    def _tell(self, run: Run) -> None:
        """What is new at the pins; what finds no room is told again in the next step."""
        now = self._pins()
        lines = list(wires.changes(self._sent, now))
        if lines and run.tell(lines):
            self._sent = now

    def _pins(self) -> dict[str, str]:
        """What is at its pins now, by pin."""
        return self._analogue | wires.contacts(self._world, self.spec.name, self._config)

    def _pin(self, line: str) -> None:
        """A line of the board's own pins."""
        words = line.split()
        match words:
            case ["out", pin, level] if pin in self._outputs:
                output = self._outputs[pin]
                self._truth.drive(output["name"], int(level) == int(output["active_high"]))
            case ["led", _, level]:
                self._truth.light = level == "1"
            case ["wdt", "feed"]:
                self._fed_s = time.monotonic()

    def _said(self, data: bytes) -> None:
        self._line.send(self.spec.name, data)
        self._prompt.said(data)

    def _hear(self, data: bytes) -> None:
        self._prompt.typed(data)
        self._type(data)

    def _type(self, data: bytes) -> None:
        if self._run is not None:
            self._run.type(data)


def uid(spec: BoardSpec) -> str:
    """The chip's own number: the one the site file asks for, else made of the name."""
    return spec.uid or spec.name.encode().hex()[:16].ljust(16, "0")
