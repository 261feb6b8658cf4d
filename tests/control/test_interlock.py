"""Interlocks: causes, unknown values, delays, hysteresis, latches, and that they only take away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.build import Run, allows, ask, good, rack, seen, site
from headworks.control.compiled import Guard
from headworks.control.interlock import NOTHING, Verdict, advance, cleared, judge, permit
from headworks.model.live import Action, Quality
from headworks.model.memory import InterlockMemory
from headworks.model.plan import RackState, Reason, ReasonCode, Severity
from headworks.model.site import InterlockAction, InterlockSpec, SetpointSignal

TRIP, SHED, BLOCK, WARN = (
    InterlockAction.TRIP,
    InterlockAction.SHED,
    InterlockAction.BLOCK,
    InterlockAction.WARN,
)
NAN = float("nan")
BOTH = ("a1", "a2")


def lock(action=TRIP, when="air.value", racks=("a1",), name="lock", **more) -> InterlockSpec:
    return InterlockSpec(name, when, action, racks, **more)


def running(*locks: InterlockSpec, value=0.0, **more) -> Run:
    """A run with racks a1 and a2 running at 200 kW of setpoint, or waiting if locked."""
    racks = (rack("a1", **more), rack("a2", **more))
    run = Run(site(*racks, signals=(SetpointSignal("sp", "tcp://h:1"),), interlocks=locks))
    run.signals = {"sp": allows(1000.0, 200.0, 1e6)}
    run.power = {"incomer": 0.0}
    observe(run, value)
    until(run, 10.0)
    return run


def observe(run: Run, value, quality=Quality.GOOD) -> None:
    run.observations = {"air.value": seen(run.t_s, value, quality)}


def until(run: Run, t_s: float) -> None:
    """Scans with the observation kept fresh."""
    end = run.t_s + t_s
    while run.t_s < end:
        now = run.observations
        run.observations = {key: o._replace(t_s=run.t_s + 1.0) for key, o in now.items()}
        run.step()


@pytest.mark.parametrize(
    ("spec", "value", "acts"),
    [
        (lock(above=40.0), 40.0, False),
        (lock(above=40.0), 40.1, True),
        (lock(below=3.0), 3.0, False),
        (lock(below=3.0), 2.9, True),
        (lock(active=True), True, True),
        (lock(active=True), False, False),
        (lock(active=False), False, True),
        (lock(active=False), True, False),
        (lock(active=True), None, True),
        (lock(active=True), 1.0, True),  # a number is not a contact: unknown
        (lock(above=40.0), True, True),  # a contact is not a number: unknown
        (lock(above=40.0), NAN, True),
        (lock(above=40.0), float("-inf"), True),
        (lock(above=40.0), None, True),
    ],
)
def test_what_makes_an_interlock_act(spec, value, acts):
    """A cause acts, and so does everything that is not a known value of the right kind."""
    run = running(spec, value=0.0 if spec.active is None else not spec.active)
    if spec.below is not None:
        run = running(spec, value=9.0)
    assert run.on() == ["a1", "a2"]
    observe(run, value)
    run.step()
    assert run.on() == (["a2"] if acts else ["a1", "a2"])


@pytest.mark.parametrize(
    ("age_s", "quality", "acts"),
    [
        (0.0, Quality.GOOD, False),
        (3.0, Quality.GOOD, False),
        (3.1, Quality.GOOD, True),
        (-5.0, Quality.GOOD, True),
        (0.0, Quality.ERROR, True),
    ],
)
def test_a_stale_or_bad_observation_acts(age_s, quality, acts):
    """An observation beyond max_age_s, from the future or of bad quality is unsafe."""
    run = running(lock(above=40.0))
    run.observations = {"air.value": seen(run.t_s + 1.0 - age_s, 20.0, quality)}
    run.step()
    assert (run.on() == ["a2"]) is acts


def test_a_missing_observation_acts_and_does_not_latch():
    """A board that is gone trips while it is gone, and latches nothing."""
    run = running(lock(above=40.0, latch=True))
    run.observations = {}
    run.step()
    assert run.on() == ["a2"]
    assert run.of("a1").reason.code is ReasonCode.UNKNOWN
    assert run.of("a1").state is RackState.STOPPING
    assert not run.memory.interlocks[0].latched
    observe(run, 20.0)
    until(run, 12.0)
    assert run.on() == ["a1", "a2"]


@pytest.mark.parametrize(
    ("channel", "reading", "acts"),
    [
        ("incomer.voltage_l1_v", {"values": {"voltage_l1_v": 230.0}}, False),
        ("incomer.voltage_l1_v", {"values": {"voltage_l1_v": 260.0}}, True),
        ("incomer.voltage_l1_v", {"values": {}}, True),
        ("incomer.power_kw", {}, False),
        ("incomer.frequency_hz", {"frequency_hz": 251.0}, True),
        ("incomer.frequency_hz", {"frequency_hz": 50.0}, False),
        ("incomer.frequency_hz", {"frequency_hz": None}, True),
    ],
)
def test_an_interlock_may_watch_a_meter(channel, reading, acts):
    """`when` may name a channel of a meter; one that the meter does not have is unknown."""
    run = running()
    run = Run(site(rack("a1"), interlocks=(lock(when=channel, above=250.0),)))
    run.readings = {"incomer": good("incomer", 1001.0, -200.0, **reading)}
    run.step()
    assert run.memory.interlocks[0].tripped is acts
    for gone in (
        {},
        {"incomer": good("incomer", 900.0, -200.0)},
        {"incomer": good("incomer", 1002.0, 1.0)._replace(quality=Quality.ERROR)},
    ):
        run.readings = gone
        run.step()
        assert run.memory.interlocks[0].tripped


M = InterlockMemory
WHY = Reason(ReasonCode.INTERLOCK, (("interlock", "lock"), ("when", "air.value"), ("value", 41.0)))
DARK = Reason(ReasonCode.UNKNOWN, (("interlock", "lock"), ("when", "air.value")))


@pytest.mark.parametrize(
    ("spec", "past", "value", "new"),
    [
        (lock(above=40.0), M(), 39.0, M()),
        (lock(above=40.0), M(), 41.0, M(100.0, True, False, WHY)),
        (lock(above=40.0, latch=True), M(), 41.0, M(100.0, True, True, WHY)),
        (lock(above=40.0, delay_s=5.0), M(), 41.0, M(100.0)),
        (lock(above=40.0, delay_s=5.0), M(95.1), 41.0, M(95.1)),
        (lock(above=40.0, delay_s=5.0), M(95.0), 41.0, M(95.0, True, False, WHY)),
        (lock(above=40.0, delay_s=5.0), M(95.0), 39.0, M()),
        (lock(above=40.0), M(90.0, True, False, WHY), 44.0, M(90.0, True, False, WHY)),
        (
            lock(above=40.0, hysteresis=5.0),
            M(90.0, True, False, WHY),
            36.0,
            M(90.0, True, False, WHY),
        ),
        (lock(above=40.0, hysteresis=5.0), M(90.0, True, False, WHY), 35.0, M()),
        (lock(above=40.0, hysteresis=5.0), M(90.0), 36.0, M()),  # waiting is not acting
        (lock(above=40.0, hysteresis=5.0), M(None, True, False, DARK), 36.0, M()),  # nor is dark
        (
            lock(below=40.0, hysteresis=5.0),
            M(90.0, True, False, WHY),
            44.0,
            M(90.0, True, False, WHY),
        ),
        (lock(below=40.0, hysteresis=5.0), M(90.0, True, False, WHY), 45.0, M()),
        (lock(above=40.0, latch=True), M(90.0, True, True, WHY), 30.0, M(None, False, True, WHY)),
        (lock(above=40.0), M(), None, M(None, True, False, DARK)),
        (lock(above=40.0), M(90.0), None, M(None, True, False, DARK)),
        (lock(above=40.0, latch=True), M(None, False, True, WHY), None, M(None, True, True, WHY)),
        (
            lock(above=40.0, delay_s=5.0),
            M(None, True, False, DARK),
            41.0,
            M(100.0, True, False, DARK),
        ),
        (lock(above=40.0), M(None, True, False, DARK), 41.0, M(100.0, True, False, WHY)),
    ],
)
def test_the_life_of_an_interlock(spec, past, value, new):
    """Delay, hysteresis, latch and unknown, one step each at t = 100 s."""
    assert advance(spec, past, value, 100.0) == new


def test_nothing_new_is_the_same_object():
    """An interlock with which nothing happens costs no new memory."""
    past = M(90.0, True, False, WHY)
    assert advance(lock(above=40.0), past, 44.0, 100.0) is past


def test_a_contact_is_named_by_its_state():
    """A contact's cause says active or inactive, not 1.0."""
    values = advance(lock(active=True), M(), True, 1.0).cause.values
    assert values[-1] == ("value", "active")
    assert advance(lock(active=False), M(), False, 1.0).cause.values[-1] == ("value", "inactive")


@pytest.mark.parametrize(
    ("value", "may"), [(None, False), (41.0, False), (36.0, False), (35.0, True), (30.0, True)]
)
def test_a_reset_takes_beyond_the_hysteresis(value, may):
    """A latch may be reset only when the value is known and well away from the cause."""
    assert cleared(lock(above=40.0, hysteresis=5.0), value) is may


def test_trip_names_and_latches_until_reset():
    """A latched trip holds when the cause is gone, and ends by a reset, not before."""
    run = running(lock(above=40.0, latch=True, racks=BOTH), min_on_s=300.0)
    observe(run, 41.0)
    run.step()
    assert run.on() == []
    assert run.of("a1").state is RackState.TRIPPED
    assert run.of("a1").reason.code is ReasonCode.INTERLOCK
    observe(run, 20.0)
    until(run, 20.0)
    assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.TRIPPED
    run.step(ask(Action.RESET, "lock"))
    observe(run, 20.0)
    until(run, 12.0)
    assert run.on() == ["a1", "a2"]
    assert run.kinds("lock") == ["trip", "latch", "alarm", "reset", "alarm-end"]


def test_shed_keeps_racks_off_while_the_cause_lasts():
    """Shed stops racks by an ordinary stop, and lets them come back afterwards."""
    run = running(lock(SHED, above=40.0))
    observe(run, 41.0)
    run.step()
    assert run.on() == ["a2"]
    until(run, 20.0)
    assert run.on() == ["a2"]
    assert run.of("a1").reason.code is ReasonCode.INTERLOCK
    observe(run, 20.0)
    until(run, 12.0)
    assert run.on() == ["a1", "a2"]


def test_block_stops_starts_and_nothing_else():
    """Block leaves a running rack on and starts none."""
    run = running(lock(BLOCK, above=40.0))
    observe(run, 41.0)
    until(run, 5.0)
    assert run.on() == ["a1", "a2"]
    run.step(ask(Action.OFF, "a1"))
    run.step(ask(Action.AUTO, "a1"))
    until(run, 20.0)
    assert run.on() == ["a2"]
    assert run.of("a1").reason.code is ReasonCode.BLOCKED


def test_warn_is_an_alarm_and_nothing_else():
    """Warn raises a warning with a begin and an end."""
    run = running(lock(WARN, above=40.0))
    observe(run, 41.0)
    run.step()
    assert run.on() == ["a1", "a2"]
    assert [(a.source, a.severity) for a in run.plan.alarms] == [("lock", Severity.WARNING)]
    observe(run, 20.0)
    run.step()
    assert run.plan.alarms == ()
    assert run.kinds("lock") == ["trip", "alarm", "alarm-end"]


def test_the_strongest_cause_is_named():
    """Of several interlocks on one rack the trip is named before shed and block."""
    run = running(
        lock(BLOCK, above=30.0, name="block"),
        lock(SHED, above=30.0, name="shed"),
        lock(TRIP, above=30.0, name="trip"),
    )
    observe(run, 41.0)
    run.step()
    assert dict(run.of("a1").reason.values)["interlock"] == "trip"
    assert not run.of("a1").on
    assert [alarm.source for alarm in run.plan.alarms] == ["block", "shed", "trip"]


def guard(action, *racks: int) -> Guard:
    return Guard(lock(action), frozenset(racks), None, "value")


@pytest.mark.parametrize("action", [TRIP, SHED, BLOCK])
def test_interlocks_of_one_kind_add_up(action):
    """Two that act take away the racks of both, latched ones of both too; one at rest takes none."""
    acts, rests = M(1.0, True, True, WHY), M()
    verdict = judge([guard(action, 0), guard(action, 1), guard(action, 2)], [acts, acts, rests])
    taken = frozenset({0, 1})
    assert verdict.tripped == (taken if action is TRIP else frozenset())
    assert verdict.shed == (taken if action is SHED else frozenset())
    assert (verdict.blocked, verdict.latched) == (taken, taken)
    assert verdict.why == {0: WHY, 1: WHY}


def test_a_latch_without_a_cause_still_has_a_reason():
    """A memory that lost its cause says INTERLOCK."""
    verdict = judge([guard(TRIP, 0)], [M(None, False, True, None)])
    assert verdict.why == {0: Reason(ReasonCode.INTERLOCK)}


def test_interlocks_at_rest_take_nothing_and_cost_nothing():
    """At rest the answer is always the same empty verdict."""
    assert judge([guard(TRIP, 0)], [M()]) is NOTHING
    assert Verdict(frozenset(), frozenset(), frozenset(), frozenset(), {}) == NOTHING


def test_memories_that_do_not_fit_the_site_are_an_error():
    """One memory for each interlock, never a silent half."""
    with pytest.raises(ValueError, match="zip"):
        judge([guard(TRIP, 0)], [])


positions = st.frozensets(st.integers(0, 9))


@given(positions, positions, positions, positions)
def test_interlocks_only_remove(on, wanted, tripped, blocked):
    """Whatever they say, the racks left are some of those wanted, without tripped and blocked."""
    left = permit(on, wanted, Verdict(tripped=tripped, blocked=blocked | tripped))
    assert left <= wanted
    assert not left & tripped
    assert not (left - on) & blocked
    assert left >= (wanted & on) - tripped
    assert left >= wanted - tripped - blocked
