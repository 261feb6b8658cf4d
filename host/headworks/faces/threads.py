"""Blocking calls of an event loop that nobody waits for when the loop ends.

asyncio waits at its end for every call that it has given to a thread. A look-up of a name, or a
handshake with somebody who says nothing, would hold up a process that is told to end by so long.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class LooseThreads(ThreadPoolExecutor):
    """A thread for each call; it ends with the process, whatever it waits for."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> "Future[Any]":
        """Begin at once."""
        found: Future[Any] = Future()

        def run() -> None:
            if not found.set_running_or_notify_cancel():
                return
            try:
                result = work(*args, **more)
            except BaseException as error:  # noqa: BLE001 — handed on to who waits
                found.set_exception(error)
            else:
                found.set_result(result)

        threading.Thread(target=run, name="loose", daemon=True).start()
        return found
