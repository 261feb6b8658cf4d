"""How long scans take and how late they come. Counting only; cheap enough for every scan."""

from collections import deque

_KEPT = 512  # scans behind the 99th percentile


class Timing:
    """Figures of the last scans. All times in seconds unless the name says otherwise."""

    def __init__(self, period_s: float) -> None:
        self._allowed_s = 1.5 * period_s  # later than that is late [ours]
        self._period_s = period_s
        self._took_s: deque[float] = deque(maxlen=_KEPT)
        self._last_s: float | None = None
        self.count = 0
        self.late = 0
        self.worst_late_s = 0.0
        self.late_by_s = 0.0  # of the latest late scan
        self.late_at_s = float("-inf")

    def begin(self, t_s: float) -> bool:
        """A scan starts; whether it comes in time."""
        gap_s = 0.0 if self._last_s is None else t_s - self._last_s
        self._last_s = t_s
        self.worst_late_s = max(self.worst_late_s, gap_s - self._period_s)
        return self._in_time(gap_s, t_s)

    def end(self, t_s: float, took_s: float) -> bool:
        """A scan is done; whether it was quick enough to keep its period."""
        self.count += 1
        self._took_s.append(took_s)
        return self._in_time(took_s, t_s)

    def _in_time(self, gap_s: float, t_s: float) -> bool:
        if gap_s <= self._allowed_s:
            return True
        self.late += 1
        self.late_at_s, self.late_by_s = t_s, gap_s - self._period_s
        return False

    def last_us(self) -> float:
        """Duration of the latest scan in µs."""
        return self._took_s[-1] * 1e6 if self._took_s else 0.0

    def p99_us(self) -> float:
        """99th percentile over the last scans, in µs."""
        ordered = sorted(self._took_s)
        return ordered[len(ordered) * 99 // 100] * 1e6 if ordered else 0.0
