"""The nouns of a statement: pure data, all figures whole numbers.

Energies are in Wh, times in seconds since 1970 (UTC), lengths in s, powers in W. None is "not
known" and never becomes a number. Money is text with all its digits, as "22.98".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from headworks.record.stamp import Clock


class StatementError(Exception):
    """A statement that cannot be made or read; the text is one line with cause and fix."""


class Quality(StrEnum):
    """How much of an interval was measured."""

    GOOD = "good"
    PARTIAL = "partial"  # some of its figures or some of its time are not known
    MISSING = "missing"  # no row at all


class Interval(NamedTuple):
    """Energy of 15 or 30 minutes, from counters.

    `surplus_wh` is the part of the racks' energy that surplus covered. `baseline_wh` and
    `incremental_wh` divide the import; both are None where no baseline is agreed. `racks_wh`
    has a figure for each rack of the statement.
    """

    start_s: int
    quality: Quality
    clock: Clock
    measured_s: int = 0
    import_wh: int | None = None
    export_wh: int | None = None
    drawn_wh: int | None = None
    surplus_wh: int | None = None
    baseline_wh: int | None = None
    incremental_wh: int | None = None
    racks_wh: tuple[int | None, ...] = ()


ENERGIES = ("import_wh", "export_wh", "drawn_wh", "surplus_wh", "baseline_wh", "incremental_wh")


class Entry(NamedTuple):
    """What a statement reads of a journal entry. `values` are its figures, units in the names."""

    at_s: int
    source: str
    kind: str
    code: str = ""
    values: Mapping[str, float | str] = {}
    note: str = ""


@dataclass(frozen=True, slots=True)
class Curtailment:
    """An order to draw less. `met_ms` is the time from the order until the racks drew no more.

    None in `met_ms`: not met before it ended, or before the statement's end. `asked_ms` is the
    time that the order gave, if it gave one.
    """

    at_s: int
    source: str
    limit_w: int
    drawn_w: int | None
    met_ms: int | None = None
    asked_ms: int | None = None
    ended_s: int | None = None

    @property
    def honoured(self) -> bool:
        """Met, and within the time asked for where one was."""
        return self.met_ms is not None and (self.asked_ms is None or self.met_ms <= self.asked_ms)


@dataclass(frozen=True, slots=True)
class Trip:
    """Something opened at once. A latched one stays open until `reset_s`; None: to this day."""

    at_s: int
    source: str
    code: str
    note: str = ""
    latched: bool = False
    reset_s: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Time without measurement, or on a clock of its own; `intervals` of the table are hit."""

    from_s: int
    to_s: int
    intervals: int


@dataclass(frozen=True, slots=True)
class Counter:
    """A meter's own counters when the month began and at the end of what is stated."""

    name: str
    import_wh: tuple[int | None, int | None]
    export_wh: tuple[int | None, int | None]
    steady: bool = True  # neither reset, rolled over nor exchanged in between


@dataclass(frozen=True, slots=True)
class CostLine:
    """Units at one price. `kind`: units, baseline, incremental, export (a credit)."""

    period: str
    kind: str
    energy_wh: int
    per_kwh: str
    amount: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What the known energy costs. `uncosted` intervals have no known import."""

    currency: str
    tariff: str
    lines: tuple[CostLine, ...]
    total: str
    uncosted: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What ties the statement to the records: hashes in hexadecimal, "" where there is none."""

    site_sha256: str
    software: str
    firmware: tuple[tuple[str, str], ...] = ()  # board, version or hash
    journal_first: int | None = None  # sequence numbers of the entries of this month
    journal_last: int | None = None
    journal_sha256: str = ""  # of the last entry: the head of the chain
    seal_day: str = ""  # of the last seal, as 2026-11-30
    seal: str = ""
    sites: tuple[str, ...] = ()  # sha256 of every site file in force in this month


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of a site. `through_s` is the end of the last interval that is over.

    `racks_how` says of each rack whether its energy is from a "counter", from "power", "mixed"
    or "unknown". `unplaced` rows of the ledger have no time, and are in no month.
    """

    site: str
    timezone: str
    month: str  # 2026-11
    from_s: int
    to_s: int
    through_s: int
    made_s: int
    interval_s: int
    racks: tuple[str, ...]
    racks_how: tuple[str, ...]
    unplaced: int
    intervals: tuple[Interval, ...]
    totals: Mapping[str, int | None]
    racks_wh: tuple[int | None, ...]
    cost: Cost | None
    counters: tuple[Counter, ...]
    curtailments: tuple[Curtailment, ...]
    trips: tuple[Trip, ...]
    gaps: tuple[Gap, ...]
    unsynced: tuple[Gap, ...]
    evidence: Evidence

    @property
    def complete(self) -> bool:
        """Whether the month is over."""
        return self.through_s >= self.to_s
