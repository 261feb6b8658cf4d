"""The life of one rack: closing, opening, welding, chatter, lost feedback, claims."""

from dataclasses import replace

import pytest

from control.build import QUICK, Run, allows, ask, meter, rack, site
from headworks.model.live import Action
from headworks.model.plan import RackState, ReasonCode, Severity
from headworks.model.site import SetpointSignal, SwitchSpec

SETPOINT = SetpointSignal("sp", "tcp://h:1")


def alone(spec, control=QUICK, **more) -> Run:
    """One rack under a generous setpoint; nothing is on yet."""
    meters = (meter("m"),) if spec.meter else ()
    run = Run(site(spec, control=control, signals=(SETPOINT,), meters=meters, **more))
    run.signals = {"sp": allows(1000.0, 500.0, 1e9)}
    if spec.feedback:
        run.feedback = {"a1": (None, False)}
    if spec.meter:
        run.power = {"m": 0.0}
    return run


def started(spec, **more) -> Run:
    """The rack was just told on, and its auxiliary contact has closed."""
    run = alone(spec, **more)
    start(run)
    if spec.feedback:
        run.feedback = {"a1": (None, True)}
    return run


def start(run: Run) -> None:
    """Scan until the rack is told on."""
    run.until(5.0)
    for _ in range(8):
        if run.step().racks[0].on:
            return
    pytest.fail("the rack did not start")


def state(run: Run) -> RackState:
    return run.of("a1").state


AUX = rack("a1", feedback="hat.in1")
METERED = rack("a1", meter="m")


def test_off_starting_running_stopping_off():
    """The ordinary life: starting with a claim, running, stopping until seen off, off."""
    run = started(AUX)
    assert state(run) is RackState.STARTING
    assert (run.of("a1").power_kw, run.of("a1").claim_kw) == (0.0, 36.0)
    run.until(60.0)
    assert state(run) is RackState.RUNNING
    assert (run.of("a1").power_kw, run.of("a1").claim_kw) == (36.0, 0.0)
    run.signals = {"sp": allows(1000.0, 0.0, 1e9)}
    run.step()
    run.step()
    assert state(run) is RackState.STOPPING
    run.feedback = {"a1": (None, False)}
    run.step()
    assert state(run) is RackState.OFF
    assert run.kinds("a1") == ["start", "stop"]
    assert run.memory.racks[0].on_total_s == pytest.approx(61.0)


@pytest.mark.parametrize(
    ("kw", "power", "claim", "settled"),
    [
        (0.0, 0.0, 36.0, False),
        (10.0, 10.0, 26.0, False),
        (28.7, 28.7, 7.3, False),
        (28.8, 28.8, 0.0, True),
        (40.0, 40.0, 0.0, True),
    ],
)
def test_a_claim_ends_when_the_rack_s_meter_shows_it(kw, power, claim, settled):
    """The claim stands for what is missing to rated power, until 80 % of it is metered."""
    run = started(METERED)
    run.power = {"m": kw}
    run.step()
    plan = run.of("a1")
    assert (plan.power_kw, plan.claim_kw) == (pytest.approx(power), pytest.approx(claim))
    assert (plan.state is RackState.RUNNING) is settled


def test_a_sample_from_before_the_start_ends_no_claim():
    """Only a sample newer than the start can show the start."""
    run = alone(METERED)
    start(run)
    run.readings["m"] = run.readings["m"]._replace(power_kw=36.0)
    run.hold = {"m"}
    run.step()
    assert state(run) is RackState.STARTING


def test_a_metered_rack_whose_meter_is_gone_counts_as_rated():
    """Without its meter a running rack is assumed to draw its rated power."""
    run = started(METERED)
    run.power = {"m": 30.0}
    run.step()
    assert run.of("a1").power_kw == 30.0
    run.hold = {"m"}
    run.until(4.0)
    assert (run.of("a1").power_kw, run.of("a1").claim_kw) == (36.0, 0.0)
    assert run.plan.alarms[0].source == "m"


@pytest.mark.parametrize(("kw", "drawn"), [(-0.4, 0.0), (-0.6, 36.0)])
def test_a_rack_cannot_export(kw, drawn):
    """A little below zero is noise; a rack meter that shows export is not believed."""
    run = started(METERED)
    run.power = {"m": 30.0}
    run.step()
    run.power = {"m": kw}
    run.step()
    assert run.of("a1").power_kw == drawn


FAIL = replace(QUICK, close_s=2.0, close_retries=2, retry_s=5.0)


@pytest.mark.parametrize(
    ("feedback", "code"),
    [
        ((None, False), ReasonCode.FAILS_TO_CLOSE),
        ((False, False), ReasonCode.READBACK),
        ((False, True), ReasonCode.READBACK),
    ],
)
def test_fails_to_close_is_tried_again_and_then_latched(feedback, code):
    """Three closings that do not show, each after its pause, then a latch with an alarm."""
    run = alone(AUX, control=FAIL)
    start(run)
    tries = 0
    for _ in range(60):
        was = run.on()
        run.feedback = {"a1": feedback if was else (None, False)}
        run.step()
        tries += was == [] and run.on() == ["a1"]
    assert (tries + 1, state(run)) == (3, RackState.FAULTED)
    assert run.of("a1").reason.code is code
    assert run.kinds("a1").count("start") == 3
    assert run.kinds("a1").count("fault") == 2
    assert run.kinds("a1").count("latch") == 1
    assert run.plan.alarms[0].severity is Severity.ALARM
    assert not run.plan.upstream_trip


def test_the_pause_before_a_try_is_kept():
    """After a failed closing the rack waits retry_s, and says so."""
    run = started(AUX, control=replace(FAIL, retry_s=20.0))
    run.feedback = {"a1": (None, False)}
    run.until(4.0)
    assert run.of("a1").reason.code is ReasonCode.RETRY_WAIT
    assert run.plan.alarms[0].severity is Severity.WARNING
    begin = run.memory.racks[0].told_s
    while not run.of("a1").on:
        run.step()
    assert run.t_s - begin == pytest.approx(20.0)


def test_a_good_closing_forgets_failed_ones():
    """A rack that settled has its tries back."""
    run = started(AUX, control=FAIL)
    run.feedback = {"a1": (None, False)}
    run.until(3.0)
    assert run.memory.racks[0].retries == 1
    while not run.of("a1").on:
        run.step()
    run.feedback = {"a1": (None, True)}
    run.until(60.0)
    assert (state(run), run.memory.racks[0].retries) == (RackState.RUNNING, 0)


def test_a_contact_that_closes_late_is_no_fault():
    """Within close_s an open contact means nothing, and the disagreement is forgotten."""
    run = started(AUX)
    run.feedback = {"a1": (None, False)}
    run.step()
    assert run.memory.racks[0].mismatch_since_s is not None
    run.feedback = {"a1": (None, True)}
    run.step()
    assert run.memory.racks[0].mismatch_since_s is None
    assert run.on() == ["a1"]


def test_current_outvotes_an_open_auxiliary_contact():
    """Told on, drawing power, contact says open: an alarm, and the rack stays on."""
    run = alone(replace(AUX, meter="m"))
    start(run)
    run.power = {"m": 36.0}
    run.feedback = {"a1": (None, False)}
    run.until(10.0)
    assert run.on() == ["a1"]
    assert run.plan.alarms[0].reason.code is ReasonCode.READBACK


def test_a_contact_that_is_seen_later_than_the_meter_is_no_alarm():
    """A quick rack's meter may show it before its contact has been looked at again."""
    run = alone(replace(AUX, meter="m"))
    start(run)
    run.power = {"m": 36.0}
    run.step(dt=0.5)
    assert (run.of("a1").state, run.plan.alarms) == (RackState.RUNNING, ())
    run.feedback = {"a1": (None, True)}
    run.step()
    assert run.kinds("a1") == ["start"]


def test_a_rack_without_contact_must_draw_something():
    """A metered rack that shows nothing for settle_s did not close."""
    run = started(METERED)
    run.until(59.0)
    assert run.on() == ["a1"]
    run.step()
    assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.RETRY_WAIT


def stopped(spec, **more) -> Run:
    """The rack ran and was just told off."""
    run = started(spec, **more)
    run.power = {"m": 36.0} if spec.meter else {}
    run.until(61.0)
    run.signals = {"sp": allows(1000.0, 0.0, 1e9)}
    run.step()
    assert run.on() == []
    return run


BOTH = replace(AUX, meter="m")


@pytest.mark.parametrize(
    ("spec", "aux", "kw", "code"),
    [
        (AUX, True, None, ReasonCode.WELDED),
        (BOTH, True, 36.0, ReasonCode.WELDED),
        (BOTH, False, 36.0, ReasonCode.WELDED),  # current counts always
        (BOTH, True, 0.1, ReasonCode.READBACK),  # two of three say off
        (BOTH, False, 0.1, None),
        (METERED, None, 36.0, ReasonCode.WELDED),
        (METERED, None, 0.6, ReasonCode.WELDED),
        (METERED, None, 0.5, None),
        (AUX, False, None, None),
    ],
)
def test_welded_is_a_vote_of_command_contact_and_current(spec, aux, kw, code):
    """Told off: current means welded, a contact alone is outvoted by a meter that shows none."""
    run = stopped(spec)
    run.feedback = {} if aux is None else {"a1": (None, aux)}
    run.power = {} if kw is None else {"m": kw}
    run.step(dt=1.9)
    assert run.memory.racks[0].latch is None
    run.step(dt=0.2)
    latch = run.memory.racks[0].latch
    assert (latch and latch.code) == code
    assert run.plan.upstream_trip is (code is ReasonCode.WELDED)
    assert (state(run) is RackState.FAULTED) is (code is not None)


def test_a_welded_rack_is_never_closed_again_and_counts():
    """Welded latches, asks the upstream breaker, keeps its power counted, starts no more."""
    run = stopped(AUX)
    run.signals = {"sp": allows(1000.0, 500.0, 1e9)}
    run.until(100.0)
    assert (run.on(), state(run)) == ([], RackState.FAULTED)
    assert run.plan.upstream_trip
    assert run.plan.drawn_kw == 36.0
    assert run.kinds("a1").count("latch") == 1
    run.step(ask(Action.RESET, "a1"))
    assert run.events[-1].kind == "refused"
    assert run.events[-1].reason.code is ReasonCode.CAUSE_STAYS
    run.feedback = {"a1": (None, False)}
    run.until(11.0)
    run.step(ask(Action.RESET, "a1"))
    assert "reset" in run.kinds("a1")
    assert not run.plan.upstream_trip
    run.obeys = {"a1"}
    run.until(6.0)
    assert run.on() == ["a1"]


def test_a_stuck_contact_becomes_welded_when_current_flows():
    """A latch for a stuck contact escalates when its meter shows power."""
    run = stopped(BOTH)
    run.power = {"m": 0.1}
    run.until(4.0)
    assert run.memory.racks[0].latch.code is ReasonCode.READBACK
    run.power = {"m": 20.0}
    run.until(4.0)
    assert run.memory.racks[0].latch.code is ReasonCode.WELDED
    assert (run.plan.upstream_trip, run.of("a1").power_kw) == (True, 20.0)
    run.hold = {"m"}
    run.until(5.0)
    assert run.of("a1").power_kw == 36.0  # welded, and the meter is gone


def test_one_spike_of_a_rack_meter_is_no_weld():
    """A single sample of power at a rack that is off latches nothing."""
    run = stopped(METERED)
    run.power = {"m": 0.0}
    run.until(10.0)
    run.power = {"m": 30.0}
    run.step()
    run.hold = {"m"}
    run.until(2.5, dt=0.5)
    assert run.memory.racks[0].latch is None
    run.hold = set()
    run.power = {"m": 0.0}
    run.until(5.0)
    assert run.memory.racks[0].latch is None


def test_a_switch_that_says_it_is_still_on_is_a_fault():
    """A coil board that reads back on after it was told off did nothing."""
    board = (SwitchSpec("hat", "coil-8", connect="tcp://h:502"),)
    run = alone(rack("a1"), switches=board)
    run.feedback = {"a1": (False, None)}
    start(run)
    run.feedback = {"a1": (True, None)}
    run.until(3.0)
    assert run.on() == ["a1"]
    run.signals = {"sp": allows(1000.0, 0.0, 1e9)}
    run.until(4.0)
    assert run.memory.racks[0].latch.code is ReasonCode.WELDED


def test_chatter_latches():
    """Three changes of the contact that nobody asked for, within ten seconds, latch the rack."""
    run = started(AUX, control=replace(QUICK, close_s=5.0))
    run.until(10.0)
    for aux in (False, True, False):
        run.feedback = {"a1": (None, aux)}
        run.step()
    assert state(run) is RackState.FAULTED
    assert run.of("a1").reason.code is ReasonCode.CHATTER
    run.step(ask(Action.RESET, "a1"))
    assert run.events[-1].kind == "refused"
    assert run.events[-1].reason.values[-2:] == (("latch", "chatter"), ("wait_s", 9.0))
    run.until(11.0)
    run.step(ask(Action.RESET, "a1"))
    assert run.of("a1").state is RackState.OFF


def test_slow_changes_are_no_chatter():
    """Changes further apart than chatter_s are not added up."""
    run = started(AUX, control=replace(QUICK, close_s=50.0, chatter_s=4.0))
    run.until(52.0)
    for aux in (False, True, False, True, False):
        run.feedback = {"a1": (None, aux)}
        run.until(3.0)
    assert run.memory.racks[0].latch is None


def test_chatter_of_a_latched_rack_adds_no_second_latch():
    """A faulted rack that chatters keeps its first fault."""
    run = stopped(AUX)
    run.until(4.0)
    for aux in (False, True, False, True):
        run.feedback = {"a1": (None, aux)}
        run.step()
    assert run.memory.racks[0].latch.code is ReasonCode.WELDED


@pytest.mark.parametrize("lost", [{}, {"a1": (None, None)}])
def test_lost_feedback_opens_a_rack_and_lets_none_start(lost):
    """A rack whose configured feedback is unknown is opened, alarmed, and not started."""
    run = started(AUX)
    run.until(5.0)
    run.feedback = dict(lost)
    run.step()
    assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.FEEDBACK_LOST
    assert run.plan.alarms[0].source == "a1"
    run.until(30.0)
    assert run.on() == []
    assert run.plan.drawn_kw == 36.0  # nobody has seen it open
    run.obeys = {"a1"}
    run.until(8.0)
    assert run.on() == ["a1"]
    assert "alarm-end" in run.kinds("a1")


def test_a_rack_that_was_not_seen_off_does_not_start_again():
    """A metered rack must be seen idle before it may start again."""
    run = stopped(METERED)
    run.hold = {"m"}
    run.signals = {"sp": allows(1000.0, 500.0, 1e9)}
    run.until(30.0)
    assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.RELEASED
    run.hold, run.power = set(), {"m": 0.0}
    run.until(9.0)
    assert run.on() == ["a1"]
