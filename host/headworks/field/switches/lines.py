"""Who holds a GPIO line, asked of the kernel without claiming anything.

Uses the character device of the kernel, <linux/gpio.h>: GPIO_V2_GET_LINEINFO_IOCTL and
GPIO_GET_CHIPINFO_IOCTL. Does not drive lines.
"""

import fcntl
import struct
from pathlib import Path

_LINE_INFO = 0xC100B405  # _IOWR(0xB4, 0x05, struct gpio_v2_line_info of 256 bytes)
_CHIP_INFO = 0x8044B401  # _IOR(0xB4, 0x01, struct gpiochip_info of 68 bytes)
_LINE = struct.Struct("=32s32sIIQ")
_CHIP = struct.Struct("=32s32sI")
_USED = 1  # GPIO_V2_LINE_FLAG_USED


def chip_label(device: Path) -> str:
    """The label of a GPIO chip, as "pinctrl-bcm2835". Raises OSError."""
    with device.open("rb", buffering=0) as chip:
        return _text(_CHIP.unpack(fcntl.ioctl(chip, _CHIP_INFO, bytes(_CHIP.size)))[1])


def consumer(device: Path, line: int) -> str | None:
    """Who holds a line ("?" where it gave no name), None when it is free. Raises OSError."""
    blank = bytearray(256)
    struct.pack_into("=I", blank, 64, line)
    with device.open("rb", buffering=0) as chip:
        answer = fcntl.ioctl(chip, _LINE_INFO, bytes(blank))
    _, name, _, _, flags = _LINE.unpack(answer[: _LINE.size])
    return (_text(name) or "?") if flags & _USED else None


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", "replace")
