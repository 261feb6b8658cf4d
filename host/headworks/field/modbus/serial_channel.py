"""A serial line, opened by pyserial, read by the event loop; and which ports there are."""

import asyncio
import os
import random
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from headworks.field.modbus.channel import Line, Owner, explain

_CHUNK = 4096
_DRAIN_S, _LOOK_S = 0.1, 0.005  # for the last frames at an end; 0.1 s are 1 kB at 115200 baud


class SerialChannel:
    """A serial line, opened by pyserial and read by the event loop. Works on a pty too.

    `find` gives the path anew at each try, where it may change; it raises OSError.
    """

    def __init__(
        self, path: str, line: Line, *, retry_s: float, find: Callable[[], str] | None = None
    ) -> None:
        self.up = False
        self.opens = 0
        self._path = path
        self._find = find
        self._line = line
        self._retry_s = retry_s
        self._owner: Owner
        self._port: Any = None
        self._fd = -1
        self._timer: asyncio.TimerHandle | None = None

    @property
    def path(self) -> str:
        """Where it is, or was last."""
        return self._path

    def start(self, owner: Owner) -> None:
        """Open the port; where that fails, try again and again."""
        self._owner = owner
        self._try()

    def send(self, data: bytes) -> None:
        """Send now. A frame is far smaller than the kernel's buffer."""
        try:
            os.write(self._fd, data)
        except OSError as error:
            self.renew(explain(error, self._path))

    def renew(self, cause: str) -> None:
        """Close and open again."""
        self._close()
        self._schedule()
        self._owner.closed(cause)

    async def stop(self) -> None:
        """Close for good; what was written last has a moment to go out."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self._drain()
        finally:
            self._close()

    async def _drain(self) -> None:
        if self._port is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        self.up = False
        end_s = loop.time() + _DRAIN_S
        with suppress(OSError, termios.error):
            while self._port is not None and self._port.out_waiting and loop.time() < end_s:
                await asyncio.sleep(_LOOK_S)

    def _try(self) -> None:
        try:
            if self._find is not None:
                self._path = self._find()
            self._port = open_serial(self._path, self._line)
        except OSError as error:  # serial.SerialException is one
            self._schedule()
            self._owner.closed(self._explained(error))
            return
        self._fd = self._port.fileno()
        asyncio.get_running_loop().add_reader(self._fd, self._ready)
        self.up = True
        self.opens += 1
        self._owner.opened()

    def _explained(self, error: OSError) -> str:
        if self._find is not None and isinstance(error, FileNotFoundError):
            return str(error.strerror)
        return explain_serial(error, self._path)

    def _schedule(self) -> None:
        delay_s = random.uniform(0.5, 1.0) * self._retry_s
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._try)

    def _close(self) -> None:
        if self._port is None:
            return
        asyncio.get_running_loop().remove_reader(self._fd)
        with suppress(OSError, termios.error):
            # Linux waits in close, for 30 s, until a device has taken what lies here; one that
            # hangs never does, and all scans would stand still meanwhile.
            if self._port.out_waiting:
                self._port.reset_output_buffer()
        self._port.close()
        self._port, self._fd, self.up = None, -1, False

    def _ready(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self.renew(explain(error, self._path))
            return
        if data:
            self._owner.received(data)
        else:
            self.renew(f"{self._path}: the port is gone; check its cable and plug")


def open_serial(path: str, line: Line) -> Any:
    """A pyserial port, raw and not blocking. Raises OSError."""
    import serial

    # A pty carries bytes, not bits: it has no parity, and Linux refuses to set one.
    parity = "N" if os.path.realpath(path).startswith("/dev/pts/") else line.parity
    try:
        return serial.Serial(
            path,
            baudrate=line.baud,
            parity=parity,
            stopbits=line.stop_bits,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
    except termios.error as error:
        raise OSError(error.args[0], f"cannot be set to {line}: {error.args[1]}") from error
    except ValueError as error:
        raise OSError(22, str(error)) from error


def explain_serial(error: OSError, path: str) -> str:
    """Why a port does not open; where there is no such port, which the system lists, if any."""
    if not os.path.exists(path):
        there = ", ".join(serial_ports())
        return f"{path}: no such port; {f'there are: {there}; ' if there else ''}plug it in"
    if error.errno == 13:
        return explain(PermissionError(13, "not allowed"), path)
    if error.errno in {11, 16}:
        return f"{path} is used by another program; stop that one first"
    return explain(error, path)


def serial_ports() -> list[str]:
    """The serial ports of this machine, by their lasting names where they have one.

    Not the ttyS of a PC, which are there with nothing behind them.
    """
    from serial.tools.list_ports import comports

    ports = (port for port in comports() if port.vid is not None or "/ttyS" not in port.device)
    names = sorted(str(port.device) for port in ports)
    folder = "/dev/serial/by-id"
    if os.path.isdir(folder):
        names += sorted(f"{folder}/{name}" for name in os.listdir(folder))
    return names
