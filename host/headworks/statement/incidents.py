"""Curtailments and trips, from journal entries in the order of the journal.

An entry `curtail` opens a curtailment of its source, `curtail-met` has its response time,
`curtail-end` closes it. `trip` and `latch` open a trip of their source, `reset` ends it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from headworks.model.plan import ReasonCode
from headworks.statement.model import Curtailment, Entry, Trip

_SAME_S = 2  # a trip and its latch are written within this time
_START_S = 60  # the time that meters and boards are given to be known
_NOT_KNOWN = (ReasonCode.UNKNOWN, ReasonCode.STALE)


def curtailments(entries: Iterable[Entry], from_s: int, through_s: int) -> tuple[Curtailment, ...]:
    """Every curtailment that began in this time, with how it went."""
    found: list[Curtailment] = []
    running: dict[str, int] = {}
    for entry in entries:
        if entry.at_s >= through_s:
            break
        index = running.get(entry.source)
        if entry.kind == "curtail":
            running[entry.source] = len(found)
            found.append(_ordered(entry))
        elif index is not None and entry.kind == "curtail-met":
            if found[index].met_ms is None:
                met_ms = _milli(entry, "response_s")
                found[index] = replace(found[index], met_ms=met_ms)
        elif index is not None and entry.kind == "curtail-end":
            found[index] = replace(found[index], ended_s=entry.at_s)
            del running[entry.source]
    return tuple(one for one in found if one.at_s >= from_s)


def _ordered(entry: Entry) -> Curtailment:
    return Curtailment(
        at_s=entry.at_s,
        source=entry.source,
        limit_w=_milli(entry, "limit_kw") or 0,
        drawn_w=_milli(entry, "drawn_kw"),
        asked_ms=_milli(entry, "asked_s"),
    )


def _milli(entry: Entry, name: str) -> int | None:
    """A figure of the entry times 1000; None where it has none."""
    value = entry.values.get(name)
    return round(value * 1000) if isinstance(value, int | float) else None


def trips(
    entries: Iterable[Entry], from_s: int, through_s: int, quiet: frozenset[str] = frozenset()
) -> tuple[Trip, ...]:
    """Every trip of this time; one from before that was still latched when it began, too.

    `quiet` are interlocks that open nothing (they warn, block starts or stop in order).
    """
    found: list[Trip] = []
    running: dict[str, int] = {}
    for entry in _opening(entries, quiet):
        if entry.at_s >= through_s:
            break
        index = running.get(entry.source)
        if entry.kind in ("trip", "latch"):
            if index is not None and entry.at_s - found[index].at_s <= _SAME_S:
                latched = found[index].latched or entry.kind == "latch"
                found[index] = replace(found[index], latched=latched)
                continue
            running[entry.source] = len(found)
            latched = entry.kind == "latch"
            found.append(Trip(entry.at_s, entry.source, entry.code, entry.note, latched))
        elif index is not None and entry.kind == "reset":
            found[index] = replace(found[index], latched=True, reset_s=entry.at_s)
            del running[entry.source]
    return tuple(one for one in found if one.at_s >= from_s or _lasted(one, from_s))


def _opening(entries: Iterable[Entry], quiet: frozenset[str]) -> Iterator[Entry]:
    """Without trips that opened nothing: of quiet interlocks, and right after a start.

    In the first minute nothing is known yet, and everything is off.
    """
    started_s = 0
    for entry in entries:
        if entry.kind == "station-start":
            started_s = entry.at_s
        early = entry.code in _NOT_KNOWN and entry.at_s - started_s <= _START_S
        if entry.kind != "trip" or not (early or entry.source in quiet):
            yield entry


def _lasted(trip: Trip, from_s: int) -> bool:
    return trip.latched and (trip.reset_s is None or trip.reset_s >= from_s)
