"""The latest state as text for the socket, encoded once however many read it.

Nothing is encoded unless somebody asks, so an unwatched station spends no time on it.
"""

import json
import secrets
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
        self.run = secrets.token_hex(4)  # numbers of events are of this run

    @property
    def empty(self) -> bool:
        """No scan has been made yet."""
        return self._make is None

    def post(self, make: Callable[[], dict[str, Any]], events: Iterable[Event]) -> None:
        """A new state, made when it is first asked for, and the events since the last."""
        self._make, self._base = make, None
        for event in events:
            self.last_event += 1
            self._events.append(
                (self.last_event, json.dumps({"n": self.last_event, **event_view(event)}))
            )

    def read(self, after: int | None) -> Entry:
        """The state with the events after number `after`, or with the last few if None."""
        after = self.last_event - _SHOWN if after is None else after
        events = ",".join(text for number, text in self._events if number > after)
        about = f'"run":"{self.run}","last_event":{self.last_event}'
        return Entry(f'{self._encoded()[:-1]},{about},"events":[{events}]}}', self.last_event)

    def after(self, run: str | None, number: int) -> int | None:
        """From where a reader goes on that has seen event `number` of a run; None = the usual.

        Of another run it gets all that are kept.
        """
        return None if run is None else number if run == self.run else 0

    def _encoded(self) -> str:
        if self._base is None:
            made = {} if self._make is None else self._make()
            self._base = json.dumps(made, allow_nan=False, separators=(",", ":"))
        return self._base
