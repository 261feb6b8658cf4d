"""What a meter already shows of our own racks: nothing twice, nothing forgotten."""

from dataclasses import replace

import pytest

from control.build import Run, allows, feeder, meter, rack, site
from headworks.model.plan import RackState
from headworks.model.site import ContactSignal, ExportSignal, SwitchSpec

EXPORT = ExportSignal("export", "incomer")


class Yard(Run):
    """A run in which the incomer shows `background_kw` and what the racks really draw."""

    background_kw = -100.0

    def __init__(self, *racks, lag: int = 0, **more):
        super().__init__(site(*racks, **more))
        self.real: dict[str, float] = {}
        self.lag, self.past = lag, []

    def snapshot(self, *commands):
        own = sum(self.real.get(name, 0.0) for name in (self.on() if self.plan else []))
        self.past.append(self.background_kw + own)
        self.power["incomer"] = self.past[max(0, len(self.past) - 1 - self.lag)]
        return super().snapshot(*commands)


def test_own_running_load_does_not_hide_the_surplus():
    """A running rack takes 36 kW of export; the envelope stays what it was."""
    yard = Yard(rack("a1"), rack("a2"))
    yard.real = {"a1": 36.0, "a2": 36.0}
    for _ in range(30):
        yard.step()
        assert yard.plan.envelope.kw == pytest.approx(100.0)
    assert yard.on() == ["a1", "a2"]


@pytest.mark.parametrize("metered", [True, False])
@pytest.mark.parametrize("steps", [1, 4, 40])
def test_a_ramping_rack_is_counted_once(metered, steps):
    """While a rack ramps, claim and metered power together stay its rated power."""
    more = {"meter": "m"} if metered else {}
    yard = Yard(rack("a1", **more), meters=(meter("incomer"), meter("m")))
    yard.power = {"m": 0.0}
    yard.background_kw = -42.0
    yard.until(8.0)
    assert yard.on() == ["a1"]
    for k in range(60):
        yard.real["a1"] = min(36.0, 36.0 * (k + 1) / steps)
        yard.power["m"] = yard.real["a1"]
        yard.step()
        # Without a meter of its own the rest of the ramp, a fifth, is taken for granted.
        assert yard.plan.envelope.kw == pytest.approx(42.0, abs=1e-6 if metered else 7.2)
        assert yard.on() == ["a1"]
    assert yard.of("a1").state is RackState.RUNNING


def test_a_rack_meter_that_lags_sheds_nobody():
    """The incomer shows the start before the rack's own meter does: nothing is counted twice."""
    yard = Yard(rack("a1", meter="m"), meters=(meter("incomer"), meter("m", 9.0)))
    yard.power, yard.background_kw = {"m": 0.0}, -42.0
    yard.until(8.0)
    assert yard.on() == ["a1"]
    yard.hold, yard.real = {"m"}, {"a1": 36.0}
    for _ in range(5):
        yard.step()
        assert (yard.on(), yard.plan.envelope.kw) == (["a1"], pytest.approx(42.0))


def test_an_incomer_that_lags_gives_nothing_away():
    """The rack's meter shows the start before the incomer does: no second rack on the same kW."""
    yard = Yard(rack("a1", meter="m"), rack("a2"), lag=4, meters=(meter("incomer"), meter("m")))
    yard.follow, yard.background_kw = {"m": ("a1", 36.0)}, -60.0
    yard.real = {"a1": 36.0}
    yard.until(40.0)
    assert yard.on() == ["a1"]


@pytest.mark.parametrize("held", [0, 1, 3])
def test_a_stop_that_is_still_visible_sheds_nobody_else(held):
    """After a shed the old sample still shows the rack; the others stay."""
    yard = Yard(*[rack(f"a{k}") for k in range(1, 5)], meters=(meter("incomer", 10.0),))
    yard.real, yard.background_kw = dict.fromkeys(("a1", "a2", "a3", "a4"), 36.0), -200.0
    yard.until(90.0)
    assert len(yard.on()) == 4
    yard.background_kw = -115.0  # 144 kW planned: a deficit of 29 kW
    yard.step()
    assert len(yard.on()) == 3
    yard.hold = {"incomer"}
    for _ in range(held):
        yard.step(dt=0.3)
        assert len(yard.on()) == 3
    yard.hold = set()
    yard.until(20.0)
    assert len(yard.on()) == 3


def test_a_stop_that_takes_time_sheds_nobody_else():
    """A sample within stop_s may show the rack or not; neither sheds another one."""
    yard = Yard(*[rack(f"a{k}") for k in range(1, 5)])
    names = ("a1", "a2", "a3", "a4")
    yard.real, yard.background_kw = dict.fromkeys(names, 36.0), -200.0
    yard.until(90.0)
    yard.background_kw = -115.0
    yard.step()
    gone = next(name for name in names if name not in yard.on())
    yard.background_kw += 36.0  # still there
    yard.step(dt=0.5)
    assert len(yard.on()) == 3
    yard.background_kw -= 36.0
    yard.step(dt=0.5)
    yard.until(10.0)
    assert len(yard.on()) == 3
    assert gone not in yard.on()


@pytest.mark.parametrize(
    ("seen_by", "lag_s", "after_s"),
    [
        ("contact", 0.0, 0.5),
        ("contact", 0.1, 0.5),
        ("contact", 1.0, 1.5),
        ("coil", 0.1, 0.5),
        ("own meter", 0.1, 0.5),
        ("nothing", 0.1, 2.0),
    ],
)
def test_a_deeper_cloud_sheds_as_soon_as_the_meter_must_show_the_last_stop(seen_by, lag_s, after_s):
    """A rack seen open is credited for the meter's lag and no longer; one nobody sees, stop_s."""
    names = ("a1", "a2", "a3", "a4")
    more = {
        "contact": lambda name: {"feedback": f"hat.in{name[1:]}"},
        "own meter": lambda name: {"meter": f"m{name[1:]}"},
    }.get(seen_by, lambda name: {})
    switch = SwitchSpec("hat", "any", connect="tcp://h:502" if seen_by == "coil" else "")
    meters = (replace(meter("incomer"), lag_s=lag_s), *(meter(f"m{name[1:]}") for name in names))
    yard = Yard(*[rack(name, **more(name)) for name in names], meters=meters, switches=(switch,))
    yard.real, yard.background_kw = dict.fromkeys(names, 36.0), -200.0
    yard.obeys = set(names) if seen_by != "nothing" else set()
    yard.follow = {f"m{name[1:]}": (name, 36.0) for name in names}
    yard.until(90.0)
    yard.background_kw = -115.0  # 144 kW planned: a deficit of 29 kW
    yard.step()
    assert len(yard.on()) == 3
    told_s, yard.background_kw = yard.t_s, -75.0  # and 33 kW more at once
    while len(yard.on()) == 3:
        yard.step(dt=0.25)
    assert len(yard.on()) == 2
    assert yard.t_s - told_s == after_s
    yard.until(10.0)
    assert len(yard.on()) == 2


def test_a_rack_seen_open_by_its_own_meter_draws_nothing():
    """Its power is gone before stop_s is over: the plan says so, and it is not off for sure yet."""
    yard = Yard(rack("a1", meter="m"), meters=(meter("incomer"), meter("m")))
    yard.follow, yard.real = {"m": ("a1", 36.0)}, {"a1": 36.0}
    yard.until(20.0)
    assert yard.of("a1").power_kw == 36.0
    yard.background_kw = 50.0
    yard.step()
    assert (yard.on(), yard.of("a1").power_kw) == ([], 36.0)
    yard.step(dt=0.5)
    assert (yard.of("a1").power_kw, yard.memory.racks[0].confirmed) == (0.0, False)


def test_a_real_import_is_never_hidden_by_a_claim():
    """While a rack starts, an import beyond trip_kw sheds in the scan that sees it."""
    yard = Yard(rack("a1"), rack("a2"))
    yard.until(8.0)
    assert yard.on() == ["a1", "a2"]
    yard.background_kw = 90.0
    yard.step()
    assert yard.on() == []


def test_a_cloud_during_a_ramp_takes_the_rack():
    """The ramping rack's own meter shows that the change is not its own."""
    yard = Yard(rack("a1", meter="m"), meters=(meter("incomer"), meter("m")))
    yard.power, yard.background_kw = {"m": 0.0}, -45.0
    yard.until(8.0)
    assert yard.on() == ["a1"]
    yard.real = {"a1": 3.0}
    yard.power["m"] = 3.0
    yard.step()
    yard.background_kw = -10.0
    yard.step()
    assert yard.on() == []


def test_the_feeder_shows_unmetered_racks_one_by_one():
    """Two unmetered racks start on a feeder; each claim ends when the feeder shows so much."""
    racks = [rack("a1", feeder="tx"), rack("a2", feeder="tx")]
    run = Run(
        site(
            *racks,
            signals=(ContactSignal("contact", "hat.in9"),),
            feeders=(feeder("tx", 500.0, "tx"),),
            meters=(meter("tx"),),
        )
    )
    run.signals = {"contact": allows(1000.0, None, 1e9)}
    run.power = {"tx": 50.0}
    run.until(8.0)
    assert run.on() == ["a1", "a2"]
    states = []
    for kw in (60.0, 79.0, 110.0, 115.0):
        run.power = {"tx": kw}
        run.step()
        states.append([r.state for r in run.plan.racks].count(RackState.RUNNING))
    assert states == [0, 1, 1, 2]
    assert run.plan.envelope.feeder_kw["tx"] == pytest.approx(450.0)


def test_a_meter_that_comes_back_during_a_start_counts_the_claim_in_full():
    """Without a base from before the start, the step cannot be told from other load."""
    run = Run(
        site(
            rack("a1", feeder="tx"),
            signals=(ContactSignal("contact", "hat.in9"),),
            feeders=(feeder("tx", 500.0, "tx"),),
            meters=(meter("tx"),),
        )
    )
    run.signals = {"contact": allows(1000.0, None, 1e9)}
    run.power = {"tx": 0.0}
    run.until(8.0)
    assert run.on() == ["a1"]
    run.memory = run.memory._replace(background_kw=(None,))
    run.power = {"tx": 20.0}
    run.step()
    assert run.plan.envelope.feeder_kw["tx"] == pytest.approx(480.0)
