"""An outbox for an event loop: a thread of its own waits for the disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from headworks.faces.outbox import Cursor, Message, Outbox, Waiting

_T = TypeVar("_T")


class KeptOutbox:
    """The calls of an Outbox, awaited; `fresh` is set when something may have come."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.fresh = asyncio.Event()
        self.at: Cursor | None = None  # how far the station's events were taken, as last read
        self._confirmed: int | None = None  # taken by its receiver, and perhaps not off the disk
        self._thread = ThreadPoolExecutor(1, "outbox")

    async def begin(self) -> str:
        """Open the file; the name of one that could not be read and lies beside it now, or "".

        Raises OutboxError.
        """
        await self.do(self.outbox.waiting)
        return self.outbox.set_aside

    async def put(self, messages: list[Message], cursor: Cursor | None = None) -> None:
        """Keep messages. Raises OutboxError."""
        await self.do(lambda: self.outbox.put(messages, cursor))
        self.at = cursor or self.at
        self.fresh.set()

    async def first(self) -> Waiting | None:
        """The oldest message that waits. Raises OutboxError, also while one that was confirmed
        cannot be taken off the disk: it would be sent again and again."""
        if self._confirmed is not None:
            await self.done(self._confirmed)
        return await self.do(self.outbox.first)

    async def done(self, seq: int) -> None:
        """This one has been confirmed. Raises OutboxError."""
        self._confirmed = seq
        await self.do(lambda: self.outbox.done(seq))
        self._confirmed = None

    async def cursor(self) -> Cursor | None:
        """How far the station's events were taken. Raises OutboxError."""
        self.at = await self.do(self.outbox.cursor)
        return self.at

    async def do(self, work: Callable[[], _T]) -> _T:
        """Anything else with the outbox, in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self.do(self.outbox.close)
        self._thread.shutdown(wait=False)
