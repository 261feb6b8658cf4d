"""MicroPython's image for an empty board: a UF2 file that fits, and the board's volume.

A file of the wrong family fails silently on a Pico 2, so the family is looked at first.
"""

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from headworks.flash.errors import FlashError
from headworks.flash.files import read_file
from headworks.flash.uf2_blocks import family_of
from headworks.hardware.files import models
from headworks.hardware.mcu import Mcu, load_mcu

INFO = "INFO_UF2.TXT"
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
    return Image(path, *family_of(path, read_file(path, _MOST_BYTES), chips()))


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
        try:
            image = read_image(file)
        except FlashError as error:
            if len(files) == 1:
                raise
            told.append(str(error))
            continue
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
