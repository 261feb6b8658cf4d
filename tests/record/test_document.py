"""What of a memory survives, and how it comes back."""

import json
from typing import Any

import pytest

from headworks.model.memory import Memory
from headworks.model.plan import RackState, ReasonCode
from headworks.record.document import BadMemoryError, document, restore
from headworks.record.durable import changed
from record.memories import WELDED, a_site, eventful, first

SITE = a_site("a1", "a2", "a3")


def through_json(memory: Memory) -> Any:
    return json.loads(json.dumps(document(SITE, memory), allow_nan=False))


def test_latches_and_lock_outs_come_back_as_they_were() -> None:
    """What a person locked or the station latched is there after a restart, word for word."""
    back = restore(SITE, first(SITE, 1000.0), through_json(eventful(SITE, 990.0)), 0.0).memory
    locked, welded, _ = back.racks
    assert (locked.state, locked.locked_by, locked.lock_note) == (
        RackState.LOCKED_OUT,
        "ayesha",
        "fan",
    )
    assert (welded.state, welded.latch, welded.retries) == (RackState.FAULTED, WELDED, 2)
    assert back.interlocks[0].latched
    assert back.interlocks[0].tripped
    assert back.interlocks[0].cause == WELDED
    assert back.frequency[0].tripped
    assert not back.booted


def test_the_same_boot_keeps_times() -> None:
    """Within one boot the monotonic clock went on, so the time in between counts."""
    back = restore(SITE, first(SITE, 1000.0), through_json(eventful(SITE, 990.0)), 0.0).memory
    assert back.racks[0].off_since_s == 979.0
    assert back.racks[2].starts_s == (-3010.0, 930.0)
    assert back.last_step_s == 930.0
    assert back.steps == ((930.0, 36.0),)


def test_another_boot_keeps_ages_and_the_gap_counts_as_nothing() -> None:
    """A minimum off time that had 100 s to go still has 100 s to go after a reboot."""
    back = restore(SITE, first(SITE, 7.0), through_json(eventful(SITE, 990.0)), 7.0 - 990.0).memory
    assert back.racks[0].off_since_s == pytest.approx(7.0 - 11)
    assert back.racks[2].starts_s == pytest.approx((7.0 - 4000, 7.0 - 60))
    assert back.last_step_s == pytest.approx(7.0 - 60)


def test_a_rack_that_ran_is_known_to_have_run() -> None:
    """That it was on, and since when, is kept: control makes its minimum off time of it."""
    ran = restore(SITE, first(SITE, 1000.0), through_json(eventful(SITE, 990.0)), 0.0).memory
    rack = ran.racks[2]
    assert (rack.state, rack.on, rack.told_s) == (RackState.RUNNING, True, 930.0)
    assert (rack.on_total_s, rack.switchings) == (100.0, 7)


def test_no_time_comes_back_in_the_future() -> None:
    """A damaged or stepped time may shorten no wait by lying ahead for ever."""
    row = through_json(eventful(SITE, 990.0))
    row["racks"]["a1"]["off_since_s"] = 1e12
    assert restore(SITE, first(SITE, 1000.0), row, 0.0).memory.racks[0].off_since_s == 1000.0


def test_an_edited_site_keeps_what_it_still_has() -> None:
    """Racks are matched by name: a new order, a new rack and a removed one mix nothing up."""
    row = through_json(eventful(SITE, 990.0))
    edited = a_site("new", "a2", "a1", interlocks=("leak",))
    restored = restore(edited, first(edited, 1000.0), row, 0.0)
    new, a2, a1 = restored.memory.racks
    assert a1.locked_by == "ayesha"
    assert a2.latch == WELDED
    assert new == first(edited, 1000.0).racks[0]
    assert restored.dropped == ("a3", "smoke")


def test_a_latch_of_a_newer_version_stays_a_latch() -> None:
    """A code that this version does not know must not come back as no latch."""
    row = through_json(eventful(SITE, 990.0))
    row["racks"]["a2"]["latch"]["code"] = "code-of-tomorrow"
    latch = restore(SITE, first(SITE, 1000.0), row, 0.0).memory.racks[1].latch
    assert latch is not None
    assert latch.code is ReasonCode.TRIPPED


def broken(path: str, value: object) -> Any:
    row = through_json(eventful(SITE, 990.0))
    at = row
    *parts, last = path.split("/")
    for part in parts:
        at = at[part]
    if value is KeyError:
        del at[last]
    else:
        at[last] = value
    return row


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("racks", []),
        ("racks/a1", "off"),
        ("racks/a1/state", "asleep"),
        ("racks/a1/state", None),
        ("racks/a1/on", KeyError),
        ("racks/a1/since_s", "soon"),
        ("racks/a1/since_s", True),
        ("racks/a1/starts_s", 3),
        ("racks/a1/locked_by", 3),
        ("racks/a2/latch", 3),
        ("racks/a2/latch/code", None),
        ("racks/a1/on_total_s", None),
        ("interlocks/smoke/latched", KeyError),
        ("interlocks/smoke/tripped", 1),
        ("frequency/grid/tripped", KeyError),
        ("steps", [[1.0]]),
        ("last_step_s", float("nan")),
    ],
)
def test_nonsense_is_refused(path: str, value: object) -> None:
    """A document that makes no sense is an error, and never a rack that is not latched."""
    with pytest.raises(BadMemoryError):
        restore(SITE, first(SITE, 1000.0), broken(path, value), 0.0)


@pytest.mark.parametrize("row", [None, [], "x", 3])
def test_what_is_no_table_is_refused(row: object) -> None:
    """The same for a document that is something else altogether."""
    with pytest.raises(BadMemoryError):
        restore(SITE, first(SITE, 1000.0), row, 0.0)


def test_only_what_must_survive_is_a_change() -> None:
    """Timers of this minute must not wear out the card; a latch or a lock must be written."""
    old = eventful(SITE, 990.0)
    rack = old.racks[0]
    quiet = rack._replace(fit_since_s=1.0, mismatch_since_s=2.0, aux_closed=True)
    assert not changed(old, old._replace(t_s=991.0, racks=(quiet, *old.racks[1:])))
    loud = rack._replace(locked_by="", state=RackState.OFF)
    assert changed(old, old._replace(racks=(loud, *old.racks[1:])))
    lock = old.interlocks[0]
    assert changed(old, old._replace(interlocks=(lock._replace(latched=False),)))
    assert not changed(old, old._replace(interlocks=(lock._replace(active_since_s=3.0),)))
    assert changed(old, old._replace(last_step_s=991.0))
    assert changed(old, old._replace(frequency=(old.frequency[0]._replace(tripped=False),)))
