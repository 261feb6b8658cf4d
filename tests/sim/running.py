"""A simulator running in a test: started, asked, stopped, with nothing left behind."""

import asyncio
import contextlib
import threading
from functools import partial
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient

import waiting
from headworks.hardware.meter import load_meter
from headworks.model.site import Site
from headworks.sim.plant.days import built_in
from headworks.sim.plant.weather import DayClock
from headworks.sim.simulator import Simulator, Sockets
from headworks.sim.wiring import plant_settings, sizes

NOON_S = 12 * 3600.0


def make(site: Site, folder: Path, *, ramp_s: float = 0.5, speed: float = 1.0, **more) -> Simulator:
    """A simulator at noon of the clear day, its sockets in `folder`."""
    size = sizes(site, None, None)
    day = built_in("clear", 1, size.peak_load_kw, size.pv_kw)
    plant = plant_settings(site, day, DayClock(NOON_S, speed), size, seed=1, ramp_s=ramp_s)
    sockets = Sockets(folder / "sim.sock", folder / "pins.sock")
    return Simulator(site, plant, sockets, step_s=0.02, **more)


@contextlib.asynccontextmanager
async def running(site: Site, folder: Path, **more):
    simulator = make(site, folder, **more)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


class InThread:
    """A simulator with an event loop of its own, for blocking peers such as gpiozero."""

    def __init__(self, site: Site, folder: Path, **more) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.simulator = make(site, folder, **more)
        self.call(self.simulator.start())

    def call(self, coroutine, timeout_s: float = 5.0):
        """Run a coroutine in the simulator's loop and wait for its value."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout_s)

    def fault(self, name: str, target: str = "", clear: bool = False, value=None) -> None:
        """Put or clear a fault in the simulator's own thread."""

        async def act() -> None:
            answer(self.simulator, name, target, clear, value)

        self.call(act())

    def stop(self) -> None:
        self.call(self.simulator.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5.0)
        self.loop.close()

    def __enter__(self) -> "InThread":
        return self

    def __exit__(self, *_) -> None:
        self.stop()


def answer(simulator: Simulator, name: str, target: str = "", clear: bool = False, value=None):
    """Put or clear a fault, as the command socket would."""
    world = simulator.world
    if clear:
        changed = world.faults.clear(name, target)
    else:
        changed = world.faults.put(name, target, simulator.clock(), value, None)
    world.after_faults(changed)


until = partial(waiting.until, within_s=5.0)
until_blocking = partial(waiting.until_blocking, within_s=5.0)


def port_of(simulator: Simulator, place: int = 0) -> int:
    """The TCP port that the simulator got."""
    return int(simulator.serves()["ports"][place]["where"].rpartition(":")[2])


@contextlib.asynccontextmanager
async def client(port: int, timeout_s: float = 1.0):
    """pymodbus' own client, an independent peer."""
    peer = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=timeout_s, retries=0)
    await peer.connect()
    try:
        yield peer
    finally:
        peer.close()


@contextlib.asynccontextmanager
async def asked(site: Site, folder: Path, **more):
    """A running simulator with a client at its first port."""
    async with running(site, folder, **more) as simulator, client(port_of(simulator)) as peer:
        yield simulator, peer


async def power_kw(peer, unit: int = 1) -> float:
    """Total power of an SDM630, read and decoded by pymodbus alone."""
    reply = await peer.read_input_registers(52, count=2, device_id=unit)
    assert not reply.isError(), reply
    watts = peer.convert_from_registers(reply.registers, peer.DATATYPE.FLOAT32)
    return watts / 1000.0


def channel(model: str, name: str):
    """A register of a profile by its channel."""
    return next(r for r in load_meter(model).registers if r.channel == name)
