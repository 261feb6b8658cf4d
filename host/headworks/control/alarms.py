"""What a person should know of: conditions that last, with an event at begin and end."""

from headworks.control.compiled import Compiled
from headworks.control.sources import FIRST_S, NOBODY, silent_yet
from headworks.control.view import MeterView, Sight
from headworks.model.live import Snapshot
from headworks.model.memory import InterlockMemory, RackMemory
from headworks.model.plan import Alarm, Event, Limit, Reason, ReasonCode, Severity
from headworks.model.site import InterlockAction

OUTSIDE = frozenset({ReasonCode.UNKNOWN, ReasonCode.EXPIRED})


def alarms(
    c: Compiled,
    racks: tuple[RackMemory, ...],
    sights: list[Sight],
    *,
    interlocks: tuple[InterlockMemory, ...],
    meters: MeterView,
    limits: tuple[Limit, ...],
    snapshot: Snapshot,
    age_s: float,
) -> list[Alarm]:
    """All conditions that call for a person, `age_s` after the first scan."""
    early = age_s < c.patience_s
    silent = silent_yet(c.sources, snapshot, age_s) if early else NOBODY
    found: list[Alarm] = []
    for k, why in enumerate(meters.why):
        if why is not None and c.meters[k][0] not in silent:
            found.append(Alarm(c.meters[k][0], Severity.ALARM, why))
    for limit in limits:
        code = limit.reason.code
        if limit.scope == "" and code is ReasonCode.UNDER_FREQUENCY:
            found.append(Alarm(limit.source, Severity.ALARM, limit.reason))
        elif limit.scope == "" and limit.firm and code in OUTSIDE and limit.source not in silent:
            found.append(Alarm(limit.source, Severity.WARNING, limit.reason))
    for i, rack in enumerate(racks):
        sight = sights[i]
        if (
            rack.latch is not None
            or sight.lost
            or rack.retries
            or rack.lost_s is not None
            or (rack.on and sight.aux is False)
        ):
            found += _of_rack(c, i, rack, sight, early and _not_seen_yet(c, i, rack, age_s))
    return found + _of_interlocks(c, interlocks, silent, snapshot.t_s)


def _of_interlocks(
    c: Compiled, interlocks: tuple[InterlockMemory, ...], silent: frozenset[str], now: float
) -> list[Alarm]:
    found = []
    for guard, memory in zip(c.guards, interlocks, strict=True):
        if guard.spec.name in silent and not memory.latched:
            continue
        since_s = memory.active_since_s
        if guard.own_relay and since_s is not None and now - since_s < FIRST_S:
            continue  # a relay that is to close is open for a scan or two
        if (memory.tripped or memory.latched) and memory.cause is not None:
            warn = guard.spec.action == InterlockAction.WARN
            severity = Severity.WARNING if warn else Severity.ALARM
            found.append(Alarm(guard.spec.name, severity, memory.cause))
    return found


def _not_seen_yet(c: Compiled, i: int, rack: RackMemory, age_s: float) -> bool:
    """Whether a rack that has been off since the start may still be without feedback."""
    new = not (rack.on or rack.confirmed)
    return new and age_s < c.watches[i].max_age_s


def _of_rack(c: Compiled, i: int, rack: RackMemory, sight: Sight, unseen: bool) -> list[Alarm]:
    name = c.racks[i].name
    if rack.latch is not None:
        return [Alarm(name, Severity.ALARM, rack.latch)]
    if sight.lost and not unseen:
        return [Alarm(name, Severity.ALARM, Reason(ReasonCode.FEEDBACK_LOST))]
    if rack.lost_s is not None:
        return [Alarm(name, Severity.WARNING, Reason(ReasonCode.POWER_LOST))]
    late = sight.seen_s - rack.told_s >= c.control.close_s
    if rack.on and rack.settled and late and sight.aux is False and sight.power_kw is not None:
        values = ("aux", "open"), ("power_kw", sight.power_kw)
        return [Alarm(name, Severity.WARNING, Reason(ReasonCode.READBACK, values))]
    if rack.retries:
        reason = Reason(ReasonCode.FAILS_TO_CLOSE, (("tries", float(rack.retries)),))
        return [Alarm(name, Severity.WARNING, reason)]
    return []


def carry_on(found: list[Alarm], past: tuple[Alarm, ...]) -> tuple[Alarm, ...]:
    """The alarms with the figures they began with; the same tuple when none came or went."""
    if not found and not past:
        return past
    known = {(alarm.source, alarm.severity, alarm.reason.code): alarm for alarm in past}
    keys = [(alarm.source, alarm.severity, alarm.reason.code) for alarm in found]
    new = tuple([known.get(key, alarm) for key, alarm in zip(keys, found, strict=True)])
    return past if new == past else new


def changes(now: float, past: tuple[Alarm, ...], new: tuple[Alarm, ...]) -> list[Event]:
    """An event for each alarm that began or ended."""
    began = [Event(now, a.source, "alarm", a.reason) for a in new if a not in past]
    ended = [Event(now, a.source, "alarm-end", a.reason) for a in past if a not in new]
    return began + ended
