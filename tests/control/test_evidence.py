"""What was seen before a command says nothing about it; what contradicts it needs its time."""

from dataclasses import replace

import pytest

from control.build import QUICK, Run, allows, meter, rack, site
from headworks.model.plan import RackState, ReasonCode
from headworks.model.site import SetpointSignal, SwitchSpec

SWIFT = replace(QUICK, stop_s=0.1, close_s=0.1, start_delay_s=0.0)
BOARD = (SwitchSpec("hat", "coil-8", connect="tcp://h:502", timeout_s=0.5),)
AUX, COIL = rack("a1", feedback="hat.in1"), rack("a1")


def ready(spec, **more) -> Run:
    """One rack with feedback that may start, and is told to be off."""
    run = Run(site(spec, control=SWIFT, signals=(SetpointSignal("sp", "tcp://h:1"),), **more))
    run.signals = {"sp": allows(1000.0, 500.0, 1e9)}
    run.feedback = {"a1": (False, False)}
    return run


def told_on(spec, **more) -> Run:
    """The rack was told on in the last scan; its feedback was seen in that scan."""
    run = ready(spec, **more)
    run.step()
    while not run.of("a1").on:
        run.step()
    run.looked_s = run.t_s
    return run


def told_off(spec, **more) -> Run:
    """The rack ran and was told off in the last scan; its feedback was seen in that scan."""
    run = told_on(spec, **more)
    run.looked_s, run.feedback = None, {"a1": (True, True)}
    run.until(61.0)
    assert run.of("a1").state is RackState.RUNNING
    run.signals = {"sp": allows(1000.0, 0.0, 1e9)}
    run.step()
    assert run.on() == []
    run.looked_s = run.t_s
    return run


SEEN = [(AUX, {}, 0.1), (COIL, {"switches": BOARD}, 0.6)]  # a telegram may be 0.5 s under way


@pytest.mark.parametrize(("spec", "more", "enough_s"), SEEN)
def test_welded_is_not_said_of_what_was_seen_before_the_command(spec, more, enough_s):
    """A contact or coil seen closed counts from stop_s (and the telegram's time) on, not before."""
    run = told_off(spec, **more)
    told_s = run.t_s
    run.until(1.0, dt=0.25)
    assert (run.memory.racks[0].latch, run.memory.racks[0].mismatch_since_s) == (None, None)
    run.looked_s = told_s + enough_s - 0.01
    run.step(dt=0.25)
    assert run.memory.racks[0].latch is None
    run.looked_s = told_s + enough_s + 0.001
    run.step(dt=0.25)
    assert run.memory.racks[0].latch.code is ReasonCode.WELDED


@pytest.mark.parametrize("spec", [AUX, COIL])
def test_off_is_not_believed_of_what_was_seen_before_the_command(spec):
    """A contact seen open before the command to open confirms nothing."""
    run = told_on(spec, switches=BOARD)
    run.signals = {"sp": allows(1000.0, 0.0, 1e9)}
    run.step(dt=0.01)
    run.until(1.0, dt=0.25)
    assert not run.memory.racks[0].confirmed
    run.looked_s = run.memory.racks[0].told_s + 0.01
    run.step(dt=0.25)
    assert run.memory.racks[0].confirmed


@pytest.mark.parametrize(("spec", "more", "enough_s"), SEEN)
def test_a_failed_closing_is_not_said_of_what_was_seen_before_the_command(spec, more, enough_s):
    """A contact or coil seen open counts from close_s (and the telegram's time) on."""
    run = told_on(spec, **more)
    told_s = run.t_s
    run.step(dt=0.05)
    assert run.memory.racks[0].mismatch_since_s is None
    for looked_s in (told_s + 0.01, told_s + enough_s - 0.01):
        run.looked_s = looked_s
        run.step(dt=0.04)
        assert (run.on(), run.memory.racks[0].mismatch_since_s) == (["a1"], told_s)
    run.looked_s = told_s + enough_s + 0.001
    run.step(dt=0.5)
    assert run.on() == []
    assert run.memory.racks[0].retries == 1


def test_a_first_late_look_at_an_open_contact_is_looked_at_again():
    """Where the first look comes after close_s, a second one must agree."""
    run = told_on(AUX)
    run.until(1.0, dt=0.5)
    run.looked_s = None
    run.step()
    assert run.on() == ["a1"]
    run.step()
    assert run.on() == []


def test_a_sample_from_before_the_start_is_no_failed_closing():
    """A slow meter's old sample after settle_s neither fails the rack nor ends its claim."""
    spec = rack("a1", meter="m", settle_s=20.0)
    run = ready(spec, meters=(meter("m", 90.0),))
    run.feedback, run.power = {}, {"m": 0.0}
    while not (run.plan and run.of("a1").on):
        run.step()
    run.hold = {"m"}
    run.until(40.0)
    assert (run.on(), run.of("a1").claim_kw) == (["a1"], 36.0)
    run.hold, run.power = set(), {"m": 36.0}
    run.step()
    assert run.of("a1").state is RackState.RUNNING


def test_a_change_that_was_asked_for_is_no_chatter_however_late_it_shows():
    """Contacts that are looked at long after close_s count only what nobody asked for."""
    run = ready(
        AUX,
    )
    for _ in range(3):
        run.signals = {"sp": allows(run.t_s, 500.0, 1e9)}
        while not (run.plan and run.of("a1").on):
            run.step()
        run.looked_s = run.t_s
        run.step(dt=0.5)
        run.looked_s, run.feedback = None, {"a1": (True, True)}
        run.step(dt=0.5)
        run.signals = {"sp": allows(run.t_s, 0.0, 1e9)}
        run.step(dt=0.5)
        run.looked_s = run.t_s
        run.step(dt=0.05)
        run.looked_s, run.feedback = None, {"a1": (False, False)}
        run.step(dt=0.5)
    assert run.memory.racks[0].changes_s == ()
    assert run.memory.racks[0].latch is None
