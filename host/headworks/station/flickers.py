"""Warnings of channels that come and go: such a one stays until its channel has kept well.

Else a loose plug would fill the records with its begin and end. Pure.
"""

from headworks.model.plan import Alarm, Reason, ReasonCode

WATCH_S = 600.0  # so long must a channel keep well whose warning came back within that time [ours]
Key = tuple[str, ReasonCode]


class Flickers:
    """By source and code; of channels alone, as a board that is lost must not seem to be."""

    def __init__(self) -> None:
        self._ended_s: dict[Key, float] = {}
        self._well_s: dict[Key, float] = {}  # of those that are watched: since when
        self._watched: set[Key] = set()

    def seen(self, t_s: float, key: Key, alarm: Alarm, *, is_new: bool) -> Alarm:
        """The alarm is there; what to tell of it, which of one that came back is that it may."""
        self._well_s.pop(key, None)
        if is_new and t_s - self._ended_s.get(key, float("-inf")) < WATCH_S:
            self._watched.add(key)
        if key not in self._watched:
            return alarm
        reason = alarm.reason
        return alarm._replace(reason=Reason(reason.code, (*reason.values, ("watch_s", WATCH_S))))

    def holds(self, t_s: float, key: Key) -> bool:
        """Its cause is gone; whether the alarm stays for now."""
        if key[1] is not ReasonCode.CHANNEL_UNKNOWN:
            return False
        if key in self._watched and t_s - self._well_s.setdefault(key, t_s) < WATCH_S:
            return True
        self._watched.discard(key)
        self._ended_s[key] = t_s
        return False
