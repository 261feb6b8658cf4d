"""MicroPython's image for an ESP32, written by esptool where it is installed."""

import contextlib
import io
from pathlib import Path

from headworks.flash.errors import FlashError

ESPTOOL = "esptool==5.6.0"
_OFFSETS = {"esp32c3": "0x0", "esp32s3": "0x0"}  # of a combined image, as MicroPython gives it
_MAGIC = 0xE9  # first byte of an image for any ESP32


def check_image(path: Path) -> None:
    """Raises FlashError for a file that cannot be an image."""
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise FlashError(f"{path}: {error.strerror or error}") from error
    if first != bytes([_MAGIC]):
        raise FlashError(f"{path}: no image for an ESP32; use the .bin file that MicroPython gives")


def write_image(port: str, chip: str, path: Path) -> None:
    """Erase the board at a port and write the image. Raises FlashError; a second try is safe."""
    check_image(path)
    if chip not in _OFFSETS:
        raise FlashError(f"{chip} takes no image by esptool; use --uf2")
    try:
        import esptool
    except ImportError as error:
        raise FlashError(
            f"esptool is not installed; run: pip install {ESPTOOL} (or headworks[esp32])"
        ) from error
    common = ["--chip", chip, "--port", port]
    for words in (["erase-flash"], ["write-flash", _OFFSETS[chip], str(path)]):
        _run(esptool, [*common, *words], words[0])


def _run(esptool: object, words: list[str], step: str) -> None:
    told = io.StringIO()
    try:
        with contextlib.redirect_stdout(told):
            esptool.main(words)  # type: ignore[attr-defined]
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and not error.code:
            return
        last = [line for line in told.getvalue().splitlines() if line.strip()][-1:]
        raise FlashError(
            f"{step} failed: {error} {' '.join(last)}; hold BOOT, press RESET, and try again"
        ) from error
