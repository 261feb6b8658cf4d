"""MicroPython's image for an ESP32: looked at as a whole, then written by esptool if installed."""

import contextlib
import io
import struct
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from headworks.flash.errors import FlashError
from headworks.flash.files import read_file
from headworks.hardware.mcu import load_mcu

ESPTOOL = "esptool==5.6.0"
_MAGIC = 0xE9  # first byte of an image for any ESP32
_CHIP_AT = 12  # place of the chip's number in an image's header [ESP-IDF, esp_app_format.h]
_TABLE_AT, _TABLE = 0x8000, struct.Struct("<HBBII16sI")  # of partitions [ESP-IDF]
_TABLE_MAGIC, _APP = 0x50AA, 0


class _Chip(NamedTuple):
    """Its number in an image [esptool, IMAGE_CHIP_ID], and where a combined image goes."""

    number: int
    offset: str


_CHIPS = {"esp32c3": _Chip(5, "0x0"), "esp32s3": _Chip(9, "0x0")}


def check_image(path: Path, chip: str) -> None:
    """Raises FlashError for a file that is no whole combined image for this chip."""
    if chip not in _CHIPS:
        raise FlashError(f"a board with an {chip} takes no --image; use --uf2 FILE")
    _esptool()  # named before anything is done
    data = read_file(path, load_mcu(chip).flash_bytes)
    if data[:1] != bytes([_MAGIC]):
        raise FlashError(f"{path}: no image for an ESP32; use the .bin file that MicroPython gives")
    _check_chip(path, data, chip)
    app_at = _app_at(data)
    if app_at is None:
        raise FlashError(
            f"{path}: holds no table of partitions at {_TABLE_AT:#x}; it is a part of an image, or "
            "was cut off. Use the .bin file that MicroPython gives for a first installation"
        )
    for at in (0, app_at):
        if not _is_whole(data[at:], chip):
            raise FlashError(
                f"{path}: its part at {at:#x} is damaged or cut off; download it again"
            )


def write_image(port: str, chip: str, path: Path) -> None:
    """Erase the board at a port and write the image. Raises FlashError; a second try is safe."""
    check_image(path, chip)
    common = ["--chip", chip, "--port", port]
    for words in (["erase-flash"], ["write-flash", _CHIPS[chip].offset, str(path)]):
        _run(_esptool(), [*common, *words], words[0])


def _check_chip(path: Path, data: bytes, chip: str) -> None:
    number = int.from_bytes(data[_CHIP_AT : _CHIP_AT + 2], "little")
    if number != _CHIPS[chip].number:
        name = next((name for name, one in _CHIPS.items() if one.number == number), "")
        raise FlashError(
            f"{path}: is for {name or f'a chip with the number {number}'}, and the board that is "
            f"meant has an {chip}; use the file for that, or another --model"
        )


def _app_at(data: bytes) -> int | None:
    """Where the table of partitions has the first program; None where there is no table."""
    for at in range(_TABLE_AT, min(_TABLE_AT + 0xC00, len(data) - _TABLE.size), _TABLE.size):
        magic, kind, _, place, *_ = _TABLE.unpack_from(data, at)
        if magic != _TABLE_MAGIC:
            return None
        if kind == _APP:
            return int(place)
    return None


def _is_whole(data: bytes, chip: str) -> bool:
    """Whether an image's checksum and sha256 are those of its bytes."""
    from esptool.bin_image import LoadFirmwareImage

    try:
        image = LoadFirmwareImage(chip, data)
        whole: bool = image.checksum == image.calculate_checksum()
        return whole and (not image.append_digest or image.stored_digest == image.calc_digest)
    except (RuntimeError, ValueError, TypeError, LookupError, struct.error):
        # esptool lets its own reading stumble over what is not there
        return False


def _esptool() -> ModuleType:
    try:
        import esptool
    except ImportError as error:
        raise FlashError(
            f"esptool is not installed; run: pip install {ESPTOOL} (or headworks[esp32])"
        ) from error
    return esptool  # type: ignore[no-any-return]


def _run(esptool: ModuleType, words: list[str], step: str) -> None:
    told = io.StringIO()
    try:
        with contextlib.redirect_stdout(told):
            esptool.main(words)
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and not error.code:
            return
        last = [line for line in told.getvalue().splitlines() if line.strip()][-1:]
        raise FlashError(
            f"{step} failed: {error} {' '.join(last)}; hold BOOT, press RESET, and try again"
        ) from error
