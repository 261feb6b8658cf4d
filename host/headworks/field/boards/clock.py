"""Maps a board's wrapping millisecond counter to the host's monotonic clock. Pure.

A question and its answer bracket the board's counter; the answer with the smallest round trip
tells best. Its weight fades, so that a drifting crystal does not carry an old mapping along.
"""

DRIFT = 200e-6  # of the two clocks together; crystals keep 100 ppm, ours has room [ours]


class TickClock:
    """One boot of one board. `bits`: after 2**bits ms the counter wraps."""

    def __init__(self, bits: int) -> None:
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)
        self._ticks: int | None = None  # the counter of the best answer
        self._host_s = 0.0  # the host's time of it
        self._within_s = 0.0  # half of its round trip: the mapping is right to this
        self._at_s = 0.0

    @property
    def is_known(self) -> bool:
        """Whether there has been an answer yet."""
        return self._ticks is not None

    def answered(self, asked_s: float, heard_s: float, ticks: int) -> None:
        """An answer with the board's counter, and the host's times around it."""
        within_s = (heard_s - asked_s) / 2.0
        if within_s < 0.0:
            return
        faded_s = self._within_s + DRIFT * (heard_s - self._at_s)
        if self._ticks is None or within_s <= faded_s:
            self._ticks = ticks & self._mask
            self._host_s = asked_s + within_s
            self._within_s, self._at_s = within_s, heard_s

    def ticks(self, host_s: float) -> int | None:
        """The board's counter at this time of the host's clock; None while that is unknown."""
        if self._ticks is None:
            return None
        return (self._ticks + round((host_s - self._host_s) * 1000.0)) & self._mask

    def host_s(self, ticks: int, heard_s: float) -> float | None:
        """When the board's counter stood there, by the host's clock; never after `heard_s`."""
        if self._ticks is None:
            return None
        away = ((ticks - self._ticks + self._half) & self._mask) - self._half
        return min(self._host_s + away / 1000.0, heard_s)
