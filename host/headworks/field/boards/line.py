"""A line with one board on USB: what comes is for it, what it is told goes out at once.

An error in the handling of a board is told and makes that board unknown; it never goes further.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from headworks.field.boards.port import Port
from headworks.field.boards.session import Session
from headworks.field.boards.view import BoardState
from headworks_fw.wire import Bad, Frame, Reader, Text, WireError, encode

log = logging.getLogger("headworks.boards")
TICK_S = 0.25
AGAIN_S = 5.0  # after an error in its handling a board is asked anew [ours]
Item = Frame | Text | Bad


class Line:
    """One port with its sessions. `changed` is called after each piece of work."""

    def __init__(
        self, connect: str, baud: int, sessions: Sequence[Session], changed: Callable[[], None]
    ) -> None:
        self.sessions = sessions
        self._changed = changed
        self._connect, self._baud = connect, baud
        self._port: Port | None = None
        self._reader = Reader()
        self._is_open = False
        self._again_s: dict[Session, float] = {}  # those whose handling failed, until then
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Open the port and begin to ask."""
        self._port = Port(
            self._connect,
            self._baud,
            opened=self._opened,
            closed=self._closed,
            received=self._received,
        )
        self._port.start()
        self._tick()

    async def stop(self) -> None:
        """Close the port; every board of it is unknown from now on."""
        if self._timer is not None:
            self._timer.cancel()
        self._shut()
        port, self._port = self._port, None
        if port is not None:
            await port.stop()

    async def lend(self, cause: str) -> str:
        """Give the port away and say where it is."""
        where = self._port.where() if self._port is not None else ""
        await self.stop()
        for session in self.sessions:
            session.closed(time.monotonic(), cause, BoardState.LENT)
        self._changed()
        return where

    @property
    def is_lent(self) -> bool:
        """Whether its port is given away."""
        return self._port is None

    def send(self, session: Session, kind: str, fields: dict[str, Any]) -> None:
        """A frame for a board."""
        data = self.framed(session, kind, fields)
        if data:
            self.write(data)

    def framed(self, session: Session, kind: str, fields: dict[str, Any]) -> bytes:
        """A frame's bytes; none where it does not fit, which is told."""
        try:
            return encode(kind, fields, session.spec.address)
        except WireError as error:
            log.warning("%s: a frame was not sent: %s", session.spec.name, error)
            return b""

    def write(self, data: bytes) -> None:
        """Bytes for the line."""
        if self._port is not None:
            self._port.send(data)

    def take(self, items: list[Item], t_s: float) -> None:
        """What the line has given."""
        for session in self.sessions:
            self.guarded(session, partial(session.received, items, t_s))

    def tick(self, t_s: float) -> None:
        """Time goes by."""
        for session in [one for one, again_s in self._again_s.items() if t_s >= again_s]:
            del self._again_s[session]
            self.guarded(session, partial(session.opened, t_s, session.port))
        for session in self.sessions:
            self.guarded(session, partial(session.tick, t_s))

    def guarded(self, session: Session, work: Callable[[], None]) -> None:
        """Do something with a board; whatever goes wrong stays with that board."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a board must never reach a scan
            if session not in self._again_s:
                log.error("%s: error in its handling: %r", session.spec.name, error)
            t_s = time.monotonic()
            session.closed(t_s, f"an error of this program: {error!r}")
            if self._is_open:
                self._again_s[session] = t_s + AGAIN_S

    def _opened(self, where: str) -> None:
        self._reader, self._is_open = Reader(), True
        t_s = time.monotonic()
        for session in self.sessions:
            self.guarded(session, partial(session.opened, t_s, where))
        self._changed()

    def _closed(self, cause: str) -> None:
        self._shut()
        for session in self.sessions:
            session.closed(time.monotonic(), cause)
        self._changed()

    def _shut(self) -> None:
        self._is_open = False
        self._again_s.clear()

    def _received(self, data: bytes) -> None:
        items = self._reader.feed(data)
        if items:
            self.take(items, time.monotonic())
            self._changed()

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self.tick(time.monotonic())
        self._changed()
