"""Runs sessions: one on the terminal that this program was started at, or one after the other at
a serial port, for ever. A cable that is pulled ends a session, never the program.
"""

import asyncio
import errno
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import serial

from headworks.faces.console.login import Login
from headworks.faces.console.session import Session, note
from headworks.faces.console.teletype import HungUpError, Teletype

_NO_PORT = "this is no serial port; name one, such as /dev/ttyAMA0"
_CAUSES = {
    errno.ENOENT: "no such port; is it plugged in? On a Raspberry Pi: enable_uart=1 in config.txt",
    errno.EACCES: "this user may not use it; it must be in the port's group, mostly dialout",
    errno.EAGAIN: "another program has it; end that one",
    errno.ENOTTY: _NO_PORT,
    errno.EISDIR: _NO_PORT,
}
AGAIN_S = 1.0  # between two tries to open the port
# One byte a character: in UTF-8 a name may hold bytes that an older terminal takes for commands.
_SERIAL_TAKES = "ascii"


class Port(NamedTuple):
    """A serial port."""

    path: str
    baud: int


async def on_terminal(login: Login, socket: Path | None) -> None:
    """One session at standard input and output; ends when the person does."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    takes = sys.stdout.encoding or "ascii"
    teletype = Teletype(sys.stdin.fileno(), sys.stdout.fileno(), takes)
    with suppress(HungUpError, asyncio.CancelledError), teletype.open():
        await Session(teletype, login, socket, "console").run()


async def at_port(port: Port, login: Login, socket: Path | None) -> None:
    """Sessions for ever; waits for a port that is not there, and says so once."""
    told = ""
    while True:
        try:
            with _opened(port) as line:
                note(f"at {port.path}, {port.baud} baud")
                told = ""
                await _sessions(line, login, socket)
        except (OSError, ValueError) as error:  # pyserial's own are OSErrors
            if (cause := _cause(error)) != told:
                told = cause
                note(f"{port.path}: {cause}; trying again")
        await asyncio.sleep(AGAIN_S)


def _cause(error: Exception) -> str:
    """Why the port cannot be used, and what to do."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and f"({errno.ENOTTY}," in str(error):  # as pyserial wraps it
        number = errno.ENOTTY
    return _CAUSES.get(number or 0, str(error))


def _opened(port: Port) -> serial.Serial:
    return serial.Serial(port.path, port.baud, timeout=0, write_timeout=0, exclusive=True)


async def _sessions(line: serial.Serial, login: Login, socket: Path | None) -> None:
    """Until the far side has gone."""
    teletype = Teletype(line.fileno(), line.fileno(), _SERIAL_TAKES)
    with suppress(HungUpError), teletype.open():
        while True:
            await Session(teletype, login, socket, "serial").run()
    note("the far side has gone")
