"""Envelope to racks: which shall be on after this scan, and why each one is or is not.

First what must go (trips, forced stops, deficits), then what may come. Tells no switch; the
interlocks have the last word in `scan`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from headworks.control.compiled import Compiled
from headworks.control.interlock import NOTHING, Verdict
from headworks.control.release import Leaving, notice_over, release
from headworks.control.shed import (
    Manner,
    Release,
    Scene,
    Shedding,
    is_short,
    loads,
    manners,
    shed,
    urgency,
    without,
)
from headworks.control.start import Starts, Yard, choose, free, time_bar
from headworks.control.view import MeterView, Sight
from headworks.model.memory import BudgetMemory, Memory, RackMemory
from headworks.model.plan import Limit, Reason, ReasonCode

LOST = Reason(ReasonCode.FEEDBACK_LOST)
BOOT = Reason(ReasonCode.BOOT)


class Picture(NamedTuple):
    """Everything the decision looks at; lists are by rack position."""

    c: Compiled
    memory: Memory
    racks: list[RackMemory]
    sights: list[Sight]
    meters: MeterView
    verdict: Verdict
    limits: list[Limit]  # by scope
    committed_kw: list[float]
    on: frozenset[int]  # told to be on before this scan
    booted: bool
    now: float
    dt: float


class Wish(NamedTuple):
    """What the decision wants: racks on, notices given, timers, and a reason per rack."""

    on: frozenset[int]
    notice: frozenset[int]
    fit_since_s: Mapping[int, float]
    why: dict[int, Reason]
    budgets: tuple[BudgetMemory, ...]
    release_next_s: float


def decide(picture: Picture) -> Wish:
    """What shall be on."""
    load = loads(picture.c, picture.committed_kw)
    forced = _forced(picture, load) if picture.on else []
    sheds = _limits(picture, forced, load)
    leaving = release(
        picture.c,
        picture.racks,
        picture.committed_kw,
        releases=forced + sheds.releases,
        next_s=picture.memory.release_next_s,
        now=picture.now,
    )
    starts = _starts(picture, load, halted=bool(leaving.off or leaving.notice or leaving.waiting))
    return _wish(picture.on, sheds, leaving, starts)


def _forced(picture: Picture, load_kw: list[float]) -> list[Release]:
    """Racks that go whatever the surplus is: trips, locks, lost feedback, orders, notices."""
    found = []
    calm = picture.booted and picture.verdict is NOTHING
    for i in sorted(picture.on):
        rack = picture.racks[i]
        if calm and not (
            rack.locked_by
            or rack.off_by
            or rack.notice_since_s is not None
            or picture.sights[i].lost
        ):
            continue
        reason = _danger(picture, i)
        if reason is not None:
            found.append(Release(i, Manner.INSTANT, reason))
        elif rack.notice_since_s is not None:
            found += _noticed(picture, i, rack.notice_since_s)
        elif rack.off_by:
            found.append(Release(i, _urgency(picture, i, load_kw), _ordered(rack)))
        elif i in picture.verdict.shed:
            found.append(Release(i, _urgency(picture, i, load_kw), picture.verdict.why[i]))
    return found


def _urgency(picture: Picture, i: int, load_kw: list[float]) -> Manner:
    """How a rack goes that must go anyway: what its limits ask for may be more urgent."""
    return urgency(picture.c, i, manners(picture.c, picture.limits, load_kw))


def _danger(picture: Picture, i: int) -> Reason | None:
    """Why a running rack must be off in this very scan."""
    if i in picture.verdict.tripped:
        return picture.verdict.why[i]
    if picture.racks[i].locked_by:
        return _locked(picture.racks[i])
    if picture.sights[i].lost:
        return LOST
    return None if picture.booted else BOOT


def _noticed(picture: Picture, i: int, since: float) -> list[Release]:
    """A rack in its notice: open it when that is over, or at a trip."""
    tripping = [s for s in picture.c.rack_scopes[i] if picture.limits[s].trips]
    if not tripping and not notice_over(picture.c, i, picture.sights[i], since, picture.now):
        return []
    source = picture.limits[tripping[0] if tripping else 0].source
    return [Release(i, Manner.INSTANT, Reason(ReasonCode.RELEASED, (("source", source),)))]


def _limits(picture: Picture, forced: list[Release], load_kw: list[float]) -> Shedding:
    racks, past = picture.racks, picture.memory.budgets
    if not (forced or is_short(picture.limits, load_kw, past)):
        return Shedding([], {}, past)
    leaving = {item.rack for item in forced}
    leaving |= {i for i in picture.on if racks[i].notice_since_s is not None}
    scene = Scene(
        picture.c,
        racks,
        set(picture.on - leaving),
        picture.committed_kw,
        picture.limits,
        without(picture.c, load_kw, picture.committed_kw, leaving),
        picture.meters,
        picture.memory.last_step_s,
        picture.now,
        picture.dt,
    )
    return shed(scene, past)


def _starts(picture: Picture, load_kw: list[float], *, halted: bool) -> Starts:
    """What may start, among the racks that nothing forbids for good."""
    if len(picture.on) == len(picture.racks):
        return Starts([], {}, {})
    candidates: dict[int, Reason | None] = {}
    barred: dict[int, Reason] = {}
    for i, rack in enumerate(picture.racks):
        if not rack.on:
            bar = _bar(picture, i)
            if bar is not None:
                barred[i] = bar
            else:
                candidates[i] = time_bar(picture.c, i, rack, picture.now)
    yard = Yard(
        picture.c,
        picture.memory,
        picture.racks,
        picture.sights,
        picture.meters,
        free(picture.limits, load_kw),
        picture.now,
    )
    found = choose(yard, candidates, halted)
    found.why.update(barred)
    return found


def _bar(picture: Picture, i: int) -> Reason | None:
    """What forbids a start until something changes, not only time."""
    rack = picture.racks[i]
    if rack.locked_by:
        return _locked(rack)
    if rack.latch is not None:
        return rack.latch
    if i in picture.verdict.blocked:
        return _guarded(picture.verdict, i)
    if picture.sights[i].lost:
        return LOST
    if not picture.booted:
        return BOOT
    if rack.off_by:
        return _ordered(rack)
    if not rack.confirmed or picture.sights[i].aux:
        if rack.lost_s == rack.told_s:
            return Reason(ReasonCode.POWER_LOST)
        pause = time_bar(picture.c, i, rack, picture.now) if rack.retries else None
        return pause or Reason(ReasonCode.RELEASED, (("since_s", picture.now - rack.told_s),))
    return None


def _guarded(verdict: Verdict, i: int) -> Reason:
    """An interlock's hold: latched, acting, or only against a start."""
    why = verdict.why[i]
    if why.code in (ReasonCode.UPSTREAM_TRIPPED, ReasonCode.DEADMAN_HELD):
        return why
    if i in verdict.latched:
        return Reason(ReasonCode.TRIPPED, why.values)
    if i in verdict.tripped or i in verdict.shed:
        return why
    return Reason(ReasonCode.BLOCKED, why.values)


def _locked(rack: RackMemory) -> Reason:
    return Reason(ReasonCode.LOCKED_OUT, (("by", rack.locked_by), ("note", rack.lock_note)))


def _ordered(rack: RackMemory) -> Reason:
    return Reason(ReasonCode.OPERATOR_OFF, (("by", rack.off_by),))


def _wish(on: frozenset[int], sheds: Shedding, leaving: Leaving, starts: Starts) -> Wish:
    why = {**starts.why, **sheds.held, **leaving.waiting, **leaving.notice, **leaving.off}
    return Wish(
        on.difference(leaving.off).union(starts.racks),
        frozenset(leaving.notice),
        starts.fit_since_s,
        why,
        sheds.budgets,
        leaving.next_s,
    )
