"""Serves the site's Modbus addresses: TCP and RTU over TCP on loopback, RTU on a pty.

One port per address, several units behind each. Faults of frames and of the port itself are
applied here. The pty is linked at the site's serial path, and the link is removed at the end.
"""

from contextlib import suppress

from headworks.field.modbus.server import RtuServer, RtuTcpServer, TcpServer
from headworks.sim.devices import Bus
from headworks.sim.faults.active import ActiveFaults
from headworks.sim.faults.frames import ON_FRAMES, Reply
from headworks.sim.pty import LinkedPty, ServeError

_DEFAULT_PORT = 502
_LOOPBACK = ("127.", "localhost", "[::1]")


class Spoiler:
    """Applies the faults of frames to the replies of one bus; usable as a server's `mangle`."""

    def __init__(self, bus: Bus, faults: ActiveFaults, rtu: bool) -> None:
        self._bus = bus
        self._faults = faults
        self._rtu = rtu

    async def __call__(self, unit: int, _request: bytes, reply: bytes) -> list[tuple[float, bytes]]:
        if not self._faults.all() or unit not in self._bus.units:
            return [(0.0, reply)]
        if self.anywhere("half-open"):
            return []
        asked = self._bus.units[unit]
        for name, effect in ON_FRAMES.items():
            fault = self._faults.get(name, asked.name)
            if fault is not None:
                return effect(Reply(reply, self._rtu, asked.timeout_s), fault)
        return [(0.0, reply)]

    def anywhere(self, name: str) -> bool:
        """Whether a fault acts on any unit of this bus."""
        return any(self._faults.get(name, unit.name) for unit in self._bus.units.values())


class TcpPort:
    """A TCP address of the site. `refuse` closes it, and its end opens it again."""

    def __init__(self, connect: str, bus: Bus, faults: ActiveFaults) -> None:
        self.connect = connect
        rtu = connect.startswith("rtu+tcp://")
        host, port = _address(connect)
        self._spoiler = Spoiler(bus, faults, rtu)
        kind = RtuTcpServer if rtu else TcpServer
        self._server = kind(bus, host, port, mangle=self._spoiler)
        self._open = False

    @property
    def where(self) -> str:
        """The address as it is served; port 0 has become a real one."""
        scheme = self.connect.partition("://")[0]
        return f"{scheme}://{self._server.host}:{self._server.port}"

    async def start(self) -> None:
        """Listen. Raises ServeError where the port cannot be had."""
        try:
            await self._server.start()
        except OSError as error:
            raise ServeError(_port_advice(self.connect, error)) from error
        self._open = True

    async def follow(self) -> None:
        """Close or open the port as the fault `refuse` says."""
        wanted = not self._spoiler.anywhere("refuse")
        if wanted == self._open:
            return
        with suppress(OSError):  # the port was taken meanwhile: tried again in the next step
            await (self._server.start() if wanted else self._server.stop())
            self._open = wanted

    async def stop(self) -> None:
        """Close the port."""
        await self._server.stop()


class SerialPort:
    """A serial address of the site: a pty, its slave side linked at the site's path."""

    def __init__(self, connect: str, bus: Bus, faults: ActiveFaults) -> None:
        self.connect = connect
        self._pty = LinkedPty(connect)
        self._bus = bus
        self._spoiler = Spoiler(bus, faults, True)
        self._server: RtuServer | None = None

    @property
    def where(self) -> str:
        """The address as it is served."""
        return self.connect

    async def start(self) -> None:
        """Make the pty and its link. Raises ServeError where the path cannot be used."""
        master = self._pty.open()
        self._server = RtuServer(self._bus, master, mangle=self._spoiler)
        await self._server.start()

    async def follow(self) -> None:
        """A serial line has no port to close."""

    async def stop(self) -> None:
        """Stop, and remove the link if it is ours."""
        if self._server is not None:
            await self._server.stop()
        self._pty.close()


Port = TcpPort | SerialPort


def make_port(connect: str, bus: Bus, faults: ActiveFaults) -> Port:
    """The port of one address. Raises ServeError for one that is not on this machine."""
    if connect.startswith("serial:"):
        return SerialPort(connect, bus, faults)
    return TcpPort(connect, bus, faults)


def _address(connect: str) -> tuple[str, int]:
    """Host and port of a loopback address. Raises ServeError for any other."""
    host, _, port = connect.partition("://")[2].rpartition(":")
    if not host:
        host, port = port, str(_DEFAULT_PORT)
    if not host.startswith(_LOOPBACK):
        raise ServeError(
            f"{connect}: the simulator serves on this machine only; in a copy of the site file "
            "for training write tcp://127.0.0.1:5020 or the like"
        )
    return host.strip("[]"), int(port)


def _port_advice(connect: str, error: OSError) -> str:
    """Why a port cannot be had, and what to do."""
    if isinstance(error, PermissionError):
        fix = "ports below 1024 need root; write one above"
    else:
        fix = "another program, perhaps a simulator, has it; stop that one or write another port"
    return f"{connect}: {error.strerror or error}: {fix}"
