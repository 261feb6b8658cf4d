"""Sensor boards: differences of channels, resets at the racks, permissive relays, a hot container."""

from dataclasses import replace

import pytest

from control.build import QUICK, Run, allows, ask, rack, seen, site
from headworks.control.compiled import compile_site
from headworks.control.interlock import attend, value_of
from headworks.control.permissive import NONE, permits
from headworks.control.scan import resume, think
from headworks.model.live import Action, Observation, Quality, Snapshot
from headworks.model.memory import InterlockMemory
from headworks.model.plan import ReasonCode
from headworks.model.site import BoardSpec, InterlockAction, InterlockSpec, SetpointSignal

TRIP, SHED, BLOCK, WARN = (
    InterlockAction.TRIP,
    InterlockAction.SHED,
    InterlockAction.BLOCK,
    InterlockAction.WARN,
)
ALL = ("a1", "a2")
M = InterlockMemory
NAN = float("nan")
DEW = InterlockSpec("dew", "air.surface_c", BLOCK, ALL, below=3.0, minus="air.dew_c")
SMOKE = InterlockSpec(
    "smoke", "air.smoke", TRIP, ALL, active=True, latch=True, local_reset="air.reset"
)
SAFETY = BoardSpec("safety", "any", "usb:1", zone=ALL, permissive="permit")
ROW = BoardSpec("row", "any", "usb:2", zone=("a1",), permissive="permit")
BARE = BoardSpec("bare", "any", "usb:3", zone=ALL)


def relay(board: BoardSpec) -> InterlockSpec:
    return InterlockSpec(
        f"{board.name}-permissive", f"{board.name}.permit", TRIP, board.zone, active=False
    )


RACKS = (rack("a1"), rack("a2"))


def boards(*locks: InterlockSpec, boards=(), racks=RACKS, **more) -> Run:
    signals = (SetpointSignal("sp", "tcp://h:1"),)
    run = Run(site(*racks, signals=signals, interlocks=locks, boards=boards, **more))
    run.signals, run.power = {"sp": allows(1000.0, 900.0, 1e9)}, {"incomer": 0.0}
    return run


def at(t_s: float, **values) -> Snapshot:
    """A snapshot with observations of the board "air"; None is missing, a tuple an age too."""
    found = {}
    for name, given in values.items():
        value, age_s = given if isinstance(given, tuple) else (given, 0.0)
        if value is not None:
            found[f"air.{name}"] = seen(t_s - age_s, value)
    return Snapshot(t_s, {}, {}, {}, found)


def go(run: Run, t_s: float, *commands, **values) -> None:
    """Scans of 1 s with observations kept fresh; keys are BOARD_CHANNEL. Commands come once."""
    end = run.t_s + t_s
    while run.t_s < end - 1e-9:
        run.observations = {
            key.replace("_", ".", 1): seen(run.t_s + 1.0, value)
            for key, value in values.items()
            if value is not None
        }
        run.step(*commands)
        commands = ()


@pytest.mark.parametrize(
    ("values", "difference"),
    [
        ({"surface_c": 20.0, "dew_c": 12.5}, 7.5),
        ({"surface_c": 12.5, "dew_c": 20.0}, -7.5),
        ({"surface_c": (20.0, 3.0), "dew_c": (12.5, 3.0)}, 7.5),
        ({"surface_c": None, "dew_c": 12.5}, None),
        ({"surface_c": 20.0, "dew_c": None}, None),
        ({"surface_c": (20.0, 3.1), "dew_c": 12.5}, None),
        ({"surface_c": 20.0, "dew_c": (12.5, 3.1)}, None),
        ({"surface_c": NAN, "dew_c": 12.5}, None),
        ({"surface_c": 20.0, "dew_c": NAN}, None),
        ({"surface_c": True, "dew_c": 12.5}, None),
        ({"surface_c": 20.0, "dew_c": False}, None),
        ({"surface_c": 9e8, "dew_c": -9e8}, None),
    ],
)
def test_the_difference_of_two_channels(values, difference):
    """Known where both are known, fresh numbers; unknown where one is not."""
    guard = compile_site(site(rack("a1"), rack("a2"), interlocks=(DEW,))).guards[0]
    assert value_of(guard, at(100.0, **values), 100.0) == difference


@pytest.mark.parametrize(("dew_c", "starts"), [(12.0, True), (18.0, False), (None, False)])
def test_the_dew_point_blocks_starts(dew_c, starts):
    """Within 3 K of the dew point, or where that is unknown, no rack starts."""
    run = boards(DEW)
    go(run, 20.0, air_surface_c=20.0, air_dew_c=dew_c)
    assert run.on() == (["a1", "a2"] if starts else [])
    if dew_c:
        go(run, 5.0, air_surface_c=20.0, air_dew_c=19.0)
        assert run.on() == (["a1", "a2"] if starts else [])  # what runs goes on


def test_a_difference_is_named_with_both_channels():
    """The reason says what was subtracted from what."""
    run = boards(DEW)
    go(run, 3.0, air_surface_c=20.0, air_dew_c=18.0)
    values = dict(run.memory.interlocks[0].cause.values)
    assert values["when"] == "air.surface_c minus air.dew_c"
    assert values["value"] == 2.0


def test_the_second_channel_may_be_silent_at_first_too():
    """Just after the start neither channel must have spoken; later that is an alarm."""
    run = boards(DEW)
    go(run, 1.0, air_surface_c=20.0)
    assert run.plan.alarms == ()
    go(run, 5.0, air_surface_c=20.0)
    assert [alarm.source for alarm in run.plan.alarms] == ["dew"]


GONE = {"smoke": False}
LATCHED, READY = M(None, False, True, None), M(None, False, True, None, ready=True)


@pytest.mark.parametrize(
    ("past", "values", "new"),
    [
        (LATCHED, {**GONE, "reset": False}, READY),
        (LATCHED, {**GONE, "reset": True}, LATCHED),  # stuck, or held since before
        (LATCHED, {**GONE, "reset": None}, LATCHED),
        (READY, {**GONE, "reset": True}, M()),
        (READY, {**GONE, "reset": False}, READY),
        (READY, {**GONE, "reset": None}, LATCHED),  # lost from sight: press again
        (READY, {**GONE, "reset": (True, 3.1)}, LATCHED),
        (READY, {**GONE, "reset": 1.0}, LATCHED),
        (READY, {"smoke": True, "reset": True}, LATCHED),
        (READY, {"smoke": True, "reset": False}, LATCHED),
        (READY, {"smoke": None, "reset": True}, LATCHED),
        (LATCHED, {"smoke": True, "reset": False}, LATCHED),
        (M(), {**GONE, "reset": True}, M()),
        (M(), {**GONE, "reset": False}, M()),
    ],
)
def test_a_button_resets_when_it_is_pressed_after_the_cause(past, values, new):
    """Only from open to closed with the cause gone; a level, a loss or a cause resets nothing."""
    guard = compile_site(site(rack("a1"), rack("a2"), interlocks=(SMOKE,))).guards[0]
    found = attend(guard, past, at(100.0, **values), 100.0)
    assert found == new
    assert found is past or found != past


def test_smoke_is_reset_by_the_button_only():
    """A person's reset is refused with the contact's name; the button clears the latch."""
    run = boards(SMOKE)
    go(run, 10.0, air_smoke=False, air_reset=False)
    assert run.on() == ["a1", "a2"]
    go(run, 3.0, air_smoke=True, air_reset=False)
    go(run, 2.0, air_smoke=True, air_reset=True)  # pressed while it smokes
    go(run, 2.0, ask(Action.RESET, "smoke"), air_smoke=False, air_reset=True)
    assert run.on() == []
    refused = next(event for event in run.events if event.kind == "refused")
    assert refused.reason.code is ReasonCode.LOCAL_ONLY
    assert refused.reason.values[3:] == (("interlock", "smoke"), ("contact", "air.reset"))
    go(run, 2.0, air_smoke=False, air_reset=False)
    assert run.memory.interlocks[0].latched
    go(run, 1.0, air_smoke=False, air_reset=True)
    event = next(event for event in run.events if event.kind == "reset")
    assert (event.t_s, event.source) == (run.t_s, "smoke")
    assert event.reason.code is ReasonCode.LOCAL_RESET
    assert event.reason.values == (("interlock", "smoke"), ("contact", "air.reset"))
    go(run, 12.0, air_smoke=False, air_reset=False)
    assert run.on() == ["a1", "a2"]
    assert run.kinds("smoke").count("reset") == 1


def test_a_restart_forgets_that_the_button_was_open():
    """After a restart the button must be seen open again; the latch itself stays."""
    run = boards(SMOKE)
    go(run, 3.0, air_smoke=True, air_reset=False)
    go(run, 3.0, air_smoke=False, air_reset=False)
    assert run.memory.interlocks[0].ready
    run.memory = resume(run.site, run.memory, run.t_s)
    go(run, 3.0, air_smoke=False, air_reset=True)
    assert run.memory.interlocks[0].latched


def test_only_the_interlock_with_a_button_is_reset_by_it():
    """Another latch on the same board waits for a person."""
    heat = InterlockSpec("heat", "air.intake_c", TRIP, ALL, above=45.0, latch=True)
    run = boards(heat, SMOKE)
    go(run, 3.0, air_smoke=True, air_reset=False, air_intake_c=50.0)
    go(run, 3.0, air_smoke=False, air_reset=False, air_intake_c=20.0)
    go(run, 3.0, air_smoke=False, air_reset=True, air_intake_c=20.0)
    assert [lock.latched for lock in run.memory.interlocks] == [True, False]


ACTS, REST, LATCH = M(1.0, True), M(), M(None, False, True)
EACH = frozenset({"safety", "row"})
ON_A1 = InterlockSpec("one", "x.one", TRIP, ("a1",), active=True)
ON_A2 = InterlockSpec("two", "x.two", TRIP, ("a2",), active=True)
SHEDS = InterlockSpec("sheds", "x.shed", SHED, ALL, active=True)
LOCKS = (ON_A1, ON_A2, SHEDS, relay(SAFETY), relay(ROW))


@pytest.mark.parametrize(
    ("memories", "allowed"),
    [
        ((REST, REST, REST, REST, REST), EACH),
        ((REST, REST, REST, ACTS, ACTS), EACH),  # open relays do not keep each other open
        ((REST, REST, REST, LATCH, LATCH), EACH),
        ((REST, REST, ACTS, REST, REST), EACH),  # shed, block and warn open no relay
        ((ACTS, REST, REST, REST, REST), {"safety"}),
        ((LATCH, REST, REST, REST, REST), {"safety"}),
        ((REST, ACTS, REST, REST, REST), EACH),
        ((ACTS, ACTS, REST, REST, REST), set()),
        ((ACTS, LATCH, ACTS, ACTS, ACTS), set()),
    ],
)
def test_which_relays_may_close(memories, allowed):
    """All but those whose whole zone is off by trips, latched ones too."""
    c = compile_site(site(rack("a1"), rack("a2"), interlocks=LOCKS, boards=(SAFETY, BARE, ROW)))
    assert permits(c, memories) == allowed


def test_a_site_without_permissives_permits_nothing():
    """Where there is no such relay the answer is always the same empty set."""
    c = compile_site(site(rack("a1"), rack("a2"), boards=(BARE,)))
    assert permits(c, ()) is NONE


def test_memories_that_do_not_fit_the_permissives_are_an_error():
    """One memory for each interlock, never a silent half."""
    c = compile_site(site(rack("a1"), rack("a2"), interlocks=LOCKS, boards=(SAFETY,)))
    with pytest.raises(ValueError, match="zip"):
        permits(c, (REST,))


def test_a_board_that_watches_no_rack_is_never_permitted():
    """A zone without racks has none that could run."""
    empty = BoardSpec("empty", "any", "usb:4", permissive="permit")
    assert permits(compile_site(site(rack("a1"), boards=(empty,))), ()) == NONE


def follow(run: Run, t_s: float, lag: int = 1, **values) -> None:
    """Scans in which the relay does what it was told, `lag` scans later."""
    told = [False] * lag
    for _ in range(round(t_s)):
        go(run, 1.0, **values, safety_permit=told.pop(0))
        told.append("safety" in think(run.site, run.memory, run.snapshot()).permits)


def test_an_open_relay_does_not_keep_itself_open():
    """At a start racks wait for the relay, the relay is allowed to close, and then they start."""
    run = boards(relay(SAFETY), boards=(SAFETY,))
    go(run, 20.0, safety_permit=False)
    assert run.on() == []
    assert think(run.site, run.memory, run.snapshot()).permits == {"safety"}
    follow(run, 20.0)
    assert run.on() == ["a1", "a2"]


def test_smoke_opens_the_relay_and_the_way_back_is_open():
    """Smoke denies the relay; after the reset it closes first, and racks start behind it."""
    smoke = InterlockSpec("smoke", "safety.smoke", TRIP, ALL, active=True, latch=True)
    run = boards(smoke, relay(SAFETY), boards=(SAFETY,))
    follow(run, 20.0, safety_smoke=False)
    assert run.on() == ["a1", "a2"]
    go(run, 1.0, safety_smoke=True, safety_permit=True)
    assert run.on() == []
    assert think(run.site, run.memory, run.snapshot()).permits == set()
    go(run, 5.0, safety_smoke=False, safety_permit=False)
    assert think(run.site, run.memory, run.snapshot()).permits == set()
    go(run, 1.0, ask(Action.RESET, "smoke"), safety_smoke=False, safety_permit=False)
    follow(run, 20.0, safety_smoke=False)
    assert run.on() == ["a1", "a2"]


@pytest.mark.parametrize("lost", [None, Observation(0.0, Quality.SILENT)])
def test_an_unknown_relay_holds_the_zone(lost):
    """Racks go off when nobody knows whether their permissive relay is closed."""
    run = boards(relay(ROW), boards=(ROW,))
    go(run, 12.0, row_permit=True)
    assert run.on() == ["a1", "a2"]
    run.observations = {"row.permit": lost} if lost else {}
    run.step()
    assert run.on() == ["a2"]


def test_no_relay_is_permitted_while_all_is_out():
    """A held dead-man, or a breaker that is open for a weld, leaves no permit."""
    run = boards(relay(SAFETY), boards=(SAFETY,))
    go(run, 12.0, safety_permit=True)
    snapshot = run.snapshot()
    assert think(run.site, run.memory, snapshot).permits == {"safety"}
    assert think(run.site, run.memory, snapshot._replace(deadman_held=True)).permits == set()


def test_no_relay_is_permitted_behind_an_open_breaker():
    """The breaker above is open for a welded rack: no board may close anything."""
    racks = (rack("a1", feedback="hat.in1"), rack("a2"))
    run = boards(relay(SAFETY), boards=(SAFETY,), racks=racks, upstream_trip="hat.7")
    run.feedback = {"a1": (True, True)}
    go(run, 12.0, safety_permit=True)
    assert run.plan.upstream_trip
    assert think(run.site, run.memory, run.snapshot()).permits == set()


def test_a_hot_container_comes_back_in_steps_after_a_person_looked():
    """All-hot trips every rack at once; cool again nothing starts; after the reset two at a time."""
    names = tuple(f"a{n}" for n in range(1, 7))
    heat = InterlockSpec(
        "heat", "air.intake_c", TRIP, names, above=45.0, hysteresis=5.0, latch=True
    )
    control = replace(QUICK, starts_per_window=2, window_s=10.0)
    run = boards(heat, racks=tuple(rack(name) for name in names), control=control)
    go(run, 60.0, air_intake_c=30.0)
    assert len(run.on()) == 6
    go(run, 1.0, air_intake_c=46.0)
    assert run.on() == []
    go(run, 60.0, ask(Action.RESET, "heat"), air_intake_c=41.0)  # within the hysteresis: refused
    assert run.on() == []
    go(run, 60.0, air_intake_c=30.0)
    assert run.on() == []
    run.events.clear()
    go(run, 60.0, ask(Action.RESET, "heat"), air_intake_c=30.0)
    starts = sorted(event.t_s for event in run.events if event.kind == "start")
    assert len(starts) == 6
    assert all(late - early >= 10.0 for early, late in zip(starts, starts[2:], strict=False))


def test_an_unknown_door_warns_and_unknown_smoke_trips():
    """What only warns stays a warning when it is unknown; what trips acts."""
    door = InterlockSpec("door", "air.door", WARN, ALL, active=True)
    run = boards(door, SMOKE)
    go(run, 12.0, air_door=False, air_smoke=False)
    assert run.on() == ["a1", "a2"]
    go(run, 3.0, air_smoke=False)
    assert run.on() == ["a1", "a2"]
    assert [(a.source, a.severity) for a in run.plan.alarms] == [("door", "warning")]
    go(run, 1.0, air_door=False)
    assert run.on() == []
