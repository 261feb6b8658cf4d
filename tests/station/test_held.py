"""What the station tells of its interlocks: what each sees now, and since when."""

from dataclasses import replace

from headworks.model.memory import InterlockMemory as M
from headworks.model.plan import Reason, ReasonCode
from headworks.model.site import BoardSpec, InterlockAction, InterlockSpec
from headworks.station.held import Held
from headworks.station.state import number
from station.parts import a_site

WHY = Reason(ReasonCode.INTERLOCK)
SMOKE = InterlockSpec(
    "smoke", "safety.smoke", InterlockAction.TRIP, ("a1",), active=True, latch=True,
    local_reset="hat.in5",
)  # fmt: skip
RELAY = InterlockSpec("relay", "safety.permit", InterlockAction.TRIP, ("a1",), active=False)
BOARD = BoardSpec("safety", "pico-safety", "serial:/dev/none", zone=("a1",), permissive="permit")
SITE = replace(a_site("a1"), interlocks=(SMOKE, RELAY), boards=(BOARD,))

REST, ACTS = M(), M(100.0, True, True, WHY)
GONE, DARK = M(None, False, True, WHY), M(None, True, True, WHY)


def followed(*locks: M, saved: M = REST) -> dict:
    """The view at t = 200 s of smoke, whose memory was as given at 110 s, 120 s, and so on."""
    held = Held(SITE, (saved, REST))
    for n, lock in enumerate(locks, 1):
        held.look(100.0 + 10.0 * n, (lock, REST))
    return {one["name"]: one for one in held.view(200.0, number)}.get("smoke", {})


def figures(*locks: M, saved: M = REST) -> tuple[object, ...]:
    one = followed(*locks, saved=saved)
    return one["sees"], one["latched"], one["since_s"], one["gone_s"]


def test_an_interlock_at_rest_is_not_told():
    """Nor one that has been reset."""
    assert followed(REST) == followed(ACTS, GONE, REST) == {}


def test_a_latch_is_told_from_its_cause_to_its_reset():
    """Since when it is latched, and for how long its cause has gone."""
    assert figures(ACTS) == ("cause", True, 90.0, None)
    assert figures(ACTS, ACTS, GONE, GONE) == ("nothing", True, 90.0, 70.0)


def test_a_cause_that_comes_again_or_is_lost_from_sight_is_not_gone():
    """The time of its going counts anew."""
    assert figures(ACTS, GONE, ACTS) == ("cause", True, 90.0, None)
    assert figures(ACTS, GONE, DARK) == ("unknown", True, 90.0, None)
    assert figures(ACTS, GONE, DARK, GONE) == ("nothing", True, 90.0, 60.0)


def test_of_a_latch_from_before_the_start_the_time_is_not_known():
    """It was not seen to begin; that its cause is gone is known once that was seen."""
    assert figures(GONE, saved=GONE) == ("nothing", True, None, None)
    assert figures(DARK, GONE, saved=DARK) == ("nothing", True, None, 80.0)


def test_contact_and_relay_are_told():
    """Where it is reset, and whose permissive relay it watches."""
    held = Held(SITE, (REST, REST))
    held.look(110.0, (ACTS, M(105.0, True)))
    smoke, relay = held.view(120.0, number)
    assert (smoke["reset_at"], smoke["relay_of"]) == ("hat.in5", "")
    assert (relay["reset_at"], relay["relay_of"], relay["action"]) == ("", "safety", "trip")
    assert relay["since_s"] is None
