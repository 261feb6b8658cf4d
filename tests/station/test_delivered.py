"""The dead-man output moves only while relays that keep their state have said that they are off."""

from dataclasses import replace

import pytest

from headworks.model.live import Feedback, Snapshot
from headworks.model.site import Site, SwitchSpec
from headworks.station.delivered import GRACE_S, Delivered
from station.parts import a_site, plan_of


def boarded(model: str) -> Site:
    """Two racks on a switch of this model."""
    return replace(a_site("a1", "a2"), switches=(SwitchSpec("hat", model),))


def seen(t_s: float, **readback: bool | None) -> Snapshot:
    """What the switch says at `t_s`."""
    feedback = {name: Feedback(t_s, value) for name, value in readback.items()}
    return Snapshot(t_s, {}, {}, feedback, {})


def told(delivered: Delivered, site: Site, snapshot: Snapshot, *on: str) -> tuple[str, ...]:
    return delivered.missing(snapshot, plan_of(site, snapshot, set(on)))


def test_after_a_start_every_relay_must_be_heard_first() -> None:
    """What was left closed by a crash must be known to be open before the contactor closes."""
    site = boarded("coil-8")
    delivered = Delivered(site, 100.0)
    assert told(delivered, site, seen(100.0)) == ("a1", "a2")
    assert told(delivered, site, seen(100.1, a1=True, a2=None)) == ("a1", "a2")
    assert told(delivered, site, seen(100.2, a1=False, a2=None)) == ("a2",)
    assert told(delivered, site, seen(100.3, a2=False)) == ()


def test_what_was_heard_before_the_start_does_not_count() -> None:
    """Only a report that is newer than the order says anything about it."""
    site = boarded("coil-8")
    delivered = Delivered(site, 100.0)
    old = seen(99.9, a1=False, a2=False)._replace(t_s=101.0)
    assert told(delivered, site, old) == ("a1", "a2")


def test_a_stop_has_time_to_be_heard() -> None:
    """A rack that stops is missed only when the grace is over, and no longer once it is heard."""
    site = boarded("coil-8")
    delivered = Delivered(site, 100.0)
    told(delivered, site, seen(100.1, a1=False, a2=False))
    assert told(delivered, site, seen(101.0, a1=True, a2=False), "a1") == ()
    assert told(delivered, site, seen(200.0)) == ()
    assert told(delivered, site, seen(200.0 + GRACE_S - 0.1)) == ()
    assert told(delivered, site, seen(200.0 + GRACE_S)) == ("a1",)
    assert told(delivered, site, seen(210.0, a1=False)) == ()
    assert told(delivered, site, seen(900.0)) == ()


def test_a_board_that_falls_silent_while_off_holds_nothing_up() -> None:
    """What was heard to be off stays off: nobody told it otherwise."""
    site = boarded("coil-8")
    delivered = Delivered(site, 100.0)
    told(delivered, site, seen(100.1, a1=False, a2=False))
    assert told(delivered, site, seen(500.0)) == ()


def test_a_relay_that_closes_by_itself_is_missed_until_it_is_off_again() -> None:
    """It was heard to be off, and now says on without an order: only the contactor is left."""
    site = boarded("coil-8")
    delivered = Delivered(site, 100.0)
    told(delivered, site, seen(100.1, a1=False, a2=False))
    assert told(delivered, site, seen(200.0, a1=True, a2=False)) == ()
    assert told(delivered, site, seen(200.0 + GRACE_S, a1=True, a2=False)) == ("a1",)
    assert told(delivered, site, seen(204.0, a1=False, a2=False)) == ()


@pytest.mark.parametrize("model", ["relay-hat-8", "pdu-gpio-pulse-4"])
def test_switches_that_report_nothing_are_not_judged(model: str) -> None:
    """GPIO relays fall open by themselves, and a pulse-driven PDU has no report of its own."""
    site = boarded(model)
    assert told(Delivered(site, 100.0), site, seen(200.0)) == ()
