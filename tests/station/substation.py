"""A substation for a real station process: a meter and two relay boards over Modbus TCP.

It runs in the event loop of the test and notes every coil with the time it was written.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import waiting
from headworks.faces.client import StationClient, StationError
from headworks.field.modbus.server import ModbusFault, TcpServer
from headworks.hardware.meter import load_meter
from headworks.hardware.meter_encode import encode

_METER = load_meter("pm5560")
_HEAD = """
[site]
name = "test"
timezone = "UTC"
scan_s = 0.25

[control]
margin_kw = 1
trip_kw = 5
start_delay_s = 0
stagger_s = 0.1
window_s = 1
starts_per_window = 100
stop_s = 0.2

[outputs]
deadman = "guard.1"
deadman_s = 0.05

[[meter]]
name = "incomer"
model = "pm5560"
connect = "tcp://127.0.0.1:{meter}"
unit = 1
sign = "import-positive"
poll_s = 0.05

[[feeder]]
name = "tx1"
meter = "incomer"
rating_kw = 630

[[signal]]
name = "export"
kind = "export"
meter = "incomer"

[[switch]]
name = "relays"
model = "coil-8"
connect = "tcp://127.0.0.1:{relays}"
poll_s = 0.1

[[switch]]
name = "guard"
model = "coil-8"
connect = "tcp://127.0.0.1:{guard}"
poll_s = 0.1
"""
_RACK = """
[[rack]]
name = "{name}"
kind = "asic"
rated_kw = 10
feeder = "tx1"
switch = "relays.{number}"
priority = {priority}
min_on_s = 0
min_off_s = {min_off_s}
settle_s = 1
"""


class Meter:
    """A living meter: its import is what the test says, plus the racks that are closed."""

    def __init__(self, relays: "Board") -> None:
        self._relays = relays
        self._turn = 0
        self.import_kw = 0.0
        self.reads = 0

    def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]:
        self.reads += 1
        held = encode(_METER, self._channels()).get(function, {})
        try:
            return [held[at] for at in range(address, address + count)]
        except KeyError:
            raise ModbusFault(2) from None

    def write(self, unit: int, function: int, address: int, values: Sequence[int]) -> None:
        raise ModbusFault(1)

    def _channels(self) -> dict[str, float]:
        self._turn = (self._turn + 1) % 1000
        power_kw = self.import_kw + 10.0 * sum(self._relays.coils) + self._turn * 1e-4
        channels = {"power_kw": power_kw, "frequency_hz": 50.0 + self._turn * 1e-4}
        for phase in ("l1", "l2", "l3"):
            channels[f"voltage_{phase}_v"] = 230.0 + self._turn * 1e-3
            channels[f"power_{phase}_kw"] = power_kw / 3
            channels[f"current_{phase}_a"] = abs(power_kw) / 3 * 1000 / 230.0
        return channels | {"import_kwh": 1000.0, "export_kwh": 5000.0}


class Board:
    """A board of eight coils that stay as they are, and eight inputs."""

    def __init__(self) -> None:
        self.coils, self.inputs = [0] * 8, [0] * 8
        self.writes: list[tuple[float, int, int]] = []  # when, coil, value; changes only

    def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]:
        held = {1: self.coils, 2: self.inputs}.get(function, [0] * (address + count))
        return held[address : address + count]

    def write(self, unit: int, function: int, address: int, values: Sequence[int]) -> None:
        for coil, value in enumerate(values, address):
            if self.coils[coil] != int(bool(value)):
                self.coils[coil] = int(bool(value))
                self.writes.append((time.monotonic(), coil, self.coils[coil]))


class Substation:
    """Everything that is not the station. Use `substation()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.relays, self.guard = Board(), Board()
        self.meter = Meter(self.relays)
        self.site = folder / "site.toml"
        self.socket = folder / "station.sock"
        self.state = folder / "state"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(folder / "notify"))
        self.notify.setblocking(False)
        self._servers = [
            TcpServer(d, "127.0.0.1", 0) for d in (self.meter, self.relays, self.guard)
        ]

    async def open(self, racks: int, min_off_s: float) -> None:
        """Serve, and write the site file. A rack's number is its priority."""
        for server in self._servers:
            await server.start()
        meter, relays, guard = (server.port for server in self._servers)
        text = _HEAD.format(meter=meter, relays=relays, guard=guard)
        for number in range(1, racks + 1):
            text += _RACK.format(
                name=f"a{number}", number=number, priority=number, min_off_s=min_off_s
            )
        self.site.write_text(text)

    async def close(self) -> None:
        """Serve no more."""
        self.notify.close()
        for server in self._servers:
            await server.stop()

    @asynccontextmanager
    async def station(self, *before: str) -> AsyncIterator["Process"]:
        """The real station; `before` is Python that runs in its process first."""
        code = ";".join(
            (*before, "import sys", "from headworks.cli.main import main", "sys.exit(main())")
        )
        words = ["run", "--site", self.site, "--state", self.state, "--socket", self.socket]
        environ = {
            **os.environ,
            "NOTIFY_SOCKET": str(self.folder / "notify"),
            "WATCHDOG_USEC": "400000",
            "PYTHONPATH": str(Path(__file__).parents[2] / "host"),
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            code,
            *map(str, words),
            env=environ,
            stderr=asyncio.subprocess.PIPE,
        )
        process = Process(child)
        try:
            yield process
        finally:
            await process.end()

    async def cli(self, *words: str) -> tuple[int, str, str]:
        """Another `headworks` command against the station: exit code, output, errors."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "headworks", *words, "--socket", str(self.socket),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, error = await child.communicate()
        return child.returncode or 0, out.decode(), error.decode()

    async def view(self) -> dict[str, Any]:
        """The station's state; {} while there is none."""
        try:
            async with StationClient(self.socket) as client:
                return await client.state()
        except StationError:
            return {}

    async def cut_relays(self) -> None:
        """The relay board stops answering; its coils stay as they are."""
        await self._servers[1].stop()

    async def mend_relays(self) -> None:
        """It answers again, at the same port."""
        port = self._servers[1].port
        self._servers[1] = TcpServer(self.relays, "127.0.0.1", port)
        await self._servers[1].start()

    def notices(self) -> list[str]:
        """What systemd was told since the last call."""
        found: list[str] = []
        while True:
            try:
                found.append(self.notify.recv(1000).decode())
            except BlockingIOError:
                return found


class Process:
    """A station process and what it logs."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self.child = child
        self.log = ""
        self._reading = asyncio.ensure_future(self._read())

    async def exit(self) -> int:
        """Wait for its end; the exit code."""
        code = await asyncio.wait_for(self.child.wait(), 30.0)
        await self._reading
        return code

    async def end(self) -> None:
        """Whatever the test left running ends here."""
        if self.child.returncode is None:
            self.child.kill()
            await self.child.wait()
        await self._reading

    async def _read(self) -> None:
        while line := await self.child.stderr.readline():  # type: ignore[union-attr]
            self.log += line.decode()


@asynccontextmanager
async def substation(
    folder: Path, racks: int = 3, min_off_s: float = 0.0
) -> AsyncIterator[Substation]:
    """A served substation and its site file."""
    found = Substation(folder)
    await found.open(racks, min_off_s)
    try:
        yield found
    finally:
        await found.close()


until = partial(waiting.until, within_s=15.0)


async def until_view(place: Substation, what: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Wait until the station's state is so; that state."""
    end_s = time.monotonic() + 15.0
    while True:
        state = await place.view()
        if state and what(state):
            return state
        if time.monotonic() > end_s:
            raise AssertionError(f"never so: {state}")
        await asyncio.sleep(0.02)


async def quiet(place: Substation, for_s: float = 0.15) -> None:
    """Wait until the dead-man output has not moved for so long."""
    seen = -1
    while seen != len(place.guard.writes):
        seen = len(place.guard.writes)
        await asyncio.sleep(for_s)


def play(folder: Path, work: Callable[[Substation], Awaitable[None]], **site: Any) -> None:
    """Run a test body in a substation, for 60 s at most."""

    async def body() -> None:
        async with substation(folder, **site) as place:
            await asyncio.wait_for(work(place), 60.0)

    asyncio.run(body())
