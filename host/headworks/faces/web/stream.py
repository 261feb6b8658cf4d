"""Server-sent events: every new picture, and a sign of life where there is none."""

import asyncio
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from headworks.faces.web.gate import address_of
from headworks.faces.web.page import Page

MOST = 64  # streams at once; whoever comes later polls
QUIET_S = 3.0  # without news the age of the picture is told anyway
SLOW_S = 10.0  # a client that takes nothing for so long is dropped


class EventStream(Response):
    """The stream of one client. `draw` makes the picture as JSON; it ends where not `may`."""

    media_type = "text/event-stream"

    def __init__(
        self, page: Page, draw: Callable[[], bytes], may: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._page = page
        self._draw = draw
        self._may = may

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client goes, or takes nothing any more."""
        with self._page.stream_shares.place(address_of(scope)):
            await self._serve(receive, send)

    async def _serve(self, receive: Receive, send: Send) -> None:
        self._page.streams += 1
        sending = asyncio.ensure_future(self._send(send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._page.streams -= 1
            for task in (sending, gone):
                task.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        feed, version = self._page.feed, -1
        while True:
            await feed.newer(version, QUIET_S)
            if not self._may():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            version = feed.version
            body = b"data: " + self._draw() + b"\n\n"
            async with asyncio.timeout(SLOW_S):
                await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    """Wait until the client hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass
