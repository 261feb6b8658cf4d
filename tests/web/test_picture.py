"""What the page is given: sentences in every language, labels made harmless, ages."""

import json
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from headworks.faces.languages.files import languages
from headworks.faces.tongue import ENGLISH, Tongue
from headworks.faces.web.acks import Acks
from headworks.faces.web.picture import picture
from headworks.faces.words import sentence
from headworks.model.plan import ReasonCode
from web.places import STATE

TABLES = [field for field in Tongue._fields if field not in ("flows", "isolate", "answers")]
HOST = Path(__file__).parents[2] / "host/headworks"
OTHERS = [code for code in languages() if code != "en"]


def _fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def draw(state: Any = STATE, language: str = "en", **more: Any) -> dict[str, Any]:
    return picture(state, cause="", age_s=0.1, language=languages()[language], **more)


def test_urdu_is_there() -> None:
    """English comes first; Urdu runs from right to left."""
    assert [*languages()][:1] == ["en"]
    assert languages()["ur"].direction == "rtl"


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_word_and_every_figure(code: str) -> None:
    """The same keys as English in every table, and the same figures in every form."""
    first, other = languages()["en"], languages()[code]
    for name in ("texts", "todo", "boards", "refusals"):
        ours, theirs = getattr(first, name), getattr(other, name)
        assert ours.keys() == theirs.keys()
        assert {k: _fields(v) for k, v in ours.items()} == {
            k: _fields(v) for k, v in theirs.items()
        }
    for table in TABLES:
        assert getattr(ENGLISH, table).keys() == getattr(other.tongue, table).keys(), table
    for key, forms in ENGLISH.forms.items():
        assert [_fields(f) for f in forms] == [_fields(f) for f in other.tongue.forms[key]], key


@pytest.mark.parametrize("code", OTHERS)
def test_figures_stay_left_to_right(code: str) -> None:
    """A figure with its unit is isolated inside a sentence from right to left."""
    values = {"have_kw": 12.0, "need_kw": 41.0}
    text = sentence(ReasonCode.NO_SURPLUS, values, "a1", languages()[code].tongue)
    assert "\u206812 kW\u2069" in text
    assert "\u206841 kW\u2069" in text


def test_every_rack_has_state_power_and_a_sentence() -> None:
    """The first screen lacks nothing, and every alarm says what to do."""
    drawn = draw()
    assert len(drawn["racks"]) == 12
    assert all(rack["why"].endswith(".") and rack["state_word"] for rack in drawn["racks"])
    assert all(rack["feeder"] in ("row-a", "row-b") for rack in drawn["racks"])
    assert drawn["envelope"]["why"].startswith("Exporting")
    assert [limit["source"] for limit in drawn["envelope"]["limits"] if limit["binds"]] == [
        "surplus"
    ]


def test_a_limit_with_the_usual_name_is_a_word_of_the_language() -> None:
    """`surplus`, as the set-up writes it, and what has no name; another name is the site's own."""
    state = json.loads(json.dumps(STATE))
    binding = state["envelope"]["binding"]
    words = {language: draw(state, language)["envelope"]["source_word"] for language in languages()}
    assert words["en"] == "surplus"
    assert "surplus" not in words["ur"]
    binding |= {"source": "", "code": "no-signal"}
    assert draw(state, "ur")["envelope"]["source_word"].isascii() is False
    binding |= {"source": "roof", "code": "export"}
    assert draw(state, "ur")["envelope"]["source_word"] == "roof"


def test_labels_are_shown_and_steer_nothing() -> None:
    """Escapes and direction marks in names, notes and causes are made visible."""
    evil = "\x1b[31m\u202e<img src=x onerror=alert(1)>"
    racks = [{**STATE["racks"][0], "note": evil, "locked_by": evil}]
    boards = [{**STATE["boards"][0], "cause": evil, "name": evil}]
    alarm = {"source": evil, "severity": evil, "code": evil, "values": {"cause": evil}}
    event = {"t_s": 0.0, "source": evil, "kind": "alarm", "code": evil, "values": {}, "note": evil}
    state = {**STATE, "racks": racks, "boards": boards, "alarms": [alarm]}
    drawn = draw(state, events=[event])
    shown = json.dumps(drawn, ensure_ascii=False)
    assert "\\u001b" not in shown
    assert "\u202e" not in shown
    assert "\\\\x1b[31m" in shown
    assert drawn["alarms"][0]["severity"] == "alarm"


def test_a_station_that_never_came_is_no_picture() -> None:
    """Nothing is shown as known before the first state, or after the last."""
    never = picture(None, cause="not there", age_s=None, language=languages()["en"])
    assert never == {"link": "never", "cause": "not there", "age_s": None}
    gone = picture(STATE, cause="gone", age_s=7.0, language=languages()["en"])
    assert (gone["link"], gone["age_s"]) == ("gone", 7.0)


def test_an_acknowledged_alarm_names_who_and_a_new_one_asks_again() -> None:
    """Seen stays seen while it lasts, and sinks below what nobody has seen."""
    acks = Acks()
    alarms = [
        {"source": s, "severity": "alarm", "code": "unknown", "values": {}} for s in ("m", "n")
    ]
    ack = {"kind": "command", "source": "m", "values": {"action": "ack", "actor": "ayesha"}}
    acks.see([ack], alarms)
    drawn = draw({**STATE, "alarms": alarms}, acks=acks)["alarms"]
    assert [(a["source"], a["acked_by"]) for a in drawn] == [("n", ""), ("m", "ayesha")]
    acks.see([{"kind": "alarm", "source": "m"}], alarms)
    assert acks.of("m") == ""
    acks.see([ack], alarms)
    acks.see([], alarms[1:])
    acks.see([], alarms)
    assert acks.of("m") == ""


def test_events_that_say_the_same_share_a_line_and_a_start_is_no_flood() -> None:
    """A dozen racks that start are one line; what has not spoken yet at a start is none."""
    start = {"kind": "start", "code": "starting", "values": {}, "note": ""}
    events = [{**start, "source": name, "t_s": STATE["t_s"]} for name in ("a1", "a2", "a3")]
    early = {"kind": "alarm", "code": "unknown", "values": {"quality": "never"}, "source": "m"}
    at_s = STATE["t_s"] - STATE["uptime_s"] + 1.0
    drawn = draw(events=[{**early, "t_s": at_s}, *events])["events"]
    assert [event["source"] for event in drawn] == ["a1, a2, a3"]
