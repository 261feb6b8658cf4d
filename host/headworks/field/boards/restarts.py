"""Restarts that nobody asked for, and when there are too many of them. Pure."""

from collections import deque

MOST = 4  # restarts within WITHIN_S put a board into quarantine [ours]
WITHIN_S = 600.0


class Restarts:
    """One board's recent restarts."""

    def __init__(self) -> None:
        self._at_s: deque[float] = deque(maxlen=MOST)
        self.count = 0

    def happened(self, t_s: float) -> bool:
        """One more; whether these are too many now."""
        self.count += 1
        self._at_s.append(t_s)
        return len(self._at_s) == MOST and t_s - self._at_s[0] <= WITHIN_S

    def cause(self, board: str, why: str) -> str:
        """Why it is in quarantine, and what to do."""
        return (
            f"it restarted {self.count} times by itself, last because of {why}; "
            f"find the cause, then: headworks reset {board}"
        )

    def forget(self) -> None:
        """Start afresh, after a person has looked."""
        self._at_s.clear()
