"""A board's signs of life: that it answers, and that its program tells how it does. Pure.

The two may part: answers come from its link alone, the status from its main work.
"""

LOST_S = 5.0  # without a sign of life
MUTE_S = 10.0  # without a status, which is due every second [ours: lost frames cost one each]


class Signs:
    """One board's. `heard_s` is None before any."""

    def __init__(self) -> None:
        self.heard_s: float | None = None
        self._status_s = 0.0
        self._may_wait = True  # for its first status after a start; once until there is one

    def begin(self, t_s: float) -> None:
        """Its port was opened: from now on it has its time."""
        self.heard_s = self._status_s = t_s
        self._may_wait = True

    def restarted(self, t_s: float) -> None:
        """It has started. One that starts again and again gets no new time for its status."""
        self.heard_s = t_s
        if self._may_wait:
            self._status_s, self._may_wait = t_s, False

    def answered(self, t_s: float) -> None:
        """It has answered."""
        self.heard_s = t_s

    def told(self, t_s: float) -> None:
        """It has told its status."""
        self.heard_s = self._status_s = t_s
        self._may_wait = True

    def are_gone(self, t_s: float) -> bool:
        """Whether it has been silent for too long."""
        return self.heard_s is not None and t_s - self.heard_s >= LOST_S

    def are_empty(self, t_s: float) -> bool:
        """Whether it may well answer, and has not told its status for too long."""
        return t_s - self._status_s >= MUTE_S


def mute(name: str) -> str:
    """Why a board that answers is not relied on, and what to do."""
    return (
        f"it answers, but has told no status for {MUTE_S:g} s; its program hangs: "
        f"headworks board console {name} --command restart"
    )
