"""How often the same may be told of a source: a few times a minute, then how many more. Pure.

An ill board or a flickering input can say the same thousands of times a second; a log has an end.
"""

from dataclasses import dataclass

from headworks.model.plan import Event, Reason

MOST = 6  # of a kind and code of one source within WITHIN_S; one of them has the count [ours]
WITHIN_S = 60.0


@dataclass(slots=True)
class _Window:
    begun_s: float
    told: int = 0
    held: int = 0
    last: Event | None = None  # of those that were held back


class Telling:
    """Events on their way. What was held back comes as its last one, with `held_back` others."""

    def __init__(self) -> None:
        self._fresh: list[Event] = []
        self._windows: dict[tuple[str, str, str], _Window] = {}

    def tell(self, event: Event) -> None:
        """One more event."""
        self.look(event.t_s)
        key = (event.source, event.kind, event.reason.code.value)
        window = self._windows.setdefault(key, _Window(event.t_s))
        if window.told < MOST:
            window.told += 1
            self._fresh.append(event)
        else:
            window.held += 1
            window.last = event

    def look(self, t_s: float) -> None:
        """Time goes by: where a minute is over, tell what was held back."""
        for key, window in list(self._windows.items()):
            if t_s - window.begun_s < WITHIN_S:
                continue
            del self._windows[key]
            if window.last is not None:
                self._fresh.append(_counted(window.last, window.held - 1))
                self._windows[key] = _Window(t_s, told=1)

    def rest(self) -> list[Event]:
        """All that is left at an end, what was held back with its count."""
        held = [window for window in self._windows.values() if window.last is not None]
        self._windows.clear()
        return [*self.fresh(), *(_counted(w.last, w.held - 1) for w in held if w.last is not None)]

    def fresh(self) -> list[Event]:
        """What may be told since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh


def _counted(event: Event, others: int) -> Event:
    values = (*event.reason.values, ("held_back", float(others)))
    return event._replace(reason=Reason(event.reason.code, values))
