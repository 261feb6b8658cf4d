"""What the socket tests share: a site of signals, a clock to turn, a raw Modbus socket."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pymodbus.client import AsyncModbusTcpClient

from headworks.field.signals import Signals, StationReport
from headworks.model.site import Control, SetpointSignal, SignalSpec, Site

ORDER = [0, 2500, 60, 1, 7]  # 250.0 kW for 60 s


class Clock:
    """A monotonic clock that is turned by hand."""

    def __init__(self) -> None:
        self.t_s = 1000.0

    def __call__(self) -> float:
        return self.t_s


def site(*signals: SignalSpec, timezone: str = "Asia/Karachi") -> Site:
    return Site("test", timezone, 1.0, Control(), (), (), signals, (), ())


class Station:
    """Signals at work, with a turnable clock and a count of the changes told."""

    def __init__(self, *, allow: tuple[str, ...] = (), report: StationReport | None = None) -> None:
        self.clock = Clock()
        self.changes = 0
        spec = SetpointSignal("scada", "tcp://127.0.0.1:0", unit=1, heartbeat_s=30.0, allow=allow)
        self.signals = Signals(site(spec), dict, lambda: report, self._changed, clock=self.clock)

    def _changed(self) -> None:
        self.changes += 1

    @property
    def port(self) -> int:
        return self.signals.ports["scada"]

    @property
    def granted_kw(self) -> float | None:
        """What the setpoint lets run now, as the decision takes it."""
        value = self.signals.values(self.clock.t_s)["scada"]
        usable = value.quality == "good" and self.clock.t_s < value.valid_until_s
        return value.limit_kw if usable else 0.0


@asynccontextmanager
async def running(station: Station) -> AsyncIterator[Station]:
    await station.signals.start()
    try:
        yield station
    finally:
        await station.signals.stop()


@asynccontextmanager
async def master(station: Station) -> AsyncIterator[AsyncModbusTcpClient]:
    """pymodbus's own client, as a control room would use it."""
    client = AsyncModbusTcpClient("127.0.0.1", port=station.port, timeout=5, retries=0)
    if not await client.connect():
        raise ConnectionError("the station does not listen")
    try:
        yield client
    finally:
        client.close()


async def send_raw(station: Station, adu: bytes) -> bytes:
    """Bytes to the station over a connection of their own; what it answers, b"" if it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", station.port)
    try:
        writer.write(adu)
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def hung_up(reader: asyncio.StreamReader) -> bool:
    """Whether the station ends the connection without another byte."""
    try:
        return await asyncio.wait_for(reader.read(), 5) == b""
    except ConnectionError:
        return True


def framed(pdu: bytes, unit: int = 1) -> bytes:
    return struct.pack(">HHHB", 1, 0, len(pdu) + 1, unit) + pdu


def run(work: Callable[[Station], object], **options: object) -> None:
    """Run an async test against a running station."""

    async def whole() -> None:
        async with running(Station(**options)) as station:
            await work(station)

    asyncio.run(whole())
