"""The baselines: the shortest pymodbus asyncio scripts that do the job, as processes.

`react`: read the power, compare, write the coil where the answer has changed. `poll`: read
every meter once a second. No retries of their own, no checks, no safety: what one would write
first, and the least that pymodbus costs.
"""

import asyncio
import struct
import sys

from pymodbus.client import AsyncModbusTcpClient

POWER = 3059  # f32 kW, high word first: the power register of the meter that `images` makes


async def connected(port: int) -> AsyncModbusTcpClient:
    """A client that is connected."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    return client


async def react(meter_port: int, board_port: int, interval_s: float) -> None:
    """Read, compare, write."""
    meter, board = await connected(meter_port), await connected(board_port)
    on = False
    while True:
        reply = await meter.read_holding_registers(POWER, count=2)
        (power_kw,) = struct.unpack(">f", struct.pack(">HH", *reply.registers))
        if (power_kw < 0) != on:
            on = not on
            await board.write_coil(0, on)
        await asyncio.sleep(interval_s)


async def poll(ports: list[int], interval_s: float) -> None:
    """Read each meter at its interval, one task per meter."""

    async def one(port: int) -> None:
        meter = await connected(port)
        while True:
            reply = await meter.read_holding_registers(POWER, count=2)
            struct.unpack(">f", struct.pack(">HH", *reply.registers))
            await asyncio.sleep(interval_s)

    await asyncio.gather(*(one(port) for port in ports))


def main(words: list[str]) -> None:
    """`react METER BOARD INTERVAL` or `poll INTERVAL PORT…`."""
    if words[0] == "react":
        asyncio.run(react(int(words[1]), int(words[2]), float(words[3])))
    else:
        asyncio.run(poll([int(word) for word in words[2:]], float(words[1])))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(0)
