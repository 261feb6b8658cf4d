"""Faults of racks, boards and the site do what their sentences say, in the running plant."""

import asyncio

import pytest

from headworks.hardware.files import models
from headworks.hardware.switch import load_switch
from headworks.model.site import RackKind, RackSpec, SwitchSpec
from headworks.sim.faults.active import ActiveFaults, FaultError, targets
from headworks.sim.faults.kinds import KINDS, Aim
from sim import running, sites

ANY = "tcp://127.0.0.1:0"


def world_of(folder, **more):
    return running.make(sites.small(ANY, **more), folder).world


def go(world, for_s=0.3):
    """Move a world on by small steps; the time it has reached."""
    end = world.state.t_s + for_s
    while world.state.t_s < end:
        world.tick(world.state.t_s + 0.02)
    return world.state.t_s


def put(world, name, target="", value=None, for_s=None):
    world.after_faults(world.faults.put(name, target, world.state.t_s, value, for_s))


def clear(world, name, target=""):
    world.after_faults(world.faults.clear(name, target))


def a1(world):
    contacts = world.state.racks[0].contactor
    return contacts.closed, contacts.aux_closed


def test_weld(tmp_path):
    """Told off, a welded contactor stays closed, shows it, and draws; freed, it opens."""
    world = world_of(tmp_path)
    world.tell("hat.1", True, 0.0)
    go(world)
    put(world, "weld", "a1")
    world.tell("hat.1", False, 1.0)
    go(world)
    assert a1(world) == (True, True)
    assert world.state.racks[0].power_kw > 0
    clear(world, "weld", "a1")
    go(world)
    assert a1(world) == (False, False)


def test_fails_to_close(tmp_path):
    """Told on, the contactor stays open; healed, it closes."""
    world = world_of(tmp_path)
    put(world, "fails-to-close", "a1")
    world.tell("hat.1", True, 0.0)
    go(world)
    assert a1(world) == (False, False)
    clear(world, "fails-to-close", "a1")
    go(world)
    assert a1(world) == (True, True)


def test_chatter(tmp_path):
    """Told on, the contactor closes about five times a second."""
    world = world_of(tmp_path)
    put(world, "chatter", "a1")
    world.tell("hat.1", True, 0.0)
    go(world, 2.0)
    assert 8 <= world.state.racks[0].contactor.closings <= 11


def test_aux_stuck(tmp_path):
    """The auxiliary contact stays open while the main contacts close, until it is freed."""
    world = world_of(tmp_path)
    put(world, "aux-stuck", "a1")
    world.tell("hat.1", True, 0.0)
    go(world)
    assert a1(world) == (True, False)
    assert not world.input_active("hat.in1")
    clear(world, "aux-stuck", "a1")
    go(world)
    assert a1(world) == (True, True)


def test_relay_board_deaf(tmp_path):
    """A deaf board moves nothing; hearing again, it does what it was last told."""
    world = world_of(tmp_path)
    put(world, "relay-board-deaf", "hat")
    world.tell("hat.1", True, 0.0)
    go(world)
    assert a1(world) == (False, False)
    assert world.told["hat.1"]
    clear(world, "relay-board-deaf", "hat")
    go(world)
    assert a1(world) == (True, True)


def coil_board():
    """A coil board of boards/switch with one rack on it."""
    found = (load_switch(name) for name in models("switch"))
    profile = next(p for p in found if p.family == "coil" and p.latching and p.inputs)
    board = SwitchSpec("board", profile.model, ANY, unit=3)
    rack = RackSpec("a1", RackKind.ASIC, 36.0, "tx1", "board.1")
    site = sites.site([sites.meter("incomer", ANY)], [rack], switches=(board,))
    return site, profile.outlets["1"]


def test_deaf_and_silent_boards_on_the_wire(tmp_path):
    """A deaf board says ok and reads back what is; a silent one says nothing, meters go on."""
    site, coil = coil_board()

    async def run():
        async with running.asked(site, tmp_path) as (simulator, peer):
            running.answer(simulator, "relay-board-deaf", "board")
            assert not (await peer.write_coil(coil, True, device_id=3)).isError()
            assert (await peer.read_coils(coil, count=1, device_id=3)).bits[0] is False
            running.answer(simulator, "board-silent", "board")
            async with running.client(running.port_of(simulator), 0.3) as other:
                assert await running.power_kw(other)
                with pytest.raises(Exception, match="No response"):
                    await other.read_coils(coil, count=1, device_id=3)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "value", "see", "low", "high"),
    [
        ("under-frequency", 49.2, lambda w: w.state.frequency_hz, 49.18, 49.22),
        ("cloud", 0.75, lambda w: w.state.pv_kw, 180.0, 230.0),
        ("load-step", 300.0, lambda w: w.state.load_kw, 540.0, 600.0),
    ],
)
def test_disturbances(tmp_path, name, value, see, low, high):
    """Frequency, sun and load change by what was asked, and come back."""
    world = world_of(tmp_path)
    go(world)
    before = see(world)
    put(world, name, value=value)
    go(world)
    assert low < see(world) < high
    assert not low < before < high
    clear(world, name)
    go(world)
    assert see(world) == pytest.approx(before, rel=0.01)


def test_inputs_and_contacts(tmp_path):
    """A free input becomes active, a dry contact opens, and back."""
    world = world_of(tmp_path)
    for name, target, rest, acting in (
        ("input-active", "hat.in8", False, True),
        ("contact-open", "grid-ok", True, False),
    ):
        place = "hat.in8" if target == "hat.in8" else "hat.in4"
        assert world.input_active(place) is rest
        put(world, name, target)
        assert world.input_active(place) is acting
        clear(world, name, target)
        assert world.input_active(place) is rest


def test_an_upstream_trip_stays_until_reset(tmp_path):
    """The upstream trip output opens the breaker, which only a person closes again."""
    world = world_of(tmp_path, upstream_trip="hat.7")
    world.tell("hat.1", True, 0.0)
    go(world)
    world.tell("hat.7", True, 1.0)
    go(world)
    world.tell("hat.7", False, 2.0)
    go(world)
    assert world.state.breaker_open
    assert world.state.racks_kw == 0.0
    world.reset_breaker()
    go(world)
    assert world.state.racks_kw > 0.0


def test_a_fault_ends_by_time(tmp_path):
    """A fault with a time ends by itself, and what it held is let go."""
    world = world_of(tmp_path)
    put(world, "relay-board-deaf", "hat", for_s=0.5)
    world.tell("hat.1", True, 0.0)
    go(world, 0.4)
    assert a1(world) == (False, False)
    go(world, 0.4)
    assert a1(world) == (True, True)
    assert world.faults.all() == ()


@pytest.mark.parametrize(
    ("name", "target", "more", "says"),
    [
        ("meter-silnt", "incomer", {}, "no fault 'meter-silnt'; did you mean meter-silent?"),
        ("zzzz", "", {}, "no fault 'zzzz'; `headworks sim faults` lists them"),
        ("weld", "a9", {}, "weld: no rack 'a9'; there are: a1, a2, or all"),
        ("weld", "", {}, "weld: which rack?; there are: a1, a2, or all"),
        ("weld", "a1", {"value": 3.0}, "weld takes no --value"),
        ("cloud", "", {"value": float("nan")}, "cloud: --value nan is not a number in of 1"),
        ("cloud", "", {"for_s": -1.0}, "--for -1: write a time above 0 s"),
    ],
)
def test_mistakes_are_told(tmp_path, name, target, more, says):
    """A wrong name, target or value is told with what there is."""
    world = world_of(tmp_path)
    with pytest.raises(FaultError) as caught:
        put(world, name, target, **more)
    assert str(caught.value) == says
    assert world.faults.all() == ()


def test_targets_may_be_left_out_or_all(tmp_path):
    """One target needs no name, `all` is each of them, a site without one is told."""
    world = world_of(tmp_path)
    put(world, "contact-open")
    put(world, "weld", "all")
    assert {(f.kind.name, f.target) for f in world.faults.all()} == {
        ("contact-open", "grid-ok"), ("weld", "a1"), ("weld", "a2"),
    }  # fmt: skip
    clear(world, "weld")
    world.after_faults(world.faults.clear_all())
    assert world.faults.all() == ()
    none = ActiveFaults(targets(sites.site([], [])))
    with pytest.raises(FaultError, match="this site has no meter"):
        none.put("frozen", "", 0.0, None, None)


def test_every_fault_has_a_sentence():
    """Each fault says in one sentence what it does, and a value has its unit."""
    for kind in KINDS.values():
        assert kind.says[0].isupper()
        assert kind.says.endswith(".")
        assert (kind.value is None) == (kind.unit == "")
    assert {kind.aim for kind in KINDS.values()} == set(Aim)
