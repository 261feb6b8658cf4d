"""Makes a statement of ledger rows and journal entries. Pure; reads no clock and no file."""

from collections.abc import Iterable, Mapping, Sequence

from headworks.model.site import InterlockAction, Site
from headworks.record.stamp import Clock
from headworks.statement import sums
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
    starts: range,
    rows: Iterable[Interval],
    entries: Sequence[Entry],
    *,
    evidence: Evidence,
    now_s: int,
    racks: Mapping[str, str],
    unplaced: int = 0,
    counters: tuple[Counter, ...] = (),
) -> Statement:
    """The statement of a month, up to `now_s` where that month still runs.

    `starts` is its grid (`months.grid`). `rows` may hold more than the month; slots without a row
    are shown as missing. `racks` are the names of the rows' racks, and how each was measured.
    Raises StatementError for a month that has not begun and for rows that contradict themselves.
    """
    stated, interval_s = over(month, starts, now_s), starts.step
    intervals = _filled(stated, _checked(rows, starts, len(racks)))
    within = starts.start, stated.stop
    return Statement(
        site=site.name, timezone=site.timezone, month=month,
        from_s=starts.start, to_s=starts.stop, through_s=stated.stop, made_s=now_s,
        interval_s=interval_s, intervals=intervals,
        racks=tuple(racks), racks_how=tuple(racks.values()),
        totals=sums.totals(intervals), racks_wh=sums.racks_total(intervals, len(racks)),
        gaps=sums.gaps(intervals, interval_s), unsynced=sums.unsynced(intervals, interval_s),
        cost=cost(site.tariff, site.timezone, interval_s, intervals) if site.tariff else None,
        curtailments=curtailments(entries, *within), trips=trips(entries, *within, _quiet(site)),
        unplaced=unplaced, counters=counters, evidence=evidence,
    )  # fmt: skip


def _quiet(site: Site) -> frozenset[str]:
    """The interlocks that open nothing at once."""
    return frozenset(
        lock.name for lock in site.interlocks if lock.action is not InterlockAction.TRIP
    )


def over(month: str, starts: range, now_s: int) -> range:
    """Of a month's grid the intervals that are over and written; `.stop` is the end of the last.

    Raises StatementError for none.
    """
    if now_s < starts.start:
        raise StatementError(f"{month} has not begun; name a month that has")
    count = min(len(starts), (now_s - WRITTEN_S - starts.start) // starts.step)
    if count <= 0:
        raise StatementError(
            f"no interval of {month} is over yet; try again in {starts.step // 60} minutes"
        )
    return starts[:count]


def _filled(starts: range, rows: dict[int, Interval]) -> tuple[Interval, ...]:
    return tuple(
        rows.get(start_s) or Interval(start_s, Quality.MISSING, Clock.UNTIMED) for start_s in starts
    )


def _checked(rows: Iterable[Interval], starts: range, racks: int) -> dict[int, Interval]:
    interval_s = starts.step
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
