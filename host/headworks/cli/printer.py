"""Writes to a terminal or pipe from a thread, so that a slow reader never holds up the demo.

Says when the reader is gone. Drops the oldest when the reader lags; a live view keeps only the
newest. Formats nothing.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Printer(Generic[T]):
    """Hands items to `write` in order, one at a time. `gone` is called once, from the thread."""

    def __init__(self, write: Callable[[T], None], gone: Callable[[], None], keep: int) -> None:
        self._write = write
        self._gone = gone
        self._items: deque[T] = deque(maxlen=keep)
        self._ready = threading.Condition()
        self._closing = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="printer", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Add an item; never waits."""
        with self._ready:
            self.dropped += len(self._items) == self._items.maxlen
            self._items.append(item)
            self._ready.notify()

    def close(self, within_s: float = 2.0) -> bool:
        """Write what is left, within this time; whether all was written."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _next(self) -> list[T]:
        """The next item; none when all is written and nothing more will come."""
        with self._ready:
            self._ready.wait_for(lambda: self._items or self._closing)
            return [self._items.popleft()] if self._items else []

    def _work(self) -> None:
        try:
            while found := self._next():
                self._write(found[0])
        except (OSError, ValueError):  # the pipe or terminal is gone, or already closed
            self._gone()
