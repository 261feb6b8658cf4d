"""What must hold for every plan, worked out again from snapshots and plans alone.

Imports nothing of `headworks.control`, so that a rule that is wrong there is not wrong here.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from headworks.model.live import Action, Snapshot
from headworks.model.memory import InterlockMemory
from headworks.model.plan import Plan, RackPlan, RackState, ReasonCode
from headworks.model.site import FrequencySignal, InterlockAction, RackSpec, Site

EPS = 1e-6


class Oracle:
    """Follows one history and raises AssertionError with a sentence when a rule is broken."""

    def __init__(self, site: Site, t_s: float) -> None:
        self.site, self.t_s = site, t_s
        self.specs = {spec.name: spec for spec in site.racks}
        self.on_since: dict[str, float] = {}
        self.off_since = dict.fromkeys(self.specs, t_s)
        self.starts: dict[str, list[float]] = defaultdict(list)
        self.steps: list[tuple[float, float]] = []
        self.ordered_off: set[str] = set()
        self.locked: set[str] = set()
        self.stuck_since: dict[str, float] = {}
        self.states: dict[str, RackState] = {}
        self.last: Plan | None = None
        self.unbroken_s = t_s  # scans have come without a gap since

    def restarted(self, t_s: float) -> None:
        """The station was started again: all racks went off."""
        for rack in self.last.racks if self.last else ():
            if rack.on:
                self.off_since[rack.name] = t_s
        self.stuck_since = {}
        self.last = None

    def check(self, snapshot: Snapshot, plan: Plan) -> None:
        """Check one scan."""
        now = plan.t_s
        assert now >= self.t_s, "time went back"
        if now - self.t_s > max(2.0 * self.site.scan_s, *(m.max_age_s for m in self.site.meters)):
            self.unbroken_s = now
        self.t_s = now
        self._commands(snapshot)
        before = {r.name for r in self.last.racks if r.on} if self.last else set()
        after = {r.name for r in plan.racks if r.on}
        self._sums(plan)
        self._stuck(snapshot, plan, before)
        self._unknown(snapshot, plan, after - before, after, now)
        if self.site.upstream_trip is not None and plan.upstream_trip:
            assert not after, f"{after} on though the upstream breaker is open"
        self._trips(snapshot, after, after - before, now)
        self._orders(after, plan)
        self._starts(after - before, now)
        self._stops(before - after, snapshot, plan, now)
        self._started(after - before, plan)
        self._envelope(plan, snapshot)
        self.states = {rack.name: rack.state for rack in plan.racks}
        self.last = plan

    def permitted(self, locks: Sequence[InterlockMemory], permits: frozenset[str]) -> None:
        """A permissive relay may close unless trips that watch no such relay leave no rack."""
        relays = {f"{board.name}.{board.permissive}" for board in self.site.boards}
        gone = {
            rack
            for spec, lock in zip(self.site.interlocks, locks, strict=True)
            if spec.action == InterlockAction.TRIP and spec.when not in relays
            if lock.tripped or lock.latched
            for rack in spec.racks
        }
        out = self.last is not None and self.last.upstream_trip
        out = out and self.site.upstream_trip is not None
        wanted = {board.name for board in self.site.boards if not gone.issuperset(board.zone)}
        assert permits == (set() if out else wanted), f"{permits} may close, {wanted} should"

    def _commands(self, snapshot: Snapshot) -> None:
        for command in snapshot.commands:
            name = command.target
            if command.action == Action.OFF:
                self.ordered_off.add(name)
            if command.action == Action.AUTO and name not in self.locked:
                self.ordered_off.discard(name)
            if command.action == Action.LOCK:
                self.locked.add(name)
            if command.action == Action.UNLOCK:
                self.locked.discard(name)

    def _stuck(self, snapshot: Snapshot, plan: Plan, before: set[str]) -> None:
        """A rack that is off and whose contact stays closed for stop_s is latched."""
        for rack in plan.racks:
            seen = snapshot.feedback.get(rack.name)
            aux = self.specs[rack.name].feedback and seen is not None and seen.aux_closed
            if rack.name in before or rack.on or not aux:
                self.stuck_since.pop(rack.name, None)
                continue
            since = self.stuck_since.setdefault(rack.name, plan.t_s)
            if plan.t_s - since >= self.site.control.stop_s:
                assert rack.state in (RackState.FAULTED, RackState.LOCKED_OUT), f"{rack.name} stuck"

    def _sums(self, plan: Plan) -> None:
        planned = sum(r.power_kw + r.claim_kw for r in plan.racks if r.on)
        assert math.isclose(planned, plan.planned_kw, abs_tol=1e-6)
        assert [r.name for r in plan.racks] == [spec.name for spec in self.site.racks]
        assert plan.envelope.kw >= 0.0
        assert math.isfinite(plan.envelope.kw)
        for rack in plan.racks:
            assert isinstance(rack.reason.code, ReasonCode)
            assert rack.claim_kw >= 0.0
            assert rack.power_kw >= 0.0

    # what may be known
    def meter_kw(self, snapshot: Snapshot, name: str, now: float) -> float | None:
        spec = next(spec for spec in self.site.meters if spec.name == name)
        reading = snapshot.readings.get(name)
        if reading is None or reading.quality != "good" or reading.power_kw is None:
            return None
        if now - reading.t_s > spec.max_age_s or reading.t_s - now > 1.0:
            return None
        return reading.power_kw if math.isfinite(reading.power_kw) else None

    def _feeders_above(self, spec: RackSpec) -> list[str]:
        by_name = {feeder.name: feeder for feeder in self.site.feeders}
        names, name = [], spec.feeder
        while name is not None:
            names.append(name)
            name = by_name[name].parent
        return names

    def zero(self, snapshot: Snapshot, spec: RackSpec, now: float) -> bool:
        """Whether something that this rack needs is unknown, stale, expired or open."""
        for signal in self.site.signals:
            if isinstance(signal, FrequencySignal):
                reading = snapshot.readings.get(signal.meter)
                limit = next(m.max_age_s for m in self.site.meters if m.name == signal.meter)
                if reading is None or reading.quality != "good" or reading.frequency_hz is None:
                    return True
                if not -1.0 <= now - reading.t_s <= limit:
                    return True
                if reading.frequency_hz <= signal.trip_hz and signal.trip_delay_s == 0.0:
                    return True
            elif hasattr(signal, "meter"):
                if self.meter_kw(snapshot, signal.meter, now) is None:
                    return True
            else:
                value = snapshot.signals.get(signal.name)
                if value is None or value.quality != "good" or value.valid_until_s < now:
                    return True
                if value.limit_kw is not None and not value.limit_kw > 0.0:
                    return True
        meters = [f.meter for f in self.site.feeders if f.name in self._feeders_above(spec)]
        return any(m is not None and self.meter_kw(snapshot, m, now) is None for m in meters)

    def _unknown(
        self, snapshot: Snapshot, plan: Plan, started: set[str], on: set[str], now: float
    ) -> None:
        ramps = self.site.control.release_kw_per_s is not None
        for name, spec in self.specs.items():
            if name not in on or not self.zero(snapshot, spec, now):
                continue
            assert name not in started, f"{name} started on something unknown"
            gentle = plan.envelope.binding.reason.code in (
                ReasonCode.SETPOINT,
                ReasonCode.SCHEDULE,
            )
            graceful = gentle and (ramps or spec.notice_s > 0)
            assert graceful, f"{name} is on at zero surplus"
        for name in on:
            feedback = snapshot.feedback.get(name)
            if self.specs[name].feedback is not None:
                known = feedback is not None and feedback.aux_closed is not None
                assert known, f"{name} is on without feedback"
        for name in started:
            feedback = snapshot.feedback.get(name)
            if self.specs[name].feedback is not None:
                assert feedback is not None, f"{name} started without feedback"
                assert feedback.aux_closed is False, f"{name} started and is not seen off"

    def _trips(self, snapshot: Snapshot, on: set[str], started: set[str], now: float) -> None:
        for spec in self.site.interlocks:
            seen = snapshot.observations.get(spec.when)
            value = None if seen is None else seen.value
            if spec.minus:
                other = snapshot.observations.get(spec.minus)
                value = None if value is None or other is None else value - other.value
            acts = value is None
            if value is not None and spec.delay_s == 0.0:
                acts = value is spec.active
                if spec.active is None:
                    acts = value > spec.above if spec.above is not None else value < spec.below
            if acts and spec.action == InterlockAction.TRIP:
                assert not on & set(spec.racks), f"{spec.name} trips, and {on} are on"
            if acts and spec.action != InterlockAction.WARN:
                assert not started & set(spec.racks), f"{spec.name} acts, and {started} started"

    def _orders(self, on: set[str], plan: Plan) -> None:
        assert not on & self.locked, "a locked-out rack is on"
        for rack in plan.racks:
            if rack.reason.code == ReasonCode.WELDED:
                assert not rack.on
                assert plan.upstream_trip

    def _starts(self, started: set[str], now: float) -> None:
        control = self.site.control
        for name in sorted(started):
            spec, past = self.specs[name], self.starts[name]
            assert name not in self.ordered_off, f"{name} started against an order"
            assert now - self.unbroken_s >= control.start_delay_s - EPS, f"{name}: a gap counted"
            off = now - self.off_since[name]
            assert off >= spec.min_off_s - EPS, f"{name} was off {off} s only"
            past.append(now)
            assert sum(now - t < 3600.0 for t in past) <= spec.starts_per_hour
            assert sum(now - t < 86400.0 for t in past) <= spec.starts_per_day
            if self.steps and control.stagger_s > 0.0:
                assert now - self.steps[-1][0] >= control.stagger_s - EPS, "not staggered"
            self.steps.append((now, spec.rated_kw))
            self.on_since[name] = now
        window = [kw for t, kw in self.steps if now - t < control.window_s]
        assert len(window) <= control.starts_per_window, "too many starts in the window"
        if control.step_kw is not None:
            assert sum(window) <= control.step_kw + EPS, "too many kW in the window"

    def _stops(self, stopped: set[str], snapshot: Snapshot, plan: Plan, now: float) -> None:
        for name in sorted(stopped):
            spec = self.specs[name]
            self.off_since[name] = now
            if now - self.on_since[name] >= spec.min_on_s:
                continue
            free = (
                self.zero(snapshot, spec, now)
                or name in self.ordered_off | self.locked
                or self._cut(spec, snapshot, now)
                or self._odd_feedback(spec, snapshot, plan)
                or self._overload(spec, snapshot, plan, now)
                or plan.envelope.binding.trips
                or (self.site.upstream_trip is not None and plan.upstream_trip)
                or self.states.get(name) == RackState.STOPPING
            )
            assert free, f"{name} stopped within its minimum time on: {plan}"

    def _cut(self, spec: RackSpec, snapshot: Snapshot, now: float) -> bool:
        """An interlock names this rack; whether it acts is another rule's matter."""
        return any(
            spec.name in lock.racks and lock.action in (InterlockAction.TRIP, InterlockAction.SHED)
            for lock in self.site.interlocks
        )

    def _odd_feedback(self, spec: RackSpec, snapshot: Snapshot, plan: Plan) -> bool:
        """Contact, read-back or the rack's own meter does not show what was told: a fault."""
        seen = snapshot.feedback.get(spec.name)
        rack = next(rack for rack in plan.racks if rack.name == spec.name)
        if spec.feedback is not None and (seen is None or seen.aux_closed is not True):
            return True
        if seen is not None and seen.readback is False:
            return True
        shown = self.meter_kw(snapshot, spec.meter, plan.t_s) if spec.meter else None
        idle = shown is not None and shown <= self.site.control.weld_kw
        ran = self.states.get(spec.name) == RackState.RUNNING
        if idle and (ran or plan.t_s - self.on_since[spec.name] >= spec.settle_s):
            return True
        if rack.reason.code == ReasonCode.POWER_LOST:
            return True
        return rack.state == RackState.FAULTED

    def _overload(self, spec: RackSpec, snapshot: Snapshot, plan: Plan, now: float) -> bool:
        """A deficit beyond trip_kw where this rack counts, from what was on before this scan."""
        last = self.last
        assert last is not None
        by_name = {rack.name: rack for rack in last.racks}
        tops = {feeder: plan.envelope.feeder_kw[feeder] for feeder in self._feeders_above(spec)}
        sums = [(sum(self._load(by_name[n], snapshot, now) for n in self.specs), plan.envelope.kw)]
        for feeder, kw in tops.items():
            below = [s for s in self.site.racks if feeder in self._feeders_above(s)]
            total = sum(self._load(by_name[s.name], snapshot, now) for s in below)
            sums.append((total, kw))
        return any(load - kw > self.site.control.trip_kw - EPS for load, kw in sums)

    def _load(self, rack: RackPlan, snapshot: Snapshot, now: float) -> float:
        spec = self.specs[rack.name]
        seen = self.meter_kw(snapshot, spec.meter, now) if spec.meter else None
        if not rack.on:
            return max(seen or 0.0, rack.power_kw)
        assumed = spec.rated_kw if seen is None or seen < 0 else seen
        return max(assumed, spec.rated_kw) if rack.state == RackState.STARTING else assumed

    def _started(self, started: set[str], plan: Plan) -> None:
        """A start leaves the whole plan inside the envelope and inside its feeders."""
        for name in started:
            on = [rack for rack in plan.racks if rack.on]
            total = sum(rack.power_kw + rack.claim_kw for rack in on)
            assert total <= plan.envelope.kw + EPS, f"{name} started beyond the envelope"
            for feeder in self._feeders_above(self.specs[name]):
                below = [r for r in on if feeder in self._feeders_above(self.specs[r.name])]
                total = sum(rack.power_kw + rack.claim_kw for rack in below)
                assert total <= plan.envelope.feeder_kw[feeder] + EPS, f"{name} overloads {feeder}"

    def _envelope(self, plan: Plan, snapshot: Snapshot) -> None:
        """Planned power is inside the envelope but for stops under way and the energy budget."""
        control = self.site.control
        if control.release_kw_per_s is not None:
            return
        staying = [rack for rack in plan.racks if rack.on and rack.state != RackState.STOPPING]
        planned = sum(rack.power_kw + rack.claim_kw for rack in staying)
        over = planned - plan.envelope.kw
        assert over <= control.trip_kw + EPS, f"{over} kW above the envelope"
        for feeder, kw in plan.envelope.feeder_kw.items():
            below = [r for r in staying if feeder in self._feeders_above(self.specs[r.name])]
            total = sum(rack.power_kw + rack.claim_kw for rack in below)
            assert total - kw <= control.trip_kw + EPS, f"{feeder}: {total} kW planned of {kw}"
