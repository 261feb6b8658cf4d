"""The wall clock is known, or it is None."""

from datetime import UTC, datetime

import pytest

from headworks.field.signals.clock import synchronised, wall_clock

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNSET = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
BATTERY_DEAD = datetime(2024, 12, 31, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "synced", "accepted", "known"),
    [
        (NOW, True, False, True),
        (NOW, False, False, False),
        (NOW, False, True, True),
        (UNSET, True, False, False),
        (UNSET, True, True, False),
        (BATTERY_DEAD, True, True, False),
    ],
)
def test_the_clock_is_known_only_when_somebody_keeps_it(now, synced, accepted, known):
    """Before 2025 it was never set; without a time service it counts only where accepted."""
    wall = wall_clock(unsynced_ok=accepted, now=lambda: now, synced=lambda: synced)
    assert wall == (now if known else None)


def test_the_kernel_can_be_asked():
    """The question to the kernel has an answer on this machine, whatever it is."""
    assert synchronised() in (True, False)
