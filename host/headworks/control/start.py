"""On slow: which racks may start now, and why the others wait.

One allocator gives out the surplus in order, so that no two racks count on the same kilowatt.
A start needs its rated power and the margin for `start_delay_s`, two samples that agree, and
room in every limit of starts. Stops nothing.
"""

from typing import NamedTuple

from headworks.control import order
from headworks.control.compiled import Compiled
from headworks.control.view import MeterView, Sight
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import Limit, Reason, ReasonCode

HOUR_S = 3600.0
UNLIMITED = float("inf")


class Starts(NamedTuple):
    """Racks to start, how long each one's need has been met, and why each waits."""

    racks: list[int]
    fit_since_s: dict[int, float]
    why: dict[int, Reason]


class Yard(NamedTuple):
    """What a start depends on."""

    c: Compiled
    memory: Memory
    racks: list[RackMemory]
    sights: list[Sight]
    meters: MeterView
    free_kw: list[float]  # by scope; what is given out is taken from it
    now: float


def free(limits: list[Limit], load_kw: list[float]) -> list[float]:
    """What each scope's limit leaves above its load, in kW."""
    return [
        UNLIMITED if limit.kw is None else limit.kw - load
        for limit, load in zip(limits, load_kw, strict=True)
    ]


def choose(yard: Yard, candidates: dict[int, Reason | None], halted: bool) -> Starts:
    """Racks to start. `candidates` maps each rack to what bars it for a time, or None.

    `halted`: racks are being released in this scan, so none starts.
    """
    result = Starts([], {}, {})
    room = None
    c, free_kw = yard.c, yard.free_kw
    dt = yard.now - yard.memory.t_s
    for i in _in_order(yard, candidates):
        spec, bar, scopes = c.racks[i], candidates[i], c.rack_scopes[i]
        have = min(map(free_kw.__getitem__, scopes))
        need = spec.rated_kw + c.control.margin_kw
        if have < need:
            values = ("need_kw", need), ("have_kw", have)
            result.why[i] = bar or Reason(ReasonCode.NO_SURPLUS, values)
            continue
        since = yard.racks[i].fit_since_s
        if since is None or dt > c.rack_gap_s[i]:
            since = yard.now
        result.fit_since_s[i] = since
        if bar is not None:
            result.why[i] = bar
            continue
        for scope in scopes:
            free_kw[scope] -= spec.rated_kw
        wait = _unproven(yard, i, since, need, have)
        if wait is None:
            room = room or _Room(yard)
            wait = room.refuses(i) if not halted else Reason(ReasonCode.WAIT_SAMPLE)
        if wait is None:
            result.racks.append(i)
        else:
            result.why[i] = wait
    return result


def _in_order(yard: Yard, candidates: dict[int, Reason | None]) -> list[int]:
    """The order matters only where there is something to give out."""
    if yard.free_kw[0] < yard.c.least_kw + yard.c.control.margin_kw:
        return list(candidates)
    return order.start_order(yard.c, yard.racks, candidates)


def _unproven(yard: Yard, i: int, since: float, need: float, have: float) -> Reason | None:
    """Why the surplus does not count yet: not long enough, or no second sample."""
    wait = yard.c.control.start_delay_s - (yard.now - since)
    if wait > 0.0:
        values = [("wait_s", wait), ("need_kw", need)]
        if have < UNLIMITED:
            values.append(("have_kw", have))
        return Reason(ReasonCode.WAIT_SURPLUS, tuple(values))
    newest = max(since, yard.memory.last_step_s)
    for meter in yard.c.rack_meters[i]:
        if not yard.meters.t_s[meter] > newest:
            return Reason(ReasonCode.WAIT_SAMPLE, (("meter", yard.c.meters[meter][0]),))
    return None


class _Room:
    """What the site's limits of starts leave in this scan."""

    def __init__(self, yard: Yard) -> None:
        self.control, self.now, self.c = yard.c.control, yard.now, yard.c
        self.steps = recent(yard.memory.steps, yard.now, self.control.window_s)
        self.last_s = yard.memory.steps[-1][0] if yard.memory.steps else float("-inf")

    def refuses(self, i: int) -> Reason | None:
        """Why this rack may not start now; None counts it as started."""
        wait, control = self._wait(self.c.racks[i].rated_kw), self.control
        if wait > 0.0:
            values = ("wait_s", wait), ("starts", float(len(self.steps)))
            return Reason(ReasonCode.START_WINDOW, (*values, ("window_s", control.window_s)))
        self.steps = (*self.steps, (self.now, self.c.racks[i].rated_kw))
        self.last_s = self.now
        return None

    def _wait(self, rated_kw: float) -> float:
        """Seconds until the site's limits of starts allow this rack."""
        control = self.control
        wait = control.stagger_s - (self.now - self.last_s)
        window = self.steps[0][0] + control.window_s - self.now if self.steps else control.window_s
        used = sum(kw for _, kw in self.steps)
        if len(self.steps) >= control.starts_per_window:
            wait = max(wait, window)
        if control.step_kw is not None and used + rated_kw > control.step_kw:
            wait = max(wait, window)
        return wait


def recent(
    steps: tuple[tuple[float, float], ...], now: float, window_s: float
) -> tuple[tuple[float, float], ...]:
    """The steps that are still inside the window."""
    return tuple(step for step in steps if now - step[0] < window_s)


def time_bar(c: Compiled, i: int, rack: RackMemory, now: float) -> Reason | None:
    """What keeps this rack off for a time: pauses and its own limits of starts."""
    spec, retry_s = c.racks[i], c.control.retry_s
    if rack.retries and now - rack.told_s < retry_s:
        values = ("wait_s", retry_s - (now - rack.told_s)), ("tries", float(rack.retries))
        return Reason(ReasonCode.RETRY_WAIT, values)
    if now - rack.off_since_s < spec.min_off_s:
        return Reason(ReasonCode.MIN_OFF, (("wait_s", spec.min_off_s - (now - rack.off_since_s)),))
    if len(rack.starts_s) >= min(spec.starts_per_hour, spec.starts_per_day):
        return _too_many(spec.starts_per_hour, spec.starts_per_day, rack.starts_s, now)
    return None


def _too_many(hourly: int, daily: int, starts_s: tuple[float, ...], now: float) -> Reason | None:
    for code, most, span in (
        (ReasonCode.STARTS_HOUR, hourly, HOUR_S),
        (ReasonCode.STARTS_DAY, daily, 24 * HOUR_S),
    ):
        # The oldest start comes first, so one look says whether so many are within the span.
        if not most or (len(starts_s) >= most and now - starts_s[-most] < span):
            wait = starts_s[-most] + span - now if most else span
            past = [t for t in starts_s if now - t < span]
            return Reason(code, (("wait_s", wait), ("starts", float(len(past)))))
    return None
