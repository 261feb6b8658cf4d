"""The station's Unix socket: JSON lines; state, subscribe, command.

Every buffer has an end. A client that does not read is dropped, one that sends too much is
answered slowly, and none is waited for. What a command does is not decided here.
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from headworks.model.commissioning import Commissioned
from headworks.model.live import Command
from headworks.station.board_requests import BoardRequest
from headworks.station.bulletin import Bulletin
from headworks.station.lock import StartError, bind, peer
from headworks.station.requests import Request, RequestError, Targets, parse, request_id

MAX_LINE = 64 * 1024  # bytes of one request
MAX_UNSENT = 1024 * 1024  # bytes that a client may leave unread
MAX_CLIENTS = 64
LOOK_S = 5.0  # between two looks whether the socket's file is still there
MAX_WAITING = 8  # commands of one client that wait for their answer
_LINES_A_TURN = 4

Reply = Callable[[dict[str, object]], None]
AtEnd = Callable[[str, Callable[[], None]], None]  # what to do, by a key, when a client hangs up


class Desk(Protocol):
    """Where commands go and states come from."""

    bulletin: Bulletin
    known: Targets

    def command(
        self, command: Command, origin: str, reply: Callable[[dict[str, object]], None]
    ) -> None:
        """Carry out a command in the next scan; call `reply` when it is done and durable.

        `origin` says from where it came, for the journal: "console, uid 1000".
        """

    def board(
        self,
        request: BoardRequest,
        uid: int,
        reply: Callable[[dict[str, object]], None],
        at_end: AtEnd,
    ) -> None:
        """Carry out a request for a sensor board; call `reply` when it is done. What holds only
        as long as the client is there is undone by what is given to `at_end`."""

    def commissioned(self, result: Commissioned, origin: str, reply: "Reply") -> None:
        """Keep the result of a step of commissioning."""

    def note(self, what: str, **fields: object) -> None:
        """Write a warning to the log."""


class StationSocket:
    """The server. `publish` after every scan."""

    def __init__(self, path: Path, desk: Desk) -> None:
        self._path, self._desk = path, desk
        self._server: asyncio.Server | None = None
        self._inode: tuple[int, int] | None = None
        self._looked_s = float("-inf")
        self._returning: asyncio.Future[None] | None = None
        self.clients: set[_Client] = set()

    async def start(self) -> None:
        """Listen. Raises StartError."""
        listener = bind(self._path)
        self._inode = _inode(self._path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Client(self._desk, self.clients), sock=listener
        )

    def publish(self) -> None:
        """Tell the subscribers of the state that was just posted."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._look()
        for client in tuple(self.clients):
            client.push(now_s)

    def _look(self) -> None:
        """Somebody may have removed the file, a cleaner of /tmp for one: make it again."""
        if self._server is None or self._returning is not None or self._path.exists():
            return
        self._desk.note("the socket's file was removed; it is made again", path=self._path)
        self._returning = asyncio.ensure_future(self._again(self._server))
        self._returning.add_done_callback(self._returned)

    async def _again(self, old: asyncio.Server) -> None:
        try:
            await self.start()
            old.close()  # its clients stay
        except StartError as error:
            self._desk.note("the socket cannot be made again", error=error)

    def _returned(self, _done: "asyncio.Future[None]") -> None:
        self._returning = None

    async def stop(self) -> None:
        """Close everything and remove the socket file if it is still ours."""
        if self._server is not None:
            self._server.close()
        for client in tuple(self.clients):
            client.drop()
        if self._inode is not None and _inode(self._path) == self._inode:
            self._path.unlink(missing_ok=True)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, desk: Desk, clients: set["_Client"]) -> None:
        self._desk, self._clients = desk, clients
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._uid = -1
        self._waiting = 0
        self._every_s: float | None = None  # None = not subscribed
        self._pushed_s = float("-inf")
        self._seen_event = 0
        self._at_end: dict[str, Callable[[], None]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            return
        self._transport = transport
        transport.set_write_buffer_limits(high=MAX_UNSENT)
        connection: socket.socket = transport.get_extra_info("socket")
        self._uid = peer(connection)[1]
        if len(self._clients) >= MAX_CLIENTS:
            self._say({"ok": False, "error": f"already {MAX_CLIENTS} clients; close one first"})
            transport.close()
        self._clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._clients.discard(self)
        self._transport = None
        undo, self._at_end = self._at_end, {}
        for act in undo.values():
            act()

    def at_end(self, key: str, act: Callable[[], None]) -> None:
        """Do this when the connection ends, instead of what was to be done for the same key."""
        if self._transport is None:
            act()
        else:
            self._at_end[key] = act

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._some_lines()

    def push(self, now_s: float) -> None:
        """The new state, if this client has subscribed and its time has come."""
        if self._every_s is None or now_s - self._pushed_s < self._every_s:
            return
        self._pushed_s = now_s
        entry = self._desk.bulletin.read(self._seen_event)
        self._seen_event = entry.last_event
        self._write(f'{{"event":"scan","state":{entry.text}}}')

    def drop(self) -> None:
        """End the connection; what is on its way may still arrive."""
        if self._transport is not None:
            self._transport.close()

    def _some_lines(self) -> None:
        """A few requests now, the rest in later turns of the loop: scans come in between."""
        for _ in range(_LINES_A_TURN):
            line, found, rest = self._buffer.partition(b"\n")
            if not found:
                break
            self._buffer = rest
            self._one_line(bytes(line))
        self._go_on()

    def _go_on(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if b"\n" in self._buffer:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._some_lines)
        elif len(self._buffer) > MAX_LINE:
            self._say({"ok": False, "error": f"a line is longer than {MAX_LINE} bytes"})
            self._transport.close()
        else:
            self._transport.resume_reading()

    def _one_line(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            self._say({"id": None, "ok": False, "error": f"a line is longer than {MAX_LINE} bytes"})
            return
        try:
            self._answer(parse(line, self._desk.known))
        except RequestError as error:
            self._say({"id": request_id(line), "ok": False, "error": str(error)})

    def _answer(self, request: Request) -> None:
        if request.command is not None:
            self._command(request, request.command)
            return
        if request.board is not None:
            self._wait_for_one()
            reply = partial(self._done, request.id)
            self._desk.board(request.board, self._uid, reply, self.at_end)
            return
        if request.commissioned is not None:
            self._wait_for_one()
            reply = partial(self._done, request.id)
            self._desk.commissioned(request.commissioned, f"uid {self._uid}", reply)
            return
        if self._desk.bulletin.empty:
            raise RequestError("the station has not made its first scan yet; ask again")
        bulletin = self._desk.bulletin
        entry = bulletin.read(bulletin.after(request.run, request.after))
        self._write(f'{{"id":{json.dumps(request.id)},"ok":true,"state":{entry.text}}}')
        if request.op == "subscribe":
            self._every_s, self._seen_event = request.every_s, entry.last_event

    def _command(self, request: Request, command: Command) -> None:
        self._wait_for_one()
        face = f"{request.face}, " if request.face else ""
        reply = partial(self._done, request.id)
        self._desk.command(command, f"{face}uid {self._uid}", reply)

    def _wait_for_one(self) -> None:
        """One more answer is awaited. Raises RequestError where there are too many."""
        if self._waiting >= MAX_WAITING:
            raise RequestError(f"{MAX_WAITING} commands wait already; wait for their answers")
        self._waiting += 1

    def _done(self, key: object, reply: dict[str, object]) -> None:
        self._waiting -= 1
        self._say({"id": key, **reply})

    def _say(self, reply: dict[str, object]) -> None:
        self._write(json.dumps(reply))

    def _write(self, line: str) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(line.encode() + b"\n")
        if transport.get_write_buffer_size() > MAX_UNSENT:
            self._desk.note("a client at the socket does not read and is dropped", uid=self._uid)
            transport.abort()
