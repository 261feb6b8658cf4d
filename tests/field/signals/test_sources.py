"""All outside signals of a site together."""

import asyncio
from datetime import UTC, datetime, timedelta

from field.signals.scada_peers import site
from headworks.field.signals import Signals
from headworks.model.live import Observation, Quality
from headworks.model.site import (
    ContactSignal,
    ExportSignal,
    FrequencySignal,
    ScheduleSignal,
    SetpointSignal,
    Window,
)

NOON = datetime(2026, 11, 23, 7, 0, 30, tzinfo=UTC)  # 12:00:30 in Karachi, a Monday
AFTERNOON = ScheduleSignal("tou", (Window((0,), 12 * 60, 13 * 60, 80.0),))


class Wall:
    """A wall clock to turn; counts how often it is read."""

    def __init__(self, now):
        self.now = now
        self.reads = 0
        self.accepted = []

    def __call__(self, unsynced_ok):
        self.reads += 1
        self.accepted.append(unsynced_ok)
        return self.now


def test_only_outside_signals_have_a_value_here():
    """Setpoint, contact and schedule by name; export and frequency are the decision's."""
    signals = Signals(
        site(
            ExportSignal("export", "m"),
            FrequencySignal("hz", "m"),
            SetpointSignal("scada", "tcp://127.0.0.1:0"),
            ContactSignal("grid", "hat.in1"),
            AFTERNOON,
        ),
        dict,
        wall=Wall(NOON),
    )
    values = signals.values(5.0)
    assert set(values) == {"scada", "grid", "tou"}
    assert values["scada"].quality is Quality.NEVER
    assert values["grid"].quality is Quality.NEVER
    assert (values["tou"].quality, values["tou"].limit_kw) == (Quality.GOOD, 80.0)


def test_a_schedule_ends_by_the_monotonic_clock_within_the_minute():
    """The value's end is the minute's end, so a station that hangs does not prolong it."""
    value = Signals(site(AFTERNOON), dict, wall=Wall(NOON)).values(100.0)["tou"]
    assert value.valid_until_s == 130.0


def test_an_edge_of_the_schedule_is_never_slept_through():
    """At the instant of the edge the new limit is there, whatever was kept."""
    wall = Wall(NOON + timedelta(minutes=59, seconds=29.5))
    signals = Signals(site(AFTERNOON), dict, wall=wall)
    assert signals.values(100.0)["tou"].limit_kw == 80.0
    wall.now += timedelta(seconds=0.5)
    assert signals.values(100.5)["tou"].limit_kw == 0.0


def test_a_step_of_the_clock_is_seen_within_a_second():
    """A clock that is set while a window holds ends the window at the next look."""
    wall = Wall(NOON)
    signals = Signals(site(AFTERNOON), dict, wall=wall)
    assert signals.values(100.0)["tou"].limit_kw == 80.0
    wall.now = NOON + timedelta(hours=5)
    assert signals.values(101.0)["tou"].limit_kw == 0.0


def test_the_wall_clock_is_not_read_in_every_scan():
    """Fast scans share one look at the clock."""
    wall = Wall(NOON)
    signals = Signals(site(AFTERNOON), dict, wall=wall)
    for step in range(100):
        signals.values(100.0 + step * 0.01)
    assert wall.reads == 1


def test_an_unknown_clock_is_not_good():
    """Without a trusted clock a schedule grants nothing, and says why."""
    value = Signals(site(AFTERNOON), dict, wall=Wall(None)).values(1.0)["tou"]
    assert (value.quality, value.limit_kw) == (Quality.NOT_AVAILABLE, 0.0)
    assert "clock" in value.note


def test_the_site_file_decides_about_an_unsynchronised_clock():
    """Only a schedule that accepts it is told the time of a clock that nobody keeps."""
    for accepted in (False, True):
        wall = Wall(NOON)
        spec = ScheduleSignal("tou", AFTERNOON.windows, (), unsynced_ok=accepted)
        Signals(site(spec), dict, wall=wall).values(1.0)
        assert wall.accepted == [accepted]


def test_a_contact_asks_for_the_scan_that_ends_its_debounce():
    """A closed contact does not wait for the next ordinary scan."""

    async def whole():
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()

        def inputs():
            return {"hat.in1": Observation(loop.time(), Quality.GOOD, True)}

        spec = ContactSignal("grid", "hat.in1", closed_kw=200.0, debounce_s=0.02)
        signals = Signals(site(spec), inputs, None, asked.set)
        await signals.start()
        assert signals.values(loop.time())["grid"].quality is Quality.NEVER
        await asyncio.wait_for(asked.wait(), 5)
        assert signals.values(loop.time())["grid"].limit_kw == 200.0
        await signals.stop()

    asyncio.run(whole())


def test_after_stop_no_scan_is_asked_for():
    """A debounce that is running when the station stops calls nobody."""

    async def whole():
        calls = []
        inputs = {"hat.in1": Observation(0.0, Quality.GOOD, True)}
        spec = ContactSignal("grid", "hat.in1", debounce_s=0.01)
        signals = Signals(site(spec), lambda: inputs, None, lambda: calls.append(1))
        await signals.start()
        signals.values(0.0)
        await signals.stop()
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, done.set)
        await done.wait()
        assert calls == []

    asyncio.run(whole())
