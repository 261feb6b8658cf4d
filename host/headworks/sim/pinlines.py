"""The lines of the simulated header: who claims them, at what level, and what hangs on them.

Mirrors a kernel's gpiochip: a line belongs to one client; its release makes it an input, unless
the fault `persist-outputs` acts. Moves no bytes; `pinserver` does.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from headworks.hardware.switch import SwitchProfile
from headworks.sim.world import World


class Line(NamedTuple):
    """A claimed line. `level` is None for an input."""

    owner: object
    holder: str
    level: int | None


class Use(NamedTuple):
    """What an output line drives: an outlet, at which level, how."""

    outlet: str
    active_level: int
    pulse: bool = False
    sets: bool = True  # what an active pulse does to the outlet


class PinLines:
    """All lines of the GPIO boards of a site."""

    def __init__(
        self, world: World, profiles: Mapping[str, SwitchProfile], clock: Callable[[], float]
    ) -> None:
        self._world = world
        self._clock = clock
        self._lines: dict[int, Line] = {}
        self._kept: set[int] = set()  # driven on by nobody, under persist-outputs
        self._uses: dict[int, Use] = {}
        self._inputs: dict[int, tuple[str, int]] = {}
        for name, profile in profiles.items():
            if not profile.needs_connect:
                self._wire(name, profile)

    def claim(self, owner: object, holder: str, pin: int, level: int | None) -> str | None:
        """Claim a line as input (None) or output at a level; who holds it already, or None."""
        held = self._lines.get(pin)
        if held is not None and held.owner is not owner:
            return held.holder
        self._lines[pin] = Line(owner, holder, level)
        self._drive(pin, None if held is None else held.level, level)
        return None

    def write(self, owner: object, pin: int, level: int) -> None:
        """Set an output's level; ignored where the line is not this owner's output."""
        held = self._lines.get(pin)
        if held is None or held.owner is not owner or held.level is None:
            return
        self._lines[pin] = held._replace(level=level)
        self._drive(pin, held.level, level)

    def free(self, owner: object, pin: int) -> None:
        """Give a line back; it becomes an input, or keeps its level under persist-outputs."""
        held = self._lines.get(pin)
        if held is None or held.owner is not owner:
            return
        del self._lines[pin]
        if self._world.faults.get("persist-outputs"):
            self._kept.add(pin)
        else:
            self._drive(pin, held.level, None)

    def release(self, owner: object) -> None:
        """Give back all lines of a client that has gone."""
        for pin in [pin for pin, line in self._lines.items() if line.owner is owner]:
            self.free(owner, pin)

    def settle(self) -> None:
        """Once outputs no longer persist, lines that nobody holds are inputs."""
        if self._world.faults.get("persist-outputs"):
            return
        for pin in self._kept - self._lines.keys():
            self._drive(pin, None, None)
        self._kept.clear()

    def levels(self) -> dict[int, int | None]:
        """What drives each input line: 0, 1, or None for nothing but its pull."""
        active = self._world.input_active
        return {pin: level if active(name) else None for pin, (name, level) in self._inputs.items()}

    def outputs(self) -> dict[int, int]:
        """The levels of all lines that are driven as outputs."""
        return {pin: line.level for pin, line in self._lines.items() if line.level is not None}

    def _wire(self, board: str, profile: SwitchProfile) -> None:
        """Join a board's pins to outlets and inputs."""
        level, pulse = int(profile.active_high), profile.family == "gpio-pulse"
        for name, pin in profile.outlets.items():
            self._uses[pin] = Use(f"{board}.{name}", level, pulse)
        for name, pin in profile.off_outlets.items():
            self._uses[pin] = Use(f"{board}.{name}", level, pulse, False)
        for name, pin in profile.inputs.items():
            self._inputs[pin] = (f"{board}.{name}", int(profile.inputs_active_high))

    def _drive(self, pin: int, before: int | None, now: int | None) -> None:
        """Let a line's new level act. Pulsed outlets act on the edge to active."""
        use = self._uses.get(pin)
        if use is None:
            return
        active = now == use.active_level
        if not use.pulse:
            self._world.tell(use.outlet, active, self._clock())
        elif active and before != use.active_level:
            self._world.tell(use.outlet, use.sets, self._clock())
