"""The station's state as the page shows it: the same figures, with a sentence for every reason.

Pure. Text from the site file is made visible where it cannot be printed; the page escapes it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from headworks.faces.languages.files import Language
from headworks.faces.lines import START_S, unheard
from headworks.faces.sentences import LIMITS
from headworks.faces.web.acks import Acks
from headworks.faces.words import sentence, state_word
from headworks.model.text import clean

Json = dict[str, Any]
State = Mapping[str, Any]
RECENT = 30  # events on the page
_GRAVE = ("alarm", "warning", "info")


def picture(
    state: State | None,
    *,
    cause: str,
    age_s: float | None,
    language: Language,
    events: Iterable[State] = (),
    acks: Acks | None = None,
) -> Json:
    """Everything for the first screen and those behind it.

    `link` is live, gone or never; `age_s` counts back from when this was made.
    """
    link = "live" if state is not None and not cause else "gone" if state is not None else "never"
    head = {"link": link, "cause": cause, "age_s": age_s}
    if state is None:
        return head
    state, events = _visible(state), _visible([*events])
    return {
        **head,
        **{key: state[key] for key in _AS_IT_IS},
        "starting": state["uptime_s"] < START_S,
        "rated_kw": sum(rack["rated_kw"] for rack in state["racks"]),
        "envelope": _envelope(state["envelope"], language),
        "feeders": [_feeder(feeder, language) for feeder in state["feeders"]],
        "racks": [_rack(rack, language) for rack in state["racks"]],
        "alarms": _alarms(state["alarms"], language, acks or Acks()),
        "boards": [_board(board, language) for board in state["boards"]],
        "meters": [_source(meter, language) for meter in state["meters"]],
        "signals": [_source(signal, language) for signal in state["signals"]],
        "events": _events(state, events, language),
        "interlocks": state.get("interlocks", []),
    }


_AS_IT_IS = (
    *("seq", "time", "version", "uptime_s", "site", "healthy", "upstream_trip", "scan"),
    *("drawn_kw", "planned_kw", "surplus_kw"),
)


def _visible(value: Any) -> Any:
    """The same with every text and key made safe to show; done before there are sentences."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _visible(one) for key, one in value.items()}
    return [_visible(one) for one in value] if isinstance(value, list) else value


def _why(item: State, language: Language) -> str:
    subject = str(item.get("source") or item.get("name") or "")
    return sentence(item["code"], item.get("values", {}), subject, language.tongue)


def _envelope(envelope: State, language: Language) -> Json:
    binding = envelope["binding"]
    return {
        "kw": envelope["kw"],
        "source": binding["source"] or binding["code"],
        "source_word": _limit_word(binding, language),
        "code": binding["code"],
        "why": _why(binding, language),
        "feeder_kw": envelope["feeder_kw"],
        "limits": [
            {
                "source": limit["source"],
                "source_word": _limit_word(limit, language),
                "scope": limit["scope"],
                "kw": limit["kw"],
                "why": _why(limit, language),
                "binds": limit == binding,
            }
            for limit in envelope["limits"]
        ],
    }


def _limit_word(limit: State, language: Language) -> str:
    """A limit's name as the site file has it; a usual one, `surplus` from `init`, is a word."""
    source, usual = str(limit["source"]), LIMITS.get(limit["code"], "")
    word = language.tongue.limits.get(limit["code"], str(limit["code"]))
    if source and source != usual.removeprefix("the "):
        return source
    return word.removeprefix("the ") if source else word


def _feeder(feeder: State, language: Language) -> Json:
    word = language.tongue.qualities.get(feeder["quality"], feeder["quality"])
    return {**feeder, "quality_word": word}


def _rack(rack: State, language: Language) -> Json:
    return {
        **{key: value for key, value in rack.items() if key != "values"},
        "state_word": state_word(rack["state"], language.tongue),
        "why": _why(rack, language),
    }


def _alarms(alarms: Iterable[State], language: Language, acks: Acks) -> list[Json]:
    shown = [
        {
            "source": alarm["source"],
            "severity": alarm["severity"] if alarm["severity"] in _GRAVE else _GRAVE[0],
            "code": alarm["code"],
            "cause": _why(alarm, language),
            "todo": language.todo.get(alarm["code"], language.todo["other"]),
            "acked_by": acks.of(alarm["source"]),
        }
        for alarm in alarms
    ]
    return sorted(shown, key=_urgency)


def _urgency(alarm: Json) -> tuple[bool, int]:
    """What nobody has seen yet comes first, then the gravest."""
    return bool(alarm["acked_by"]), _GRAVE.index(alarm["severity"])


def _board(board: State, language: Language) -> Json:
    return {
        **{key: value for key, value in board.items() if key != "console"},
        "state_word": language.boards.get(board["state"], board["state"]),
        "cause": language.tongue.answered(board["cause"]),
    }


def _source(item: State, language: Language) -> Json:
    word = language.tongue.qualities.get(item["quality"], item["quality"])
    return {**item, "quality_word": word}


def _events(state: State, events: Iterable[State], language: Language) -> list[Json]:
    """The newest first, each with its age; those in a row that say the same share one.

    At a start, that something has not spoken yet is no news.
    """
    found: list[Json] = []
    for event in events:
        ago_s = round(state["t_s"] - event["t_s"], 1)
        if state["uptime_s"] - ago_s < START_S and unheard(event):
            continue
        row = {
            "ago_s": ago_s,
            "kind": event["kind"],
            "text": _why(event, language),
            "note": event.get("note", ""),
        }
        last = found[-1] if found else {}
        if {**last, "source": "", "ago_s": 0.0} == {**row, "source": "", "ago_s": 0.0}:
            names = last["source"].split(", ")
            last["source"] = ", ".join(dict.fromkeys([*names, event["source"]]))
        else:
            found.append({**row, "source": event["source"]})
    return found[::-1][:RECENT]
