"""Which interlocks act or wait for a reset, what each sees now, and since when. For people.

Follows the memories of the scans; decides nothing. Of a latch that a restart brought back it is
not known when it began.
"""

from collections.abc import Callable
from typing import Any

from headworks.model.memory import InterlockMemory
from headworks.model.site import InterlockSpec, Site

Json = dict[str, Any]
Number = Callable[[float | None], float | None]
CAUSE, UNKNOWN, NOTHING = "cause", "unknown", "nothing"


class Held:
    """The interlocks of one site; `saved` are their memories before the first scan."""

    def __init__(self, site: Site, saved: tuple[InterlockMemory, ...]) -> None:
        self._specs, self._locks = site.interlocks, saved
        self._relays = {f"{b.name}.{b.permissive}": b.name for b in site.boards if b.permissive}
        self._since_s: dict[str, float] = {}
        self._gone_s: dict[str, float] = {}

    def look(self, t_s: float, locks: tuple[InterlockMemory, ...]) -> None:
        """One scan is done."""
        if locks == self._locks:  # compares identities first, and mostly only those
            return
        for spec, was, now in zip(self._specs, self._locks, locks, strict=True):
            if was is not now:
                self._follow(t_s, spec.name, was, now)
        self._locks = locks

    def _follow(self, t_s: float, name: str, was: InterlockMemory, now: InterlockMemory) -> None:
        if not now.latched:
            self._since_s.pop(name, None)
        elif not was.latched:
            self._since_s[name] = t_s
        if not now.latched or sees(now) != NOTHING:
            self._gone_s.pop(name, None)
        elif sees(was) != NOTHING:
            self._gone_s[name] = t_s

    def view(self, t_s: float, number: Number) -> list[Json]:
        """Every interlock that acts or is latched, as JSON-ready data; ages in s before `t_s`."""
        pairs = zip(self._specs, self._locks, strict=True)
        held = [(spec, lock) for spec, lock in pairs if lock.tripped or lock.latched]
        return [self._one(spec, lock, t_s, number) for spec, lock in held]

    def _one(self, spec: InterlockSpec, lock: InterlockMemory, t_s: float, number: Number) -> Json:
        since_s, gone_s = self._since_s.get(spec.name), self._gone_s.get(spec.name)
        return {
            "name": spec.name,
            "when": spec.when,
            "action": spec.action.value,
            "sees": sees(lock),
            "latched": lock.latched,
            "since_s": None if since_s is None else number(t_s - since_s),
            "gone_s": None if gone_s is None else number(t_s - gone_s),
            "reset_at": spec.local_reset,
            "relay_of": self._relays.get(spec.when, ""),
        }


def sees(lock: InterlockMemory) -> str:
    """What an interlock sees now: its cause, nothing of it, or nothing at all."""
    if lock.active_since_s is not None:
        return CAUSE
    return UNKNOWN if lock.tripped else NOTHING
