"""Time wraps after 2**30, and differences do not mind."""

from headworks_fw import ticks

LAST = (1 << ticks.BITS) - 1


def test_a_difference_crosses_the_wrap():
    """What is 10 ms after the last tick is 10 ms later, not twelve days earlier."""
    assert ticks.add(LAST, 10) == 9
    assert ticks.diff(9, LAST) == 10
    assert ticks.diff(LAST, 9) == -10


def test_now_stays_below_the_wrap():
    """Both clocks give whole numbers within their bits, and go forward."""
    first, first_us = ticks.now(), ticks.us()
    assert 0 <= first <= LAST
    assert 0 <= first_us <= LAST
    assert ticks.diff(ticks.now(), first) >= 0
    assert ticks.diff(ticks.us(), first_us) >= 0
