"""Plans the reads of a meter: few blocks, within its limit, never splitting a value.

Function codes and word orders stay apart where they must, gaps are never read. Pure: no device.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from headworks.hardware.meter_types import MeterProfile, Register
from headworks.hardware.meter_words import width


@dataclass(frozen=True, slots=True)
class Block:
    """One read. `slow` blocks hold counters only and are read now and then.

    `spare` are shorter reads at the same values' borders, (address, count), all of different
    length: after a late reply one of them gets link and device in step again.
    """

    function: int
    address: int
    count: int
    registers: tuple[Register, ...]
    slow: bool
    spare: tuple[tuple[int, int], ...]


def located(profile: MeterProfile, base: int = 0) -> tuple[Register, ...]:
    """The registers at their wire addresses; `base` is where a SunSpec model was found."""
    return tuple(replace(r, address=r.address + base) for r in profile.registers)


def plan(
    registers: Iterable[Register],
    max_block: int,
    gaps: Sequence[tuple[int, int]] = (),
    max_hole: int = 60,
) -> tuple[Block, ...]:
    """Blocks that read all the registers, each value whole. `max_hole`: the most registers that
    nobody wants inside one block. The block with `power_kw` comes last of the fast ones, so that
    its reply completes a reading; slow ones follow."""
    groups: list[list[Register]] = []
    for register in sorted(registers, key=lambda r: (r.function, r.address)):
        if groups and _joins(groups[-1], register, max_block, gaps, max_hole):
            groups[-1].append(register)
        else:
            groups.append([register])
    spares = _spares(groups)
    blocks = [_block(group, spares) for group in groups]
    return tuple(sorted(blocks, key=_order))


def _joins(
    group: Sequence[Register],
    register: Register,
    max_block: int,
    gaps: Sequence[tuple[int, int]],
    max_hole: int,
) -> bool:
    first, end = group[0], max(_end(r) for r in group)
    if register.function != first.function or register.address - end > max_hole:
        return False
    if _end(register) - first.address > max_block:
        return False
    return not any(low < register.address and high >= end for low, high in gaps)


def _block(group: Sequence[Register], spares: dict[int, dict[int, tuple[int, int]]]) -> Block:
    function, start = group[0].function, group[0].address
    count = max(_end(r) for r in group) - start
    slow = all(r.channel.endswith("_kwh") for r in group)
    spare = tuple(s for size, s in sorted(spares[function].items()) if size != count)
    return Block(function, start, count, tuple(group), slow, spare)


def _spares(groups: Sequence[Sequence[Register]]) -> dict[int, dict[int, tuple[int, int]]]:
    """For each function code: length -> a read of that length from value to value."""
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for group in groups:
        sizes = found.setdefault(group[0].function, {})
        for index, first in enumerate(group):
            for last in group[index:]:
                size = _end(last) - first.address
                sizes.setdefault(size, (first.address, size))
    return found


def _end(register: Register) -> int:
    return register.address + width(register.type)


def _order(block: Block) -> tuple[bool, bool, int]:
    power = any(r.channel == "power_kw" for r in block.registers)
    return block.slow, power, block.address
