"""What a backtest adds up to. Counts true powers of the plant, not what meters said.

Everything is added block by block, so that the length of a file costs no memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Spans(NamedTuple):
    """Lengths of time in s, summed up."""

    number: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0

    @property
    def mean_s(self) -> float | None:
        """None where there was none."""
        return self.total_s / self.number if self.number else None

    def add(self, length_s: float) -> "Spans":
        """With one more."""
        longest_s = max(self.longest_s, length_s)
        return Spans(self.number + 1, self.total_s + length_s, longest_s)


NO_SPANS = Spans()


@dataclass(slots=True)
class RackTotals:
    """One rack. Energies in kWh; a switching is a closing or an opening."""

    name: str
    rated_kw: float
    energy_kwh: float = 0.0
    on_s: float = 0.0
    starts: int = 0
    stops: int = 0
    most_starts_a_day: int = 0

    @property
    def switchings(self) -> int:
        """Closings and openings."""
        return self.starts + self.stops

    def utilisation(self, span_s: float) -> float | None:
        """Energy over what rated power all the time would give, 0 to 1."""
        most = self.rated_kw * span_s / 3600.0
        return self.energy_kwh / most if most > 0.0 else None


@dataclass(slots=True)
class Totals:
    """A whole backtest. Energies in kWh, times in s, powers in kW.

    surplus: export there would be with all racks off. used: what racks drew within it.
    imported: what they drew beyond it. used + imported = racks; surplus - used = unserved.
    Rows in which `site_kw` is unknown count in `unknown_s` and in nothing but the racks' own
    energy.
    """

    rows: int = 0
    span_s: float = 0.0
    unknown_s: float = 0.0
    gaps: int = 0  # times without rows, in which the meters went stale
    surplus_kwh: float = 0.0
    used_kwh: float = 0.0
    imported_kwh: float = 0.0
    racks_kwh: float = 0.0
    grid_import_kwh: float = 0.0
    grid_export_kwh: float = 0.0
    racks: tuple[RackTotals, ...] = ()
    days: int = 0  # dates of the site's time zone that were begun
    largest_step_up_kw: float = 0.0  # rated power told to start in one scan
    largest_step_down_kw: float = 0.0
    rise: Spans = NO_SPANS  # from room for a further rack to its start
    fall: Spans = NO_SPANS  # from an import because of racks to its end
    limit_s: dict[tuple[str, str], float] = field(default_factory=dict)  # (source, reason): time
    events: dict[str, int] = field(default_factory=dict)  # by kind: start, stop, trip, alarm …
    assumed: Mapping[str, str] = field(default_factory=dict)  # what no column says: what was taken
    scans: int = 0  # rows that went through a whole scan; the others were proven to be the same

    @property
    def unserved_kwh(self) -> float:
        """Surplus that no rack drew."""
        return self.surplus_kwh - self.used_kwh

    @property
    def used_share(self) -> float | None:
        """Share of the surplus that racks drew, 0 to 1; None where none came."""
        return self.used_kwh / self.surplus_kwh if self.surplus_kwh > 0.0 else None

    @property
    def imported_share(self) -> float | None:
        """Share of the racks' energy that was imported; None where they drew none."""
        return self.imported_kwh / self.racks_kwh if self.racks_kwh > 0.0 else None

    @property
    def utilisation(self) -> float | None:
        """Racks' energy over what rated power all the time would give, 0 to 1."""
        most = sum(rack.rated_kw for rack in self.racks) * self.span_s / 3600.0
        return self.racks_kwh / most if most > 0.0 else None

    @property
    def switchings_per_rack_day(self) -> float | None:
        """Mean over racks and days; None without either."""
        count = len(self.racks) * self.days
        return sum(rack.switchings for rack in self.racks) / count if count else None

    @property
    def starts_per_rack_day(self) -> float | None:
        """Mean over racks and days; None without either."""
        count = len(self.racks) * self.days
        return sum(rack.starts for rack in self.racks) / count if count else None
