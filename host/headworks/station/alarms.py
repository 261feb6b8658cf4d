"""Alarms of the station itself: disk, lateness, a site file that has changed.

Keeps which last, and tells what began and what ended. Alarms of racks, meters and signals are
control's.
"""

from collections.abc import Iterable

from headworks.field.boards.telling import Telling
from headworks.model.live import Command
from headworks.model.plan import Alarm, Event, Reason, ReasonCode, Severity
from headworks.station.flickers import Flickers
from headworks.station.timing import Timing

HELD_SHOWN_S = 1.0  # at a start an off is heard within a poll, and that is no alarm
LATE_SHOWN_S = 60.0  # a late scan stays an alarm for this long
_OF_BOARDS = (ReasonCode.BOARD_UNKNOWN, ReasonCode.BOARD_TWO, ReasonCode.CHANNEL_UNKNOWN)
SOURCES = ("memory", "records", "station")  # of alarms that no name of the site file has


class StationAlarms:
    """The station's own alarms, by source and code."""

    def __init__(self) -> None:
        self._lasting: dict[tuple[str, ReasonCode], Alarm] = {}
        self._fresh: list[Event] = []
        self._of_boards = Telling()  # an ill one may come and go many times a second
        self._flickers = Flickers()
        self._held_since_s = float("inf")

    def raise_alarm(self, t_s: float, alarm: Alarm) -> None:
        """An alarm lasts from now on; told once, whatever its figures do."""
        key = (alarm.source, alarm.reason.code)
        if key not in self._lasting:
            self._tell(Event(t_s, alarm.source, "alarm", alarm.reason))
        self._lasting[key] = alarm

    def end_alarm(self, t_s: float, source: str, code: ReasonCode) -> None:
        """An alarm no longer lasts, if it did."""
        alarm = self._lasting.pop((source, code), None)
        if alarm is not None:
            self._tell(Event(t_s, source, "alarm-end", alarm.reason))

    def recalled(self, t_s: float, set_aside: str, dropped: Iterable[str]) -> None:
        """At a start: memory that was unreadable, and what the site no longer has of it."""
        if set_aside:
            reason = Reason(ReasonCode.STORAGE_CORRUPT, (("path", set_aside),))
            self.raise_alarm(t_s, Alarm("memory", Severity.ALARM, reason))
        for name in dropped:
            reason = Reason(ReasonCode.MEMORY_DROPPED, (("name", name),))
            self.raise_alarm(t_s, Alarm(name, Severity.INFO, reason))

    def look(self, t_s: float, timing: Timing, trouble: str) -> None:
        """After a scan: is the disk well, and do the scans come in time?"""
        if trouble:
            reason = Reason(ReasonCode.STORAGE, (("error", trouble),))
            self.raise_alarm(t_s, Alarm("memory", Severity.ALARM, reason))
        else:
            self.end_alarm(t_s, "memory", ReasonCode.STORAGE)
        if t_s - timing.late_at_s < LATE_SHOWN_S:
            reason = Reason(ReasonCode.SCAN_LATE, (("late_s", timing.late_by_s),))
            self.raise_alarm(t_s, Alarm("station", Severity.WARNING, reason))
        else:
            self.end_alarm(t_s, "station", ReasonCode.SCAN_LATE)

    def look_at_outputs(self, t_s: float, missing: tuple[str, ...]) -> None:
        """Does the dead-man output stand still because an off was not heard?"""
        self._held_since_s = min(self._held_since_s, t_s) if missing else float("inf")
        if t_s - self._held_since_s >= HELD_SHOWN_S:
            reason = Reason(ReasonCode.DEADMAN_HELD, (("racks", ", ".join(missing)),))
            self.raise_alarm(t_s, Alarm("station", Severity.ALARM, reason))
        elif not missing:
            self.end_alarm(t_s, "station", ReasonCode.DEADMAN_HELD)

    def look_at_boards(self, t_s: float, alarms: Iterable[Alarm]) -> None:
        """Of which sensor boards is nothing known, and of which of their channels?"""
        self._of_boards.look(t_s)
        now = {(alarm.source, alarm.reason.code): alarm for alarm in alarms}
        for key in [key for key in self._lasting if key[1] in _OF_BOARDS and key not in now]:
            if not self._flickers.holds(t_s, key):
                self.end_alarm(t_s, *key)
        for key, alarm in now.items():
            is_new = key not in self._lasting
            self.raise_alarm(t_s, self._flickers.seen(t_s, key, alarm, is_new=is_new))

    def acknowledge(self, t_s: float, command: Command) -> bool:
        """Whether one of these alarms is the command's target; then its event is told."""
        if command.target not in {alarm.source for alarm in self._lasting.values()}:
            return False
        who = ("action", str(command.action)), ("actor", command.actor), ("role", command.role)
        reason = Reason(ReasonCode.COMMAND, who)
        self._fresh.append(Event(t_s, command.target, "command", reason, command.note))
        return True

    def lasting(self) -> Iterable[Alarm]:
        """All that last now."""
        return tuple(self._lasting.values())

    def fresh(self) -> list[Event]:
        """What began and ended since the last call."""
        fresh, self._fresh = [*self._fresh, *self._of_boards.fresh()], []
        return fresh

    def rest(self) -> list[Event]:
        """At an end: also what was held back."""
        fresh, self._fresh = [*self._fresh, *self._of_boards.rest()], []
        return fresh

    def _tell(self, event: Event) -> None:
        if event.reason.code in _OF_BOARDS:
            self._of_boards.tell(event)
        else:
            self._fresh.append(event)
