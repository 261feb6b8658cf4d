"""Whether relays that stay on by themselves have said that they are off.

A Modbus relay board keeps its coils when the station dies or the line to it breaks. What its
racks need then is the dead-man contactor. So the dead-man output moves only while every such
relay that is told to be off has reported that it is off: after a start at once, later within
`GRACE_S`, also where a relay reports that it has closed by itself. Commands nothing. Switches
without a report of their own are not judged here.
"""

from headworks.hardware.switch import load_switch
from headworks.model.live import Snapshot
from headworks.model.plan import Plan
from headworks.model.site import Site

GRACE_S = 3.0  # time to tell, to poll and to try again [ours]


class Delivered:
    """Keeps which offs have not been heard back yet."""

    def __init__(self, site: Site, t_s: float) -> None:
        keeps = {spec.name for spec in site.switches if _keeps_its_state(spec.model)}
        self._watched = {
            position: rack.name
            for position, rack in enumerate(site.racks)
            if rack.switch.partition(".")[0] in keeps
        }
        self._on: set[int] = set()
        # position -> (told to be off at, has time until)
        self._open = dict.fromkeys(self._watched, (t_s, t_s))

    def missing(self, snapshot: Snapshot, plan: Plan) -> tuple[str, ...]:
        """Racks whose off was not heard in time, after this scan's commands went out."""
        t_s = plan.t_s
        missing = []
        for position, name in self._watched.items():
            if plan.racks[position].on:
                self._on.add(position)
                self._open.pop(position, None)
                continue
            if position in self._on:
                self._on.discard(position)
                self._open[position] = (t_s, t_s + GRACE_S)
            elif position not in self._open and self._is_on(name, snapshot):
                self._open[position] = (t_s, t_s + GRACE_S)  # it has closed by itself
            if position in self._open and self._late(position, name, snapshot, t_s):
                missing.append(name)
        return tuple(missing)

    def _is_on(self, name: str, snapshot: Snapshot) -> bool:
        seen = snapshot.feedback.get(name)
        return seen is not None and seen.readback is True

    def _late(self, position: int, name: str, snapshot: Snapshot, t_s: float) -> bool:
        told_s, until_s = self._open[position]
        seen = snapshot.feedback.get(name)
        if seen is not None and seen.readback is False and seen.t_s > told_s:
            del self._open[position]
            return False
        return t_s >= until_s


def _keeps_its_state(model: str) -> bool:
    profile = load_switch(model)
    return profile.latching and profile.family == "coil"
