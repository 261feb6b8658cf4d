"""Reason numbers are a promise to control rooms."""

import re
from importlib.resources import files

from headworks.field.signals import codes
from headworks.model.plan import ReasonCode

# A copy on purpose: a changed number must fail here. New codes are added, nothing is edited.
GIVEN = {
    "export": 1, "feeder": 2, "setpoint": 3, "contact": 4, "schedule": 5, "droop": 6,
    "under-frequency": 7, "stale": 20, "unknown": 21, "expired": 22, "no-signal": 23,
    "capacity": 24,
    "running": 50, "starting": 51, "min-on": 52, "budget": 53, "welded-on": 54,
    "boot": 100, "no-surplus": 101, "wait-surplus": 102, "wait-sample": 103, "min-off": 104,
    "starts-hour": 105, "starts-day": 106, "start-window": 107, "released": 108,
    "releasing": 109, "notice": 110, "operator-off": 111, "locked-out": 112, "interlock": 113,
    "tripped": 114, "blocked": 115, "fails-to-close": 116, "retry-wait": 117, "welded": 118,
    "chatter": 119, "feedback-lost": 120, "readback": 121, "upstream-tripped": 122, "power-lost": 123,
    "command": 140,
    "unknown-target": 141, "nothing-to-do": 142, "cause-stays": 143, "local-only": 144,
    "local-reset": 145, "storage": 150,
    "storage-corrupt": 151, "memory-dropped": 152, "scan-late": 153, "restart-needed": 154,
    "site-refused": 155, "deadman-held": 156,
    "board-unknown": 170, "board-restarted": 171, "board-quarantined": 172, "board-crashed": 173,
    "board-moved": 174, "board-latch": 175, "channel-unknown": 176,
    "board-two": 177,
}  # fmt: skip


def test_every_reason_code_has_a_number():
    """A code without a number would reach the control room as "other"."""
    assert set(codes.REASON_NUMBERS) == set(ReasonCode)


def test_no_number_has_ever_changed():
    """A number that was given keeps its meaning."""
    now = {str(code): codes.REASON_NUMBERS.get(code) for code in ReasonCode}
    assert {code: now[code] for code in GIVEN} == GIVEN


def test_new_codes_are_added_to_the_table_of_this_test():
    """Every number is guarded from the day it is given."""
    assert {str(code) for code in codes.REASON_NUMBERS} == set(GIVEN)


def test_numbers_are_unique_and_leave_out_the_reserved_ones():
    """Two codes must not share a number, nor take 0 or 65534."""
    numbers = list(codes.REASON_NUMBERS.values())
    assert len(set(numbers)) == len(numbers)
    assert not {codes.NONE, codes.OTHER} & set(numbers)


def test_no_reason_yet_is_zero():
    """Before the first scan there is no reason."""
    assert codes.number(None) == 0
    assert codes.number(ReasonCode.SETPOINT) == 3


def test_the_register_document_lists_every_number():
    """What the engineer reads and what the station sends are the same set of numbers."""
    text = (files("headworks.field.signals") / "REGISTERS.md").read_text("utf-8")
    table = text.split("## Reason numbers")[1].split("##")[0]
    listed = {int(cell) for cell in re.findall(r"\| (\d+) (?=\|)", table)}
    assert listed == {*codes.REASON_NUMBERS.values(), codes.NONE, codes.OTHER}
