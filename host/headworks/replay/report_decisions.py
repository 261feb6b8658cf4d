"""Every decision of a backtest as a row of CSV: when, about what, and one sentence why."""

import csv
from collections.abc import Iterable
from datetime import tzinfo
from typing import IO

from headworks.faces.words import sentence
from headworks.model.plan import Event
from headworks.replay.report_figures import Figures, iso
from headworks.replay.report_series import NAMES, Series

DECISIONS = ("time", "case", "what", "kind", "reason", "why", "note")
RACKS = ("case", "rack", "rated_kw", "energy_kwh", "utilisation", "on_s", "starts", "switchings",
         "most_starts_a_day")  # fmt: skip
INTERVALS = ("from", "case", "length_s", "known_s", "surplus_kwh", "used_kwh", "imported_kwh",
             "racks_kwh", "racks_on_mean")  # fmt: skip


class Decisions:
    """A CSV file of decisions. Times are seconds since 1970, written in `zone`."""

    def __init__(self, file: IO[str], zone: tzinfo) -> None:
        self._rows = csv.writer(file)
        self._zone = zone
        self._rows.writerow(DECISIONS)

    def add(self, label: str, events: Iterable[Event]) -> None:
        """Some more decisions, in their order."""
        for event in events:
            why = sentence(event.reason.code, dict(event.reason.values), event.source)
            self._rows.writerow(
                [iso(event.t_s, self._zone), label, event.source, event.kind,
                 str(event.reason.code), why, event.note]
            )  # fmt: skip


def racks_csv(file: IO[str], cases: Iterable[Figures]) -> None:
    """A row for each rack of each case."""
    rows = csv.writer(file)
    rows.writerow(RACKS)
    for case in cases:
        for rack in case["racks"]:
            rows.writerow([case["label"], rack["name"], *(rack[name] for name in RACKS[2:])])


def intervals_csv(file: IO[str], label: str, series: Series, zone: tzinfo, *, head: bool) -> None:
    """A row for each bin of the charts."""
    rows = csv.writer(file)
    if head:
        rows.writerow(INTERVALS)
    found = series.sums()
    for start_s, sums in zip(found.start_s.tolist(), found.sums.tolist(), strict=True):
        one = dict(zip(NAMES, sums, strict=True))
        energies = [round(one[name] / 3600.0, 6) for name in NAMES[1:5]]
        on = one["racks_on_s"] / one["known_s"] if one["known_s"] else ""
        rows.writerow([iso(start_s, zone), label, series.size_s, one["known_s"], *energies, on])
