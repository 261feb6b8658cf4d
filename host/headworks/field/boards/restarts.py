"""Restarts that nobody asked for, and ports that vanish; when there are too many. Pure."""

from collections import deque

from headworks.field.boards.greeting import Hello

MOST = 4  # restarts within WITHIN_S put a board into quarantine [ours]
WITHIN_S = 600.0
VANISHED_MOST = 6  # ports that vanished within WITHIN_S do too; a person replugs less often [ours]
VANISHED = "a port that vanishes"  # the cause that is told then
ASKED_S = 60.0  # a restart that was asked for comes within this time [ours]
_NEVER_ASKED = ("watchdog", "crash")
_SUPPLY = ("power-on", "unknown")  # what a board says that was plugged in


class Restarts:
    """One board's recent restarts."""

    def __init__(self) -> None:
        self._at_s: deque[float] = deque(maxlen=MOST)
        self._who: deque[tuple[str, str]] = deque(maxlen=MOST)  # firmware and uid of each
        self._gone_s: deque[float] = deque(maxlen=VANISHED_MOST)
        self.count = 0
        self._asked_until_s = float("-inf")
        self._was_opened = False  # its port, so that it may have been without supply

    def opened(self) -> None:
        """Its port was opened: it may just have been plugged in."""
        self._was_opened = True

    def met(self) -> None:
        """It has introduced itself: what comes now is a new start."""
        self._was_opened = False

    def vanished(self, t_s: float) -> bool:
        """Its port went away by itself; whether that is too often now.

        A board whose supply breaks down starts as one that was plugged in, or gets to say nothing.
        """
        if t_s >= self._asked_until_s:
            self._gone_s.append(t_s)
        return len(self._gone_s) == VANISHED_MOST and t_s - self._gone_s[0] <= WITHIN_S

    def asked(self, t_s: float) -> None:
        """Somebody has asked for a restart."""
        self._asked_until_s = t_s + ASKED_S

    def is_unasked(self, why: str, t_s: float) -> bool:
        """It has started, and says why; whether by itself. The board's reason proves nothing."""
        is_asked, self._asked_until_s = t_s < self._asked_until_s, float("-inf")
        is_plugged = self._was_opened and why in _SUPPLY
        return why in _NEVER_ASKED or not (is_asked or is_plugged)

    def happened(self, t_s: float, said: Hello) -> bool:
        """One more; whether these are too many now."""
        self.count += 1
        self._at_s.append(t_s)
        self._who.append((said.firmware, said.uid))
        return len(self._at_s) == MOST and t_s - self._at_s[0] <= WITHIN_S

    @property
    def in_turn(self) -> tuple[str, ...]:
        """Who has introduced themselves in turn: where there are two, these are two boards."""
        return tuple(f"firmware {firmware}, uid {uid}" for firmware, uid in sorted({*self._who}))

    def of(self, why: str) -> float:
        """How many starts these were, for the event; each port that vanished is one."""
        return float(VANISHED_MOST if why == VANISHED else self.count)

    def cause(self, board: str, why: str) -> str:
        """Why it is in quarantine, and what to do."""
        if why == VANISHED:
            return (
                f"its port vanished {VANISHED_MOST} times within {WITHIN_S / 60:.0f} min; look at "
                f"its supply, cable and hub, then: headworks reset {board}"
            )
        return (
            f"it restarted {self.count} times by itself, last because of {why}; "
            f"find the cause, then: headworks reset {board}"
        )

    def forget(self) -> None:
        """Start afresh, after a person has looked."""
        self._at_s.clear()
        self._who.clear()
        self._gone_s.clear()
