"""`watch`: news as they come and now and then how things stand, until a key is pressed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from headworks.faces.client import StationClient
from headworks.faces.console.teletype import Teletype
from headworks.faces.lines import happenings, overview

EVERY_S = 1.0  # between two looks for news
OVERVIEW_S = 10.0  # between two lines of how things stand
_CLOCK = slice(11, 19)  # the time of day in the station's time


async def watch(teletype: Teletype, socket: Path | None, look: Callable[[], None]) -> None:
    """Ends at any key, or with the connection. `look` is called now and then.

    Raises StationError, HungUpError.
    """
    teletype.say("any key ends")
    showing = asyncio.ensure_future(_show(teletype, socket))
    try:
        while not showing.done():
            if await teletype.heard(EVERY_S):
                await teletype.taken()
                return
            look()
        showing.result()
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _show(teletype: Teletype, socket: Path | None) -> None:
    next_s = 0.0
    async with StationClient(socket) as client:
        async for state in client.subscribe(EVERY_S):
            clock = (state["time"] or "")[_CLOCK]
            if next_s:
                teletype.say(*happenings(state, clock))
            if state["t_s"] >= next_s:
                next_s = state["t_s"] + OVERVIEW_S
                teletype.say(overview(state, clock))
