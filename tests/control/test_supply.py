"""Running racks that draw nothing any more: told off, told of, and started anew by the rules."""

from dataclasses import replace

import pytest

from control.build import QUICK, Run, feeder, meter, rack, site
from headworks.model.plan import RackState, ReasonCode, Severity

NAMES = ("a1", "a2", "a3")
CLOSE = replace(QUICK, close_s=2.0, stagger_s=2.0)


def metered() -> Run:
    """Three racks with contacts and meters of their own, running at 36 kW."""
    racks = [
        rack(name, meter=f"m{name}", feedback=f"hat.in{name}", settle_s=10.0) for name in NAMES
    ]
    meters = (meter("incomer"), *(meter(f"m{name}") for name in NAMES))
    run = Run(site(*racks, control=CLOSE, meters=meters))
    run.power, run.obeys = {"incomer": -500.0}, set(NAMES)
    run.follow = {f"m{name}": (name, 36.0) for name in NAMES}
    run.until(30.0)
    assert [r.state for r in run.plan.racks] == [RackState.RUNNING] * 3
    return run


def fed(background_kw: float = 0.0, export_kw: float = -500.0) -> Run:
    """Three racks without meters on a feeder with one, running, and `background_kw` beside them."""
    racks = [rack(name, feeder="row", feedback=f"hat.in{name}", settle_s=10.0) for name in NAMES]
    meters = (meter("incomer"), meter("row"))
    run = Run(site(*racks, control=CLOSE, meters=meters, feeders=(feeder("row", 200.0, "row"),)))
    run.power, run.obeys = {"incomer": export_kw, "row": background_kw}, set(NAMES)
    while not run.plan or len(run.on()) < 3:
        run.step()
    run.power["row"] = background_kw + 108.0
    run.until(15.0)
    assert [r.state for r in run.plan.racks] == [RackState.RUNNING] * 3
    return run


def test_racks_whose_meters_show_nothing_are_told_off():
    """Two samples over close_s: off, an alarm, and a reason; one sample is nothing."""
    run = metered()
    run.follow = {}
    run.power |= dict.fromkeys(("ma1", "ma2"), 0.2)
    run.step()
    run.hold = {"ma1", "ma2"}
    run.step(dt=2.5)
    assert run.on() == list(NAMES)
    run.hold = set()
    run.step(dt=0.1)
    assert run.on() == ["a3"]
    assert run.of("a1").reason.code is ReasonCode.POWER_LOST
    assert [(a.source, a.severity) for a in run.plan.alarms] == [
        ("a1", Severity.WARNING),
        ("a2", Severity.WARNING),
    ]
    assert run.kinds("a1")[-2:] == ["stop", "alarm"]


def test_power_that_comes_back_in_time_is_no_loss():
    """A short break opens nothing and is forgotten."""
    run = metered()
    run.follow = {}
    run.power["ma1"] = 0.0
    run.until(2.0)
    run.power["ma1"] = 30.0
    run.step()
    assert run.memory.racks[0].dark_since_s is None
    run.power["ma1"] = 0.0
    run.step()
    assert run.on() == list(NAMES)


@pytest.mark.parametrize("make", [metered, fed])
def test_when_the_supply_returns_racks_come_back_one_by_one(make):
    """They start by the rules, as far apart as ever, and the alarm ends when they draw again."""
    run = make()
    run.follow = {}
    run.power |= {name: 0.0 for name in run.power if name != "incomer"}
    run.until(4.0)
    assert run.on() == []
    assert {alarm.reason.code for alarm in run.plan.alarms} == {ReasonCode.POWER_LOST}
    if make is metered:
        run.follow = {f"m{name}": (name, 36.0) for name in NAMES}
    starts = []
    while len(run.on()) < 3:
        run.step()
        starts += [run.t_s for event in run.plan.events if event.kind == "start"]
        if make is fed:
            run.power["row"] = 36.0 * len(run.on())
    assert len(starts) == 3
    assert starts[1] - starts[0] >= CLOSE.stagger_s
    assert starts[2] - starts[1] >= CLOSE.stagger_s
    run.until(15.0)
    assert run.plan.alarms == ()
    assert run.on() == list(NAMES)


def test_a_feeder_that_shows_nothing_tells_of_its_racks():
    """Racks without meters behind a feeder that feeds nothing else are told off together."""
    run = fed()
    run.power["row"] = 0.0
    run.until(2.0)
    assert run.on() == list(NAMES)
    run.step()
    assert run.on() == []
    assert run.plan.drawn_kw == 0.0


@pytest.mark.parametrize(("background_kw", "then_kw"), [(-108.0, 0.0), (20.0, 0.0), (0.0, 1.0)])
def test_a_feeder_with_other_load_tells_nothing(background_kw, then_kw):
    """Where something else is fed, or fed from there, zero is no evidence against racks."""
    run = fed(background_kw)
    run.power["row"] = then_kw
    run.until(20.0)
    assert run.on() == list(NAMES)


def test_a_feeder_tells_nothing_of_racks_with_meters_or_without_a_memory_of_it():
    """A rack whose own meter is silent, and a first look, are no evidence."""
    racks = [rack("a1", feeder="row", meter="m", settle_s=10.0), rack("a2")]
    meters = (meter("incomer"), meter("row"), meter("m"))
    run = Run(site(*racks, control=CLOSE, meters=meters, feeders=(feeder("row", 200.0, "row"),)))
    run.power = {"incomer": -500.0, "row": 0.0, "m": 0.0}
    run.follow = {"m": ("a1", 36.0)}
    run.until(30.0)
    run.follow, run.hold = {}, {"m"}
    run.until(10.0)
    assert run.on() == ["a1", "a2"]
    run = fed()
    run.memory = run.memory._replace(background_kw=())
    run.power["row"] = 0.0
    run.step()
    assert run.memory.racks[0].dark_since_s is None
