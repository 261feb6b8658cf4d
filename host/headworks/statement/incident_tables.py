"""What went otherwise: curtailments, trips, gaps, and times on a clock of its own."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from headworks.statement.figures import UNKNOWN, duration, kw, seconds
from headworks.statement.model import Curtailment, Gap, Statement, Trip
from headworks.statement.months import local_text
from headworks.statement.page import CODE, FIGURE, Block, Cell, Heading, Note, Row, Table
from headworks.statement.words import Words

_SECONDS = "%Y-%m-%d %H:%M:%S"


def curtailment_table(s: Statement, w: Words) -> Iterator[Block]:
    """Every order to draw less, and how fast it was followed."""
    yield Heading(w("curtail.heading"))
    if not s.curtailments:
        yield Note(w("curtail.none"))
        return
    zone = ZoneInfo(s.timezone)
    names = ("at", "source", "limit", "drawn", "response", "asked", "ended", "verdict")
    yield Table(
        tuple(_column(w, "curtail", name) for name in names),
        tuple(Row(_curtailed(one, zone, w)) for one in s.curtailments),
        (0, 1, 0, 0, 0, 0, 0, 0),
        small=True,
    )


def _column(w: Words, section: str, name: str) -> Cell:
    kind = FIGURE if name in ("limit", "drawn", "response", "asked", "length", "count") else "text"
    return Cell(w(f"{section}.{name}"), kind)


def _curtailed(one: Curtailment, zone: ZoneInfo, w: Words) -> tuple[Cell, ...]:
    verdict = "honoured" if one.honoured else "not_met" if one.met_ms is None else "late"
    return (
        Cell(local_text(one.at_s, zone, _SECONDS), CODE),
        Cell(one.source, CODE),
        Cell(kw(one.limit_w), FIGURE),
        Cell(kw(one.drawn_w), FIGURE),
        Cell(seconds(one.met_ms), FIGURE),
        Cell(seconds(one.asked_ms), FIGURE),
        Cell(UNKNOWN if one.ended_s is None else local_text(one.ended_s, zone), CODE),
        Cell(w(f"curtail.{verdict}")),
    )


def trip_table(s: Statement, w: Words) -> Iterator[Block]:
    """Everything that opened at once, its cause and how long it stayed."""
    yield Heading(w("trip.heading"))
    if not s.trips:
        yield Note(w("trip.none"))
        return
    zone = ZoneInfo(s.timezone)
    yield Table(
        tuple(_column(w, "trip", name) for name in ("at", "source", "cause", "reset")),
        tuple(Row(_tripped(one, zone, w)) for one in s.trips),
        (0, 0, 1, 0),
        small=True,
    )


def _tripped(one: Trip, zone: ZoneInfo, w: Words) -> tuple[Cell, ...]:
    if one.reset_s is not None:
        ended = Cell(local_text(one.reset_s, zone), CODE)
    else:
        ended = Cell(w("trip.latched" if one.latched else "trip.itself"))
    cause = w.known("cause", one.code) if one.code else UNKNOWN
    note = f" ({one.note})" if one.note else ""
    return (
        Cell(local_text(one.at_s, zone, _SECONDS), CODE),
        Cell(one.source, CODE),
        Cell(cause + note),
        ended,
    )


def gap_table(s: Statement, w: Words) -> Iterator[Block]:
    """Times that were not wholly measured."""
    yield Heading(w("gap.heading"))
    yield from _spans(s, s.gaps, w, "gap.none")
    if s.gaps:
        yield Note(w("gap.note"))


def clock_table(s: Statement, w: Words) -> Iterator[Block]:
    """Times on a clock that no time service kept."""
    yield Heading(w("clock.heading"))
    yield from _spans(s, s.unsynced, w, "clock.none")


def _spans(s: Statement, spans: Sequence[Gap], w: Words, none: str) -> Iterator[Block]:
    if not spans:
        yield Note(w(none))
        return
    zone = ZoneInfo(s.timezone)
    yield Table(
        tuple(_column(w, "gap", name) for name in ("from", "to", "length", "count")),
        tuple(
            Row(
                (
                    Cell(local_text(one.from_s, zone), CODE),
                    Cell(local_text(one.to_s, zone), CODE),
                    Cell(duration(one.to_s - one.from_s), FIGURE),
                    Cell(f"{one.intervals:,}", FIGURE),
                )
            )
            for one in spans
        ),
        (1, 1, 1, 1),
        small=True,
    )
