"""Which alarms are told, from the events of a station. Pure but for what it remembers.

At a start of the station much "has not been heard yet" for a moment. Such an alarm is told only
if it lasts; any other at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from headworks.faces.lines import START_S, unheard
from headworks.faces.told import BEGIN, END, Severities, severities, told
from headworks.model.plan import Severity

State = Mapping[str, Any]
Json = dict[str, Any]
_ORDER = (Severity.INFO, Severity.WARNING, Severity.ALARM)
_RANK = {word.value: rank for rank, word in enumerate(_ORDER)}


class Found(NamedTuple):
    """What is to be told, and whether all events up to the last are settled."""

    tell: list[Json]
    settled: bool


class Alarms:
    """Follows one station. `least` is the least severity, `ends` whether ends are told."""

    def __init__(self, least: str, *, ends: bool) -> None:
        self._least, self._ends = _RANK[least], ends
        self._before: Severities = {}
        self._held: list[Json] = []  # events of a start that may pass by themselves

    def look(self, state: State) -> Found:
        """A state with its new events."""
        starting = state["uptime_s"] < START_S
        fresh = [event for event in state["events"] if event["kind"] in (BEGIN, END)]
        early = [event for event in fresh if _early(state, event)]
        self._held += [{**event, "run": state["run"]} for event in early]
        now = [event for event in fresh if event not in early]
        if not starting:
            now = [*self._lasting(state), *now]
            self._held = []
        return Found(self._told(state, now), settled=not starting)

    def all(self, state: State) -> list[Json]:
        """The alarms that last now, for somebody who has just begun to listen."""
        self._held = []
        numbered = [
            {**alarm, "n": f"lasts-{alarm['source']}-{alarm['code']}", "kind": BEGIN,
             "t_s": state["t_s"]}
            for alarm in state["alarms"]
        ]  # fmt: skip
        return self._told(state, numbered)

    def _lasting(self, state: State) -> list[Json]:
        """Held beginnings whose alarm is still there."""
        there = {(alarm["source"], alarm["code"]) for alarm in state["alarms"]}
        begun = {
            (event["source"], event["code"]): event
            for event in self._held
            if event["kind"] == BEGIN and event["run"] == state["run"]
        }
        return [event for key, event in begun.items() if key in there]

    def _told(self, state: State, events: Iterable[State]) -> list[Json]:
        found = [told(state, event, self._before) for event in events]
        self._before = severities(state)
        wanted = [one for one in found if one["kind"] == BEGIN or self._ends]
        return [one for one in wanted if _RANK.get(one["severity"], 9) >= self._least]


def _early(state: State, event: State) -> bool:
    """An event of the first seconds that says only that something has not spoken yet."""
    age_s = state["uptime_s"] - (state["t_s"] - event["t_s"])
    return age_s < START_S and unheard(event)
