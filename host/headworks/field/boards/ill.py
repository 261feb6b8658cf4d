"""What is wrong with boards beside that they are lost, as alarms.

Channels of running ones that give no value, whether an interlock minds or not; two in one place.
"""

from collections.abc import Iterable, Iterator

from headworks.field.boards.session import Session
from headworks.field.boards.view import BoardState
from headworks.model.live import Quality
from headworks.model.plan import Alarm, Reason, ReasonCode, Severity

_WELL = (Quality.GOOD, Quality.NEVER)  # a board that has just answered has its first sample to come


def ill_channels(sessions: Iterable[Session]) -> Iterator[Alarm]:
    """A warning for each; a board that does not run has an alarm of its own."""
    for session in sessions:
        if session.state is BoardState.RUNS:
            for name, seen in session.readings.seen.items():
                if seen.quality not in _WELL:
                    values = ("quality", str(seen.quality)), ("fault", seen.cause)
                    reason = Reason(ReasonCode.CHANNEL_UNKNOWN, values)
                    yield Alarm(name, Severity.WARNING, reason)


def two_in_one(sessions: Iterable[Session]) -> Iterator[Alarm]:
    """Boards in quarantine that were two, which answered in turn at one port or address."""
    for session in sessions:
        first, *others = session.restarts.in_turn or ("",)
        if others and session.state is BoardState.QUARANTINED:
            reason = Reason(ReasonCode.BOARD_TWO, (("one", first), ("other", others[0])))
            yield Alarm(session.spec.name, Severity.ALARM, reason)
