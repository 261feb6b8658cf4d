"""Sites and memories for the tests of what is kept."""

from headworks.model.memory import FrequencyMemory, InterlockMemory, Memory, RackMemory
from headworks.model.plan import RackState, Reason, ReasonCode
from headworks.model.site import (
    Control,
    FrequencySignal,
    InterlockAction,
    InterlockSpec,
    RackKind,
    RackSpec,
    Site,
)

WELDED = Reason(ReasonCode.WELDED, (("power_kw", 12.5), ("retries", 2)))


def a_site(*names: str, interlocks: tuple[str, ...] = ("smoke",)) -> Site:
    """A site with racks and interlocks of these names and one frequency signal."""
    racks = tuple(
        RackSpec(name, RackKind.ASIC, 36.0, None, f"hat.{number}")
        for number, name in enumerate(names, 1)
    )
    locks = tuple(
        InterlockSpec(name, f"air.{name}", InterlockAction.TRIP, tuple(names), active=True)
        for name in interlocks
    )
    frequency = (FrequencySignal("grid", "incomer"),)
    return Site("test", "UTC", 1.0, Control(), (), (), frequency, (), racks, (), locks)


def first(site: Site, t_s: float) -> Memory:
    """What a station knows that never ran."""
    return Memory(
        t_s,
        tuple(RackMemory(since_s=t_s) for _ in site.racks),
        tuple(InterlockMemory() for _ in site.interlocks),
        frequency=(FrequencyMemory(),),
    )


def eventful(site: Site, t_s: float) -> Memory:
    """The first rack locked out, the second welded, all others running; all latched."""
    running = RackMemory(
        state=RackState.RUNNING, since_s=t_s - 50, on=True, told_s=t_s - 60,
        starts_s=(t_s - 4000, t_s - 60), on_total_s=100.0, switchings=7,
    )  # fmt: skip
    locked = RackMemory(
        state=RackState.LOCKED_OUT, since_s=t_s - 10, locked_by="ayesha", lock_note="fan",
        off_since_s=t_s - 11,
    )  # fmt: skip
    welded = RackMemory(state=RackState.FAULTED, since_s=t_s - 5, latch=WELDED, retries=2)
    racks = (locked, welded, *(running for _ in site.racks[2:]))
    return Memory(
        t_s,
        racks[: len(site.racks)],
        tuple(InterlockMemory(tripped=True, latched=True, cause=WELDED) for _ in site.interlocks),
        booted=True,
        last_step_s=t_s - 60,
        steps=((t_s - 60, 36.0),),
        frequency=(FrequencyMemory(tripped=True),),
    )
