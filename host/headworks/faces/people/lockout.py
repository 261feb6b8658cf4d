"""Slows down whoever guesses passwords. Pure but for what it remembers; time is an argument.

Counted are a name from an address, an address, and a name from everywhere. A stranger with many
addresses must not lock out the people of the site, so the last does not hold where that person
has signed in before.
"""

from typing import NamedTuple

FREE = {"pair": 5, "address": 20, "name": 50}  # failures before anyone has to wait
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 900.0
FORGET_S = 1800.0  # after the last failure
MOST = 2000  # keys remembered; those with the fewest failures go
MOST_KNOWN = 200  # places where somebody has signed in; the oldest go


class _Count(NamedTuple):
    failures: int
    last_s: float
    until_s: float


class LockOut:
    """Failures by key, and until when each must wait."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], _Count] = {}
        self._known: dict[tuple[str, str], None] = {}

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """Seconds until this name may try again from this address; 0 when it may now."""
        pair, of_address, of_name = _keys(name, address)
        keys = (pair, of_address) if (name, address) in self._known else (pair, of_address, of_name)
        held = (self._counts.get(key) for key in keys)
        return max((count.until_s - now_s for count in held if count), default=0.0)

    def failed(self, name: str, address: str, now_s: float) -> None:
        """A wrong password. Each one past the free ones doubles the wait."""
        for key in _keys(name, address):
            old = self._counts.pop(key, None)
            fresh = old is None or now_s - old.last_s > FORGET_S
            failures = 1 if fresh or old is None else old.failures + 1
            over = failures - FREE[key[0]]
            wait_s = min(FIRST_WAIT_S * 2.0 ** min(over, 10), LONGEST_WAIT_S) if over >= 0 else 0.0
            self._counts[key] = _Count(failures, now_s, now_s + wait_s)
        if len(self._counts) > MOST:
            by_worth = sorted(self._counts, key=lambda key: self._worth(key, now_s))
            for key in by_worth[: MOST // 2]:
                del self._counts[key]

    def _worth(self, key: tuple[str, ...], now_s: float) -> tuple[bool, int, float]:
        """A flood of names that nobody has must not push out the count of one that is guessed."""
        count = self._counts[key]
        return now_s - count.last_s <= FORGET_S, count.failures, count.last_s

    def passed(self, name: str, address: str) -> None:
        """The right password: this name is clean from this address."""
        self._counts.pop(("pair", name, address), None)
        self._known.pop((name, address), None)
        self._known[name, address] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]


def _keys(name: str, address: str) -> tuple[tuple[str, ...], ...]:
    return ("pair", name, address), ("address", address), ("name", name)
