"""Debouncing of one contact: a change counts when it has lasted. Pure, time as an argument."""


class Debounce:
    """Holds the last settled state of a contact.

    The first sample settles at once; after that a change must last `hold_s` seconds, seen at
    least at its two ends.
    """

    def __init__(self, hold_s: float) -> None:
        self.hold_s = hold_s
        self._settled: bool | None = None
        self._since_s: float | None = None

    def see(self, raw: bool, t_s: float) -> bool:
        """Take a sample; the settled state."""
        lasted = self._since_s is not None and t_s - self._since_s >= self.hold_s
        if self._settled is None or raw == self._settled or self.hold_s <= 0 or lasted:
            self._settled, self._since_s = raw, None
        elif self._since_s is None:
            self._since_s = t_s
        return self._settled

    def edge(self, raw: bool, t_s: float) -> bool:
        """Take a sample at an edge: a change that is still settling begins anew."""
        self._since_s = None
        return self.see(raw, t_s)
