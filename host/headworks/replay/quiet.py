"""What a board's channels show while nothing is wrong, for those that the data does not hold.

A planner rarely has a recording of smoke and doors. What is taken instead is told in the totals;
a value that is missing in a column that there is stays unknown.
"""

from headworks.control.interlock import cleared
from headworks.model.site import InterlockSpec, Site


def contacts_of(site: Site) -> frozenset[str]:
    """The channels that are contacts: True or False, never a number."""
    watched = {lock.when for lock in site.interlocks if lock.active is not None}
    return frozenset(watched | {lock.local_reset for lock in site.interlocks if lock.local_reset})


def quiet(site: Site) -> dict[str, float]:
    """For every channel that interlocks watch a value at which none of them acts; contacts 0 or 1.

    Channels of meters are not in here: they are measured. Where no such value exists the one
    that is given acts, as it would on site.
    """
    meters = {spec.name for spec in site.meters}
    locks = [lock for lock in site.interlocks if lock.when.partition(".")[0] not in meters]
    found: dict[str, float] = {}
    for lock in locks:
        if lock.active is not None:
            found[lock.when] = 0.0 if lock.active else 1.0
        if lock.local_reset:
            found.setdefault(lock.local_reset, 0.0)
    plain = [lock for lock in locks if lock.active is None and not lock.minus]
    for name in dict.fromkeys(lock.when for lock in plain):
        found[name] = _between([lock for lock in plain if lock.when == name])
    for lock in locks:
        if lock.minus:
            _apart(lock, found)
    return found


def _between(locks: list[InterlockSpec]) -> float:
    """A number that none of the interlocks of one channel takes for a cause."""
    top = min(
        (lock.above - lock.hysteresis for lock in locks if lock.above is not None), default=None
    )
    low = max(
        (lock.below + lock.hysteresis for lock in locks if lock.below is not None), default=None
    )
    if top is None:
        return 0.0 if low is None else low + 1.0
    return top - 1.0 if low is None else (low + top) / 2.0


def _apart(lock: InterlockSpec, found: dict[str, float]) -> None:
    """Set the two channels of a difference so far apart that the interlock does not act."""
    wanted = _between([lock])
    value = found.setdefault(lock.when, 20.0)
    minus = found.setdefault(lock.minus, value - wanted)
    if not cleared(lock, value - minus):
        found[lock.minus] = value - wanted
