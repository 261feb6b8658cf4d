"""One cumulative energy counter: what was added, and what is odd about it.

Pure. A counter that falls has rolled over where it stood close to a round end, else it was
reset; then what came in between is not known and not guessed. A leap that no plant here could
make is a meter that was exchanged.
"""

from typing import NamedTuple

ROLLED, RESET, LEAP, LATE = "rolled", "reset", "leap", "late"
# where counters end, in kWh: decimal displays, and 31 or 32 bits of Wh, 10 Wh, 100 Wh and kWh
_BITS = [2.0**bits / part for bits in (31, 32) for part in (1000.0, 100.0, 10.0, 1.0)]
_ENDS = sorted([10.0**digits for digits in range(4, 10)] + _BITS)
_NEAR = 0.02  # share of a counter's range that it may be away from its end before and after


class Told(NamedTuple):
    """A span's energy from a counter. None in `first` and `last`: it was never seen."""

    kwh: float
    first: float | None
    last: float | None
    flags: tuple[str, ...]


class Counter:
    """A counter between two readings of the clock."""

    def __init__(self, most_kw: float) -> None:
        self._most_kw = most_kw
        self._value: float | None = None
        self._seen_s = 0.0
        self._first: float | None = None
        self._kwh = 0.0
        self._flags: set[str] = set()

    def see(self, value: float, t_s: float) -> None:
        """A good reading of it."""
        if self._value is None:
            self._first = value
        else:
            self._kwh += self._step(value - self._value, value, t_s)
        self._value, self._seen_s = value, t_s

    def _step(self, change: float, value: float, t_s: float) -> float:
        most = self._most_kw * (t_s - self._seen_s) / 3600.0 + 1.0
        if change < 0.0:
            rolled = self._rolled(value)
            if rolled is None or rolled > most:
                self._flags.add(RESET)
                return 0.0
            self._flags.add(ROLLED)
            return rolled
        if change > most:
            self._flags.add(LEAP)
            return 0.0
        return change

    def _rolled(self, value: float) -> float | None:
        """The energy up to the counter's end and on from zero; None where there is no such end."""
        last = self._value or 0.0
        for end in _ENDS:
            if end * (1.0 - _NEAR) <= last <= end and value <= end * _NEAR:
                return end - last + value
        return None

    def cut(self, t_s: float, fresh_s: float) -> Told:
        """The span ends: what it had. The next begins where the counter stands."""
        if self._value is not None and t_s - self._seen_s > fresh_s:
            self._flags.add(LATE)
        told = Told(round(self._kwh, 6), self._first, self._value, tuple(sorted(self._flags)))
        self._first, self._kwh, self._flags = self._value, 0.0, set()
        return told
