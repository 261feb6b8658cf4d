"""What a way to a device is: its address, a serial line's setting, errors in plain words.

`tcp_channel` and `serial_channel` are the two ways. A channel opens itself again and again, with
jitter, at about the period it was given and never slower: a device that returns after a year is
found as fast as one that was gone for a second. No Modbus in here.
"""

import socket
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from headworks.field.modbus.errors import ConnectError

_CHAR_BITS = 11  # Modbus over Serial Line V1.02, 2.5.1: start, 8 data, parity or stop, stop


class Address(NamedTuple):
    """Where a device is. `kind`: tcp, rtu+tcp or serial."""

    kind: str
    host: str = ""
    port: int = 0
    path: str = ""


class Line(NamedTuple):
    """How a serial line is set."""

    baud: int = 9600
    parity: str = "N"
    stop_bits: int = 1

    @property
    def silence_s(self) -> float:
        """The 3.5 characters between frames; above 19200 baud fixed at 1.75 ms (2.5.1.1)."""
        return 0.00175 if self.baud > 19200 else 3.5 * _CHAR_BITS / self.baud

    def wire_s(self, size: int) -> float:
        """How long `size` bytes take on the wire."""
        return size * _CHAR_BITS / self.baud


class Owner(Protocol):
    """Who uses a channel."""

    def opened(self) -> None:
        """Bytes can be sent."""

    def closed(self, cause: str) -> None:
        """No bytes can be sent; called again for each try that fails."""

    def received(self, data: bytes) -> None:
        """Bytes came."""


class Channel(Protocol):
    """What a link needs of a channel."""

    up: bool
    opens: int  # how often it was opened

    def start(self, owner: Owner) -> None: ...
    def send(self, data: bytes) -> None: ...
    def renew(self, cause: str) -> None: ...
    async def stop(self) -> None: ...


def parse_connect(connect: str) -> Address:
    """tcp://HOST:PORT, rtu+tcp://HOST:PORT or serial:PATH. Raises ConnectError."""
    if connect.startswith("serial:"):
        if path := connect.removeprefix("serial:"):
            return Address("serial", path=path)
        raise ConnectError(f"{connect!r} names no port; write serial:/dev/ttyUSB0")
    try:
        parts = urlsplit(connect)
        host, port = parts.hostname, parts.port or 502
    except ValueError as error:
        raise ConnectError(f"{connect!r}: {error}; write tcp://HOST:PORT") from error
    if parts.scheme not in {"tcp", "rtu+tcp"} or not host or parts.path not in {"", "/"}:
        forms = "tcp://HOST:PORT, rtu+tcp://HOST:PORT or serial:PATH"
        raise ConnectError(f"{connect!r} is no connection; write {forms}")
    return Address(parts.scheme, host, port)


def explain(error: OSError, where: str) -> str:
    """An operating system's error in words that say what to do."""
    if isinstance(error, ConnectionRefusedError):
        return f"{where} refused the connection: nothing listens there; check address and port"
    if isinstance(error, socket.gaierror):
        return f"{where}: no such host name; check the name, or use the address"
    if isinstance(error, PermissionError):
        return f"{where}: not allowed; add this user to the group dialout and log in again"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return f"{where} closed the connection"
    if error.errno in {101, 113}:
        return f"{where} cannot be reached: no route; check network and address"
    return f"{where}: {error.strerror or error}"
