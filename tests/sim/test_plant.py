"""The whole plant: balance, determinism, supply, and what each meter sees of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headworks.model.site import ExportSignal, FeederSpec, FrequencySignal
from headworks.sim import wiring
from headworks.sim.plant import measure
from headworks.sim.plant.days import built_in
from headworks.sim.plant.plant import Inputs, PlantSettings, Point, initial, step
from headworks.sim.plant.rack import RackSettings
from headworks.sim.plant.weather import DayClock
from sim import sites

RACKS = tuple(RackSettings(f"a{i}", 36.0, boot_s=1, ramp_s=4, stream=100 + 4 * i) for i in range(3))
PLANT = PlantSettings(
    RACKS,
    (Point("incomer", True, (0, 1, 2)), Point("row", False, (0, 1)), Point("m3", False, (2,))),
    built_in("cloudy", 1, 450, 900),
    DayClock(12 * 3600, 288),
    900.0,
    1000.0,
)
OFF = Inputs((False, False, False))
ON = Inputs((True, True, True))


def run(plant, steps, state=None, dt_s=0.05):
    """The states after each (inputs) of `steps`."""
    state = state or initial(plant, 0.0)
    states = []
    for inputs in steps:
        state = step(plant, state, inputs, state.t_s + dt_s)
        states.append(state)
    return states


inputs = st.builds(
    Inputs,
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.booleans(),
    st.just(False),
    st.floats(0, 1),
    st.floats(-100, 400),
    st.just(None),
    st.lists(
        st.sampled_from([frozenset(), frozenset({"weld"}), frozenset({"chatter"})]),
        min_size=3,
        max_size=3,
    ).map(tuple),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)


@given(st.lists(inputs, min_size=1, max_size=60), st.floats(0.01, 5))
@settings(max_examples=60)
def test_energy_balances_in_every_step(steps, dt_s):
    """Grid = load - generation + losses + racks; meters agree; counters and books agree."""
    states = run(PLANT, steps, dt_s=dt_s)
    for s in states:
        assert s.grid_kw == pytest.approx(s.load_kw - s.pv_kw - s.other_kw + s.loss_kw + s.racks_kw)
        assert s.points_kw[0] == pytest.approx(s.grid_kw)
        assert s.points_kw[1] + s.points_kw[2] == pytest.approx(s.racks_kw)
        assert min(s.loss_kw, s.pv_kw, s.racks_kw, *(r.power_kw for r in s.racks)) >= 0.0
    last, books = states[-1], states[-1].books
    first = initial(PLANT, 0.0)
    gained = [
        now.import_kwh - now.export_kwh - was.import_kwh + was.export_kwh
        for now, was in zip(last.counters, first.counters, strict=True)
    ]
    assert gained[0] == pytest.approx(books.grid_import_kwh - books.grid_export_kwh, abs=1e-6)
    assert gained[1] + gained[2] == pytest.approx(books.racks_kwh, abs=1e-6)
    assert sum(r.energy_kwh for r in last.racks) == pytest.approx(books.racks_kwh, abs=1e-9)
    assert books.used_kwh + books.imported_kwh == pytest.approx(books.racks_kwh, abs=1e-9)


def test_same_inputs_same_states():
    """The plant is a function: the same settings, inputs and times give the same states."""
    steps = [ON] * 40 + [OFF] * 40
    assert run(PLANT, steps) == run(PLANT, steps)
    assert run(PLANT, steps) != run(PLANT._replace(seed=2), steps)


def test_racks_draw_only_behind_closed_supply():
    """An open dead-man contactor or a tripped breaker takes the power, whatever the contactors do."""
    on = run(PLANT, [ON] * 5)[-1]
    assert on.racks_kw > 0.0
    dropped = run(PLANT, [ON._replace(master_closed=False)], on)[-1]
    assert dropped.racks_kw == 0.0
    assert all(rack.contactor.closed for rack in dropped.racks)
    again = run(PLANT, [ON] * 2, dropped)[-1]
    assert again.racks[0].live_since_s == pytest.approx(dropped.t_s + 0.05)  # boots anew
    tripped = run(PLANT, [ON._replace(trip=True), ON], on)[-1]
    assert tripped.racks_kw == 0.0
    assert tripped.breaker_open


def test_disturbances_reach_the_meter():
    """A load step, a cloud and a forced frequency show where they should."""
    calm = run(PLANT, [OFF])[-1]
    stepped = run(PLANT, [OFF._replace(load_step_kw=200.0)])[-1]
    cloudy = run(PLANT, [OFF._replace(pv_share=0.25)])[-1]
    low = run(PLANT, [OFF._replace(frequency_hz=49.2)])[-1]
    assert stepped.grid_kw - calm.grid_kw == pytest.approx(200.0, abs=3.0)
    assert cloudy.pv_kw == pytest.approx(calm.pv_kw / 4)
    assert low.frequency_hz == pytest.approx(49.2, abs=0.02)


@pytest.mark.parametrize("point", [0, 1, 2])
def test_a_meter_is_consistent(point):
    """Power is the sum of its phases and of V·I·pf, currents unsigned, nothing repeats."""
    states = run(PLANT, [ON] * 3)
    one = measure.channels(PLANT, states[-1], point)
    phases = [
        (one[f"power_l{n}_kw"], one[f"voltage_l{n}_v"], one[f"current_l{n}_a"]) for n in (1, 2, 3)
    ]
    assert sum(kw for kw, _, _ in phases) == pytest.approx(one["power_kw"])
    for kw, volts, amps in phases:
        assert volts * amps * one["power_factor"] / 1000 == pytest.approx(abs(kw))
    before = measure.channels(PLANT, states[-2], point)
    assert all(one[name] != before[name] for name in one if not name.endswith("kwh"))


def test_a_meter_mounted_the_other_way_round():
    """Powers change sign, counters change places, voltage and current stay."""
    one = measure.channels(PLANT, run(PLANT, [ON] * 3)[-1], 0)
    other = measure.mirrored(one)
    assert other["power_kw"] == -one["power_kw"]
    assert other["power_l2_kw"] == -one["power_l2_kw"]
    assert (other["import_kwh"], other["export_kwh"]) == (one["export_kwh"], one["import_kwh"])
    assert other["current_l1_a"] == one["current_l1_a"]
    assert other["power_factor"] == one["power_factor"]


def nested():
    """Point of connection, a container feeder in it, two rows in that, a rack meter."""
    return sites.site(
        [
            sites.meter(n, "tcp://127.0.0.1:1", i)
            for i, n in enumerate(("poc", "box", "row", "r", "hz"))
        ],
        [
            sites.rack("a1", 1, feeder="row-a", meter="r"),
            sites.rack("a2", 2, feeder="row-b"),
            sites.rack("a3", 3, feeder="box"),
        ],
        feeders=(
            FeederSpec("box", 630, meter="box"),
            FeederSpec("row-a", 100, meter="row", parent="box"),
            FeederSpec("row-b", 100, parent="box"),
        ),
        signals=(ExportSignal("export", "poc"), FrequencySignal("uf", "hz", trip_hz=59.7)),
    )


def test_topology_says_what_meters_measure():
    """Export meter: everything; feeder: its racks and those below; rack meter: its rack."""
    assert wiring.points(nested()) == (
        Point("poc", True, (0, 1, 2)),
        Point("box", False, (0, 1, 2)),
        Point("row", False, (0,)),
        Point("r", False, (0,)),
        Point("hz", True, (0, 1, 2)),
    )
    assert wiring.nominal_hz(nested()) == 60.0


def test_without_export_signal_the_first_root_feeder_has_the_load():
    """A site run by setpoint alone still has its load and sun on its first feeder."""
    assert wiring.points(sites.small())[0].base
    assert wiring.connection_meters(
        sites.site([sites.meter("incomer", "tcp://h:1")], [], signals=())
    ) == ("incomer",)


def test_sizes_follow_the_largest_feeder():
    """Unless told otherwise, load and photovoltaics suit the feeder; 0 kW means none."""
    assert wiring.sizes(sites.small(), None, None) == (1000.0, 450.0, 900.0)
    assert wiring.sizes(sites.small(), 600.0, 0.0) == (1000.0, 600.0, 0.0)
