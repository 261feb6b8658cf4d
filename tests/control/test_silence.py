"""At the start a source that has not spoken yet is unsafe at once, and an alarm only later."""

import pytest

from control.build import Run, allows, good, meter, rack, seen, site
from headworks.control.boot import resume
from headworks.model.live import Quality, Reading, SignalValue
from headworks.model.site import (
    ContactSignal,
    ExportSignal,
    FrequencySignal,
    InterlockAction,
    InterlockSpec,
    ScheduleSignal,
    SetpointSignal,
)

SMOKE = InterlockSpec("smoke", "air.smoke", InterlockAction.TRIP, ("a1",), active=True, latch=True)
VOLTS = InterlockSpec("volts", "slow.voltage_l1_v", InterlockAction.WARN, ("a1",), above=250.0)
OLD = InterlockSpec("old", "air.co", InterlockAction.WARN, ("a1",), above=9.0, max_age_s=7.0)
SIGNALS = (
    ExportSignal("export", "incomer"),
    FrequencySignal("hz", "slow"),
    ContactSignal("contact", "hat.in9"),
    ScheduleSignal("tou", ()),
    SetpointSignal("scada", "tcp://h:1", heartbeat_s=12.0),
)


def dark() -> Run:
    """A station that has just made its first scan and has heard nothing at all."""
    run = Run(
        site(
            rack("a1", feedback="hat.in1"),
            meters=(meter("incomer"), meter("slow", 5.0), meter("quick", 0.5)),
            signals=SIGNALS,
            interlocks=(SMOKE, VOLTS, OLD),
        )
    )
    run.step(dt=100.0)
    return run


def alarmed(run: Run) -> set[str]:
    return {alarm.source for alarm in run.plan.alarms}


AFTER_3 = {"incomer", "quick", "export", "contact", "tou", "smoke", "volts"}


@pytest.mark.parametrize(
    ("after_s", "sources"),
    [
        (0.0, set()),
        (2.9, set()),
        (3.0, AFTER_3),
        (4.0, AFTER_3 | {"a1"}),  # four polls of its switch
        (5.0, AFTER_3 | {"a1", "slow", "hz"}),
        (7.0, AFTER_3 | {"a1", "slow", "hz", "old"}),
        (12.0, AFTER_3 | {"a1", "slow", "hz", "old", "scada"}),
    ],
)
def test_the_alarm_waits_for_max_age_and_three_seconds_at_least(after_s, sources):
    """From the first scan on each source has its own time to speak; then it is an alarm."""
    run = dark()
    if after_s:
        run.step(dt=after_s)
    assert alarmed(run) == sources
    assert (run.on(), run.plan.envelope.kw) == ([], 0.0)
    assert run.memory.interlocks[0].tripped


@pytest.mark.parametrize(
    ("reading", "alarm"),
    [
        (None, False),
        (Reading("incomer", 1100.0, 0, Quality.NEVER), False),
        (Reading("incomer", 1100.0, 0, Quality.SILENT), False),  # asked, not answered yet
        (Reading("incomer", 1100.0, 1, Quality.SILENT), True),  # it had answered
        (Reading("incomer", 1100.0, 0, Quality.ERROR), True),  # it answered, badly
        (Reading("incomer", 1100.0, 0, Quality.NOT_AVAILABLE), True),
        (good("incomer", 1000.0, -50.0), True),
        (good("incomer", 1100.0, None), True),
    ],
)
def test_only_silence_is_waited_for(reading, alarm):
    """What has spoken and is bad or old is an alarm in the very first scan."""
    run = dark()
    run.readings = {} if reading is None else {"incomer": reading}
    run.step(dt=0.5)
    assert ("incomer" in alarmed(run)) is alarm


def test_a_bad_signal_or_observation_is_an_alarm_at_once():
    """A silent contact, a setpoint that ran out and a sensor's fault do not wait."""
    run = dark()
    run.signals = {
        "contact": SignalValue(1100.0, Quality.SILENT, 0.0),
        "scada": allows(1000.0, 5.0),
        "tou": SignalValue(1100.0, Quality.NEVER, 0.0),
    }
    run.observations = {"air.smoke": seen(1100.0, None, Quality.ERROR)}
    run.step(dt=0.5)
    assert alarmed(run) == {"contact", "scada", "smoke"}


def test_a_latched_interlock_is_an_alarm_however_silent_its_sensor():
    """A latch kept over a restart is told in the first scan."""
    run = dark()
    run.observations = {"air.smoke": seen(1101.0, True)}
    run.step()
    run.memory = resume(run.site, run.memory, run.t_s)
    run.observations = {}
    run.step()
    assert alarmed(run) == {"smoke"}


def test_the_time_begins_anew_with_every_process():
    """After a restart sources have their time again, from its first scan on."""
    run = dark()
    run.step(dt=20.0)
    run.memory = resume(run.site, run.memory, run.t_s)
    assert run.memory.began_s is None
    run.step(dt=50.0)
    assert (run.memory.began_s, alarmed(run)) == (run.t_s, set())


def test_feedback_that_was_seen_and_is_lost_is_an_alarm_at_once():
    """Only a rack that nobody has seen off yet waits, and a latched one never."""
    run = dark()
    run.feedback = {"a1": (None, False)}
    run.step(dt=0.5)
    assert run.memory.racks[0].confirmed
    run.feedback = {}
    run.step(dt=0.5)
    assert "a1" in alarmed(run)
