"""What was decided, put into the racks' memories. Decides nothing."""

from collections.abc import Mapping

from headworks.control.compiled import Compiled
from headworks.control.dispatch import Wish
from headworks.control.look import Seen
from headworks.control.rack import closed, opened, state_of
from headworks.control.start import recent
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import RackState

_TRIPPED = RackState.TRIPPED  # an enum's look-up is slow
Steps = tuple[tuple[float, float], ...]


def remember(
    c: Compiled,
    past: Memory,
    seen: Seen,
    wish: Wish,
    *,
    was_on: frozenset[int],
    on: frozenset[int],
    now: float,
) -> tuple[tuple[RackMemory, ...], Steps, float]:
    """The racks' memories once `on` was told, the steps of the window, and the last step."""
    racks = list(seen.racks)
    for i in was_on - on:
        racks[i] = opened(racks[i], c.racks[i], seen.sights[i], now)
    for i in wish.notice & on:
        racks[i] = racks[i]._replace(notice_since_s=now)
    started = sorted(on - was_on)
    for i in started:
        racks[i] = closed(racks[i], now)
    _name(past, racks, wish.fit_since_s, seen.verdict.latched, now)
    steps = past.steps
    if started:
        new = tuple((now, c.racks[i].rated_kw) for i in started)
        steps = (*recent(steps, now, c.control.window_s), *new)
    new_racks = tuple(racks)
    if new_racks == past.racks:  # compares identities first, and mostly only those
        return past.racks, steps, past.last_step_s
    moved = any(a.on != b.on for a, b in zip(past.racks, racks, strict=True))
    return new_racks, steps, now if moved else past.last_step_s


def _name(
    past: Memory,
    racks: list[RackMemory],
    fits: Mapping[int, float],
    latched: frozenset[int],
    now: float,
) -> None:
    """Keep each rack's fit timer and the name of its state."""
    for i, (before, rack) in enumerate(zip(past.racks, racks, strict=True)):
        fit = fits.get(i) if fits else None
        tripped = i in latched if latched else False
        same = rack is before and tripped is (rack.state is _TRIPPED)
        if same and fit == rack.fit_since_s:
            continue
        state = rack.state if same else state_of(rack, tripped)
        if fit != rack.fit_since_s or state != rack.state:
            since = rack.since_s if state == rack.state else now
            racks[i] = rack._replace(fit_since_s=fit, state=state, since_s=since)
