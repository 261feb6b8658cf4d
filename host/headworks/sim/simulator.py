"""The simulator of one site: plant, Modbus ports, pins and commands, running together.

Makes everything from the site and settings, steps the plant in real time, and takes all of it
down again in order. Prints nothing.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headworks.hardware.files import HardwareError
from headworks.hardware.switch import SwitchProfile, load_switch
from headworks.model.site import MeterSpec, Site, SwitchSpec
from headworks.sim.boards.crew import BoardCrew, parsed, read_configs
from headworks.sim.boards.python import BoardPython
from headworks.sim.commands import Commands
from headworks.sim.devices import Bus, CoilUnit, MeterUnit, Unit
from headworks.sim.pinlines import PinLines
from headworks.sim.pinserver import PinServer
from headworks.sim.plant.plant import PlantSettings
from headworks.sim.ports import Port, make_port
from headworks.sim.pty import ServeError
from headworks.sim.world import DEADMAN_S, World

STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where the two Unix sockets lie. The boards' file systems lie beside the first."""

    commands: Path
    pins: Path

    @property
    def boards(self) -> Path:
        """The folder of the boards' file systems."""
        return self.commands.with_suffix(".boards")


class Simulator:
    """One running site. Raises ServeError from the constructor and start()."""

    def __init__(
        self,
        site: Site,
        plant: PlantSettings,
        sockets: Sockets,
        *,
        step_s: float = STEP_S,
        deadman_s: float = DEADMAN_S,
        python: BoardPython | None = None,
    ) -> None:
        self.started_s = time.monotonic()
        profiles = _profiles(site.switches)
        configs = read_configs(site)
        self.world = World(site, plant, profiles, deadman_s, parsed(configs))
        self._step_s = step_s
        self._units = _units(self.world, site, profiles, self.clock)
        self._ports = _ports(self.world, self._units)
        lines = PinLines(self.world, profiles, self.clock)
        self._pins = PinServer(sockets.pins, self.world, lines)
        self._boards = BoardCrew(self.world, configs, python, sockets.boards)
        self._commands = Commands(
            sockets.commands, self.world, self.clock, self.started_s, self.serves
        )
        self._task: asyncio.Task[None] | None = None

    def clock(self) -> float:
        """Seconds since the start, on the monotonic clock."""
        return time.monotonic() - self.started_s

    def serves(self) -> dict[str, Any]:
        """What is served where, as plain data."""
        ports = [
            {
                "connect": port.connect,
                "where": port.where,
                "units": _names(self._units[port.connect]),
            }
            for port in self._ports
        ]
        day, clock = self.world.settings.day, self.world.settings.clock
        return {
            "site": self.world.site.name,
            "ports": ports,
            "boards": self._boards.serves(),
            "boards_run": self.world.boards_run,
            "pins": str(self._pins.path),
            "commands": str(self._commands.path),
            "day": day.name,
            "note": day.note,
            "speed": clock.speed,
        }

    async def start(self) -> None:
        """Serve everything, or nothing: what was opened is closed again where one part fails."""
        try:
            for port in self._ports:
                await port.start()
            await self._pins.start()
            await self._boards.start()
            await self._commands.start()
        except ServeError:
            await self.stop()
            raise
        self._task = asyncio.create_task(self._run())

    async def wait(self) -> None:
        """Return when the plant stops stepping; raises what stopped it."""
        if self._task is not None:
            await self._task

    async def stop(self) -> None:
        """Close ports, ptys and sockets, and remove what was made in the file system."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for part in (*self._ports, self._pins, self._boards, self._commands):
            await part.stop()

    async def _run(self) -> None:
        """Step the plant, evenly in real time, until cancelled."""
        next_s = self.clock()
        while True:
            next_s = max(next_s + self._step_s, self.clock())
            await asyncio.sleep(next_s - self.clock())
            await self._step()

    async def _step(self) -> None:
        t_s = self.clock()
        for units in self._units.values():
            for unit in units.values():
                if isinstance(unit, CoilUnit):
                    unit.tick(t_s)
        self.world.tick(t_s)
        self._boards.tick(t_s)
        for port in self._ports:
            await port.follow()


def _profiles(switches: Sequence[SwitchSpec]) -> dict[str, SwitchProfile]:
    """The profile of each switch by its name. Raises ServeError."""
    try:
        return {spec.name: load_switch(spec.model) for spec in switches}
    except HardwareError as error:
        raise ServeError(str(error)) from error


def _units(
    world: World, site: Site, profiles: dict[str, SwitchProfile], clock: Any
) -> dict[str, dict[int, Unit]]:
    """Address → unit number → what answers. Raises ServeError."""
    found: dict[str, dict[int, Unit]] = {}
    try:
        for place, meter in enumerate(site.meters):
            _add(found, meter, MeterUnit(world, meter, place))
    except HardwareError as error:
        raise ServeError(str(error)) from error
    for switch in site.switches:
        if profiles[switch.name].needs_connect:
            _add(found, switch, CoilUnit(world, switch, profiles[switch.name], clock))
    return found


def _add(found: dict[str, dict[int, Unit]], spec: MeterSpec | SwitchSpec, unit: Unit) -> None:
    """Put a unit on its address. Raises ServeError where two share a number."""
    units = found.setdefault(spec.connect, {})
    if spec.unit in units:
        raise ServeError(
            f"{spec.connect}: {spec.name} and {units[spec.unit].name} are both unit {spec.unit}"
        )
    units[spec.unit] = unit


def _ports(world: World, units: dict[str, dict[int, Unit]]) -> tuple[Port, ...]:
    return tuple(
        make_port(connect, Bus(behind, gateway=connect.startswith("tcp://")), world.faults)
        for connect, behind in units.items()
    )


def _names(units: dict[int, Unit]) -> list[str]:
    return [f"{unit.name} (unit {number})" for number, unit in units.items()]
