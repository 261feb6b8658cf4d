"""The latest state as text for the socket, encoded once however many read it.

Nothing is encoded unless somebody asks, so an unwatched station spends no time on it.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from headworks.model.plan import Event
from headworks.station.state import event_view

_KEPT = 500  # events that a reader may fall behind
_SHOWN = 20  # events in the reply to a single question


class Entry(NamedTuple):
    """A state as JSON text, and the number of the last event in it."""

    text: str
    last_event: int


class Bulletin:
    """Holds how to make the state, and the last events."""

    def __init__(self) -> None:
        self._make: Callable[[], dict[str, Any]] | None = None
        self._base: str | None = None
        self._events: deque[tuple[int, str]] = deque(maxlen=_KEPT)
        self.last_event = 0

    @property
    def empty(self) -> bool:
        """No scan has been made yet."""
        return self._make is None

    def post(self, make: Callable[[], dict[str, Any]], events: Iterable[Event]) -> None:
        """A new state, made when it is first asked for, and the events since the last."""
        self._make, self._base = make, None
        for event in events:
            self.last_event += 1
            self._events.append((self.last_event, json.dumps(event_view(event))))

    def read(self, after: int | None) -> Entry:
        """The state with the events after number `after`, or with the last few if None."""
        after = self.last_event - _SHOWN if after is None else after
        events = ",".join(text for number, text in self._events if number > after)
        return Entry(f'{self._encoded()[:-1]},"events":[{events}]}}', self.last_event)

    def _encoded(self) -> str:
        if self._base is None:
            made = {} if self._make is None else self._make()
            self._base = json.dumps(made, allow_nan=False, separators=(",", ":"))
        return self._base
