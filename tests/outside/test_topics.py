"""What is published: topics of a recorded state, when they are due, and Home Assistant's view."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from headworks.faces.mqtt import topics as names
from headworks.faces.mqtt.discovery import discovery
from headworks.faces.mqtt.topics import Due, topics
from headworks.faces.told import told
from web.places import STATE

PREFIX = "headworks/test"
PAGE = Path(names.__file__).with_name("TOPICS.md").read_text(encoding="utf-8")
# https://www.home-assistant.io/integrations/sensor/ and binary_sensor: class -> units it takes
CLASSES = {
    "power": {"kW", None}, "frequency": {"Hz"}, "temperature": {"°C"}, "humidity": {"%"},
    "enum": {None}, "problem": {None}, "connectivity": {None}, "smoke": {None},
    "moisture": {None}, "door": {None}, None: {None, "K", "%", "rpm"},
}  # fmt: skip


def said() -> dict[str, Any]:
    return {name: json.loads(topic.payload) for name, topic in topics(STATE).items()}


def test_every_part_of_the_site_has_a_topic() -> None:
    """The site, its alarms, and each feeder, meter, rack and board by its name."""
    found = said()
    wanted = {"state", "alarms"}
    for kind in ("feeder", "meter", "rack", "board"):
        wanted |= {f"{kind}/{one['name']}" for one in STATE[f"{kind}s"]}
    assert set(found) == wanted
    assert found["state"]["envelope_kw"] == STATE["envelope"]["kw"]
    assert found["state"]["racks_on"] == sum(rack["on"] for rack in STATE["racks"])
    rack = STATE["racks"][0]
    assert found[f"rack/{rack['name']}"]["state"] == rack["state"]
    assert found[f"rack/{rack['name']}"]["why"].endswith(".")


def test_what_is_unknown_is_null() -> None:
    """A board's value that is not good and a meter that is silent are never a figure."""
    state = copy.deepcopy(STATE)
    board = state["boards"][0]
    name = next(iter(board["channels"]))
    board["channels"][name]["quality"] = "silent"
    state["meters"][0]["power_kw"] = None
    found = {key: json.loads(one.payload) for key, one in topics(state).items()}
    assert found[f"board/{board['name']}"]["channels"][name] is None
    assert found[f"meter/{state['meters'][0]['name']}"]["power_kw"] is None


def test_figures_wait_and_words_do_not() -> None:
    """A figure is told once in every_s; a change of state at once; nothing new, nothing told."""
    due, state = Due(10.0), copy.deepcopy(STATE)
    assert set(due.choose(0.0, topics(state))) == set(topics(state))
    assert due.choose(5.0, topics(state)) == {}
    state["racks"][0]["power_kw"] += 1.0
    assert due.choose(5.0, topics(state)) == {}
    assert set(due.choose(10.0, topics(state))) == {f"rack/{state['racks'][0]['name']}"}
    state["racks"][0]["state"] = "tripped"
    assert set(due.choose(10.1, topics(state))) == {f"rack/{state['racks'][0]['name']}"}
    due.forget()
    assert set(due.choose(10.2, topics(state))) == set(topics(state))


def test_an_event_has_a_key_a_sentence_and_for_an_alarm_what_to_do() -> None:
    """The key is of run and number; an alarm that is over already counts as the gravest."""
    state = {**copy.deepcopy(STATE), "run": "ab12"}
    state["alarms"] = [{"source": "a1", "code": "chatter", "severity": "warning", "values": {}}]
    event = {"n": 7, "t_s": state["t_s"] - 5.0, "source": "a1", "kind": "alarm",
             "code": "chatter", "values": {}, "note": ""}  # fmt: skip
    one = told(state, event)
    assert (one["key"], one["severity"]) == ("ab12-7", "warning")
    assert one["todo"]
    assert one["time"] == "2026-06-21T11:20:00+05:00"
    assert told({**state, "alarms": []}, event)["severity"] == "alarm"
    assert "severity" not in told(state, {**event, "kind": "start"})
    assert told({**state, "time": None}, event)["time"] is None


# What the schemas of Home Assistant's own code allow (homeassistant 2024.3.3,
# components/mqtt: DISCOVERY_SCHEMA of sensor and binary_sensor), as far as we use it; another key
# is dropped there unseen. `options` came later.
ENTITY_KEYS = {
    "availability", "availability_mode", "device", "device_class", "entity_category", "icon",
    "name", "object_id", "origin", "qos", "state_topic", "unique_id", "value_template",
}  # fmt: skip
SENSOR_KEYS = {"expire_after", "state_class", "suggested_display_precision", "unit_of_measurement"}
SENSOR_KEYS |= {"options"}
DEVICE_KEYS = {
    "configuration_url", "identifiers", "manufacturer", "model", "name", "serial_number",
    "suggested_area", "sw_version", "via_device",
}  # fmt: skip


def entities() -> dict[str, dict[str, Any]]:
    found = discovery(STATE, PREFIX, "homeassistant")
    return {topic: json.loads(text) for topic, text in found.items()}


def test_home_assistant_finds_sound_entities() -> None:
    """Topics of its form, ids that are unique, classes that it knows with units that fit them."""
    found = entities()
    assert len({one["unique_id"] for one in found.values()}) == len(found) > 80
    for topic, one in found.items():
        assert re.fullmatch(r"homeassistant/(binary_)?sensor/[\w-]+/[\w-]+/config", topic)
        assert one.get("unit_of_measurement") in CLASSES[one.get("device_class")], topic
        assert one["availability"][0]["topic"] == f"{PREFIX}/bridge"
        if "/binary_sensor/" in topic:
            assert {"payload_on", "payload_off"} <= one.keys()
            assert one.get("device_class") not in ("frequency", "temperature", "enum")
        if "unit_of_measurement" in one:
            assert one["state_class"] == "measurement"
        more = {"payload_on", "payload_off"} if "/binary_sensor/" in topic else SENSOR_KEYS
        assert one.keys() <= ENTITY_KEYS | more
        assert one["device"].keys() <= DEVICE_KEYS


def test_every_entity_reads_what_is_published() -> None:
    """Its topic is one of ours, and its template names a field that is there."""
    published = said() | {"station": None, "health": {"dropped": 0}}
    for one in entities().values():
        topic = one["state_topic"].removeprefix(f"{PREFIX}/")
        value = published[topic]
        if "value_template" in one:
            path = re.match(r"\{\{ value_json\.([\w.]+)", one["value_template"])
            assert path is not None, one
            for key in path[1].split("."):
                assert key in value, (topic, key)
                value = value[key]
            known = one.get("options")
            assert known is None or value in known


@pytest.mark.parametrize("name", ["bridge", "station", "health", "event", "answer", "command"])
def test_the_page_has_every_topic_that_is_not_of_a_state(name: str) -> None:
    """TOPICS.md names it in its table."""
    assert re.search(rf"^\| `{name}` \|", PAGE, re.MULTILINE)


def test_the_page_has_every_field() -> None:
    """TOPICS.md names every topic of a state and every field of its payload."""
    for topic, payload in said().items():
        kind = topic.partition("/")[0]
        row = re.search(rf"^\| `{kind}(/NAME)?` \|.*", PAGE, re.MULTILINE)
        assert row is not None, topic
        missing = [key for key in payload if f"`{key}`" not in row[0]]
        assert missing == [], topic
