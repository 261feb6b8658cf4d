"""Channels of running boards that give no value, as warnings. Whether an interlock minds or not."""

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
