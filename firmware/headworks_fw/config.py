"""Reads config.json and says in a plain sentence what is wrong in it.

What a sensor's entry must hold its driver checks. Knows no hardware.
"""

import binascii
import json

NAME_LENGTH = 16
OWN_LATCHES = ("lease", "flash")  # what a latch is called that no contact has made
_OUTPUT_ROOM = 120  # bytes of `st` for outputs and their latches
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-"


class ConfigError(ValueError):
    """config.json cannot be used; the text says where and why."""


def load(path: str) -> "tuple[dict[str, object], str]":
    """The checked configuration, and the CRC32 of the file's bytes as eight hex digits."""
    data = _bytes(path)
    if not data:
        raise ConfigError("config.json is missing: flash the board again")
    try:
        config = json.loads(data)
    except (ValueError, UnicodeError):
        raise ConfigError("config.json is no JSON: flash the board again") from None
    check(config)
    return config, crc(path)


def crc(path: str) -> str:
    """CRC32 of the file as eight hex digits; empty where there is none."""
    data = _bytes(path)
    return "%08x" % binascii.crc32(data) if data else ""


def check(config: "dict[str, object]") -> None:
    """Raises ConfigError for the first thing that is wrong."""
    if not isinstance(config, dict):
        raise ConfigError("config.json holds no object")
    _name(config, "model", "config.json")
    _name(config, "name", "config.json")
    _whole(config, "address", "config.json", 0, 247)
    _whole(config, "wdt_ms", "config.json", 1000, 8388)  # RP2040 cannot count further
    check_link(config)
    for bus in _list(config, "i2c"):
        for key in ("id", "sda", "scl", "hz"):
            _whole(bus, key, "i2c", 0, 1000000)
    for sensor in _list(config, "sensors"):
        if not isinstance(sensor.get("kind"), str):
            raise ConfigError("sensors: every entry needs a kind")
    for tach in _list(config, "tachs"):
        _name(tach, "name", "tachs")
    contacts = [_name(contact, "name", "contacts") for contact in _list(config, "contacts")]
    check_outputs(config, contacts)
    _pins(config)


def check_link(config: "dict[str, object]") -> None:
    """The part that says how the host is reached."""
    link = config.get("link")
    if not isinstance(link, dict) or link.get("kind") not in ("usb", "rs485"):
        raise ConfigError('link: kind must be "usb" or "rs485"')
    if link["kind"] == "rs485":
        _whole(link, "uart", "link", 0, 2)
        _whole(link, "baud", "link", 9600, 921600)
        for key in ("tx", "rx", "de"):
            _whole(link, key, "link", 0, 48)
        _whole(config, "address", "config.json", 1, 247)


def check_outputs(config: "dict[str, object]", contacts: "list[str]") -> None:
    """Every output has its pin, its longest lease, and trips that exist."""
    letters = 0
    for output in _list(config, "outputs"):
        place = "output " + _name(output, "name", "outputs")
        _whole(output, "pin", place, 0, 48)
        _whole(output, "active_high", place, 0, 1)
        _whole(output, "max_ms", place, 100, 60000)
        reset = output.get("reset")
        if reset is not None and reset not in contacts:
            raise ConfigError("%s: there is no contact %s to reset it" % (place, reset))
        for trip in output.get("trips", []):
            if trip not in contacts:
                raise ConfigError("%s: there is no contact %s to trip it" % (place, trip))
            if trip in OWN_LATCHES:
                raise ConfigError("%s: no contact that trips it may be called %s" % (place, trip))
        letters += len(output["name"]) + max([5] + [len(trip) for trip in output.get("trips", [])])
    if letters + 10 * len(_list(config, "outputs")) > _OUTPUT_ROOM:
        raise ConfigError("outputs: their names and trips are too long for one frame")


def _bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _pins(config):
    used: dict[int, str] = {}
    for kind in ("sensors", "contacts", "tachs", "outputs"):
        for entry in _list(config, kind):
            pin = entry.get("pin")
            if pin is not None:
                if pin in used:
                    raise ConfigError("pin %s is used by %s and %s" % (pin, used[pin], kind))
                used[pin] = kind


def _list(config, key):
    found = config.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConfigError("%s: must be a list of objects" % key)
    return found


def _name(entry, key, place):
    name = entry.get(key)
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LENGTH:
        raise ConfigError("%s: %s must be a text of 1 to %d letters" % (place, key, NAME_LENGTH))
    for letter in name:
        if letter not in _LETTERS:
            raise ConfigError("%s: %s %s may hold a-z, 0-9, _ and - only" % (place, key, name))
    return name


def _whole(entry, key, place, low, high):
    value = entry.get(key)
    if not isinstance(value, int) or not low <= value <= high:
        raise ConfigError("%s: %s must be a whole number from %d to %d" % (place, key, low, high))
