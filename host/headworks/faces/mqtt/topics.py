"""The station's state as topics: for each its payload, and what of it is told at once.

Pure. Every topic here is retained: whoever subscribes gets the newest. Figures may wait a
while; what is no figure, such as a rack's state, does not.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from headworks.faces.lines import why
from headworks.model.text import clean

State = Mapping[str, Any]
Json = dict[str, Any]
BRIDGE, STATION, HEALTH = "bridge", "station", "health"
EVENT, ANSWER, COMMAND = "event", "answer", "command"
ONLINE, OFFLINE = "online", "offline"


class Topic(NamedTuple):
    """A payload, and the part of it that does not wait."""

    payload: str
    urgent: object


def topics(state: State) -> dict[str, Topic]:
    """Every retained topic below the prefix."""
    found = {"state": _site(state), "alarms": _alarms(state)}
    for feeder in state["feeders"]:
        keys = ("power_kw", "rating_kw", "quality", "parent")
        found[f"feeder/{feeder['name']}"] = _some(feeder, keys, ("quality",))
    for meter in state["meters"]:
        keys = ("power_kw", "frequency_hz", "quality", "cause")
        found[f"meter/{meter['name']}"] = _some(meter, keys, ("quality",))
    for rack in state["racks"]:
        found[f"rack/{rack['name']}"] = _rack(rack)
    for board in state["boards"]:
        found[f"board/{board['name']}"] = _board(board)
    return found


def _topic(payload: Json, urgent: object) -> Topic:
    return Topic(json.dumps(payload, separators=(",", ":")), urgent)


def _some(item: State, keys: Iterable[str], urgent: Iterable[str]) -> Topic:
    return _topic({key: item[key] for key in keys}, [item[key] for key in urgent])


def _site(state: State) -> Topic:
    envelope = state["envelope"]
    binding, racks = envelope["binding"], state["racks"]
    steady: Json = {
        "site": clean(state["site"]["name"]),
        "version": state["version"],
        "healthy": state["healthy"],
        "upstream_trip": state["upstream_trip"],
        "limit": clean(binding["source"] or binding["code"]),
        "limit_code": binding["code"],
        "racks": len(racks),
        "racks_on": sum(1 for rack in racks if rack["on"]),
        "alarms": len(state["alarms"]),
    }
    figures = {
        "time": state["time"],
        "envelope_kw": envelope["kw"],
        "drawn_kw": state["drawn_kw"],
        "planned_kw": state["planned_kw"],
        "surplus_kw": state["surplus_kw"],
        "why": why(binding, clean(binding["source"])),
    }
    return _topic(steady | figures, steady)


def _alarms(state: State) -> Topic:
    lasting = [
        {
            "source": clean(alarm["source"]),
            "severity": alarm["severity"],
            "code": alarm["code"],
            "text": why(alarm, clean(alarm["source"])),
        }
        for alarm in state["alarms"]
    ]
    urgent = [(alarm["source"], alarm["severity"], alarm["code"]) for alarm in lasting]
    return _topic({"alarms": lasting}, urgent)


_RACK = ("state", "on", "kind", "feeder", "rated_kw", "code", "starts_today", "off_by", "latched")


def _rack(rack: State) -> Topic:
    steady: Json = {key: rack[key] for key in _RACK}
    steady |= {"locked_by": clean(rack["locked_by"] or ""), "note": clean(rack["note"] or "")}
    figures = {"power_kw": rack["power_kw"], "claim_kw": rack["claim_kw"]}
    return _topic(steady | figures | {"why": why(rack, clean(rack["name"]))}, steady)


def _board(board: State) -> Topic:
    """A value that is not good is null: what is unknown is never a figure."""
    values = {
        name: channel["value"] if channel["quality"] == "good" else None
        for name, channel in board["channels"].items()
    }
    steady: Json = {"state": board["state"], "cause": clean(board["cause"] or "")}
    contacts = {name: value for name, value in values.items() if isinstance(value, bool)}
    return _topic(steady | {"channels": values}, (board["state"], contacts))


class Due:
    """Which topics are to be sent: what changed, figures no more often than `every_s`."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._sent: dict[str, tuple[float, Topic]] = {}

    def choose(self, now_s: float, now: Mapping[str, Topic]) -> dict[str, str]:
        """Payloads by topic; these count as sent."""
        found = {}
        for name, topic in now.items():
            sent_s, sent = self._sent.get(name, (float("-inf"), None))
            if sent is None or (
                topic.payload != sent.payload
                and (topic.urgent != sent.urgent or now_s - sent_s >= self._every_s)
            ):
                self._sent[name] = now_s, topic
                found[name] = topic.payload
        return found

    def forget(self) -> None:
        """Send everything again: the broker may have lost it."""
        self._sent.clear()
