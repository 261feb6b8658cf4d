"""The first pages: what the month was, its totals, cost, reconciliation, availability, racks."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from headworks.statement.annex import by_day
from headworks.statement.chart import Day, draw
from headworks.statement.figures import UNKNOWN, duration, kwh, money, share, whole_kwh
from headworks.statement.model import CostLine, Counter, Statement
from headworks.statement.months import local_text, offset_text
from headworks.statement.page import (
    CODE,
    FIGURE,
    Block,
    Cell,
    Chart,
    Heading,
    Note,
    Row,
    Table,
    Tile,
    Tiles,
)
from headworks.statement.words import Words

TOTALS = (
    "import_wh",
    "export_wh",
    "drawn_wh",
    "surplus_wh",
    "baseline_wh",
    "incremental_wh",
)
_BLANK = "\u00a0"
_BESIDE = 6  # more racks than these stand in two columns


def figure(text: str) -> Cell:
    """A cell of a number."""
    return Cell(text, FIGURE)


def facts(s: Statement, w: Words) -> Iterator[Block]:
    """Site, month and how it was measured; then the figures of the headline and the chart."""
    zone = ZoneInfo(s.timezone)
    span = f"{local_text(s.from_s, zone)} – {local_text(s.through_s, zone)}"
    offsets = dict.fromkeys((offset_text(s.from_s, zone), offset_text(s.through_s - 1, zone)))
    rows = (
        ("site", Cell(s.site)),
        ("month", Cell(s.month, CODE)),
        ("span", Cell(span, CODE)),
        ("timezone", Cell(f"{s.timezone} (UTC{', UTC'.join(offsets)})", CODE)),
        ("interval", Cell(w("facts.minutes", minutes=s.interval_s // 60))),
        ("state", Cell(w("facts.complete" if s.complete else "facts.running"))),
        ("made", Cell(local_text(s.made_s, zone), CODE)),
    )
    yield Table((), tuple(Row((Cell(w(f"facts.{name}")), cell)) for name, cell in rows), (0, 1))
    yield Tiles(tuple(_tiles(s, w)))
    found = tuple(
        Day(int(day[-2:]), sums["drawn_wh"], sums["surplus_wh"], bool(sums["hit"]))
        for day, sums in by_day(s)
    )
    yield Chart(draw(found), w("chart.caption"))


def _tiles(s: Statement, w: Words) -> Iterator[Tile]:
    t = s.totals
    yield Tile(w("tile.drawn"), whole_kwh(t["drawn_wh"]), w("tile.drawn_below"))
    covered = share(t["surplus_wh"], t["shared_drawn_wh"])
    energy = f"{whole_kwh(t['surplus_wh'])} kWh"
    yield Tile(w("tile.share"), covered, w("tile.share_below", energy=energy))
    yield Tile(w("tile.import"), whole_kwh(t["import_wh"]), w("tile.import_below"))
    if s.cost is not None:
        label = w("tile.cost", currency=s.cost.currency)
        yield Tile(label, money(s.cost.total), w("tile.cost_below"))
    measured = share(t["measured_s"], s.through_s - s.from_s)
    yield Tile(w("tile.measured"), measured, w("tile.measured_below"))


def totals(s: Statement, w: Words) -> Iterator[Block]:
    """Energy by kind: what is known, and in how many intervals it is not."""
    yield Heading(w("totals.heading"))
    rows = [
        Row((Cell(w(f"totals.{name}")), figure(kwh(s.totals[name])), figure(_unknown(s, name))))
        for name in TOTALS
    ]
    covered = share(s.totals["surplus_wh"], s.totals["shared_drawn_wh"])
    rows.append(Row((Cell(w("totals.share")), figure(covered), figure("")), "total"))
    columns = (Cell(w("totals.energy")), figure("kWh"), figure(w("totals.unknown")))
    yield Table(columns, tuple(rows), (1, 0, 0))
    yield Note(w("totals.note"))


def _unknown(s: Statement, name: str) -> str:
    return f"{sum(getattr(one, name) is None for one in s.intervals):,}"


def cost(s: Statement, w: Words) -> Iterator[Block]:
    """What the known units cost, line by line."""
    yield Heading(w("cost.heading"))
    if s.cost is None:
        yield Note(w("cost.none"))
        return
    columns = (
        Cell(w("cost.period")),
        Cell(w("cost.kind")),
        figure("kWh"),
        figure(f"{s.cost.currency}/kWh"),
        figure(s.cost.currency),
    )
    rows = [Row(_cost_cells(line, w)) for line in s.cost.lines]
    blank = figure("")
    rows.append(
        Row((Cell(w("cost.total")), Cell(""), blank, blank, figure(money(s.cost.total))), "total")
    )
    yield Table(columns, tuple(rows), (1, 1, 0, 0, 0))
    name = s.cost.tariff or w("cost.unnamed")
    yield Note(w("cost.note", tariff=name, uncosted=s.cost.uncosted))


def _cost_cells(line: CostLine, w: Words) -> tuple[Cell, ...]:
    return (
        Cell(line.period),
        Cell(w(f"cost.{line.kind}")),
        figure(kwh(line.energy_wh)),
        figure(line.per_kwh),
        figure(money(line.amount)),
    )


def reconciliation(s: Statement, w: Words) -> Iterator[Block]:
    """Our figures beside empty lines for the utility's, and who has compared them."""
    yield Heading(w("reconcile.heading"))
    blank = figure(_BLANK)
    ours = s.totals["import_wh"], s.totals["export_wh"]
    rows = [
        Row((Cell(w("reconcile.stated")), figure(kwh(ours[0])), figure(kwh(ours[1])))),
        *(row for counter in s.counters for row in _counter_rows(counter, ours, w)),
        *(Row((Cell(w(f"reconcile.{name}")), blank, blank), "blank") for name in _UTILITY),
    ]
    columns = (Cell(""), figure(w("reconcile.import")), figure(w("reconcile.export")))
    yield Table(columns, tuple(rows), (1, 0.55, 0.55))
    signed = (Cell(w("reconcile.name")), Cell(w("reconcile.date")), Cell(w("reconcile.signature")))
    sides = (w("reconcile.for_utility"), w("reconcile.for_operator"))
    empty = Cell(_BLANK)
    yield Table(
        (Cell(""), *signed),
        tuple(Row((Cell(side), empty, empty, empty), "blank") for side in sides),
        (0.7, 1, 0.7, 1),
    )


_UTILITY = ("opening", "closing", "units", "difference", "percent")


def _counter_rows(counter: Counter, ours: tuple[int | None, int | None], w: Words) -> Iterator[Row]:
    """A meter's own counters, and what passed while no interval was measured."""
    both = counter.import_wh, counter.export_wh
    for index, name in enumerate(("counter_opening", "counter_closing")):
        cells = (figure(kwh(pair[index])) for pair in both)
        yield Row((Cell(w(f"reconcile.{name}", meter=counter.name)), *cells))
    unmeasured = (
        figure(kwh(_passed(pair, known) if counter.steady else None))
        for pair, known in zip(both, ours, strict=True)
    )
    yield Row((Cell(w("reconcile.unmeasured")), *unmeasured))


def _passed(pair: tuple[int | None, int | None], known: int | None) -> int | None:
    opening, closing = pair
    return None if None in (opening, closing) else (closing or 0) - (opening or 0) - (known or 0)


def availability(s: Statement, w: Words) -> Iterator[Block]:
    """How much of the time was measured, and on which clock."""
    yield Heading(w("available.heading"))
    length_s, t = s.through_s - s.from_s, s.totals
    count = t["intervals"]
    rows = [
        _available(w, "measured", duration(t["measured_s"]), share(t["measured_s"], length_s)),
        _available(w, "stated", duration(length_s), ""),
        *(
            _available(w, name, f"{t[name]:,}", share(t[name], count))
            for name in ("good", "partial", "missing", "synced", "free", "untimed")
        ),
        _available(w, "curtailed", str(len(s.curtailments)), _honoured(s)),
        _available(w, "tripped", str(len(s.trips)), ""),
    ]
    if s.unplaced:
        yield Note(w("available.unplaced", rows=s.unplaced))
    columns = (Cell(""), figure(w("available.count")), figure(w("available.share")))
    yield Table(columns, tuple(rows), (1, 0, 0))


def _available(w: Words, name: str, count: str, part: str) -> Row:
    return Row((Cell(w(f"available.{name}")), figure(count), figure(part)))


def _honoured(s: Statement) -> str:
    return share(sum(one.honoured for one in s.curtailments), len(s.curtailments))


def racks(s: Statement, w: Words) -> Iterator[Block]:
    """The energy of each rack."""
    if not s.racks:
        return
    yield Heading(w("racks.heading"))
    drawn = s.totals["drawn_wh"]
    found = [
        (
            Cell(name, CODE),
            figure(kwh(wh)),
            figure(share(wh, drawn) if wh is not None else UNKNOWN),
            Cell(w(f"racks.{how}")),
        )
        for name, wh, how in zip(s.racks, s.racks_wh, s.racks_how, strict=True)
    ]
    columns = (
        Cell(w("racks.rack")),
        figure("kWh"),
        figure(w("racks.share")),
        Cell(w("racks.how")),
    )
    beside = 1 if len(found) <= _BESIDE else 2
    half = -(-len(found) // beside)
    rest = (*found[half:], (Cell(""),) * 4)
    rows = [Row((*left, *rest[i]) if beside == 2 else left) for i, left in enumerate(found[:half])]
    yield Table(columns * beside, tuple(rows), (1, 1, 1, 1) * beside, small=True)
