"""An event or a lasting alarm as others are told of it: figures, and one sentence. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from headworks.faces.languages.files import language
from headworks.faces.words import sentence
from headworks.model.text import clean

State = Mapping[str, Any]
Severities = Mapping[tuple[str, str], str]
NOTHING: Severities = MappingProxyType({})
BEGIN, END = "alarm", "alarm-end"  # kinds of events that are about alarms


def key_of(state: State, event: State) -> str:
    """An event's key: the same whenever it is told, and no other event has it."""
    return f"{state['run']}-{event['n']}"


def told(state: State, event: State, before: Severities = NOTHING) -> dict[str, Any]:
    """An event for programs. Of an alarm also how grave it is and what to do.

    `before`: severities of the state before, since an alarm that is over is not in this one.
    """
    source, code = clean(str(event["source"])), str(event["code"])
    found = {
        "key": key_of(state, event),
        "time": when(state, event["t_s"]),
        "site": clean(str(state["site"]["name"])),
        "kind": event["kind"],
        "source": source,
        "code": code,
        "values": event.get("values", {}),
        "text": sentence(code, event.get("values", {}), source),
        "note": clean(str(event.get("note", ""))),
    }
    if event["kind"] not in (BEGIN, END):
        return found
    if event["kind"] == END:  # its sentence is the one with which it began
        found["text"] = f"Over; it was: {found['text']}"
    return found | grave(state, event, before)


def severities(state: State) -> Severities:
    """How grave each alarm is that lasts, by source and code."""
    return {(one["source"], one["code"]): one["severity"] for one in state["alarms"]}


def grave(state: State, event: State, before: Severities) -> dict[str, str]:
    """Severity and what to do, nothing at an end. In neither state counts as the gravest."""
    known = {**before, **severities(state)}
    todo = language("en").todo
    return {
        "severity": known.get((event["source"], event["code"]), "alarm"),
        "todo": "" if event["kind"] == END else todo.get(event["code"], todo["other"]),
    }


def when(state: State, t_s: float) -> str | None:
    """The time of day of something, as the station's clock has it; None while that is not set."""
    if state["time"] is None:
        return None
    now = datetime.fromisoformat(state["time"])
    return (now - timedelta(seconds=state["t_s"] - t_s)).isoformat(timespec="seconds")
