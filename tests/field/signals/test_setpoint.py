"""The life of a setpoint, with time as an argument."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.field.signals.setpoint import (
    MAX_LIMIT,
    NO_LIMIT,
    OrderError,
    Setpoint,
    SetpointState,
    beat,
    command,
    parse,
    state,
    until_s,
    value,
)
from headworks.model.live import Quality

BEAT_S = 30.0


def block(limit: int, validity_s: int = 60, heartbeat: int = 1, sequence: int = 1) -> list[int]:
    return [limit >> 16, limit & 0xFFFF, validity_s, heartbeat, sequence]


def grants(setpoint: Setpoint, t_s: float) -> bool:
    """Whether the signal value would let anything run at this time."""
    seen = value(setpoint, t_s, BEAT_S)
    return seen.quality is Quality.GOOD and t_s < seen.valid_until_s and seen.limit_kw != 0.0


@pytest.mark.parametrize(
    ("raw", "limit_kw"),
    [(0, 0.0), (1, 0.1), (2500, 250.0), (65536, 6553.6), (MAX_LIMIT, 100_000.0), (NO_LIMIT, None)],
)
def test_limit_words_mean(raw, limit_kw):
    """Zero is zero watts, only the sentinel is no limit, the high word comes first."""
    assert parse(block(raw), 0.0).limit_kw == limit_kw


@pytest.mark.parametrize(
    "words",
    [
        block(MAX_LIMIT + 1),
        block(NO_LIMIT - 1),
        block(2500 << 16),
        block(2500, validity_s=0),
        block(2500, validity_s=43_201),
        block(2500, validity_s=0xFFFF),
    ],
)
def test_orders_outside_sense_are_refused(words):
    """A limit beyond 100 MW, swapped words and a validity out of range are no orders."""
    with pytest.raises(OrderError):
        parse(words, 0.0)


@given(st.integers(16, 0xFFFF))
def test_swapped_words_never_pass(limit):
    """A limit from 1.6 to 6553.5 kW with its words swapped is refused."""
    with pytest.raises(OrderError):
        parse(block(limit << 16), 0.0)


@given(st.integers(0x1_0000, MAX_LIMIT))
def test_few_larger_limits_hide_swapped_words(limit):
    """Above that only the 1.5 kW after a multiple of 6553.6 kW pass when swapped."""
    swapped = (limit & 0xFFFF) << 16 | limit >> 16
    assert (swapped > MAX_LIMIT) is ((limit & 0xFFFF) > 15)


def test_before_the_first_order_nothing_is_granted():
    """No order is unknown, which is zero surplus."""
    seen = value(Setpoint(), 5.0, BEAT_S)
    assert (seen.quality, seen.limit_kw) == (Quality.NEVER, 0.0)
    assert state(Setpoint(), 5.0, BEAT_S) is SetpointState.NEVER


def test_a_heartbeat_alone_is_no_order():
    """A master that only beats has not granted anything."""
    assert not grants(beat(Setpoint(), 7, 0.0, BEAT_S), 0.1)


@pytest.mark.parametrize(
    ("t_s", "expected"),
    [
        (0.0, SetpointState.IN_FORCE),
        (9.999, SetpointState.IN_FORCE),
        (10.0, SetpointState.RAN_OUT),
        (29.0, SetpointState.RAN_OUT),
    ],
)
def test_validity_ends_the_order(t_s, expected):
    """An order holds for its validity and not an instant longer."""
    setpoint = command(Setpoint(), block(2500, validity_s=10), 0.0, BEAT_S)
    assert state(setpoint, t_s, BEAT_S) is expected
    assert grants(setpoint, t_s) is (expected is SetpointState.IN_FORCE)


@pytest.mark.parametrize(("t_s", "held"), [(29.9, True), (30.0, False), (31.0, False)])
def test_a_heartbeat_that_stands_still_ends_the_order(t_s, held):
    """A dead master's order ends long before its validity."""
    setpoint = command(Setpoint(), block(2500, validity_s=3600), 0.0, BEAT_S)
    assert grants(setpoint, t_s) is held
    assert state(setpoint, t_s, BEAT_S) is (
        SetpointState.IN_FORCE if held else SetpointState.STOOD_STILL
    )


def test_a_moving_heartbeat_keeps_the_order_to_its_validity():
    """The heartbeat prolongs nothing but the master's life."""
    setpoint = command(Setpoint(), block(2500, validity_s=100), 0.0, BEAT_S)
    for step in range(1, 5):
        setpoint = beat(setpoint, 1 + step, step * 25.0, BEAT_S)
    assert grants(setpoint, 99.9)
    assert not grants(setpoint, 100.0)


def test_a_heartbeat_may_wrap():
    """65535 to 0 is a change like any other."""
    setpoint = command(Setpoint(), block(2500, 100, heartbeat=65535), 0.0, BEAT_S)
    assert grants(beat(setpoint, 0, 29.0, BEAT_S), 58.0)


def test_a_repeated_heartbeat_is_no_life():
    """A driver that repeats the last block or heartbeat on its own does not hold a rack on."""
    setpoint = command(Setpoint(), block(2500, validity_s=100), 0.0, BEAT_S)
    setpoint = beat(setpoint, 1, 20.0, BEAT_S)
    setpoint = command(setpoint, block(2500, validity_s=100), 29.0, BEAT_S)
    assert grants(setpoint, 29.5)
    assert not grants(setpoint, 30.0)
    assert not grants(command(setpoint, block(2500, validity_s=100), 31.0, BEAT_S), 31.1)


def test_after_a_standstill_only_a_new_order_counts():
    """A heartbeat that comes back does not revive what was ordered before."""
    setpoint = command(Setpoint(), block(2500, validity_s=3600), 0.0, BEAT_S)
    setpoint = beat(setpoint, 2, 40.0, BEAT_S)
    assert state(setpoint, 41.0, BEAT_S) is SetpointState.STOOD_STILL
    assert until_s(setpoint, BEAT_S) == float("-inf")
    assert not grants(beat(setpoint, 3, 42.0, BEAT_S), 42.1)
    setpoint = command(setpoint, block(1000, heartbeat=4), 43.0, BEAT_S)
    assert value(setpoint, 43.5, BEAT_S).limit_kw == 100.0


@pytest.mark.parametrize("later", [(), (40.0,), (40.0, 41.0, 42.0)])
def test_an_order_that_stood_still_has_ended_for_good(later):
    """Its end lies in the past, where it was, however the heartbeat moves afterwards."""
    setpoint = command(Setpoint(), block(2500, validity_s=3600), 0.0, BEAT_S)
    for number, t_s in enumerate(later, 2):
        setpoint = beat(setpoint, number, t_s, BEAT_S)
    for t_s in (42.0, 50.0, 3000.0):
        assert value(setpoint, t_s, BEAT_S).valid_until_s == 30.0


def test_the_end_is_known_in_advance():
    """The signal value carries its own end, so that a hung station cannot prolong it."""
    setpoint = command(Setpoint(), block(2500, validity_s=10), 5.0, BEAT_S)
    assert value(setpoint, 6.0, BEAT_S).valid_until_s == 15.0
    setpoint = command(Setpoint(), block(2500, validity_s=300), 5.0, BEAT_S)
    assert value(setpoint, 6.0, BEAT_S).valid_until_s == 35.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["order", "beat", "bad"]),
            st.integers(0, 5),
            st.floats(0.0, 50.0),
            st.integers(1, 60),
        ),
        max_size=30,
    ),
    st.floats(0.0, 100.0),
)
def test_nothing_is_ever_granted_longer_than_ordered(history, later_s):
    """Whatever comes, a grant is within a validity and within a heartbeat of its last change."""
    setpoint, t_s, order_end, changed, last = Setpoint(), 0.0, -1.0, -1e9, None
    for kind, heartbeat, pause_s, validity_s in history:
        t_s += pause_s
        if kind == "bad":
            with pytest.raises(OrderError):
                command(setpoint, block(2500, 0, heartbeat), t_s, BEAT_S)
            continue
        if heartbeat != last:
            changed, last = t_s, heartbeat
        if kind == "order":
            setpoint = command(setpoint, block(2500, validity_s, heartbeat), t_s, BEAT_S)
            order_end = t_s + validity_s
        else:
            setpoint = beat(setpoint, heartbeat, t_s, BEAT_S)
    if grants(setpoint, t_s + later_s):
        assert t_s + later_s < order_end
        assert t_s + later_s < changed + BEAT_S
