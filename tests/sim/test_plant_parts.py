"""Physics of the parts: noise, weather, contactor, rack, transformer, books."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.sim.plant import contactor, grid, ledger, noise, rack, weather
from headworks.sim.plant.contactor import Contactor, Travel
from headworks.sim.plant.days import SHAPES, built_in
from headworks.sim.plant.rack import RackSettings

TRAVEL = Travel(close_s=0.04, open_s=0.02, chatter_s=0.2)
MINER = RackSettings("a1", 36.0, standby_share=0.1, boot_s=60, ramp_s=240, swing=0.0)
times = st.floats(0, 1e6, allow_nan=False)


@given(st.integers(0, 99), st.integers(0, 9999), times)
def test_noise_is_a_function_within_bounds(seed, stream, t_s):
    """The same seed, stream and time give the same value, and it stays within its bounds."""
    first = noise.sample(seed, stream, t_s, 3.0)
    assert first == noise.sample(seed, stream, t_s, 3.0)
    assert -1.06 <= first <= 1.06


def test_noise_differs_by_seed_stream_and_time():
    """Seeds, streams and instants do not share their noise."""
    draws = {noise.sample(s, c, t, 3.0) for s in (1, 2) for c in (5, 9) for t in (0.1, 0.2, 0.3)}
    assert len(draws) == 12


@pytest.mark.parametrize(
    ("irradiance", "air_c", "expected"),
    [
        (0, 20, 0.0),
        (-5, 20, 0.0),
        (500, 10, 450.0),  # cells at 25 °C: no derating
        (500, 35, 405.0),  # cells at 50 °C: 10 % less
        (1300, -5, 900.0),  # clipped at capacity, cells at 25 °C
    ],
)
def test_pv_output(irradiance, air_c, expected):
    """Photovoltaic output follows irradiance, clipped, and falls with cell temperature."""
    assert weather.pv_kw(900.0, irradiance, air_c) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("x", "y"), [(-1, 5), (0, 5), (5, 10), (10, 15), (20, 15), (25, 0), (99, 0)]
)
def test_interpolation(x, y):
    """Values between points are linear, beyond the ends flat."""
    points = ((0, 5), (10, 15), (20, 15), (25, 0))
    assert weather.interpolate(points, x) == y


def test_only_the_day_runs_faster():
    """A whole day passes in five minutes at speed 288, and begins again."""
    clock = weather.DayClock(start_s=6 * 3600, speed=288)
    assert clock.day_s(0) == 6 * 3600
    assert clock.day_s(150) == 18 * 3600
    assert clock.day_s(300) == 6 * 3600


@pytest.mark.parametrize("name", SHAPES)
def test_built_in_days_are_seeded(name):
    """The same seed gives the same day, and each day has both surplus and none."""
    hours = [h * 900.0 for h in range(96)]
    one, again = built_in(name, 3, 450, 900), built_in(name, 3, 450, 900)
    assert [one.at(s) for s in hours] == [again.at(s) for s in hours]
    assert [one.at(s) for s in hours] != [built_in(name, 4, 450, 900).at(s) for s in hours]
    surplus = [
        weather.pv_kw(900, w.irradiance_w_m2, w.temperature_c) + w.other_kw - w.load_kw
        for w in map(one.at, hours)
    ]
    assert max(surplus) > 150 > 0 > min(surplus)


def test_what_each_day_teaches():
    """Overnight exports at night only, evening turns within two hours, clouds have fast edges."""

    def surplus(name, hour):
        w = built_in(name, 1, 450, 900).at(hour * 3600)
        sun_kw = weather.pv_kw(900, w.irradiance_w_m2, w.temperature_c)
        return sun_kw + w.other_kw - w.load_kw

    assert surplus("overnight", 2) > 300 > 0 > surplus("overnight", 13)
    assert surplus("evening", 15.5) > 200 > 0 > surplus("evening", 17.5)
    light = [built_in("cloudy", 1, 450, 900).at(s).irradiance_w_m2 for s in range(30000, 60000, 10)]
    assert max(a - b for a, b in pairwise(light)) > 60  # W/m² in 10 s


OPEN = Contactor()
CLOSED = Contactor(True, True, None, 1)


def drive(coils, faults=contactor.NO_FAULTS, start=OPEN):
    """The contactor after (time, coil) pairs, in order."""
    now = start
    for t_s, coil in coils:
        now = contactor.step(now, coil, t_s, TRAVEL, faults)
    return now


@pytest.mark.parametrize(
    ("coils", "closed", "closings"),
    [
        ([(0, True)], False, 0),  # contacts travel
        ([(0, True), (0.03, True)], False, 0),
        ([(0, True), (0.04, True)], True, 1),
        ([(0, True), (0.03, False), (1, False)], False, 0),  # too short a pulse does nothing
        ([(0, True), (0.03, False), (0.06, True), (0.09, True)], False, 0),  # travel starts anew
        ([(0, True), (0.05, True), (1, False)], True, 1),
        ([(0, True), (0.05, True), (1, False), (1.02, False)], False, 1),
    ],
)
def test_contactor_travel(coils, closed, closings):
    """Main contacts follow the coil after their travel time, the auxiliary contact with them."""
    now = drive(coils)
    assert (now.closed, now.aux_closed, now.closings) == (closed, closed, closings)


@pytest.mark.parametrize(
    ("fault", "start", "coils", "closed", "aux"),
    [
        (contactor.WELD, CLOSED, [(0, False), (9, False)], True, True),
        (contactor.WELD, OPEN, [(0, False), (9, False)], False, False),
        (contactor.FAILS_TO_CLOSE, OPEN, [(0, True), (9, True)], False, False),
        (contactor.FAILS_TO_CLOSE, CLOSED, [(0, True), (9, True)], True, True),
        (contactor.AUX_STUCK, OPEN, [(0, True), (9, True)], True, False),
        (contactor.AUX_STUCK, CLOSED, [(0, False), (9, False)], False, True),
    ],
)
def test_contactor_faults(fault, start, coils, closed, aux):
    """A weld holds what is closed, a dead coil closes nothing, a stuck auxiliary stays put."""
    now = drive(coils, frozenset({fault}), start)
    assert (now.closed, now.aux_closed) == (closed, aux)


def test_chatter_counts_closings():
    """A chattering contactor closes again and again while its coil has voltage."""
    ticks = [(k * 0.01, True) for k in range(200)]
    assert drive(ticks, frozenset({contactor.CHATTER})).closings >= 8
    assert drive([(t, False) for t, _ in ticks], frozenset({contactor.CHATTER})).closings == 0


@pytest.mark.parametrize(
    ("on_for_s", "share"), [(0, 0.1), (60, 0.1), (180, 0.55), (300, 1.0), (9999, 1.0)]
)
def test_miner_ramp(on_for_s, share):
    """A miner stays at standby while it boots, then climbs to rated power over minutes."""
    assert rack.ramp_share(MINER, on_for_s) == pytest.approx(share)


def test_inrush_heat_and_noise():
    """Inrush adds at first only, heat 0.35 % per kelvin, and noise keeps values apart."""
    inrush = rack.power_kw(MINER, 0.05, 1.0, 20.0, 1)
    assert inrush == pytest.approx(36 * 0.6)
    assert rack.power_kw(MINER, 0.2, 1.0, 20.0, 1) == pytest.approx(36 * 0.1)
    assert rack.power_kw(MINER, 999, 1.0, 40.0, 1) == pytest.approx(36 * 1.07)
    noisy = MINER._replace(swing=0.004)
    draws = [rack.power_kw(noisy, 999, t * 0.05, 20.0, 1) for t in range(400)]
    assert len(set(draws)) == 400
    assert 35.8 < min(draws) < max(draws) < 36.2


def test_grid_stays_near_nominal():
    """Frequency and voltages wander, never the same twice, and stay where a grid is."""
    hz = [grid.frequency_hz(1, 50.0, t * 0.05) for t in range(4000)]
    volts = [grid.voltage_v(1, 0, t * 0.05, 0.0) for t in range(4000)]
    assert 49.94 < min(hz) < max(hz) < 50.06
    assert 227 < min(volts) < max(volts) < 233
    assert len(set(hz)) == len(set(volts)) == 4000
    assert grid.voltage_v(1, 0, 5.0, 1.0) == pytest.approx(grid.voltage_v(1, 0, 5.0, 0.0) + 4.6)


@pytest.mark.parametrize(
    ("rating", "through", "loss"),
    [(1000, 0, 1.0), (1000, 1000, 11.0), (1000, -500, 3.5), (0, 50, 0)],
)
def test_transformer_losses(rating, through, loss):
    """Losses have a constant part and grow with the square of the load, whichever way it flows."""
    assert grid.loss_kw(rating, through) == pytest.approx(loss)


@pytest.mark.parametrize(
    ("without", "racks", "available", "used", "imported"),
    [
        (-100, 40, 100, 40, 0),
        (-100, 150, 100, 100, 50),
        (-100, 0, 100, 0, 0),
        (80, 40, 0, 0, 40),  # the feeder imports anyway; only the racks' part is theirs
        (0, 40, 0, 0, 40),
    ],
)
def test_books(without, racks, available, used, imported):
    """An hour's surplus, what racks used of it, and what they made the site import."""
    books = ledger.add(
        ledger.Ledger(),
        without_racks_kw=without,
        racks_kw=racks,
        grid_kw=without + racks,
        dt_s=3600,
    )
    assert books[:4] == pytest.approx((available, used, imported, racks))
    assert books.grid_import_kwh - books.grid_export_kwh == pytest.approx(without + racks)


powers = st.floats(-2000, 2000)


@given(st.lists(st.tuples(powers, st.floats(0, 2000), st.floats(0, 60)), max_size=40))
def test_books_balance(rows):
    """Used plus imported is what the racks drew, used never exceeds the surplus there was."""
    books = ledger.Ledger()
    for without, racks, dt_s in rows:
        books = ledger.add(
            books, without_racks_kw=without, racks_kw=racks, grid_kw=without + racks, dt_s=dt_s
        )
    assert books.used_kwh + books.imported_kwh == pytest.approx(books.racks_kwh, abs=1e-6)
    assert books.used_kwh <= books.available_kwh + 1e-9
    assert min(books) >= 0.0
