"""A recording through today's code: equal plans are silent, every other one is shown."""

import pickle

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from control.plant import Plant
from control.test_histories import sites, troubles
from headworks.control.scan import first_memory, scan
from headworks.model.live import Quality, Reading
from headworks.model.plan import Reason, ReasonCode
from headworks.replay.recording import Comparison, Scan, flat
from headworks.replay.recording_text import summary, told

SCANS = 150


def recorded(site, what=(), number=1, scans=SCANS) -> list[Scan]:
    """What a recorder keeps of a history, through bytes and back."""
    plant = Plant(site, list(what), number)
    memory, plan, kept = first_memory(site, plant.t_s), None, []
    for _ in range(scans):
        snapshot = plant.advance(plan)
        plan, new = scan(site, memory, snapshot)
        kept.append(pickle.loads(pickle.dumps((memory, snapshot, plan))))
        memory = new
    return [(site, *one) for one in kept]


@seed(20261126)
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(sites(), troubles, st.integers(0, 10**6))
def test_a_generated_history_is_decided_the_same_again(site, what, number):
    """Whatever happened on a site, its recording gives plan for plan the same."""
    found = Comparison(recorded(site, what, number))
    assert list(found.differences()) == []
    assert (found.rows, found.different, found.broken) == (SCANS, 0, 0)
    assert summary(found) == f"{SCANS} scans, all decided the same today."


def a_recording() -> list[Scan]:
    @settings(max_examples=1, deadline=None, database=None)
    @seed(7)
    @given(sites())
    def one(site):
        found.append(recorded(site))

    found: list[list[Scan]] = []
    one()
    return found[0]


def test_another_plan_is_shown_with_what_was_seen_and_both_plans():
    """A plan that today's code would not make is told with its row, snapshot and both plans."""
    scans = a_recording()
    site, memory, snapshot, plan = scans[60]
    reason = Reason(ReasonCode.OPERATOR_OFF, (("by", "ayesha\x1b[31m"),))
    other = plan.racks[0]._replace(on=not plan.racks[0].on, reason=reason)
    scans[60] = site, memory, snapshot, plan._replace(racks=(other, *plan.racks[1:]))
    found = Comparison(scans)
    (one,) = found.differences()
    assert (one.row, one.old, one.new, one.snapshot) == (61, scans[60][3], plan, snapshot)
    assert {change.path for change in one.changes} >= {"racks.a1.on", "racks.a1.reason.code"}
    text = "\n".join(told(one))
    assert text.startswith("row 61, t = ")
    assert "readings.incomer.power_kw = " in text
    assert "racks.a1.on: " in text
    assert "*a1" in text
    assert "operator-off" in text
    assert "\x1b" not in text
    assert summary(found) == f"{SCANS} scans, 1 decided otherwise today."


def test_a_hole_in_a_recording_is_counted():
    """Scans that do not follow from the one before are counted, not taken for differences."""
    scans = a_recording()
    found = Comparison(scans[:50] + scans[60:])
    assert list(found.differences()) == []
    assert (found.different, found.broken) == (0, 1)


def test_no_number_is_no_difference_from_no_number():
    """NaN in a recorded plan differs from nothing by itself."""
    site, memory, snapshot, plan = a_recording()[40]
    broken = Reading("incomer", snapshot.t_s, 1, Quality.GOOD, float("nan"))
    seen = snapshot._replace(readings={**snapshot.readings, "incomer": broken})
    again, _ = scan(site, memory, seen)
    assert list(Comparison([(site, memory, seen, again)]).differences()) == []
    assert "racks.a1.on" in flat(plan)
