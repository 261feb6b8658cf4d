"""Adds up what was played, block by block. Decides nothing and keeps no row."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from math import isnan
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from headworks.model.plan import Event
from headworks.model.site import Site
from headworks.replay.rows import Floats
from headworks.replay.totals import RackTotals, Spans, Totals

IMPORT_KW = 0.1  # less beyond the surplus is rounding, not an import because of racks
HOUR_S = 3600.0
DAY_S = 86_400.0


class Played(NamedTuple):
    """One block after the scans, row by row.

    `dt_s`: the time that each row stands for, since the row before; 0 after a gap. `racks_kw`:
    what the racks drew together in it. `on[rack, row]`: told to be on by this row's scan.
    `envelope_kw` and `binding` (a position in `limits`, pairs of source and reason): what this
    row's scan allowed. `events` are the scans' own, in order.
    """

    first_row: int
    t_s: Floats
    wall_s: Floats
    site_kw: Floats
    dt_s: Floats
    racks_kw: Floats
    energy_kws: Floats  # by rack, of the whole block
    on: NDArray[np.bool_]
    envelope_kw: Floats
    binding: NDArray[np.int16]
    limits: tuple[tuple[str, str], ...]
    events: tuple[Event, ...]
    gaps: int
    gap_s: float
    scans: int


class _Run:
    """Lengths of time in which something holds without a break, over block boundaries."""

    def __init__(self) -> None:
        self.open_s: float | None = None  # how long the one has lasted that is not over

    def add(self, holds: NDArray[np.bool_], dt_s: Floats) -> list[tuple[int, float]]:
        """The ends in this block: (row in which it holds no more, how long it held)."""
        if not len(holds) or (self.open_s is None and not holds.any()):
            return []
        edges = np.flatnonzero(np.diff(holds)) + 1
        starts = [0, *edges.tolist()]
        ends = [*edges.tolist(), len(holds)]
        found = []
        for a, b in zip(starts, ends, strict=True):
            if holds[a]:
                self.open_s = (self.open_s or 0.0) + float(dt_s[a:b].sum())
            elif self.open_s is not None:
                found.append((a, self.open_s))
                self.open_s = None
        return found


class _Held(NamedTuple):
    """Who is on, once for all rows until that changes; `first` are the rows in which it begins."""

    first: NDArray[np.intp]
    lengths: NDArray[np.intp]
    on: NDArray[np.bool_]  # [rack, stretch]

    @classmethod
    def of(cls, played: Played, moved: NDArray[np.intp]) -> "_Held":
        """The stretches of a block."""
        first = np.union1d([0], moved).astype(np.intp)
        return cls(first, np.diff(first, append=len(played.dt_s)), played.on[:, first])

    def rows(self, by_stretch: Floats) -> Floats:
        """A figure of every stretch, row by row."""
        return np.repeat(by_stretch, self.lengths)


class Tally:
    """The totals of a backtest in the making."""

    def __init__(self, site: Site, totals: Totals) -> None:
        self.totals = totals
        totals.racks = tuple(RackTotals(rack.name, rack.rated_kw) for rack in site.racks)
        self._rated = np.array([rack.rated_kw for rack in site.racks])
        self._need_kw = site.control.reserve_kw + site.control.margin_kw
        self._zone = ZoneInfo(site.timezone)
        self._fall, self._rise = _Run(), _Run()
        self._date = ""
        self._today = [0] * len(site.racks)
        self._was_on = 0.0
        self._last = np.zeros((len(site.racks), 1), np.bool_)

    def add(self, played: Played) -> None:
        """One more block."""
        totals, dt_s = self.totals, played.dt_s
        totals.rows += len(dt_s)
        totals.span_s += float(dt_s.sum()) + played.gap_s
        totals.gaps += played.gaps
        totals.scans += played.scans
        self._energy(played)
        self._limits(played)
        moved = self._moved(played.on)
        held = _Held.of(played, moved)
        on_s = held.on @ np.add.reduceat(dt_s, held.first)
        for one, energy, seconds in zip(totals.racks, played.energy_kws, on_s, strict=True):
            one.energy_kwh += float(energy) / HOUR_S
            one.on_s += float(seconds)
        self._days(played, moved)
        self._events(played.events)
        self._follow(played, held)

    def _energy(self, played: Played) -> None:
        known = ~np.isnan(played.site_kw)
        dt_s = np.where(known, played.dt_s, 0.0)
        site = np.where(known, played.site_kw, 0.0)
        surplus = np.maximum(0.0, -site)
        used = np.minimum(played.racks_kw, surplus)
        grid = site + played.racks_kw
        totals = self.totals
        totals.unknown_s += float(played.dt_s.sum() - dt_s.sum()) + played.gap_s
        totals.surplus_kwh += float((surplus * dt_s).sum()) / HOUR_S
        totals.used_kwh += float((used * dt_s).sum()) / HOUR_S
        totals.imported_kwh += float(((played.racks_kw - used) * dt_s).sum()) / HOUR_S
        totals.racks_kwh += float((played.racks_kw * dt_s).sum()) / HOUR_S
        totals.grid_import_kwh += float((np.maximum(0.0, grid) * dt_s).sum()) / HOUR_S
        totals.grid_export_kwh += float((np.maximum(0.0, -grid) * dt_s).sum()) / HOUR_S

    def _limits(self, played: Played) -> None:
        seconds = np.bincount(played.binding, played.dt_s, minlength=len(played.limits))
        for key, time_s in zip(played.limits, seconds.tolist(), strict=True):
            if time_s:
                self.totals.limit_s[key] = self.totals.limit_s.get(key, 0.0) + time_s

    def _events(self, events: Iterable[Event]) -> None:
        found = self.totals.events
        for event in events:
            found[event.kind] = found.get(event.kind, 0) + 1

    def _moved(self, on: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The rows in which other racks are on than in the row before."""
        first = (self._last != on[:, :1]).any(axis=0)
        return np.flatnonzero(np.concatenate((first, (on[:, 1:] != on[:, :-1]).any(axis=0))))

    def _days(self, played: Played, moved: NDArray[np.intp]) -> None:
        """Switchings by rack, and starts by rack and date; told from the rows themselves."""
        dates = _dates(played, self._zone, moved)
        if not self.totals.days:
            self._begin(dates[0][1])
        for row, date in dates:
            if date != self._date:
                self._begin(date)
            before = played.on[:, row - 1] if row else self._last[:, 0]
            self._move(before, played.on[:, row])
        self._last = played.on[:, -1:].copy()

    def _begin(self, date: str) -> None:
        self.totals.days += 1
        self._date, self._today = date, [0] * len(self._today)

    def _move(self, before: NDArray[np.bool_], on: NDArray[np.bool_]) -> None:
        up, down = on & ~before, before & ~on
        for i in np.flatnonzero(up).tolist():
            one = self.totals.racks[i]
            one.starts += 1
            self._today[i] += 1
            one.most_starts_a_day = max(one.most_starts_a_day, self._today[i])
        for i in np.flatnonzero(down).tolist():
            self.totals.racks[i].stops += 1
        totals, rise, fall = self.totals, float(self._rated @ up), float(self._rated @ down)
        totals.largest_step_up_kw = max(totals.largest_step_up_kw, rise)
        totals.largest_step_down_kw = max(totals.largest_step_down_kw, fall)

    def _follow(self, played: Played, held: "_Held") -> None:
        """How long racks imported, and how long room for one more waited for its start."""
        surplus = np.where(np.isnan(played.site_kw), 0.0, np.maximum(0.0, -played.site_kw))
        beyond = played.racks_kw > surplus + IMPORT_KW
        for _, length in self._fall.add(beyond, played.dt_s):
            self.totals.fall = self.totals.fall.add(length)
        rated_on = held.rows(self._rated @ held.on)
        spare = np.where(held.on, np.inf, self._rated[:, None]).min(axis=0, initial=np.inf)
        room = surplus - self._need_kw - rated_on >= held.rows(spare)
        before = np.concatenate(([self._was_on], rated_on[:-1]))
        started = rated_on > before
        room &= ~started  # a start ends the wait, also where there is room for the next
        for row, length in self._rise.add(room, played.dt_s):
            if started[row]:
                self.totals.rise = self.totals.rise.add(length)
        self._was_on = float(rated_on[-1])


def _dates(played: Played, zone: tzinfo, rows: NDArray[np.intp]) -> list[tuple[int, str]]:
    """(row, date) of the rows, and of the first row of every date in the block.

    Without a wall clock a day is 24 hours of `t_s`.
    """
    known = ~np.isnan(played.wall_s)
    hours = np.floor(np.where(known, played.wall_s, played.t_s) / HOUR_S)
    changes = np.flatnonzero(np.diff(hours)) + 1
    wanted = np.unique(np.concatenate(([0], changes, rows)))
    return [(int(row), _date(played, zone, int(row))) for row in wanted]


def _date(played: Played, zone: tzinfo, row: int) -> str:
    wall = float(played.wall_s[row])
    if isnan(wall):
        return f"day {int(played.t_s[row] // DAY_S)}"
    return datetime.fromtimestamp(wall, UTC).astimezone(zone).date().isoformat()


__all__ = ["Played", "Spans", "Tally"]
