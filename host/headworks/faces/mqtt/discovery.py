"""What Home Assistant is told so that it finds the site by itself: its MQTT discovery.

Pure. One retained message for each entity, grouped into devices: the site, and one for each rack
and sensor board. Entities look only: a command is signed, and Home Assistant has no key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from headworks.faces.mqtt.topics import BRIDGE, HEALTH, OFFLINE, ONLINE, STATION
from headworks.model.plan import RackState
from headworks.model.text import clean

State = Mapping[str, Any]
Json = dict[str, Any]
_POWER: Json = {
    "device_class": "power", "unit_of_measurement": "kW", "state_class": "measurement",
    "suggested_display_precision": 1,
}  # fmt: skip
_FREQUENCY: Json = {
    "device_class": "frequency", "unit_of_measurement": "Hz", "state_class": "measurement",
    "suggested_display_precision": 2,
}  # fmt: skip
_COUNT: Json = {"state_class": "measurement"}
_DIAGNOSTIC: Json = {"entity_category": "diagnostic"}
_ENUM: Json = {"device_class": "enum"}
# how a board's channel ends -> what it is; a contact or something else has no class
_CHANNELS: Mapping[str, Json] = {
    "_humidity_percent": {"device_class": "humidity", "unit_of_measurement": "%"},
    "_percent": {"unit_of_measurement": "%"},
    "_k": {"unit_of_measurement": "K"},
    "_c": {"device_class": "temperature", "unit_of_measurement": "°C"},
    "_rpm": {"unit_of_measurement": "rpm"},
}
_CONTACTS: Mapping[str, Json] = {
    "smoke": {"device_class": "smoke"},
    "leak": {"device_class": "moisture"},
    "door": {"device_class": "door"},
}
_ON_OFF: Json = {"payload_on": "True", "payload_off": "False"}


class Entity(NamedTuple):
    """One entity: sensor or binary_sensor, its id, name, topic, template and further keys."""

    kind: str
    id: str
    name: str
    topic: str
    template: str
    more: Json


def discovery(state: State, prefix: str, root: str) -> dict[str, str]:
    """Payloads by topic. `prefix` is that of the station's topics, `root` Home Assistant's."""
    node = f"headworks_{re.sub(r'[^A-Za-z0-9_-]+', '_', prefix)}"
    site = {
        "identifiers": [node],
        "name": clean(state["site"]["name"]),
        "manufacturer": "Headworks",
        "model": "Station",
        "sw_version": state["version"],
    }
    found = {}
    for device, id_, entities in _devices(state, site, node):
        for entity in entities:
            unique = f"{id_}_{entity.id}"
            topic = f"{root}/{entity.kind}/{node}/{unique.removeprefix(node + '_')}/config"
            found[topic] = json.dumps(_payload(entity, unique, device, prefix, state))
    return found


def _devices(state: State, site: Json, node: str) -> Iterator[tuple[Json, str, list[Entity]]]:
    yield site, node, [*_site(), *_meters(state)]
    for kind, items in (("rack", state["racks"]), ("board", state["boards"])):
        for item in items:
            id_ = f"{node}_{kind}_{item['name']}"
            device = {
                "identifiers": [id_],
                "name": f"{site['name']} {kind} {item['name']}",
                "manufacturer": "Headworks",
                "model": f"{item['kind']} rack" if kind == "rack" else "Sensor board",
                "via_device": node,
            }
            yield device, id_, _rack(item) if kind == "rack" else _board(item)


def _payload(entity: Entity, unique: str, device: Json, prefix: str, state: State) -> str | Json:
    ways = [BRIDGE] if entity.topic in (STATION, HEALTH) else [BRIDGE, STATION]
    return {
        "name": entity.name,
        "unique_id": unique,
        "state_topic": f"{prefix}/{entity.topic}",
        **({"value_template": entity.template} if entity.template else {}),
        "availability": [
            {"topic": f"{prefix}/{way}", "payload_available": ONLINE,
             "payload_not_available": OFFLINE} for way in ways
        ],
        "availability_mode": "all",
        "device": device,
        "origin": {"name": "Headworks", "sw_version": state["version"]},
        **entity.more,
    }  # fmt: skip


def _value(key: str) -> str:
    """An unknown figure is None to Home Assistant, which shows it as unknown."""
    return f"{{{{ value_json.{key} }}}}"


def _site() -> Iterator[Entity]:
    figures = (("envelope", "May draw"), ("drawn", "Racks draw"), ("planned", "Planned"))
    for key, name in (*figures, ("surplus", "Surplus")):
        yield Entity("sensor", key, name, "state", _value(f"{key}_kw"), _POWER)
    yield Entity("sensor", "racks_on", "Racks on", "state", _value("racks_on"), _COUNT)
    yield Entity("sensor", "alarms", "Alarms", "state", _value("alarms"), _COUNT)
    yield Entity("sensor", "limit", "Binding limit", "state", _value("limit"), {})
    yield Entity("sensor", "why", "Why", "state", "{{ value_json.why[:255] }}", {})
    healthy: Json = {"device_class": "problem", "payload_on": "False", "payload_off": "True"}
    yield Entity("binary_sensor", "unhealthy", "Unhealthy", "state", _value("healthy"), healthy)
    trip = {"device_class": "problem", **_ON_OFF}
    yield Entity("binary_sensor", "upstream_trip", "Upstream trip", "state",
                 _value("upstream_trip"), trip)  # fmt: skip
    link = {"device_class": "connectivity", "payload_on": ONLINE, "payload_off": OFFLINE}
    yield Entity("binary_sensor", "station", "Station", STATION, "", link | _DIAGNOSTIC)
    yield Entity("sensor", "outbox_dropped", "Events given up", HEALTH, _value("dropped"),
                 _COUNT | _DIAGNOSTIC)  # fmt: skip


def _meters(state: State) -> Iterator[Entity]:
    for meter in state["meters"]:
        name = meter["name"]
        topic = f"meter/{name}"
        yield Entity("sensor", f"meter_{name}_power", f"{name} power", topic,
                     _value("power_kw"), _POWER)  # fmt: skip
        if meter["frequency_hz"] is not None:
            yield Entity("sensor", f"meter_{name}_frequency", f"{name} frequency", topic,
                         _value("frequency_hz"), _FREQUENCY)  # fmt: skip


def _rack(rack: State) -> list[Entity]:
    topic = f"rack/{rack['name']}"
    states = _ENUM | {"options": [state.value for state in RackState]}
    latched = {"device_class": "problem", **_ON_OFF}
    return [
        Entity("sensor", "power", "Power", topic, _value("power_kw"), _POWER),
        Entity("sensor", "state", "State", topic, _value("state"), states),
        Entity("sensor", "why", "Why", topic, "{{ value_json.why[:255] }}", {}),
        Entity("sensor", "starts_today", "Starts today", topic, _value("starts_today"), _COUNT),
        Entity("binary_sensor", "on", "On", topic, _value("on"),
               {"device_class": "power", **_ON_OFF}),
        Entity("binary_sensor", "latched", "Latched", topic, _value("latched"), latched),
    ]  # fmt: skip


def _board(board: State) -> list[Entity]:
    topic = f"board/{board['name']}"
    found = [Entity("sensor", "state", "State", topic, _value("state"), _DIAGNOSTIC)]
    for name, channel in board["channels"].items():
        value = _value(f"channels.{name}")
        if isinstance(channel["value"], bool):
            found.append(Entity("binary_sensor", name, name, topic, value,
                                _ON_OFF | _CONTACTS.get(name, {})))  # fmt: skip
        elif channel["value"] is not None:
            found.append(Entity("sensor", name, name, topic, value, _channel(name)))
    return found


def _channel(name: str) -> Json:
    ending = next((ending for ending in _CHANNELS if name.endswith(ending)), "")
    return {"state_class": "measurement", **_CHANNELS.get(ending, {})}
