"""The wire between the host and its boards: one port of the host, one or more boards behind it.

Copies bytes as they come, both ways; on a shared line every board hears the others too. Faults
of the wire are applied to what boards send.
"""

import asyncio
import os
import random
from collections.abc import Callable
from contextlib import suppress

from headworks.sim.faults.active import ActiveFaults
from headworks.sim.pty import LinkedPty

_CHUNK = 4096
_PERCENT = 100.0


class Line:
    """One serial address of the site. Raises ServeError from `open`."""

    def __init__(self, connect: str, faults: ActiveFaults, seed: int) -> None:
        self.connect = connect
        self._pty = LinkedPty(connect)
        self._master: int | None = None
        self._listeners: dict[str, Callable[[bytes], None]] = {}
        self._spoilers: dict[str, Spoiler] = {}
        self._faults = faults
        self._seed = seed

    def join(self, board: str, hears: Callable[[bytes], None]) -> None:
        """A board on this line; `hears` gets what others send."""
        self._listeners[board] = hears
        self._spoilers[board] = Spoiler(board, self._faults, self._seed + len(self._spoilers))

    def open(self) -> None:
        """Make the port, or make it anew under another name."""
        self._master = self._pty.open()
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._from_host)

    def unplug(self) -> None:
        """The host's port is gone until it is opened again."""
        if self._master is not None:
            asyncio.get_running_loop().remove_reader(self._master)
            self._master = None
        self._pty.hang_up()

    def close(self) -> None:
        """Gone for good."""
        self.unplug()
        self._pty.close()

    def send(self, board: str, data: bytes) -> None:
        """Bytes that a board sends; what the host does not take is lost, as on a wire."""
        data = self._spoilers[board].spoil(data)
        if self._master is not None and data:
            with suppress(BlockingIOError):
                os.write(self._master, data)
        for name, hears in self._listeners.items():
            if name != board:
                hears(data)

    def _from_host(self) -> None:
        if self._master is None:
            return
        with suppress(BlockingIOError):
            data = os.read(self._master, _CHUNK)
            for hears in self._listeners.values():
                hears(data)


class Spoiler:
    """Applies the faults of the wire to what one board sends, the same for the same seed."""

    def __init__(self, board: str, faults: ActiveFaults, seed: int) -> None:
        self._board = board
        self._faults = faults
        self._draw = random.Random(seed)
        self._at_start = True
        self._drops = False

    def spoil(self, data: bytes) -> bytes:
        """What reaches the wire."""
        if self._faults.get("board-mute", self._board):
            return b""
        lost = self._faults.get("board-lost-frames", self._board)
        if lost is not None:
            data = self._without(data, lost.value / _PERCENT)
        noise = self._faults.get("board-noise", self._board)
        return data if noise is None else self._garbled(data, noise.value / _PERCENT)

    def _without(self, data: bytes, share: float) -> bytes:
        """Without some lines, each dropped as a whole."""
        kept = b""
        for piece in data.splitlines(keepends=True):
            if self._at_start and piece.strip():
                self._drops = self._draw.random() < share
            kept += b"" if self._drops else piece
            self._at_start = piece.endswith(b"\n")
        return kept

    def _garbled(self, data: bytes, share: float) -> bytes:
        """With some bytes replaced by others."""
        draw = self._draw
        return bytes(draw.randrange(256) if draw.random() < share else byte for byte in data)
