"""Which alarms a person has seen. The station journals an acknowledgement and forgets it."""

from collections.abc import Iterable

from headworks.faces.client import State
from headworks.model.live import Action


class Acks:
    """By alarm's source: who acknowledged it. A new alarm of that source asks again."""

    def __init__(self) -> None:
        self._by: dict[str, str] = {}

    def see(self, events: Iterable[State], alarms: Iterable[State]) -> None:
        """Take new events in their order, and the alarms that last."""
        for event in events:
            values = event.get("values", {})
            if event["kind"] == "alarm":
                self._by.pop(event["source"], None)
            elif event["kind"] == "command" and values.get("action") == Action.ACK:
                self._by[event["source"]] = str(values.get("actor", ""))
        lasting = {alarm["source"] for alarm in alarms}
        self._by = {source: who for source, who in self._by.items() if source in lasting}

    def of(self, source: str) -> str:
        """Who has seen it, or nobody: ""."""
        return self._by.get(source, "")
