"""The annex: every day and every interval; missing ones too, long runs of them as one row."""

from collections.abc import Callable, Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from headworks.record.stamp import Clock
from headworks.statement.figures import kwh, share
from headworks.statement.model import ENERGIES, Interval, Quality, Statement
from headworks.statement.months import local, local_text, offset_text
from headworks.statement.page import CODE, FIGURE, Block, Cell, Heading, Note, Row, Table
from headworks.statement.sums import total
from headworks.statement.words import Words

Sums = dict[str, int | None]
_RUN = 8  # more missing intervals than these are one row


def by_day(s: Statement) -> Iterator[tuple[str, Sums]]:
    """Each stated day, as 2026-11-05, with its sums; `hit` counts what is not wholly measured."""
    zone = ZoneInfo(s.timezone)
    found: dict[str, list[Interval]] = {}
    for one in s.intervals:
        found.setdefault(local(one.start_s, zone).date().isoformat(), []).append(one)
    for day, intervals in found.items():
        sums = {name: total(getattr(one, name) for one in intervals) for name in ENERGIES}
        sums["hit"] = sum(one.quality is not Quality.GOOD for one in intervals)
        shared = (one.drawn_wh for one in intervals if one.surplus_wh is not None)
        sums["shared_drawn_wh"] = total(shared)
        yield day, sums


def days(s: Statement, w: Words) -> Iterator[Block]:
    """A row a day, and the month's sum."""
    yield Heading(w("days.heading"), fresh=True)
    yield Note(w("days.note"))
    columns = (
        Cell(w("days.day")),
        *(Cell(w(f"column.{name}"), FIGURE) for name in ENERGIES),
        Cell(w("days.share"), FIGURE),
        Cell(w("days.hit"), FIGURE),
    )
    rows = [_day(day, sums, "gap" if sums["hit"] else "") for day, sums in by_day(s)]
    hit = sum(one.quality is not Quality.GOOD for one in s.intervals)
    rows.append(_day(w("days.sum"), {**s.totals, "hit": hit}, "total"))
    yield Table(columns, tuple(rows), small=True)


def _day(name: str, sums: Sums, mark: str) -> Row:
    energies = (Cell(kwh(sums[energy]), FIGURE) for energy in ENERGIES)
    covered = share(sums["surplus_wh"], sums["shared_drawn_wh"])
    kind = "text" if mark == "total" else CODE
    cells = (Cell(name, kind), *energies, Cell(covered, FIGURE), Cell(str(sums["hit"]), FIGURE))
    return Row(cells, mark)


def intervals(s: Statement, w: Words) -> Iterator[Block]:
    """A row for every interval that is over."""
    yield Heading(w("intervals.heading"), fresh=True)
    zone = ZoneInfo(s.timezone)
    offsets = dict.fromkeys(offset_text(one.start_s, zone) for one in s.intervals)
    yield Note(w("intervals.note", zone=f"UTC{', UTC'.join(offsets)}"))
    # where the clock is put back, the distance to UTC tells the doubled hour apart
    form = "%Y-%m-%d %H:%M" if len(offsets) == 1 else "%Y-%m-%d %H:%M%z"
    columns = (
        Cell(w("intervals.start")),
        *(Cell(w(f"column.{name}"), FIGURE) for name in ENERGIES),
        Cell(w("intervals.quality")),
        Cell(w("intervals.clock")),
    )
    rows = tuple(_rows(s, lambda at_s: local_text(at_s, zone, form), w))
    yield Table(columns, rows, small=True)


def _rows(s: Statement, start: Callable[[int], str], w: Words) -> Iterator[Row]:
    """A row for each interval; a long run of missing ones is one row that counts them."""
    for missing, found in groupby(s.intervals, lambda one: one.quality is Quality.MISSING):
        run = list(found)
        if missing and len(run) > _RUN:
            unknown = (Cell(kwh(None), FIGURE) for _ in ENERGIES)
            count = Cell(w("intervals.run", count=f"{len(run):,}"))
            yield Row((Cell(start(run[0].start_s), CODE), *unknown, count, Cell("")), "gap")
        else:
            yield from (_interval(one, start(one.start_s), w) for one in run)


def _interval(one: Interval, start: str, w: Words) -> Row:
    energies = (Cell(kwh(getattr(one, name)), FIGURE) for name in ENERGIES)
    missing = one.quality is Quality.MISSING
    clock = "" if missing or one.clock is Clock.SYNCED else w(f"intervals.{one.clock}")
    quality = "" if one.quality is Quality.GOOD else w(f"intervals.{one.quality}")
    mark = "" if one.quality is Quality.GOOD else "gap"
    return Row((Cell(start, CODE), *energies, Cell(quality), Cell(clock)), mark)
