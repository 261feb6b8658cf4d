"""For which rows a scan decides the same as now: found out by the scan itself.

The scan runs once on numbers that write down what is done with them (`replay.tape`). If it leaves
its memory as it was, then every further row whose numbers turn all comparisons out the same way
leaves it as it was too, and is decided the same. There is no second statement of any rule here.

Three things may change all the same, since the tape says how: the backgrounds, which follow each
row; budgets, which add up; and the time of the last scan.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from operator import is_
from typing import Any, NamedTuple, cast

from headworks.control.scan import scan
from headworks.model.live import Snapshot
from headworks.model.memory import BudgetMemory, Memory
from headworks.model.plan import Plan
from headworks.model.site import Site
from headworks.replay.inputs import Values
from headworks.replay.player import CLOCK, Player
from headworks.replay.tape import Num, Place, Tape

BEFORE = "before_s"  # the time of the scan before
METER, HERTZ, LIMIT, SEEN = "meter", "hertz", "limit", "seen"
BACKGROUND, USED, SINCE, FIT = "background", "used", "since", "fit"


class Way(Enum):
    """How a number of the memory goes on from row to row."""

    FOLLOWS = "follows"  # it is what the row says
    ADDS = "adds"  # what the row says is added to it


class Move(NamedTuple):
    """A number of the memory that changes: its input, how, and by which place of the tape."""

    name: str
    way: Way
    by: Place


class Hold(NamedTuple):
    """A decision that stands as long as the player says."""

    player: Player
    envelope: Place
    binding: int  # the number of the limit that binds
    moves: tuple[Move, ...]


def _same_but(past: Memory, new: Memory) -> bool:
    """Whether a scan left its memory as it was, but for the racks and what may change (above)."""
    return (
        new.interlocks == past.interlocks
        and new.booted == past.booted
        and new.last_step_s == past.last_step_s
        and new.steps is past.steps
        and new.release_next_s == past.release_next_s
        and new.frequency == past.frequency
        and new.alarms is past.alarms
        and new.began_s == past.began_s
        and [kw is None for kw in new.background_kw] == [kw is None for kw in past.background_kw]
    )


def numbers_of(memory: Memory) -> dict[str, float]:
    """The numbers of a memory that a hold takes from it, by input."""
    found = {BEFORE: memory.t_s}
    for k, kw in enumerate(memory.background_kw):
        if kw is not None:
            found[f"{BACKGROUND}{k}"] = kw
    for k, budget in enumerate(memory.budgets):
        if budget.used_kws != 0.0:
            found[f"{USED}{k}"] = budget.used_kws
        if budget.since_s is not None:
            found[f"{SINCE}{k}"] = budget.since_s
    for i, rack in enumerate(memory.racks):
        if rack.fit_since_s is not None:
            found[f"{FIT}{i}"] = rack.fit_since_s
    return found


def with_numbers(memory: Memory, numbers: Mapping[str, Any]) -> Memory:
    """The memory with these numbers in their places."""
    return Memory(
        numbers[BEFORE],
        tuple(
            rack._replace(fit_since_s=numbers[f"{FIT}{i}"]) if f"{FIT}{i}" in numbers else rack
            for i, rack in enumerate(memory.racks)
        ),
        memory.interlocks,
        memory.booted,
        tuple(
            BudgetMemory(
                numbers.get(f"{USED}{k}", budget.used_kws),
                numbers.get(f"{SINCE}{k}", budget.since_s),
            )
            for k, budget in enumerate(memory.budgets)
        ),
        *memory[5:8],
        tuple(numbers.get(f"{BACKGROUND}{k}", kw) for k, kw in enumerate(memory.background_kw)),
        *memory[9:],
    )


def moved(memory: Memory, t_s: float, numbers: Mapping[str, float]) -> Memory:
    """The memory after the last row of a hold."""
    return memory._replace(
        t_s=t_s,
        background_kw=tuple(
            numbers.get(f"{BACKGROUND}{k}") for k, _ in enumerate(memory.background_kw)
        ),
        budgets=tuple(
            budget._replace(used_kws=numbers[f"{USED}{k}"]) if budget.used_kws else budget
            for k, budget in enumerate(memory.budgets)
        ),
    )


def key_of(memory: Memory) -> object:
    """What two memories share that differ in nothing but those numbers."""
    racks = tuple(
        rack if rack.fit_since_s is None else (rack._replace(fit_since_s=None), True)
        for rack in memory.racks
    )
    budgets = tuple((b.used_kws == 0.0, b.since_s is None) for b in memory.budgets)
    known = tuple(kw is None for kw in memory.background_kw)
    return racks, memory.interlocks, memory.booted, budgets, memory[5:8], known, memory[9:]


class Record(NamedTuple):
    """One scan on a tape: memory before and after it. `goes_on` says whether nothing was told to
    any rack and nothing has changed but numbers, so that the tape may stand for other rows.
    """

    tape: Tape
    plan: Plan
    past: Memory
    new: Memory
    goes_on: bool

    @property
    def envelope(self) -> Place:
        """Where the envelope stands."""
        return self.tape.place_of(self.plan.envelope.kw)


def record(
    site: Site, memory: Memory, values: Values, fixed: Values, look: Callable[[Values], Snapshot]
) -> Record:
    """The scan of this row on a tape.

    `fixed` says by a number that is not None which values are the same in every row. `look`
    makes the snapshot.
    """
    tape = Tape(values.t_s)
    row = _numbers(tape, values, fixed)
    held = {
        name: tape.input(name, value, _rate(name)) for name, value in numbers_of(memory).items()
    }
    past = with_numbers(memory, held)
    plan, new = scan(site, past, look(row))
    tape.end()
    goes_on = not plan.events and _same_but(past, new) and _same_racks(past, new)
    return Record(tape, plan, past, new, goes_on)


def _rate(name: str) -> float | None:
    """Times of the memory stay as they are while a decision stands; the rest may move."""
    return 0.0 if name.startswith((SINCE, FIT)) else None


def told(found: Record) -> tuple[Plan, Memory]:
    """Plan and memory of a recorded scan with plain numbers, but for the plans of the racks."""
    plan = found.plan
    return (
        plan._replace(envelope=floats(plan.envelope), events=floats(plan.events)),
        floats(found.new),
    )


def floats(what: Any) -> Any:
    """A plan, a memory or a part of one with plain numbers for those of a tape."""
    if type(what) is Num:
        return what.value
    if isinstance(what, tuple):
        parts = [floats(part) for part in what]
        if all(map(is_, parts, what)):
            return what
        return tuple.__new__(type(what), parts)
    return what


def _same_racks(past: Memory, new: Memory) -> bool:
    """Whether nothing of the racks has changed but since when their need has been met."""
    return new.racks is past.racks or all(
        a is b or a._replace(fit_since_s=None) == b._replace(fit_since_s=None)
        for a, b in zip(past.racks, new.racks, strict=True)
    )


def hold_of(found: Record, binding: int) -> Hold | None:
    """The hold that begins with a recorded row; None where it is of this row only."""
    tape, past, new = found.tape, found.past, found.new
    moves = _moves(tape, past, new) if new.racks is past.racks else None
    if moves is None:
        return None
    player = Player(tape, [move.by for move in moves], [found.envelope])
    moving = {move.name for move in moves}
    return None if player.early & moving else Hold(player, found.envelope, binding, moves)


def _moves(tape: Tape, past: Memory, new: Memory) -> tuple[Move, ...] | None:
    """How every number that changes does so; None where that is neither way."""
    found: list[Move | None] = []
    for k, (a, b) in enumerate(zip(past.background_kw, new.background_kw, strict=True)):
        if a is not b:
            found.append(Move(f"{BACKGROUND}{k}", Way.FOLLOWS, tape.place_of(b)))
    if len(past.budgets) != len(new.budgets):
        return None
    for k, (old, budget) in enumerate(zip(past.budgets, new.budgets, strict=True)):
        if old.since_s is not budget.since_s:
            return None
        if old.used_kws is not budget.used_kws and not _equal(old.used_kws, budget.used_kws):
            found.append(_added(tape, f"{USED}{k}", old.used_kws, budget.used_kws))
    return None if None in found else tuple(move for move in found if move is not None)


def _equal(old: Any, new: Any) -> bool:
    """Whether a constant takes the place of an equal number; that it is equal is a guard then."""
    return not isinstance(new, Num) and bool(old == new)


def _added(tape: Tape, name: str, old: Any, new: Any) -> Move | None:
    step = tape.steps[new.at] if isinstance(new, Num) else None
    if step is None or step[0] != "+" or step[1] != tape.place_of(old):
        return None
    return Move(name, Way.ADDS, step[2])


def _numbers(tape: Tape, values: Values, fixed: Values) -> Values:
    """The row on the tape, as far as it may differ from row to row."""

    def number(name: str, value: float | None, same: float | None) -> Any:
        if value is None or same is not None or value == float("inf"):
            return value
        return tape.input(name, value, None)

    def numbers(name: str, found: Any, same: Any) -> list[Any]:
        return [number(f"{name}{k}", *pair) for k, pair in enumerate(zip(found, same, strict=True))]

    return Values(
        cast(Any, tape.input(CLOCK, values.t_s, 1.0)),
        numbers(METER, values.power_kw, fixed.power_kw),
        number(HERTZ, values.hertz, fixed.hertz),
        numbers(LIMIT, values.limits, fixed.limits),
        numbers(SEEN, values.seen, fixed.seen),
    )
