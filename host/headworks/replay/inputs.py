"""What one row shows to the scan, and what is assumed of everything that no column tells.

`Inputs.snapshot` is the only place where a snapshot of a backtest is made. It takes whatever
stands for a number, so the tape of `replay.tape` goes through it as well.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isnan
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from headworks.field.signals.schedule import MINUTE_S, allowed
from headworks.model.live import Feedback, Observation, Quality, Reading, SignalValue, Snapshot
from headworks.model.site import ContactSignal, ScheduleSignal, SetpointSignal, Site
from headworks.replay.quiet import contacts_of, quiet
from headworks.replay.rows import Block, Floats, RowsError
from headworks.sim.wiring import nominal_hz, points

VALID_S = 60.0  # of outside signals: the next row brings a new value
Outside = SetpointSignal | ContactSignal | ScheduleSignal
LIMIT, SEEN, OTHER = "limit:", "seen:", "other:"


class Values(NamedTuple):
    """One row's numbers; None is unknown, a limit of inf is none. Lists as in `Inputs`."""

    t_s: float
    power_kw: Sequence[float | None]  # by meter
    hertz: float | None
    limits: Sequence[float | None]  # by signal that comes as a value
    seen: Sequence[float | None]  # by channel


class Columns(NamedTuple):
    """A block as the columns that the site needs, all of one length."""

    t_s: Floats
    site_kw: Floats
    wall_s: Floats
    base_kw: tuple[Floats, ...]  # by meter: what it shows beside racks
    hertz: Floats
    limits: tuple[Floats, ...]
    seen: tuple[Floats, ...]
    temperature_c: Floats


class Inputs:
    """How a site's meters, signals and boards see a row."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.points = points(site)
        self.signals = tuple(
            signal
            for signal in site.signals
            if isinstance(signal, SetpointSignal | ContactSignal | ScheduleSignal)
        )
        self.quiet = quiet(site)
        self.channels = tuple(self.quiet)
        self.contacts = contacts_of(site)
        self._zone = ZoneInfo(site.timezone)
        self._hertz = nominal_hz(site)

    def names(self) -> set[str]:
        """The columns that this site can use beside those of every block."""
        return {
            "frequency_hz",
            "temperature_c",
            *(LIMIT + s.name for s in self.signals),
            *(SEEN + name for name in self.channels),
            *(OTHER + point.meter for point in self.points if not point.base),
        }

    def columns(self, block: Block) -> Columns:
        """The columns of a block, with what is assumed. Raises RowsError for a strange name."""
        strange = sorted(set(block.more) - self.names())
        if strange:
            known = ", ".join(sorted(self.names()))
            raise RowsError(f"no column {strange[0]!r} at this site; there may be: {known}")
        count = len(block.t_s)
        more = block.more

        def column(name: str, assumed: float) -> Floats:
            return more[name] if name in more else np.broadcast_to(assumed, count)

        return Columns(
            block.t_s,
            block.site_kw,
            block.wall_s,
            tuple(
                block.site_kw if point.base else column(OTHER + point.meter, 0.0)
                for point in self.points
            ),
            column("frequency_hz", self._hertz),
            tuple(self._limit(signal, block) for signal in self.signals),
            tuple(column(SEEN + name, self.quiet[name]) for name in self.channels),
            column("temperature_c", float("nan")),
        )

    def assumed(self, names: Mapping[str, object]) -> dict[str, str]:
        """What is taken where the columns `names` say nothing, for the report."""
        found = {}
        if "frequency_hz" not in names:
            found["frequency_hz"] = f"{self._hertz:g} Hz"
        if "temperature_c" not in names:
            found["temperature_c"] = "20 °C, racks draw rated power"
        for signal in self.signals:
            if LIMIT + signal.name not in names and not isinstance(signal, ScheduleSignal):
                found[signal.name] = "no limit"
        for name in self.channels:
            if SEEN + name not in names:
                value = self.quiet[name]
                word = "active" if value else "inactive"
                found[name] = word if name in self.contacts else f"{value:g}"
        return found

    def _limit(self, signal: Outside, block: Block) -> Floats:
        name = LIMIT + signal.name
        if name in block.more:
            return block.more[name]
        if isinstance(signal, ScheduleSignal):
            return self._scheduled(signal, block.wall_s)
        return np.broadcast_to(float("inf"), len(block.t_s))

    def _scheduled(self, signal: ScheduleSignal, wall_s: Floats) -> Floats:
        """The schedule's limit; every edge is on a whole minute."""
        minutes, where = np.unique(np.floor(wall_s / MINUTE_S), return_inverse=True)
        found = [self._in_minute(signal, float(minute)) for minute in minutes]
        return np.array(found)[where]

    def _in_minute(self, signal: ScheduleSignal, minute: float) -> float:
        wall = None if isnan(minute) else datetime.fromtimestamp(minute * MINUTE_S, UTC)
        now = allowed(signal, self._zone, wall)
        if now is None:
            return float("nan")
        return float("inf") if now.limit_kw is None else now.limit_kw

    def snapshot(
        self,
        values: Values,
        readings: Mapping[str, Reading] | None,
        *,
        coil: Sequence[bool],
        closed: Sequence[bool],
    ) -> Snapshot:
        """What the scan sees. `readings` in place of those that the values give."""
        t_s = values.t_s
        return Snapshot(
            t_s,
            self.readings(values) if readings is None else readings,
            {
                signal.name: _signal(t_s, limit)
                for signal, limit in zip(self.signals, values.limits, strict=True)
            },
            {
                rack.name: Feedback(t_s, on, shut if rack.feedback else None)
                for rack, on, shut in zip(self.site.racks, coil, closed, strict=True)
            },
            {
                name: self._observation(name, t_s, value)
                for name, value in zip(self.channels, values.seen, strict=True)
            },
        )

    def readings(self, values: Values) -> dict[str, Reading]:
        """What every meter shows; a meter whose power is unknown says that it has none."""
        return {
            point.meter: reading(point.meter, values.t_s, power, values.hertz)
            for point, power in zip(self.points, values.power_kw, strict=True)
        }

    def _observation(self, name: str, t_s: float, value: float | None) -> Observation:
        if value is None:
            return Observation(t_s, Quality.NEVER)
        return Observation(t_s, Quality.GOOD, value == 1.0 if name in self.contacts else value)


def reading(meter: str, t_s: float, power_kw: float | None, hertz: float | None) -> Reading:
    """A good reading, or one that says that there is none."""
    if power_kw is None:
        return Reading(meter, t_s, 1, Quality.NOT_AVAILABLE, cause="no value in the data")
    values = {"power_kw": power_kw}
    if hertz is not None:
        values["frequency_hz"] = hertz
    return Reading(meter, t_s, 1, Quality.GOOD, power_kw, hertz, values)


def _signal(t_s: float, limit_kw: float | None) -> SignalValue:
    if limit_kw is None:
        return SignalValue(t_s, Quality.NOT_AVAILABLE, 0.0, t_s)
    no_limit = limit_kw == float("inf")
    return SignalValue(t_s, Quality.GOOD, None if no_limit else limit_kw, t_s + VALID_S)
