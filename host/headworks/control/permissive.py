"""Which permissive relays may be closed. Such a relay stands in series with its zone's contactors.

Only says what is allowed; the board's firmware closes the relay for as long as it is told so, and
opens it by its own rules whatever is said here.
"""

from collections.abc import Sequence

from headworks.control.compiled import Compiled
from headworks.model.memory import InterlockMemory
from headworks.model.site import InterlockAction

NONE: frozenset[str] = frozenset()


def permits(c: Compiled, memories: Sequence[InterlockMemory]) -> frozenset[str]:
    """The boards whose relay may be closed: all but those of whose zone a trip leaves no rack.

    Trips that watch such a relay do not count: an open relay would keep itself open.
    """
    if not c.permissives:
        return NONE
    tripped: frozenset[int] = frozenset()
    for guard, memory in zip(c.guards, memories, strict=True):
        acts = memory.tripped or memory.latched
        if acts and guard.spec.action == InterlockAction.TRIP and not guard.own_relay:
            tripped |= guard.racks
    return frozenset(board for board, racks in c.permissives if racks - tripped)
