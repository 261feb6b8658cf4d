"""Other controllers' published rules, in our own words, on the same rows and the same racks.

These are models of rules, not the programs: no line of theirs is in here, and none of them was
made for racks of 36 kW that take minutes to their full power. Each load is a rack, in the
site's order; where a rule leaves something open the reading that favours it is taken.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

IMPORT_KW = 0.0  # more than this at the point of connection is an import


class Sight(NamedTuple):
    """What a rule sees in one cycle: powers in kW, import positive."""

    t_s: float
    grid_kw: float
    own_kw: Sequence[float]  # what each load draws


class Rule(Protocol):
    """A controller of loads that are on or off."""

    label: str
    cycle_s: float

    def decide(self, sight: Sight, on: list[bool]) -> list[bool]:
        """Which loads shall be on now."""
        ...

    def rest(self, grid_kw: tuple[float, float], on: list[bool]) -> bool:
        """Whether nothing can happen while the grid's power stays between these two."""
        ...


class Evcc:
    """Model of evcc: 30 s a cycle and one load a cycle, on after 1 min, off after 3 min.

    A load's surplus is what is exported plus what it draws itself.
    """

    label = "model of evcc"
    cycle_s = 30.0
    on_s, off_s = 60.0, 180.0

    def __init__(self, rated_kw: Sequence[float]) -> None:
        self._rated = rated_kw
        self._turn = 0
        self._since: list[float | None] = [None] * len(rated_kw)

    def decide(self, sight: Sight, on: list[bool]) -> list[bool]:
        i = self._turn
        self._turn = (i + 1) % len(on)
        wants = self._wants(i, sight.grid_kw, sight.own_kw[i], on[i])
        if not wants:
            self._since[i] = None
            return on
        since = self._since[i]
        if since is None:
            self._since[i] = sight.t_s
        elif sight.t_s - since >= (self.off_s if on[i] else self.on_s):
            self._since[i] = None
            return [not state if n == i else state for n, state in enumerate(on)]
        return on

    def _wants(self, i: int, grid_kw: float, own_kw: float, on: bool) -> bool:
        """Whether a load would rather change."""
        return grid_kw > IMPORT_KW if on else own_kw - grid_kw >= self._rated[i]

    def rest(self, grid_kw: tuple[float, float], on: list[bool]) -> bool:
        if any(since is not None for since in self._since):
            return False
        low, high = grid_kw
        return not any(
            self._wants(i, high if state else low, 0.0, state) for i, state in enumerate(on)
        )


class OpenWb:
    """Model of openWB: 10 s a loop, on above 1500 W for 30 s, off below 0 W for 60 s.

    1500 W stand against the 1380 W that its smallest charge point takes; for a rack the same
    share above its rated power. Loads that wait reserve their power from each other.
    """

    label = "model of openWB"
    cycle_s = 10.0
    on_s, off_s = 30.0, 60.0
    threshold = 1500.0 / 1380.0

    def __init__(self, rated_kw: Sequence[float]) -> None:
        self._rated = rated_kw
        self._since: list[float | None] = [None] * len(rated_kw)

    def decide(self, sight: Sight, on: list[bool]) -> list[bool]:
        left = -sight.grid_kw
        wants = self._wants(left, on)
        found = list(on)
        for i, want in enumerate(wants):
            since = self._since[i]
            if not want:
                self._since[i] = None
            elif since is None:
                self._since[i] = sight.t_s
            elif sight.t_s - since >= (self.off_s if on[i] else self.on_s):
                self._since[i] = None
                found[i] = not on[i]
        return found

    def _wants(self, export_kw: float, on: list[bool]) -> list[bool]:
        """Which loads would rather change: as many as the surplus or the deficit is large."""
        wants = [False] * len(on)
        if export_kw >= 0.0:
            for i, state in enumerate(on):
                need = self._rated[i] * self.threshold
                if not state and export_kw > need:
                    wants[i] = True
                    export_kw -= need
            return wants
        for i in reversed(range(len(on))):
            if on[i] and export_kw < 0.0:
                wants[i] = True
                export_kw += self._rated[i]
        return wants

    def rest(self, grid_kw: tuple[float, float], on: list[bool]) -> bool:
        if any(since is not None for since in self._since):
            return False
        low, high = grid_kw
        return not any(self._wants(-low, on)) and not any(self._wants(-high, on))


class Threshold:
    """Model of a plain threshold (OpenEMS): on above a load's power, off at an import.

    1 s a cycle; a load that was switched is left alone for 60 s.
    """

    label = "model of a threshold (OpenEMS)"
    cycle_s = 1.0
    lock_s = 60.0

    def __init__(self, rated_kw: Sequence[float]) -> None:
        self._rated = rated_kw
        self._moved = [float("-inf")] * len(rated_kw)

    def decide(self, sight: Sight, on: list[bool]) -> list[bool]:
        export_kw = -sight.grid_kw
        free = [sight.t_s - moved >= self.lock_s for moved in self._moved]
        found = list(on)
        for i in self._order(export_kw, on):
            if not free[i]:
                continue
            if not on[i] and export_kw > self._rated[i]:
                found[i] = True
                export_kw -= self._rated[i]
            elif on[i] and export_kw < -IMPORT_KW:
                found[i] = False
                export_kw += self._rated[i]
            if found[i] is not on[i]:
                self._moved[i] = sight.t_s
        return found

    @staticmethod
    def _order(export_kw: float, on: list[bool]) -> Sequence[int]:
        """The first goes on first and off last."""
        return range(len(on)) if export_kw >= 0.0 else range(len(on))[::-1]

    def rest(self, grid_kw: tuple[float, float], on: list[bool]) -> bool:
        low, high = grid_kw
        off = [rated for rated, state in zip(self._rated, on, strict=True) if not state]
        return not (any(on) and high > IMPORT_KW) and not (off and -low > min(off))


RIVALS: tuple[type[Evcc] | type[OpenWb] | type[Threshold], ...] = (Evcc, OpenWb, Threshold)
