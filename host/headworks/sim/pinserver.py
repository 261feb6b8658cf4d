"""The socket between a gpiozero pin factory and the simulated header: lines of text.

From the client: `claim PIN in|0|1`, `set PIN 0|1`, `free PIN`. To the client: `ok PIN` or
`busy PIN HOLDER` to a claim, and `drive PIN 0|1|z TIME` when an input changes (z: only its pull).
A client that goes away loses its lines, as a process that dies does.
"""

import asyncio
import os
import socket
import struct
import time
from functools import partial
from pathlib import Path

from headworks.sim.pinlines import PinLines
from headworks.sim.sockets import claim_path, release_path
from headworks.sim.world import World

LAST_PIN = 53  # lines of a BCM2835 header chip
_MOST_BYTES = 4096  # of a client that sends no line end


class PinServer:
    """Serves the header of one site at a Unix socket."""

    def __init__(self, path: Path, world: World, lines: PinLines) -> None:
        self.path = path
        self.lines = lines
        self._clients: set[_Client] = set()
        self._server: asyncio.Server | None = None
        self._sent: dict[int, int | None] = {}
        world.on_inputs.append(self.push)
        world.on_faults.append(self._faults_changed)

    async def start(self) -> None:
        """Listen. Raises ServeError where another one serves there or the path is no good."""
        claim_path(self.path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(partial(_Client, self), str(self.path))
        self.path.chmod(0o660)

    async def stop(self) -> None:
        """Drop the clients and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for client in tuple(self._clients):
            client.close()
        await self._server.wait_closed()
        release_path(self.path)

    def push(self) -> None:
        """Tell every client which inputs have changed."""
        levels = self.lines.levels()
        changed = {pin: level for pin, level in levels.items() if self._sent.get(pin, -1) != level}
        self._sent = levels
        for client in self._clients:
            client.drive(changed)

    def joined(self, client: "_Client") -> None:
        """A client came: it hears of all inputs first."""
        self._clients.add(client)
        self._sent = self.lines.levels()
        client.drive(self._sent)
        client.send("ready")

    def left(self, client: "_Client") -> None:
        """A client went."""
        self._clients.discard(client)
        self.lines.release(client)
        self.push()

    def _faults_changed(self) -> None:
        self.lines.settle()
        self.push()


class _Client(asyncio.Protocol):
    """One process with its pins."""

    def __init__(self, server: PinServer) -> None:
        self._server = server
        self._rest = b""
        self._holder = "unknown"
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.WriteTransport):
            raise TypeError("a stream transport is needed")
        self._transport = transport
        self._holder = _who(transport)
        self._server.joined(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._server.left(self)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _MOST_BYTES:
            self.close()
            return
        for line in lines:
            self._obey(line.decode("ascii", "replace").split())

    def drive(self, levels: dict[int, int | None]) -> None:
        """Tell what drives these inputs."""
        for pin, level in levels.items():
            shown = "z" if level is None else str(level)
            self.send(f"drive {pin} {shown} {time.monotonic():.6f}")

    def send(self, text: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(text.encode() + b"\n")

    def close(self) -> None:
        self._transport.abort()

    def _obey(self, words: list[str]) -> None:
        """Do what a line says; a line that is not of this protocol ends the connection."""
        match words:
            case ["set", pin, ("0" | "1") as level] if _is_pin(pin):
                self._server.lines.write(self, int(pin), int(level))
            case ["claim", pin, ("in" | "0" | "1") as level] if _is_pin(pin):
                self._claim(int(pin), None if level == "in" else int(level))
            case ["free", pin] if _is_pin(pin):
                self._server.lines.free(self, int(pin))
            case _:
                self.close()

    def _claim(self, pin: int, level: int | None) -> None:
        holder = self._server.lines.claim(self, self._holder, pin, level)
        self.send(f"ok {pin}" if holder is None else f"busy {pin} {holder}")


def _is_pin(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= LAST_PIN


def _who(transport: asyncio.BaseTransport) -> str:
    """The process at the other end: "python3 (4711)"."""
    plug: socket.socket | None = transport.get_extra_info("socket")
    if plug is None or not hasattr(socket, "SO_PEERCRED"):
        return "unknown"
    raw = plug.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid = struct.unpack("3i", raw)[0]
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        name = "process"
    own = " of this process" if pid == os.getpid() else ""
    return f"{name} ({pid}){own}"
