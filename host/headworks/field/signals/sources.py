"""The outside signals together: setpoints, contacts and schedules of a site.

Gives the scan one SignalValue each. Export, feeder and frequency are computed from readings
by `control`; nothing is decided here.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from headworks.field.signals.clock import wall_clock
from headworks.field.signals.contact import Contact, update
from headworks.field.signals.report import StationReport
from headworks.field.signals.scada import Scada
from headworks.field.signals.schedule import allowed
from headworks.model.live import Observation, Quality, SignalValue
from headworks.model.site import ContactSignal, ScheduleSignal, SetpointSignal, Site

CLOCK_LOOK_S = 1.0  # how often the wall clock is read, so that a step is soon seen

Inputs = Callable[[], Mapping[str, Observation]]
Wall = Callable[[bool], datetime | None]  # called with "an unsynchronised clock is accepted"


def _wall(unsynced_ok: bool) -> datetime | None:
    return wall_clock(unsynced_ok=unsynced_ok)


def _nothing() -> None:
    return None


class _Schedule:
    """One schedule. The wall clock is read at its edges and once a second, not every scan."""

    def __init__(self, spec: ScheduleSignal, zone: ZoneInfo, wall: Wall) -> None:
        self._spec = spec
        self._zone = zone
        self._wall = wall
        self._look_s = float("-inf")
        self._value = SignalValue(0.0, Quality.NEVER, 0.0)

    def value(self, t_s: float) -> SignalValue:
        if t_s >= self._look_s:
            self._value = self._read(t_s)
            self._look_s = min(t_s + CLOCK_LOOK_S, self._value.valid_until_s)
        return self._value

    def _read(self, t_s: float) -> SignalValue:
        now = allowed(self._spec, self._zone, self._wall(self._spec.unsynced_ok))
        if now is None:
            note = "the clock of this machine is not set by a time service"
            return SignalValue(t_s, Quality.NOT_AVAILABLE, 0.0, t_s + CLOCK_LOOK_S, note)
        return SignalValue(t_s, Quality.GOOD, now.limit_kw, t_s + now.for_s, now.note)


class _Contact:
    """One contact with its debounce."""

    def __init__(self, spec: ContactSignal, inputs: Inputs) -> None:
        self._spec = spec
        self._inputs = inputs
        self._contact = Contact()

    @property
    def wait_s(self) -> float | None:
        """How long until a change counts; None where none is pending."""
        return self._spec.debounce_s if self._contact.pending else None

    def value(self, t_s: float) -> SignalValue:
        seen = self._inputs().get(self._spec.input)
        self._contact, value = update(self._contact, self._spec, seen, t_s)
        return value


class Signals:
    """Setpoints, contacts and schedules of a site, by name.

    `inputs` gives the switch inputs as seen, `report` what the setpoint registers publish,
    `on_change` is called from the event loop when a scan should look again.
    """

    def __init__(
        self,
        site: Site,
        inputs: Inputs,
        report: Callable[[], StationReport | None] | None = None,
        on_change: Callable[[], None] = _nothing,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Wall = _wall,
    ) -> None:
        zone = ZoneInfo(site.timezone)
        self._on_change = on_change
        self._wake: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._setpoints: dict[str, Scada] = {}
        self._contacts: dict[str, _Contact] = {}
        self._schedules: dict[str, _Schedule] = {}
        for spec in site.signals:
            if isinstance(spec, SetpointSignal):
                told = report or _no_report
                self._setpoints[spec.name] = Scada(spec, told, on_change, clock)
            elif isinstance(spec, ContactSignal):
                self._contacts[spec.name] = _Contact(spec, inputs)
            elif isinstance(spec, ScheduleSignal):
                self._schedules[spec.name] = _Schedule(spec, zone, wall)

    async def start(self) -> None:
        """Listen for setpoints. Raises SignalError where an address cannot be used."""
        self._loop = asyncio.get_running_loop()
        try:
            for scada in self._setpoints.values():
                await scada.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every port; no call of `on_change` comes after."""
        if self._wake is not None:
            self._wake.cancel()
        self._wake = self._loop = None
        for scada in self._setpoints.values():
            await scada.stop()

    @property
    def ports(self) -> Mapping[str, int]:
        """The port that each setpoint listens at, by signal name."""
        return {name: scada.port for name, scada in self._setpoints.items()}

    def values(self, t_s: float) -> Mapping[str, SignalValue]:
        """What each setpoint, contact and schedule allows at this monotonic time."""
        sources = (self._setpoints, self._contacts, self._schedules)
        values = {name: item.value(t_s) for group in sources for name, item in group.items()}
        self._look_again()
        return values

    def _look_again(self) -> None:
        """Ask for a scan when the debounce of a changed contact has passed."""
        waits = [item.wait_s for item in self._contacts.values() if item.wait_s is not None]
        if waits and self._loop is not None and self._wake is None:
            self._wake = self._loop.call_later(min(waits), self._woken)

    def _woken(self) -> None:
        self._wake = None
        self._on_change()


def _no_report() -> None:
    return None
