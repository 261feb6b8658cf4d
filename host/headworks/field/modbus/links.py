"""One link for each connection, however many use it.

Meters and relay boards may hang on one RS-485 line: whoever asks for the same line gets the same
link, so that there is one master and one queue.
"""

from headworks.field.modbus.channel import Address, Line, parse_connect
from headworks.field.modbus.errors import ConnectError
from headworks.field.modbus.link import Link, open_link


class Links:
    """The links of one station by address. Not for several threads or event loops."""

    def __init__(self) -> None:
        self._links: dict[Address, tuple[Link, Line]] = {}
        self._users: dict[Address, int] = {}

    def get(
        self,
        connect: str,
        *,
        timeout_s: float = 0.5,
        baud: int = 9600,
        parity: str = "N",
        stop_bits: int = 1,
        retry_s: float = 0.25,
    ) -> Link:
        """The link of this address, started. Give it back with release(). Raises ConnectError,
        also where a serial line is wanted with another setting than it has."""
        address, line = parse_connect(connect), Line(baud, parity, stop_bits)
        if address not in self._links:
            link = open_link(
                connect,
                timeout_s=timeout_s,
                baud=baud,
                parity=parity,
                stop_bits=stop_bits,
                retry_s=retry_s,
            )
            self._links[address] = (link, line)
            link.start()
        link, set_to = self._links[address]
        if address.kind == "serial" and set_to != line:
            raise ConnectError(f"{connect} is set to {set_to} already; one line has one setting")
        self._users[address] = self._users.get(address, 0) + 1
        return link

    async def release(self, connect: str) -> None:
        """One user less; the last one closes the link."""
        address = parse_connect(connect)
        self._users[address] -= 1
        if self._users[address] == 0:
            del self._users[address]
            link, _ = self._links.pop(address)
            await link.stop()
