"""On slow: sustained surplus, agreeing samples, limits of starts, and who goes first."""

from dataclasses import replace

import pytest

from control.build import QUICK, Run, ask, feeder, meter, rack, site
from headworks.model.live import Action
from headworks.model.plan import ReasonCode
from headworks.model.site import ExportSignal, FrequencySignal, SetpointSignal

SETPOINT = SetpointSignal("sp", "tcp://h:1")
EXPORT = ExportSignal("export", "incomer")


def first_on(run: Run, name: str, within_s: float = 60.0) -> float | None:
    """Seconds until a rack is told on."""
    begin = run.t_s
    while run.t_s < begin + within_s:
        run.step()
        if run.of(name).on:
            return run.t_s - begin
    return None


def waiting(*racks, kw=-200.0, control=QUICK, **more) -> Run:
    """Booted, with the incomer at `kw`, for two seconds."""
    run = Run(site(*racks, control=control, **more))
    run.power = {"incomer": 0.0}
    run.until(3.0)
    run.power = {"incomer": kw}
    return run


@pytest.mark.parametrize(("kw", "starts"), [(-41.0, True), (-40.9, False), (-36.0, False)])
def test_a_start_needs_rated_power_and_margin(kw, starts):
    """36 kW rated and 5 kW margin want 41 kW of surplus."""
    run = waiting(rack("a1"), kw=kw)
    assert (first_on(run, "a1") is not None) is starts


def test_the_surplus_must_last():
    """A break in the surplus starts the delay again."""
    run = waiting(rack("a1"))
    run.until(4.0)
    assert run.of("a1").reason.code is ReasonCode.WAIT_SURPLUS
    assert dict(run.of("a1").reason.values)["wait_s"] == pytest.approx(2.0)
    run.power = {"incomer": -40.0}
    run.step()
    assert run.of("a1").reason.code is ReasonCode.NO_SURPLUS
    assert dict(run.of("a1").reason.values) == {"need_kw": 41.0, "have_kw": 40.0}
    run.power = {"incomer": -200.0}
    assert first_on(run, "a1") == 6.0


@pytest.mark.parametrize(
    ("gap_s", "scan_s", "more_s"),
    [(3.0, 1.0, 0.0), (3.1, 1.0, 5.0), (20.0, 1.0, 5.0), (20.0, 10.0, 0.0), (20.1, 10.0, 5.0)],
)
def test_a_time_without_scans_is_no_surplus(gap_s, scan_s, more_s):
    """Longer than two scans and the meter's max_age_s, and the delay begins anew after it."""
    run = waiting(rack("a1"), scan_s=scan_s)
    run.until(4.0)
    assert run.of("a1").reason.code is ReasonCode.WAIT_SURPLUS
    run.step(dt=gap_s)
    after_s = 0.0
    while not run.on():
        run.step(dt=0.5)
        after_s += 0.5
    assert after_s == pytest.approx(more_s, abs=0.5)


def test_one_sample_never_closes_a_rack():
    """Without any delay, one sample seen over and over starts nothing; a second one does."""
    run = waiting(rack("a1"), control=replace(QUICK, start_delay_s=0.0))
    run.step(dt=0.5)
    run.hold = {"incomer"}
    for _ in range(4):
        run.step(dt=0.5)
        assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.WAIT_SAMPLE
    run.hold = set()
    run.step(dt=0.5)
    assert run.on() == ["a1"]


def test_a_spike_closes_nothing():
    """A single sample of huge export between two of none starts nothing."""
    run = waiting(rack("a1"), kw=0.0, control=replace(QUICK, start_delay_s=0.0))
    for _ in range(5):
        run.power = {"incomer": -900.0}
        run.step()
        run.power = {"incomer": 0.0}
        run.step()
    assert run.kinds("a1") == []


def test_no_new_step_before_a_sample_newer_than_the_last():
    """With a 60 s meter one step is made each minute, not one each scan (no oscillation)."""
    control = replace(QUICK, stagger_s=1.0, start_delay_s=0.0)
    racks = [rack(f"a{k}") for k in range(1, 5)]
    run = Run(site(*racks, control=control, meters=(meter("incomer", max_age_s=90.0),)))
    run.power = {"incomer": -500.0}
    counts = []
    for second in range(300):
        run.hold = set() if second % 60 == 5 else {"incomer"}
        run.step()
        counts.append(len(run.on()))
    assert [counts[k] for k in (10, 70, 130, 190, 250)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["tx", "hz", "incomer"])
def test_every_meter_of_the_decision_must_agree(name):
    """A feeder's meter and the frequency's meter count as much as the export's."""
    run = waiting(
        rack("a1", feeder="tx"),
        signals=(EXPORT, FrequencySignal("hz", "hz")),
        feeders=(feeder("tx", 500.0, "tx"),),
        meters=(meter("incomer", 60.0), meter("tx", 60.0), meter("hz", 60.0)),
    )
    run.power = {"incomer": -200.0, "tx": 0.0, "hz": 0.0}
    run.hertz = {"hz": 50.0}
    run.step()
    run.hold = {name}
    run.until(10.0)
    assert run.on() == []
    assert run.of("a1").reason.values == (("meter", name),)
    run.hold = set()
    run.step()
    assert run.on() == ["a1"]


def test_one_surplus_is_given_out_once():
    """100 kW start two racks of 36 kW, not three."""
    run = waiting(*[rack(f"a{k}") for k in range(1, 5)], kw=-100.0)
    run.until(7.0)
    assert run.on() == ["a1", "a2"]
    run.until(2.0)
    assert run.plan.planned_kw == pytest.approx(72.0)


def test_order_is_priority_then_wear_then_place():
    """Higher priority first, then fewer closings, then less time on, then the site's order."""
    racks = [rack("a1"), rack("a2"), rack("a3", priority=11), rack("a4")]
    run = waiting(*racks, kw=-45.0)
    memory = run.memory
    worn = list(memory.racks)
    worn[0] = worn[0]._replace(switchings=5)
    worn[1] = worn[1]._replace(on_total_s=100.0)
    run.memory = memory._replace(racks=tuple(worn))
    order = []
    for name in ("a3", "a4", "a2", "a1"):
        assert first_on(run, name) is not None
        order.append(name)
        run.step(ask(Action.OFF, name))
        run.until(3.0)
    assert order == ["a3", "a4", "a2", "a1"]


def test_a_large_rack_does_not_hold_up_a_small_one():
    """Where the surplus is too small for the first, the next that fits starts."""
    run = waiting(rack("a1", rated_kw=100.0, priority=20), rack("a2"), kw=-60.0)
    run.until(8.0)
    assert run.on() == ["a2"]


LIMITS = [
    ({"starts_per_window": 2}, 10.0, 2),
    ({"step_kw": 80.0}, 10.0, 2),
    ({"step_kw": 35.0}, 60.0, 0),
    ({"starts_per_window": 0}, 60.0, 0),
    ({"starts_per_window": 2}, 17.0, 4),
    ({"stagger_s": 3.0}, 10.0, 2),
]


@pytest.mark.parametrize(("limits", "after_s", "count"), LIMITS)
def test_starts_are_limited_for_the_whole_site(limits, after_s, count):
    """Starts per window, kW per step and stagger hold for all racks together."""
    run = waiting(
        *[rack(f"a{k}") for k in range(1, 7)], kw=-900.0, control=replace(QUICK, **limits)
    )
    run.until(after_s)
    assert len(run.on()) == count
    codes = {r.reason.code for r in run.plan.racks if not r.on}
    assert codes == {ReasonCode.START_WINDOW}


@pytest.mark.parametrize(
    ("limits", "code", "wait_s"),
    [
        ({"min_off_s": 30.0}, ReasonCode.MIN_OFF, 30.0),
        ({"starts_per_hour": 1}, ReasonCode.STARTS_HOUR, 3600.0),
        ({"starts_per_day": 1}, ReasonCode.STARTS_DAY, 86400.0),
    ],
)
def test_a_rack_has_limits_of_its_own(limits, code, wait_s):
    """Minimum time off, starts per hour and per day hold a rack off, and say for how long."""
    run = waiting(rack("a1", **limits))
    assert first_on(run, "a1") is not None
    begin = run.t_s
    run.step(ask(Action.OFF, "a1"))
    run.until(3.0)
    run.step(ask(Action.AUTO, "a1"))
    run.until(3.0)
    reason = run.of("a1").reason
    assert reason.code is code
    since = begin if code is not ReasonCode.MIN_OFF else begin + 1.0
    assert dict(reason.values)["wait_s"] == pytest.approx(wait_s - (run.t_s - since))
    run.step(dt=wait_s)
    run.until(12.0)
    assert run.on() == ["a1"]


def test_a_rack_with_no_starts_never_starts():
    """Zero starts per hour means none, after the first one at the latest."""
    run = waiting(rack("a1", starts_per_hour=0))
    run.memory = run.memory._replace(
        racks=(run.memory.racks[0]._replace(starts_s=(run.t_s - 90000.0,)),)
    )
    assert first_on(run, "a1") is None
    assert run.of("a1").reason.code is ReasonCode.STARTS_HOUR
