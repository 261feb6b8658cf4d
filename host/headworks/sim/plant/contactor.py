"""A contactor: coil in, main contacts and auxiliary contact out, with travel time and faults.

Energise to run: without coil voltage it opens. The auxiliary contact is mechanically linked to
the main contacts (mirror contact, IEC 60947-4-1), so a weld shows on it.
"""

from typing import NamedTuple

WELD = "weld"
FAILS_TO_CLOSE = "fails-to-close"
CHATTER = "chatter"
AUX_STUCK = "aux-stuck"

NO_FAULTS: frozenset[str] = frozenset()


class Travel(NamedTuple):
    """How long the contacts take to move, in s; ours, of the order of a 100 A contactor."""

    close_s: float = 0.04
    open_s: float = 0.02
    chatter_s: float = 0.2  # one open-close round of a chattering contactor


class Contactor(NamedTuple):
    """Where the contacts are. `moves_at_s` is when a movement under way ends."""

    closed: bool = False
    aux_closed: bool = False
    moves_at_s: float | None = None
    closings: int = 0


def step(
    now: Contactor, coil: bool, t_s: float, travel: Travel, faults: frozenset[str] = NO_FAULTS
) -> Contactor:
    """The contactor at `t_s`, given whether its coil is energised."""
    wanted = _wanted(now, coil, t_s, travel, faults) if faults else coil
    if wanted == now.closed:
        return now if now.moves_at_s is None else now._replace(moves_at_s=None)
    if now.moves_at_s is None:
        wait_s = travel.close_s if wanted else travel.open_s
        now = now._replace(moves_at_s=t_s + wait_s)
    if now.moves_at_s is not None and t_s < now.moves_at_s:
        return now
    aux = now.aux_closed if AUX_STUCK in faults else wanted
    return Contactor(wanted, aux, None, now.closings + wanted)


def _wanted(now: Contactor, coil: bool, t_s: float, travel: Travel, faults: frozenset[str]) -> bool:
    """Where the main contacts go to under faults: a weld needs closed contacts to hold."""
    if WELD in faults and now.closed:
        return True
    if FAILS_TO_CLOSE in faults and not now.closed:
        return False
    if CHATTER in faults and coil:
        return (t_s / travel.chatter_s) % 1.0 < 0.5
    return coil


def release_aux(now: Contactor) -> Contactor:
    """A stuck auxiliary contact set free follows the main contacts again."""
    return now._replace(aux_closed=now.closed)
