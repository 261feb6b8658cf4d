"""Operators' commands, boot and restart, nonsense in the snapshot."""

import pytest

from control.build import Run, allows, ask, meter, rack, seen, site
from headworks.control.compiled import KEPT, compile_site
from headworks.control.scan import first_memory, resume, scan
from headworks.model.live import (
    Action,
    Command,
    Feedback,
    Observation,
    Quality,
    Reading,
    SignalValue,
    Snapshot,
)
from headworks.model.plan import RackState, Reason, ReasonCode
from headworks.model.site import (
    ExportSignal,
    FeederSpec,
    FrequencySignal,
    InterlockAction,
    InterlockSpec,
    SetpointSignal,
    SwitchSpec,
)

GPIO = (SwitchSpec("hat", "gpio"),)
SETPOINT = SetpointSignal("sp", "tcp://h:1")
SMOKE = InterlockSpec("smoke", "air.smoke", InterlockAction.TRIP, ("a1",), active=True, latch=True)
NAN = float("nan")


def running(**more) -> Run:
    run = Run(
        site(rack("a1", **more), rack("a2", **more), signals=(SETPOINT,), interlocks=(SMOKE,))
    )
    run.signals = {"sp": allows(1000.0, 500.0, 1e9)}
    run.observations = {"air.smoke": Observation(1000.0, Quality.GOOD, False)}
    return run


def go(run: Run, t_s: float, *commands: Command) -> None:
    """Scans with the smoke contact kept fresh; commands come with the first one."""
    smoke = run.observations["air.smoke"].value
    end = run.t_s + t_s
    while run.t_s < end:
        run.observations = {"air.smoke": seen(run.t_s + 1.0, smoke)}
        run.step(*commands)
        commands = ()


def test_off_and_auto():
    """Off keeps a rack off until auto; the journal says who."""
    run = running()
    go(run, 8.0)
    go(run, 1.0, ask(Action.OFF, "a1"))
    assert run.on() == ["a2"]
    assert run.of("a1").reason == Reason(ReasonCode.OPERATOR_OFF, (("by", "ayesha"),))
    go(run, 20.0)
    assert run.on() == ["a2"]
    go(run, 10.0, ask(Action.AUTO, "a1"))
    assert run.on() == ["a1", "a2"]
    event = next(e for e in run.events if e.kind == "command")
    assert event.reason.values[:2] == (("action", "off"), ("actor", "ayesha"))


def test_lock_opens_at_once_and_only_unlock_ends_it():
    """A lock-out opens the rack in the same scan and outlives auto, reset and a restart."""
    run = running(min_on_s=1000.0)
    go(run, 8.0)
    go(run, 1.0, ask(Action.LOCK, "a1", "fan work"))
    assert run.on() == ["a2"]
    assert run.of("a1").state is RackState.LOCKED_OUT
    assert run.of("a1").reason.values == (("by", "ayesha"), ("note", "fan work"))
    go(run, 20.0, ask(Action.AUTO, "a1"), ask(Action.RESET, "a1"))
    assert [e.kind for e in run.events if e.source == "a1"][-2:] == ["refused", "refused"]
    run.memory = resume(run.site, run.memory, run.t_s)
    go(run, 20.0)
    assert run.on() == ["a2"]
    go(run, 10.0, ask(Action.UNLOCK, "a1"))
    assert run.on() == ["a1", "a2"]


REFUSALS = [
    (Action.OFF, "a9", ReasonCode.UNKNOWN_TARGET),
    (Action.ACK, "a1", ReasonCode.UNKNOWN_TARGET),
    (Action.OFF, "smoke", ReasonCode.UNKNOWN_TARGET),
    (Action.UNLOCK, "a1", ReasonCode.NOTHING_TO_DO),
    (Action.RESET, "a1", ReasonCode.NOTHING_TO_DO),
    (Action.RESET, "smoke", ReasonCode.NOTHING_TO_DO),
    ("explode", "a1", ReasonCode.UNKNOWN_TARGET),
]


@pytest.mark.parametrize(("action", "target", "code"), REFUSALS)
def test_what_makes_no_sense_is_refused(action, target, code):
    """A command that cannot be carried out leaves an event with the reason, and no change."""
    run = running()
    go(run, 8.0)
    go(run, 1.0, Command("1", "", "", action, target))
    event = next(e for e in run.events if e.kind == "refused")
    assert (event.source, event.reason.code) == (target, code)
    assert run.on() == ["a1", "a2"]


def test_a_latched_interlock_is_reset_by_its_own_name():
    """Reset of a tripped rack names the interlock; its reset wants the cause gone."""
    run = running()
    run.observations = {"air.smoke": Observation(1000.0, Quality.GOOD, True)}
    go(run, 8.0)
    assert run.of("a1").state is RackState.TRIPPED
    go(run, 1.0, ask(Action.ACK, "smoke"), ask(Action.RESET, "a1"), ask(Action.RESET, "smoke"))
    kinds = [(e.kind, e.reason.code, e.reason.values[3:]) for e in run.events[-3:]]
    assert kinds == [
        ("command", ReasonCode.COMMAND, ()),
        ("refused", ReasonCode.TRIPPED, (("interlock", "smoke"),)),
        ("refused", ReasonCode.CAUSE_STAYS, (("interlock", "smoke"),)),
    ]
    run.observations = {"air.smoke": Observation(1000.0, Quality.GOOD, False)}
    go(run, 10.0, ask(Action.RESET, "smoke"))
    assert run.on() == ["a1", "a2"]


def test_an_order_without_a_name_is_still_an_order():
    """Off and lock of an actor without a name hold as well."""
    run = running()
    go(run, 8.0)
    off = Command("1", "", "", Action.OFF, "a1")
    go(run, 5.0, off, off._replace(action=Action.LOCK, target="a2"))
    assert run.on() == []


def booting(feedback, switches=GPIO, **more) -> Run:
    """Two racks with feedback, of which a2 shows `feedback`."""
    racks = (rack("a1", feedback="hat.in1"), rack("a2", **{"feedback": "hat.in2", **more}))
    run = Run(site(*racks, signals=(SETPOINT,), switches=switches))
    run.signals = {"sp": allows(1000.0, 500.0, 1e9)}
    run.feedback = {"a1": (False, False), "a2": feedback}
    run.until(20.0)
    return run


@pytest.mark.parametrize("feedback", [(False, None), (None, None)])
def test_nothing_starts_until_every_rack_was_seen_off(feedback):
    """One rack that nobody can see keeps all racks off, until a person locks it out."""
    run = booting(feedback)
    assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.BOOT
    run.obeys = {"a1"}
    run.step(ask(Action.LOCK, "a2"))
    run.until(12.0)
    assert run.on() == ["a1"]


def test_a_rack_that_is_on_at_boot_is_latched_and_the_others_go_on():
    """A rack that is seen to be on though it was told off is welded; it holds up nobody."""
    run = booting((True, True))
    run.obeys = {"a1"}
    run.until(12.0)
    assert run.on() == ["a1"]
    assert run.plan.upstream_trip


def test_a_coil_board_must_read_back():
    """A switch on a connection without read-back keeps the boot waiting."""
    board = (SwitchSpec("hat", "coil-8", connect="tcp://h:502"),)
    run = booting((None, False), board)
    assert run.on() == []
    run.obeys = {"a1", "a2"}
    run.until(12.0)
    assert run.on() == ["a1", "a2"]


def test_minimum_off_time_holds_at_the_very_first_start():
    """A station without memory does not know how long racks were off: the time begins now."""
    run = running(min_off_s=60.0)
    go(run, 59.0)
    assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.MIN_OFF
    go(run, 3.0)
    assert run.on() == ["a1", "a2"]


def test_a_restart_is_off_and_keeps_what_must_be_kept():
    """After a restart all is off, minimum off begins, latches, starts and trips stay."""
    run = running(min_off_s=30.0)
    go(run, 45.0)
    assert run.on() == ["a1", "a2"]
    run.observations = {"air.smoke": Observation(1000.0, Quality.GOOD, True)}
    go(run, 1.0)
    starts = [r.starts_s for r in run.memory.racks]
    memory = resume(run.site, run.memory, run.t_s)
    assert [r.on for r in memory.racks] == [False, False]
    assert [r.starts_s for r in memory.racks] == starts
    assert memory.interlocks[0].latched
    assert not memory.booted
    assert memory.last_step_s == run.t_s
    run.memory, begin = memory, run.t_s
    run.observations = {"air.smoke": Observation(1000.0, Quality.GOOD, False)}
    go(run, 1.0)
    while "a2" not in run.on():
        go(run, 1.0)
    assert run.t_s - begin == pytest.approx(30.0)
    assert run.of("a1").state is RackState.TRIPPED


def test_a_memory_that_was_not_resumed_opens_everything():
    """Racks that a memory takes for on are opened by the first scan after a restart."""
    run = running()
    go(run, 45.0)
    run.memory = run.memory._replace(booted=False)
    go(run, 1.0)
    assert run.on() == []
    assert run.of("a1").reason.code is ReasonCode.BOOT


def test_a_memory_of_another_site_is_not_used():
    """A memory with another number of racks or interlocks gives way to a first one."""
    run = running()
    go(run, 8.0)
    other = site(rack("a1"))
    assert resume(other, run.memory, 5.0) == first_memory(other, 5.0)
    hertz = site(
        rack("a1"), rack("a2"), signals=(FrequencySignal("hz", "incomer"),), interlocks=(SMOKE,)
    )
    assert resume(hertz, run.memory, 5.0).frequency == first_memory(hertz, 5.0).frequency


def test_resuming_when_nothing_was_on_keeps_the_last_step():
    """A restart with all racks off is no step."""
    run = running()
    assert resume(run.site, run.memory, 2000.0).last_step_s == float("-inf")


@pytest.mark.parametrize("t_s", [NAN, float("inf"), float("-inf"), 0.0, 1007.0])
def test_time_never_goes_back(t_s):
    """A time that makes no sense stands still and breaks nothing."""
    run = running()
    go(run, 8.0)
    plan, memory = scan(run.site, run.memory, run.snapshot()._replace(t_s=t_s))
    assert plan.t_s == memory.t_s == run.t_s


GARBAGE = Snapshot(
    2000.0,
    {"incomer": Reading("incomer", 2000.0, 1, Quality.GOOD, NAN, NAN, {"power_kw": NAN})},
    {"sp": SignalValue(NAN, Quality.GOOD, NAN, NAN)},
    {"a1": Feedback(NAN, True, True), "nobody": Feedback(2000.0)},
    {"air.smoke": Observation(NAN, Quality.GOOD, NAN)},
    (Command("", "", "", "fly", ""),),  # type: ignore[arg-type]
)


@pytest.mark.parametrize("snapshot", [Snapshot(2000.0, {}, {}, {}, {}), GARBAGE])
def test_nonsense_is_unknown_and_never_an_exception(snapshot):
    """An empty snapshot or one full of NaN gives a plan with everything off."""
    signals = (ExportSignal("export", "incomer"), SETPOINT, FrequencySignal("hz", "incomer"))
    racks = (rack("a1", feedback="hat.in1", meter="incomer"), rack("a2", feeder="tx"))
    yard = site(
        *racks, signals=signals, interlocks=(SMOKE,), feeders=(FeederSpec("tx", 100.0, "incomer"),)
    )
    plan, memory = scan(yard, first_memory(yard, 1.0), snapshot)
    plan, memory = scan(yard, memory, snapshot._replace(t_s=2001.0))
    assert [r.on for r in plan.racks] == [False, False]
    assert plan.envelope.kw == 0.0


def test_compiled_sites_are_kept_but_not_for_ever():
    """A site is worked out once; many sites do not fill the memory; equal is not the same."""
    first = site(rack("a1"))
    assert compile_site(first) is compile_site(first)
    others = [site(rack("a1"), meters=(meter("incomer"),)) for _ in range(KEPT + 1)]
    made = [compile_site(other) for other in others]
    assert len({id(one) for one in made}) == KEPT + 1
    assert all(one == compile_site(first) for one in made)


def test_a_ring_of_feeders_does_not_hang():
    """Feeders that are each other's parents cannot pass the check, and do no harm here."""
    ring = site(
        rack("a1", feeder="n"),
        feeders=(FeederSpec("n", 9.0, None, "s"), FeederSpec("s", 9.0, None, "n")),
    )
    assert compile_site(ring).scope_racks == ((0,), (0,), (0,))
