"""The memory of a first scan: all racks off, and none of them trusted to be off yet."""

from headworks.control.compiled import compile_site
from headworks.model.memory import (
    BudgetMemory,
    FrequencyMemory,
    InterlockMemory,
    Memory,
    RackMemory,
)
from headworks.model.site import Site


def first_memory(site: Site, t_s: float) -> Memory:
    """The memory before the first scan of a station that remembers nothing.

    How long the racks have been off is unknown, so the minimum off time begins at `t_s`
    (monotonic seconds).
    """
    c = compile_site(site)
    fresh = RackMemory(since_s=t_s, told_s=t_s, confirmed=False, off_since_s=t_s)
    return Memory(
        t_s=t_s,
        racks=(fresh,) * len(c.racks),
        interlocks=(InterlockMemory(),) * len(c.guards),
        budgets=(BudgetMemory(),) * len(c.scope_racks),
        frequency=(FrequencyMemory(),) * len(c.frequencies),
    )


def resume(site: Site, memory: Memory, t_s: float) -> Memory:
    """A memory kept over a restart, made ready for the first scan at `t_s`.

    Latches, lock-outs, starts and wear stay; every rack is off and must be seen off again. The
    times must be of this boot's clock already. A memory of another site is not used.
    """
    blank = first_memory(site, t_s)
    if len(memory.racks) != len(blank.racks) or len(memory.interlocks) != len(blank.interlocks):
        return blank
    frequency = memory.frequency
    return blank._replace(
        racks=tuple(_resumed(rack, t_s) for rack in memory.racks),
        interlocks=tuple(lock._replace(ready=False) for lock in memory.interlocks),
        last_step_s=t_s if any(rack.on for rack in memory.racks) else memory.last_step_s,
        steps=memory.steps,
        frequency=frequency if len(frequency) == len(blank.frequency) else blank.frequency,
        alarms=memory.alarms,
    )


def _resumed(rack: RackMemory, t_s: float) -> RackMemory:
    return rack._replace(
        on=False,
        told_s=t_s,
        confirmed=False,
        leaving_kw=0.0,
        off_since_s=t_s if rack.on else rack.off_since_s,
        on_total_s=rack.on_total_s + (max(0.0, t_s - rack.told_s) if rack.on else 0.0),
        fit_since_s=None,
        notice_since_s=None,
        mismatch_since_s=None,
        aux_closed=None,
        open_s=None,
        dark_since_s=None,
        changes_s=(),
    )
