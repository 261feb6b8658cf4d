"""The life of one rack: did it close, did it open, has its meter shown it, what does it draw.

Looks at one rack and says what became of the last command. It never starts a rack: the only
changes to `on` made here are to off.

What was seen before the last command says nothing about it. What contradicts a command must
have been seen when the command, the contactor and the report have had their time.
"""

import math

from headworks.control.compiled import Compiled
from headworks.control.view import Sight
from headworks.model.memory import RackMemory
from headworks.model.plan import RackState, Reason, ReasonCode
from headworks.model.site import Control, RackSpec

DAY_S = 86400.0


def observe(c: Compiled, i: int, past: RackMemory, sight: Sight, now: float) -> RackMemory:
    """A rack's memory after a look at it; the same object when nothing happened."""
    rack = past
    power, _, aux, readback, _, seen_s = sight
    if aux is not None and aux is not rack.aux_closed and seen_s > rack.told_s:
        rack = _aux_changed(c, i, rack, sight, now)
    # Most racks in most scans are where they were told to be, and were so before.
    if rack.on:
        agrees = rack.settled and aux is not False and readback is not False
    else:
        agrees = rack.confirmed and not (aux or readback or power)
    if agrees and rack.mismatch_since_s is None:
        return rack
    if rack.on:
        return _watch_on(c, i, rack, sight, now)
    return _watch_off(c, i, rack, sight, now)


def _aux_changed(c: Compiled, i: int, rack: RackMemory, sight: Sight, now: float) -> RackMemory:
    """Count a change of the auxiliary contact that no command asked for (chatter)."""
    control = c.control
    first = rack.aux_closed is None
    rack = rack._replace(aux_closed=sight.aux)
    asked_s = max(control.close_s, control.stop_s) + c.watches[i].travel_s
    if first or sight.seen_s - rack.told_s <= asked_s:
        return rack
    changes = (*(t for t in rack.changes_s if now - t <= control.chatter_s), now)
    rack = rack._replace(changes_s=changes)
    if len(changes) < control.chatter_changes or rack.latch is not None:
        return rack
    values = ("changes", float(len(changes))), ("within_s", control.chatter_s)
    return latched(rack, c.racks[i], sight, Reason(ReasonCode.CHATTER, values), now)


def _watch_on(c: Compiled, i: int, rack: RackMemory, sight: Sight, now: float) -> RackMemory:
    """Told to be on: it must close, and its meter must show it."""
    control, spec = c.control, c.racks[i]
    if _seen_open(rack, sight, control):
        since = rack.mismatch_since_s
        if since is None:
            since = rack.told_s if now - rack.told_s <= control.close_s else now
            rack = rack._replace(mismatch_since_s=since)
        long = sight.seen_s - since >= control.close_s + c.watches[i].travel_s
        return _fail(c, i, rack, sight, now) if long else rack
    if rack.mismatch_since_s is not None:
        rack = rack._replace(mismatch_since_s=None)
    if rack.settled:
        return rack
    if _nothing_drawn(spec, rack, sight, control):
        return _fail(c, i, rack, sight, now)
    return settled(rack) if _meter_shows(spec, rack, sight, now) else rack


def _seen_open(rack: RackMemory, sight: Sight, control: Control) -> bool:
    """Command says on; whether readback, or auxiliary contact and current, say otherwise."""
    if sight.seen_s <= rack.told_s:
        return False
    if sight.readback is False:
        return True
    return sight.aux is False and not _draws(rack, sight, control.weld_kw)


def _draws(rack: RackMemory, sight: Sight, weld_kw: float) -> bool:
    power = sight.power_kw
    return power is not None and power > weld_kw and sight.power_t_s > rack.told_s


def _nothing_drawn(spec: RackSpec, rack: RackMemory, sight: Sight, control: Control) -> bool:
    """Without an auxiliary contact the meter is the witness; miners are given settle_s."""
    return (
        spec.feedback is None
        and sight.power_kw is not None
        and sight.power_t_s - rack.told_s >= spec.settle_s
        and not _draws(rack, sight, control.weld_kw)
    )


def _meter_shows(spec: RackSpec, rack: RackMemory, sight: Sight, now: float) -> bool:
    power = sight.power_kw
    if power is None:
        return now - rack.told_s >= spec.settle_s
    if sight.power_t_s - rack.told_s >= spec.settle_s:
        return True
    return sight.power_t_s > rack.told_s and power >= spec.settle_share * spec.rated_kw


def settled(rack: RackMemory) -> RackMemory:
    """The claim has ended: a meter has shown the rack, or its time was over."""
    return rack._replace(settled=True, retries=0, lost_s=None)


def _fail(c: Compiled, i: int, rack: RackMemory, sight: Sight, now: float) -> RackMemory:
    """It did not close: off, a pause, another try, and after the last one a latch."""
    spec, tries = c.racks[i], rack.retries + 1
    code = ReasonCode.READBACK if sight.readback is False else ReasonCode.FAILS_TO_CLOSE
    if tries > c.control.close_retries:
        return latched(rack, spec, sight, Reason(code, (("tries", float(tries)),)), now)
    return opened(rack, spec, sight, now)._replace(retries=tries)


def _watch_off(c: Compiled, i: int, rack: RackMemory, sight: Sight, now: float) -> RackMemory:
    """Told to be off: it must open; a rack that does not is latched, and never closed again."""
    control = c.control
    drawing = sight.power_t_s >= rack.told_s + control.stop_s and (
        sight.power_kw is not None and sight.power_kw > control.weld_kw
    )
    closed = bool(sight.aux or sight.readback) and sight.seen_s > rack.told_s
    if not (drawing or closed):
        return _watch_opened(c, i, rack, sight, now)
    since = rack.mismatch_since_s
    if since is None:
        since = now if rack.confirmed else rack.told_s
        rack = rack._replace(mismatch_since_s=since)
    shown_s = sight.power_t_s if drawing else -math.inf
    if closed:
        shown_s = max(shown_s, sight.seen_s - c.watches[i].travel_s)
    # A rack that was off already needs a second sample: one may be a spike.
    if shown_s - since < control.stop_s or shown_s <= since:
        return rack
    return _stuck(c, i, rack, sight, now, drawing=drawing)


def _stuck(
    c: Compiled, i: int, rack: RackMemory, sight: Sight, now: float, *, drawing: bool
) -> RackMemory:
    """Vote of command, auxiliary contact and current: current counts always."""
    known_idle = sight.power_kw is not None and sight.power_t_s >= rack.told_s + c.control.stop_s
    welded = drawing or not (known_idle or (sight.aux is False))
    code = ReasonCode.WELDED if welded else ReasonCode.READBACK
    if rack.latch is not None and rack.latch.code in (ReasonCode.WELDED, code):
        return rack
    values: list[tuple[str, float | str]] = [("aux", _word(sight.aux))]
    if sight.power_kw is not None:
        values.append(("power_kw", sight.power_kw))
    return latched(rack, c.racks[i], sight, Reason(code, tuple(values)), now)


def _word(closed: bool | None) -> str:
    return "unknown" if closed is None else ("closed" if closed else "open")


def _watch_opened(c: Compiled, i: int, rack: RackMemory, sight: Sight, now: float) -> RackMemory:
    if rack.mismatch_since_s is not None:
        rack = rack._replace(mismatch_since_s=None)
    open_s = _open_since(c, i, rack, sight) if rack.open_s is None else rack.open_s
    confirmed = rack.confirmed or seen_off(c, i, rack, sight, now)
    if confirmed is not rack.confirmed or open_s is not rack.open_s:
        rack = rack._replace(confirmed=confirmed, open_s=open_s)
    return rack


def _open_since(c: Compiled, i: int, rack: RackMemory, sight: Sight) -> float | None:
    """When a rack that was told to open was first seen open: by its feedback, or its power gone."""
    if sight.lost:
        return None
    if _is_watched(c, i) and sight.seen_s > rack.told_s:
        return sight.seen_s
    weld_kw, power = c.control.weld_kw, sight.power_kw
    gone = power is not None and power <= weld_kw < rack.leaving_kw
    return sight.power_t_s if gone and sight.power_t_s > rack.told_s else None


def _is_watched(c: Compiled, i: int) -> bool:
    """Whether a contact or a read-back tells of the rack."""
    return c.watches[i].has_aux or c.watches[i].has_readback


def seen_off(c: Compiled, i: int, rack: RackMemory, sight: Sight, now: float) -> bool:
    """Whether everything that can tell says that the rack is off. Unknown does not."""
    spec = c.racks[i]
    if sight.lost or sight.aux or sight.readback:
        return False
    seen = _is_watched(c, i)
    if seen and sight.seen_s <= rack.told_s:
        return False
    shown_s = rack.told_s + c.control.stop_s
    if sight.power_kw is not None:
        return sight.power_kw <= c.control.weld_kw and sight.power_t_s >= shown_s
    return seen or (spec.meter is None and now >= shown_s)


def opened(rack: RackMemory, spec: RackSpec, sight: Sight, now: float) -> RackMemory:
    """The memory of a rack that is told to open now."""
    if not rack.on:
        return rack
    power, claim = draw(spec, rack, sight, 0.0)
    leaving_kw = power + (claim if sight.power_kw is None else 0.0)
    # What `state_of` will say unless something else holds: it saves the scan a second copy.
    state = RackState.STOPPING if leaving_kw > 0.0 else RackState.OFF
    return rack._replace(
        state=state,
        since_s=rack.since_s if state == rack.state else now,
        on=False,
        told_s=now,
        off_since_s=now,
        confirmed=False,
        leaving_kw=leaving_kw,
        fit_since_s=None,
        notice_since_s=None,
        mismatch_since_s=None,
        open_s=None,
        dark_since_s=None,
        aux_closed=None,  # a change that was asked for is no chatter, however late it shows
        on_total_s=rack.on_total_s + max(0.0, now - rack.told_s),
    )


def closed(rack: RackMemory, now: float) -> RackMemory:
    """The memory of a rack that is told to close now."""
    return rack._replace(
        on=True,
        told_s=now,
        settled=False,
        fit_since_s=None,
        notice_since_s=None,
        mismatch_since_s=None,
        open_s=None,
        aux_closed=None,
        starts_s=(*(t for t in rack.starts_s if now - t < DAY_S), now),
        switchings=rack.switchings + 1,
    )


def latched(
    rack: RackMemory, spec: RackSpec, sight: Sight, reason: Reason, now: float
) -> RackMemory:
    """The memory of a rack that is faulted until a person resets it."""
    return opened(rack, spec, sight, now)._replace(latch=reason, fit_since_s=None)


def welded(c: Compiled, racks: list[RackMemory]) -> str | None:
    """The name of the first rack that is latched as welded, which opens the upstream breaker."""
    for spec, rack in zip(c.racks, racks, strict=True):
        if rack.latch is not None and rack.latch.code is ReasonCode.WELDED:
            return spec.name
    return None


def draw(spec: RackSpec, rack: RackMemory, sight: Sight, stop_s: float) -> tuple[float, float]:
    """What a rack draws, and what is reserved above that for a start, in kW.

    Its own meter counts where it is usable. Without one: nothing until its feeder has shown
    the start (the claim stands for it), then its rated power, which is the upper bound.
    """
    power = sight.power_kw
    if rack.on:
        if power is None:
            power = spec.rated_kw if rack.settled else 0.0
        return power, 0.0 if rack.settled else max(0.0, spec.rated_kw - power)
    if power is not None and sight.power_t_s >= rack.told_s + stop_s:
        return power, 0.0
    if rack.latch is not None and rack.latch.code == ReasonCode.WELDED:
        return (spec.rated_kw if power is None else power), 0.0
    return (0.0 if rack.confirmed or rack.open_s is not None else rack.leaving_kw), 0.0


def state_of(rack: RackMemory, tripped: bool) -> RackState:
    """The name of where a rack is in its life."""
    if rack.on:
        if rack.notice_since_s is not None:
            return RackState.STOPPING
        return RackState.RUNNING if rack.settled else RackState.STARTING
    if rack.locked_by:
        return RackState.LOCKED_OUT
    if rack.latch is not None:
        return RackState.FAULTED
    if tripped:
        return RackState.TRIPPED
    stopping = not rack.confirmed and rack.leaving_kw > 0.0
    return RackState.STOPPING if stopping else RackState.OFF
