"""How a Memory becomes a document and comes back.

Pure functions: no file, no clock. Times of another boot are moved so that ages are kept and the
time in between counts as none at all: a minimum off time that had 100 s to go still has 100 s.
Racks, interlocks and frequency signals are matched by name, so an edited site file keeps the
latches and lock-outs of everything that is still in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from headworks.model.memory import FrequencyMemory, InterlockMemory, Memory, RackMemory
from headworks.model.plan import RackState, Reason, ReasonCode
from headworks.model.site import FrequencySignal, Site
from headworks.record.durable import NEVER

_TIMES = ("since_s", "told_s", "off_since_s")
_COUNTS = ("retries", "switchings")
_TEXTS = ("off_by", "locked_by", "lock_note")
_LARGEST = 1e15  # seconds, counts, kW: what is larger is damage

Document = dict[str, Any]
_T = TypeVar("_T")


class BadMemoryError(ValueError):
    """The stored document is not one that this version, or an older one, has written."""


class Restored(NamedTuple):
    """A memory from disk, and the names it knew that the site no longer has."""

    memory: Memory
    dropped: tuple[str, ...] = ()


class _Clock(NamedTuple):
    """Moves a stored time to this boot; never into the future."""

    shift_s: float
    now_s: float

    def at(self, value: object) -> float:
        return NEVER if value == "never" else min(_number(value) + self.shift_s, self.now_s)


def document(site: Site, memory: Memory) -> Document:
    """What is written, ready for JSON. Names are the keys; times are of the writer's boot."""
    racks = zip(site.racks, memory.racks, strict=True)
    interlocks = zip(site.interlocks, memory.interlocks, strict=True)
    frequency = zip(_frequency_names(site), memory.frequency, strict=False)
    return {
        "racks": {spec.name: _rack_row(rack) for spec, rack in racks},
        "interlocks": {spec.name: _interlock_row(lock) for spec, lock in interlocks},
        "frequency": {name: {"tripped": signal.tripped} for name, signal in frequency},
        "last_step_s": _time_out(memory.last_step_s),
        "steps": [[when_s, kw] for when_s, kw in memory.steps],
    }


def _rack_row(rack: RackMemory) -> Document:
    row: Document = {name: _time_out(getattr(rack, name)) for name in _TIMES}
    row |= {name: getattr(rack, name) for name in (*_COUNTS, *_TEXTS, "on", "on_total_s")}
    return row | {
        "state": rack.state.value,
        "starts_s": list(rack.starts_s),
        "latch": _reason_row(rack.latch),
    }


def _interlock_row(lock: InterlockMemory) -> Document:
    return {"tripped": lock.tripped, "latched": lock.latched, "cause": _reason_row(lock.cause)}


def _reason_row(reason: Reason | None) -> Document | None:
    return reason and {"code": reason.code.value, "values": [list(v) for v in reason.values]}


def _time_out(value_s: float) -> float | str:
    return "never" if value_s == NEVER else value_s


def restore(site: Site, first: Memory, doc: object, shift_s: float) -> Restored:
    """The stored memory for this site, as it was, its times moved to the clock of `first.t_s`.

    `control.resume` makes it ready for a first scan. `first` gives what the document does not
    know, a new rack for example. Raises BadMemoryError where the document makes no sense.
    """
    clock = _Clock(shift_s, first.t_s)
    top = _table(doc)
    racks, locks, signals = (_table(top.get(k, {})) for k in ("racks", "interlocks", "frequency"))
    names = _frequency_names(site)
    memory = first._replace(
        racks=_matched((r.name for r in site.racks), first.racks, racks, clock, _rack),
        interlocks=_matched(
            (i.name for i in site.interlocks), first.interlocks, locks, clock, _interlock
        ),
        frequency=_matched(names, first.frequency, signals, clock, _frequency),
        last_step_s=clock.at(top.get("last_step_s", "never")),
        steps=tuple(_step(step, clock) for step in _list(top.get("steps", []))),
    )
    known = {r.name for r in site.racks} | {i.name for i in site.interlocks} | set(names)
    dropped = sorted((racks.keys() | locks.keys() | signals.keys()) - known)
    return Restored(memory, tuple(dropped))


def _matched(
    names: Iterable[str],
    firsts: Sequence[_T],
    rows: Document,
    clock: _Clock,
    make: Callable[[Document, _T, _Clock], _T],
) -> tuple[_T, ...]:
    """Each thing of the site from its row, or as it is at first where there is none."""
    pairs = zip(names, firsts, strict=False)
    return tuple(
        make(_table(rows[name]), first, clock) if name in rows else first for name, first in pairs
    )


def _rack(row: Document, first: RackMemory, clock: _Clock) -> RackMemory:
    fields: Document = {name: clock.at(row.get(name, "never")) for name in _TIMES}
    fields |= {name: int(_number(row.get(name, 0))) for name in _COUNTS}
    fields |= {name: _text(row.get(name, "")) for name in _TEXTS}
    return first._replace(
        **fields,
        state=_state(row.get("state")),
        on=_flag(row.get("on")),
        on_total_s=_number(row.get("on_total_s", 0.0)),
        starts_s=tuple(clock.at(value) for value in _list(row.get("starts_s", []))),
        latch=_reason(row.get("latch")),
    )


def _interlock(row: Document, first: InterlockMemory, clock: _Clock) -> InterlockMemory:  # noqa: ARG001
    return first._replace(
        tripped=_flag(row.get("tripped")),
        latched=_flag(row.get("latched")),
        cause=_reason(row.get("cause")),
    )


def _frequency(row: Document, first: FrequencyMemory, clock: _Clock) -> FrequencyMemory:  # noqa: ARG001
    return first._replace(tripped=_flag(row.get("tripped")))


def _frequency_names(site: Site) -> tuple[str, ...]:
    return tuple(s.name for s in site.signals if isinstance(s, FrequencySignal))


def _step(value: object, clock: _Clock) -> tuple[float, float]:
    match _list(value):
        case [when, kw]:
            return clock.at(when), _number(kw)
    raise BadMemoryError(f"a start step is not a pair: {value!r}")


def _reason(value: object) -> Reason | None:
    """A latch. One with a code of a newer version stays a latch."""
    if value is None:
        return None
    row = _table(value)
    code, pairs = _text(row.get("code")), [_list(pair) for pair in _list(row.get("values", []))]
    known = code in ReasonCode.__members__.values()
    values = tuple((_text(p[0]), p[1]) for p in pairs if len(p) == 2)
    return Reason(ReasonCode(code) if known else ReasonCode.TRIPPED, values)


def _state(value: object) -> RackState:
    if isinstance(value, str) and value in RackState.__members__.values():
        return RackState(value)
    raise BadMemoryError(f"no such rack state: {value!r:.60}")


def _table(value: object) -> Document:
    if isinstance(value, Mapping):
        return dict(value)
    raise BadMemoryError(f"wanted a table, found {value!r:.60}")


def _list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    raise BadMemoryError(f"wanted a list, found {value!r:.60}")


def _flag(value: object) -> bool:
    """A stored yes or no. Missing is an error: it must not come back as "not latched"."""
    if isinstance(value, bool):
        return value
    raise BadMemoryError(f"wanted true or false, found {value!r:.60}")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise BadMemoryError(f"wanted a text, found {value!r:.60}")


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return float(value)
    raise BadMemoryError(f"wanted a number, found {value!r:.60}")
