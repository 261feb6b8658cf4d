"""When a person may be told that something is done: once it is on disk, or that it is not."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future

from headworks.record.database import StorageError
from headworks.station.socket import Reply

Kept = Future[None]


async def warnings(saved: Kept | None, journalled: Iterable[Kept | None]) -> dict[str, str]:
    """Wait for the disk; what to add to "ok" where it refuses the memory or the journal."""
    told = {}
    for future, text in (
        (saved, "a restart will forget it"),
        *((one, "it is not in the journal yet") for one in journalled),
    ):
        try:
            if future is not None:
                await asyncio.wrap_future(future)
        except StorageError as error:
            told[text] = str(error)
    texts = [f"{text}: {error}" for text, error in told.items()]
    return {"warning": f"done, but {'; '.join(texts)}"} if texts else {}


async def answer(reply: Reply, journalled: Kept) -> None:
    """Reply that it is done, once it is in the journal."""
    reply({"ok": True, **await warnings(None, [journalled])})
