"""Who goes first: the order of starts and of stops, and the fewest racks that cover a deficit."""

from collections.abc import Iterable

from headworks.control.compiled import Compiled
from headworks.model.memory import RackMemory


def start_order(c: Compiled, racks: list[RackMemory], candidates: Iterable[int]) -> list[int]:
    """Candidates by priority, then least wear (fewest closings, least time on), then site order."""
    return sorted(
        candidates,
        key=lambda i: (-c.racks[i].priority, racks[i].switchings, racks[i].on_total_s, i),
    )


def within_min_on(c: Compiled, i: int, rack: RackMemory, now: float) -> bool:
    """Whether a rack's minimum time on has not passed yet."""
    return now - rack.told_s < c.racks[i].min_on_s


def shed_groups(
    c: Compiled, racks: list[RackMemory], candidates: list[int], now: float
) -> list[list[int]]:
    """Candidates in groups of equals, the first to go first.

    Racks without notice go before those with: they bridge the others' drain time. Then the
    lowest priority, then racks that are past their minimum time on.
    """
    groups: dict[tuple[int, bool], list[int]] = {}
    for i in candidates:
        rank = c.shed_rank[i], now - racks[i].told_s < c.racks[i].min_on_s
        if rank in groups:
            groups[rank].append(i)
        else:
            groups[rank] = [i]
    return [groups[rank] for rank in sorted(groups)]


def pick(groups: list[list[int]], power_kw: list[float], need_kw: float) -> list[int]:
    """The racks to shed so that `need_kw` goes: whole groups first, in the last one the fewest."""
    chosen: list[int] = []
    for group in groups:
        if need_kw <= 0.0:
            break
        useful = [i for i in group if power_kw[i] > 0.0]
        if sum(power_kw[i] for i in useful) <= need_kw:
            found = useful
        else:
            found = fewest(useful, power_kw, need_kw)
        chosen += found
        need_kw -= sum(power_kw[i] for i in found)
    return chosen


def fewest(group: list[int], power_kw: list[float], need_kw: float) -> list[int]:
    """The smallest number of racks that covers the need; among those, little overshoot.

    The largest racks give the smallest number. Each is then exchanged for the smallest spare
    one that still covers the need. That is not always the least overshoot there is, but it is
    found at once and is the same every time.
    """
    sizes = sorted(group, key=lambda i: (-power_kw[i], i))
    count, total = 0, 0.0
    while total < need_kw and count < len(sizes):
        total += power_kw[sizes[count]]
        count += 1
    taken, spare = sizes[:count], sizes[count:]
    for place, i in enumerate(taken):
        for other in reversed(spare):
            left = total - power_kw[i] + power_kw[other]
            if need_kw <= left < total:
                taken[place], total = other, left
                spare[spare.index(other)] = i
                spare.sort(key=lambda k: (-power_kw[k], k))
                break
    return taken
