"""The invariants, on generated histories: every rule is worked out again by an oracle."""

import json
import pickle
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from control.build import feeder, meter, rack, site
from control.oracle import Oracle
from control.plant import KINDS, Plant, Trouble
from headworks.control.scan import first_memory, resume, scan, tell, think
from headworks.model.memory import Memory
from headworks.model.site import (
    BoardSpec,
    ContactSignal,
    Control,
    ExportSignal,
    FrequencySignal,
    InterlockAction,
    InterlockSpec,
    RackKind,
    SetpointSignal,
    Site,
)
from headworks.record.plain import from_plain, to_plain

SCANS = 400
EXAMPLES = 260  # times SCANS is above 100,000
LONG_EXAMPLES = 2500  # times SCANS is a million
steps: Counter[str] = Counter()

CONTROL = Control(
    reserve_kw=10.0,
    start_delay_s=3.0,
    deficit_kws=30.0,
    window_s=10.0,
    starts_per_window=3,
    step_kw=80.0,
    stagger_s=0.5,
    retry_s=5.0,
)
ALL = ("a1", "a2", "a3", "a4", "a5", "a6")


def racks(min_on_s: float, min_off_s: float) -> list:
    """Metered and unmetered racks, with and without feedback, and one that wants notice."""
    times = {"min_on_s": min_on_s, "min_off_s": min_off_s, "starts_per_hour": 30}
    return [
        rack("a1", feeder="north", feedback="hat.in1", priority=20, **times),
        rack("a2", feeder="north", meter="m2", **times),
        rack("a3", feeder="south", feedback="hat.in3", meter="m3", **times),
        rack("a4", feeder="south", settle_s=20.0, **times),
        rack(
            "a5", feeder="tx", kind=RackKind.GPU, notice_s=8.0, rated_kw=20.0, meter="m5", **times
        ),
        rack("a6", feedback="hat.in6", rated_kw=12.0, priority=5, **times),
    ]


def interlocks() -> tuple[InterlockSpec, ...]:
    trip, shed, block = InterlockAction.TRIP, InterlockAction.SHED, InterlockAction.BLOCK
    return (
        InterlockSpec("smoke", "air.smoke", trip, ALL, active=True, latch=True),
        InterlockSpec("heat", "air.temperature_c", shed, ("a1", "a5"), above=40.0, hysteresis=5.0),
        InterlockSpec("warm", "air.temperature_c", block, ("a2",), above=30.0, delay_s=5.0),
    )


BOARDS = (
    BoardSpec("safety", "any", "usb:1", zone=ALL, permissive="permit"),
    BoardSpec("row", "any", "usb:2", zone=("a3", "a4"), permissive="permit"),
)


def of_boards() -> tuple[InterlockSpec, ...]:
    """A leak in a zone, smoke with a button, a dew point, and both permissive relays."""
    trip, block = InterlockAction.TRIP, InterlockAction.BLOCK
    return (
        InterlockSpec(
            "smoke", "air.smoke", trip, ALL, active=True, latch=True, local_reset="safety.reset"
        ),
        InterlockSpec("heat", "row.leak", trip, ("a3", "a4"), active=True),
        InterlockSpec("dew", "row.surface_c", block, ALL, below=3.0, minus="row.dew_c"),
        *(
            InterlockSpec(
                f"{board.name}-permissive", f"{board.name}.permit", trip, board.zone, active=False
            )
            for board in BOARDS
        ),
    )


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Sites that differ in signals, ramps and minimum times."""
    signals = (ExportSignal("export", "incomer"),)
    extra = draw(st.sampled_from(["", "setpoint", "contact", "all"]))
    if extra in ("setpoint", "all"):
        signals += (SetpointSignal("setpoint", "tcp://h:1"),)
    if extra in ("contact", "all"):
        signals += (
            ContactSignal("contact", "hat.in9"),
            FrequencySignal("hz", "incomer", restore_s=20.0),
        )
    control = replace(
        CONTROL,
        release_kw_per_s=draw(st.sampled_from([None, None, 5.0])),
        start_delay_s=draw(st.sampled_from([0.0, 3.0])),
        stagger_s=draw(st.sampled_from([0.0, 0.5])),
    )
    boards = draw(st.sampled_from([(), BOARDS]))
    return site(
        *racks(draw(st.sampled_from([0.0, 20.0, 90.0])), draw(st.sampled_from([0.0, 10.0]))),
        control=control,
        signals=signals,
        meters=tuple(meter(name) for name in ("incomer", "north", "m2", "m3", "m5")),
        feeders=(
            feeder("tx", 400.0, "incomer"),
            feeder("north", 90.0, "north", "tx"),
            feeder("south", 60.0, None, "tx"),
        ),
        boards=boards,
        interlocks=of_boards() if boards else draw(st.sampled_from([(), interlocks()])),
        upstream_trip=draw(st.sampled_from([None, "hat.7"])),
    )


troubles = st.lists(
    st.builds(
        Trouble,
        at=st.integers(5, SCANS),
        scans=st.integers(1, 40),
        kind=st.sampled_from((*KINDS, "small-dip", "small-dip")),
        target=st.integers(0, 29),
    ),
    max_size=25,
)


def same_again(site: Site, memory: Memory, snapshot, plan, new) -> None:
    """Pickle and JSON round trips of memory give the same plan and memory again."""
    for copy in (
        pickle.loads(pickle.dumps(memory)),
        from_plain(Memory, json.loads(json.dumps(to_plain(memory)))),
    ):
        assert copy == memory
        assert scan(site, copy, pickle.loads(pickle.dumps(snapshot))) == (plan, new)


def history(site: Site, what: list[Trouble], number: int, restart: int) -> None:
    plant = Plant(site, what, number)
    memory = first_memory(site, plant.t_s)
    oracle = Oracle(site, plant.t_s)
    plan = None
    for step in range(SCANS):
        if step == restart:
            # The monotonic clock goes on over a restart, whatever an earlier snapshot said.
            plant.t_s = max(plant.t_s, memory.t_s) + 0.1
            memory = resume(site, memory, plant.t_s)
            oracle.restarted(plant.t_s)
            plan = None
        snapshot = plant.advance(plan)
        thought = think(site, memory, snapshot)
        plan, new = tell(thought)
        oracle.check(snapshot, plan)
        oracle.permitted(new.interlocks, thought.permits)
        plant.permits = thought.permits
        if step % 25 == 0:
            same_again(site, memory, snapshot, plan, new)
        memory = new
        steps["scans"] += 1
        steps["permits"] += len(thought.permits)
        steps["on"] += sum(rack.on for rack in plan.racks)
        steps["starts"] += sum(event.kind == "start" for event in plan.events)


COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def run(examples: int) -> None:
    @seed(20261123)
    @settings(max_examples=examples, **COMMON)
    @given(sites(), troubles, st.integers(0, 10**6), st.integers(0, 3 * SCANS))
    def one(site, what, number, restart):
        history(site, what, number, restart)

    steps.clear()
    one()
    assert steps["scans"] >= examples * SCANS
    assert steps["permits"] > examples
    assert steps["starts"] > examples, "histories in which nothing starts show nothing"


@pytest.mark.no_cover  # the tables reach every branch without it, in a tenth of the time
@pytest.mark.timeout(600)  # a minute alone, more beside the other groups of tests
def test_invariants_hold_on_generated_histories():
    """Envelope, unknown input, trips, times, steps and repeatability hold for 100,000 scans."""
    run(EXAMPLES)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_invariants_hold_for_a_million_scans():
    """The same for a million scans."""
    run(LONG_EXAMPLES)
