"""A field recording through today's code: does every scan decide what it decided then?

Takes scans from whatever reads them: (site, memory, snapshot, plan), in order. Wants no numpy.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from math import isnan
from typing import Any, NamedTuple

from headworks.control.scan import scan
from headworks.model.live import Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import Site

Scan = tuple[Site, Memory, Snapshot, Plan]
Flat = dict[str, object]
NOTHING = "nothing"


class Change(NamedTuple):
    """One value of a plan by its path, `racks.a1.on`: as recorded, and as decided today."""

    path: str
    old: object
    new: object


class Difference(NamedTuple):
    """A scan that is decided otherwise today. `row` counts from 1."""

    row: int
    site: Site
    memory: Memory
    snapshot: Snapshot
    old: Plan
    new: Plan
    changes: tuple[Change, ...]


class Comparison:
    """Walks a recording once. The counts grow while `differences` is walked.

    `broken`: scans whose memory is not what the scan before leaves today. Where plans are equal
    that is a hole in the recording or a restart; behind a difference it follows from that.
    """

    def __init__(self, scans: Iterable[Scan]) -> None:
        self._scans = scans
        self.rows = self.different = self.broken = 0

    def differences(self) -> Iterator[Difference]:
        """Every scan that is decided otherwise today, in order."""
        left: Memory | None = None
        for site, memory, snapshot, old in self._scans:
            self.rows += 1
            self.broken += left is not None and not _equal(left, memory)
            new, left = scan(site, memory, snapshot)
            changes = tuple(_changes(old, new))
            if changes:
                self.different += 1
                yield Difference(self.rows, site, memory, snapshot, old, new, changes)


def _changes(old: Plan, new: Plan) -> Iterator[Change]:
    if old == new:
        return
    a, b = flat(old), flat(new)
    for path in dict.fromkeys((*a, *b)):
        was, now = a.get(path, NOTHING), b.get(path, NOTHING)
        if not _equal(was, now):
            yield Change(path, was, now)


def _equal(a: Any, b: Any) -> bool:
    """Equal, and two that are no numbers are equal too."""
    if isinstance(a, float) and isinstance(b, float) and isnan(a) and isnan(b):
        return True
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b)


def flat(value: object, path: str = "") -> Flat:
    """Every number, text and truth value of a plan or snapshot by its path.

    Parts with a name or source of their own are called by it, others by their place.
    """
    found: Flat = {}
    for name, part in _parts(value):
        inner = f"{path}.{name}" if path else name
        if _parts(part) or isinstance(part, tuple | Mapping):
            found |= flat(part, inner)
        else:
            found[inner] = part.value if isinstance(part, Enum) else part
    return found


def _parts(value: object) -> list[tuple[str, object]]:
    if isinstance(value, Mapping):
        return [(str(key), part) for key, part in value.items()]
    if not isinstance(value, tuple):
        return []
    fields: tuple[str, ...] | None = getattr(value, "_fields", None)
    if fields is not None:
        return list(zip(fields, value, strict=True))
    names = [_called(part, place) for place, part in enumerate(value)]
    if len(set(names)) < len(names):
        names = [f"{place}:{name}" for place, name in enumerate(names)]
    return list(zip(names, value, strict=True))


def _called(part: object, place: int) -> str:
    """What a part of a tuple is called."""
    for field in ("name", "source"):
        name = getattr(part, field, None)
        if isinstance(name, str):
            return name
    if isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], str):
        return part[0]
    return str(place)
