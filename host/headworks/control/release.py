"""How racks go: at once, with notice, or at the release ramp.

The ramp lets one rack go, then waits until its power at `release_kw_per_s` has passed. A trip
waits for nothing. Chooses no rack.
"""

from typing import NamedTuple

from headworks.control.compiled import Compiled
from headworks.control.shed import Manner, Release
from headworks.control.view import Sight
from headworks.model.memory import RackMemory
from headworks.model.plan import Reason, ReasonCode


class Leaving(NamedTuple):
    """Racks to open now, racks that get notice now, why, and when the ramp goes on."""

    off: dict[int, Reason]
    notice: dict[int, Reason]
    waiting: dict[int, Reason]
    next_s: float


def release(
    c: Compiled,
    racks: list[RackMemory],
    committed_kw: list[float],
    *,
    releases: list[Release],
    next_s: float,
    now: float,
) -> Leaving:
    """Sort releases into now, notice and later; trips first."""
    result = Leaving({}, {}, {}, next_s)
    if not releases:
        return result
    rate = c.control.release_kw_per_s
    for item in sorted(releases, key=lambda item: -item.manner):
        i = item.rack
        if item.manner is Manner.INSTANT:
            result.off[i] = item.reason
            continue
        if item.manner is Manner.RAMP and rate is not None:
            if next_s > now:
                values = (("wait_s", next_s - now), *item.reason.values)
                result.waiting[i] = Reason(ReasonCode.RELEASING, values)
                continue
            next_s = now + (committed_kw[i] / rate if rate > 0.0 else 0.0)
        notice_s = c.racks[i].notice_s
        if notice_s > 0.0 and racks[i].notice_since_s is None:
            result.notice[i] = Reason(ReasonCode.NOTICE, (("wait_s", notice_s),))
        else:
            result.off[i] = item.reason
    return result._replace(next_s=next_s)


def notice_over(c: Compiled, i: int, sight: Sight, since: float, now: float) -> bool:
    """Whether a graceful stop has ended: its time is over, or its meter shows it idle."""
    power = sight.power_kw
    idle = power is not None and power <= c.control.weld_kw and sight.power_t_s > since
    return idle or now - since >= c.racks[i].notice_s
