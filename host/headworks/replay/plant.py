"""Racks that are not there: contactors that travel and miners that ramp, as in the simulator.

Only what a row can show is modelled: no inrush, which is over in a tenth of a second, and no
wander of the load. One row at a time, or many rows in which no contact moves.
"""

from typing import NamedTuple

import numpy as np

from headworks.model.site import Site
from headworks.replay.rows import Floats
from headworks.sim.plant.contactor import Travel
from headworks.sim.plant.rack import RackSettings, ramp_share
from headworks.sim.wiring import rack_settings

OUTSIDE_C = 20.0  # where no temperature is known: rated power
ANY = RackSettings("any", 1.0)  # heat is the same for all racks


class PlantOptions(NamedTuple):
    """What is assumed of racks. `ramp_s`: from closing to full power of a miner."""

    ramp_s: float = 300.0
    travel: Travel = Travel()


class Racks:
    """The racks of a site, all off at first. Lists are in the site's order."""

    def __init__(self, site: Site, options: PlantOptions) -> None:
        self.settings: list[RackSettings] = [
            rack_settings(rack, i, options.ramp_s) for i, rack in enumerate(site.racks)
        ]
        self._travel = options.travel
        count = len(site.racks)
        self.coil = [False] * count
        self.told = np.zeros(count, np.bool_)  # the same as an array
        self.closed = [False] * count
        self.live_s = [0.0] * count  # under voltage since; of closed ones
        self._moves: dict[int, float] = {}  # contacts under way: when they arrive
        self.breaker_open = False  # the one above all racks; only a person closes it
        self.welded: set[int] = set()
        self.stuck_open: set[int] = set()
        self._stuck_aux: dict[int, bool] = {}  # auxiliary contacts that stay: where they are

    @property
    def aux(self) -> list[bool]:
        """Where each auxiliary contact is: with its main contacts, unless it is stuck."""
        if not self._stuck_aux:
            return self.closed
        return [self._stuck_aux.get(i, closed) for i, closed in enumerate(self.closed)]

    def stick(self, racks: set[int]) -> None:
        """These auxiliary contacts stay where they are; all others follow again."""
        self._stuck_aux = {i: self._stuck_aux.get(i, self.closed[i]) for i in racks}

    @property
    def still(self) -> bool:
        """Whether no contact is under way."""
        return not self._moves

    def tell(self, i: int, on: bool, t_s: float) -> None:
        """Energise a rack's coil, or let it go."""
        self.coil[i] = self.told[i] = on
        self._moves[i] = t_s + (self._travel.close_s if on else self._travel.open_s)

    def settle(self, t_s: float) -> None:
        """Let contacts arrive that have had their time at `t_s`."""
        if self._moves:
            for i in [i for i, when in self._moves.items() if t_s >= when]:
                self._arrive(i, self._moves.pop(i))

    def _arrive(self, i: int, t_s: float) -> None:
        if self.coil[i] == self.closed[i]:
            return
        if (i in self.welded and self.closed[i]) or (i in self.stuck_open and self.coil[i]):
            self._moves[i] = t_s  # it goes where it was told once the fault has gone
            return
        self.closed[i] = self.coil[i]
        self.live_s[i] = t_s

    def power_kw(self, i: int, t_s: float, heat_share: float) -> float:
        """What a rack draws at one instant."""
        if not self.closed[i] or self.breaker_open:
            return 0.0
        one = self.settings[i]
        return one.rated_kw * ramp_share(one, t_s - self.live_s[i]) * heat_share

    def drawn_kw(self, t_s: Floats, heat_share: Floats | float) -> dict[int, Floats | float]:
        """What the racks draw at many ascending instants; those that draw nothing are left out."""
        if self.breaker_open:
            return {}
        first_s = t_s.item(0)
        found: dict[int, Floats | float] = {}
        for i, closed in enumerate(self.closed):
            if closed:
                one, live_s = self.settings[i], self.live_s[i]
                if first_s - live_s - one.boot_s >= one.ramp_s:
                    found[i] = one.rated_kw * 1.0 * heat_share
                else:
                    found[i] = one.rated_kw * ramp_shares(one, t_s - live_s) * heat_share
        return found


def ramp_shares(rack: RackSettings, on_for_s: Floats) -> Floats:
    """`ramp_share` of the simulator for many ascending times, to the last bit."""
    ramped_s = on_for_s - rack.boot_s
    shares: Floats = rack.standby_share + (1.0 - rack.standby_share) * ramped_s / rack.ramp_s
    shares[ramped_s.searchsorted(rack.ramp_s) :] = 1.0
    shares[: ramped_s.searchsorted(0.0, "right")] = rack.standby_share
    return shares


def heats(temperature_c: Floats) -> Floats:
    """`heat` of the simulator for many temperatures; an unknown one leaves rated power."""
    known = np.where(np.isnan(temperature_c), OUTSIDE_C, temperature_c)
    return 1.0 + ANY.heat_per_k * np.maximum(-20.0, np.minimum(30.0, known - 20.0))
