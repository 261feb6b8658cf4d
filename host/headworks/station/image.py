"""The process image: the latest of everything that was seen, frozen for a scan.

Keeps and hands out; judges nothing. Times are monotonic seconds of each sample's own arrival.
"""

from headworks.model.live import Command, Quality, Reading, Snapshot
from headworks.model.site import ExportSignal, FrequencySignal, Site
from headworks.station.ports import BoardPort, SignalPort, SwitchPort


class ProcessImage:
    """The latest reading of every meter; before any, a reading of quality NEVER."""

    def __init__(
        self, site: Site, switches: SwitchPort, signals: SignalPort, boards: BoardPort, t_s: float
    ) -> None:
        self._switches, self._signals, self._boards = switches, signals, boards
        self._deciding = deciding_meters(site)
        self.readings = {
            meter.name: Reading(meter.name, t_s, 0, Quality.NEVER) for meter in site.meters
        }

    def put(self, reading: Reading) -> bool:
        """Keep a reading; whether the decision depends on its meter."""
        self.readings[reading.meter] = reading
        return reading.meter in self._deciding

    def freeze(
        self, t_s: float, commands: tuple[Command, ...], *, deadman_held: bool = False
    ) -> Snapshot:
        """Everything known at `t_s`, in copies that nothing changes any more."""
        return Snapshot(
            t_s=t_s,
            readings=self.readings.copy(),
            signals=self._signals.values(t_s),
            feedback=self._switches.feedback(),
            observations={**self._boards.observations(), **self._switches.inputs()},
            commands=commands,
            deadman_held=deadman_held,
        )


def deciding_meters(site: Site) -> frozenset[str]:
    """Meters whose samples may change the plan: of feeders, signals, racks and interlocks."""
    names = {feeder.meter for feeder in site.feeders} | {rack.meter for rack in site.racks}
    names |= {s.meter for s in site.signals if isinstance(s, ExportSignal | FrequencySignal)}
    names |= {interlock.when.partition(".")[0] for interlock in site.interlocks}
    return frozenset(meter.name for meter in site.meters if meter.name in names)
