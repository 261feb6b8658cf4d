"""Off fast: which racks must go, and how gently.

A deficit is what the racks are committed to beyond a limit. Beyond `trip_kw`, or against a firm
limit, racks go in the scan that sees it; a smaller one first uses up its energy budget. The
minimum time on holds against such small deficits only. Starts nothing.
"""

from enum import IntEnum
from typing import NamedTuple

from headworks.control import order
from headworks.control.compiled import Compiled
from headworks.control.envelope import MEASURED
from headworks.control.view import MeterView
from headworks.model.memory import BudgetMemory, RackMemory
from headworks.model.plan import Limit, Reason, ReasonCode

NEGLIGIBLE_KW = 1e-6  # less is rounding
CREDIT_SCANS = 2.0  # a pause longer than this many scans earns no more credit than this


class Manner(IntEnum):
    """How a rack goes."""

    RAMP = 0  # with notice, and at the release ramp where there is one
    FAST = 1  # with notice, without ramp
    INSTANT = 2  # at once: a trip


class Release(NamedTuple):
    """A rack that shall go."""

    rack: int
    manner: Manner
    reason: Reason


class Shedding(NamedTuple):
    """What the limits take away: racks that go, racks that are held, and the budgets."""

    releases: list[Release]
    held: dict[int, Reason]  # why a rack that should go stays
    budgets: tuple[BudgetMemory, ...]


class Scene(NamedTuple):
    """What the decision looks at, by rack position, all powers in kW."""

    c: Compiled
    racks: list[RackMemory]
    on: set[int]  # told on, and not on their way off
    committed_kw: list[float]
    limits: list[Limit]  # by scope
    load_kw: list[float]  # committed by scope
    meters: MeterView
    last_step_s: float
    now: float
    dt: float


def loads(c: Compiled, committed_kw: list[float]) -> list[float]:
    """What each scope is committed to."""
    return [sum([committed_kw[i] for i in racks]) for racks in c.scope_racks]


def without(
    c: Compiled, load_kw: list[float], committed_kw: list[float], leaving: set[int]
) -> list[float]:
    """The loads without the racks that are on their way off."""
    left = list(load_kw)
    for i in leaving:
        for scope in c.rack_scopes[i]:
            left[scope] -= committed_kw[i]
    return left


def shed(scene: Scene, past: tuple[BudgetMemory, ...]) -> Shedding:
    """What must go for each scope's limit, the innermost feeder first, all racks last."""
    result = Shedding([], {}, ())
    budgets = list(past) or [_UNUSED] * len(scene.limits)
    urgent = manners(scene.c, scene.limits, scene.load_kw)
    for scope in (*[f + 1 for f in scene.c.inner_first], 0):
        kw = scene.limits[scope].kw
        deficit = float("-inf") if kw is None else scene.load_kw[scope] - kw
        budgets[scope] = spend(budgets[scope], deficit, scene)
        if deficit > NEGLIGIBLE_KW:
            budgets[scope] = _shed_scope(
                scene, scope, deficit, budgets[scope], urgent=urgent, result=result
            )
    return result._replace(budgets=tuple(budgets))


_UNUSED = BudgetMemory()


def is_short(limits: list[Limit], load_kw: list[float], past: tuple[BudgetMemory, ...]) -> bool:
    """Whether any scope has a deficit, or a budget that was used."""
    if not past:
        return True
    for limit, load, budget in zip(limits, load_kw, past, strict=True):
        if budget != _UNUSED or (limit.kw is not None and load - limit.kw > NEGLIGIBLE_KW):
            return True
    return False


def spend(budget: BudgetMemory, deficit_kw: float, scene: Scene) -> BudgetMemory:
    """A deficit uses the budget, a surplus gives it back; a pause gives nothing back."""
    if deficit_kw > NEGLIGIBLE_KW:
        used = min(budget.used_kws + deficit_kw * scene.dt, scene.c.control.deficit_kws)
        since = scene.now if budget.since_s is None else budget.since_s
        return BudgetMemory(used, since)
    if budget.used_kws <= 0.0:
        return budget if budget.since_s is None else _UNUSED
    credit_s = min(scene.dt, CREDIT_SCANS * scene.c.scan_s)
    used = budget.used_kws + max(deficit_kw, -1e9) * credit_s
    return BudgetMemory(max(0.0, used), None)


def _shed_scope(
    scene: Scene,
    scope: int,
    deficit: float,
    budget: BudgetMemory,
    *,
    urgent: list[Manner],
    result: Shedding,
) -> BudgetMemory:
    limit = scene.limits[scope]
    hard = limit.firm or limit.trips or deficit > scene.c.control.trip_kw
    candidates = [i for i in scene.c.scope_racks[scope] if i in scene.on]
    groups = order.shed_groups(scene.c, scene.racks, candidates, scene.now)
    chosen = order.pick(groups, scene.committed_kw, deficit)
    if not hard:
        chosen = _soft(
            scene, scope, deficit, budget, chosen=chosen, groups=groups, held=result.held
        )
    most, reason = max(urgent), _released(limit, deficit)
    for i in chosen:
        # Another limit that this rack is under may want it sooner, and will not see it again.
        manner = most if urgent[scope] is most else urgency(scene.c, i, urgent)
        result.releases.append(Release(i, manner, reason))
        _take(scene, i)
    left = scene.load_kw[scope] - (limit.kw or 0.0)
    return _UNUSED if chosen and left <= NEGLIGIBLE_KW else budget


def _take(scene: Scene, i: int) -> None:
    """Count a rack as gone in every scope that it counts in."""
    scene.on.discard(i)
    for scope in scene.c.rack_scopes[i]:
        scene.load_kw[scope] -= scene.committed_kw[i]


def manners(c: Compiled, limits: list[Limit], load_kw: list[float]) -> list[Manner]:
    """How racks go by what each scope's limit leaves of its load."""
    return [
        manner_of(c, limit, 0.0 if limit.kw is None else load - limit.kw)
        for limit, load in zip(limits, load_kw, strict=True)
    ]


def urgency(c: Compiled, i: int, urgent: list[Manner]) -> Manner:
    """How a rack goes: as the most urgent of the limits that it is under asks for."""
    return max([urgent[scope] for scope in c.rack_scopes[i]])


def manner_of(c: Compiled, limit: Limit, deficit: float) -> Manner:
    """A trip is instant; a measured overload does not ramp; the rest is an ordinary release."""
    if limit.trips:
        return Manner.INSTANT
    overload = limit.reason.code in MEASURED and deficit > c.control.trip_kw
    return Manner.FAST if overload else Manner.RAMP


def _released(limit: Limit, deficit: float) -> Reason:
    values = ("deficit_kw", deficit), ("limit", str(limit.reason.code)), ("source", limit.source)
    return Reason(ReasonCode.RELEASED, values)


def _soft(
    scene: Scene,
    scope: int,
    deficit: float,
    budget: BudgetMemory,
    *,
    chosen: list[int],
    groups: list[list[int]],
    held: dict[int, Reason],
) -> list[int]:
    """A small deficit: nothing goes before the budget is used, nothing within its minimum on."""
    total = scene.c.control.deficit_kws
    if budget.used_kws < total or not _agreed(scene, scope, budget):
        used = ("deficit_kw", deficit), ("used_kws", budget.used_kws), ("budget_kws", total)
        for i in chosen:
            held[i] = Reason(ReasonCode.BUDGET, used)
        return []
    for i in chosen:
        if order.within_min_on(scene.c, i, scene.racks[i], scene.now):
            wait = scene.c.racks[i].min_on_s - (scene.now - scene.racks[i].told_s)
            values = ("wait_s", wait), ("deficit_kw", deficit)
            held[i] = Reason(ReasonCode.MIN_ON, values)
    free = [
        [i for i in group if not order.within_min_on(scene.c, i, scene.racks[i], scene.now)]
        for group in groups
    ]
    return order.pick(free, scene.committed_kw, deficit)


def _agreed(scene: Scene, scope: int, budget: BudgetMemory) -> bool:
    """Whether a second sample agrees, newer than the last step: a single dip drops no load."""
    if scene.limits[scope].reason.code not in MEASURED:
        return True
    since = max(scene.last_step_s, scene.now if budget.since_s is None else budget.since_s)
    return all(scene.meters.t_s[meter] > since for meter in scene.c.scope_meters[scope])
