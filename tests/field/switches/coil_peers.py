"""A relay board that is pymodbus' own server, over TCP or a pty, with faults on wish."""

import asyncio
import os

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

import terminals


class Relays:
    """The board: 16 coils and 16 inputs; `writes` are (function, address, values) as they came.

    `deaf`: says ok to a write and does nothing. `refuse`: function codes that get exception 1.
    """

    def __init__(self, unit: int = 1, on: bool = False) -> None:
        self.unit = unit
        self.coils = [on] * 16
        self.inputs = [False] * 16
        self.writes: list[tuple[int, int, list[bool]]] = []
        self.reads = 0
        self.deaf = False
        self.refuse: set[int] = set()

    def device(self) -> SimDevice:
        """The board for a pymodbus server."""
        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        words = [SimData(0, values=0, datatype=DataType.REGISTERS)]
        return SimDevice(self.unit, (bits, bits, words, words), action=self._action)

    async def _action(self, function, _start, address, _count, registers, values):
        if function in self.refuse:
            return ExcCodes.ILLEGAL_FUNCTION
        if values is None:
            self.reads += function == 1
        else:
            taken = [bool(value) for value in values]
            self.writes.append((function, address, taken))
            if not self.deaf:
                self.coils[address : address + len(taken)] = taken
            values[:] = self.coils[address : address + len(taken)]
        bits = self.inputs if function == 2 else self.coils
        registers[0] = sum(bit << place for place, bit in enumerate(bits))
        return None


class TcpPeer:
    """Relay boards behind one TCP port; it can go away and come back on the same port."""

    def __init__(self, *boards: Relays) -> None:
        self._boards = boards
        self._server: ModbusTcpServer | None = None
        self._port = 0

    @property
    def connect(self) -> str:
        """Where it listens."""
        return f"tcp://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen."""
        devices = [board.device() for board in self._boards]
        self._server = ModbusTcpServer(devices, address=("127.0.0.1", self._port))
        await self._server.serve_forever(background=True)
        self._port = self._server.transport.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        await self._server.shutdown()


class RtuPeer:
    """Relay boards on a serial line: two ptys with a wire between them.

    Requests to units that are not there end on the wire; pymodbus would answer for them.
    """

    def __init__(self, *boards: Relays, baud: int = 115200) -> None:
        self._boards = boards
        self._baud = baud
        self.connect = ""

    async def start(self) -> None:
        """Open both ends and serve on one of them."""
        self._pairs = one, other = terminals.Pair(), terminals.Pair()
        loop = asyncio.get_running_loop()
        loop.add_reader(one.ours, self._carry, one.ours, other.ours)
        loop.add_reader(other.ours, self._carry, other.ours, one.ours)
        self.connect = f"serial:{one.path}"
        self._server = ModbusSerialServer(
            [board.device() for board in self._boards],
            framer=FramerType.RTU,
            port=other.path,
            baudrate=self._baud,
        )
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        """Close everything."""
        await self._server.shutdown()
        for pair in self._pairs:
            asyncio.get_running_loop().remove_reader(pair.ours)
            pair.close()

    def _carry(self, source: int, target: int) -> None:
        data = os.read(source, 4096)
        if data[0] in {board.unit for board in self._boards}:
            os.write(target, data)
