"""While a welded rack holds the breaker above open, nothing runs and nothing starts."""

from dataclasses import replace
from itertools import pairwise

import pytest

from control.build import QUICK, Run, allows, ask, rack, site
from headworks.control.boot import resume
from headworks.control.interlock import Verdict, all_out
from headworks.control.scan import scan
from headworks.model.live import Action
from headworks.model.plan import RackState, Reason, ReasonCode
from headworks.model.site import SetpointSignal

NAMES = ("a1", "a2", "a3", "a4")
ORDERLY = replace(QUICK, start_delay_s=3.0, stagger_s=2.0)
WELDED = Reason(ReasonCode.UPSTREAM_TRIPPED, (("rack", "a1"),))


def welded(upstream: str | None = "hat.7", *, off: tuple[str, ...] = ()) -> Run:
    """a1 was told off and does not open; the others run, but those in `off`."""
    racks = [rack(name, feedback=f"hat.in{name[1:]}", min_on_s=900.0) for name in NAMES]
    signals = (SetpointSignal("sp", "tcp://h:1"),)
    run = Run(site(*racks, control=ORDERLY, signals=signals, upstream_trip=upstream))
    run.signals = {"sp": allows(1000.0, 500.0, 1e9)}
    run.obeys = set(NAMES)
    run.until(60.0)
    assert run.on() == list(NAMES)
    run.obeys.discard("a1")
    run.step(*(ask(Action.OFF, name) for name in ("a1", *off)))
    while run.plan.racks[0].state is not RackState.FAULTED:
        assert run.of("a2").on is ("a2" not in off)
        run.step()
    return run


def mended(run: Run) -> float:
    """The contactor of a1 is open again for a while, and it is reset; when that was."""
    run.feedback["a1"] = (None, False)
    run.until(12.0)
    run.step(ask(Action.RESET, "a1"))
    assert not run.plan.upstream_trip
    return run.t_s


def test_a_weld_opens_every_rack_in_the_scan_that_finds_it():
    """The breaker above opens with the racks, minimum time on or not, and each says why."""
    run = welded()
    assert (run.plan.upstream_trip, run.on()) == (True, [])
    assert [run.of(name).reason for name in NAMES[1:]] == [WELDED] * 3
    assert run.of("a1").reason.code is ReasonCode.WELDED
    assert run.kinds("a2")[-1] == "stop"


def test_nothing_starts_while_the_breaker_above_is_open():
    """Neither racks that ran nor racks that were off before come, whatever the surplus."""
    run = welded(off=("a4",))
    run.step(ask(Action.AUTO, "a4"))
    for _ in range(60):
        run.step()
        assert run.on() == []
    assert [run.of(name).reason for name in NAMES[1:]] == [WELDED] * 3
    assert {run.of(name).state for name in NAMES[1:]} == {RackState.TRIPPED}


def test_without_an_upstream_trip_the_others_run_on():
    """Where no breaker above can be opened, a weld takes nobody else off."""
    run = welded(None)
    run.until(30.0)
    assert run.on() == ["a2", "a3", "a4"]
    run.step(ask(Action.RESET, "a2"))
    assert run.events[-1].reason.code is ReasonCode.NOTHING_TO_DO


def test_after_the_reset_racks_come_back_one_by_one():
    """The surplus must last anew, and the racks come as far apart as ever."""
    run = welded()
    run.until(30.0)
    begin = mended(run)
    assert run.on() == []
    starts = []
    while run.t_s < begin + 30.0:
        run.step(dt=0.5)
        starts += [e.t_s - begin for e in run.plan.events if e.kind == "start"]
    assert len(starts) == 3
    assert starts[0] == pytest.approx(ORDERLY.start_delay_s, abs=1.0)
    assert [b - a for a, b in pairwise(starts)] == [2.0, 2.0]


def test_a_reset_of_another_rack_names_the_welded_one():
    """Only the welded rack can be reset; the others say which one that is."""
    run = welded()
    run.step(ask(Action.RESET, "a2"))
    event = run.events[-1]
    assert (event.kind, event.reason.code) == ("refused", ReasonCode.UPSTREAM_TRIPPED)
    assert event.reason.values[-1] == ("rack", "a1")


def test_a_restart_keeps_the_breaker_above_open():
    """The latch outlives a restart, and with it the trip: nothing starts."""
    run = welded()
    run.memory = resume(run.site, run.memory, run.t_s)
    run.until(30.0)
    assert (run.plan.upstream_trip, run.on()) == (True, [])


def test_a_dead_man_that_stands_takes_every_rack_off():
    """While it is held no rack has power; all are told off, and come back one by one."""
    run = welded(None)
    run.obeys.add("a1")
    run.feedback["a1"] = (None, False)
    snapshot = run.snapshot()._replace(t_s=run.t_s + 1.0, deadman_held=True)
    plan, run.memory = scan(run.site, run.memory, snapshot)
    assert not any(rack.on for rack in plan.racks)
    assert plan.racks[1].reason.code is ReasonCode.DEADMAN_HELD
    assert plan.racks[1].state is RackState.TRIPPED
    plan, run.memory = scan(run.site, run.memory, snapshot._replace(t_s=run.t_s + 2.0))
    assert plan.racks[1].reason.code is ReasonCode.DEADMAN_HELD
    run.t_s, run.plan = run.t_s + 2.0, plan
    run.until(4.0)
    assert len(run.on()) == 1
    run.until(10.0)
    assert run.on() == ["a2", "a3", "a4"]


def test_an_interlock_that_trips_is_named_before_the_breaker():
    """A tripped rack keeps its cause; a blocked one, which might have run on, does not."""
    trip, block = Reason(ReasonCode.INTERLOCK), Reason(ReasonCode.BLOCKED)
    past = Verdict(frozenset({0}), frozenset(), frozenset({0, 1}), frozenset(), {0: trip, 1: block})
    verdict = all_out(past, 3, WELDED)
    assert verdict.why == {0: trip, 1: WELDED, 2: WELDED}
    assert verdict.tripped == verdict.blocked == verdict.latched == {0, 1, 2}
    assert verdict.shed == frozenset()
