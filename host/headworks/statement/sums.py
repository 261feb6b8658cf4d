"""What a month's intervals add up to. What is not known adds nothing and is counted."""

from collections.abc import Callable, Iterable, Sequence

from headworks.record.stamp import Clock
from headworks.statement.model import ENERGIES, Gap, Interval, Quality


def total(values: Iterable[int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def totals(intervals: Sequence[Interval]) -> dict[str, int | None]:
    """Sums of all energies, measured seconds, and how many intervals are of which kind.

    `shared_drawn_wh` is the racks' energy of those intervals whose `surplus_wh` is known, so
    that their quotient is the surplus share.
    """
    found: dict[str, int | None] = {
        name: total(getattr(one, name) for one in intervals) for name in ENERGIES
    }
    found["shared_drawn_wh"] = total(
        one.drawn_wh for one in intervals if one.surplus_wh is not None
    )
    found["measured_s"] = sum(one.measured_s for one in intervals)
    found["intervals"] = len(intervals)
    for quality in Quality:
        found[quality.value] = sum(one.quality is quality for one in intervals)
    for clock in Clock:
        found[clock.value] = sum(one.clock is clock for one in intervals)
    return found


def racks_total(intervals: Sequence[Interval], racks: int) -> tuple[int | None, ...]:
    """The energy of each rack."""
    return tuple(
        total(one.racks_wh[index] for one in intervals if one.racks_wh) for index in range(racks)
    )


def spans(
    intervals: Sequence[Interval], interval_s: int, hit: Callable[[Interval], bool]
) -> tuple[Gap, ...]:
    """Neighbouring intervals for which `hit` holds, each run as one."""
    found: list[Gap] = []
    for one in intervals:
        if not hit(one):
            continue
        end_s = one.start_s + interval_s
        if found and found[-1].to_s == one.start_s:
            found[-1] = Gap(found[-1].from_s, end_s, found[-1].intervals + 1)
        else:
            found.append(Gap(one.start_s, end_s, 1))
    return tuple(found)


def gaps(intervals: Sequence[Interval], interval_s: int) -> tuple[Gap, ...]:
    """Runs of intervals that are not wholly measured."""
    return spans(intervals, interval_s, lambda one: one.quality is not Quality.GOOD)


def unsynced(intervals: Sequence[Interval], interval_s: int) -> tuple[Gap, ...]:
    """Runs of recorded intervals whose clock no time service kept."""
    return spans(
        intervals,
        interval_s,
        lambda one: one.quality is not Quality.MISSING and one.clock is not Clock.SYNCED,
    )
