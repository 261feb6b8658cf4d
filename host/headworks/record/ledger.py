"""The energy ledger: what was imported, exported and drawn by each rack in 15 or 30 minutes.

Pure: scans in, finished intervals out. Energy comes from the meters' cumulative counters; where
a rack has none, from its power, and that is said. A gap is shown and never filled: `missing_s`
counts the time in which nothing was seen, and the energy of a time without a station stands
between the `last` of one interval and the `first` of the next. Not the revenue meter.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from headworks.model.live import Quality, Reading, Snapshot
from headworks.model.plan import Plan
from headworks.model.site import ExportSignal, Site
from headworks.record.counters import Counter, Told
from headworks.record.grid import begin_of
from headworks.record.stamp import WORST, Clock, Entry, Stamp

GAP_SCANS = 3.0  # scans that may be missing before the time counts as not seen
COUNTED, INTEGRATED, UNKNOWN = "counter", "power", "unknown"
HOUR_S = 3600.0
_NOT_KNOWN: dict[str, Any] = {"kwh": None, "how": UNKNOWN}
_LEAP = 5.0  # times the rating: more than that no counter can add
_MOST_KW = 1e5  # of a point of connection whose rating nobody has written down


def connection_meter(site: Site) -> str | None:
    """The meter at the point of connection: of the export signal, else of the top feeder."""
    exports = (s.meter for s in site.signals if isinstance(s, ExportSignal))
    tops = (f.meter for f in site.feeders if f.parent is None and f.meter)
    return next(exports, None) or next(tops, None)


class Ledger:
    """Gathers one interval after the other."""

    def __init__(self, site: Site) -> None:
        self._site, self._length_s = site, site.record.interval_min * 60.0
        self._gap_s = max(GAP_SCANS * site.scan_s, 5.0)
        self._zone = ZoneInfo(site.timezone)
        self._meter = connection_meter(site)
        self._counters = _counters(site, self._meter)
        self._read: dict[str, Reading | None] = {}  # that was looked at last
        self._began: Stamp | None = None
        self._last: Stamp | None = None
        self._clear()

    def _clear(self) -> None:
        self._clock = Clock.SYNCED
        self._missing_s = self._racks_kws = self._covered_kws = 0.0
        self._rack_kws = dict.fromkeys((rack.name for rack in self._site.racks), 0.0)

    def add(self, stamp: Stamp, snapshot: Snapshot, plan: Plan) -> list[Entry]:
        """Take one scan; the interval that it ended, if it did."""
        done: list[Entry] = []
        if self._began is not None and self._number(stamp) != self._number(self._began):
            done = self._cut_before(stamp)
        if self._began is None or self._last is None:
            self._began = stamp
        else:
            self._gather(stamp.t_s - self._last.t_s, snapshot, plan)
        self._clock = min(self._clock, stamp.clock, key=WORST.index)
        for meter, counters in self._counters.items():
            reading = snapshot.readings.get(meter)
            if reading is not self._read.get(meter):
                self._see(meter, reading, counters)
        self._last = stamp
        return done

    def _see(self, meter: str, reading: Reading | None, counters: dict[str, Counter]) -> None:
        """A meter has a new reading."""
        self._read[meter] = reading
        if reading is not None and reading.quality is Quality.GOOD:
            for channel, counter in counters.items():
                value = reading.values.get(channel)
                if value is not None:
                    counter.see(value, reading.t_s)

    def _cut_before(self, stamp: Stamp) -> list[Entry]:
        """End the interval at a scan of the next one; after a pause, where its own last scan was.

        A pause that reaches into another interval is a gap between the two: its energy is in
        neither, and stands between the one's `last` and the other's `first`.
        """
        last = self._last
        if last is None or stamp.t_s - last.t_s <= self._gap_s:
            return self.cut(stamp)
        done = self.cut(last)
        self._began, self._counters = None, _counters(self._site, self._meter)
        return done

    def cut(self, stamp: Stamp) -> list[Entry]:
        """End the interval here; nothing where none has begun."""
        began, self._began = self._began, stamp
        if began is None or self._last is None or stamp.t_s <= began.t_s:
            return []
        values = self._values(began, stamp)
        self._clear()
        return [Entry("interval", self._site.name, values=values)]

    def _number(self, stamp: Stamp) -> tuple[str, int]:
        """Which interval an instant is in: of the site's clock, without one of the boot."""
        if stamp.wall_s is None:
            return "boot", int(stamp.t_s // self._length_s)
        return "wall", int(begin_of(stamp.wall_s, self._length_s, self._zone))

    def _gather(self, span_s: float, snapshot: Snapshot, plan: Plan) -> None:
        if span_s > self._gap_s:
            self._missing_s += span_s
            return
        for rack in plan.racks:
            self._rack_kws[rack.name] += rack.power_kw * span_s
        self._racks_kws += plan.drawn_kw * span_s
        reading = snapshot.readings.get(self._meter) if self._meter else None
        if reading is not None and reading.power_kw is not None:
            imported_kw = min(max(reading.power_kw, 0.0), plan.drawn_kw)
            self._covered_kws += (plan.drawn_kw - imported_kw) * span_s

    def _values(self, began: Stamp, ended: Stamp) -> dict[str, Any]:
        site = self._site
        told = {
            (meter, channel): _row(counter.cut(ended.t_s, self._fresh_s(meter)))
            for meter, counters in self._counters.items()
            for channel, counter in counters.items()
        }

        def both(meter: str | None) -> dict[str, Any]:
            ways = ((way, (meter or "", f"{way}_kwh")) for way in ("import", "export"))
            return {way: dict(told.get(key, _NOT_KNOWN)) for way, key in ways}

        racks = {rack.name: both(rack.meter)["import"] for rack in site.racks}
        for name, row in racks.items():
            if row["how"] == UNKNOWN:
                row |= {"kwh": round(self._rack_kws[name] / HOUR_S, 6), "how": INTEGRATED}
        connection = both(self._meter)
        return {
            **self._span(began, ended),
            **connection,
            "feeders": {feeder.name: both(feeder.meter) for feeder in site.feeders},
            "racks": racks,
            "racks_kwh": round(sum(row["kwh"] for row in racks.values()), 6),
            **self._shares(),
            **self._units(connection["import"]["kwh"], began, ended),
        }

    def _fresh_s(self, meter: str) -> float:
        return next((m.max_age_s for m in self._site.meters if m.name == meter), 0.0)

    def _span(self, began: Stamp, ended: Stamp) -> dict[str, Any]:
        """From when to when, how whole, and how good the clock was."""
        span_s = ended.t_s - began.t_s
        whole = self._missing_s == 0.0 and abs(span_s - self._length_s) <= self._gap_s
        return {
            "from_s": began.wall_s,
            "to_s": ended.wall_s,
            "from_t_s": began.t_s,
            "to_t_s": ended.t_s,
            "interval_s": self._length_s,
            "missing_s": round(self._missing_s, 3),
            "quality": "whole" if whole else "partial",
            "clock_state": self._clock.value,
        }

    def _shares(self) -> dict[str, Any]:
        """How much of what the racks drew was not imported meanwhile, by power."""
        drawn, covered = self._racks_kws / HOUR_S, self._covered_kws / HOUR_S
        share = round(covered / drawn, 6) if drawn > 0.0 else None
        return {"covered_kwh": round(covered, 6), "covered_share": share}

    def _units(self, imported: float | None, began: Stamp, ended: Stamp) -> dict[str, Any]:
        """Units up to and above the baseline of this month, spread evenly over its hours."""
        months = self._site.record.baseline_kwh
        if not months or imported is None or began.wall_s is None:
            return {"baseline_kwh": None, "incremental_kwh": None}
        at = datetime.fromtimestamp(began.wall_s, self._zone)
        first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        after = first.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
        month_s = after.timestamp() - first.timestamp()
        baseline = months[at.month - 1] * (ended.t_s - began.t_s) / month_s
        below = min(imported, baseline)
        return {"baseline_kwh": round(below, 6), "incremental_kwh": round(imported - below, 6)}


def _row(told: Told) -> dict[str, Any]:
    if told.first is None:
        return dict(_NOT_KNOWN)
    return {**told._asdict(), "flags": list(told.flags), "how": COUNTED}


def _counters(site: Site, connection: str | None) -> dict[str, dict[str, Counter]]:
    """A counter for every meter that the ledger reads, in both directions."""
    most = {connection: _MOST_KW} if connection else {}
    most |= {rack.meter: rack.rated_kw for rack in site.racks if rack.meter}
    most |= {feeder.meter: feeder.rating_kw for feeder in site.feeders if feeder.meter}
    return {
        meter: {channel: Counter(_LEAP * kw) for channel in ("import_kwh", "export_kwh")}
        for meter, kw in most.items()
    }
