"""What people ask: off, auto, lock, unlock, reset, acknowledge. Each leaves a line in the journal.

A command never closes a rack; it can only keep it off or let the decision have it again.
"""

from collections.abc import Sequence
from typing import NamedTuple

from headworks.control import interlock
from headworks.control.compiled import Compiled
from headworks.control.rack import seen_off, welded
from headworks.control.view import NEVER_S, Sight
from headworks.model.live import Action, Command, Snapshot
from headworks.model.memory import InterlockMemory, RackMemory
from headworks.model.plan import Alarm, Event, Reason, ReasonCode
from headworks.model.site import InterlockSpec, RackSpec

Outcome = tuple[str, Reason]  # kind of event, reason


class Desk(NamedTuple):
    """What commands may change, by position, and what they must look at."""

    c: Compiled
    racks: list[RackMemory]
    interlocks: list[InterlockMemory]
    alarms: tuple[Alarm, ...]
    sights: list[Sight]
    snapshot: Snapshot
    now: float


def carry_out(desk: Desk) -> list[Event]:
    """Carry out the snapshot's commands in their order; one event for each."""
    return [_event(desk, command) for command in desk.snapshot.commands]


def _event(desk: Desk, command: Command) -> Event:
    kind, reason = _outcome(desk, command)
    who = ("action", str(command.action)), ("actor", command.actor), ("role", command.role)
    return Event(
        desk.now, command.target, kind, Reason(reason.code, (*who, *reason.values)), command.note
    )


def _outcome(desk: Desk, command: Command) -> Outcome:
    if command.action == Action.ACK:
        known = any(alarm.source == command.target for alarm in desk.alarms)
        return _done() if known else _refused(ReasonCode.UNKNOWN_TARGET)
    i = _place(desk.c.racks, command.target)
    if i is not None:
        return _on_rack(desk, i, command)
    k = _place([guard.spec for guard in desk.c.guards], command.target)
    if k is not None and command.action == Action.RESET:
        return _reset_interlock(desk, k)
    return _refused(ReasonCode.UNKNOWN_TARGET)


def _place(specs: Sequence[RackSpec | InterlockSpec], name: str) -> int | None:
    return next((i for i, spec in enumerate(specs) if spec.name == name), None)


def _done(code: ReasonCode = ReasonCode.COMMAND) -> Outcome:
    return "command", Reason(code)


def _refused(code: ReasonCode, *values: tuple[str, float | str]) -> Outcome:
    return "refused", Reason(code, values)


def _on_rack(desk: Desk, i: int, command: Command) -> Outcome:
    rack = desk.racks[i]
    if command.action == Action.OFF:
        desk.racks[i] = rack._replace(off_by=command.actor or "unknown")
    elif command.action == Action.LOCK:
        who = command.actor or "unknown"
        desk.racks[i] = rack._replace(locked_by=who, lock_note=command.note)
    elif command.action == Action.AUTO:
        if rack.locked_by:
            return _refused(ReasonCode.LOCKED_OUT, ("by", rack.locked_by))
        desk.racks[i] = rack._replace(off_by="")
    elif command.action == Action.UNLOCK:
        if not rack.locked_by:
            return _refused(ReasonCode.NOTHING_TO_DO)
        desk.racks[i] = rack._replace(locked_by="", lock_note="")
    elif command.action == Action.RESET:
        return _reset_rack(desk, i)
    else:
        return _refused(ReasonCode.UNKNOWN_TARGET)
    return _done()


def _reset_rack(desk: Desk, i: int) -> Outcome:
    """A rack's latch goes when everything that can tell shows it off and quiet."""
    rack = desk.racks[i]
    if rack.latch is None:
        return _no_latch(desk, i)
    latch = "latch", str(rack.latch.code)
    if not _proven_off(desk, i):
        return _refused(ReasonCode.CAUSE_STAYS, latch)
    unquiet_s = max(rack.changes_s, default=NEVER_S) + desk.c.control.chatter_s - desk.now
    if unquiet_s >= 0.0:
        return _refused(ReasonCode.CAUSE_STAYS, latch, ("wait_s", unquiet_s))
    desk.racks[i] = rack._replace(
        latch=None, retries=0, changes_s=(), mismatch_since_s=None, confirmed=True
    )
    return "reset", rack.latch


def _proven_off(desk: Desk, i: int) -> bool:
    rack, sight = desk.racks[i], desk.sights[i]
    metered = desk.c.watches[i].meter is not None
    idle = sight.power_kw is not None and sight.power_kw <= desk.c.control.weld_kw
    return seen_off(desk.c, i, rack, sight, desk.now) and (idle or not metered)


def _no_latch(desk: Desk, i: int) -> Outcome:
    """What holds the rack is reset by its own name: an interlock or a welded rack; say which."""
    for guard, memory in zip(desk.c.guards, desk.interlocks, strict=True):
        if i in guard.racks and memory.latched:
            return _refused(ReasonCode.TRIPPED, ("interlock", guard.spec.name))
    other = welded(desk.c, desk.racks) if desk.c.upstream else None
    if other is not None:
        return _refused(ReasonCode.UPSTREAM_TRIPPED, ("rack", other))
    return _refused(ReasonCode.NOTHING_TO_DO)


def _reset_interlock(desk: Desk, k: int) -> Outcome:
    guard, memory = desk.c.guards[k], desk.interlocks[k]
    if not memory.latched:
        return _refused(ReasonCode.NOTHING_TO_DO)
    if guard.spec.local_reset:
        values = ("interlock", guard.spec.name), ("contact", guard.spec.local_reset)
        return _refused(ReasonCode.LOCAL_ONLY, *values)
    value = interlock.value_of(guard, desk.snapshot, desk.now)
    if not interlock.cleared(guard.spec, value):
        return _refused(ReasonCode.CAUSE_STAYS, ("interlock", guard.spec.name))
    desk.interlocks[k] = InterlockMemory()
    return "reset", memory.cause or Reason(ReasonCode.INTERLOCK)
