"""MicroPython's image for an empty board: a UF2 file, checked block by block, and its volume.

A file of the wrong family fails silently on a Pico 2, so the family is looked at first.
"""

import errno
import os
import shutil
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from headworks.flash.errors import FlashError
from headworks.hardware.files import models
from headworks.hardware.mcu import Mcu, load_mcu

INFO = "INFO_UF2.TXT"
_BLOCK = struct.Struct("<8I476sI")  # microsoft/uf2: 512 bytes
_MAGIC_0, _MAGIC_1, _MAGIC_END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY, _NOT_MAIN = 0x2000, 0x0001
_EXTENSION_FAMILY = 0xE48BFF57  # an absolute block of picotool, beside the image [picotool]
_MOST_BYTES = 64 << 20
_PLACES = ("/media", "/run/media", "/mnt", "/Volumes")
_LABELS = ("RPI-RP2", "RP2350")
_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO)  # the device went away below its file system


class Image(NamedTuple):
    """A whole UF2 file."""

    path: Path
    family: int
    blocks: int


def read_image(path: Path) -> Image:
    """The image in a file, every block looked at. Raises FlashError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FlashError(f"{path}: larger than 64 MB; this is no image for a board")
        data = path.read_bytes()
    except OSError as error:
        raise FlashError(f"{path}: {error.strerror or error}") from error
    if not data or len(data) % _BLOCK.size:
        raise FlashError(f"{path}: no UF2 file, or one that was cut off; download it again")
    families = [family for family in _families(path, data) if family != _EXTENSION_FAMILY]
    if not families or len(set(families)) > 1:
        raise FlashError(f"{path}: holds images for several chips; use one made for a single board")
    return Image(path, families[0], len(families))


def _families(path: Path, data: bytes) -> Iterator[int]:
    """The family of each block that goes to the flash."""
    expected: dict[int, int] = {}
    for at in range(0, len(data), _BLOCK.size):
        first, second, flags, _, size, number, count, family, _, last = _BLOCK.unpack_from(data, at)
        if (first, second, last) != (_MAGIC_0, _MAGIC_1, _MAGIC_END) or size > 476:
            raise FlashError(f"{path}: block {at // _BLOCK.size} is damaged; download it again")
        if flags & _NOT_MAIN:
            continue
        if not flags & _HAS_FAMILY:
            raise FlashError(f"{path}: does not say for which chip it is; use another file")
        if number != expected.get(family, 0):
            raise FlashError(
                f"{path}: block {expected.get(family, 0)} is missing; download it again"
            )
        expected[family] = number + 1 if number + 1 < count else 0
        yield family
    if any(expected.values()):
        raise FlashError(f"{path}: its end is missing; download it again")


def chips() -> Mapping[int, Mcu]:
    """The chip that each family is for."""
    return {family: mcu for mcu in map(load_mcu, models("mcu")) for family in mcu.uf2_families}


def choose(where: Path, wanted: Iterable[str]) -> Image:
    """The image for one of the wanted chips: the file itself, or the newest fit one of a folder.

    Raises FlashError naming what was found.
    """
    known, fit = chips(), set(wanted)
    files = sorted(where.glob("*.uf2")) if where.is_dir() else [where]
    if not files:
        raise FlashError(f"{where}: there is no .uf2 file in it")
    images, told = [], []
    for file in files:
        image = read_image(file)
        chip = known.get(image.family)
        if chip is not None and chip.model in fit:
            images.append(image)
        else:
            told.append(f"{file.name} is for {chip.name if chip else f'family {image.family:#x}'}")
    if not images:
        raise FlashError(f"no image for {', '.join(sorted(fit))}: {'; '.join(told)}")
    return max(images, key=lambda image: image.path.stat().st_mtime)


def volumes(places: Iterable[str] = _PLACES) -> list[Path]:
    """Mounted volumes of boards that wait for an image."""
    found = []
    for place in map(Path, places):
        for depth in ("*", "*/*"):
            found += [info.parent for info in place.glob(f"{depth}/{INFO}")]
    return sorted(set(found))


def unmounted(labels: Path = Path("/dev/disk/by-label")) -> str:
    """The volume of a board that waits, where nobody mounts volumes by themselves; else empty."""
    return next((str(labels / label) for label in _LABELS if (labels / label).exists()), "")


def chip_of(volume: Path) -> str:
    """The chip of a waiting board: rp2040 or rp2350. Raises FlashError."""
    try:
        text = (volume / INFO).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise FlashError(
            f"{volume}: no board waits there ({error.strerror}); hold BOOTSEL, plug it in, and "
            "mount the volume that appears"
        ) from error
    model = next((line for line in text.splitlines() if line.startswith("Board-ID:")), "")
    return "rp2350" if "RP2350" in model else "rp2040"


def copy(image: Image, volume: Path) -> None:
    """Put the image on the volume, which then vanishes. Raises FlashError."""
    chip = chips()[image.family].model
    waiting = chip_of(volume)
    if chip != waiting:
        raise FlashError(
            f"{image.path.name} is for {chip}, the board at {volume} is a {waiting}; it would not "
            "start with it. Use the file that MicroPython gives for that board"
        )
    target = volume / image.path.name
    try:
        with image.path.open("rb") as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
            sink.flush()
            os.fsync(sink.fileno())
    except OSError as error:
        # What is still listed there proves nothing: folders stay in memory after the device went.
        if error.errno not in _GONE and (volume / INFO).exists():
            raise FlashError(f"{volume}: {error.strerror or error}; try again") from error
        # else the board took the last block and went away, which is how it should end
