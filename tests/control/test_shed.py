"""Off fast: deficits, budgets, minimum times on, who goes first, ramps and notices."""

from dataclasses import replace

import pytest

from control.build import QUICK, Run, allows, ask, feeder, meter, rack, site
from headworks.control.order import fewest, pick
from headworks.model.live import Action
from headworks.model.memory import BudgetMemory
from headworks.model.plan import RackState, ReasonCode
from headworks.model.site import (
    ContactSignal,
    ExportSignal,
    FrequencySignal,
    RackKind,
    ScheduleSignal,
    SetpointSignal,
)

SETPOINT = SetpointSignal("sp", "tcp://h:1")
EXPORT = ExportSignal("export", "incomer")


def running(*racks, control=QUICK, kw=1000.0, signals=(SETPOINT,), **more) -> Run:
    """A run with every rack on, settled, and at its rated power by assumption."""
    run = Run(site(*racks, control=control, signals=signals, **more))
    allow(run, kw)
    run.power = {"incomer": -1000.0}
    run.until(90.0)
    assert len(run.on()) == len(racks)
    return run


def allow(run: Run, kw: float | None) -> None:
    run.signals = {name: allows(run.t_s, kw, 1e6) for name in ("sp", "tou", "contact")}


def threesome(**changes):
    return [rack(f"a{k}", **changes) for k in (1, 2, 3)]


def test_a_deficit_beyond_trip_kw_sheds_in_the_scan_that_sees_it():
    """A deficit of 21 kW sheds at once, and only as many racks as it takes."""
    run = running(*threesome())
    allow(run, 87.0)
    run.step()
    assert len(run.on()) == 2
    assert run.memory.budgets[0].used_kws == 0.0


def test_a_small_deficit_uses_its_budget_first():
    """20 kW of deficit hold 60 kWs: three seconds, then one rack goes."""
    run = running(*threesome())
    allow(run, 88.0)
    for _ in range(2):
        run.step()
        assert len(run.on()) == 3
    assert [r.reason.code for r in run.plan.racks].count(ReasonCode.BUDGET) == 1
    run.step()
    assert len(run.on()) == 2


def test_a_dip_drops_nothing_and_surplus_gives_the_budget_back():
    """Two seconds of deficit, then as much surplus: the budget is empty again."""
    run = running(*threesome())
    allow(run, 88.0)
    run.until(2.0)
    assert run.memory.budgets[0].used_kws == pytest.approx(40.0)
    allow(run, 128.0)
    run.step()
    assert run.memory.budgets[0].used_kws == pytest.approx(20.0)
    run.until(2.0)
    assert run.memory.budgets[0].used_kws == 0.0
    assert len(run.on()) == 3


def test_a_memory_without_budgets_begins_with_unused_ones():
    """A memory that says nothing of budgets is one in which nothing was used."""
    run = running(*threesome())
    run.memory = run.memory._replace(budgets=())
    run.step()
    assert run.memory.budgets == (BudgetMemory(),)


def test_a_pause_earns_no_credit():
    """After a pause of an hour the surplus of the first scan counts for two scans only."""
    run = running(*threesome())
    allow(run, 88.0)
    run.until(2.0)
    allow(run, 118.0)
    run.step(dt=3600.0)
    assert run.memory.budgets[0].used_kws == pytest.approx(20.0)


def test_one_dip_after_a_spent_budget_drops_nothing():
    """A budget that is used up needs a second, newer sample of deficit before a rack goes."""
    control = replace(QUICK, deficit_kws=0.0)
    run = running(*threesome(), control=control, signals=(EXPORT,))
    run.power["incomer"] = 10.0
    run.step()
    assert len(run.on()) == 3
    run.power["incomer"] = -10.0
    run.step()
    run.power["incomer"] = 10.0
    run.step()
    run.hold = {"incomer"}
    run.step()
    assert len(run.on()) == 3
    run.hold = set()
    run.step()
    assert len(run.on()) == 2


def test_a_feeder_has_a_budget_of_its_own():
    """A small overload of one feeder sheds at that feeder only."""
    racks = [rack("a1", feeder="n"), rack("a2", feeder="s")]
    feeders = (feeder("n", 100.0, "n"), feeder("s", 100.0))
    run = Run(site(*racks, signals=(SETPOINT,), feeders=feeders, meters=(meter("n"),)))
    allow(run, 1000.0)
    run.power = {"n": 40.0}
    run.until(90.0)
    assert run.on() == ["a1", "a2"]
    run.power = {"n": 110.0}
    run.until(5.0)
    assert run.on() == ["a1", "a2"]
    assert run.of("a1").reason.code is ReasonCode.BUDGET
    run.step()
    assert run.on() == ["a2"]


@pytest.mark.parametrize(("kw", "left"), [(90.0, 3), (88.0, 3), (87.0, 2), (0.0, 0)])
def test_minimum_time_on_holds_only_against_small_deficits(kw, left):
    """Within its minimum time on a rack stays for 20 kW, and goes for more or for zero."""
    run = running(*threesome(min_on_s=1000.0))
    allow(run, kw)
    run.until(30.0)
    assert len(run.on()) == left
    if kw == 88.0:
        assert ReasonCode.MIN_ON in [r.reason.code for r in run.plan.racks]


def test_a_rack_past_its_minimum_goes_for_one_that_is_not():
    """Against a small deficit an equal rack that may go goes instead."""
    run = running(rack("a1", min_on_s=1000.0), rack("a2"))
    allow(run, 60.0)
    run.until(10.0)
    assert run.on() == ["a1"]


@pytest.mark.parametrize(
    ("racks", "kw", "gone"),
    [
        ([("a1", {"priority": 1}), ("a2", {"priority": 2})], 36.0, ["a1"]),
        ([("a1", {"priority": 2}), ("a2", {"priority": 1})], 36.0, ["a2"]),
        # racks without notice bridge, whatever their priority
        ([("a1", {"priority": 1, "notice_s": 9.0}), ("a2", {"priority": 2})], 36.0, ["a2"]),
        # the fewest switchings: one large rack for two small ones
        ([("a1", {"rated_kw": 20.0}), ("a2", {"rated_kw": 20.0}), ("a3", {})], 40.0, ["a3"]),
        # and the least overshoot of those that cover it
        ([("a1", {"rated_kw": 60.0}), ("a2", {"rated_kw": 30.0}), ("a3", {})], 100.0, ["a2"]),
        # a whole group of lower priority goes before one of the next
        ([("a1", {"priority": 1}), ("a2", {"priority": 2, "rated_kw": 50.0}), ("a3", {"priority": 2})], 60.0, ["a1", "a3"]),
    ],
)  # fmt: skip
def test_who_goes_first(racks, kw, gone):
    """Without notice first, then the lowest priority, then as few racks as will do."""
    run = running(*[rack(name, **more) for name, more in racks])
    allow(run, kw)
    before = run.on()
    run.step()
    assert [name for name in before if not run.of(name).on] == gone


@pytest.mark.parametrize(
    ("sizes", "need", "count", "total"),
    [
        ([10, 20, 30], 5, 1, 10),
        ([10, 20, 30], 25, 1, 30),
        ([10, 20, 30], 31, 2, 40),
        ([10, 20, 30, 40], 65, 2, 70),
        ([10, 20, 30, 40], 45, 2, 50),
        ([10, 20, 30], 60, 3, 60),
        ([10, 20, 30], 99, 3, 60),
        ([7, 7, 7, 7], 14, 2, 14),
    ],
)
def test_the_fewest_racks_that_cover_a_deficit(sizes, need, count, total):
    """The smallest number of racks, then little overshoot."""
    chosen = fewest(list(range(len(sizes))), [float(kw) for kw in sizes], need)
    assert (len(chosen), sum(sizes[i] for i in chosen)) == (count, total)


def test_racks_that_draw_nothing_are_not_switched_for_nothing():
    """A rack that frees nothing is not shed."""
    assert pick([[0, 1], [2]], [0.0, 10.0, 50.0], 5.0) == [1]


def test_zero_is_firm_and_stops_all_at_once():
    """A setpoint of zero waits for no budget and no minimum time."""
    run = running(*threesome(min_on_s=1000.0, rated_kw=5.0))
    allow(run, 0.0)
    run.step()
    assert run.on() == []
    assert run.of("a1").state is RackState.STOPPING
    assert run.of("a1").reason.code is ReasonCode.RELEASED
    run.until(3.0)
    assert run.of("a1").state is RackState.OFF


RAMP = replace(QUICK, release_kw_per_s=6.0)


@pytest.mark.parametrize("signal", [SETPOINT, ScheduleSignal("tou", ())])
def test_an_ordinary_release_ramps(signal):
    """At 6 kW/s racks of 36 kW go one every six seconds, the first at once."""
    run = running(*threesome(), control=RAMP, signals=(signal,))
    allow(run, 0.0)
    left = [len(run.on()) for _ in range(14) if run.step()]
    assert left == [2] * 6 + [1] * 6 + [0] * 2
    assert run.kinds("a1").count("stop") == 1


def test_a_rack_that_waits_for_the_ramp_says_so():
    """The next rack of a ramp has the reason RELEASING with its wait."""
    run = running(*threesome(), control=RAMP)
    allow(run, 0.0)
    run.until(2.0)
    waiting = [r.reason for r in run.plan.racks if r.on]
    assert {reason.code for reason in waiting} == {ReasonCode.RELEASING}
    assert dict(waiting[0].values)["wait_s"] == pytest.approx(5.0)


@pytest.mark.parametrize("rate", [6.0, 0.001])
@pytest.mark.parametrize("cause", ["expired", "contact", "frequency", "overload", "stale"])
def test_a_trip_does_not_ramp(rate, cause):
    """Unknown, an open contact, under-frequency and a measured overload never wait for a ramp."""
    signals = (
        SETPOINT,
        ContactSignal("contact", "hat.in9"),
        EXPORT,
        FrequencySignal("hz", "incomer"),
    )
    racks = threesome(min_on_s=1000.0)
    run = Run(site(*racks, control=replace(QUICK, release_kw_per_s=rate), signals=signals))
    allow(run, 1000.0)
    run.power, run.hertz = {"incomer": -1000.0}, {"incomer": 50.0}
    run.until(90.0)
    assert len(run.on()) == 3
    if cause == "expired":
        run.signals["sp"] = allows(0.0, 100.0, 0.0)
    if cause == "contact":
        run.signals["contact"] = allows(run.t_s, 0.0)
    if cause == "frequency":
        run.hertz = {"incomer": 49.0}
    if cause == "overload":
        run.power["incomer"] = 200.0
    if cause == "stale":
        run.hold = {"incomer"}
        run.until(3.0)
    run.step()
    assert run.on() == []


def test_a_release_may_not_be_overtaken_by_a_start():
    """While racks are waiting for the ramp nothing starts."""
    run = running(*threesome(), rack("a4", priority=1), control=RAMP)
    run.step(ask(Action.OFF, "a4"))
    run.until(10.0)
    run.step(ask(Action.AUTO, "a4"), ask(Action.OFF, "a1"), ask(Action.OFF, "a2"))
    run.until(5.0)
    assert run.on() == ["a2", "a3"]
    assert run.of("a2").reason.code is ReasonCode.RELEASING


def gpu(**more):
    return rack("a1", kind=RackKind.GPU, notice_s=10.0, **more)


def test_a_rack_with_notice_stops_gracefully():
    """It is told to stop, stays on for its notice, and is then opened."""
    run = running(gpu())
    allow(run, 0.0)
    run.step()
    assert (run.of("a1").on, run.of("a1").state) == (True, RackState.STOPPING)
    assert run.of("a1").reason.code is ReasonCode.NOTICE
    run.until(9.0)
    assert run.on() == ["a1"]
    allow(run, 1000.0)  # it has been told: it goes
    run.step()
    assert run.on() == []
    assert run.kinds("a1") == ["start", "stop", "stop"]


def test_a_notice_ends_early_when_the_meter_shows_idle():
    """An idle rack is opened before its notice is over."""
    run = Run(site(gpu(meter="m"), signals=(SETPOINT,), meters=(meter("m"),)))
    allow(run, 100.0)
    run.follow = {"m": ("a1", 36.0)}
    run.until(20.0)
    allow(run, 0.0)
    run.until(2.0)
    assert run.on() == ["a1"]
    run.follow = {"m": ("a1", 0.2)}
    run.step()
    assert run.on() == []


def test_a_trip_ends_a_notice():
    """A trip opens a rack that is in its notice."""
    run = running(gpu(), signals=(SETPOINT, ContactSignal("contact", "hat.in9")))
    run.signals["sp"] = allows(run.t_s, 0.0)
    run.until(2.0)
    assert run.on() == ["a1"]
    run.signals["contact"] = allows(run.t_s, 0.0)
    run.step()
    assert run.on() == []


@pytest.mark.parametrize("trips", [True, False])
@pytest.mark.parametrize("settings", [{"notice_s": 10.0}, {}])
def test_a_trip_of_all_racks_overtakes_an_overload_of_their_feeder(settings, trips):
    """The feeder sheds first, but what it sheds goes as fast as the trip wants it."""
    racks = [rack("a1", feeder="tx", **settings), rack("a2", feeder="tx", **settings)]
    feeders, meters = (feeder("tx", 400.0, "tx"),), (meter("tx"),)
    signals = (ContactSignal("contact", "hat.in9"),)
    run = Run(site(*racks, control=RAMP, signals=signals, feeders=feeders, meters=meters))
    allow(run, None)
    run.power = {"tx": 72.0}
    run.until(90.0)
    run.power = {"tx": 900.0}
    allow(run, 0.0 if trips else None)
    run.step()
    graceful = not trips and bool(settings)
    assert run.on() == (["a1", "a2"] if graceful else [])


def test_an_overload_of_all_racks_overtakes_the_ramp_of_a_feeder():
    """A rack that a feeder would let go at the ramp goes at once for an import beyond trip_kw."""
    racks = [rack(name, feeder="row") for name in ("a1", "a2")]
    meters = (meter("incomer"), meter("row"))
    run = Run(site(*racks, control=RAMP, feeders=(feeder("row", 100.0, "row"),), meters=meters))
    run.power = {"incomer": -1000.0, "row": 0.0}
    run.until(8.0)
    run.power["row"] = 72.0
    run.until(90.0)
    run.power["row"] = 112.0  # 12 kW too much: 60 kWs are used up in 5 s
    run.until(4.0)
    assert run.on() == ["a1", "a2"]
    run.memory = run.memory._replace(release_next_s=run.t_s + 60.0)
    again = run.memory
    run.step()
    assert {r.reason.code for r in run.plan.racks} == {ReasonCode.RUNNING, ReasonCode.RELEASING}
    run.memory, run.power["incomer"] = again, 30.0
    run.step()
    assert len(run.on()) == 1


@pytest.mark.parametrize("kind", ["notice", "ramp"])
def test_a_trip_overtakes_an_order(kind):
    """A rack that was ordered off in the same scan as a trip gets neither notice nor ramp."""
    racks = [gpu(), rack("a2")] if kind == "notice" else threesome()
    run = running(*racks, control=RAMP)
    run.signals["sp"] = allows(0.0, 100.0, 0.0)
    run.step(*(ask(Action.OFF, spec.name) for spec in racks))
    assert run.on() == []


def test_a_measured_overload_does_not_wait_for_the_ramp_of_an_order():
    """Racks ordered off wait for the ramp, but not while they make an import beyond trip_kw."""
    run = running(*threesome(), control=RAMP, signals=(EXPORT,))
    run.step(*(ask(Action.OFF, name) for name in ("a1", "a2")))
    assert run.on() == ["a2", "a3"]
    run.step()
    assert run.on() == ["a2", "a3"]
    run.power["incomer"] = 25.0
    run.step()
    assert run.on() == ["a3"]
