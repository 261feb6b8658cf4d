"""The faults that act now: put in and taken out by name, ended by time, asked by those who apply.

Names and targets are checked here, so that nobody waits for a fault that never comes.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import NamedTuple

from headworks.model.site import ContactSignal, Site
from headworks.sim.faults.kinds import KINDS, Aim, Kind

EVERY = "all"


class FaultError(Exception):
    """A fault cannot be put in; the text says what can."""


class Active(NamedTuple):
    """A fault that acts since `since_s`, until `until_s` (None: until cleared)."""

    kind: Kind
    target: str
    value: float
    since_s: float
    until_s: float | None


def targets(
    site: Site, inputs: Iterable[str] = (), boards: Mapping[Aim, tuple[str, ...]] | None = None
) -> dict[Aim, tuple[str, ...]]:
    """What each kind of fault may aim at, by name. `inputs` are the inputs nobody drives.

    `boards` is what `sim.boards.config.aims` finds on the sensor boards.
    """
    return {
        Aim.METER: tuple(meter.name for meter in site.meters),
        Aim.RACK: tuple(rack.name for rack in site.racks),
        Aim.SWITCH: tuple(switch.name for switch in site.switches),
        Aim.CONTACT: tuple(s.name for s in site.signals if isinstance(s, ContactSignal)),
        Aim.INPUT: tuple(inputs),
        Aim.SITE: ("",),
        **(boards or {}),
    }


class ActiveFaults:
    """All faults that act now."""

    def __init__(self, known: Mapping[Aim, tuple[str, ...]]) -> None:
        self.known = known
        self._acting: dict[tuple[str, str], Active] = {}

    def get(self, name: str, target: str = "") -> Active | None:
        """The fault if it acts on this target now."""
        return self._acting.get((name, target)) if self._acting else None

    def all(self) -> tuple[Active, ...]:
        """Every acting fault, oldest first."""
        return tuple(self._acting.values())

    def put(
        self, name: str, target: str, t_s: float, value: float | None, for_s: float | None
    ) -> list[Active]:
        """Let a fault act from `t_s`, for `for_s` or until cleared. Raises FaultError."""
        kind = _kind(name)
        amount = _value(kind, value)
        if for_s is not None and not (isfinite(for_s) and for_s > 0.0):
            raise FaultError(f"--for {for_s:g}: write a time above 0 s")
        until = None if for_s is None else t_s + for_s
        new = [Active(kind, aim, amount, t_s, until) for aim in self._targets(kind, target)]
        self._acting |= {(name, fault.target): fault for fault in new}
        return new

    def clear(self, name: str, target: str = "") -> list[Active]:
        """End a fault, on one target or on all where none is named. Raises FaultError."""
        kind = _kind(name)
        if target not in {"", EVERY}:
            self._targets(kind, target)
        ended = [
            fault
            for (acting, aim), fault in self._acting.items()
            if acting == name and target in {"", EVERY, aim}
        ]
        for fault in ended:
            del self._acting[name, fault.target]
        return ended

    def clear_all(self) -> list[Active]:
        """End every fault."""
        ended = list(self._acting.values())
        self._acting.clear()
        return ended

    def expire(self, t_s: float) -> list[Active]:
        """End the faults whose time is over."""
        over = [f for f in self._acting.values() if f.until_s is not None and t_s >= f.until_s]
        for fault in over:
            del self._acting[fault.kind.name, fault.target]
        return over

    def _targets(self, kind: Kind, target: str) -> tuple[str, ...]:
        """The named target, the only one there is, or all. Raises FaultError."""
        known = self.known.get(kind.aim, ())
        if not known:
            raise FaultError(f"{kind.name}: this site has no {kind.aim}")
        if target == EVERY or kind.aim is Aim.SITE or (not target and len(known) == 1):
            return known
        if target in known:
            return (target,)
        wrong = f"no {kind.aim} {target!r}" if target else f"which {kind.aim}?"
        raise FaultError(f"{kind.name}: {wrong}; there are: {', '.join(known)}, or {EVERY}")


def _kind(name: str) -> Kind:
    """A fault by name. Raises FaultError with the nearest name."""
    if name in KINDS:
        return KINDS[name]
    near = get_close_matches(name, KINDS, n=1)
    hint = f"did you mean {near[0]}?" if near else "`headworks sim faults` lists them"
    raise FaultError(f"no fault {name!r}; {hint}")


def _value(kind: Kind, value: float | None) -> float:
    """The wanted value or the default. Raises FaultError where the fault takes none."""
    if value is None:
        return 0.0 if kind.value is None else kind.value
    if kind.value is None:
        raise FaultError(f"{kind.name} takes no --value")
    if not isfinite(value):
        raise FaultError(f"{kind.name}: --value {value} is not a number in {kind.unit}")
    return value
