"""GPIO relays and pulse-driven PDUs on gpiozero's mock pins."""

import asyncio
import threading

import pytest
from gpiozero import OutputDevice

from field.switches.helpers import LOG, rack, recording_factory, site, until
from headworks.field.switches import SwitchError, Switches
from headworks.field.switches.factory import open_pins
from headworks.hardware.switch import load_switch
from headworks.model.live import Quality
from headworks.model.site import (
    ContactSignal,
    GpioSpec,
    InterlockAction,
    InterlockSpec,
    SwitchSpec,
)

HAT = SwitchSpec("hat", "relay-hat-8")
HIGH = SwitchSpec("hat", "gpio-relay-8-high")
PDU = SwitchSpec("pdu", "pdu-gpio-pulse-4")


def nothing() -> None:
    """An on_change that is not looked at."""


def levels(pin: int) -> list[bool]:
    """Every level that one pin was claimed at or driven to."""
    return [level for number, what, level in LOG if number == pin and what in ("claim", "write")]


@pytest.mark.parametrize(("spec", "on"), [(HAT, False), (HIGH, True)], ids=["low", "high"])
def test_no_edge_to_on_at_start_or_exit(monkeypatch, spec, on):
    """A line is claimed at its off level in one request, and ends at it, active low or high."""
    recording_factory(monkeypatch)
    outlets = load_switch(spec.model).outlets

    async def run():
        switches = Switches(site([spec], [rack("a1", "hat.1")]), nothing)
        await switches.start()
        started = list(LOG)
        await switches.stop()
        return started

    started = asyncio.run(run())
    assert started == [(pin, "claim", not on) for pin in outlets.values()]
    assert all(on not in levels(pin) for pin in outlets.values())


@pytest.mark.parametrize(("spec", "on"), [(HAT, False), (HIGH, True)], ids=["low", "high"])
def test_a_command_drives_the_pin_before_it_returns(monkeypatch, spec, on):
    """The level is there when command comes back, with the polarity of the profile."""
    factory = recording_factory(monkeypatch)
    pin = load_switch(spec.model).outlets["2"]

    async def run():
        switches = Switches(site([spec], [rack("a1", "hat.2")]), nothing)
        await switches.start()
        switches.command("hat.2", True)
        driven = factory.pin(pin).state
        seen = switches.feedback()["a1"].readback
        switches.command("hat.2", False)
        back = switches.feedback()["a1"].readback
        await switches.stop()
        return driven, seen, back

    assert asyncio.run(run()) == (on, True, False)
    assert levels(pin)[0] == levels(pin)[-1] == (not on)


def test_commands_keep_their_order(monkeypatch):
    """Offs that the station says before ons are driven before them."""
    recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([HAT], []), nothing)
        await switches.start()
        switches.command("hat.3", True)
        LOG.clear()
        for outlet, on in (("hat.3", False), ("hat.1", True), ("hat.2", True)):
            switches.command(outlet, on)
        order = [number for number, what, _ in LOG if what == "write"]
        await switches.stop()
        return order

    assert asyncio.run(run()) == [13, 5, 6]


def test_reassert_drives_every_line_as_told_and_changes_none(monkeypatch):
    """A pin that something else moved goes back; the others see their own level again."""
    factory = recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([HAT], []), nothing)
        await switches.start()
        switches.command("hat.1", True)
        factory.pin(6)._change_state(False)  # outlet 2 on, and nobody told it so
        switches.reassert()
        states = [factory.pin(pin).state for pin in (5, 6, 13)]
        await switches.stop()
        return states

    assert asyncio.run(run()) == [False, True, True]


def test_read_back_is_the_pin_and_not_the_command(monkeypatch):
    """A line that does not follow shows in the read-back (row 28)."""
    factory = recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([HAT], [rack("a1", "hat.1")]), nothing)
        await switches.start()
        switches.command("hat.1", True)
        factory.pin(5)._change_state(True)
        seen = switches.feedback()["a1"].readback
        await switches.stop()
        return seen

    assert asyncio.run(run()) is False


@pytest.mark.parametrize("closed_is_active", [True, False])
def test_feedback_follows_the_auxiliary_contact(monkeypatch, closed_is_active):
    """The contact's state is given whatever its sense (rows 26 and 27 are decided on it)."""
    factory = recording_factory(monkeypatch)
    a1 = rack("a1", "hat.1", feedback="hat.in1", feedback_closed=closed_is_active)

    async def run():
        switches = Switches(site([HAT], [a1]), nothing)
        await switches.start()
        open_contact = switches.feedback()["a1"].aux_closed
        factory.pin(17).drive_low()
        await until(lambda: switches.feedback()["a1"].aux_closed is not open_contact)
        closed_contact = switches.feedback()["a1"].aux_closed
        await switches.stop()
        return open_contact, closed_contact

    assert asyncio.run(run()) == (not closed_is_active, closed_is_active)


def test_an_input_wakes_the_station_once_it_has_settled(monkeypatch):
    """A dry contact starts a scan by itself, after its own debounce time."""
    factory = recording_factory(monkeypatch)
    signals = (ContactSignal("grid", "hat.in4", debounce_s=0.0),)

    async def run():
        changed = asyncio.Event()
        switches = Switches(site([HAT], [], signals=signals), changed.set)
        await switches.start()
        before = switches.inputs()["hat.in4"]
        await asyncio.to_thread(factory.pin(23).drive_low)  # from a thread, as gpiozero does
        await asyncio.wait_for(changed.wait(), 2)
        after = switches.inputs()["hat.in4"]
        await switches.stop()
        return before, after

    before, after = asyncio.run(run())
    assert (before.value, after.value) == (False, True)
    assert before.quality is after.quality is Quality.GOOD
    assert after.t_s > before.t_s


def test_an_input_is_claimed_only_where_the_site_uses_it(monkeypatch):
    """Pins that no rack, signal or interlock names are left to others."""
    factory = recording_factory(monkeypatch)
    lock = InterlockSpec("smoke", "hat.in8", InterlockAction.TRIP, (), active=True)

    async def run():
        switches = Switches(site([HAT], [], interlocks=(lock,)), nothing)
        await switches.start()
        names = set(switches.inputs())
        other = OutputDevice(17, pin_factory=factory)
        other.close()
        await switches.stop()
        return names

    assert asyncio.run(run()) == {"hat.in8"}


def test_an_input_that_cannot_be_read_has_no_value(monkeypatch):
    """Unknown is never False: the observation says ERROR and the rack's contact is unknown."""
    factory = recording_factory(monkeypatch)

    def broken(_pin):
        raise OSError("the chip is gone")

    async def run():
        switches = Switches(site([HAT], [rack("a1", "hat.1", feedback="hat.in1")]), nothing)
        await switches.start()
        monkeypatch.setattr(type(factory.pin(17)), "_get_state", broken)
        seen, aux = switches.inputs()["hat.in1"], switches.feedback()["a1"]
        monkeypatch.undo()
        await switches.stop()
        return seen, aux

    seen, aux = asyncio.run(run())
    assert (seen.quality, seen.value, seen.cause) == (Quality.ERROR, None, "the chip is gone")
    assert (aux.readback, aux.aux_closed) == (None, None)


def test_a_busy_line_is_refused_and_nothing_stays_claimed(monkeypatch):
    """A pin in use stops the start with its name, and the pins claimed before are free again (row 25)."""
    factory = recording_factory(monkeypatch)

    async def run():
        other = OutputDevice(13, pin_factory=factory)
        switches = Switches(site([HAT], []), nothing)
        with pytest.raises(SwitchError, match=r"switch hat: GPIO 13 \(outlet 3\)"):
            await switches.start()
        other.close()
        again = Switches(site([HAT], []), nothing)
        await again.start()
        await again.stop()

    asyncio.run(run())


def test_an_unknown_factory_is_refused_by_name():
    """There is no fallback: a factory that is not there is an error that lists the others."""

    async def run(name):
        await Switches(site([HAT], [], gpio=GpioSpec(factory=name)), nothing).start()

    with pytest.raises(SwitchError, match=r"no gpio factory 'lgpoi'; known: .*lgpio"):
        asyncio.run(run("lgpoi"))
    with pytest.raises(SwitchError, match="'native' cannot claim a line at a chosen level"):
        asyncio.run(run("native"))


def test_an_outlet_of_a_switch_that_is_not_there_is_refused(monkeypatch):
    """A command never vanishes."""
    recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([HAT], []), nothing)
        await switches.start()
        try:
            with pytest.raises(SwitchError, match="'pdu'"):
                switches.command("pdu.1", True)
        finally:
            await switches.stop()

    asyncio.run(run())


def test_the_dead_man_moves_only_when_called(monkeypatch):
    """Nothing renews it by itself: not time, not commands, not re-asserting; it ends off."""
    recording_factory(monkeypatch)
    told = site([HAT], [rack("a1", "hat.1")], deadman="hat.8", deadman_s=0.0)

    async def run():
        switches = Switches(told, nothing)
        await switches.start()
        for _ in range(3):
            switches.toggle_deadman()
        toggled = levels(26)
        switches.command("hat.1", True)
        switches.reassert()
        kept = levels(26)
        await switches.stop()
        return toggled, kept

    toggled, kept = asyncio.run(run())
    off = True  # active low
    assert toggled == [off, not off, off, not off]
    assert set(kept[len(toggled) :]) == {not off}
    assert levels(26)[-1] is off


def test_the_dead_man_is_not_turned_faster_than_the_site_says(monkeypatch):
    """Relay contacts wear: calls within the least time turn nothing."""
    recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([HAT], [], deadman="hat.8", deadman_s=60.0), nothing)
        await switches.start()
        for _ in range(5):
            switches.toggle_deadman()
        turned = levels(26)
        await switches.stop()
        return turned

    assert len(asyncio.run(run())) == 2


def test_stop_opens_the_racks_by_rising_priority_and_staggered(monkeypatch):
    """Lowest priority first, and the time between two openings is kept."""
    recording_factory(monkeypatch)
    racks = [rack("a1", "hat.1", priority=30), rack("a2", "hat.2"), rack("a3", "hat.3")]

    async def run():
        loop = asyncio.get_running_loop()
        switches = Switches(site([HAT], racks), nothing)
        await switches.start()
        for one in racks:
            switches.command(one.switch, True)
        LOG.clear()
        before = loop.time()
        await switches.stop(stagger_s=0.05)
        return loop.time() - before

    took_s = asyncio.run(run())
    opened = [number for number, what, level in LOG if what == "write" and level]
    assert opened[:3] == [6, 13, 5]
    assert 0.14 < took_s < 2


def test_outlets_that_nobody_renews_are_opened(monkeypatch):
    """A station that stops scanning but lives on loses its racks when the lease ends."""
    factory = recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([HAT], [rack("a1", "hat.1")]), nothing, lease_s=0.1)
        await switches.start()
        switches.command("hat.1", True)
        assert factory.pin(5).state is False
        await until(lambda: factory.pin(5).state is True)
        await switches.stop()

    asyncio.run(run())


def test_a_pulse_device_is_set_and_reset_by_pulses(monkeypatch):
    """Start resets every outlet; a command is one pulse that ends; both lines are never driven."""
    recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([PDU], [rack("a1", "pdu.1")]), nothing)
        await switches.start()
        await until(lambda: levels(20)[-1] is False and levels(23)[-1] is False)
        started = {pin: levels(pin) for pin in (16, 20, 23)}
        LOG.clear()
        switches.command("pdu.1", True)
        await until(lambda: levels(16)[-1] is False)
        on = [(pin, level) for pin, what, level in LOG if pin in (16, 20) and level]
        unknown = switches.feedback()["a1"].readback
        LOG.clear()
        await switches.stop()
        off = [(pin, level) for pin, what, level in LOG if pin in (16, 20) and level]
        return started, on, unknown, off

    started, on, unknown, off = asyncio.run(run())
    assert True not in started[16]
    assert True in started[20]
    assert True in started[23]
    assert on == [(16, True)]
    assert unknown is None
    assert off == [(20, True), (20, True)]


def test_an_off_ends_a_running_on_pulse_at_once(monkeypatch):
    """The set line is idle before the reset line is driven."""
    recording_factory(monkeypatch)

    async def run():
        switches = Switches(site([PDU], []), nothing)
        await switches.start()
        LOG.clear()
        switches.command("pdu.1", True)
        switches.command("pdu.1", False)
        order = [(pin, level) for pin, what, level in LOG if pin in (16, 20)]
        await switches.stop()
        return order

    order = asyncio.run(run())
    assert order.index((16, True)) < order.index((20, True))
    assert order[order.index((20, True)) - 2] == (16, False)


def test_an_input_that_chatters_has_no_value(monkeypatch):
    """A permit contact on a broken wire must not stay at what it said last (row 29)."""
    factory = recording_factory(monkeypatch)
    monkeypatch.setattr("headworks.field.switches.debounce.CHATTER_S", 0.1)
    pin = load_switch(HAT.model).inputs["in1"]

    async def run():
        place = site([HAT], [rack("a1", "hat.1")], signals=(ContactSignal("grid", "hat.in1"),))
        switches = Switches(place, nothing)
        await switches.start()
        begun = switches.inputs()["hat.in1"].quality
        levels_ = iter([True, False] * 2000)

        def still_good():
            move = factory.pin(pin).drive_high if next(levels_) else factory.pin(pin).drive_low
            move()
            return switches.inputs()["hat.in1"].quality is Quality.GOOD

        await until(lambda: not still_good())
        told = switches.inputs()["hat.in1"]
        await until(lambda: switches.inputs()["hat.in1"].quality is Quality.GOOD)
        await switches.stop()
        return begun, told

    begun, told = asyncio.run(run())
    assert begun is Quality.GOOD
    assert (told.value, told.cause) == (None, "the contact chatters; check its wiring")


def test_a_device_that_is_collected_within_a_reservation_blocks_nothing(monkeypatch):
    """The garbage collector may end a device that could not be claimed while another is."""
    factory = open_pins(GpioSpec(factory="mock")).factory
    left, ended = [OutputDevice(5, pin_factory=factory)], threading.Event()
    header = type(factory.board_info)
    find = header.find_pin

    def collects(board, name):
        left.clear()
        return find(board, name)

    def claim():
        OutputDevice(6, pin_factory=factory).close()
        ended.set()

    monkeypatch.setattr(header, "find_pin", collects)
    threading.Thread(target=claim, daemon=True).start()
    assert ended.wait(5.0)
