"""The blocks of a UF2 file: whole, for one chip, each inside of its flash and none written twice.

A chip's loader drops what it does not like without a word, and the board then does not start: so
every block is looked at before the first is copied.
"""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from headworks.flash.errors import FlashError
from headworks.hardware.mcu import Mcu

_BLOCK = struct.Struct("<8I476sI")  # microsoft/uf2: 512 bytes
_MAGIC_0, _MAGIC_1, _MAGIC_END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY, _NOT_MAIN = 0x2000, 0x0001
_EXTENSION_FAMILY = 0xE48BFF57  # an absolute block of picotool, beside the image [picotool]
_PAGE_BYTES = 256  # the only size that RP2040 and RP2350 take [RP2040 datasheet, 2.8.4.2]


class _Block(NamedTuple):
    """One block: its place in the file, where it goes, how much it carries, and of what.

    `number` counts the blocks `of` one family.
    """

    place: int
    address: int
    size: int
    number: int
    of: int
    family: int


def family_of(path: Path, data: bytes, chips: Mapping[int, Mcu]) -> tuple[int, int]:
    """The family of a whole file, and its blocks. `chips`: family → chip. Raises FlashError."""
    if not data or len(data) % _BLOCK.size:
        raise FlashError(f"{path}: no UF2 file, or one that was cut off; download it again")
    blocks = list(_blocks(path, data))
    _check_order(path, blocks)
    families = {block.family for block in blocks} - {_EXTENSION_FAMILY}
    if len(families) != 1:
        raise FlashError(f"{path}: holds images for several chips; use one made for a single board")
    family = families.pop()
    if family in chips:
        _check_places(path, blocks, chips[family])
    return family, sum(block.family == family for block in blocks)


def _blocks(path: Path, data: bytes) -> Iterator[_Block]:
    """Each block that goes to the flash."""
    for place in range(len(data) // _BLOCK.size):
        first, second, flags, address, size, number, count, family, _, last = _BLOCK.unpack_from(
            data, place * _BLOCK.size
        )
        if (first, second, last) != (_MAGIC_0, _MAGIC_1, _MAGIC_END) or size > 476:
            raise FlashError(f"{path}: block {place} is damaged; download it again")
        if flags & _NOT_MAIN:
            continue
        if not flags & _HAS_FAMILY:
            raise FlashError(f"{path}: does not say for which chip it is; use another file")
        yield _Block(place, address, size, number, count, family)


def _check_order(path: Path, blocks: list[_Block]) -> None:
    """Every family's blocks are all there."""
    expected: dict[int, int] = {}
    for _, _, _, number, of, family in blocks:
        if number != expected.get(family, 0):
            raise FlashError(
                f"{path}: block {expected.get(family, 0)} is missing; download it again"
            )
        expected[family] = number + 1 if number + 1 < of else 0
    if any(expected.values()):
        raise FlashError(f"{path}: its end is missing; download it again")


def _check_places(path: Path, blocks: list[_Block], chip: Mcu) -> None:
    """Inside of the flash of every module, in its pages, and each page once."""
    written: dict[int, int] = {}
    end = chip.flash_start + chip.flash_bytes
    for block in blocks:
        where = f"{path}: block {block.place} goes to {block.address:#x}"
        inside = chip.flash_start <= block.address <= end - _PAGE_BYTES
        if block.family == _EXTENSION_FAMILY and not inside:
            continue  # its place is beyond the flash, so that nothing is lost by it
        if not inside:
            raise FlashError(
                f"{where}, and the flash of a board with an {chip.model} is {chip.flash_start:#x} "
                f"to {end - 1:#x}; it is made for another board or for memory that is lost with "
                "the power. Use the .uf2 file that MicroPython gives for this board"
            )
        if block.size != _PAGE_BYTES or block.address % _PAGE_BYTES:
            raise FlashError(
                f"{where} with {block.size} bytes, and an {chip.model} takes whole pages of "
                f"{_PAGE_BYTES} bytes only; use the .uf2 file that MicroPython gives for this board"
            )
        if block.address in written:
            raise FlashError(
                f"{where}, where block {written[block.address]} went already; the file was put "
                "together wrongly. Use the one that MicroPython gives, as it is"
            )
        written[block.address] = block.place
