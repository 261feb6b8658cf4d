"""All sensor boards of a site: their lines, their lives, and one folder for their file systems."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from headworks.hardware.files import HardwareError
from headworks.hardware.sensor import config_bytes, load_sensor
from headworks.model.site import BoardSpec, Site
from headworks.sim.boards.config import Config
from headworks.sim.boards.image import Firmware
from headworks.sim.boards.life import Life
from headworks.sim.boards.line import Line
from headworks.sim.boards.python import BoardPython, best, cpython
from headworks.sim.pty import ServeError
from headworks.sim.world import World


def read_configs(site: Site) -> dict[str, bytes]:
    """Each board's configuration as it was flashed. Raises ServeError."""
    try:
        return {
            spec.name: config_bytes(load_sensor(spec.model), spec.name, spec.address)
            for spec in site.boards
        }
    except HardwareError as error:
        raise ServeError(str(error)) from error


def parsed(configs: Mapping[str, bytes]) -> dict[str, Config]:
    """The same, read."""
    return {name: json.loads(raw) for name, raw in configs.items()}


class BoardCrew:
    """Every board of a site from `start` to `stop`. Raises ServeError from both ends of that."""

    def __init__(
        self, world: World, configs: Mapping[str, bytes], python: BoardPython | None, folder: Path
    ) -> None:
        self._python: BoardPython = python or (best() if configs else cpython())
        if configs:
            world.boards_run = self._python.says
        self._folder = folder
        self._lines: dict[str, Line] = {}
        self._lives: list[Life] = []
        self._tasks: list[asyncio.Task[None]] = []
        world.on_faults.append(self._hurry)
        for spec in world.site.boards:
            line = self._line(spec, world)
            self._lives.append(Life(spec, configs[spec.name], world, line, self._python))

    def _line(self, spec: BoardSpec, world: World) -> Line:
        """The line at a board's address, shared by those with the same one."""
        if not spec.connect.startswith("serial:"):
            raise ServeError(
                f"board {spec.name}: {spec.connect}: the simulator serves a serial path only; in "
                "a copy of the site file for training write serial:PATH"
            )
        seed = world.settings.seed + 1000 * len(self._lines)
        return self._lines.setdefault(spec.connect, Line(spec.connect, world.faults, seed))

    def serves(self) -> list[dict[str, str]]:
        """What is served where."""
        return [
            {"name": life.spec.name, "model": life.spec.model, "connect": life.spec.connect}
            for life in self._lives
        ]

    async def start(self) -> None:
        """Open the lines and let every board start. Raises ServeError."""
        if not self._lives:
            return
        for line in self._lines.values():
            line.open()
        firmware = Firmware(self._python, self._folder / "firmware")
        for life in self._lives:
            root = self._folder / life.spec.name
            self._tasks.append(asyncio.create_task(life.run(firmware, root)))

    def tick(self, t_s: float) -> None:
        """Move the boards' world on. Raises what ended a board's life, which nothing may."""
        for task in self._tasks:
            if task.done():
                task.result()
        for life in self._lives:
            life.tick(t_s)

    def _hurry(self) -> None:
        for life in self._lives:
            life.hurry()

    async def stop(self) -> None:
        """Take all power and all ports away, and remove the file systems."""
        for task in self._tasks:
            task.cancel()
        for life in self._lives:
            life.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for line in self._lines.values():
            line.close()
        if self._lives:
            shutil.rmtree(self._folder, ignore_errors=True)
