"""The serial port of a line of boards: found, opened, read, and opened again when it returns.

`usb:SERIAL` is looked for anew at each try, wherever it was plugged in; `serial:PATH` is a path.
Both control lines stay raised as pyserial opens them: a Pico sends only then, and an ESP32 is
reset by a change of one of them alone.
"""

import os
from collections.abc import Callable

from headworks.field.modbus.channel import Line
from headworks.field.modbus.serial_channel import SerialChannel

RETRY_S = 1.0
_USB, _SERIAL = "usb:", "serial:"


class Port:
    """One port. `opened(where)`, `closed(cause)` and `received(data)` are called by it."""

    def __init__(
        self,
        connect: str,
        baud: int,
        *,
        opened: Callable[[str], None],
        closed: Callable[[str], None],
        received: Callable[[bytes], None],
    ) -> None:
        self._connect = connect
        self._on_opened, self._on_closed, self.received = opened, closed, received
        self._channel = SerialChannel(
            connect.removeprefix(_SERIAL),
            Line(baud),
            retry_s=RETRY_S,
            find=(lambda: find_usb(connect)) if connect.startswith(_USB) else None,
        )

    def start(self) -> None:
        """Open it, now or as soon as it is there."""
        self._channel.start(self)

    async def stop(self) -> None:
        """Close it for good."""
        await self._channel.stop()

    def send(self, data: bytes) -> None:
        """Send now, if it is open."""
        if self._channel.up:
            self._channel.send(data)

    def where(self) -> str:
        """The path that others can open."""
        return self._channel.path

    # --- as the channel's owner ---------------------------------------------------------------

    def opened(self) -> None:
        """The channel is up."""
        self._on_opened(os.path.realpath(self._channel.path))

    def closed(self, cause: str) -> None:
        """The channel is down, or did not come up."""
        self._on_closed(cause)


def find_usb(connect: str) -> str:
    """The path of a port by its USB serial number. FileNotFoundError where there is none."""
    from serial.tools.list_ports import comports

    wanted = connect.removeprefix(_USB).lower()
    ports = [
        (str(port.serial_number), str(port.device)) for port in comports() if port.serial_number
    ]
    for number, device in ports:
        if number.lower() == wanted:
            return device
    there = ", ".join(sorted({number for number, _ in ports})) or "none"
    raise FileNotFoundError(
        2, f"no USB device has the serial number {connect.removeprefix(_USB)}; there are: {there}"
    )
