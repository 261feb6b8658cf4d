"""What the kernel of the emulated Pi says of its lines, and a line held by somebody else."""

import fcntl
import os
import re
import struct
from pathlib import Path

PINS = "/sys/kernel/debug/pinctrl/3f200000.gpio-pinctrl-bcm2835/pins"
GET_LINE = 0xC250B407  # _IOWR(0xB4, 0x07, struct gpio_v2_line_request of 592 bytes)
OUTPUT = 1 << 3  # GPIO_V2_LINE_FLAG_OUTPUT


def levels(pins: list[int]) -> dict[str, str]:
    """Direction and level of lines: "in", "out 0", "out 1", as the chip's registers have them."""
    text = Path(PINS).read_text()
    return {str(pin): _level(text, pin) for pin in pins}


def level(pin: int) -> str:
    """The same of one line."""
    return levels([pin])[str(pin)]


def _level(text: str, pin: int) -> str:
    row = re.search(rf"^pin {pin} \(gpio{pin}\)(.*)$", text, re.MULTILINE).group(1)
    if "function gpio_out" not in row:
        return "in"
    return "out 1" if re.search(r"\bin hi\b", row) else "out 0"


def hold(pin: int, consumer: str) -> int:
    """Claim one line as another program would; the file descriptor holds it."""
    request = bytearray(592)
    struct.pack_into("=I", request, 0, pin)
    struct.pack_into("=32s", request, 256, consumer.encode())
    struct.pack_into("=Q", request, 288, OUTPUT)
    struct.pack_into("=I", request, 560, 1)
    chip = os.open("/dev/gpiochip0", os.O_RDWR)
    answer = fcntl.ioctl(chip, GET_LINE, bytes(request))
    return struct.unpack_from("=i", answer, 588)[0]
