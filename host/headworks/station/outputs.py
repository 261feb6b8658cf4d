"""Decision to switches: offs before ons, said once, said again every scan period.

Decides nothing. It can hold racks off on the way out, and it can open everything.
"""

from contextlib import suppress

from headworks.control.scan import Thought
from headworks.model.site import Site
from headworks.station.ports import SwitchPort


class Outputs:
    """The outlets of a site's racks and of its upstream trip. All start off."""

    def __init__(self, site: Site, switches: SwitchPort) -> None:
        self._switches = switches
        self._period_s = 0.9 * site.scan_s  # a timer that fires a little early still counts
        self._outlet = {rack.name: rack.switch for rack in site.racks}
        self._outlets = tuple(self._outlet.values())  # by rack position
        self._upstream = site.upstream_trip
        self._told = dict.fromkeys(self._outlet.values(), False)
        self._held: set[str] = set()
        self._asserted_s = float("-inf")
        if self._upstream is not None:
            self._told[self._upstream] = False

    def apply(self, thought: Thought, t_s: float) -> None:
        """Tell the switches what has changed, offs first; repeat all every scan period."""
        on = thought.on
        for i, outlet in enumerate(self._outlets):
            if self._told[outlet] and i not in on:
                self._tell(outlet, on=False)
        if self._upstream is not None:
            self._tell(self._upstream, on=thought.upstream_trip)
        for i in sorted(on):
            outlet = self._outlets[i]
            if not self._told[outlet] and outlet not in self._held:
                self._tell(outlet, on=True)
        if t_s - self._asserted_s >= self._period_s:
            self._asserted_s = t_s
            self._switches.reassert()

    def hold_off(self, rack: str) -> None:
        """Open one rack for good: the station is on its way out."""
        outlet = self._outlet[rack]
        self._held.add(outlet)
        self._tell(outlet, on=False)

    def closed(self) -> tuple[str, ...]:
        """Racks that are told to be on, in the site's order."""
        return tuple(name for name, outlet in self._outlet.items() if self._told[outlet])

    def open_all(self) -> None:
        """Open every rack, whatever the one before it answered. The upstream trip stays."""
        for outlet in self._outlets:
            self._held.add(outlet)
            self._told[outlet] = False
            with suppress(Exception):
                self._switches.command(outlet, False)

    def _tell(self, outlet: str, on: bool) -> None:
        if self._told[outlet] != on:
            self._told[outlet] = on
            self._switches.command(outlet, on)
