"""What was found while a data file was read, so that it can be told in plain sentences."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

MORE_THAN = 0.01  # of the usual spacing: what is further from a multiple of it is irregular


@dataclass
class Told:
    """Counts of one reading. Times in seconds since 1970, lengths in s."""

    zone: tzinfo
    usual_s: float = 0.0
    hold_s: float = 0.0
    rows: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    irregular: int = 0
    gaps: int = 0  # longer than the usual spacing
    longest_s: float = 0.0
    longest_row: int = 0
    held_s: float = 0.0  # filled with the value before a gap
    unknown_s: float = 0.0  # without any value: nothing runs
    empty: dict[str, int] = field(default_factory=dict)  # cells without a value, by column
    twice: int = 0
    twice_first: str = ""
    skipped: int = 0
    skipped_first: str = ""

    def when(self, t_s: float) -> str:
        """A moment on the file's own clocks."""
        return f"{datetime.fromtimestamp(t_s, UTC).astimezone(self.zone):%Y-%m-%d %H:%M}"

    def sentences(self) -> list[str]:
        """Everything worth telling, the plain facts first."""
        if not self.rows:
            return ["No rows."]
        span = f"{self.when(self.first_s)} to {self.when(self.last_s)}"
        found = [
            f"{self.rows:,} rows from {span} ({self.zone}), usually {length(self.usual_s)} apart."
        ]
        if self.irregular:
            found.append(f"{self.irregular:,} rows are spaced irregularly.")
        if self.gaps:
            gaps = "gap" if self.gaps == 1 else "gaps"
            found.append(
                f"{self.gaps:,} {gaps}, the longest {length(self.longest_s)} before row "
                f"{self.longest_row:,}. A value is held for {length(self.hold_s)} at most "
                f"({length(self.held_s)} in all); after that it is unknown and nothing runs "
                f"({length(self.unknown_s)} in all)."
            )
        for heading, count in self.empty.items():
            found.append(
                f"Column {heading!r} has {count:,} cell{'s' * (count > 1)} without a value."
            )
        return found + self._clocks()

    def _clocks(self) -> list[str]:
        """What daylight saving did to the times."""
        found = []
        if self.twice:
            found.append(
                f"{self.twice:,} rows (first {self.twice_first}) are in an hour that comes twice: "
                "taken as the first until time would go back, then as the second."
            )
        if self.skipped:
            found.append(
                f"{self.skipped:,} rows (first {self.skipped_first}) bear a time that does not "
                f"exist in {self.zone}, as clocks went forward: left out. If the recorder knows no "
                "daylight saving, name its offset: --timezone UTC+01:00."
            )
        return found


def length(seconds: float) -> str:
    """A length of time in the unit that suits it."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2.0 * size or (seconds >= size and seconds % size == 0.0):
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds:.4g} s"
