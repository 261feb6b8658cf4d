"""A dry contact, with time as an argument."""

import pytest

from headworks.field.signals.contact import MAX_AGE_S, Contact, update
from headworks.model.live import Observation, Quality
from headworks.model.site import ContactSignal

SPEC = ContactSignal("grid", "hat.in4", closed_kw=200.0, debounce_s=0.05)


def run(looks, spec=SPEC):
    """The value after a row of (time, closed) looks."""
    contact, value = Contact(), None
    for t_s, closed in looks:
        contact, value = update(contact, spec, Observation(t_s, Quality.GOOD, closed), t_s)
    return contact, value


@pytest.mark.parametrize(
    ("looks", "quality", "limit_kw"),
    [
        ([(0, False)], Quality.GOOD, 0.0),
        ([(0, True)], Quality.NEVER, 0.0),
        ([(0, True), (0.04, True)], Quality.NEVER, 0.0),
        ([(0, True), (0.05, True)], Quality.GOOD, 200.0),
        ([(0, False), (1, True), (1.04, True)], Quality.GOOD, 0.0),
        ([(0, False), (1, True), (1.05, True)], Quality.GOOD, 200.0),
        ([(0, False), (1, True), (1.03, False), (1.04, True), (1.08, True)], Quality.GOOD, 0.0),
        ([(0, True), (1, True), (2, False)], Quality.GOOD, 0.0),
        ([(0, True), (1, True), (2, False), (2.01, True)], Quality.GOOD, 0.0),
        ([(0, True), (1, True), (2, False), (2.01, True), (2.06, True)], Quality.GOOD, 200.0),
    ],
)
def test_debounce(looks, quality, limit_kw):
    """Open counts at once; closed counts after it has lasted, at the start too."""
    _, value = run(looks)
    assert (value.quality, value.limit_kw) == (quality, limit_kw)


def test_closed_without_a_figure_is_no_limit():
    """A contact without closed_kw only permits; it sets no kW of its own."""
    _, value = run([(0, True), (1, True)], ContactSignal("grid", "hat.in4"))
    assert (value.quality, value.limit_kw) == (Quality.GOOD, None)


@pytest.mark.parametrize(
    ("seen", "quality"),
    [
        (None, Quality.NEVER),
        (Observation(9.9, Quality.SILENT, None, "board gone"), Quality.SILENT),
        (Observation(9.9, Quality.ERROR, True), Quality.ERROR),
        (Observation(9.9, Quality.GOOD, None), Quality.IMPLAUSIBLE),
        (Observation(9.9, Quality.GOOD, 1.0), Quality.IMPLAUSIBLE),
        (Observation(10.0 - MAX_AGE_S - 0.01, Quality.GOOD, True), Quality.SILENT),
    ],
)
def test_unknown_is_never_good_and_is_forgotten(seen, quality):
    """What is unknown or too old grants nothing, and closing must be debounced again after it."""
    closed, _ = run([(0, True), (9, True)])
    contact, value = update(closed, SPEC, seen, 10.0)
    assert value.quality is quality
    assert value.limit_kw == 0.0
    _, value = update(contact, SPEC, Observation(10.1, Quality.GOOD, True), 10.1)
    assert value.quality is not Quality.GOOD


def test_the_value_ends_with_the_age_of_the_input():
    """A contact that is no longer looked at ends by itself."""
    _, value = run([(0, True), (1, True)])
    assert value.valid_until_s == 1 + MAX_AGE_S


def test_pending_tells_that_another_look_is_wanted():
    """Only a change that waits for its debounce asks for another scan."""
    assert run([(0, True)])[0].pending
    assert not run([(0, True), (1, True)])[0].pending
    assert not run([(0, False)])[0].pending
