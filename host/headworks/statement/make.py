"""Makes a statement of ledger rows and journal entries. Pure; reads no clock and no file."""

from collections.abc import Iterable, Mapping, Sequence

from headworks.model.site import InterlockAction, Site
from headworks.record.stamp import Clock
from headworks.statement import months, sums
from headworks.statement.incidents import curtailments, trips
from headworks.statement.model import (
    ENERGIES,
    Counter,
    Entry,
    Evidence,
    Interval,
    Quality,
    Statement,
    StatementError,
)
from headworks.statement.price import cost

WRITTEN_S = 60  # an interval is in the records at the latest so long after its end


def make(
    site: Site,
    month: str,
    rows: Iterable[Interval],
    entries: Sequence[Entry],
    evidence: Evidence,
    *,
    now_s: int,
    interval_s: int,
    racks: Mapping[str, str],
    unplaced: int = 0,
    counters: tuple[Counter, ...] = (),
) -> Statement:
    """The statement of a month, up to `now_s` where that month still runs.

    `rows` may hold more than the month; slots without a row are shown as missing. `racks` are
    the names of the rows' racks, and how each was measured. Raises StatementError for a month
    that has not begun and for rows that contradict themselves.
    """
    starts = months.grid(month, site.timezone, interval_s)
    stated = over(month, site.timezone, interval_s, now_s)
    intervals = _filled(stated, _checked(rows, starts, interval_s, len(racks)))
    through_s = stated[-1] + interval_s
    return Statement(
        site=site.name,
        timezone=site.timezone,
        month=month,
        from_s=starts.start,
        to_s=starts.stop,
        through_s=through_s,
        made_s=now_s,
        interval_s=interval_s,
        racks=tuple(racks),
        racks_how=tuple(racks.values()),
        unplaced=unplaced,
        intervals=intervals,
        totals=sums.totals(intervals),
        racks_wh=sums.racks_total(intervals, len(racks)),
        cost=cost(site.tariff, site.timezone, interval_s, intervals) if site.tariff else None,
        counters=counters,
        curtailments=curtailments(entries, starts.start, through_s),
        trips=trips(entries, starts.start, through_s, _quiet(site)),
        gaps=sums.gaps(intervals, interval_s),
        unsynced=sums.unsynced(intervals, interval_s),
        evidence=evidence,
    )


def _quiet(site: Site) -> frozenset[str]:
    """The interlocks that open nothing at once."""
    return frozenset(
        lock.name for lock in site.interlocks if lock.action is not InterlockAction.TRIP
    )


def over(month: str, timezone: str, interval_s: int, now_s: int) -> range:
    """The starts of the intervals that are over and written. Raises StatementError for none."""
    starts = months.grid(month, timezone, interval_s)
    if now_s < starts.start:
        raise StatementError(f"{month} has not begun; name a month that has")
    count = min(len(starts), (now_s - WRITTEN_S - starts.start) // interval_s)
    if count <= 0:
        raise StatementError(
            f"no interval of {month} is over yet; try again in {interval_s // 60} minutes"
        )
    return starts[:count]


def _filled(starts: range, rows: dict[int, Interval]) -> tuple[Interval, ...]:
    return tuple(
        rows.get(start_s) or Interval(start_s, Quality.MISSING, Clock.UNTIMED) for start_s in starts
    )


def _checked(
    rows: Iterable[Interval], starts: range, interval_s: int, racks: int
) -> dict[int, Interval]:
    found: dict[int, Interval] = {}
    for row in rows:
        if not starts.start <= row.start_s < starts.stop:
            continue
        wrong = _wrong(row, interval_s, racks)
        if row.start_s not in starts:
            wrong = f"it begins inside an interval of {interval_s} s"
        elif row.start_s in found:
            wrong = "it is there twice"
        if wrong:
            raise StatementError(
                f"the ledger's row of {row.start_s} s (Unix time) contradicts itself: {wrong}; "
                "run `headworks verify`"
            )
        found[row.start_s] = row
    return found


def _wrong(row: Interval, interval_s: int, racks: int) -> str:
    """What cannot be in a row; "" where all may be."""
    energies = [getattr(row, name) for name in ENERGIES] + list(row.racks_wh)
    if any(wh is not None and wh < 0 for wh in energies):
        return "an energy is below zero"
    if not 0 <= row.measured_s <= interval_s:
        return f"{row.measured_s} s were measured in {interval_s} s"
    if row.racks_wh and len(row.racks_wh) != racks:
        return f"it has {len(row.racks_wh)} racks, not {racks}"
    if None not in (row.surplus_wh, row.drawn_wh) and row.surplus_wh > row.drawn_wh:  # type: ignore[operator]
        return "surplus covered more than the racks drew"
    parts = (row.baseline_wh, row.incremental_wh)
    if None not in parts and sum(part or 0 for part in parts) != row.import_wh:
        return "baseline and incremental units are not the import"
    return ""
