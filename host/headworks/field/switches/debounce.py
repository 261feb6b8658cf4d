"""Debouncing of one contact: a change counts when it has lasted. Pure, time as an argument."""

CHATTER_S = 1.0  # longer than any contact bounces, shorter than a person waits [ours]


class Debounce:
    """Holds the last settled state of a contact.

    The first sample settles at once; after that a change must last `hold_s` seconds, seen at
    least at its two ends.
    """

    def __init__(self, hold_s: float) -> None:
        self.hold_s = hold_s
        self._settled: bool | None = None
        self._since_s: float | None = None
        self._edge_s = float("-inf")
        self._restless_s: float | None = None  # since when no state has lasted

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
        self._calm(t_s)
        self._edge_s = t_s
        if self._restless_s is None and self.hold_s > 0:
            self._restless_s = t_s
        return self.see(raw, t_s)

    def chatters(self, t_s: float) -> bool:
        """Whether for `CHATTER_S` no state has lasted: then the settled one says nothing."""
        self._calm(t_s)
        return self._restless_s is not None and t_s - self._restless_s >= CHATTER_S

    def _calm(self, t_s: float) -> None:
        if t_s - self._edge_s >= self.hold_s:
            self._restless_s = None
