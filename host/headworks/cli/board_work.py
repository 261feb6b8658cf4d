"""Work at a board that ends in order: whatever ends this program, no board stays at its prompt.

The work runs in a thread, which no signal cuts at a bad moment: it ends where it shows something,
and leads the board back first. Only a kill -9 or a pulled cable cuts deeper; what is then on the
board is old or new, and the same command goes on.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from headworks.flash.errors import FlashError
from headworks.flash.work import Show

INTERRUPTED = 130  # the exit code of whoever is ended by Ctrl-C
_ENDS = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl-C, a service manager, a closed window
_LED_BACK_S = 60.0  # more than a restart takes, with every try
T = TypeVar("T")


async def until_interrupted(job: Coroutine[Any, Any, int]) -> int:
    """The job's exit code. The first signal to end cancels it; more do not cut short what follows.

    A board stands at its prompt, and a person who is told so may well press Ctrl-C again.
    """
    task = asyncio.ensure_future(job)
    loop = asyncio.get_running_loop()
    seen: list[str] = []

    def end(name: str) -> None:
        if not seen:
            task.cancel()
        seen.append(name)

    for name in _ENDS if sys.platform != "win32" else ():
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wants it
            loop.add_signal_handler(number, end, name)
    try:
        return await task
    except asyncio.CancelledError:
        return INTERRUPTED


async def in_order(job: Callable[[Show], T], show: Show, interrupted: str) -> T:
    """What a job at a board gives. Where it is cancelled, it ends first, and that is said.

    Raises what the job raises, and CancelledError.
    """
    stop = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(job, _stoppable(show, stop)))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        with suppress(OSError):  # the window may be closed already
            show.say(interrupted)
        await _led_back(running)
        raise


async def _led_back(running: "asyncio.Future[T]") -> None:
    """Wait until the work has ended in order; a board that holds it up ends the program at once."""
    await asyncio.wait([running], timeout=_LED_BACK_S)
    if running.done():
        with suppress(FlashError):
            running.result()
        return
    print(
        "headworks board: the board does not answer; unplug it, plug it in, and run the same "
        "command again",
        file=sys.stderr,
        flush=True,
    )
    os._exit(INTERRUPTED)  # a thread that waits for a board would be waited for


def _stoppable(show: Show, stop: threading.Event) -> Show:
    """The same, but whoever shows something after a stop is interrupted."""

    def go_on() -> None:
        if stop.is_set():
            raise FlashError("interrupted; what is whole on the board runs again")

    def say(text: str) -> None:
        go_on()
        show.say(text)

    def progress(done: int, total: int) -> None:
        go_on()
        show.progress(done, total)

    return Show(say, progress)
