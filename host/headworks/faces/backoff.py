"""How long to wait before the next try: longer each time, spread, with an end. Pure."""

import random
from collections.abc import Callable

FIRST_S, LONGEST_S = 1.0, 300.0


def wait_s(
    tries: int,
    *,
    longest_s: float = LONGEST_S,
    asked_s: float = 0.0,
    spread: Callable[[], float] = random.random,
) -> float:
    """Seconds to wait after so many tries that failed (1 or more).

    Doubles from 1 s to `longest_s`, and between half of that and all of it; but not less than
    the receiver asked for, as far as that is not beyond `longest_s`.
    """
    doubled = min(longest_s, FIRST_S * 2.0 ** min(tries - 1, 30))
    return max(doubled * (0.5 + 0.5 * spread()), min(asked_s, longest_s))
