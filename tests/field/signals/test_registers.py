"""The words that a master reads, as REGISTERS.md says."""

import re
from importlib.resources import files

import pytest

from headworks.field.signals import registers
from headworks.field.signals.registers import Published, input_words
from headworks.field.signals.report import StationReport
from headworks.field.signals.setpoint import SetpointState
from headworks.model.plan import (
    Alarm,
    Envelope,
    Limit,
    Plan,
    RackPlan,
    RackState,
    Reason,
    ReasonCode,
    Severity,
)

IN_FORCE = Published(SetpointState.IN_FORCE, 17, 4711, 250.0, 41.9, 3)
REPORT = StationReport(
    healthy=True,
    scans=65537,
    drawn_kw=108.04,
    planned_kw=144.0,
    envelope_kw=7000.0,
    surplus_kw=-12.3,
    reason=ReasonCode.SETPOINT,
    racks={RackState.OFF: 2, RackState.RUNNING: 3, RackState.TRIPPED: 1},
    alarms=5,
)


def test_a_full_report():
    """Every register is where the document says, high word first."""
    assert input_words(IN_FORCE, REPORT) == [
        1, 0b111011, 1, 17, 4711, 1, 41, 3,
        0, 2500, 0, 1080, 0, 1440, 1, 4464, 0xFFFF, 0xFF85,
        2, 0, 3, 0, 0, 1, 0,
        5, 3,
    ]  # fmt: skip


def test_without_a_report_figures_are_not_available():
    """Before the first scan there is no power, not a power of zero."""
    words = input_words(IN_FORCE, None)
    assert words[10:18] == [0xFFFF, 0xFFFF] * 3 + [0x8000, 0]
    assert (words[1], words[7]) == (0b10, 0)
    assert len(words) == registers.INPUTS


@pytest.mark.parametrize(
    ("published", "state", "left_s", "limit", "bits"),
    [
        (IN_FORCE._replace(limit_kw=None), 1, 41, [0xFFFF, 0xFFFF], 0b110),
        (IN_FORCE._replace(limit_kw=0.0), 1, 41, [0, 0], 0b010),
        (IN_FORCE._replace(state=SetpointState.RAN_OUT), 2, 0, [0, 0], 0),
        (IN_FORCE._replace(state=SetpointState.STOOD_STILL, limit_kw=None), 3, 0, [0, 0], 0),
        (Published(SetpointState.NEVER, 0, 0, 0.0, 0.0, 0), 0, 0, [0, 0], 0),
    ],
)
def test_the_order_as_the_master_sees_it(published, state, left_s, limit, bits):
    """An ended order reads as zero watts, never as "no limit"."""
    words = input_words(published, None)
    assert (words[5], words[6], words[8:10], words[1]) == (state, left_s, limit, bits)


@pytest.mark.parametrize(
    ("kw", "words"),
    [(-5.0, [0, 0]), (1e12, [0xFFFF, 0xFFFE]), (0.04, [0, 0]), (6553.6, [1, 0])],
)
def test_powers_stay_inside_their_words(kw, words):
    """A figure that does not fit is cut to the nearest, never to the sentinel and never wrapped."""
    assert input_words(IN_FORCE, REPORT._replace(drawn_kw=kw))[10:12] == words


@pytest.mark.parametrize(("kw", "words"), [(-1e12, [0x8000, 1]), (1e12, [0x7FFF, 0xFFFF])])
def test_surplus_never_wraps(kw, words):
    """The surplus is signed and is cut at its ends, beside its sentinel."""
    assert input_words(IN_FORCE, REPORT._replace(surplus_kw=kw))[16:18] == words


def test_every_state_of_a_rack_has_a_register():
    """A new rack state must not vanish from the counts."""
    assert set(registers.STATES) == set(RackState)


def test_a_report_is_made_of_a_plan():
    """Counts, the binding reason and the surplus come from the plan; infos are no alarms."""
    limit = Limit("scada", "", 90.0, Reason(ReasonCode.SETPOINT))
    reason = Reason(ReasonCode.RUNNING)
    plan = Plan(
        t_s=5.0,
        envelope=Envelope(90.0, limit, (limit,), {}),
        racks=(
            RackPlan("a1", True, RackState.RUNNING, reason, 36.0, 0.0),
            RackPlan("a2", False, RackState.OFF, reason, 0.0, 0.0),
            RackPlan("a3", True, RackState.RUNNING, reason, 36.0, 0.0),
        ),
        drawn_kw=72.0,
        planned_kw=80.0,
        upstream_trip=False,
        alarms=(Alarm("a1", Severity.INFO, reason), Alarm("a2", Severity.WARNING, reason)),
        events=(),
    )
    report = StationReport.of(plan, healthy=True, scans=9)
    assert report.surplus_kw == pytest.approx(10.0)
    assert (report.racks[RackState.RUNNING], report.racks[RackState.OFF]) == (2, 1)
    assert (report.alarms, report.reason, report.scans) == (1, ReasonCode.SETPOINT, 9)


def test_the_document_covers_every_register():
    """The table of input registers has no gap and ends where the map ends."""
    text = (files("headworks.field.signals") / "REGISTERS.md").read_text("utf-8")
    table = text.split("## What the master reads")[1].split("Status bits")[0]
    rows = re.findall(r"^\| (\d+)(?:–(\d+))? \|", table, re.MULTILINE)
    covered = [n for first, last in rows for n in range(int(first), int(last or first) + 1)]
    assert covered == list(range(registers.INPUTS))
