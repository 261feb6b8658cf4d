"""Follows a station over its restarts and one's own: every event once, from where one was.

What was taken is said by whoever keeps it (`cursor`); where that fails, the same events come
again. Events that the station no longer keeps (more than 500 ago, or of a run that ended while
nobody listened) do not come; how many of this run is counted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from headworks.faces.client import State, StationClient, StationError
from headworks.faces.outbox import Cursor, OutboxError

AGAIN_S = 1.0  # between two tries to reach the station
SILENT_S = 10.0  # a station that is there but says nothing for so long hangs


class Taker(Protocol):
    """Who takes what the station says."""

    async def cursor(self) -> Cursor | None:
        """Up to where events were taken; None before the first. Raises OutboxError."""

    async def take(self, state: State, missed: int) -> None:
        """A state with its new events, and how many before them are lost. Raises OutboxError."""

    async def lose(self, cause: str) -> None:
        """The station is not there, or what it says cannot be kept."""


async def follow(
    socket: Path | None,
    taker: Taker,
    every_s: float,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Until it is cancelled."""
    while True:
        try:
            await _follow(socket, taker, every_s)
        except TimeoutError:
            await taker.lose(f"the station is there but has said nothing for {SILENT_S:.0f} s")
        except (StationError, OutboxError, ValueError, KeyError) as error:
            await taker.lose(str(error))
        await pause(AGAIN_S)


async def _follow(socket: Path | None, taker: Taker, every_s: float) -> None:
    cursor = await taker.cursor()
    known = {} if cursor is None else {"run": cursor.run, "after": cursor.n}
    async with StationClient(socket) as client:
        states = client.subscribe(every_s, **known)  # type: ignore[arg-type]
        first = True
        while True:
            async with asyncio.timeout(max(SILENT_S, 3 * every_s)):
                state = await anext(states)
            await taker.take(state, _missed(state, cursor) if first else 0)
            first = False


def _missed(state: State, cursor: Cursor | None) -> int:
    """Events of this run between those that were taken and the first that came."""
    if cursor is None:
        return 0
    known = cursor.n if cursor.run == state["run"] else 0
    oldest = state["events"][0]["n"] if state["events"] else int(state["last_event"]) + 1
    return max(0, int(oldest) - known - 1)
