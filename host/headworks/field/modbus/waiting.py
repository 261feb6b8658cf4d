"""What a link keeps between turns of the event loop: requests that wait, and timers."""

import asyncio
from collections import deque
from collections.abc import Callable

from headworks.field.modbus.pending import Pending


class Waiting:
    """Requests that wait their turn: offs, then other urgent ones, then the usual ones.

    Each kind in its own order.
    """

    def __init__(self) -> None:
        self._offs: deque[Pending] = deque()
        self._urgent: deque[Pending] = deque()
        self._usual: deque[Pending] = deque()

    def __bool__(self) -> bool:
        return bool(self._offs or self._urgent or self._usual)

    def add(self, pending: Pending, urgent: bool, off: bool = False) -> None:
        """To the end of its kind."""
        (self._offs if off else self._urgent if urgent else self._usual).append(pending)

    def put_back(self, pending: Pending) -> None:
        """To the front of the usual ones."""
        self._usual.appendleft(pending)

    def head(self) -> Pending:
        """The next one, left where it is."""
        return (self._offs or self._urgent or self._usual)[0]

    def take(self) -> Pending:
        """The next one."""
        return (self._offs or self._urgent or self._usual).popleft()

    def drain(self) -> list[Pending]:
        """All, and none is left."""
        every = [*self._offs, *self._urgent, *self._usual]
        self._offs.clear()
        self._urgent.clear()
        self._usual.clear()
        return every


class Timer:
    """Calls `act` at the earliest time it was set to. Setting it again costs nothing while an
    earlier time stands, so a deadline for every request needs no timer of its own."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._handle: asyncio.TimerHandle | None = None

    def at(self, when_s: float) -> None:
        """At this monotonic time at the latest."""
        if self._handle is not None:
            if self._handle.when() <= when_s:
                return
            self._handle.cancel()
        self._handle = asyncio.get_running_loop().call_at(when_s, self._fire)

    def cancel(self) -> None:
        """Not at all."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self._handle = None
        self._act()
