"""The udev rules for sensor boards: stable names, the right group, and ModemManager kept off.

Made from the USB ids of boards/sensor, so that a new board needs no second list.
"""

from collections.abc import Iterator

from headworks.hardware.files import models
from headworks.hardware.sensor import load_sensor

NAME = "60-headworks-boards.rules"
FOLDERS = (
    "/etc/udev/rules.d",
    "/run/udev/rules.d",
    "/usr/local/lib/udev/rules.d",
    "/usr/lib/udev/rules.d",
)
INSTALL = (
    f"headworks doctor --udev | sudo tee {FOLDERS[0]}/{NAME} && sudo udevadm control --reload "
    "&& sudo udevadm trigger"
)


def usb_ids() -> list[str]:
    """Every USB id of a sensor board, "2e8a:0005"."""
    return sorted({usb for model in models("sensor") for usb in load_sensor(model).usb})


def rules() -> str:
    """The whole file."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Sensor boards of Headworks. Made by: headworks doctor --udev"
    yield "# /dev/headworks/SERIAL stays the same wherever a board is plugged in. ModemManager"
    yield "# would open a new port and write into it; these properties keep it away."
    for usb in usb_ids():
        vendor, _, product = usb.partition(":")
        yield ""
        yield (
            f'SUBSYSTEM=="usb", ENV{{DEVTYPE}}=="usb_device", ATTR{{idVendor}}=="{vendor}", '
            f'ATTR{{idProduct}}=="{product}", ENV{{ID_MM_DEVICE_IGNORE}}="1"'
        )
        yield (
            f'SUBSYSTEM=="tty", ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}", '
            'GROUP="dialout", MODE="0660", ENV{ID_MM_PORT_IGNORE}="1", '
            'SYMLINK+="headworks/$attr{serial}"'
        )
